"""What is left of snow on cleared aprons: heaps at their edges and ridges across them, which melt from pass to pass.

Snow on the fields as well is another matter: such passes are refused. Numbers, sizes and colours are assumptions.
"""

from collections.abc import Iterator

import numpy as np
from shapely import affinity
from shapely.geometry import LineString, MultiPoint
from shapely.geometry.base import BaseGeometry

from imagery_watch.simulate.clutter import Site, Thing
from imagery_watch.simulate.daylight import SNOW

HEAPS_PER_KM2, RIDGES_PER_KM2 = 8.0, 5.0
"""Expected number that one snowfall leaves."""
LONGEST = 5
"""Passes that the last of it lies, at most."""
MELTED, DIRTIED = 0.5, 0.75
"""Of its size and of its brightness, what would be left after `LONGEST` passes."""


def remains(
    rng: np.random.Generator, rim: list[Site], inside: list[Site], km2: float, count: int, snowfalls: int
) -> list[Thing]:
    """Heaps and ridges of some snowfalls during `count` passes, each as one thing a pass, smaller and darker each time.

    `rim` are places near the aprons' edges, where heaps lie; `inside` those where ridges may.
    """
    things: list[Thing] = []
    for _ in range(snowfalls):
        fell = int(rng.integers(1, count))
        for _ in range(rng.poisson(HEAPS_PER_KM2 * km2)):
            things += _melting(rng, _heap(rng), rng.uniform(1.5, 4.0), rim[int(rng.integers(len(rim)))], fell, count)
        for _ in range(rng.poisson(RIDGES_PER_KM2 * km2)):
            site = inside[int(rng.integers(len(inside)))]
            things += _melting(rng, _ridge(rng), rng.uniform(0.4, 1.2), site, fell, count)
    return things


def _melting(
    rng: np.random.Generator, shape: BaseGeometry, height: float, site: Site, fell: int, count: int
) -> Iterator[Thing]:
    passes = int(rng.integers(1, LONGEST + 1))
    bright = rng.uniform(0.6, 1.0)
    for step in range(min(passes, count - fell)):
        gone = step / LONGEST
        size, light = 1 - (1 - MELTED) * gone, bright * (1 - (1 - DIRTIED) * gone)
        lying = affinity.scale(shape, size, size)
        yield Thing("snow", lying, *site, fell + step, fell + step + 1, SNOW * np.float32(light), height=height * size)


def _heap(rng: np.random.Generator) -> BaseGeometry:
    """What a loader piles up: 8 to 30 m across."""
    across = rng.uniform(8, 30)
    middles = rng.normal(0, across / 5, (4, 2))
    return MultiPoint(middles - middles.mean(axis=0)).buffer(across * rng.uniform(0.22, 0.32))


def _ridge(rng: np.random.Generator) -> BaseGeometry:
    """What a plough leaves beside its lane, torn by the next one: 20 to 150 m, 2 to 6 m wide."""
    length, turn = rng.uniform(20, 150), rng.uniform(0, np.pi)
    bends = np.linspace(-length / 2, length / 2, 5)
    line = LineString(np.stack([bends, rng.normal(0, length / 40, 5)], axis=1))
    return affinity.rotate(line.buffer(rng.uniform(1, 3)), float(turn), use_radians=True)
