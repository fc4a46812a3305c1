"""A small airfield made of numbers: concrete in a patchwork of fields, passes over it, and aircraft planted on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.detect import DetectionResult, detect
from imagery_watch.change.detection.aircraft_templates import Imaging, imaging_of
from imagery_watch.model import Areas, Grid, Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import BARE, VEGETATION, SimulatedPass, Weather, simulate

BANDS = ("B02", "B03", "B04", "B08")
GRID = Grid(32632, 678_000.0, 5_148_000.0, 112, 112)
APRON = np.s_[42:72, 38:76]
MIDDLE = (57.0, 57.0)
SUN = (150.0, 45.0)
FIRST = datetime(2023, 6, 1, 10, 20, tzinfo=UTC)

CONCRETE = (0.24, 0.28, 0.31, 0.36)
FIELDS = ((0.04, 0.07, 0.04, 0.42), (0.06, 0.09, 0.08, 0.28), (0.09, 0.12, 0.16, 0.24), (0.03, 0.05, 0.03, 0.22))
STILL = Weather(temporal_noise=0.008)

JET = Placement("Il-62M", *MIDDLE, 30.0, 0.62, 0.45)

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Change = tuple[str, int, int]
"""Kind, the look before, the look after."""


def areas(apron: tuple[slice, slice] = APRON, shape: tuple[int, int] = GRID.shape) -> Areas:
    """One apron in its ring."""
    index = np.full(shape, -1, np.int16)
    index[apron] = 0
    ring = index < 0
    return Areas(("main",), index, ring, float(ring.sum()) / 1e4)


@lru_cache(maxsize=4)
def ground(seed: int = 0) -> Image:
    """(band, y, x): fields around concrete with a texture of 4 percent; never written to."""
    rng = np.random.default_rng(seed)
    seeds = rng.uniform(0, GRID.height, (40, 2))
    rows, cols = np.mgrid[: GRID.height, : GRID.width]
    nearest = np.hypot(rows[..., None] - seeds[:, 0], cols[..., None] - seeds[:, 1]).argmin(axis=-1)
    kinds = np.array(FIELDS)[rng.integers(0, len(FIELDS), len(seeds))]
    image = np.moveaxis(kinds[nearest], -1, 0)
    image[:, *APRON] = np.array(CONCRETE)[:, None, None]
    texture = 1 + 0.04 * ndimage.gaussian_filter(rng.normal(size=GRID.shape), 1.0) * 3.5
    return np.stack([ndimage.gaussian_filter(band * texture, 0.6) for band in image]).astype(np.float32)


def classes() -> NDArray[np.uint8]:
    """What a processor would call this ground."""
    scl = np.full(GRID.shape, VEGETATION, np.uint8)
    scl[APRON] = BARE
    return scl


def make_scene(number: int, *planted: Placement, weather: Weather = STILL, seed: int = 0, **changes: Any) -> Scene:
    """Look `number`, five days after the one before, with aircraft on the apron."""
    when = FIRST + timedelta(days=5 * number)
    options: dict[str, Any] = {"when": when, "platform": "sentinel-2a", "relative_orbit": 65, "sun": SUN}
    simulated = simulate(ground(seed), classes(), BANDS, planted, weather, **options, seed=1000 * seed + number)
    return replace(as_scene(simulated, number), **changes)


def as_scene(simulated: SimulatedPass, number: int) -> Scene:
    data = simulated.reflectance
    return Scene(
        acquisition_id=f"{simulated.platform}_{simulated.when:%Y%m%dT%H%M%S}",
        item_ids=(f"item-{number}",),
        datetime=simulated.when,
        platform=simulated.platform,
        relative_orbit=simulated.relative_orbit,
        bands=BANDS,
        data=data,
        valid=np.ones(data.shape[1:], bool),
        scl=simulated.scl,
        sun_azimuth=simulated.sun_azimuth,
        sun_elevation=simulated.sun_elevation,
    )


def series(looks: Sequence[Sequence[Placement]], *, seed: int = 0, weather: Weather = STILL) -> list[Scene]:
    """One pass for each list of what stands there."""
    return [make_scene(number, *planted, seed=seed, weather=weather) for number, planted in enumerate(looks)]


def stand(pattern: str, **aircraft: Placement) -> list[list[Placement]]:
    """What stands there in each look: `stand("..JJ.", J=JET)` is empty twice, then the jet twice, then empty."""
    return [[aircraft[letter]] if letter != "." else [] for letter in pattern]


def under(*sun: float) -> Imaging:
    """How shapes look to Sentinel-2 under a sun."""
    return imaging_of(*sun, DETECTOR.psf_sigma_m, 10.0)


def look_for(
    scenes: Sequence[Scene], where: Areas | None = None, grid: Grid = GRID, workers: int = 1
) -> DetectionResult:
    return detect(scenes, where or areas(), grid, DETECTOR, half_window=timedelta(days=180), workers=workers)


def changes(detection: DetectionResult) -> list[Change]:
    """The events of a detection, as (kind, before, after)."""
    return [(event.kind, event.before, event.after) for event in detection.events]


def hidden_under(scene: Scene, where: Any) -> Scene:
    """The scene without its pixels at `where`."""
    data = scene.data.copy()
    data[:, *where] = np.nan
    return scene.with_data(data)
