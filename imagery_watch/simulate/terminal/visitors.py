"""Who stands at the gates of a terminal, and who comes next."""

from dataclasses import dataclass

import numpy as np

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.physics import PIXEL_M
from imagery_watch.simulate.terminal.canvas import HALF_M, Colour
from imagery_watch.simulate.terminal.plan import Gate, Terminal


@dataclass(frozen=True)
class Visitor:
    """One aircraft at a gate."""

    gate: int
    shape: str
    east: float
    north: float
    heading: float
    scale: float
    """Of its drawing: nobody's shapes are these."""
    hull: Colour
    wings: Colour

    @property
    def length_m(self) -> float:
        """Overall length."""
        return TYPES[self.shape].length * self.scale

    @property
    def row(self) -> float:
        """Whole numbers at pixel centres."""
        return (HALF_M - self.north) / PIXEL_M - 0.5

    @property
    def col(self) -> float:
        """Whole numbers at pixel centres."""
        return (self.east + HALF_M) / PIXEL_M - 0.5


def turn_over(terminal: Terminal, before: list[Visitor], taken: float, rng: np.random.Generator) -> list[Visitor]:
    """Who stands there in the next look; `taken` is a factor on the chance that a stand is taken."""
    there = {one.gate: one for one in before}
    after = []
    for number, gate in enumerate(terminal.gates):
        if rng.random() < gate.taken * taken:
            old = there.get(number)
            after.append(old if old is not None and rng.random() < gate.kept else _visitor(number, gate, rng))
    return after


def _visitor(number: int, gate: Gate, rng: np.random.Generator) -> Visitor:
    shape = gate.types[int(rng.integers(len(gate.types)))]
    colour = rng.normal(1, 0.04, len(BANDS))
    draw = rng.random()
    if draw < 0.75:
        hull = rng.uniform(*gate.hull) * colour
    elif draw < 0.88:
        hull = rng.uniform(0.06, 0.6, len(BANDS))
    else:
        hull = rng.uniform(0.05, 0.25) * colour
    wings = (rng.uniform(*gate.wings) if draw < 0.88 else rng.uniform(0.06, 0.25)) * rng.normal(1, 0.03, len(BANDS))
    return Visitor(
        number,
        shape,
        gate.east + float(rng.normal(0, 1.5)),
        gate.north + float(rng.normal(0, 2.5)),
        gate.heading + float(rng.normal(0, 2)),
        float(rng.uniform(*gate.scale)),
        np.asarray(hull, np.float32),
        np.asarray(wings, np.float32),
    )
