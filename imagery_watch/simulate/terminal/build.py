"""A simulated terminal, and what some looks show of it."""

from dataclasses import dataclass

import numpy as np

from imagery_watch.simulate.overpass import SimulatedPass
from imagery_watch.simulate.terminal.look import USUAL_CLUTTER, Clutter, render_look, sense_look
from imagery_watch.simulate.terminal.plan import Terminal, lay_out
from imagery_watch.simulate.terminal.visitors import Visitor, turn_over


@dataclass(frozen=True)
class Occasion:
    """One look, and who stood at the gates."""

    seen: SimulatedPass
    visitors: tuple[Visitor, ...]


def build_terminal(
    seed: int,
    looks: int,
    *,
    traffic: bool = True,
    unlike: float = 0.3,
    clutter: Clutter = USUAL_CLUTTER,
    ramps: bool = False,
    taken: float = 1.0,
    elevations: tuple[float, float] = (25.0, 65.0),
) -> tuple[Terminal, list[Occasion]]:
    """A terminal of its own for each seed, and what some looks show of it.

    Without `traffic` the visitors of the first look never leave, and all else changes as ever. `unlike` is the share of
    looks whose sun and view are any; the others have those of one orbit and season. `clutter` is what
    else is about. With `ramps` small jets stand wing to wing on the open apron. `taken` is a factor on the chance that
    a stand is taken, and `elevations` bounds the usual height of the sun, in degrees.
    """
    rng = np.random.default_rng(seed)
    terminal = lay_out(rng, ramps=ramps)
    usual = (float(rng.uniform(100, 180)), float(rng.uniform(*elevations)))
    level = float(rng.choice((0.003, 0.005, 0.008, 0.012, 0.02)))
    standing: list[Visitor] = []
    told = []
    for number in range(looks):
        if traffic or not number:
            standing = turn_over(terminal, standing, taken, rng)
        odd = rng.random() < unlike
        sun = (float(rng.uniform(90, 190)), float(rng.uniform(20, 65))) if odd else usual
        sun = (sun[0] + float(rng.normal(0, 2)), sun[1] + float(rng.normal(0, 1)))
        image = render_look(terminal, standing, sun, float(rng.uniform(0, 0.3 if odd else 0.12)), clutter, rng)
        told.append(Occasion(sense_look(image, number, sun, level, rng), tuple(standing)))
    return terminal, told
