"""A flight that nobody flew, fix by fix, and as Flightradar24 exports one: from far away onto a stand, or off one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

Place = tuple[float, float]
"""Longitude and latitude."""
EARTH_M = 6_371_008.8
CRUISE_FT, CRUISE_KT = 33_000.0, 470.0
APPROACH_KT, ROLL_KT, TAXI_KT = 145.0, 60.0, 14.0
FEET_A_METRE = math.tan(math.radians(3.0)) / 0.3048
"""Height over distance on a glide path of three degrees."""
FINAL_M, STEP_M = 18_000.0, 900.0
"""How long the straight way before the runway is, and the distance of its fixes."""
EN_ROUTE_STEP_M = 70_000.0
STANDS_FOR_S = (15.0, 60.0, 180.0, 330.0)
"""When, after it stops, a transponder is still heard before it is switched off; as long after it is switched on."""
HEADER = "Timestamp,UTC,Callsign,Position,Altitude,Speed,Direction"


@dataclass(frozen=True)
class Way:
    """Where a flight leads: the far end, and the way over the ground from the runway's threshold to the stand."""

    far: Place
    ground: tuple[Place, ...]
    """Threshold, where it leaves the runway, corners of its way, stand."""


@dataclass(frozen=True)
class Point:
    """One fix: seconds from the first, place, feet above the sea (0 on the ground, as the export has it), knots."""

    second: float
    place: Place
    altitude_ft: float
    speed_kt: float


def fly_in(way: Way, elevation_ft: float) -> tuple[Point, ...]:
    """From cruise over the far end to the stand, and some minutes there."""
    final = _before(way.ground[0], way.ground[1], FINAL_M)
    cruise = [(one, CRUISE_FT, CRUISE_KT) for one in _great_circle(way.far, final, EN_ROUTE_STEP_M)[:-1]]
    slope = [(_before(way.ground[0], way.ground[1], FINAL_M - STEP_M * n), FINAL_M - STEP_M * n) for n in range(20)]
    descent = [(place, elevation_ft + left * FEET_A_METRE, APPROACH_KT) for place, left in slope]
    rolling = [(one, 0.0, ROLL_KT) for one in _between(way.ground[:2], 300.0)]
    taxi = [(one, 0.0, TAXI_KT) for one in _between(way.ground[1:], 60.0)[1:]]
    points = _timed([*cruise, *descent, *rolling, *taxi])
    end = points[-1]
    standing = (Point(end.second + after, end.place, 0.0, 0.0) for after in STANDS_FOR_S)
    return (*points, *standing)


def fly_out(way: Way, elevation_ft: float) -> tuple[Point, ...]:
    """The same way back, from the stand to the far end."""
    there = fly_in(way, elevation_ft)
    end = there[-1].second
    return tuple(Point(end - one.second, one.place, one.altitude_ft, one.speed_kt) for one in reversed(there))


def to_fr24_csv(points: Sequence[Point], start: datetime, callsign: str) -> str:
    """The fixes as Flightradar24 exports a flight: no address, no type, and 0 ft for the ground."""
    rows = [HEADER]
    for one, then in pairwise([*points, points[-1]]):
        second = int(start.timestamp() + one.second)
        lon, lat = one.place
        utc = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        position = f'"{lat:.6f},{lon:.6f}"'
        course = _course(one.place, then.place)
        rows.append(f"{second},{utc},{callsign},{position},{one.altitude_ft:.0f},{one.speed_kt:.0f},{course:.0f}")
    return "\n".join(rows) + "\n"


def find_touchdown(points: Sequence[Point]) -> float:
    """Seconds from the first fix to the first one on the ground."""
    return next(one.second for one in points if one.altitude_ft == 0)


def _timed(legs: Sequence[tuple[Place, float, float]]) -> list[Point]:
    """Fixes with their seconds, at the mean speed of both ends of each step."""
    points = [Point(0.0, *legs[0])]
    for (place, altitude, speed), (_, _, before) in zip(legs[1:], legs, strict=False):
        last = points[-1]
        seconds = _distance(last.place, place) / (0.5144 * (speed + before) / 2)
        points.append(Point(last.second + max(1.0, seconds), place, altitude, speed))
    return points


def _distance(one: Place, other: Place) -> float:
    lon, lat, to_lon, to_lat = map(math.radians, (*one, *other))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _course(one: Place, other: Place) -> float:
    lon, lat, to_lon, to_lat = map(math.radians, (*one, *other))
    east = math.sin(to_lon - lon) * math.cos(to_lat)
    north = math.cos(lat) * math.sin(to_lat) - math.sin(lat) * math.cos(to_lat) * math.cos(to_lon - lon)
    return math.degrees(math.atan2(east, north)) % 360


def _before(start: Place, end: Place, metres: float) -> Place:
    """A place so far before `start`, on the straight line that leads through it to `end`; only of some kilometres."""
    away = metres / max(1.0, _distance(start, end))
    return start[0] - (end[0] - start[0]) * away, start[1] - (end[1] - start[1]) * away


def _between(corners: Sequence[Place], step_m: float) -> list[Place]:
    """Places along a way of straight lines, both ends and all corners among them."""
    found = [corners[0]]
    for one, other in pairwise(corners):
        steps = max(1, round(_distance(one, other) / step_m))
        found += [
            (one[0] + (other[0] - one[0]) * n / steps, one[1] + (other[1] - one[1]) * n / steps)
            for n in range(1, steps + 1)
        ]
    return found


def _great_circle(start: Place, end: Place, step_m: float) -> list[Place]:
    """Places on the shortest way between two, both ends among them (spherical linear interpolation)."""
    angle = _distance(start, end) / EARTH_M
    one, other = _on_sphere(start), _on_sphere(end)
    steps = max(1, round(angle * EARTH_M / step_m))

    def weigh(share: float) -> float:
        """How much of an end a place has."""
        return math.sin(share * angle) / math.sin(angle)

    found = []
    for n in range(steps + 1):
        x, y, z = (weigh(1 - n / steps) * a + weigh(n / steps) * b for a, b in zip(one, other, strict=True))
        found.append((math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))))
    return found


def _on_sphere(place: Place) -> tuple[float, float, float]:
    lon, lat = map(math.radians, place)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
