"""An airfield drafted from imagery: from its place to aprons, a file, and a picture to correct it by."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from imagery_watch.atomic import replace_whole
from imagery_watch.draft.aprons import find_aprons, find_taxiways
from imagery_watch.draft.composite import BANDS, is_clear, make_composite
from imagery_watch.draft.document import draw_picture, make_document
from imagery_watch.draft.pavement import Image, find_surfaces
from imagery_watch.draft.runways import Runway, find_runways
from imagery_watch.errors import AoiError, CatalogUnavailable, PassRefused
from imagery_watch.model import Acquisition, Airfield, Apron, Grid, Period, Scene, parse_period
from imagery_watch.model.progress import Progress
from imagery_watch.pipeline import read_passes, survey
from imagery_watch.settings import Settings
from imagery_watch.survey import ReadPasses, Survey

if TYPE_CHECKING:
    from imagery_watch.sources.places.index import Place

REACH_M = 2600.0
"""From the reference point to each side: the largest airports are cut, all others are held whole."""
METRES_PER_DEGREE = 111_320.0
DEFAULT_DAYS = 180
"""Of an API, where the user names no first day: half a year has clear days nearly everywhere."""
MOST_PASSES = 12
"""The clearest ones are read: a median of a dozen holds no parked aircraft that moves."""
LEAST_CLEAR = 0.6
MOST_TOLD = 5
"""Reasons that an error names; a draft carries all."""

LatLon = tuple[float, float]


@dataclass(frozen=True)
class Draft:
    """What was drawn of one airfield."""

    document: dict[str, Any] = field(repr=False)
    """The airfield file, as GeoJSON."""
    aprons: NDArray[np.int32] = field(repr=False)
    """(y, x): number of the apron from 1 on, 0 outside."""
    runways: tuple[Runway, ...]
    grid: Grid
    picture: bytes = field(repr=False)
    """A PNG."""
    days: tuple[datetime, ...]
    """When the passes of the image were."""
    warnings: tuple[str, ...] = ()
    """What was missing or passed over: of the listing, and of the passes that could not be read."""
    incomplete: bool = False
    """Whether some of what was missing is worth asking for again."""


def draft_airfield(
    place: "Place",
    catalog: str,
    settings: Settings,
    *,
    since: str | None,
    until: str | None,
    now: datetime,
    runways: Sequence[tuple[LatLon, LatLon]] = (),
    progress: Progress = lambda *_: None,
) -> Draft:
    """Aprons of an airfield, drawn from the clearest passes of a period (by default an API's last half year).

    `runways` are ends in latitude and longitude; without any they are looked for in the image. Raises AoiError where
    no runway or no apron can be seen or where an end lies outside of what is looked at, CatalogUnavailable where no
    clear pass can, and what `survey` raises.
    """
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.sources.catalogs.named import open_catalog

    opened = open_catalog(catalog, settings, find_sensor())
    period = parse_period(since, until, now)
    if period.start is None and opened.local_root is None:
        period = Period((period.end or now) - timedelta(days=DEFAULT_DAYS), period.end)
    whole = settings.model_copy(update={"margin_m": 0.0})
    found = survey(_surroundings(place), opened, whole, period, history_days=0, progress=progress)
    known = [Runway(*(_end_on(found.grid, place, end) for end in ends)) for ends in runways]
    found = replace(found, acquisitions=_clearest(found.acquisitions))
    passes = read_passes(found, whole, progress)
    scenes, missing = _clear_scenes(passes.scenes), _missing(found, passes)
    if not scenes:
        raise CatalogUnavailable(_nothing_clear(place, passes, missing))
    middle = _rowcol(found.grid, place.lat, place.lon)
    days = tuple(scene.datetime for scene in scenes)
    made = draw_draft(place, make_composite(scenes), found.grid, known, middle, days)
    failed = any(not isinstance(error, PassRefused) for error in passes.unread.values())
    return replace(made, warnings=missing, incomplete=failed or bool(found.listing.incomplete))


def draw_draft(
    place: "Place",
    image: Image,
    grid: Grid,
    known: Sequence[Runway],
    middle: tuple[float, float],
    days: tuple[datetime, ...],
) -> Draft:
    """The draft of one image, (band, y, x) of `BANDS`; `middle` is the reference point's row and column.

    Raises AoiError where no runway or no apron is seen.
    """
    surfaces = find_surfaces(image)
    runways = list(known) or find_runways(surfaces, middle)
    if not runways:
        raise AoiError(
            f"{place.label}: no runway is seen near {place.where}: give its ends with --runway LAT,LON,LAT,LON, "
            "or draw the aprons by hand and use `run --aoi FILE`"
        )
    aprons = find_aprons(surfaces, runways)
    if not aprons.any():
        raise AoiError(
            f"{place.label}: {len(runways)} runway(s) but no apron is seen: is the runway the right one? Give its ends "
            "with --runway LAT,LON,LAT,LON, or draw the aprons by hand"
        )
    source = f"drafted from Sentinel-2 imagery of {_span(days)}, not checked by anyone"
    document = make_document(place.icao, place.name, source, aprons, runways, grid)
    picture = draw_picture(image, aprons, find_taxiways(surfaces, runways, aprons), runways)
    return Draft(document, aprons, tuple(runways), grid, picture, days)


def write_draft(draft: Draft, folder: Path) -> tuple[Path, Path]:
    """`<ID>.geojson` and `<ID>.png` in the folder, each replaced whole. Raises AoiError where that cannot be."""
    from imagery_watch.sources.airfields.osm import document_text

    text, name = document_text(draft.document), str(draft.document["id"])
    paths = folder / f"{name}.geojson", folder / f"{name}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_whole(paths[0], text.encode("utf-8"))
        replace_whole(paths[1], draft.picture)
    except OSError as error:
        raise AoiError(f"{folder}: the draft cannot be written: {error.strerror or error}") from error
    return paths


def _surroundings(place: "Place") -> Airfield:
    """A box around the reference point, as an airfield: what is to be looked at."""
    tall = REACH_M / METRES_PER_DEGREE
    wide = tall / max(0.1, float(np.cos(np.radians(place.lat))))
    box = shapely.box(place.lon - wide, place.lat - tall, place.lon + wide, place.lat + tall)
    return Airfield(place.icao, place.name, "approximate", "", "", (Apron("surroundings", box),))


def _clearest(acquisitions: Sequence[Acquisition]) -> tuple[Acquisition, ...]:
    """The passes that their items call the least cloudy, the newest first among equals, in the order of time."""
    chosen = sorted(acquisitions, key=lambda one: (_cloud_cover(one), -one.datetime.timestamp()))[:MOST_PASSES]
    wanted = {one.id for one in chosen}
    return tuple(one for one in acquisitions if one.id in wanted)


def _cloud_cover(acquisition: Acquisition) -> float:
    """Percent, as the items state it; 50 where they do not."""
    stated = [one.item.properties.get("eo:cloud_cover") for one in acquisition.listed]
    known = [float(one) for one in stated if isinstance(one, int | float)]
    return max(known, default=50.0)


def _clear_scenes(scenes: Sequence[Scene]) -> list[Scene]:
    """Those with all four bands, most of which is clear, wherever their image ends."""
    whole = [scene for scene in scenes if set(BANDS) <= set(scene.bands) and scene.valid.any()]
    return [scene for scene in whole if is_clear(scene).sum() >= LEAST_CLEAR * scene.valid.sum()]


def _missing(found: Survey, passes: ReadPasses) -> tuple[str, ...]:
    """What the listing lacks or passed over, and why passes were not read."""
    listing, named = found.listing, {one.id: one for one in passes.acquisitions}
    unread = [f"{named[key].datetime:%Y-%m-%d}: not read: {error}" for key, error in passes.unread.items()]
    return (*listing.warnings, *([listing.incomplete] if listing.incomplete else []), *unread)


def _nothing_clear(place: "Place", passes: ReadPasses, missing: Sequence[str]) -> str:
    """Why there is nothing to draft from, and what to do."""
    listed, read = len(passes.acquisitions), len(passes.scenes)
    what = (
        "the catalogue lists no pass in this period"
        if not listed
        else f"none of the {read} passes that were read is clear"
        if read
        else f"none of the {listed} passes that were listed could be read"
    )
    told = f" ({'; '.join(missing[:MOST_TOLD])})" if missing else ""
    return f"{place.label}: {what}: name other days with --since and --until, or another --catalog{told}"


def _end_on(grid: Grid, place: "Place", end: LatLon) -> tuple[float, float]:
    """Row and column of a runway's end. Raises AoiError where it lies outside the grid."""
    row, col = _rowcol(grid, *end)
    if not (-0.5 <= row <= grid.height - 0.5 and -0.5 <= col <= grid.width - 0.5):
        raise AoiError(
            f"--runway: the end {end[0]:g},{end[1]:g} lies outside of what is looked at, {REACH_M / 1000:g} km to each "
            f"side of {place.label}, at {place.where}: give the ends of the part that lies within (latitude first)"
        )
    return row, col


def _rowcol(grid: Grid, lat: float, lon: float) -> tuple[float, float]:
    """Row and column of a place on the grid. Raises AoiError for what is no place."""
    from imagery_watch.sources.airfields.grids import from_lonlat

    return grid.rowcol(*from_lonlat(grid, lon, lat))


def _span(days: Sequence[datetime]) -> str:
    first, last = min(days), max(days)
    span = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{span} ({len(days)} pass{'es' if len(days) > 1 else ''})"
