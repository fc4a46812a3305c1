"""Hits, stays and looks of one airfield, joined with the flight tracks in files, in both directions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imagery_watch.change.coverage import compute_chance_seen
from imagery_watch.corroborate.field import Field, make_field, surroundings
from imagery_watch.corroborate.ground_stays import Named
from imagery_watch.corroborate.joining import Heard, Watched, hear, join_both_ways
from imagery_watch.corroborate.movements import find_movements
from imagery_watch.corroborate.unseen import is_its, judge_look
from imagery_watch.errors import UsageError
from imagery_watch.model.airfield import Airfield
from imagery_watch.model.corroboration import Corroborated, Corroboration, LookAt, TrackFile, TrackTold
from imagery_watch.model.evidence import Evidence
from imagery_watch.model.flight import Track
from imagery_watch.model.progress import Progress
from imagery_watch.model.results import Hit, Look, RunResult
from imagery_watch.model.stay import Stay
from imagery_watch.outputs.files.amending import amend_run
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.files.saved_run import parsed, read_saved, result_of
from imagery_watch.outputs.properties import CORROBORATION, corroboration_record
from imagery_watch.outputs.store.store import read_store
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.credits import airfield_credit
from imagery_watch.outputs.wording.flights import tell_hit, tell_stay, tell_track
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.flights.clean import Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from imagery_watch.sources.flights.sizes import find_size
from imagery_watch.sources.places.nearest import NearestAirfields
from imagery_watch.sources.places.resolver import resolve_airfield
from imagery_watch.tracks import find_zone

SOURCE = "flight tracks"
"""What the source of evidence from tracks begins with."""
MOST_NAMED = 3
KEPT = "corroboration.json and the report hold positions out of these files: their terms hold for both."
CHUNK = 1 << 20
LEAST_LOOKS = 2
"""Between a first and a last one a stay has room."""


@dataclass(frozen=True)
class TrackFiles:
    """The files of tracks that a person holds, and what that person knows of them."""

    paths: tuple[Path, ...]
    zone: str | None = None
    """That of the local times of SBS logs."""
    named: tuple[Named, ...] = ()
    """Registrations and types of aircraft that the files name by address or callsign alone."""
    simulated: bool = False
    """Whether somebody made them up."""


def corroborate(
    airfield: Airfield, watched: Watched, files: TrackFiles, home: Path, progress: Progress = lambda *_: None
) -> Corroboration:
    """Hits, stays and looks of an airfield with what the tracks say of them, and the other way round.

    The files are read twice: for everything near the airfield, and for the whole journeys of whoever came. Raises
    TrackError for a file that cannot be read, UsageError for an unknown zone.
    """
    height, note = NearestAirfields(home).find_elevation(airfield)
    field, tally = make_field(airfield, height), Tally()
    zone = find_zone(files.zone)
    near_it = list(read_tracks(files.paths, Reading(tally, surroundings(field), zone=zone, progress=progress)))
    came = frozenset(one.hex for one in near_it if one.hex is not None and _concerns(one, field))
    whole = list(read_tracks(files.paths, Reading(Tally(), aircraft=came, zone=zone, progress=progress)))
    heard = hear(near_it, whole, field, find_size, files.named)
    joined = join_both_ways(airfield.id, watched, heard)
    notes = (note, "" if airfield.runways else "no runway of it is known: where it lands is told by speed alone")
    return replace(
        _in_words(joined, watched),
        files=tuple(TrackFile(path.name, _sum_of(path)) for path in files.paths),
        formats=tuple(tally.formats),
        credits=_credits(airfield, tally, heard, files),
        notes=(*filter(None, notes), *_missing_names(files.named, whole), *_without_address(heard)),
        simulated=files.simulated or watched.simulated,
    )


def _concerns(track: Track, field: Field) -> bool:
    return bool(find_movements(track, field))


def _missing_names(named: Sequence[Named], tracks: Sequence[Track]) -> list[str]:
    """That an aircraft which a person named is in none of the files."""
    lost = [one.called for one in named if not any(one.fits(track) for track in tracks)]
    return [f"no track of {one} came near the airfield: what was said of its type was not needed" for one in lost]


def _without_address(heard: Heard) -> list[str]:
    """That flights without an address are taken as different aircraft, unless somebody says otherwise."""
    flights = dict.fromkeys(one.name for one in heard.traffic.ground if one.hex is None and not one.told_by)
    if len(flights) <= 1:
        return []
    names = ", ".join([*flights][:MOST_NAMED]) + (", ..." if len(flights) > MOST_NAMED else "")
    return [
        f"{names} have no address, and are taken as different aircraft: --aircraft CALLED=REGISTRATION:TYPE joins them"
    ]


def _in_words(joined: Corroboration, watched: Watched) -> Corroboration:
    """The same with its sentences."""
    hits, stays = {hit.id: hit for hit in watched.hits}, {stay.id: stay for stay in watched.stays}
    told = {one.id: replace(one, statement=tell_hit(one, hits[one.id])) for one in joined.hits}

    def tell(one: Corroborated) -> Corroborated:
        """A stay with its sentence, made of those of its hits."""
        stay = stays[one.id]
        ends = [told[end].statement for end in (stay.arrival_hit, stay.departure_hit) if end in told]
        return replace(one, statement=tell_stay(one, stay, ends, hits.get(stay.arrival_hit or "")))

    return replace(
        joined,
        hits=tuple(told.values()),
        stays=tuple(tell(one) for one in joined.stays),
        tracks=tuple(_in_words_of(one, watched.looks) for one in joined.tracks),
    )


def _in_words_of(one: TrackTold, looks: Sequence[Look]) -> TrackTold:
    told = replace(one, chance_any_time=_chance_any_time(one, looks))
    return replace(told, statement=tell_track(told))


def _chance_any_time(one: TrackTold, looks: Sequence[Look]) -> float | None:
    """How likely a stay as long as this one is to be seen; over the aprons where its own is not known.

    None where the looks are too few, or its size is not known.
    """
    by_apron: dict[str, list[LookAt]] = {}
    for look in (look for look in looks if is_its(look, one.aircraft)):
        by_apron.setdefault(look.apron, []).append(judge_look(look, one.aircraft))
    stay = one.aircraft.last_ground - one.aircraft.first_ground
    if one.aircraft.size is None or not by_apron or min(len(ours) for ours in by_apron.values()) < LEAST_LOOKS:
        return None
    chances = []
    for ours in by_apron.values():
        times, seen = [look.datetime for look in ours], [look.chance for look in ours]
        chances.append(compute_chance_seen(times, seen, min(times), max(times), stay))
    return sum(chances) / len(chances)


def _credits(airfield: Airfield, tally: Tally, heard: Heard, files: TrackFiles) -> tuple[str, ...]:
    words = dict.fromkeys(one.told_by for one in heard.traffic.ground if one.told_by)
    terms = [] if files.simulated else [form.terms for form in tally.formats]
    made = ["The tracks were made by this program: nobody flew them."] if files.simulated else []
    kept = [] if files.simulated else [KEPT]
    return (
        *made,
        *terms,
        *kept,
        *(f"On the word of who ran this: {word}." for word in words),
        airfield_credit(airfield),
    )


def _sum_of(path: Path) -> str:
    """The SHA-256 of a file; empty for a folder."""
    if path.is_dir():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(CHUNK):
            digest.update(part)
    return digest.hexdigest()


def with_corroboration(result: RunResult, told: Corroboration) -> RunResult:
    """A run whose hits and stays carry what tracks say of them; what other tracks said of them before is dropped."""
    return replace(
        result,
        hits=tuple(replace(hit, evidence=_evidence_of(hit, told.hits, told)) for hit in result.hits),
        stays=tuple(replace(stay, evidence=_evidence_of(stay, told.stays, told)) for stay in result.stays),
        corroboration=told,
    )


def _evidence_of(one: Hit | Stay, about: Sequence[Corroborated], told: Corroboration) -> tuple[Evidence, ...]:
    """What spoke for a hit or a stay before, without earlier tracks, and what these tracks say of it."""
    rest = (said for said in one.evidence if not said.source.startswith(SOURCE))
    names = [file.name for file in told.files[:MOST_NAMED]]
    more = f" and {len(told.files) - MOST_NAMED} more" if len(told.files) > MOST_NAMED else ""
    source = f"{SOURCE}: {', '.join(names)}{more}{' (simulated)' if told.simulated else ''}"
    said = (Evidence(source, found.state.value, found.statement) for found in about if found.id == one.id)
    return (*rest, *said)


def parse_named(text: str) -> Named:
    """`CALLED=REGISTRATION:TYPE` as a value; the type may be missing. Raises UsageError."""
    called, sep, rest = text.partition("=")
    registration, _, kind = rest.partition(":")
    if not sep or not called.strip() or not registration.strip():
        raise UsageError(
            f"--aircraft {text[:60]!r}: CALLSIGN=REGISTRATION:TYPE was expected, such as RFF7091=RA-86559:IL62, with "
            "the callsign or address as the files have it"
        )
    named = Named(called.strip(), registration.strip(), kind.strip().upper())
    if named.type and find_size(named.type) is None:
        raise UsageError(f"--aircraft {text[:60]!r}: {named.type} is no type in the table of sizes: an ICAO designator "
                         "such as IL62 or A320 was expected; leave it out where it is not known")  # fmt: skip
    return named


def join_with_tracks(
    result: RunResult, files: TrackFiles, home: Path, progress: Progress = lambda *_: None
) -> RunResult:
    """A run with what tracks say of it. Raises TrackError, UsageError."""
    return with_corroboration(result, corroborate(result.airfield, _watched_in(result), files, home, progress))


def _watched_in(result: RunResult) -> Watched:
    return Watched(result.hits, result.stays, result.looks, result.provenance.simulated)


@dataclass(frozen=True)
class Told:
    """A corroboration, the hits that it is about, and what was written."""

    corroboration: Corroboration
    hits: dict[str, Hit]
    written: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def corroborate_run(
    folder: Path, name: str | None, files: TrackFiles, home: Path, out: Path | None, progress: Progress
) -> Told:
    """A run's folder held against tracks; its files are written again with what they say, or, with `out`, one there.

    Raises UsageError where the folder holds no run, or one of another airfield than is named, TrackError for tracks.
    """
    saved = read_saved(folder)
    if saved.polygons is None:
        raise UsageError(f"{folder}: an older version wrote it, without the aprons that it used: run it again first")
    airfield = read_airfield(saved.polygons)
    if name is not None and name.upper() != airfield.id.upper() and resolve_airfield(name, home)[0].id != airfield.id:
        raise UsageError(f"{folder} is a run of {airfield.id}, not of {name}")
    result = parsed(folder / "run.json", lambda: result_of(saved, airfield))
    told = corroborate(airfield, _watched_in(result), files, home, progress)
    hits = {hit.id: hit for hit in result.hits}
    if out is not None:
        return Told(told, hits, (_write_alone(told, out),))
    written = amend_run(folder, saved, with_corroboration(result, told))
    notes = [f"{one} was no longer what the run had written" for one in saved.changed if one in written]
    if "report.html" not in written:
        notes.append("report.html has no place for flight tracks: `run` it again to have them there")
    shown = tuple(written[one] for one in (CORROBORATION, "report.html") if one in written)
    return Told(told, hits, shown, tuple(notes))


def corroborate_record(name: str | None, files: TrackFiles, home: Path, out: Path | None, progress: Progress) -> Told:
    """The hits, stays and looks of one airfield in `monitor`'s record held against tracks; the record stays as it is.

    Raises UsageError where there is no record or the airfield is not in it, TrackError for tracks.
    """
    if name is None:
        raise UsageError("name one airfield of the record: `corroborate LIPB --tracks FILE`, or a run: --run FOLDER")
    airfield = resolve_airfield(name, home)[0]
    with read_store(home) as store:
        if store is None or airfield.id not in store.airfields():
            raise UsageError(
                f"{airfield.id} is not in the record below {home}: `imagery-watch monitor {airfield.id}` puts it in, "
                "or name the folder of a run with --run"
            )
        hits = tuple(hit for hit in store.hits(airfield.id) if hit.status != "withdrawn")
        stays, looks = tuple(store.stays(airfield.id)), tuple(look for look, _ in store.looks(airfield.id))
    made = any(hit.simulated for hit in hits) or any(stay.simulated for stay in stays)
    watched = Watched(hits, stays, looks, made)
    told = corroborate(airfield, watched, files, home, progress)
    folder = out or Path(f"imagery-watch-{airfield.id}-tracks")
    return Told(told, {hit.id: hit for hit in hits}, (_write_alone(told, folder),))


def _write_alone(told: Corroboration, folder: Path) -> Path:
    path = folder / CORROBORATION
    write_text(path, dump_json(corroboration_record(told)))
    return path
