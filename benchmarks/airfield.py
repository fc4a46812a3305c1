"""A simulated airfield with clutter: textured slabs, roofs and fields, wet and bright patches, vehicles, clouds.

Everything here is drawn apart from the detector: irregular patches and boxes, not its ellipses; published aircraft, not
its template bank. Temporal noise, clutter densities and paints are assumptions, and figures from it are simulated.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import polygon2mask

from imagery_watch.model import Areas, Grid, Scene, finite_in_all_bands
from imagery_watch.simulate.ground import BANDS
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud, SimulatedPass, Weather, simulate
from imagery_watch.simulate.physics import psf_sigma_m

Image = NDArray[np.float32]

SIZE = 320
"""Pixels: a square of 3.2 km."""
APRON = slice(110, 190)
"""Rows and columns of the apron: 0.64 km2."""
PAVEMENT = {"concrete": (0.24, 0.28, 0.31, 0.36), "asphalt": (0.08, 0.09, 0.10, 0.12)}
GRASS = np.array((0.035, 0.065, 0.05, 0.34), np.float32)
ROOF = np.array((0.35, 0.36, 0.38, 0.40), np.float32)
CLUTTER_PER_KM2 = {"wet": 2.0, "bright": 1.0, "vehicle": 12.0}
FIRST = datetime(2023, 5, 1, 10, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Stay:
    """One aircraft on the apron from pass `first` up to, not including, pass `gone`."""

    place: Placement
    first: int
    gone: int


@dataclass(frozen=True)
class Case:
    """What a stack of passes is made with."""

    seed: int
    pavement: str = "concrete"
    noise: float = 0.012
    passes: int = 20
    stays: tuple[Stay, ...] = ()
    clouds: bool = False


def grid() -> Grid:
    """The square, in UTM zone 32."""
    return Grid(32632, 600_000, 5_100_000, SIZE, SIZE)


def areas() -> Areas:
    """One apron in the middle."""
    index = np.full((SIZE, SIZE), -1, np.int16)
    index[APRON, APRON] = 0
    return Areas(("apron",), index, index < 0, float((index < 0).sum()) * 1e-4)


def ground(rng: np.random.Generator, pavement: str) -> Image:
    """(band, y, x): fields, roofs, and a slab with texture of 5 % at 8 m and at 40 m, seams and patches."""
    base = np.empty((4, SIZE, SIZE), np.float32)
    base[:] = GRASS[:, None, None]
    for _ in range(40):
        _block(base, rng, (10, 60), GRASS * rng.uniform(0.6, 1.8, 4))
    for _ in range(60):
        _block(base, rng, (2, 7), ROOF * rng.uniform(0.3, 1.5))
    rim = slice(APRON.start - 6, APRON.stop + 6)
    base[:, rim, rim] = np.array(PAVEMENT[pavement], np.float32)[:, None, None]
    fine, coarse = (ndimage.gaussian_filter(rng.normal(size=(SIZE, SIZE)), sigma) for sigma in (0.8, 4.0))
    base *= (1 + 0.05 * fine / fine.std() * 0.6 + 0.05 * coarse / coarse.std()).astype(np.float32)
    base[:, APRON.start : APRON.stop : 8, APRON] *= 0.93
    base[:, APRON, APRON.start : APRON.stop : 8] *= 0.93
    base[:, APRON.start - 6 : APRON.start, APRON.start : APRON.stop : 20] = ROOF[:, None, None]
    return np.stack([ndimage.gaussian_filter(band, 0.5) for band in base]).astype(np.float32)


def _block(base: Image, rng: np.random.Generator, sizes: tuple[int, int], colour: NDArray[np.float64]) -> None:
    row, col = rng.integers(0, SIZE, 2)
    height, width = rng.integers(*sizes, 2)
    base[:, row : row + height, col : col + width] = colour[:, None, None]


def cluttered(image: Image, rng: np.random.Generator) -> Image:
    """The ground of one pass with that day's wet and bright patches and vehicles."""
    out = image.copy()
    km2 = (APRON.stop - APRON.start) ** 2 * 1e-4
    for kind, density in CLUTTER_PER_KM2.items():
        for _ in range(rng.poisson(density * km2)):
            row, col = rng.integers(APRON.start, APRON.stop, 2)
            window = np.s_[:, row - 14 : row + 15, col - 14 : col + 15]
            out[window] = _changed(out[window], kind, rng)
    return out


def _changed(patch: Image, kind: str, rng: np.random.Generator) -> Image:
    if kind == "vehicle":
        paint = (rng.uniform(0.05, 0.7) * rng.uniform(0.7, 1.3, 4)).astype(np.float32)[:, None, None]
        cover = _cover(_box(rng), rng)
        return patch * (1 - cover) + cover * paint
    cover = _cover(_irregular(rng), rng)
    if kind == "wet":
        return patch * (1 - cover * np.float32(rng.uniform(0.1, 0.4)))
    return patch + cover * np.float32(rng.uniform(0.04, 0.15))


def _box(rng: np.random.Generator) -> NDArray[np.float64]:
    length, width, turn = rng.uniform(8, 18), rng.uniform(2.5, 4), rng.uniform(0, np.pi)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (length / 2, width / 2)
    return corners @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def _irregular(rng: np.random.Generator) -> NDArray[np.float64]:
    corners = int(rng.integers(5, 10))
    angles, size = np.sort(rng.uniform(0, 2 * np.pi, corners)), rng.uniform(15, 90)
    radius = size / 2 * rng.uniform(0.5, 1, corners)
    return np.stack([radius * np.sin(angles), radius * np.cos(angles) * rng.uniform(0.4, 1)], axis=1)


def _cover(outline_m: NDArray[np.float64], rng: np.random.Generator) -> Image:
    """(29, 29): share of each pixel's signal, at a random sub-pixel place."""
    side = 29 * 10
    drawn = polygon2mask((side, side), outline_m + side / 2 + rng.uniform(-5, 5, 2)).astype(np.float32)
    return ndimage.gaussian_filter(drawn, psf_sigma_m("B04")).reshape(29, 10, 29, 10).mean(axis=(1, 3))


def passes(case: Case) -> list[SimulatedPass]:
    """The passes of a case, five days apart, alternating between two orbits."""
    rng = np.random.default_rng(case.seed)
    base, classes = ground(rng, case.pavement), np.full((SIZE, SIZE), 4, np.uint8)
    made = []
    for number in range(case.passes):
        weather = Weather(
            (float(rng.normal(0, 0.25)), float(rng.normal(0, 0.25))),
            float(rng.normal(1, 0.03)),
            float(abs(rng.normal(0, 0.01))),
            case.noise,
            _clouds(rng) if case.clouds else (),
        )
        standing = [stay.place for stay in case.stays if stay.first <= number < stay.gone]
        made.append(
            simulate(
                cluttered(base, rng),
                classes,
                BANDS,
                standing,
                weather,
                when=FIRST + timedelta(days=5 * number),
                platform=("sentinel-2a", "sentinel-2b")[number % 2],
                relative_orbit=(65, 22)[number % 2],
                sun=(150.0 + 2 * (number % 2), 45.0 - 0.15 * abs(number - 10)),
                seed=1000 * case.seed + number,
            )
        )
    return made


def _clouds(rng: np.random.Generator) -> tuple[Cloud, ...]:
    if rng.random() > 0.6:
        return ()
    return tuple(
        Cloud(*(float(edge) for edge in rng.uniform(20, SIZE - 20, 2)), rng.uniform(3, 30), rng.uniform(0.15, 0.95))
        for _ in range(int(rng.integers(1, 25)))
    )


def scenes(case: Case) -> list[Scene]:
    """The same as Scenes, without the way over files."""
    return [
        Scene(
            f"{one.platform}_{one.when:%Y%m%dT%H%M%S}",
            (f"item-{number}",),
            one.when,
            one.platform,
            one.relative_orbit,
            BANDS,
            one.reflectance,
            finite_in_all_bands(one.reflectance),
            one.scl,
            one.sun_azimuth,
            one.sun_elevation,
        )
        for number, one in enumerate(passes(case))
    ]


def random_stays(seed: int, types: tuple[str, ...], count: int) -> tuple[Stay, ...]:
    """Nine stands, each taken once for one to five passes: random type, heading, paints and sub-pixel place."""
    rng = np.random.default_rng(seed)
    stays = []
    for row in (125, 150, 175):
        for col in (125, 150, 175):
            first = int(rng.integers(2, count - 6))
            place = Placement(
                types[int(rng.integers(len(types)))],
                float(row + rng.uniform(-0.5, 0.5)),
                float(col + rng.uniform(-0.5, 0.5)),
                float(rng.uniform(0, 360)),
                float(rng.uniform(0.12, 0.7)),
                float(rng.uniform(0.12, 0.7)),
            )
            stays.append(Stay(place, first, first + int(rng.integers(1, 6))))
    return tuple(stays)
