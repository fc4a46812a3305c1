"""An airfield of two shapes, and tracks drawn in metres around its apron."""

import math
from collections.abc import Sequence

import numpy as np
from shapely.geometry import LineString, Point, box

from imagery_watch.corroborate.field import Field, make_field
from imagery_watch.model import Airfield, Apron
from imagery_watch.model.flight import AIR, GROUND, UNTOLD, Track, TrackFormat

LAT, LON, ELEVATION_FT = 47.0, 8.0, 1400.0
NORTH = 111_132.95 - 559.82 * math.cos(2 * math.radians(LAT)) + 1.175 * math.cos(4 * math.radians(LAT))
EAST = 111_412.84 * math.cos(math.radians(LAT)) - 93.5 * math.cos(3 * math.radians(LAT))
START = 1_700_000_000.0
NAN = float("nan")

Row = tuple[float, float, float, float | None, int, float | None]
"""Seconds, metres east and north of the apron's middle, feet above the field, state, knots."""


def at(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of metres."""
    return LON + x / EAST, LAT + y / NORTH


def make_airfield(*, runway: bool = True) -> Airfield:
    """An apron of 400 m, and 600 m east of its middle a runway of 2 km to the north."""
    apron = box(*at(-200, -200), *at(200, 200))
    return Airfield(
        id="XXXX",
        name="Somewhere",
        quality="surveyed",
        source="a test",
        license="none",
        aprons=(Apron("main", apron),),
        stands=(Point(*at(10, 10)),),
        runways=(LineString([at(600, -1000), at(600, 1000)]),) if runway else (),
    )


def make_test_field(*, runway: bool = True) -> Field:
    return make_field(make_airfield(runway=runway), ELEVATION_FT)


def make_track(
    rows: Sequence[Row],
    hex_: str | None = "4b1901",
    origin: str = "day",
    formats: tuple[TrackFormat, ...] = (TrackFormat.READSB,),
) -> Track:
    """The track of such rows, in their order."""
    seconds, x, y, height, state, speed = ([row[number] for row in rows] for number in range(6))
    places = [at(float(east), float(north)) for east, north in zip(x, y, strict=True)]
    return Track(
        hex=hex_,
        type="A320",
        t=np.array(seconds, dtype=float) + START,
        age_s=np.full(len(rows), NAN),
        lat=np.array([lat for _, lat in places]),
        lon=np.array([lon for lon, _ in places]),
        altitude_ft=np.array(height, dtype=float) + ELEVATION_FT,
        state=np.array(state, dtype=np.int8),
        speed_kt=np.array(speed, dtype=float),
        callsign=np.zeros(len(rows), dtype=np.int32),
        callsigns=("TST1",),
        formats=formats,
        origin=origin,
    )


def approach(*, until_m: float = 0.0) -> list[Row]:
    """In from the south at 140 kt on three degrees, a fix each 10 s, to so many metres before the runway."""
    rows: list[Row] = []
    for second in range(0, 111, 10):
        y = -9000.0 + 72.0 * second
        if -1000 - y >= until_m:
            rows.append((float(second), 600.0, y, (-1000 - y) * 0.0524 / 0.3048 + 50, AIR, 140.0))
    return rows


def roll_and_taxi() -> list[Row]:
    """From touch-down at 122 kt to the apron's middle: seconds 115 to 215."""
    places = [(600, -700, 122), (600, -100, 85), (600, 300, 45), (600, 700, 15), (450, 700, 12), (300, 600, 12),
              (200, 450, 12), (100, 250, 12), (50, 120, 12), (10, 10, 3), (0, 0, 0)]  # fmt: skip
    return [
        (115.0 + 10 * number, float(x), float(y), None, GROUND, float(kt)) for number, (x, y, kt) in enumerate(places)
    ]


def stand(minutes: int, start: float = 225.0) -> list[Row]:
    """At the apron's middle, a fix a minute."""
    return [(start + 60.0 * number, 0.0, 0.0, None, GROUND, 0.0) for number in range(minutes + 1)]


def turned(rows: Sequence[Row], start: float) -> list[Row]:
    """The same way back, from so many seconds on."""
    end = rows[-1][0]
    return [(start + end - row[0], *row[1:]) for row in reversed(rows)]


def landing() -> list[Row]:
    """Approach, roll and taxi, and ten minutes on the stand."""
    return [*approach(), *roll_and_taxi(), *stand(10)]


def take_off(start: float = 0.0) -> list[Row]:
    """The landing, backwards."""
    return turned([*approach(), *roll_and_taxi()], start)


def passing(height_ft: float, state: int = AIR, speed: float | None = 250.0) -> list[Row]:
    """From 20 km west to 20 km east, 130 m/s, over the apron's middle."""
    return [(10.0 * number, -20_000.0 + 1300.0 * number, 0.0, height_ft, state, speed) for number in range(31)]


def untold(rows: Sequence[Row]) -> list[Row]:
    """The same without a word of the ground."""
    return [(*row[:4], UNTOLD, row[5]) for row in rows]
