"""One idempotent sweep over many airfields: what is new is scored, the record is kept, each new hit is written once."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from imagery_watch.errors import (
    AoiError,
    CatalogUnavailable,
    ClusterUnavailable,
    ExitCode,
    ImageryWatchError,
    LockedError,
    StoreError,
)
from imagery_watch.model import Airfield, Period, RunResult, parse_period
from imagery_watch.model.progress import Progress
from imagery_watch.model.provenance import NOTHING_USED
from imagery_watch.monitor.alerting.desk import open_desk
from imagery_watch.monitor.dispatch import clear_leftovers, write_waiting
from imagery_watch.monitor.keeping.pruning import prune_cache
from imagery_watch.monitor.looking import (
    Answer,
    Listed,
    Question,
    ask_list,
    judge,
    make_question,
    open_listed,
    read_wanted,
)
from imagery_watch.monitor.machines.ahead import Here
from imagery_watch.monitor.machines.sharing import ALONE, Share
from imagery_watch.monitor.noting import Occasion, as_recorded, note_result
from imagery_watch.monitor.overview import Sweep, write_index
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.reconcile.record import PassRecord
from imagery_watch.outputs.reconcile.standing import Settled
from imagery_watch.outputs.review.tally import count_reviews, warn_of_rate
from imagery_watch.outputs.store.store import Store, open_store
from imagery_watch.outputs.terminal.sweep_table import Outcome, SweepReport, Trouble, show_sweep
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.known import AirfieldFile, list_airfields
from imagery_watch.sources.catalogs.catalog import Catalog
from imagery_watch.sources.catalogs.named import open_catalog
from imagery_watch.sources.places.resolver import resolve_airfield

__all__ = ["SweepReport", "show_sweep", "sweep"]

LOCK = "monitor.lock"
SHARED = (CatalogUnavailable, ClusterUnavailable)
"""What fails for many airfields at once, and is one trouble."""
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
    command: str


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
    on_done: Callable[[Outcome], None] = lambda _: None,
    share: Share = ALONE,
    command: str = "",
) -> SweepReport:
    """One sweep over the named airfields, or over all that are known.

    Running it twice changes nothing; running it after a kill ends where the killed one would have. Raises AoiError for
    an unknown name, UsageError for dates, CatalogError for what is no catalogue, LockedError where another sweep runs,
    StoreError where the record is damaged or something cannot be written. What fails for one airfield is its outcome.
    `on_done` is given each outcome when the record holds it; `share` says which airfields, and who looks at them; the
    `command` goes into `run.json`.
    """
    clock, period = time.monotonic(), parse_period(since, None, now)
    opened = open_catalog(catalog, settings, find_sensor())
    files = share.shard.choose(wanted_airfields(names, settings.home))
    folder = out if out is not None else settings.home / "runs"
    later = _count_from(now, clock)
    desk = open_desk(settings, folder, os.environ, later)
    with locked(settings.home), desk.beating(now) as pulse, open_store(settings.home) as store:
        number = store.start_sweep(now, version("imagery-watch"), opened.name)
        pulse.number(number)
        desk.greet(store, now)
        job = _Sweep(number, store, settings, opened, period, history_days, folder, now, progress, command)
        outcomes, written = [], []
        for file, find in share.look(files, partial(_ask, job), _look_here(job)):
            outcomes.append(_visit(job, file, find))
            written += write_waiting(store, folder, now, outcomes[-1].airfield)
            on_done(outcomes[-1])
        written += write_waiting(store, folder, now)
        whole = not names and share.shard.count == 1
        alerts = desk.conclude(store, outcomes, opened.name, is_whole=whole)
        write_index(store, Sweep(number, opened.name, outcomes, files), folder, now)
        report = SweepReport(now, time.monotonic() - clock, tuple(outcomes), tuple(written), folder, alerts)
        _conclude(store, report, number, settings)
        pulse.end(later(), int(report.exit_code), well=report.went_well)
    return report


def _conclude(store: Store, report: SweepReport, number: int, settings: Settings) -> None:
    """Notes how the sweep ended, copies the record where it changed, and keeps the cache to its size."""
    store.finish_sweep(number, report.seconds, report.exit_code, len(report.new_hits))
    if report.handed_on or report.alerts.changed or any(outcome.state == "scored" for outcome in report.outcomes):
        store.back_up()
    prune_cache(store, settings)


def _count_from(now: datetime, started: float) -> Callable[[], datetime]:
    """What says the time in a sweep's own count, which began with `now`, at `started` of the monotonic clock."""
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def wanted_airfields(names: Sequence[str], home: Path) -> list[AirfieldFile]:
    """The files of the named airfields, each once, or of all. Raises AoiError for a name that nobody knows."""
    known = {file.path.stem.upper(): file for file in list_airfields(home)}
    if not names:
        return list(known.values())
    ids = [name.upper() if name.upper() in known else resolve_airfield(name, home)[0].id.upper() for name in names]
    return [known[name] for name in dict.fromkeys(ids)]


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


def _ask(job: _Sweep, airfield: Airfield) -> Question:
    return make_question(airfield, job.store, job.settings, job.period, job.history_days, job.out)


def _look_here(job: _Sweep) -> Here:
    """The steps of a look in this process."""

    def ask_catalogue(question: Question, progress: Progress) -> Listed:
        """What the sweep's catalogue has."""
        return ask_list(question, job.catalog, progress)

    return Here(ask_catalogue, open_listed, read_wanted, partial(judge, progress=job.progress), job.progress)


def _visit(job: _Sweep, file: AirfieldFile, find: Callable[[Airfield], Answer]) -> Outcome:
    """One airfield; whatever is wrong with it stays its own affair, unless the record or the disk fails."""
    name = file.path.stem if file.airfield is None else file.airfield.id
    try:
        if file.airfield is None:
            raise file.error or AoiError(f"{file.path}: cannot be used")
        return _note(job, file.airfield, find(file.airfield))
    except (StoreError, LockedError):
        raise
    except ImageryWatchError as error:
        trouble: Trouble = "catalogue" if isinstance(error, SHARED) else "airfield"
        return Outcome(name, "failed", reason=str(error), exit_code=error.exit_code, trouble=trouble)
    except Exception as error:  # a fault of ours must not hide what the other airfields have to say
        _log.exception("%s: this is a fault of imagery-watch", name)
        reason = f"unexpected {type(error).__name__}: {error}"
        return Outcome(name, "failed", reason=reason, exit_code=ExitCode.INCOMPLETE, trouble="airfield")


def _note(job: _Sweep, airfield: Airfield, found: Answer) -> Outcome:
    """Notes in the record what a look at an airfield brought, and writes its files where anything is new."""
    result, passes = found.result, found.passes
    job.store.note_listing(airfield.id, gone=found.gone, listed=found.listed)
    if result is None:
        return _nothing_new(airfield, found)
    noted = note_result(job.store, result, passes, Occasion(job.number, job.period, job.now))
    if any(one.state != "failed" for one in passes):
        _write(job, _with_rate(job, as_recorded(noted.result, noted.settled.hits, noted.stays)))
    return _outcome(noted.result, passes, noted.settled)


def _with_rate(job: _Sweep, result: RunResult) -> RunResult:
    """The run with a warning where reviews say that false alarms are more here than promised."""
    name, store = result.airfield.id, job.store
    tally = count_reviews(name, store.recorded_hits(name), store.count_passes(name), job.settings.false_alarms_per_year)
    told = result.provenance
    warnings = (*told.warnings, *warn_of_rate(tally))
    return replace(result, provenance=replace(told, warnings=warnings, command=job.command))


def _write(job: _Sweep, result: RunResult) -> None:
    """The airfield's folder, and the note that it holds what the record holds."""
    folder = job.out / result.airfield.id
    clear_leftovers(folder, folder / "chips", folder / "stac", folder / "stac" / "items")
    write_outputs(result, folder)
    job.store.outputs_written(result.airfield.id)


def _nothing_new(airfield: Airfield, found: Answer) -> Outcome:
    """The outcome of an airfield of which nothing is scored; a listing that is not whole is worth asking for again."""
    lack = found.lack
    reasons = [lack] if lack else []
    if not found.listed:
        reasons += ["no pass in the catalogue", *found.warnings[-2:]]
    code = ExitCode.INCOMPLETE if lack else ExitCode.DONE
    trouble: Trouble = "catalogue" if lack else ""
    return Outcome(airfield.id, "nothing new", reason="; ".join(reasons), exit_code=code, trouble=trouble)


def _outcome(result: RunResult, passes: Sequence[PassRecord], settled: Settled) -> Outcome:
    hits, muted = settled.hits, len(settled.muted)
    failed = [one for one in passes if one.state == "failed"]
    lack = result.provenance.incomplete_listing
    reasons = [f"{len(failed)} passes failed and will be tried again: {failed[0].reason}"] if failed else []
    if result.looks and not result.provenance.counts.get("compared"):
        reasons += [told for told in result.provenance.warnings if told.startswith(NOTHING_USED)]
    reasons += [f"{muted} at a place that a review rejected, and no news"] if muted else []
    reason = "; ".join([*reasons, lack] if lack else reasons)
    return Outcome(
        airfield=result.airfield.id,
        state="scored",
        new=len(hits.new),
        late=len(hits.late),
        revised=len(hits.revised),
        withdrawn=len(hits.lost),
        looks=result.looks,
        reason=reason,
        exit_code=ExitCode.INCOMPLETE if failed or lack else ExitCode.DONE,
        trouble="catalogue" if lack else "airfield" if failed and len(failed) == len(passes) else "",
    )
