"""The story of Sunan, made up: an Il-62M that stands there for 36 hours, and two calendars of passes around it.

The airfield has Sunan's place on the earth and nearly its runway's direction; its aprons are the simulator's. Which
passes there were in those days, and under which clouds, is not known here: both calendars are made.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from imagery_watch.model import Grid
from imagery_watch.simulate.flight import Place, Way
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.layout import APRONS_M, SIZE
from imagery_watch.simulate.scenario import Stay, Story
from imagery_watch.simulate.simulator import Setting, World, build

SEED = 29
EPSG, LEFT, TOP = 32651, 728_980.0, 4_346_760.0
"""The square's corner: its middle is the middle of Sunan's apron box, in UTM zone 51."""
MOSCOW: Place = (37.27, 55.59)
"""Vnukovo."""
ELEVATION_FT = 117.0
LANDS = datetime(2023, 7, 31, 11, 28, tzinfo=UTC)
STOOD = timedelta(hours=36)
PASSES, PASS_OF_STAY = 11, 8
STAND_M = (-150.0, 90.0)
"""Along the runway's direction, and across it, from the middle."""
RUNWAY_ACROSS_M, RUNWAY_HALF_M = -700.0, 1350.0
CLEAR_PX = 14.0
"""Round the stand nobody else is parked."""


@dataclass(frozen=True)
class Calendar:
    """When the passes are."""

    name: str
    """Of its folder."""
    told: str
    """What is peculiar about it, as a sentence's beginning."""
    first: datetime
    stands_in: int | None
    """Which pass shows the aircraft; none where all are before or after."""

    @property
    def times(self) -> tuple[datetime, ...]:
        """The day of each pass."""
        return tuple(self.first + timedelta(days=5 * number) for number in range(PASSES))


def _start(day: datetime) -> datetime:
    return day - timedelta(days=5 * PASS_OF_STAY)


CALENDARS = (
    Calendar("pass", "One pass falls into the stay", _start(datetime(2023, 8, 1, 2, 25, tzinfo=UTC)), PASS_OF_STAY),
    Calendar("no-pass", "No pass falls into the stay", _start(datetime(2023, 8, 4, 2, 25, tzinfo=UTC)), None),
)


def square() -> Grid:
    """The square that is simulated: 3 km around Sunan's middle."""
    return Grid(EPSG, LEFT, TOP, SIZE, SIZE)


def simulate_calendar(calendar: Calendar) -> World:
    """The airfield pass by pass, with the Il-62M on its stand in the pass that falls into its stay, if one does."""
    setting = Setting(SEED, passes=PASSES, latitude=39.2, start=calendar.first, traffic=False, clutter=0.6, cloudy=0.0)
    return build(setting, lambda story: _with_visitor(story, calendar))


def _with_visitor(story: Story, calendar: Calendar) -> Story:
    row, col = locate(*STAND_M)
    kept = tuple(one for one in story.stays if math.hypot(one.place.row - row, one.place.col - col) > CLEAR_PX)
    if calendar.stands_in is None:
        return replace(story, stays=kept)
    place = Placement("Il-62M", row, col, heading() + 90.0, 0.66, 0.45)
    return replace(story, stays=(*kept, Stay(place, calendar.stands_in, calendar.stands_in + 1)))


@cache
def heading() -> float:
    """Of the runway, degrees from north."""
    from imagery_watch.simulate.layout import lay_out

    return lay_out(SEED).heading


def locate(along: float, across: float) -> tuple[float, float]:
    """Row and column of metres along the runway's direction and across it, from the square's middle."""
    east, north = _turn(along, across)
    return SIZE / 2 - north / 10 - 0.5, SIZE / 2 + east / 10 - 0.5


def list_corners(to_lonlat: Callable[[float, float], Place]) -> list[list[Place]]:
    """The corners of the main apron, the only one that is watched; `to_lonlat` gives longitude and latitude."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        [to_lonlat(*_ground(along + a * length / 2, across + b * width / 2)) for a, b in corners]
        for along, across, length, width in APRONS_M[:1]
    ]


def lead_way(to_lonlat: Callable[[float, float], Place]) -> Way:
    """From Moscow onto the runway and over the ground to the stand."""
    along, across = STAND_M
    ground = ((-RUNWAY_HALF_M, RUNWAY_ACROSS_M), (900.0, RUNWAY_ACROSS_M), (1000.0, -560.0), (700.0, -250.0),
              (along + 120.0, across - 130.0), (along, across))  # fmt: skip
    return Way(MOSCOW, tuple(to_lonlat(*_ground(*one)) for one in ground))


def list_runway(to_lonlat: Callable[[float, float], Place]) -> list[Place]:
    """Both ends of the runway."""
    return [to_lonlat(*_ground(end * RUNWAY_HALF_M, RUNWAY_ACROSS_M)) for end in (-1.0, 1.0)]


def _turn(along: float, across: float) -> tuple[float, float]:
    turn = math.radians(heading())
    return along * math.sin(turn) + across * math.cos(turn), along * math.cos(turn) - across * math.sin(turn)


def _ground(along: float, across: float) -> tuple[float, float]:
    """Easting and northing."""
    east, north = _turn(along, across)
    return LEFT + SIZE * 5 + east, TOP - SIZE * 5 + north
