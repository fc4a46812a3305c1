"""Longitudes across the antimeridian: airfields there run on over 180 degrees, files that are passed on may not."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east across the antimeridian, as RFC 7946 and STAC want it."""


def wrap_lon(lon: float) -> float:
    """The longitude within -180 to 180; one that is there already as it is."""
    return lon if -180.0 <= lon <= 180.0 else (lon + 180.0) % 360.0 - 180.0


def run_on(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points with longitudes that run on from the first: 179.9, 180.1 instead of 179.9, -179.9."""
    return [(lon + _turns(lon, points[0][0]), lat) for lon, lat in points]


def join_boxes(boxes: Iterable[Sequence[float]]) -> Box:
    """The box of boxes that lie near each other, whichever way each writes its longitudes."""
    flat = [(west, south, east + (360.0 if east < west else 0.0), north) for west, south, east, north in boxes]
    start = (flat[0][0] + flat[0][2]) / 2
    turns = [_turns((west + east) / 2, start) for west, _, east, _ in flat]
    west = min(box[0] + turn for box, turn in zip(flat, turns, strict=True))
    east = max(box[2] + turn for box, turn in zip(flat, turns, strict=True))
    ends = _wrap_ends(west, east)
    return ends[0], min(box[1] for box in flat), ends[1], max(box[3] for box in flat)


def split_shape(shape: "BaseGeometry") -> "BaseGeometry":
    """An area or a line cut at the antimeridian, its parts within -180 to 180; one that does not cross as it is."""
    from shapely import box
    from shapely.affinity import translate
    from shapely.geometry import MultiLineString, MultiPolygon
    from shapely.geometry.polygon import orient

    west, _, east, _ = shape.bounds
    if shape.is_empty or (west >= -180.0 and east <= 180.0):
        return shape
    cut = [translate(shape.intersection(box(turn - 180, -90, turn + 180, 90)), -turn) for turn in (-360, 0, 360)]
    parts = [part for one in cut for part in getattr(one, "geoms", [one]) if not part.is_empty]
    if shape.geom_type.endswith("Polygon"):
        return MultiPolygon([orient(part) for part in parts if part.geom_type == "Polygon"])
    return MultiLineString([part for part in parts if part.geom_type == "LineString"])


def _turns(lon: float, start: float) -> float:
    """What to add to a longitude, whole turns, so that it is less than half a turn from another."""
    return -360.0 * round((lon - start) / 360.0)


def _wrap_ends(west: float, east: float) -> tuple[float, float]:
    """Both within -180 to 180; an end on the line itself is written on the side of the other."""
    if west >= -180.0 and east <= 180.0:
        return west, east
    first, last = wrap_lon(west), wrap_lon(east)
    return -180.0 if first == 180.0 else first, 180.0 if last == -180.0 else last
