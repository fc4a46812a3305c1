"""Draws shapes in metres into the square of a simulated terminal."""

import numpy as np
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.painter import cover
from imagery_watch.simulate.physics import PIXEL_M, skylight_of

SIZE = 140
"""Pixels of 10 m along each edge."""
HALF_M = SIZE * PIXEL_M / 2
_MIDDLE = (SIZE / 2 - 0.5, SIZE / 2 - 0.5)

Image = NDArray[np.float32]
Colour = NDArray[np.float32]


def paint(image: Image, shape: BaseGeometry, colour: Colour) -> None:
    """Cover the image (band, y, x) with a colour (band,) where the shape, in metres from the middle, lies."""
    veil(image, shape, colour, 1.0)


def veil(image: Image, shape: BaseGeometry, colour: Colour, density: float) -> None:
    """As `paint`, but thin: the share `1 - density` of the ground shows through."""
    seen = cover(shape, *_MIDDLE, (SIZE, SIZE))
    if seen is not None:
        (rows, cols), share = seen
        share = share * np.float32(density)
        image[:, rows, cols] += share * (np.asarray(colour, np.float32)[:, None, None] - image[:, rows, cols])


def tint(image: Image, shape: BaseGeometry, factor: float) -> None:
    """Multiply what the shape holds by a factor, as dirt and wetness do."""
    seen = cover(shape, *_MIDDLE, (SIZE, SIZE))
    if seen is not None:
        (rows, cols), share = seen
        image[:, rows, cols] *= 1 + share * np.float32(factor - 1)


def shade(image: Image, shape: BaseGeometry) -> None:
    """Take the sun from what the shape holds; the sky's light stays."""
    seen = cover(shape, *_MIDDLE, (SIZE, SIZE))
    if seen is not None:
        (rows, cols), share = seen
        image[:, rows, cols] *= 1 - share * (1 - skylight_of(BANDS))[:, None, None]


def sweep(shape: BaseGeometry, east: float, north: float) -> BaseGeometry:
    """What a shape passes over when it moves so many metres."""
    return unary_union([shape, affinity.translate(shape, east, north)]).convex_hull


def turn_box(rng: np.random.Generator, length: float, width: float) -> Polygon:
    """A rectangle about the middle, turned by any angle."""
    return affinity.rotate(box(-length / 2, -width / 2, length / 2, width / 2), float(rng.uniform(0, 180)))
