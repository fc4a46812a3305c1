"""The product's own reading, from a survey to scenes, at a place that a benchmark names."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shapely.geometry import box

import imagery_watch.sources.pixels.scenes
import imagery_watch.sources.pixels.suspects  # noqa: F401  (loading a package is no part of reading)
from imagery_watch import pipeline
from imagery_watch.model import Airfield, Apron, Grid, Period, Scene
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.grids import to_lonlat
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.survey import Survey

NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "classes": "scl"}
ALWAYS = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def make_airfield(grid: Grid, name: str = "XXXX") -> Airfield:
    """An airfield whose only apron fills a Grid."""
    left, bottom, right, top = grid.bounds
    (west, south), (east, north) = to_lonlat(grid, left, bottom), to_lonlat(grid, right, top)
    apron = Apron("main", box(west, south, east, north))
    return Airfield(name, "benchmark", "approximate", "a benchmark", "none", (apron,))


def survey_at(items: Path, grid: Grid, settings: Settings) -> Survey:
    """What a file of items has for a place, to be read on that very Grid."""
    catalog = FileCatalog(items, find_sensor())
    found = pipeline.survey(make_airfield(grid), catalog, settings, ALWAYS, history_days=0)
    return replace(found, grid=grid)


def read_digests(found: Survey, settings: Settings) -> dict[str, str]:
    """Every window's SHA-256, as the run's own notes tell it."""
    passes = pipeline.read_passes(found, settings, lambda *_: None)
    if passes.unread:
        raise SystemExit(f"{len(passes.unread)} passes unread; first: {next(iter(passes.unread.values()))}")
    return tell_digests(passes.scenes)


def tell_digests(scenes: Iterable[Scene]) -> dict[str, str]:
    """By item and band."""
    notes = [one for scene in scenes for one in scene.sources]
    return {f"{one.item} {NAMES[one.band]}": one.sha256 for one in notes}
