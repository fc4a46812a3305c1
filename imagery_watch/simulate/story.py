"""The story of the demonstration: what stands at Bolzano from pass to pass, aircraft and what is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from shapely import affinity
from shapely.geometry import Point, box

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.clutter import Thing, drawn
from imagery_watch.simulate.ground import BANDS, Ground
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud, SimulatedPass, Weather, simulate

FIRST = datetime(2022, 8, 21, 10, 20, 29, tzinfo=UTC)
PASSES = 16
ORBITS = ((65, "sentinel-2a"), (22, "sentinel-2b"))
SEED = 20220612
CLOUDS = {6: (Cloud(150, 160, 40),), 13: (Cloud(120, 150, 70), Cloud(40, 220, 30)), 9: (Cloud(40, 60, 25),)}


@dataclass(frozen=True)
class Planted:
    """One aircraft that stands from pass `first` up to, not including, pass `gone`."""

    place: Placement
    first: int
    gone: int

    @property
    def name(self) -> str:
        """Its type."""
        return self.place.aircraft

    @property
    def length_m(self) -> float:
        """Overall length."""
        return TYPES[self.place.aircraft].length


@dataclass(frozen=True)
class Decoy:
    """Something that comes and goes, and is no aircraft."""

    name: str
    length_m: float
    thing: Thing


def plant_aircraft() -> tuple[Planted, ...]:
    """A large and two medium aircraft on two aprons, one replaced between two looks; and a grey fighter."""
    return (
        Planted(Placement("Il-62M", 148.6, 165.8, 28.0, 0.62, 0.42), 4, 8),
        Planted(Placement("A320", 142.0, 134.4, 196.0, 0.62, 0.45), 2, 11),
        Planted(Placement("B737-800", 148.2, 165.9, 310.0, 0.60, 0.42), 11, PASSES),
        Planted(Placement("Su-30", 134.6, 138.2, 250.0, 0.30, 0.28), 5, 10),
    )


def plant_decoys() -> tuple[Decoy, ...]:
    """A white truck beside the Il-62M's stand, and a puddle on it after it has gone."""
    white = np.full(4, 0.7, np.float32)
    truck = affinity.rotate(box(-6.0, -1.3, 6.0, 1.3), 35.0)
    puddle = affinity.rotate(affinity.scale(Point(0.0, 0.0).buffer(1.0), 22.0, 13.0), 60.0)
    return (
        Decoy("truck", 12.0, Thing("vehicle", truck, 143.4, 167.2, 7, 10, white, height=3.4)),
        Decoy("wet ground", 44.0, Thing("wet", puddle, 151.0, 166.0, 9, 11, factor=0.68)),
    )


def simulate_story(
    ground: Ground,
    aircraft: Sequence[Planted],
    decoys: Sequence[Decoy],
    sun_at: Callable[[datetime], tuple[float, float]],
    on_pass: Callable[[int], None] = lambda _: None,
) -> list[SimulatedPass]:
    """The passes, five days apart: two of them clouded over the aprons, each a little off in place and light."""
    rng = np.random.default_rng(SEED)
    passes = []
    for number in range(PASSES):
        orbit, platform = ORBITS[number % 2]
        when = FIRST + timedelta(days=5 * number, minutes=10 * (number % 2))
        weather = Weather(
            shift_px=(float(rng.normal(0, 0.3)), float(rng.normal(0, 0.3))),
            gain=float(rng.normal(1, 0.03)),
            haze=float(abs(rng.normal(0, 0.01))),
            clouds=CLOUDS.get(number, ()),
        )
        sun, image = sun_at(when), ground.reflectance
        for one in decoys:
            if one.thing.first <= number < one.thing.gone:
                image = drawn(image, one.thing, sun)
        standing = [one.place for one in aircraft if one.first <= number < one.gone]
        passes.append(
            simulate(
                image,
                ground.scl,
                BANDS,
                standing,
                weather,
                when=when,
                platform=platform,
                relative_orbit=orbit,
                sun=sun,
                seed=SEED + number,
            )
        )
        on_pass(number + 1)
    return passes


def is_hidden(row: float, col: float, a_pass: SimulatedPass) -> bool:
    """Whether the simulator's own cloud or its shadow lies over a place."""
    return bool(a_pass.scl[round(row), round(col)] in (3, 8, 9))
