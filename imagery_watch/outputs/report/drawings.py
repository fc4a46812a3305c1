"""Where everything goes on the map of an airfield without imagery; the templates draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.model import Airfield, Hit
from imagery_watch.outputs.wording.text import clean

METRES_PER_DEGREE = 111_320.0
MAP_WIDTH, MAP_HEIGHT, MAP_MARGIN = 720, 460, 34
DOT_APART_PX = 10.0
NICE_METRES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True)
class Shape:
    """One outline on the map."""

    name: str
    path: str
    """SVG path data, in map units."""
    kind: str
    """`apron`, `runway` or `exclude`."""


@dataclass(frozen=True)
class Dot:
    """One hit on the map."""

    number: int
    """Of the first hit at this place, as in the report."""
    x: float
    y: float
    kind: str
    label: str
    """The numbers of all hits at this place."""


@dataclass(frozen=True)
class Map:
    """The airfield, north up, without tiles."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    dots: tuple[Dot, ...]
    bar_px: float
    bar_m: int


@dataclass(frozen=True)
class Projection:
    """Degrees -> map units; equirectangular around the airfield, whose few kilometres need nothing better."""

    lon: float
    lat: float
    """What lies in the middle of the map."""
    px_per_m: float

    def __call__(self, lon: float, lat: float) -> tuple[float, float]:
        """The place in map units, x to the right and y down."""
        east, north = metres(lon - self.lon, lat - self.lat, self.lat)
        return (
            round(MAP_WIDTH / 2 + east * self.px_per_m, 1),
            round(MAP_HEIGHT / 2 - north * self.px_per_m, 1),
        )


def metres(lon_step: float, lat_step: float, lat: float) -> tuple[float, float]:
    """East and north, in metres, of a step in degrees at `lat`; across the antimeridian a step is short."""
    wrapped = (lon_step + 180) % 360 - 180
    return wrapped * math.cos(math.radians(lat)) * METRES_PER_DEGREE, lat_step * METRES_PER_DEGREE


def airfield_map(airfield: Airfield, hits: Sequence[Hit]) -> Map:
    """The aprons (and runways and excluded areas, where known) with the hits numbered as in the report."""
    return draw_map(airfield, tuple(enumerate(hits, start=1)), fitted(airfield, hits))


def draw_map(airfield: Airfield, hits: Sequence[tuple[int, Hit]], projection: Projection) -> Map:
    """The same of hits with their numbers, in a projection that is given."""
    shapes = [Shape("runway", _path(runway, projection), "runway") for runway in airfield.runways]
    shapes += [Shape(clean(apron.name), _path(apron.geometry, projection), "apron") for apron in airfield.aprons]
    shapes += [Shape("excluded", _path(area, projection), "exclude") for area in airfield.exclude]
    dots = _dots([(number, *projection(hit.lon, hit.lat), hit.kind) for number, hit in hits])
    bar = max((m for m in NICE_METRES if m * projection.px_per_m <= MAP_WIDTH / 4), default=NICE_METRES[0])
    return Map(MAP_WIDTH, MAP_HEIGHT, tuple(shapes), dots, round(bar * projection.px_per_m, 1), bar)


def _dots(places: Sequence[tuple[int, float, float, str]]) -> tuple[Dot, ...]:
    """One dot for hits that would lie on each other, such as an arrival and its departure."""
    groups: list[list[tuple[int, float, float, str]]] = []
    for place in places:
        same = next((g for g in groups if math.hypot(g[0][1] - place[1], g[0][2] - place[2]) < DOT_APART_PX), None)
        groups.append([place]) if same is None else same.append(place)
    return tuple(Dot(*group[0], ", ".join(str(number) for number, *_ in group)) for group in groups)


def fitted(airfield: Airfield, hits: Sequence[Hit]) -> Projection:
    """The projection in which the aprons and the hits just fill the map."""
    return fit_around(airfield, [(hit.lon, hit.lat) for hit in hits])


def fit_around(airfield: Airfield, places: Sequence[tuple[float, float]]) -> Projection:
    """The projection in which the aprons and some places, longitude and latitude, just fill the map."""
    points = [point for apron in airfield.aprons for part in list_lines(apron.geometry) for point in part]
    points += places
    first_lon, first_lat = points[0]
    steps = [metres(lon - first_lon, lat - first_lat, first_lat) for lon, lat in points]
    east, north = zip(*steps, strict=True)
    room_x, room_y = MAP_WIDTH - 2 * MAP_MARGIN, MAP_HEIGHT - 2 * MAP_MARGIN
    px_per_m = min(room_x / max(_width(east), 50.0), room_y / max(_width(north), 50.0))
    lat = first_lat + _middle(north) / METRES_PER_DEGREE
    lon = first_lon + _middle(east) / (METRES_PER_DEGREE * math.cos(math.radians(first_lat)))
    return Projection(lon, lat, px_per_m)


def _width(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _middle(values: Sequence[float]) -> float:
    return (max(values) + min(values)) / 2


def _path(geometry: BaseGeometry, projection: Projection) -> str:
    """SVG path data; rings are closed, lines stay open, points vanish."""
    words = []
    for line in list_lines(geometry):
        places = [f"{x:g} {y:g}" for x, y in (projection(lon, lat) for lon, lat in line)]
        words.append("M" + "L".join(places) + ("Z" if line[0] == line[-1] else ""))
    return "".join(words)


def list_lines(geometry: BaseGeometry) -> list[list[tuple[float, float]]]:
    """Every ring and line of a geometry, as lists of (lon, lat)."""
    if hasattr(geometry, "geoms"):
        return [line for part in geometry.geoms for line in list_lines(part)]
    if isinstance(geometry, Polygon):
        rings = [geometry.exterior, *geometry.interiors]
        return [line for ring in rings for line in list_lines(ring)]
    return [[(point[0], point[1]) for point in geometry.coords]]
