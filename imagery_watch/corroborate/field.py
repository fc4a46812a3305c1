"""An airfield as tracks are held against it: its shapes in metres, its height, and whose ground flags are believed."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from imagery_watch.model.airfield import Airfield
from imagery_watch.model.arrays import Doubles
from imagery_watch.model.flight import AIR, GROUND, STATELESS_KT, UNTOLD, Box, Track

ON_APRON_M = 10.0
"""How far outside an apron's outline a fix is still on it: outlines and antennas are good to some metres each."""
ZONE_M = 150.0
"""Around aprons and runways: where two fixes on the ground make a landing. A radius of 5 nm gives false ones."""
AROUND_M = 1_000.0
"""Around the hull of aprons and runways: fixes on the ground there are on this airfield, on its taxiways too."""
FASTEST_ROLL_KT = 200.0
"""On a runway; 122 kt were recorded on a landing roll, and the fastest aircraft touch down at some 190."""
HIGHEST_GROUND_FT = 2_000.0
"""A higher fix is on no ground here. Pressure altitudes are 1,000 ft off at 1049 and 977 hPa, and fields slope."""
SURELY_FLYING_FT = 1_500.0
"""Where nothing is told of the ground, a higher fix is in the air: above it pressure alone does not lift an apron."""
MOVED_WITHIN_S = 15.0
"""Before and after a fix: its way between gives its speed, and a metre of error a knot's tenth."""
SURROUNDINGS_M = 60_000.0
"""What of a file is read for an airfield: half a day's worth of approaches, not of other countries."""


@dataclass(frozen=True, eq=False)
class Field:
    """An airfield's shapes in metres east and north of its middle."""

    airfield: Airfield
    elevation_ft: float
    lon: float
    lat: float
    """Its middle."""
    metres_east: float
    """In a degree."""
    metres_north: float
    aprons: tuple[BaseGeometry, ...]
    """In the airfield's order."""
    corridors: BaseGeometry
    """Runways and `ZONE_M` on either side; empty where no runway is known."""
    zone: BaseGeometry
    """Aprons and runways, and `ZONE_M` around."""
    around: BaseGeometry

    def to_metres(self, lon: Doubles, lat: Doubles) -> tuple[Doubles, Doubles]:
        """Metres east and north of the middle."""
        return ((lon - self.lon + 180) % 360 - 180) * self.metres_east, (lat - self.lat) * self.metres_north


@dataclass(frozen=True, eq=False)
class Seen:
    """A track as the airfield sees it; arrays as long as the track."""

    x: Doubles
    y: Doubles
    distance_m: Doubles
    """From the airfield's middle."""
    height_ft: Doubles
    """Pressure altitude above the field; NaN where none is told."""
    here: NDArray[np.bool_]
    """On the ground of this airfield, and believed."""
    in_zone: NDArray[np.bool_]
    """Of those, near an apron or a runway."""
    slow: NDArray[np.bool_]
    """Of those here, not above 80 kt."""
    elsewhere: NDArray[np.bool_]
    """In the air, or on the ground of another place."""
    airborne: NDArray[np.bool_]
    perhaps_here: NDArray[np.bool_]
    """Low and slow over this airfield, with no word of the ground."""


def make_field(airfield: Airfield, elevation_ft: float) -> Field:
    """The airfield's shapes around its middle, `elevation_ft` above the sea."""
    shapes = [*(one.geometry for one in airfield.aprons), *airfield.runways]
    west, south, east, north = shapely.total_bounds(shapes)
    lon, lat = float(west + east) / 2, float(south + north) / 2
    turn = math.radians(lat)
    north_m = 111_132.95 - 559.82 * math.cos(2 * turn) + 1.175 * math.cos(4 * turn)
    east_m = 111_412.84 * math.cos(turn) - 93.5 * math.cos(3 * turn)

    def drawn(shape: BaseGeometry) -> BaseGeometry:
        """The shape in metres."""
        return shapely.transform(shape, lambda xy: (xy - (lon, lat)) * (east_m, north_m))

    aprons = tuple(drawn(one.geometry) for one in airfield.aprons)
    corridors = shapely.buffer(shapely.union_all([drawn(one) for one in airfield.runways]), ZONE_M)
    zone = shapely.union_all([*(shapely.buffer(one, ZONE_M) for one in aprons), corridors])
    around = shapely.buffer(shapely.convex_hull(zone), AROUND_M - ZONE_M)
    for shape in (corridors, zone, around, *aprons):
        shapely.prepare(shape)
    return Field(airfield, elevation_ft, lon, lat, east_m, north_m, aprons, corridors, zone, around)


def surroundings(field: Field) -> Box:
    """The part of the earth whose fixes matter to the airfield."""
    tall, wide = SURROUNDINGS_M / field.metres_north, min(SURROUNDINGS_M / field.metres_east, 179.0)
    west, east = field.lon - wide, field.lon + wide
    if west < -180 or east > 180:
        west, east = (west + 180) % 360 - 180, (east + 180) % 360 - 180
    return Box(float(west), max(field.lat - tall, -90.0), float(east), min(field.lat + tall, 90.0))


def look_at(track: Track, field: Field) -> Seen:
    """The track from the airfield, its ground flags judged.

    A flag is believed where the fix is not high and, above 80 kt, where it is on a runway: elsewhere nothing rolls so
    fast. One that is not believed says nothing. It is fast where both its told speed and its way say so: state vectors
    keep the speed of the approach while an aircraft taxies.
    """
    x, y = field.to_metres(track.lon, track.lat)
    height = track.altitude_ft - field.elevation_ft
    speed = _slower(track.speed_kt, _moved_kt(track.t, x, y))
    fast = speed > STATELESS_KT
    rolls = shapely.intersects_xy(field.corridors, x, y) & (speed <= FASTEST_ROLL_KT)
    believed = (track.state == GROUND) & ~(height > HIGHEST_GROUND_FT) & (~fast | rolls)
    around = shapely.intersects_xy(field.around, x, y)
    here = believed & around
    surely = (height > SURELY_FLYING_FT) | (fast & ~rolls)
    airborne = (track.state == AIR) | ((track.state == UNTOLD) & surely)
    return Seen(
        x=x,
        y=y,
        distance_m=np.hypot(x, y),
        height_ft=height,
        here=here,
        in_zone=here & shapely.intersects_xy(field.zone, x, y),
        slow=here & ~fast,
        elsewhere=airborne | (believed & ~here),
        airborne=airborne,
        perhaps_here=around & (track.state == UNTOLD) & ~surely & ~fast,
    )


def _moved_kt(t: Doubles, x: Doubles, y: Doubles) -> Doubles:
    """The speed that positions around each fix show; NaN where all are of one moment."""
    since, until = (np.clip(t + shift, t[0], t[-1]) for shift in (-MOVED_WITHIN_S, MOVED_WITHIN_S))
    way = np.hypot(np.interp(until, t, x) - np.interp(since, t, x), np.interp(until, t, y) - np.interp(since, t, y))
    span = until - since
    return np.divide(way, span * 0.5144, out=np.full(len(t), np.nan), where=span >= 1.0)


def _slower(told: Doubles, moved: Doubles) -> Doubles:
    """The smaller of two speeds, NaN where neither is known."""
    return np.fmin(told, moved)


def find_aprons(seen: Seen, which: NDArray[np.int64], field: Field) -> NDArray[np.int64]:
    """Of each of these fixes, the number of the apron that it is on; -1 where on none."""
    points = shapely.points(seen.x[which], seen.y[which])
    found = np.full(len(which), -1, dtype=np.int64)
    for number in reversed(range(len(field.aprons))):
        found[shapely.dwithin(field.aprons[number], points, ON_APRON_M)] = number
    return found
