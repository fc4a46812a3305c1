"""Is this shape, is this airfield, what was meant? Repairs what is harmless; raises AoiError for the rest."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.geometry import degrees_text

SMALLEST_APRON_M2 = 400.0
"""Four pixels of 10 m: less cannot hold an aircraft that Sentinel-2 would show."""
LARGEST_SPAN_DEG = 1.0
"""About 110 km: no airfield is wider; a wider one has a coordinate that went astray."""
LARGEST_AREA_CHANGE = 0.001
"""A repair that moves more of the area than this would draw something else than was meant."""
MOST_VERTICES_REPAIRED = 500
"""The repair of an outline that crosses itself everywhere takes time with the square of its corners."""

_ADVICE = {
    "Self-intersection": "the outline crosses itself (a bow-tie, or an edge drawn twice): put its corners in order",
    "Ring Self-intersection": "the outline runs over itself: remove the corners that are visited twice",
    "Hole lies outside shell": "a hole lies outside its polygon: move the hole inside or make it a feature",
    "Nested shells": "one of its polygons lies inside another: draw it as a hole or leave it out",
    "Holes are nested": "one hole lies inside another: keep the outer one",
}


@dataclass(frozen=True)
class Shape:
    """One feature of an airfield file."""

    where: str
    """File and feature, for messages."""
    role: str
    name: str | None
    geometry: BaseGeometry
    mapped: bool = False
    """Whether its role was told by OpenStreetMap's tags."""


def checked_polygon(geometry: BaseGeometry, where: str) -> tuple[Polygon | MultiPolygon, tuple[str, ...]]:
    """The shape valid and in one canonical form, and what was repaired; the same ground gives the same shape.

    Start vertex, direction of the rings and a MultiPolygon of one make no difference. Raises AoiError for
    what is not a polygon, has no area, or cannot be repaired with less than 0.1 % of its area changed.
    """
    if not isinstance(geometry, Polygon | MultiPolygon):
        raise AoiError(f"{where}: is a {geometry.geom_type}; expected a Polygon or MultiPolygon")
    if geometry.is_valid:
        return canonical(geometry), ()
    fixed, change = repaired(geometry)
    if fixed.is_empty:
        here = degrees_text(_corner(geometry))
        raise AoiError(f"{where}: the polygon at {here} has no area: its corners lie on a line")
    if change >= LARGEST_AREA_CHANGE:
        raise AoiError(f"{where}: {_invalidity(geometry)}")
    return canonical(fixed), (f"the outline was repaired (its area changed by {change:.2g} of itself)",)


def repaired(geometry: Polygon | MultiPolygon) -> tuple[Polygon | MultiPolygon, float]:
    """The nearest valid shape (empty where there is no area), and the share of the area that this changed.

    The change is infinite where the shape is too intricate for the repair to be tried.
    """
    if shapely.get_num_coordinates(geometry) > MOST_VERTICES_REPAIRED:
        return geometry, math.inf
    # method="linework" took a minute over 500 corners that cross at random
    valid = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    fixed = valid if isinstance(valid, Polygon | MultiPolygon) else Polygon()
    before = sum(_unsigned_area(polygon) for polygon in polygons_of(geometry))
    return fixed, abs(fixed.area - before) / fixed.area if fixed.area else math.inf


def _unsigned_area(polygon: Polygon) -> float:
    return float(Polygon(polygon.exterior).area - sum(Polygon(hole).area for hole in polygon.interiors))


def canonical(geometry: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """One form for one shape: fixed start vertex, ring direction of RFC 7946, a MultiPolygon of one as its Polygon."""
    ordered = shapely.normalize(geometry)
    parts = [orient(part) for part in polygons_of(ordered)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons that the shape is made of."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]


def area_m2(geometry: BaseGeometry) -> float:
    """Area on the WGS84 ellipsoid, square metres, of polygons in lon/lat."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    return float(sum(abs(geod.geometry_area_perimeter(orient(part))[0]) for part in polygons_of(geometry)))


def check_apron_size(geometry: BaseGeometry, where: str) -> None:
    """Raises AoiError for an apron of less than four pixels."""
    area = area_m2(geometry)
    if area < SMALLEST_APRON_M2:
        raise AoiError(
            f"{where}: the apron at {degrees_text(_corner(geometry))} measures {area:.3g} m2, less than four "
            f"pixels ({SMALLEST_APRON_M2:.0f} m2): leave it out, or check the corners and the units"
        )


def unwrapped(shapes: list[Shape]) -> list[Shape]:
    """The shapes with longitudes that run on over the antimeridian: 179.9 .. 180.1, never 179.9 .. -179.9."""
    west, east = _lon_range(shapes)
    if east - west > 180 and west < 0 < east:
        shapes = [_east_of(shape, 0.0) for shape in shapes]
    elif west < -180:
        shapes = [_east_of(shape, 360.0) for shape in shapes]
    if _lon_range(shapes)[0] >= 180:
        shapes = [_moved(shape, -360.0) for shape in shapes]
    return shapes


def check_extent(shapes: list[Shape]) -> None:
    """Raises AoiError where a shape, or all of them together, reach further than any airfield."""
    first, reach = shapes[0], shapes[0].geometry.bounds
    for shape in shapes:
        bounds = shape.geometry.bounds
        if _too_wide(bounds):
            astray = degrees_text(_farthest(shape.geometry))
            raise AoiError(f"{shape.where}: with {astray} it reaches {_tell_span(bounds)}")
        both = (*map(min, reach[:2], bounds[:2]), *map(max, reach[2:], bounds[2:]))
        if _too_wide(both):
            here = degrees_text(_corner(shape.geometry))
            beside = first.where.rpartition(": ")[2]
            raise AoiError(f"{shape.where}: at {here}, it and {beside} reach {_tell_span(both)}")


def check_runway_headings(runways: Iterable[Shape]) -> None:
    """Raises AoiError where the runways' names fit only with longitude and latitude exchanged.

    A runway named 06/24 points to 060 within the magnetic variation. Exchanged coordinates are nearly always
    legal ones, so this is the one way to tell them.
    """
    named = [(shape, expected) for shape in runways if (expected := _named_heading(shape.name)) is not None]
    lines = [(shape, expected, shape.geometry) for shape, expected in named if isinstance(shape.geometry, LineString)]
    for _, expected, line in lines:
        if _off(_heading(line), expected) <= 35 or _off(_heading(_exchanged(line)), expected) >= 20:
            return
        if max(abs(lon) for lon, _ in line.coords) > 90:
            return
    if lines:
        shape, expected, line = lines[0]
        raise AoiError(
            f"{shape.where}: looks like lat,lon: from {degrees_text(_corner(line))} the runway points to "
            f"{_heading(line):03.0f}; with the two numbers exchanged it would point to "
            f"{_heading(_exchanged(line)):03.0f}, and its name says {expected:03.0f}; "
            "GeoJSON puts the longitude first"
        )


def _span(bounds: Sequence[float]) -> tuple[float, float]:
    """Width and height in degrees of latitude."""
    west, south, east, north = bounds
    return (east - west) * math.cos(math.radians((south + north) / 2)), north - south


def _too_wide(bounds: Sequence[float]) -> bool:
    return max(_span(bounds)) > LARGEST_SPAN_DEG


def _tell_span(bounds: Sequence[float]) -> str:
    width, height = _span(bounds)
    return (
        f"over {width * 111.3:.0f} x {height * 111.3:.0f} km, more than any airfield: "
        "look for a coordinate that went astray, or make one file an airfield"
    )


def _lon_range(shapes: list[Shape]) -> tuple[float, float]:
    bounds = np.array([shape.geometry.bounds for shape in shapes])
    return float(bounds[:, 0].min()), float(bounds[:, 2].max())


def _moved(shape: Shape, degrees: float) -> Shape:
    moved = shapely.transform(shape.geometry, lambda xy: xy + np.array([degrees, 0.0]))
    return replace(shape, geometry=moved)


def _east_of(shape: Shape, limit: float) -> Shape:
    """The shape with what lies west of `limit` turned once around the Earth, and its parts joined again."""
    turned = shapely.transform(shape.geometry, lambda xy: xy + np.where(xy[:, :1] < limit, (360.0, 0.0), 0.0))
    if isinstance(turned, MultiPolygon) and all(part.is_valid for part in turned.geoms):
        turned = shapely.union_all(list(turned.geoms))
    return replace(shape, geometry=turned)


def _invalidity(geometry: Polygon | MultiPolygon) -> str:
    """What is wrong with the shape, where, and what to do."""
    if isinstance(geometry, MultiPolygon) and all(part.is_valid for part in geometry.geoms):
        return f"its polygons overlap near {degrees_text(_corner(geometry))}: join them, or make each a feature"
    reason, _, place = shapely.is_valid_reason(geometry).partition("[")
    x, _, y = place.rstrip("]").partition(" ")
    near = degrees_text((float(x), float(y))) if y else degrees_text(_corner(geometry))
    return f"at {near}, {_ADVICE.get(reason, reason.lower() + ': draw it again')}"


def _farthest(geometry: BaseGeometry) -> tuple[float, float]:
    """The corner that lies farthest from the others, by their median."""
    corners = shapely.get_coordinates(geometry)
    x, y = corners[np.abs(corners - np.median(corners, axis=0)).max(axis=1).argmax()]
    return float(x), float(y)


def _corner(geometry: BaseGeometry) -> tuple[float, float]:
    x, y = shapely.get_coordinates(geometry)[0]
    return float(x), float(y)


def _named_heading(name: str | None) -> float | None:
    """Degrees that a runway's name tells, such as 60 for `06/24`."""
    match = re.fullmatch(r"(\d{2})[LCR]?/(\d{2})[LCR]?", name or "")
    return float(match[1]) * 10 if match else None


def _heading(line: LineString) -> float:
    """Direction of the line from end to end, 0..180 degrees clockwise from north."""
    (west, south), (east, north) = line.coords[0][:2], line.coords[-1][:2]
    across = (east - west) * math.cos(math.radians((south + north) / 2))
    return math.degrees(math.atan2(across, north - south)) % 180


def _exchanged(line: LineString) -> LineString:
    return shapely.transform(line, lambda xy: xy[:, ::-1])


def _off(heading: float, expected: float) -> float:
    """Angle between two axes, 0..90 degrees."""
    return abs((heading - expected + 90) % 180 - 90)
