"""Outlines of a fitted shape and of its shadow, for drawings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from imagery_watch.change.detection.aircraft_templates import (
    LOWER_EDGE_SHARE,
    MAX_SHADOW_M,
    Template,
    list_heights,
    turn_outlines,
)
from imagery_watch.model.arrays import Doubles

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SHADOW_STEPS, TRACE_M = 12, 0.5
"""Places through which a shadow's outline is swept, and metres by which an outline may be simplified."""


def trace_outline(template: Template) -> list[Doubles]:
    """Outlines (corner, 2) of fuselage, wings and tail, in pixels down and right of the aircraft's middle."""
    parts = turn_outlines(template.plan, template.length_m, template.heading_deg)
    return _trace(_unite(parts), template.imaging.pixel_m)


def trace_shadow(template: Template) -> list[Doubles]:
    """The same of the ground in its shadow, less what the aircraft covers."""
    imaging, plan, length = template.imaging, template.plan, template.length_m
    parts = turn_outlines(plan, length, template.heading_deg)
    slope, away = np.tan(np.radians(imaging.sun_elevation)), np.radians(imaging.sun_azimuth + 180.0)
    throws = np.minimum(np.array(list_heights(plan, length)) / slope, MAX_SHADOW_M)
    direction = np.array([-np.cos(away), np.sin(away)])
    swept = [
        part + direction * throw * share
        for part, throw in zip(parts, throws, strict=True)
        for share in np.linspace(LOWER_EDGE_SHARE, 1.0, SHADOW_STEPS)
    ]
    return _trace(_unite(swept).difference(_unite(parts)), imaging.pixel_m)


def _unite(parts: Iterable[Doubles]) -> "BaseGeometry":
    """The area of outlines (corner, 2) together."""
    from shapely import Polygon, union_all

    return union_all([Polygon(part).buffer(0) for part in parts])


def _trace(area: "BaseGeometry", pixel_m: float) -> list[Doubles]:
    """The outer rings of an area in metres, in pixels, the first corner not repeated."""
    parts = [part for part in getattr(area, "geoms", [area]) if not part.is_empty]
    return [np.asarray(part.simplify(TRACE_M).exterior.coords)[:-1] / pixel_m for part in parts]
