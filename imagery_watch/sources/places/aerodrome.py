"""What of an Overpass reply is on one airfield, and what is on its neighbours."""

from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.osm_shapes import draw_element

BESIDE_DEG = 0.001
"""A tenth of a kilometre: how far beside its airfield's outline an apron may be drawn."""


def cut_to_aerodrome(reply: dict[str, Any], icao: str, lonlat: tuple[float, float]) -> tuple[dict[str, Any], str]:
    """The reply without what is on other airfields, and a note where no outline has the airfield's code.

    What lies in or beside the airfield's own outline is kept: the one with this `icao`, else the one around its
    reference point. Where there is neither, what lies in no outline with another code is kept.
    Raises AoiError where the reply is not as Overpass writes it.
    """
    try:
        drawn = [(element, _draw(element)) for element in reply["elements"]]
        outlines = [(_code(element), area) for element, area in drawn if _is_outline(element, area)]
        own, told = _own_outline(outlines, icao, Point(lonlat))
        others = shapely.union_all([area for code, area in outlines if code not in ("", icao)])
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise AoiError(f"OSM data of {icao}: is not as Overpass writes it ({error}): fetch it again") from error
    if not own.is_empty:
        wide = own.buffer(BESIDE_DEG)
        kept = [element for element, shape in drawn if shape.is_empty or shape.intersects(wide)]
        return {**reply, "elements": kept}, told
    kept = [element for element, shape in drawn if shape.is_empty or not others.contains(shape)]
    return {**reply, "elements": kept}, f"{told}: all that is near and in no other airfield's outline is kept"


def _own_outline(outlines: list[tuple[str, BaseGeometry]], icao: str, place: Point) -> tuple[BaseGeometry, str]:
    """The airfield's outline among those with their codes, empty where none is; and a note unless it has the code."""
    coded = [area for code, area in outlines if code == icao]
    if coded:
        return shapely.union_all(coded), ""
    note = f"OpenStreetMap has no outline with icao={icao}"
    around = [(code, area) for code, area in outlines if area.contains(place)]
    nameless = [area for code, area in around if not code]
    own = shapely.union_all(nameless or [area for _, area in around])
    return own, note if own.is_empty else f"{note}: what is in the outline around {place.y:.4f},{place.x:.4f} is kept"


def _code(element: dict[str, Any]) -> str:
    """An outline's ICAO code, empty where it has none."""
    return str(element["tags"].get("icao") or "").strip()


def _draw(element: dict[str, Any]) -> BaseGeometry:
    """The element's shape, empty where it cannot be drawn; the reply has its coordinates in place (`out geom`)."""
    if element["type"] == "node" and "lon" not in element:
        return Polygon()
    shape = draw_element(element, {}, {})[0]
    return shape if shape.is_valid else shapely.make_valid(shape)


def _is_outline(element: dict[str, Any], shape: BaseGeometry) -> bool:
    is_area = isinstance(shape, Polygon | MultiPolygon) and not shape.is_empty
    return (element.get("tags") or {}).get("aeroway") == "aerodrome" and is_area
