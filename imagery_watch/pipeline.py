"""The straight line for one airfield: from its name to hits and looks."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imagery_watch.account import Passes, Survey, looks_of, provenance
from imagery_watch.model import (
    Airfield,
    Areas,
    Chip,
    Grid,
    Hit,
    Period,
    RunResult,
    Scene,
    parse_period,
)
from imagery_watch.settings import Settings

if TYPE_CHECKING:
    from imagery_watch.change.detect import Detection
    from imagery_watch.sources.catalog import Catalog

Progress = Callable[[str, int, int], None]
"""Called with the stage's name, how much of it is done, and of how much."""

DEFAULT_DAYS = 30
"""What an API is asked for where the user names no first day."""


def run_airfield(
    airfield: Airfield,
    catalog: str,
    settings: Settings,
    *,
    since: str | None,
    until: str | None,
    now: datetime,
    history_days: int = 365,
    min_length_m: float = 0.0,
    progress: Progress = lambda *_: None,
) -> RunResult:
    """`watch` with the catalogue and the dates as a person names them.

    Without a first day a file means all of its items, and an API the last 30 days. Raises UsageError for dates that
    cannot be read, and what `watch` raises.
    """
    from imagery_watch.sources.catalogs import open_catalog

    opened = open_catalog(catalog, settings)
    period = parse_period(since, until, now)
    if period.start is None and opened.local_root is None:
        period = Period((period.end or now) - timedelta(days=DEFAULT_DAYS), period.end)
    return watch(
        airfield, opened, settings, period, history_days=history_days, min_length_m=min_length_m, progress=progress
    )


def watch(
    airfield: Airfield,
    catalog: "Catalog",
    settings: Settings,
    period: Period,
    *,
    history_days: int = 365,
    min_length_m: float = 0.0,
    progress: Progress = lambda *_: None,
) -> RunResult:
    """What arrived on, or left, an airfield's aprons between the looks of a period.

    `period` bounds the reported hits and looks; passes of `history_days` before it are read for the baselines.
    Raises AoiError where the airfield cannot be gridded, CatalogError or CatalogUnavailable where the catalogue fails;
    passes that cannot be read are looks with a reason, not errors.
    """
    found = survey(airfield, catalog, settings, period, history_days=history_days, progress=progress)
    return score(found, settings, min_length_m=min_length_m, progress=progress)


def survey(
    airfield: Airfield,
    catalog: "Catalog",
    settings: Settings,
    period: Period,
    *,
    history_days: int,
    progress: Progress = lambda *_: None,
) -> Survey:
    """What the catalogue has for an airfield and a period, before any pixel is read.

    Raises AoiError where the airfield cannot be gridded, CatalogError or CatalogUnavailable where the catalogue fails.
    """
    from imagery_watch.sources.acquisitions import fold
    from imagery_watch.sources.grids import grid_for, search_bbox

    grid = grid_for(airfield, settings.margin_m, settings.max_grid_km2)
    wide = period.with_history(history_days)
    progress("searching the catalogue", 0, 1)
    listing = catalog.search(search_bbox(grid), wide.start, wide.end)
    return Survey(airfield, catalog, grid, period, history_days, listing, fold(listing.items))


def score(
    found: Survey, settings: Settings, *, min_length_m: float = 0.0, progress: Progress = lambda *_: None
) -> RunResult:
    """The pixels of a survey read, compared and told as hits and looks.

    Passes that cannot be read are looks with a reason, not errors. Hits that are surely shorter than `min_length_m`
    (their whole interval) are left out; the looks still tell of them.
    """
    from imagery_watch.sources.grids import draw_areas

    airfield, grid, period = found.airfield, found.grid, found.period
    areas = draw_areas(airfield, grid)
    passes = read_passes(found, settings, progress)
    detection = compare(passes.scenes, areas, grid, settings, progress)
    hits, chips = reported(detection, airfield, areas, grid, period)
    looks = looks_of(passes, detection, airfield, areas, period, hits, settings.min_visible_fraction)
    long_enough = {hit.id for hit in hits if hit.length_high_m >= min_length_m}
    hits = tuple(hit for hit in hits if hit.id in long_enough)
    chips = tuple(chip for chip in chips if chip.hit_id in long_enough)
    notes = provenance(
        airfield, found.catalog, found.listing, passes, detection, areas, grid, settings, period, found.history_days
    )
    return RunResult(airfield, grid, hits, looks, chips, notes)


def read_passes(found: Survey, settings: Settings, progress: Progress) -> Passes:
    """Every pass of a survey, its windows read in parallel."""
    from imagery_watch.sources.scenes import Reader, read_scenes

    count = _counter("reading pixels", len(found.acquisitions), progress)
    reader = Reader(settings, found.catalog.name, found.catalog.local_root)
    west, south, east, north = found.airfield.bounds
    outcomes = read_scenes(found.acquisitions, found.grid, ((west + east) / 2, (south + north) / 2), reader, count)
    scenes, unread = [], {}
    for acquisition, outcome in zip(found.acquisitions, outcomes, strict=True):
        if isinstance(outcome, Scene):
            scenes.append(outcome)
        else:
            unread[acquisition.id] = outcome
    return Passes(found.acquisitions, tuple(scenes), unread)


def compare(scenes: Sequence[Scene], areas: Areas, grid: Grid, settings: Settings, progress: Progress) -> "Detection":
    """The change stage over all scenes."""
    from imagery_watch.change.detect import detect

    return detect(
        scenes,
        areas,
        grid,
        half_window=timedelta(days=settings.baseline_half_window_days),
        min_score=settings.min_score,
        workers=settings.workers,
        on_pass=_counter("comparing passes", 2 * len(scenes), progress),
    )


def reported(
    detection: "Detection", airfield: Airfield, areas: Areas, grid: Grid, period: Period
) -> tuple[tuple[Hit, ...], tuple[Chip, ...]]:
    """Hits whose first look with the change lies in the period, sorted by time then id, and their pixels."""
    from imagery_watch.change.detect import chip_window
    from imagery_watch.change.hits import to_hit
    from imagery_watch.sources.grids import to_lonlat

    stack = detection.stack

    def place(row: float, col: float) -> tuple[float, float, float, float]:
        """Longitude, latitude, easting and northing of a place in the stack's window."""
        x, y = grid.xy(row + stack.top, col + stack.left)
        return *to_lonlat(grid, x, y), x, y

    found = []
    for event in detection.events:
        hit = to_hit(event, stack.passes, airfield.id, areas.apron_names, place)
        if hit.after in period:
            rows, cols, row, col = chip_window(stack, event)
            before, after = (stack.passes[index].image[:, rows, cols] for index in (event.before, event.after))
            found.append((hit, Chip(hit.id, before, after, stack.bands, row, col, grid.resolution)))
    found.sort(key=lambda pair: (pair[0].after, pair[0].id))
    return tuple(hit for hit, _ in found), tuple(chip for _, chip in found)


def _counter(stage: str, total: int, progress: Progress) -> Callable[[], None]:
    """A function that reports one more step of a stage each time it is called."""
    done = 0

    def step() -> None:
        """One more is done."""
        nonlocal done
        done += 1
        progress(stage, min(done, total), total)

    return step
