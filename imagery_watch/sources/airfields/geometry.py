"""GeoJSON coordinates, as people write them, into shapes; or an AoiError that names the culprit."""

import json
import math

from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.errors import AoiError

Position = tuple[float, float]
"""Longitude, latitude in degrees."""

CLOSING_GAP_DEG = 1e-9
"""A tenth of a millimetre: rounding, not a missing corner."""


class GeometryReader:
    """Reads the GeoJSON geometry of one feature; what it had to repair is gathered in `notes`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.notes: list[str] = []

    def read(self, value: object) -> BaseGeometry:
        """The shape, two-dimensional, coordinates in range, not yet checked for validity. Raises AoiError."""
        value = self._only_member(value)
        kind, coordinates = value.get("type"), value.get("coordinates")
        match kind:
            case "Polygon":
                return self._polygon(coordinates)
            case "MultiPolygon":
                return MultiPolygon([self._polygon(part) for part in self._list(coordinates, "MultiPolygon")])
            case "LineString":
                return LineString(self._line(coordinates))
            case "MultiLineString":
                return MultiLineString([self._line(part) for part in self._list(coordinates, "MultiLineString")])
            case "Point":
                return Point(self._position(coordinates))
            case "MultiPoint":
                return MultiPoint([self._position(part) for part in self._list(coordinates, "MultiPoint")])
        raise self._error(f"geometry type {quoted(kind)} is not known; expected Polygon or MultiPolygon")

    def _error(self, problem: str) -> AoiError:
        return AoiError(f"{self.where}: {problem}")

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _only_member(self, value: object) -> dict[str, object]:
        """The geometry itself, out of the GeometryCollections of one that may be wrapped around it."""
        while isinstance(value, dict) and value.get("type") == "GeometryCollection":
            members = value.get("geometries")
            if not isinstance(members, list) or len(members) != 1:
                raise self._error("a GeometryCollection must hold one geometry: make each its own feature")
            value = members[0]
        if value is None:
            raise self._error("has no geometry (null): draw its polygon or delete the feature")
        if not isinstance(value, dict):
            raise self._error(f"its geometry is {quoted(value)}; expected a GeoJSON object such as a Polygon")
        return value

    def _list(self, value: object, what: str) -> list[object]:
        if not isinstance(value, list):
            raise self._error(f"coordinates of its {what} are {quoted(value)}; expected a list")
        if not value:
            raise self._error(f"its {what} is empty: draw it or delete the feature")
        return value

    def _position(self, value: object) -> Position:
        if not isinstance(value, list) or len(value) < 2:
            raise self._error(f"{quoted(value)} is not a position; expected [longitude, latitude]")
        if len(value) > 2:
            self._note("heights were dropped")
        lon, lat = (self._number(number, value) for number in value[:2])
        problem = _range_problem(lon, lat)
        if problem:
            raise self._error(f"coordinate [{lon:.9g}, {lat:.9g}] {problem}")
        return lon + 0.0, lat + 0.0  # -0.0 is 0.0

    def _number(self, value: object, position: list[object]) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            hint = ": remove the quotes" if isinstance(value, str) else ""
            raise self._error(f"coordinate {quoted(position)} holds {quoted(value)}, not a number{hint}")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(f"coordinate {quoted(position)} is not finite: NaN and infinity are no places")
        return float(max(-1e9, min(1e9, value)))

    def _line(self, value: object) -> list[Position]:
        points = [self._position(point) for point in self._list(value, "LineString")]
        if len(set(points)) < 2:
            raise self._error("its LineString has fewer than two different positions")
        return points

    def _polygon(self, value: object) -> Polygon:
        rings = [self._ring(ring) for ring in self._list(value, "Polygon")]
        return Polygon(rings[0], rings[1:])

    def _ring(self, value: object) -> list[Position]:
        """Closed, without repeated corners, at least a triangle."""
        points = self._closed([self._position(point) for point in self._list(value, "ring")])
        corners = [point for point, last in zip(points[1:], points, strict=False) if point != last]
        if len(set(corners)) < 3:
            raise self._error(f"a ring through {degrees_text(points[0])} has no area: fewer than three corners")
        if _width(points) > 180:
            raise self._error(
                f"a ring through {degrees_text(points[0])} is {_width(points):.0f} degrees wide: if it "
                "crosses the antimeridian, write 179.9 .. 180.1, or cut it there into a MultiPolygon"
            )
        return [corners[-1], *corners]

    def _closed(self, points: list[Position]) -> list[Position]:
        first, last = points[0], points[-1]
        if first == last and len(points) > 1:
            return points
        if len(points) > 1 and max(abs(first[0] - last[0]), abs(first[1] - last[1])) < CLOSING_GAP_DEG:
            self._note("a ring was closed over a gap of less than 1e-9 degrees")
            return [*points[:-1], first]
        raise self._error(
            f"a ring is not closed: it starts at {degrees_text(first)} and ends at {degrees_text(last)}; "
            "add the first position again at its end"
        )


def quoted(value: object, limit: int = 60) -> str:
    """The value as JSON, safe to print: no control characters, cut to `limit` characters."""
    if isinstance(value, list | dict) and len(value) > 4:
        return f"a {'list' if isinstance(value, list) else 'JSON object'} of {len(value)}"
    try:
        text = json.dumps(value, ensure_ascii=True)
    except (RecursionError, TypeError, ValueError):
        return "a deeply nested value"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def degrees_text(position: Position) -> str:
    """The position as it would stand in the file."""
    return f"[{position[0]:.9g}, {position[1]:.9g}]"


def _width(points: list[Position]) -> float:
    return max(lon for lon, _ in points) - min(lon for lon, _ in points)


def _range_problem(lon: float, lat: float) -> str | None:
    """What is wrong with a position that is not on the part of the Earth where UTM grids are; or None."""
    if max(abs(lon), abs(lat)) > 360:
        return "looks like metres (UTM, for instance), not degrees: save the file as WGS84 lon/lat (EPSG:4326)"
    if abs(lat) > 90:
        if abs(lat) <= 180 and abs(lon) <= 90:
            return "looks like lat,lon: GeoJSON puts the longitude first, so exchange the two numbers"
        return "is not on the Earth: latitudes run from -90 to 90"
    if abs(lon) > 181:
        return "is not on the Earth: longitudes run from -180 to 180 (181 to cross the antimeridian)"
    if not -80 <= lat <= 84:
        return "is nearer to a pole than UTM grids reach (80 S to 84 N); are lat,lon exchanged?"
    return None
