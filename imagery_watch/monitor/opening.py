"""What of an airfield was kept at the last sweep, and which passes have to be read beside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imagery_watch
from imagery_watch.change.watch import Watch
from imagery_watch.errors import PassRefused, PassUnread
from imagery_watch.model import Acquisition
from imagery_watch.monitor.due import list_read_versions, list_versions
from imagery_watch.monitor.keeping.watch import KeptWatch, Place, load_watch
from imagery_watch.outputs.reconcile.record import PassRecord
from imagery_watch.outputs.wording.text import slug
from imagery_watch.reasons import Reason, ReasonCode, parse_codes
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.grids import draw_areas
from imagery_watch.survey import Survey

WATCHES = "watch"
"""The folder below `home` in which watches are kept."""
STAGE = ("change", "sensors", "model")
"""The parts of the package that decide how a look is judged: a watch of other code begins anew."""


@dataclass(frozen=True)
class Opened:
    """What of an airfield was kept, and what has to be read beside it."""

    place: Place
    kept: KeptWatch | None
    """None where all has to be judged anew."""
    refused: Mapping[str, PassUnread]
    """Passes that need not be read: they were refused, and nothing of them has changed since."""
    wanted: tuple[Acquisition, ...]


def open_kept(found: Survey, settings: Settings, digest: str, passes: Mapping[str, PassRecord]) -> Opened:
    """What was kept of an airfield below the home's `watch/`, and the passes of a survey that have to be read.

    `digest` is of the settings and shapes; `passes` are the record's.
    """
    place = Place(draw_areas(found.airfield, found.grid), found.grid, found.catalog.sensor.detector)
    kept = load_watch(find_folder(settings, found), make_key(found, digest), place)
    if kept is None or _is_aged(kept.watch, found):
        return Opened(place, None, {}, tuple(found.acquisitions))
    unknown = tuple(one for one in found.acquisitions if not _is_judged(one, kept))
    refused: dict[str, PassUnread] = {one.id: error for one in unknown if (error := _refused(one, passes)) is not None}
    return Opened(place, kept, refused, tuple(one for one in unknown if one.id not in refused))


def _is_aged(watch: Watch, found: Survey) -> bool:
    """Whether all passes that its frame was made of are older than the history, or too few are left to go on."""
    start, frame = found.period.with_history(found.history_days).start, watch.stack.frame
    return watch.stack.is_few or frame is None or (start is not None and frame.until < start)


def _is_judged(acquisition: Acquisition, kept: KeptWatch) -> bool:
    """Whether the watch has the pass as the catalogue has it now, or with more of its tiles."""
    known = kept.versions.get(acquisition.id)
    return known is not None and set(list_read_versions(acquisition)) <= set(known)


def _refused(acquisition: Acquisition, passes: Mapping[str, PassRecord]) -> PassRefused | None:
    """Why a pass was refused, where it was, and nothing of it has changed since."""
    record = passes.get(acquisition.id)
    if record is None or record.state != "refused" or not set(list_versions(acquisition)) <= set(record.versions):
        return None
    code = next(iter(parse_codes(record.reason_code)), ReasonCode.NO_BANDS)
    return PassRefused(Reason(code, record.reason))


def find_folder(settings: Settings, found: Survey) -> Path:
    """The folder in which an airfield's watch is kept."""
    return settings.home / WATCHES / slug(found.airfield.id)


def make_key(found: Survey, digest: str) -> str:
    """What a watch rests on: settings and shapes, the Grid, the catalogue's sensor, and the code."""
    told = f"{digest} {found.grid!r} {found.catalog.sensor.name} {_hash_stage()}"
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def _hash_stage() -> str:
    """Of the files that decide how a look is judged."""
    root, digest = Path(imagery_watch.__file__).parent, hashlib.sha256()
    for path in sorted(path for part in STAGE for path in (root / part).rglob("*") if path.suffix in (".py", ".npz")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
