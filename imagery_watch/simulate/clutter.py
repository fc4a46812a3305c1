"""What changes on aprons and is no aircraft: vehicles, containers, wet, oily, dusty and resurfaced ground, thin cloud.

Densities (15 a km2 and pass), sizes (vehicles of 6 to 18 m) and colours are assumptions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from shapely import affinity
from shapely.geometry import MultiPoint, Polygon, box
from shapely.geometry.base import BaseGeometry

from imagery_watch.simulate.daylight import BANDS, Colour
from imagery_watch.simulate.painter import cover
from imagery_watch.simulate.physics import skylight_of

Image = NDArray[np.float32]
Site = tuple[float, float]
"""Row and column."""

PASSING_PER_KM2 = {"vehicle": 12.0, "wet": 2.0, "bright": 1.0}
"""Expected number on each pass."""
LASTING_PER_KM2 = {"container": 0.06, "stain": 0.04, "slab": 0.04, "marking": 0.03}
"""Expected number that come on each pass, to stay for some time or for good."""


@dataclass(frozen=True)
class Thing:
    """One object or patch on the ground, in some of the passes."""

    kind: str
    shape: BaseGeometry
    """Metres east and north of its place."""
    row: float
    col: float
    first: int
    gone: int
    paint: Colour | None = None
    """Reflectance of what covers the ground; None where the ground itself is changed."""
    factor: float = 1.0
    """What the ground's reflectance is multiplied with."""
    lift: float = 0.0
    """What is added to it."""
    height: float = 0.0
    """Metres; what stands up throws a shadow."""


def passing(rng: np.random.Generator, sites: list[Site], km2: float, number: int, factor: float = 1.0) -> list[Thing]:
    """What is on the apron on one pass only; `sites` are the places to choose from."""
    return [
        _KINDS[kind](rng, sites[int(rng.integers(len(sites)))], number, number + 1)
        for kind, density in PASSING_PER_KM2.items()
        for _ in range(rng.poisson(density * km2 * factor))
    ]


def lasting(rng: np.random.Generator, sites: list[Site], km2: float, count: int, factor: float = 1.0) -> list[Thing]:
    """What comes during `count` passes and stays for two or more of them."""
    things = []
    for kind, density in LASTING_PER_KM2.items():
        for _ in range(rng.poisson(density * km2 * count * factor)):
            first = int(rng.integers(1, count))
            gone = count if rng.random() < 0.5 else first + int(rng.integers(2, 8))
            things.append(_KINDS[kind](rng, sites[int(rng.integers(len(sites)))], first, gone))
    return things


def around(rng: np.random.Generator, site: Site, number: int, factor: float = 1.0) -> list[Thing]:
    """What is by a parked aircraft on one pass: a vehicle one time in four, wet ground one time in twenty."""
    things = []
    if rng.random() < 0.25 * factor:
        turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(2.0, 4.0)
        place = (site[0] + away * float(np.cos(turn)), site[1] + away * float(np.sin(turn)))
        things.append(_vehicle(rng, place, number, number + 1))
    if rng.random() < 0.05 * factor:
        things.append(_wet(rng, site, number, number + 1))
    return things


def drawn(image: Image, thing: Thing, sun: tuple[float, float]) -> Image:
    """The image (band, y, x) with the thing and its shadow on it; the input is left as it was."""
    out = image.copy()
    size = image.shape[1:]
    if thing.height > 0:
        _shade(out, cover(_shadow(thing, sun), thing.row, thing.col, (size[0], size[1])))
    seen = cover(thing.shape, thing.row, thing.col, (size[0], size[1]))
    if seen is None:
        return out
    (rows, cols), share = seen
    under = out[:, rows, cols]
    wanted = thing.paint[:, None, None] if thing.paint is not None else under * thing.factor + thing.lift
    out[:, rows, cols] = under * (1 - share) + wanted * share
    return out


def _shade(image: Image, seen: tuple[tuple[slice, slice], Image] | None) -> None:
    if seen is not None:
        (rows, cols), share = seen
        image[:, rows, cols] *= 1 - share * (1 - skylight_of(BANDS))[:, None, None]


def _shadow(thing: Thing, sun: tuple[float, float]) -> BaseGeometry:
    throw = thing.height / np.tan(np.radians(max(sun[1], 5.0)))
    away = np.radians(sun[0] + 180.0)
    moved = affinity.translate(thing.shape, throw * np.sin(away), throw * np.cos(away))
    return thing.shape.union(moved).convex_hull.difference(thing.shape)


def _turned(rng: np.random.Generator, length: float, width: float) -> Polygon:
    return affinity.rotate(box(-length / 2, -width / 2, length / 2, width / 2), float(rng.uniform(0, 180)))


def _vehicle(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    length = rng.uniform(6, 18)
    shape = _turned(rng, length, rng.uniform(2.2, 3.2) if length < 12 else rng.uniform(2.5, 4.0))
    paint = rng.uniform(0.05, 0.7) * rng.uniform(0.75, 1.25, 4)
    return Thing(
        "vehicle", shape, *_jitter(rng, site), first, gone, paint.astype(np.float32), height=rng.uniform(1.5, 4)
    )


def _container(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    """A row of 12 m boxes, one to three high."""
    shape = _turned(rng, 12.2, 2.44 * int(rng.integers(1, 7)))
    paint = rng.uniform(0.08, 0.5) * rng.uniform(0.6, 1.4, 4)
    height = 2.6 * int(rng.integers(1, 4))
    return Thing("container", shape, *_jitter(rng, site), first, gone, paint.astype(np.float32), height=height)


def _wet(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    return Thing("wet", _blob(rng, 15, 90), *site, first, gone, factor=1 - rng.uniform(0.1, 0.4))


def _stain(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    return Thing("stain", _blob(rng, 8, 40), *site, first, gone, factor=1 - rng.uniform(0.1, 0.35))


def _bright(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    return Thing("bright", _blob(rng, 15, 90), *site, first, gone, lift=rng.uniform(0.04, 0.15))


def _slab(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    """Ground torn up and laid anew: darker or lighter by a fifth."""
    shape = _turned(rng, rng.uniform(20, 80), rng.uniform(15, 40))
    return Thing("slab", shape, *site, first, gone, factor=1 + rng.uniform(0.06, 0.2) * rng.choice((-1, 1)))


def _marking(rng: np.random.Generator, site: Site, first: int, gone: int) -> Thing:
    """Fresh paint: a line, or two that meet."""
    lines = _turned(rng, rng.uniform(30, 90), rng.uniform(0.3, 1.2))
    shape = lines.union(affinity.rotate(lines, float(rng.uniform(20, 90)))) if rng.random() < 0.5 else lines
    return Thing("marking", shape, *_jitter(rng, site), first, gone, np.array((0.35, 0.45, 0.5, 0.55), np.float32))


def _blob(rng: np.random.Generator, least: float, most: float) -> BaseGeometry:
    """An irregular patch, as water and dust leave them: a chain of round puddles, its rim wrinkled."""
    size, turn = rng.uniform(least, most), rng.uniform(0, np.pi)
    steps = np.cumsum(rng.normal(0, size / 4, (int(rng.integers(2, 6)), 2)), axis=0)
    steps -= steps.mean(axis=0)
    chain = MultiPoint(steps * (np.cos(turn), np.sin(turn)) * 0.8 + steps * 0.3).buffer(size * rng.uniform(0.18, 0.35))
    wrinkled = chain.simplify(size * 0.04)
    return wrinkled if not wrinkled.is_empty else chain


def _jitter(rng: np.random.Generator, site: Site) -> Site:
    return site[0] + float(rng.uniform(-0.5, 0.5)), site[1] + float(rng.uniform(-0.5, 0.5))


_KINDS = {
    "vehicle": _vehicle,
    "container": _container,
    "wet": _wet,
    "stain": _stain,
    "bright": _bright,
    "slab": _slab,
    "marking": _marking,
}


@dataclass(frozen=True)
class Veil:
    """One cloud and its shadow, from wisps that no classification flags to what hides the ground."""

    row: float
    col: float
    radius_px: float
    opacity: float
    flagged: bool


def veils(rng: np.random.Generator, size: int, cloudy: bool) -> Iterator[Veil]:
    """Clouds of a cloudy pass; thin rims and wisps, unflagged, on one other pass in eight."""
    if cloudy:
        for _ in range(int(rng.integers(3, 16))):
            yield _veil(rng, size, (4, 28), (0.5, 0.97), True)
    if cloudy or rng.random() < 0.125:
        for _ in range(int(rng.integers(1, 6))):
            yield _veil(rng, size, (5, 40), (0.04, 0.22), False)


def _veil(
    rng: np.random.Generator, size: int, radius: tuple[float, float], opacity: tuple[float, float], flagged: bool
) -> Veil:
    row, col = rng.uniform(0, size, 2)
    return Veil(float(row), float(col), rng.uniform(*radius), rng.uniform(*opacity), flagged)


def veiled(image: Image, some: list[Veil], rng: np.random.Generator) -> tuple[Image, Image, Image]:
    """The image under the clouds and their shadows; and how dense flagged cloud and its shadow are, (y, x) each."""
    size = image.shape[1]
    rows, cols = np.mgrid[:size, :size].astype(np.float32)
    ragged = ndimage.gaussian_filter(rng.normal(size=(size, size)), 4.0)
    ragged *= 3.0 / max(float(ragged.std()), 1e-6)
    dense, dark = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    offset = rng.uniform(8, 30), rng.uniform(-15, 15)
    for veil in some:
        here = _soft(rows - veil.row, cols - veil.col, veil.radius_px, ragged) * veil.opacity
        there = _soft(rows - veil.row + offset[0], cols - veil.col - offset[1], veil.radius_px, ragged) * veil.opacity
        image = (image * (1 - 0.65 * there) * (1 - here) + np.float32(0.72) * here).astype(np.float32)
        if veil.flagged:
            dense, dark = np.maximum(dense, here), np.maximum(dark, there)
    return image, dense, dark


def _soft(rows: Image, cols: Image, radius: float, ragged: Image) -> Image:
    return (1 / (1 + np.exp(np.clip((np.hypot(rows, cols) + ragged - radius) / 1.8, -30, 30)))).astype(np.float32)
