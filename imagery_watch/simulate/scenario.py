"""Stories to be told over a simulated airfield: who comes, stands and goes, and what else changes."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.clutter import Site, Thing, around, lasting, passing
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.layout import Layout
from imagery_watch.simulate.winter import remains

SIZES = {
    "<= 17 m": ("F-16", "MiG-29"),
    "22 m": ("Su-30",),
    "24-34 m": ("An-26", "C-130", "E175"),
    "34-42 m": ("A320", "B737-800", "Tu-204-300"),
    ">= 42 m": ("Il-62M", "Il-76", "Tu-95", "B777-200", "An-124"),
}
MIX = {"<= 17 m": 0.08, "22 m": 0.2, "24-34 m": 0.26, "34-42 m": 0.2, ">= 42 m": 0.26}
LIVERIES = ((0.62, 0.42), (0.70, 0.55), (0.36, 0.36), (0.24, 0.22), (0.55, 0.30))
"""Fuselage and wings: white with grey wings, all white, bare metal, military grey, light with dark wings."""
FEWEST = 7
EDGE_PX = 4
APART_PX = 10
SHEEN = 0.04
"""One-sigma change of a paint's brightness from pass to pass, as a share."""


@dataclass(frozen=True)
class Stay:
    """One aircraft on one spot from pass `first` up to, not including, pass `gone`."""

    place: Placement
    first: int
    gone: int
    part: Literal["alone", "row", "replaced", "moved", "parked", "taxiing"] = "alone"


@dataclass(frozen=True)
class Story:
    """Everything that is on the aprons of one airfield, pass by pass."""

    stays: tuple[Stay, ...]
    things: tuple[Thing, ...]
    """All that is no aircraft, of one pass or of several."""
    km2: float
    """Of apron."""

    def standing(self, number: int) -> list[Stay]:
        """Who stands there on a pass."""
        return [stay for stay in self.stays if stay.first <= number < stay.gone]

    def lying(self, number: int) -> list[Thing]:
        """What else is there on a pass: patches on the ground first, then what stands on it."""
        there = [thing for thing in self.things if thing.first <= number < thing.gone]
        return sorted(there, key=lambda thing: thing.height > 0)


def tell(layout: Layout, seed: int, count: int, *, traffic: bool, clutter: float = 1.0, snowfalls: int = 0) -> Story:
    """A story of `count` passes: parked aircraft and clutter; with `traffic`, aircraft of all sizes come and go.

    Each of the `snowfalls` leaves heaps and ridges of snow on the aprons.

    Raises ValueError with traffic below `FEWEST` passes: there would be no room for what comes, stands and goes.
    """
    if traffic and count < FEWEST:
        raise ValueError(f"a story with traffic needs at least {FEWEST} passes, not {count}")
    rng = np.random.default_rng(seed)
    from_edge = ndimage.distance_transform_edt(layout.apron_index >= 0)
    sites, rim = _places(from_edge > EDGE_PX), _places((from_edge > 0) & (from_edge <= EDGE_PX))
    km2 = float((layout.apron_index >= 0).sum()) * 1e-4
    spots = _Spots(rng, sites)
    stays = _parked(rng, spots, count)
    if traffic:
        for _ in range(max(3, round(11 * km2))):
            stays += _single(rng, spots, count)
        stays += _row(rng, spots, count) + _replaced(rng, spots, count) + _moved(rng, spots, count)
        stays += _busy(rng, spots, count)
    stays += _taxiing(rng, spots, count, km2 * clutter)
    things = lasting(rng, sites, km2, count, clutter)
    for number in range(count):
        things += passing(rng, sites, km2, number, clutter)
        for stay in (one for one in stays if one.first <= number < one.gone):
            things += around(rng, (stay.place.row, stay.place.col), number, clutter)
    things += remains(rng, rim, sites, km2, count, snowfalls)
    return Story(tuple(stays), tuple(things), km2)


def _places(where: NDArray[np.bool_]) -> list[Site]:
    return [(float(row), float(col)) for row, col in zip(*np.nonzero(where), strict=True)]


class _Spots:
    """Hands out places far enough from those handed out before."""

    def __init__(self, rng: np.random.Generator, sites: list[Site]) -> None:
        self.rng, self.sites, self.taken = rng, sites, list[tuple[float, float, float]]()

    def take(self, room_px: float = APART_PX) -> Site | None:
        """A free place, or None where the aprons are full."""
        for _ in range(300):
            row, col = self.sites[int(self.rng.integers(len(self.sites)))]
            row, col = row + float(self.rng.uniform(-0.5, 0.5)), col + float(self.rng.uniform(-0.5, 0.5))
            if all(np.hypot(row - r, col - c) > (room_px + other) / 2 + APART_PX / 2 for r, c, other in self.taken):
                self.taken.append((row, col, room_px))
                return row, col
        return None


def any_aircraft(rng: np.random.Generator, row: float, col: float, size: str | None = None) -> Placement:
    """An aircraft of a size, or of any, with random heading and paint: a livery one time in three."""
    chosen = size or str(rng.choice(list(MIX), p=list(MIX.values())))
    name = SIZES[chosen][int(rng.integers(len(SIZES[chosen])))]
    livery = LIVERIES[int(rng.integers(len(LIVERIES)))]
    paints = livery if rng.random() < 1 / 3 else tuple(rng.uniform(0.12, 0.70, 2))
    return Placement(name, row, col, float(rng.uniform(0, 360)), float(paints[0]), float(paints[1]))


def _span_of_time(rng: np.random.Generator, count: int) -> tuple[int, int]:
    """First pass and the one when it is gone: one look most often; at times there from the start or to the end."""
    draw = rng.random()
    if draw < 0.1:
        return 0, int(rng.integers(3, count - 2))
    if draw < 0.2:
        return int(rng.integers(3, count - 2)), count
    length = 1 if draw < 0.6 else int(rng.integers(2, 7))
    first = int(rng.integers(2, max(3, count - length - 1)))
    return first, min(first + length, count)


def _single(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    site = spots.take()
    return [] if site is None else [Stay(any_aircraft(rng, *site), *_span_of_time(rng, count))]


def _parked(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    """Long-term parking: a row of three airliners and two others, there on every pass."""
    stays = []
    centre = spots.take(18)
    if centre is not None:
        one = any_aircraft(rng, *centre, "34-42 m")
        stays += [Stay(place, 0, count, "parked") for place in _beside(one, 3, 5.0)]
    for _ in range(2):
        site = spots.take()
        if site is not None:
            stays.append(Stay(any_aircraft(rng, *site), 0, count, "parked"))
    return stays


def _beside(one: Placement, number: int, pitch_px: float) -> list[Placement]:
    """A row, wing tip beside wing tip."""
    turn = np.radians(one.heading_deg + 90)
    steps = [(index - (number - 1) / 2) * pitch_px for index in range(number)]
    return [
        replace(one, row=one.row - float(np.cos(turn)) * step, col=one.col + float(np.sin(turn)) * step)
        for step in steps
    ]


def _row(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    """Four fighters that come and go together."""
    centre = spots.take(14)
    if centre is None:
        return []
    one = any_aircraft(rng, *centre, "22 m")
    span = _span_of_time(rng, count)
    pitch = (TYPES[one.aircraft].span + rng.uniform(4, 10)) / 10
    return [Stay(place, *span, "row") for place in _beside(one, 4, pitch)]


def _replaced(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    """One goes and another comes between the same two looks."""
    site = spots.take()
    if site is None:
        return []
    when = int(rng.integers(3, count - 3))
    first = any_aircraft(rng, *site, "34-42 m")
    second = any_aircraft(rng, *site, ">= 42 m" if rng.random() < 0.5 else "34-42 m")
    return [Stay(first, max(0, when - 4), when, "replaced"), Stay(second, when, min(when + 4, count), "replaced")]


def _moved(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    """One aircraft that changes its stand."""
    here, there = spots.take(), spots.take()
    if here is None or there is None:
        return []
    when = int(rng.integers(3, count - 3))
    one = any_aircraft(rng, *here, ">= 42 m")
    moved = replace(one, row=there[0], col=there[1], heading_deg=float(rng.uniform(0, 360)))
    return [Stay(one, max(0, when - 4), when, "moved"), Stay(moved, when, min(when + 4, count), "moved")]


def _busy(rng: np.random.Generator, spots: _Spots, count: int) -> list[Stay]:
    """A stand that is taken most of the year: one airliner after another, with gaps of one look."""
    site = spots.take()
    stays: list[Stay] = []
    number = 0
    while site is not None and number < count:
        gone = number + int(rng.integers(2, 6))
        stays.append(Stay(any_aircraft(rng, *site, "34-42 m"), number, min(gone, count)))
        number = gone + 1
    return stays


def _taxiing(rng: np.random.Generator, spots: _Spots, count: int, km2: float) -> list[Stay]:
    """Jets on the move when a pass looked, each on one pass."""
    stays = []
    for _ in range(rng.poisson(0.02 * km2 * count)):
        site = spots.take()
        if site is not None:
            jet = replace(any_aircraft(rng, *site, "34-42 m"), speed_m_s=float(rng.uniform(5, 15)))
            number = int(rng.integers(1, count - 1))
            stays.append(Stay(jet, number, number + 1, "taxiing"))
    return stays
