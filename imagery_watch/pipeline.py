"""The straight line for one airfield: from its name to hits and looks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from imagery_watch.model import (
    Acquisition,
    Airfield,
    Areas,
    LimitReport,
    Look,
    Period,
    RunResult,
    Scene,
    parse_period,
)
from imagery_watch.model.href import name_hosts
from imagery_watch.model.period import Day
from imagery_watch.model.progress import Progress, Stage
from imagery_watch.observability import looks_of
from imagery_watch.provenance import describe_run
from imagery_watch.reporting import limited, report
from imagery_watch.settings import Settings
from imagery_watch.survey import ReadPasses, Survey

if TYPE_CHECKING:
    from imagery_watch.change.detect import DetectionResult
    from imagery_watch.sources.catalogs.catalog import Catalog

DEFAULT_DAYS = 30
"""What an API is asked for where the user names no first day."""


def run_airfield(
    airfield: Airfield,
    catalog: str,
    settings: Settings,
    *,
    since: Day,
    until: Day,
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


def _asked(catalog: str, settings: Settings, since: Day, until: Day, now: datetime) -> tuple["Catalog", Period]:
    """The catalogue and the period that a person means."""
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.named import open_catalog

    opened = open_catalog(catalog, settings, find_sensor())
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
    from imagery_watch.sources.airfields.grids import grid_for, search_bbox
    from imagery_watch.sources.catalogs.absence import explain_absence
    from imagery_watch.sources.catalogs.acquisitions import fold

    grid = grid_for(airfield, settings.margin_m, settings.max_grid_km2)
    wide = period.with_history(history_days)
    progress(Stage("searching", name_hosts(catalog.name)), 0, 1)
    bbox = search_bbox(grid)
    listing = catalog.search(bbox, wide.start, wide.end)
    progress(Stage("searching", f"{len(listing.items)} items"), 1, 1)
    absence = explain_absence(catalog, listing, bbox, wide.start, wide.end)
    listing = replace(listing, warnings=(*listing.warnings, *absence))
    return Survey(airfield, catalog, grid, period, history_days, listing, fold(listing.items))


def score(
    found: Survey, settings: Settings, *, min_length_m: float = 0.0, progress: Progress = lambda *_: None
) -> RunResult:
    """The pixels of a survey read, compared and told as hits and looks.

    Passes that cannot be read are looks with a reason, not errors. Hits that are surely shorter than `min_length_m`
    (their whole interval) are left out; the looks still tell of them.
    """
    from imagery_watch.sources.airfields.grids import draw_areas

    areas = draw_areas(found.airfield, found.grid)
    passes, detection = read_and_compare(found, areas, settings, progress)

    def limit(looks: tuple[Look, ...]) -> tuple[Look, ...]:
        """The looks with the smallest aircraft that they would likely have shown."""
        return limited(looks, detection, areas, settings, progress)

    told = report(found, passes, detection, areas, settings, limit, min_length_m=min_length_m)
    decisive = told.provenance.settings | {"min_length_m": float(min_length_m)}
    sources = tuple(source for scene in passes.scenes for source in scene.sources)
    return replace(told, provenance=replace(told.provenance, settings=decisive), sources=sources)


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
    from imagery_watch.evaluate.detection_limit import apron_limits
    from imagery_watch.sources.airfields.grids import draw_areas

    opened, period = _asked(catalog, settings, since, until, now)
    found = survey(airfield, opened, settings, period, history_days=history_days, progress=progress)
    areas = draw_areas(airfield, found.grid)
    passes, detection = read_and_compare(found, areas, settings, progress)
    looks = looks_of(passes, detection, airfield, areas, period, (), settings.min_visible_fraction)
    measured = apron_limits(looks, detection, areas, plantings, workers=settings.workers, progress=progress)
    notes = describe_run(found, passes, detection, areas, settings)
    return LimitReport(airfield.id, plantings, measured, notes.warnings, notes.incomplete)


def read_and_compare(
    found: Survey, areas: Areas, settings: Settings, progress: Progress
) -> tuple[ReadPasses, "DetectionResult"]:
    """Every pass of a survey, and what the change stage makes of them, whose processes begin while pixels come."""
    from imagery_watch.spread import prepare

    prepare("imagery_watch.change.detect", len(found.acquisitions), settings.workers)
    passes = read_passes(found, settings, progress)
    return passes, compare(passes.scenes, areas, found, settings, progress)


def read_passes(found: Survey, settings: Settings, progress: Progress) -> ReadPasses:
    """Every pass of a survey, its windows read in parallel."""
    from imagery_watch.sources.pixels.reader import Reader
    from imagery_watch.sources.pixels.scenes import read_scenes
    from imagery_watch.sources.pixels.suspects import Suspects

    reader = Reader(settings, found.catalog.name, found.catalog.local_root, found.catalog.sensor)
    west, south, east, north = found.airfield.bounds
    middle, total = ((west + east) / 2, (south + north) / 2), len(found.acquisitions)

    def wait(number: int, acquisition: Acquisition) -> None:
        """Says which pass is read now."""
        progress(Stage("reading", name_pass(acquisition)), number, total)

    outcomes = read_scenes(found.acquisitions, found.grid, middle, reader, wait)
    scenes, unread, doubted = [], {}, Suspects()
    for acquisition, outcome in zip(found.acquisitions, outcomes, strict=True):
        if isinstance(outcome, Scene):
            scenes.append(outcome)
            doubted.look_at(outcome)
        else:
            unread[acquisition.id] = outcome
    progress("reading", total, total)
    suspects = doubted.find()
    kept = tuple(scene for scene in scenes if scene.acquisition_id not in suspects)
    return ReadPasses(found.acquisitions, kept, {**unread, **suspects})


def name_pass(acquisition: Acquisition) -> str:
    """An item of a pass, and the host that its files are on where they are not on this machine; for those who wait."""
    listed = acquisition.listed[0]
    band = next(iter(listed.facts.bands.values()), None)
    href = listed.href(band.key) if band is not None else ""
    return f"{listed.id} from {name_hosts(href)}" if "://" in href else listed.id


def compare(
    scenes: Sequence[Scene], areas: Areas, found: Survey, settings: Settings, progress: Progress
) -> "DetectionResult":
    """The change stage over all scenes of a survey."""
    from imagery_watch.change.detect import detect

    return detect(
        scenes,
        areas,
        found.grid,
        found.catalog.sensor.detector,
        half_window=timedelta(days=settings.baseline_half_window_days),
        false_alarms_per_year=settings.false_alarms_per_year,
        workers=settings.workers,
        on_pass=count_steps("comparing passes", 2 * len(scenes), progress),
    )


def count_steps(stage: str, total: int, progress: Progress) -> Callable[[], None]:
    """A function that reports one more step of a stage each time it is called."""
    done = 0

    def step() -> None:
        """One more is done."""
        nonlocal done
        done += 1
        progress(stage, min(done, total), total)

    return step
