"""What of an Overpass reply is on one airfield, and what is on its neighbours."""

from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.osm_shapes import draw_element

BESIDE_DEG = 0.001
"""A tenth of a kilometre: how far beside its airfield's outline an apron may be drawn."""


def cut_to_aerodrome(reply: dict[str, Any], icao: str) -> tuple[dict[str, Any], str]:
    """The reply without what is on other airfields, and a note where that could not be told by an outline.

    What lies in or beside the outline with this `icao` is kept; where there is none, what lies in no other outline.
    Raises AoiError where the reply is not as Overpass writes it.
    """
    try:
        drawn = [(element, _draw(element)) for element in reply["elements"]]
        outlines = [(element, area) for element, area in drawn if _is_outline(element, area)]
        own = shapely.union_all([area for element, area in outlines if element["tags"].get("icao") == icao])
        others = shapely.union_all([area for element, area in outlines if element["tags"].get("icao") != icao])
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise AoiError(f"OSM data of {icao}: is not as Overpass writes it ({error}): fetch it again") from error
    if not own.is_empty:
        wide = own.buffer(BESIDE_DEG)
        kept = [element for element, shape in drawn if shape.is_empty or shape.intersects(wide)]
        return {**reply, "elements": kept}, ""
    kept = [element for element, shape in drawn if shape.is_empty or not others.contains(shape)]
    note = f"OpenStreetMap has no outline with icao={icao}: all that is near and in no other airfield's outline is kept"
    return {**reply, "elements": kept}, note


def _draw(element: dict[str, Any]) -> BaseGeometry:
    """The element's shape, empty where it cannot be drawn; the reply has its coordinates in place (`out geom`)."""
    if element["type"] == "node" and "lon" not in element:
        return Polygon()
    shape = draw_element(element, {}, {})[0]
    return shape if shape.is_valid else shapely.make_valid(shape)


def _is_outline(element: dict[str, Any], shape: BaseGeometry) -> bool:
    is_area = isinstance(shape, Polygon | MultiPolygon) and not shape.is_empty
    return (element.get("tags") or {}).get("aeroway") == "aerodrome" and is_area
