"""Heaps and ridges of cleared snow to be planted on the small airfield of `change.scenes`."""

import numpy as np
from shapely import affinity
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from change.scenes import MIDDLE, SUN
from imagery_watch.model import Scene
from imagery_watch.simulate.clutter import Thing, drawn
from imagery_watch.simulate.daylight import SNOW

SITES = ((45.0, 42.0), (45.0, 70.0), (69.0, 43.0), (68.0, 71.0), (46.0, 57.0))
"""At the rim of the apron."""


def heap(row: float, col: float, across: float = 24.0, light: float = 0.9, height: float = 3.0) -> Thing:
    """What a loader piles up, not quite round."""
    return _lying(affinity.scale(Point(0, 0).buffer(across / 2), 1.0, 0.75), row, col, light, height)


def ridge(row: float = MIDDLE[0], col: float = MIDDLE[1], length: float = 90.0, light: float = 0.8) -> Thing:
    """What a plough leaves."""
    line = LineString(((-length / 2, -10.0), (0.0, 3.0), (length / 2, 10.0)))
    return _lying(line.buffer(2.5), row, col, light, 1.0)


def _lying(shape: BaseGeometry, row: float, col: float, light: float, height: float) -> Thing:
    return Thing("snow", shape, row, col, 0, 1, SNOW * np.float32(light), height=height)


def with_snow(scene: Scene, *things: Thing) -> Scene:
    """The scene with snow on its apron."""
    data = scene.data
    for thing in things:
        data = drawn(data, thing, SUN)
    return scene.with_data(data)
