"""The straight line for one airfield: from its name to hits and looks."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imagery_watch.account import Passes, Survey, chances_of, looks_of, occupancy_of, provenance
from imagery_watch.model import (
    Airfield,
    Areas,
    Chip,
    Grid,
    Hit,
    LimitReport,
    Look,
    Period,
    RunResult,
    Scene,
    Stay,
    parse_period,
)
from imagery_watch.settings import Settings

if TYPE_CHECKING:
    from imagery_watch.change.detect import Detection
    from imagery_watch.change.stays import Presence
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
    opened, period = _asked(catalog, settings, since, until, now)
    return watch(
        airfield, opened, settings, period, history_days=history_days, min_length_m=min_length_m, progress=progress
    )


def _asked(
    catalog: str, settings: Settings, since: str | None, until: str | None, now: datetime
) -> tuple["Catalog", Period]:
    """The catalogue and the period that a person means."""
    from imagery_watch.sources.catalogs import open_catalog

    opened = open_catalog(catalog, settings)
    period = parse_period(since, until, now)
    if period.start is None and opened.local_root is None:
        period = Period((period.end or now) - timedelta(days=DEFAULT_DAYS), period.end)
    return opened, period


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
    from imagery_watch.change.stays import presences
    from imagery_watch.sources.grids import draw_areas

    airfield, grid, period = found.airfield, found.grid, found.period
    areas = draw_areas(airfield, grid)
    passes = read_passes(found, settings, progress)
    detection = compare(passes.scenes, areas, grid, settings, progress)
    every = hits_of(detection, airfield, areas, grid)
    changes = tuple(hit for hit in every if hit.after in period)
    looks = looks_of(passes, detection, airfield, areas, period, changes, settings.min_visible_fraction)
    looks = limited(looks, detection, areas, settings, progress)
    hits = tuple(hit for hit in changes if hit.length_high_m >= min_length_m)
    objects = presences(detection.tracks, detection.events)
    occupancy = occupancy_of(detection, objects, looks, areas, settings.min_visible_fraction)
    notes = provenance(
        airfield, found.catalog, found.listing, passes, detection, areas, grid, settings, period, found.history_days
    )
    return RunResult(
        airfield,
        grid,
        hits=tuple(sorted(hits, key=lambda hit: (hit.after, hit.id))),
        looks=looks,
        chips=chips_of(detection, every, hits, grid),
        provenance=notes,
        stays=stays_of(detection, objects, every, hits, airfield, areas, grid),
        occupancy=occupancy,
        chances=chances_of(looks, period, notes["created"]),
    )


def limits_of(
    airfield: Airfield,
    catalog: str,
    settings: Settings,
    *,
    since: str | None,
    until: str | None,
    now: datetime,
    history_days: int = 365,
    plantings: int = 20,
    progress: Progress = lambda *_: None,
) -> LimitReport:
    """The smallest aircraft that would likely have been found on each apron in each look of a period.

    By planting `plantings` simulated aircraft of each size into the looks themselves. Dates are as for `run_airfield`,
    and so is what is raised; looks that cannot be measured have a reason.
    """
    from imagery_watch.limits import apron_limits
    from imagery_watch.sources.grids import draw_areas

    opened, period = _asked(catalog, settings, since, until, now)
    found = survey(airfield, opened, settings, period, history_days=history_days, progress=progress)
    areas = draw_areas(airfield, found.grid)
    passes = read_passes(found, settings, progress)
    detection = compare(passes.scenes, areas, found.grid, settings, progress)
    looks = looks_of(passes, detection, airfield, areas, period, (), settings.min_visible_fraction)
    measured = apron_limits(looks, detection, areas, plantings, workers=settings.workers, progress=progress)
    notes = provenance(
        airfield, opened, found.listing, passes, detection, areas, found.grid, settings, period, history_days
    )
    return LimitReport(airfield.id, plantings, measured, tuple(notes["warnings"]), bool(notes["incomplete"]))


def limited(
    looks: tuple[Look, ...], detection: "Detection", areas: Areas, settings: Settings, progress: Progress
) -> tuple[Look, ...]:
    """The looks with the smallest aircraft that they would likely have shown, unless that is turned off."""
    from imagery_watch.limits import with_limits

    if not settings.limit_plantings:
        return looks
    number, workers = settings.limit_plantings, settings.workers
    return with_limits(looks, detection, areas, number, workers=workers, progress=progress)


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
        false_alarms_per_year=settings.false_alarms_per_year,
        workers=settings.workers,
        on_pass=_counter("comparing passes", 2 * len(scenes), progress),
    )


def hits_of(detection: "Detection", airfield: Airfield, areas: Areas, grid: Grid) -> tuple[Hit, ...]:
    """The hit of each event of a detection, in the events' order."""
    from imagery_watch.change.hits import to_hit

    place = _placed(detection, grid)
    passes, names = detection.stack.passes, areas.apron_names
    calibration = detection.calibration
    return tuple(to_hit(event, passes, airfield.id, names, place, calibration) for event in detection.events)


def chips_of(detection: "Detection", every: Sequence[Hit], hits: Sequence[Hit], grid: Grid) -> tuple[Chip, ...]:
    """The pixels around the reported ones of every event's hit."""
    from imagery_watch.change.detect import chip_window

    stack, wanted = detection.stack, {hit.id for hit in hits}
    chips = []
    for event, hit in zip(detection.events, every, strict=True):
        if hit.id in wanted:
            rows, cols, row, col = chip_window(stack, event)
            before, after = (stack.passes[index].image[:, rows, cols] for index in (event.before, event.after))
            chips.append(Chip(hit.id, before, after, stack.bands, row, col, grid.resolution))
    return tuple(chips)


def stays_of(
    detection: "Detection",
    objects: Sequence["Presence"],
    every: Sequence[Hit],
    hits: Sequence[Hit],
    airfield: Airfield,
    areas: Areas,
    grid: Grid,
) -> tuple[Stay, ...]:
    """The stays of the objects that a reported hit tells of; the ends of the others are told without a hit."""
    from imagery_watch.change.stays import stays

    reported = {hit.id for hit in hits}
    ids = [hit.id if hit.id in reported else None for hit in every]
    place = _placed(detection, grid)
    return stays(objects, ids, detection.stack.passes, airfield.id, areas.apron_names, place)


def _placed(detection: "Detection", grid: Grid) -> Callable[[float, float], tuple[float, float, float, float]]:
    """Row and column of the stack's window -> longitude, latitude, easting and northing."""
    from imagery_watch.sources.grids import to_lonlat

    def place(row: float, col: float) -> tuple[float, float, float, float]:
        """Where that is."""
        x, y = grid.xy(row + detection.stack.top, col + detection.stack.left)
        return *to_lonlat(grid, x, y), x, y

    return place


def _counter(stage: str, total: int, progress: Progress) -> Callable[[], None]:
    """A function that reports one more step of a stage each time it is called."""
    done = 0

    def step() -> None:
        """One more is done."""
        nonlocal done
        done += 1
        progress(stage, min(done, total), total)

    return step
