"""Where everything goes in the report's two drawings, the map and the timeline; the templates draw."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.model import Airfield, Hit, Look
from imagery_watch.outputs.wording.text import clean

METRES_PER_DEGREE = 111_320.0
MAP_WIDTH, MAP_HEIGHT, MAP_MARGIN = 720, 460, 34
DOT_APART_PX = 10.0
LABEL_WIDTH, TIMELINE_WIDTH, ROW_HEIGHT, TIMELINE_TOP = 170, 960, 20, 12
NICE_METRES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
MOST_TICKS = 9
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


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
    projection = fitted(airfield, hits)
    shapes = [Shape("runway", _path(runway, projection), "runway") for runway in airfield.runways]
    shapes += [Shape(clean(apron.name), _path(apron.geometry, projection), "apron") for apron in airfield.aprons]
    shapes += [Shape("excluded", _path(area, projection), "exclude") for area in airfield.exclude]
    dots = _dots([(number, *projection(hit.lon, hit.lat), hit.kind) for number, hit in enumerate(hits, start=1)])
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
    points = [point for apron in airfield.aprons for part in _lines(apron.geometry) for point in part]
    points += [(hit.lon, hit.lat) for hit in hits]
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
    for line in _lines(geometry):
        places = [f"{x:g} {y:g}" for x, y in (projection(lon, lat) for lon, lat in line)]
        words.append("M" + "L".join(places) + ("Z" if line[0] == line[-1] else ""))
    return "".join(words)


def _lines(geometry: BaseGeometry) -> list[list[tuple[float, float]]]:
    """Every ring and line of a geometry, as lists of (lon, lat)."""
    if hasattr(geometry, "geoms"):
        return [line for part in geometry.geoms for line in _lines(part)]
    if isinstance(geometry, Polygon):
        rings = [geometry.exterior, *geometry.interiors]
        return [line for ring in rings for line in _lines(ring)]
    return [[(point[0], point[1]) for point in geometry.coords]]


@dataclass(frozen=True)
class Mark:
    """One look on the timeline."""

    x: float
    result: str
    tip: str


@dataclass(frozen=True)
class Row:
    """One apron on the timeline."""

    name: str
    y: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Timeline:
    """Every look, one row for each apron, time to the right."""

    width: int
    height: int
    label_width: int
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    """x and text of the dates below."""


def timeline(looks: Sequence[Look], apron_names: Iterable[str]) -> Timeline | None:
    """The timeline, aprons in the order given, then any that only the looks know; None without looks."""
    if not looks:
        return None
    first, last = min(look.datetime for look in looks), max(look.datetime for look in looks)
    names = list(dict.fromkeys([*apron_names, *(look.apron for look in looks)]))
    rows = tuple(_row(name, index, looks, first, last) for index, name in enumerate(names))
    height = TIMELINE_TOP + ROW_HEIGHT * len(rows) + 26
    marks = tuple((_x(time, first, last), label) for time, label in _ticks(first, last))
    return Timeline(TIMELINE_WIDTH, height, LABEL_WIDTH, rows, marks)


def _row(name: str, index: int, looks: Sequence[Look], first: datetime, last: datetime) -> Row:
    mine = [look for look in looks if look.apron == name]
    mine.sort(key=lambda look: look.result == "change")  # drawn last, on top of its neighbours
    marks = tuple(Mark(_x(look.datetime, first, last), look.result, _tip(look)) for look in mine)
    return Row(clean(name), TIMELINE_TOP + ROW_HEIGHT * index + ROW_HEIGHT // 2, marks)


def _x(time: datetime, first: datetime, last: datetime) -> float:
    room = TIMELINE_WIDTH - LABEL_WIDTH - 24
    share = (time - first) / (last - first) if last > first else 0.5
    return round(LABEL_WIDTH + 12 + share * room, 1)


def _tip(look: Look) -> str:
    seen = "" if look.visible_fraction is None else f", {look.visible_fraction:.0%} visible"
    why = f": {look.reason}" if look.reason else ""
    when = look.datetime.astimezone(UTC).strftime("%Y-%m-%d")
    return clean(f"{when} {look.result.replace('_', ' ')}{seen}{why}")


def _ticks(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """At most nine round dates between the two, with their texts."""
    start, span = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0), last - first
    for days in DAY_STEPS:
        if span / timedelta(days=days) <= MOST_TICKS - 1:
            times = [start + timedelta(days=days * k) for k in range(MOST_TICKS + 1)]
            return [(t, f"{t:%Y-%m-%d}") for t in times if first <= t <= last] or [(first, f"{first:%Y-%m-%d}")]
    months = next(step for step in MONTH_STEPS if span.days / 30.4 / step <= MOST_TICKS - 1 or step == 120)
    times = [_month(start, months, k) for k in range(span.days // 28 + 2)]
    return [(t, f"{t:%Y-%m}") for t in times if first <= t <= last]


def _month(start: datetime, step: int, k: int) -> datetime:
    """The k-th first of a month from `start` on, every `step` months counted from January of year 0."""
    month = ((start.year * 12 + start.month - 1) // step + k) * step
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) if month // 12 <= 9999 else start
