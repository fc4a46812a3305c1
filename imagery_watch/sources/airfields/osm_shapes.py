"""The shapes of OpenStreetMap's elements: nodes, ways and relations, or what of them is missing."""

from typing import Any

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

Element = dict[str, Any]
Nodes = dict[int, tuple[float, float]]

HOW_TO_ASK = "ask with out geom, without a box that cuts it"
NO_GEOMETRY = f"has no geometry: {HOW_TO_ASK}"


def draw_element(element: Element, nodes: Nodes, ways: dict[int, Element]) -> tuple[BaseGeometry, str]:
    """The element's shape, empty where it cannot be drawn, and what of it is not there."""
    if element["type"] == "node":
        return Point(element["lon"], element["lat"]), ""
    if element["type"] == "relation":
        return _relation(element, nodes, ways)
    points, lack = _points(element, nodes)
    if lack:
        return Polygon(), lack
    if len(points) >= 4 and points[0] == points[-1]:
        return Polygon(points), ""
    return (LineString(points) if len(set(points)) >= 2 else Polygon()), ""


def _points(way: Element, nodes: Nodes) -> tuple[list[tuple[float, float]], str]:
    """The way's corners, and whether some are missing: Overpass writes null for those outside the box asked for."""
    if "geometry" in way:
        points = [(point["lon"], point["lat"]) for point in way["geometry"] if point]
        due = len(way["geometry"])
    else:
        refs = way.get("nodes", ())
        points, due = [nodes[ref] for ref in refs if ref in nodes], len(refs)
    if not points:
        return [], NO_GEOMETRY
    return points, "" if len(points) == due else f"{due - len(points)} of its {due} corners are missing: {HOW_TO_ASK}"


def _relation(relation: Element, nodes: Nodes, ways: dict[int, Element]) -> tuple[BaseGeometry, str]:
    """The outer rings of a multipolygon relation without its inner ones, and what of them is not there."""
    rings: dict[str, list[list[tuple[float, float]]]] = {"outer": [], "inner": []}
    for member in relation.get("members", ()):
        if member.get("type") == "way":
            way = member if "geometry" in member else ways.get(member["ref"], {})
            points, lack = _points(way, nodes)
            if lack:
                return Polygon(), f"its member way/{member.get('ref')}: {lack}"
            rings.setdefault(member.get("role") or "outer", []).append(points)
    if not rings["outer"]:
        return Polygon(), NO_GEOMETRY
    return shapely.difference(_area(rings["outer"]), _area(rings["inner"])), ""


def _area(lines: list[list[tuple[float, float]]]) -> BaseGeometry:
    """What the rings enclose; rings may be split over several open lines."""
    rings = [Polygon(line) for line in lines if len(line) >= 4 and line[0] == line[-1]]
    pieces = [LineString(line) for line in lines if len(line) >= 2 and line[0] != line[-1]]
    areas = [shapely.make_valid(ring) for ring in rings] + list(polygonize(pieces))
    return shapely.union_all(areas)


def find_area(geometry: BaseGeometry) -> BaseGeometry:
    """The area that a shape encloses, where it does: closed lines, lines that meet, collections of such."""
    if isinstance(geometry, Polygon | MultiPolygon):
        return geometry
    parts = [*getattr(geometry, "geoms", [geometry])]
    closed = [Polygon(part.coords) for part in parts if isinstance(part, LineString) and part.is_ring]
    areas = [part for part in parts if isinstance(part, Polygon | MultiPolygon)]
    areas += closed or polygonize([part for part in parts if isinstance(part, LineString)])
    if not areas:
        return geometry
    return areas[0] if len(areas) == 1 else shapely.union_all([shapely.make_valid(area) for area in areas])
