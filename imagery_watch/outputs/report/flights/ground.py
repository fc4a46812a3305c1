"""The way of an aircraft over the ground, on a map of the aprons, over an image of them where the page has one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from imagery_watch.model import Hit, RunResult
from imagery_watch.model.corroboration import GroundStay, TrackTold
from imagery_watch.outputs.report.drawings import Map, Projection, draw_map, fit_around, metres
from imagery_watch.outputs.report.flights.lanes import WEIGHTY
from imagery_watch.outputs.report.flights.scenes import Scenes
from imagery_watch.outputs.wording.flight_terms import tell_aircraft
from imagery_watch.outputs.wording.text import duration, minutes

MOST_FIGURES = 4
NEARBY_M = 500.0
"""Hits so near to where an aircraft was are drawn with it."""
ARROW_AT = 0.6
"""Share of a way at which an arrow says which way it goes."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Way:
    """A way over the ground."""

    kind: str
    """`arrival` or `departure`."""
    path: str
    """SVG path data, in units of the map."""
    arrow: str
    """A triangle on it, or nothing."""


@dataclass(frozen=True)
class Backdrop:
    """An image of the page, and how it lies under the map."""

    scene: int
    matrix: str
    """From units of the image's drawing to those of the map, as SVG writes it."""
    words: str
    """Of which look it is."""


@dataclass(frozen=True)
class GroundFigure:
    """One aircraft's figure."""

    name: str
    when: str
    map: Map
    ways: tuple[Way, ...]
    spot: tuple[float, float]
    stood: bool
    """Whether it parked at that spot."""
    backdrop: Backdrop | None
    hits: tuple[int, ...]
    """Numbers of the hits nearby."""


def draw_ground(result: RunResult, hits: Sequence[Hit], scenes: Scenes | None) -> tuple[GroundFigure, ...]:
    """A figure for each of at most four aircraft on the ground, those that a change fits first, in order of time.

    `hits` are those that are numbered in the report, in its order.
    """
    told = result.corroboration
    if told is None:
        return ()
    chosen = sorted(told.tracks, key=lambda one: (WEIGHTY.index(one.state), one.aircraft.first_ground))[:MOST_FIGURES]
    chosen.sort(key=lambda one: one.aircraft.first_ground)
    return tuple(_figure(one, result, hits, scenes) for one in chosen)


def _figure(one: TrackTold, result: RunResult, hits: Sequence[Hit], scenes: Scenes | None) -> GroundFigure:
    aircraft = one.aircraft
    paths = [("arrival", aircraft.landed.path)] if aircraft.landed else []
    paths += [("departure", aircraft.took_off.path)] if aircraft.took_off else []
    projection = fit_around(result.airfield, [aircraft.place, *(place for _, path in paths for place in path)])
    near = [(number, hit) for number, hit in enumerate(hits, start=1) if _is_near(hit, aircraft)]
    return GroundFigure(
        name=tell_aircraft(aircraft.name, aircraft.type, aircraft.size),
        when=f"{minutes(aircraft.first_ground)} to {minutes(aircraft.last_ground)}",
        map=draw_map(result.airfield, near, projection),
        ways=tuple(_way(kind, [projection(*place) for place in path]) for kind, path in paths if len(path) > 1),
        spot=projection(*aircraft.place),
        stood=aircraft.stood,
        backdrop=None if scenes is None else lay_under(scenes, aircraft, projection),
        hits=tuple(number for number, _ in near),
    )


def _is_near(hit: Hit, aircraft: GroundStay) -> bool:
    lon, lat = aircraft.place
    return math.hypot(*metres(hit.lon - lon, hit.lat - lat, lat)) <= NEARBY_M


def _way(kind: str, points: Points) -> Way:
    return Way(kind, "M" + "L".join(f"{x:g} {y:g}" for x, y in points), draw_arrow(points))


def draw_arrow(points: Points, share: float = ARROW_AT) -> str:
    """A triangle on a line, its tip forward; empty for a line without length."""
    left = share * sum(math.dist(one, other) for one, other in pairwise(points))
    for (x, y), (far_x, far_y) in pairwise(points):
        step = math.hypot(far_x - x, far_y - y)
        if step and left <= step:
            east, south = (far_x - x) / step, (far_y - y) / step
            at_x, at_y = x + east * left, y + south * left
            corners = [(9, 0), (-6, 6), (-6, -6)]
            places = [(at_x + east * a - south * b, at_y + south * a + east * b) for a, b in corners]
            return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + "Z"
        left -= step
    return ""


def lay_under(scenes: Scenes, aircraft: GroundStay, projection: Projection) -> Backdrop:
    """The image of the look nearest in time to an aircraft's on the ground, turned and scaled to the map."""
    scene, words = choose_scene(scenes.times, aircraft)
    (x, y), (right_x, right_y), (low_x, low_y) = (projection(*corner) for corner in scenes.corners)
    across, down = scenes.width, scenes.height
    numbers = ((right_x - x) / across, (right_y - y) / across, (low_x - x) / down, (low_y - y) / down, x, y)
    return Backdrop(scene, f"matrix({' '.join(f'{number:.5g}' for number in numbers)})", words)


def choose_scene(times: Sequence[datetime], aircraft: GroundStay) -> tuple[int, str]:
    """Which look is nearest in time to a time on the ground, the earlier of two; and how it lies to it, in words."""
    first, last = aircraft.first_ground, aircraft.last_ground

    def far(index: int) -> timedelta:
        """How far a look lies from the time on the ground."""
        return max(first - times[index], times[index] - last, timedelta(0))

    scene = min(range(len(times)), key=lambda index: (far(index), times[index]))
    if not far(scene):
        return scene, f"{minutes(times[scene])} UTC, while it was there"
    order = "before it is shown there" if times[scene] < first else "after it was last shown there"
    return scene, f"{minutes(times[scene])} UTC, {duration(far(scene))} {order}: it shows the place, not the aircraft"
