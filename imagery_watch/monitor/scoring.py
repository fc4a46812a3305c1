"""What a sweep makes of one airfield: only the passes that are new are read and judged, and joined to what was seen.

Which question that answers, and which `run` does, is in docs/method.md, section 16.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.preprocess.stack import Stack
from imagery_watch.change.tracking.events import Standing
from imagery_watch.change.watch import Watch, add_look, begin_watch, drop_look, tell_changes
from imagery_watch.dossiers import OF_A_SWEEP
from imagery_watch.errors import PassRefused, PassUnread
from imagery_watch.model import Hit, Look, Occupancy, RunResult, Scene
from imagery_watch.model.progress import Progress
from imagery_watch.monitor.due import list_read_versions
from imagery_watch.monitor.keeping.watch import INDEX, KeptDamagedError, KeptWatch, Place, save_watch
from imagery_watch.monitor.opening import Opened, find_folder, make_key
from imagery_watch.outputs.reconcile.record import SAME_TIME, PassRecord
from imagery_watch.pipeline import compare, count_steps, read_passes
from imagery_watch.reporting import limited, report
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.suspects import find_repeats
from imagery_watch.survey import ReadPasses, Survey

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scored:
    """What came of one airfield."""

    result: RunResult
    watch: Watch | None
    """What is to be kept; None where there are too few passes for a watch."""
    versions: Mapping[str, tuple[str, ...]]
    """The catalogue's, of each pass of the watch."""
    begun: bool
    """Whether all was judged anew, so that nothing of an earlier watch is worth keeping."""


@dataclass(frozen=True)
class _Known:
    """What the record has of an airfield."""

    looks: Mapping[tuple[str, str], Look]
    """By pass and apron."""
    hits: Sequence[Hit]
    """Those that stand."""


def score_new(
    found: Survey,
    opened: Opened,
    read: ReadPasses,
    settings: Settings,
    digest: str,
    passes: Mapping[str, PassRecord],
    looks: Sequence[tuple[Look, Occupancy | None]],
    hits: Sequence[Hit],
    progress: Progress,
) -> Scored:
    """The passes of a survey told as hits and looks; `read` are those that `opened` wants.

    `digest` is of the settings and shapes; `passes`, `looks` and `hits` are the record's. Nothing is kept yet: see
    `keep`.
    """
    standing = tuple(hit for hit in hits if hit.status != "withdrawn")
    known = _Known({(look.pass_id, look.apron): look for look, _ in looks}, standing)
    if opened.kept is not None:
        with suppress(KeptDamagedError):  # noticed where an array is asked for: all is judged anew
            return _go_on(found, settings, opened, opened.kept, read, known, progress)
        read = read_passes(found, settings, progress)
    same = any(one.settings_hash == digest for one in passes.values())
    return _begin(found, settings, opened.place, read, standing if same else (), progress)


def keep(scored: Scored, found: Survey, settings: Settings, digest: str) -> None:
    """Keeps the watch for the next sweep; where it cannot be kept, that one judges all passes anew."""
    folder, key = find_folder(settings, found), make_key(found, digest)
    try:
        if scored.watch is None:
            (folder / INDEX).unlink(missing_ok=True)
            return
        save_watch(scored.watch, scored.versions, folder, key, afresh=scored.begun)
    except (OSError, KeptDamagedError) as error:
        _log.warning("%s: what was judged could not be kept in %s: %s", found.airfield.id, folder, error)


def _begin(
    found: Survey, settings: Settings, place: Place, passes: ReadPasses, standing: Sequence[Hit], progress: Progress
) -> Scored:
    """All passes judged among one another; `standing` was told of under the same settings."""
    watch = begin_watch(
        passes.scenes,
        place.areas,
        found.grid,
        place.detector,
        half_window=timedelta(days=settings.baseline_half_window_days),
        workers=settings.workers,
        on_pass=count_steps("comparing passes", 2 * len(passes.scenes), progress),
    )
    if watch is None:
        detection = compare(passes.scenes, place.areas, found, settings, progress)
    else:
        detection = _tell(watch, settings, standing)

    def limit(looks: tuple[Look, ...]) -> tuple[Look, ...]:
        """Each look with its limit, measured."""
        return limited(looks, detection, place.areas, settings, progress)

    versions = {one.id: tuple(list_read_versions(one)) for one in found.acquisitions}
    return Scored(report(found, passes, detection, place.areas, settings, limit), watch, versions, begun=True)


def _go_on(
    found: Survey,
    settings: Settings,
    opened: Opened,
    kept: KeptWatch,
    read: ReadPasses,
    known: _Known,
    progress: Progress,
) -> Scored:
    """The passes that are new judged by what is known, and joined to what was seen."""
    place = opened.place
    watch = _drop_renamed(kept.watch, found)
    names = {one.acquisition_id for one in _scenes_of(watch)}
    owners = {digest: name for digest, name in kept.owners.items() if name in names}
    repeats = find_repeats(read.scenes, owners)
    scenes = tuple(one for one in read.scenes if one.acquisition_id not in repeats)
    unread: dict[str, PassUnread] = {**opened.refused, **read.unread, **repeats}
    watch = _drop_refused(watch, unread)
    step = count_steps("comparing passes", len(scenes), progress)
    watch = _add_all(watch, scenes, timedelta(days=settings.baseline_half_window_days), step)
    watch = _drop_old(watch, found)
    detection = _tell(watch, settings, known.hits)
    added = {one.acquisition_id for one in scenes}

    def limit(looks: tuple[Look, ...]) -> tuple[Look, ...]:
        """Looks that were not told before with their limits, measured; the others with those of then."""
        old = {
            (look.pass_id, look.apron): _as_measured(look, told)
            for look in looks
            if look.pass_id not in added | unread.keys() and (told := _told(look, known)) is not None
        }
        rest = tuple(look for look in looks if (look.pass_id, look.apron) not in old)
        fresh = limited(rest, detection, place.areas, settings, progress)
        measured = old | {(look.pass_id, look.apron): look for look in fresh}
        return tuple(measured[look.pass_id, look.apron] for look in looks)

    listed = {one.id for one in found.acquisitions}
    scenes_told = tuple(one for one in _scenes_of(watch) if one.acquisition_id in listed)
    passes = ReadPasses(found.acquisitions, scenes_told, unread)
    now = {one.id: tuple(list_read_versions(one)) for one in opened.wanted if one.id in added}
    result = report(found, passes, detection, place.areas, settings, limit, plenty=OF_A_SWEEP)
    return Scored(result, watch, {**kept.versions, **now}, begun=False)


def _tell(watch: Watch, settings: Settings, hits: Sequence[Hit]) -> DetectionResult:
    standing = [place for hit in hits if (place := _place_in(watch.stack, hit)) is not None]
    budget = settings.false_alarms_per_year
    return tell_changes(watch, false_alarms_per_year=budget, standing=standing, workers=settings.workers)


def _place_in(stack: Stack, hit: Hit) -> Standing | None:
    """Where a recorded hit lies in a stack; None where the stack has not both of its looks."""
    before, after = stack.index_of(hit.before_pass), stack.index_of(hit.after_pass)
    if before is None or after is None:
        return None
    where = stack.georeference
    row, col = where.grid.rowcol(hit.x, hit.y)
    return Standing(hit.kind, before, after, row - where.top, col - where.left)


def _add_all(watch: Watch, scenes: Sequence[Scene], half_window: timedelta, step: Callable[[], None]) -> Watch:
    """The watch with these passes, the earliest first; one that it had is judged anew."""
    for scene in sorted(scenes, key=lambda one: (one.datetime, one.acquisition_id)):
        watch = add_look(drop_look(watch, scene.acquisition_id), scene, half_window)
        step()
    return watch


def _drop_renamed(watch: Watch, found: Survey) -> Watch:
    """The watch without passes that the catalogue has under another id by now.

    Where no item names its product an id is a pass's time, which moves when another of its tiles arrives; and a second
    catalogue may tell more, or less, of the same pass.
    """
    listed = {one.id for one in found.acquisitions}
    for scene in _scenes_of(watch):
        same = (one for one in found.acquisitions if one.platform == scene.platform)
        if scene.acquisition_id not in listed and any(abs(one.datetime - scene.datetime) <= SAME_TIME for one in same):
            watch = drop_look(watch, scene.acquisition_id)
    return watch


def _drop_refused(watch: Watch, unread: Mapping[str, PassUnread]) -> Watch:
    """The watch without passes that were processed anew into something that cannot be used."""
    for name in {one.acquisition_id for one in _scenes_of(watch)} & unread.keys():
        if isinstance(unread[name], PassRefused):
            watch = drop_look(watch, name)
    return watch


def _drop_old(watch: Watch, found: Survey) -> Watch:
    """The watch without the looks from before the history that is asked for."""
    start, listed = found.period.with_history(found.history_days).start, {one.id for one in found.acquisitions}
    for scene in _scenes_of(watch):
        if start is not None and scene.datetime < start and scene.acquisition_id not in listed:
            watch = drop_look(watch, scene.acquisition_id)
    return watch


def _scenes_of(watch: Watch) -> tuple[Scene, ...]:
    """The passes of a watch, usable or not; most are without their pixels by now."""
    passes = [one.scene for one in watch.stack.passes]
    return (*passes, *(one.scene for one in watch.stack.unusable))


def _told(look: Look, known: _Known) -> Look | None:
    """The look as it was recorded; None for one of a pass that could not be read then, or was history alone."""
    old = known.looks.get((look.pass_id, look.apron))
    return None if old is None or old.result == "failed" else old


def _as_measured(look: Look, old: Look) -> Look:
    """A look with the limit, and the words about it, that were recorded when it was new."""
    return replace(
        look, smallest_detectable_m=old.smallest_detectable_m, reason=old.reason, reason_codes=old.reason_codes
    )
