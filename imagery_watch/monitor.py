"""One idempotent sweep over many airfields: what is new is scored, the record is kept, each new hit is written once."""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from filelock import FileLock, Timeout

from imagery_watch import __version__
from imagery_watch.account import Survey, scoring_settings
from imagery_watch.errors import AoiError, ExitCode, ImageryWatchError, LockedError, StoreError
from imagery_watch.model import Acquisition, Airfield, Hit, Period, RunResult, Stay, parse_period
from imagery_watch.outputs.atomic import write_bytes, write_text
from imagery_watch.outputs.credits import attribution
from imagery_watch.outputs.export import write_outputs
from imagery_watch.outputs.geojson import dump_json, hit_feature
from imagery_watch.outputs.record import AirfieldRun, PassRecord, PassState, Reconciled, covers, reconcile
from imagery_watch.outputs.stay_record import reconcile_stays
from imagery_watch.outputs.store import Store, open_store
from imagery_watch.outputs.sweeps import Outcome, SweepReport, show_sweep
from imagery_watch.outputs.text import slug
from imagery_watch.pipeline import Progress, score, survey
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields import AirfieldFile, find_airfield, list_airfields
from imagery_watch.sources.aoi import aoi_hash
from imagery_watch.sources.catalog import Catalog
from imagery_watch.sources.catalogs import open_catalog

if TYPE_CHECKING:
    from pystac import Item

__all__ = ["SweepReport", "show_sweep", "sweep"]

LOCK = "monitor.lock"
NEW_HITS = "new-hits"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sweep:
    """What every airfield of one sweep shares."""

    number: int
    store: Store
    settings: Settings
    catalog: Catalog
    period: Period
    history_days: int
    out: Path
    now: datetime
    progress: Progress


def sweep(
    names: Sequence[str],
    settings: Settings,
    *,
    catalog: str,
    since: str | None,
    history_days: int = 365,
    out: Path | None = None,
    now: datetime,
    progress: Progress = lambda *_: None,
) -> SweepReport:
    """One sweep over the named airfields, or over all that are known.

    Running it twice changes nothing; running it after a kill ends where the killed one would have. Raises AoiError for
    an unknown name, UsageError for dates, CatalogError for what is no catalogue, LockedError where another sweep runs,
    StoreError where the record is damaged or something cannot be written. What fails for one airfield is its outcome.
    """
    clock = time.monotonic()
    period = parse_period(since, None, now)
    opened = open_catalog(catalog, settings)
    files = wanted_airfields(names, settings.home)
    folder = out if out is not None else settings.home / "runs"
    with locked(settings.home), open_store(settings.home) as store:
        number = store.start_sweep(now, __version__, opened.name)
        job = _Sweep(number, store, settings, opened, period, history_days, folder, now, progress)
        outcomes, written = [], []
        for file in files:
            outcomes.append(_visit(job, file))
            written += _hand_on(job, outcomes[-1].airfield)
        written += _hand_on(job, None)
        report = SweepReport(now, time.monotonic() - clock, tuple(outcomes), tuple(written), folder / NEW_HITS)
        store.finish_sweep(number, report.seconds, report.exit_code, len(written))
        if written or any(outcome.state == "scored" for outcome in outcomes):
            store.back_up()
    return report


def wanted_airfields(names: Sequence[str], home: Path) -> list[AirfieldFile]:
    """The files of the named airfields, each once, or of all. Raises AoiError for a name that nobody knows."""
    known = {file.path.stem.upper(): file for file in list_airfields(home)}
    if not names:
        return list(known.values())
    for name in names:
        if name.upper() not in known:
            find_airfield(name, home)  # says what may have been meant
            raise AoiError(f"{name}: there is no such airfield")
    return [known[name] for name in dict.fromkeys(name.upper() for name in names)]


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Holds the one lock of `home`; the system frees it however the process ends. Raises LockedError, StoreError."""
    path = home / LOCK
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout:
        raise LockedError(f"another sweep is running: it holds {path}; this one did nothing") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"{path} could not be made: {reason}. Set IMAGERY_WATCH_HOME to a writable folder.") from error
    try:
        yield
    finally:
        lock.release()


def _visit(job: _Sweep, file: AirfieldFile) -> Outcome:
    """One airfield; whatever is wrong with it stays its own affair, unless the record or the disk fails."""
    name = file.path.stem
    try:
        if file.airfield is None:
            raise file.error or AoiError(f"{file.path}: cannot be used")
        return _look_at(job, file.airfield)
    except (StoreError, LockedError):
        raise
    except ImageryWatchError as error:
        return Outcome(name, "failed", reason=str(error), exit_code=error.exit_code)
    except Exception as error:  # a fault of ours must not hide what the other airfields have to say
        _log.exception("%s: this is a fault of imagery-watch", name)
        reason = f"unexpected {type(error).__name__}: {error}"
        return Outcome(name, "failed", reason=reason, exit_code=ExitCode.INCOMPLETE)


def _look_at(job: _Sweep, airfield: Airfield) -> Outcome:
    """Scores the airfield's period where anything about it is new."""

    def progress(stage: str, done: int, total: int) -> None:
        """The line's progress, under the airfield's name."""
        job.progress(f"{airfield.id} {stage}", done, total)

    found = survey(airfield, job.catalog, job.settings, job.period, history_days=job.history_days, progress=progress)
    digest = settings_hash(airfield, job.settings, job.history_days)
    recorded = job.store.passes(airfield.id)
    listed = {one.id: one.relative_orbit for one in found.acquisitions}
    job.store.note_listing(airfield.id, gone=_expected(found, recorded) - listed.keys(), listed=listed)
    if not _due(job, found, digest, recorded):
        return Outcome(airfield.id, "nothing new", reason="" if found.acquisitions else "no pass in the catalogue")
    result = score(found, job.settings, progress=progress)
    result.provenance.update(created=job.now)
    passes = pass_records(found, result, digest, recorded)
    hits = _reconciled(job, result, recorded, passes)
    stays = reconcile_stays(job.store.stays(airfield.id), result.stays, hits)
    job.store.save(_run(found, result, passes, hits, stays), job.number, job.now)
    if any(one.state != "failed" for one in passes):
        _write(job, as_recorded(result, hits, stays))
    return _outcome(airfield, result, passes, hits)


def settings_hash(airfield: Airfield, settings: Settings, history_days: int) -> str:
    """Sixteen hex digits that stay the same while the same passes would give the same hits."""
    decisive = {"history_days": history_days, "aoi": aoi_hash(airfield), "version": __version__}
    return _digest({**scoring_settings(settings), **decisive})


def versions(acquisition: Acquisition) -> tuple[str, ...]:
    """A text for each item of a pass that changes where its pixels, or what is said of them, may have changed."""
    return tuple(sorted(f"{item.id} {_digest(_decisive(item))}" for item in acquisition.items))


def _decisive(item: "Item") -> dict[str, Any]:
    """What a reader of the item goes by; signatures in hrefs come and go, so they are left out."""
    stamps = ("updated", "s2:generation_time", "s2:processing_baseline", "earthsearch:boa_offset_applied")
    hrefs = {key: asset.href.partition("?")[0] for key, asset in item.assets.items()}
    return {"hrefs": hrefs, **{name: item.properties.get(name) for name in stamps}}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _expected(found: Survey, recorded: dict[str, PassRecord]) -> set[str]:
    """Recorded passes of the time that was asked for."""
    wide = found.period.with_history(found.history_days)
    return {one.id for one in recorded.values() if one.datetime in wide}


def _due(job: _Sweep, found: Survey, digest: str, recorded: dict[str, PassRecord]) -> bool:
    """Whether anything has to be scored, or its files were not written."""
    if not found.acquisitions:
        return False
    if job.store.outputs_due(found.airfield.id) or not (job.out / found.airfield.id / "run.json").is_file():
        return True
    return not all(_is_known(one, recorded.get(one.id), found.period, digest) for one in found.acquisitions)


def _is_known(acquisition: Acquisition, known: PassRecord | None, period: Period, digest: str) -> bool:
    """Whether the record has the pass, as it is now or with more tiles, under the same settings, and done with."""
    if known is None or known.settings_hash != digest or known.state == "failed":
        return False
    told = known.state != "history" or acquisition.datetime not in period
    return told and set(versions(acquisition)) <= set(known.versions)


def pass_records(
    found: Survey, result: RunResult, digest: str, recorded: dict[str, PassRecord]
) -> tuple[PassRecord, ...]:
    """What became of each pass of a survey. One that was told of before, as it is now, is not told of less."""
    notes = {note["id"]: note for note in result.provenance["passes"]}
    records = []
    for acquisition in found.acquisitions:
        note, known = notes[acquisition.id], recorded.get(acquisition.id)
        told = acquisition.datetime in found.period or (
            known is not None and known.state == "scored" and _is_known(acquisition, known, found.period, digest)
        )
        state = cast(PassState, "history" if note["state"] == "scored" and not told else note["state"])
        reason = str(note.get("not_used", ""))
        items, orbit = versions(acquisition), acquisition.relative_orbit
        records.append(PassRecord(acquisition.id, acquisition.datetime, items, state, reason, digest, orbit))
    return tuple(records)


def _reconciled(
    job: _Sweep, result: RunResult, recorded: dict[str, PassRecord], passes: Sequence[PassRecord]
) -> Reconciled:
    """The run's hits under the record's names; a hit is judged where every pass in its bracket was read."""
    read = {one.id for one in passes if one.state != "failed"}
    unread = [one.datetime for one in (*recorded.values(), *passes) if one.id not in read]

    def judged(hit: Hit) -> bool:
        """Whether every pass in the hit's bracket was read."""
        return not any(covers(hit, when) for when in unread)

    return reconcile(job.store.hits(result.airfield.id), result.hits, job.period, judged)


def _run(
    found: Survey, result: RunResult, passes: tuple[PassRecord, ...], hits: Reconciled, stays: tuple[Stay, ...]
) -> AirfieldRun:
    """The scoring as the record takes it."""
    by_items = {one.item_ids: one.id for one in found.acquisitions}
    airfield = result.airfield
    return AirfieldRun(
        airfield=airfield.id,
        name=airfield.name,
        aoi_hash=aoi_hash(airfield),
        passes=passes,
        looks=tuple((by_items[look.item_ids], look) for look in result.looks),
        hits=(*hits.hits, *hits.withdrawn),
        attribution=attribution(result),
        stays=stays,
        occupancy=result.occupancy,
    )


def as_recorded(result: RunResult, hits: Reconciled, stays: tuple[Stay, ...]) -> RunResult:
    """The run under the record's names, with the period's recorded hits that it could not judge or no longer finds."""
    gone = [replace(hit, summary=f"Withdrawn: it no longer comes out. {hit.summary}") for hit in hits.withdrawn]
    every = sorted((*hits.hits, *hits.kept, *gone), key=lambda hit: (hit.after, hit.id))
    chips = tuple(replace(chip, hit_id=hits.ids[chip.hit_id]) for chip in result.chips)
    return replace(result, hits=tuple(every), chips=chips, stays=stays)


def _write(job: _Sweep, result: RunResult) -> None:
    """The airfield's folder, and the note that it holds what the record holds."""
    folder = job.out / result.airfield.id
    _clear_leftovers(folder, folder / "chips")
    write_outputs(result, folder)
    job.store.outputs_written(result.airfield.id)


def _hand_on(job: _Sweep, airfield: str | None) -> list[Hit]:
    """Writes the hits of the outbox, of one airfield or of all: file first, then the note, so that none is lost.

    A kill between the two leads to the same file once more.
    """
    folder = job.out / NEW_HITS
    _clear_leftovers(folder)
    waiting = [pair for pair in job.store.outbox() if airfield in (None, pair[0].airfield)]
    written = []
    for hit, credit in waiting:
        shown = _with_picture(hit, job.out / hit.airfield / "chips", folder)
        collection = {"type": "FeatureCollection", "attribution": credit, "features": [hit_feature(shown)]}
        write_text(folder / f"{slug(hit.id)}.geojson", dump_json(collection))
        job.store.hit_written(hit.id, job.now)
        written.append(shown)
    return written


def _with_picture(hit: Hit, chips: Path, folder: Path) -> Hit:
    """The hit with its picture beside its file, where there is one: the airfield's folder moves on, this one stays."""
    name = f"{slug(hit.id)}.png"
    try:
        picture = (chips / name).read_bytes()
    except OSError:
        return hit
    write_bytes(folder / name, picture)
    return replace(hit, chip=name)


def _clear_leftovers(*folders: Path) -> None:
    """Removes what a killed sweep left half written; the lock says that nobody is writing it now."""
    for folder in folders:
        for path in folder.glob(".iw-*.part"):
            with suppress(OSError):
                path.unlink()


def _outcome(airfield: Airfield, result: RunResult, passes: Sequence[PassRecord], hits: Reconciled) -> Outcome:
    failed = [one for one in passes if one.state == "failed"]
    reason = f"{len(failed)} passes failed and will be tried again: {failed[0].reason}" if failed else ""
    return Outcome(
        airfield=airfield.id,
        state="scored",
        new=len(hits.new),
        revised=len(hits.revised),
        withdrawn=len(hits.lost),
        looks=result.looks,
        reason=reason,
        exit_code=ExitCode.INCOMPLETE if failed else ExitCode.DONE,
    )
