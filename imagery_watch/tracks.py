"""What flight tracks in files hold: aircraft, times, gaps and grounds; and what they show at one airfield."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from imagery_watch.corroborate.coverage import measure_coverage
from imagery_watch.corroborate.field import Field, make_field, surroundings
from imagery_watch.corroborate.movements import SILENCE_S, find_movements
from imagery_watch.errors import UsageError
from imagery_watch.model.airfield import Airfield
from imagery_watch.model.arrays import Doubles
from imagery_watch.model.flight import GROUND, STATELESS_KT, UNTOLD, Track, join_tracks
from imagery_watch.model.progress import Progress
from imagery_watch.model.track_contents import (
    AircraftSummary,
    NearAirfield,
    TrackContents,
    TrackReport,
    TracksAtAirfield,
)
from imagery_watch.outputs.wording.credits import airfield_credit
from imagery_watch.sources.flights.clean import Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from imagery_watch.sources.places.nearest import NearestAirfields

NEAR_KM = 10.0
"""From a fix to the reference point of the airfield that is named for it."""
END_BELOW_FT = 10_000.0
"""A higher fix is near no airfield, whatever lies below it."""
CELL_DEG = 0.01
"""Ground fixes are taken together by hundredths of a degree, and each cell's nearest airfield is asked for once."""


def inspect_tracks(
    paths: Sequence[Path],
    home: Path,
    *,
    airfield: Airfield | None = None,
    zone: str | None = None,
    progress: Progress = lambda *_: None,
) -> TrackReport:
    """What files, folders and archives of tracks hold, and with an airfield, what they show there.

    With an airfield, only what lies within 60 km of it is kept. Tracks are taken one at a time. `zone` is that of the
    local times of SBS logs. Raises TrackError for a file that cannot be read, UsageError for an unknown zone.
    """
    nearest, clock = NearestAirfields(home), find_zone(zone)
    height, note = nearest.find_elevation(airfield) if airfield is not None else (0.0, "")
    field = make_field(airfield, height) if airfield is not None else None
    contents, kept = [], list[Track]()
    for path in paths:
        tally = Tally()
        box = surroundings(field) if field is not None else None
        summaries: dict[str, AircraftSummary] = {}
        for track in read_tracks([path], Reading(tally, box, zone=clock, progress=progress)):
            one = summarize(track, nearest)
            summaries[one.key] = _merge(summaries[one.key], one) if one.key in summaries else one
            if field is not None:
                kept.append(track)
        contents.append(_sum_up(path, tally, summaries.values()))
    return TrackReport(tuple(contents), _at(field, kept, note) if field is not None else None)


def find_zone(name: str | None) -> tzinfo | None:
    """The zone of a name; none for none. Raises UsageError where nobody knows it."""
    if name is None:
        return None
    if name.upper() == "UTC":
        return UTC  # known without a table of the world's zones, which not every machine has
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"--zone {name[:40]!r}: a zone such as UTC or Europe/Zurich was expected") from None


def join_by_address(tracks: Iterable[Track]) -> list[Track]:
    """A track an aircraft; those without an address stay as they are, for a callsign is another aircraft's tomorrow."""
    parts: dict[object, list[Track]] = {}
    for number, track in enumerate(tracks):
        parts.setdefault(track.hex or number, []).append(track)
    return [join_tracks(some) for some in parts.values()]


def _at(field: Field, tracks: Sequence[Track], note: str) -> TracksAtAirfield:
    found = [movement for track in join_by_address(tracks) for movement in find_movements(track, field)]
    runways = "no runway of it is known: faster than 80 kt, no fix is taken to be on its ground"
    notes = [note, "" if field.airfield.runways else runways]
    return TracksAtAirfield(
        airfield=field.airfield.id,
        elevation_ft=field.elevation_ft,
        credit=airfield_credit(field.airfield),
        movements=tuple(sorted(found, key=lambda one: (one.not_before, one.not_after, one.hex or ""))),
        coverage=measure_coverage(tracks, field),
        notes=tuple(filter(None, notes)),
    )


def summarize(track: Track, nearest: NearestAirfields) -> AircraftSummary:
    """What a track holds, in numbers."""
    steps, grounded = np.diff(track.t), track.state == GROUND
    told = bool((track.state != UNTOLD).any())
    return AircraftSummary(
        key=track.key,
        hex=track.hex,
        type=track.type,
        callsigns=track.callsigns,
        fixes=len(track),
        first=_moment(track.t[0]),
        last=_moment(track.t[-1]),
        gaps=int((steps >= SILENCE_S).sum()),
        longest_gap_s=float(steps.max(initial=0.0)),
        ground_fixes=int(grounded.sum()) if told else None,
        fast_ground_fixes=int((grounded & (track.speed_kt > STATELESS_KT)).sum()),
        grounds=_find_grounds(track.lat[grounded], track.lon[grounded], nearest),
        begins=_find_end(track, 0, nearest),
        ends=_find_end(track, -1, nearest),
    )


def _find_grounds(lat: Doubles, lon: Doubles, nearest: NearestAirfields) -> tuple[NearAirfield, ...]:
    """The airfields near these places, by how many of the places are near each."""
    if not len(lat):
        return ()
    cells, numbers = np.unique(np.round(np.stack([lat, lon], axis=1) / CELL_DEG), axis=0, return_counts=True)
    counts, closest, names = Counter[str](), dict[str, float](), dict[str, str]()
    for (place, km), number in zip(nearest.find(*(cells.T * CELL_DEG)), numbers, strict=True):
        if km <= NEAR_KM:
            counts[place.icao] += int(number)
            closest[place.icao] = min(km, closest.get(place.icao, km))
            names[place.icao] = place.name
    return tuple(
        NearAirfield(icao, names[icao], round(closest[icao], 1), count) for icao, count in counts.most_common()
    )


def _find_end(track: Track, fix: int, nearest: NearestAirfields) -> NearAirfield | None:
    if track.altitude_ft[fix] > END_BELOW_FT:
        return None
    [(place, km)] = nearest.find(track.lat[[fix]], track.lon[[fix]])
    return NearAirfield(place.icao, place.name, round(km, 1), 1) if km <= NEAR_KM else None


def _merge(one: AircraftSummary, other: AircraftSummary) -> AircraftSummary:
    """Two summaries of one aircraft, from two files; what both files hold is counted twice."""
    before, after = sorted((one, other), key=lambda part: part.first)
    between = (after.first - before.last).total_seconds()
    told = [part.ground_fixes for part in (one, other) if part.ground_fixes is not None]
    return replace(
        before,
        type=before.type or after.type,
        callsigns=tuple(dict.fromkeys((*before.callsigns, *after.callsigns))),
        fixes=one.fixes + other.fixes,
        last=max(one.last, other.last),
        gaps=one.gaps + other.gaps + (between >= SILENCE_S),
        longest_gap_s=max(one.longest_gap_s, other.longest_gap_s, between),
        ground_fixes=sum(told) if told else None,
        fast_ground_fixes=one.fast_ground_fixes + other.fast_ground_fixes,
        grounds=_merge_grounds((*before.grounds, *after.grounds)),
        ends=max((one, other), key=lambda part: part.last).ends,
    )


def _merge_grounds(parts: Iterable[NearAirfield]) -> tuple[NearAirfield, ...]:
    merged: dict[str, NearAirfield] = {}
    for part in parts:
        known = merged.get(part.icao)
        merged[part.icao] = (
            part if known is None else replace(known, km=min(known.km, part.km), fixes=known.fixes + part.fixes)
        )
    return tuple(sorted(merged.values(), key=lambda one: -one.fixes))


def _sum_up(path: Path, tally: Tally, aircraft: Iterable[AircraftSummary]) -> TrackContents:
    formats = [form for form, _ in tally.formats.most_common()]
    return TrackContents(
        file=str(path),
        formats=tuple(formats),
        terms=tuple(form.terms for form in formats),
        files=tally.files,
        rows=tally.rows,
        aircraft=tuple(sorted(aircraft, key=lambda one: (-(one.ground_fixes or 0), one.first, one.key))),
        dropped=tuple((code.value, number, code.words) for code, number in tally.dropped.most_common()),
        out_of_order=tally.out_of_order,
        untouched=tally.untouched,
        passed_over=tally.passed_over,
        damaged=tally.damaged,
        damages=tuple(tally.damages),
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(float(seconds), 2), UTC)
