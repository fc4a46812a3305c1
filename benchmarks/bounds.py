"""What the best of all statistics would find where the detector finds little: `python benchmarks/bounds.py`. SIMULATED.

At busy stands and in rows of fighters, and for comparison at stands of their own, each aircraft is asked of by who was
told everything: its type, heading and paints, its place to a quarter of a pixel, and the same of all its neighbours.
What is left to that statistic is the noise, the ground as it was learnt, and the question whether a plainer thing
explains the same pixels as well. It is asked twice: on the ground that the detector learns, and on the ground that
would be learnt if those stands had never been taken.
"""

import argparse
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import NamedTuple

import numpy as np
from tallies import SIZE_OF, share
from worlds import CASES, Job, Told, jobs, judged, look_for, numbers, setting

from imagery_watch.change.background.models import learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residual
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.detection.aircraft_templates import HALF_PX, SIDE_PX
from imagery_watch.change.detection.clutter_fit import fit_clutter
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.false_alarms import score_to_llr
from imagery_watch.change.preprocess.stack import Stack, add_pass, prepare_stack
from imagery_watch.change.tracking.objects import combine_llrs
from imagery_watch.evaluate.verdicts import Change
from imagery_watch.model import Scene
from imagery_watch.model.arrays import Floats
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.settings import Settings
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.inject import inject
from imagery_watch.simulate.scenario import Stay, Story
from imagery_watch.simulate.simulator import World, build, grid

HALF_WINDOW = timedelta(days=Settings().baseline_half_window_days)
STEPS_PX = (-0.25, 0.0, 0.25)
"""Rows and columns by which an aircraft may lie beside its true place: the frame lies that much off."""
AMOUNTS = (0.6, 1.2)
"""Of its signal: resampling dims an aircraft's finest detail, light and sheen change it a little."""
NEAR_PX = 12
"""Neighbours up to so far away reach into a cut-out."""
ELSEWHERE = (20.0, 20.0)
"""Row and column of a corner of the Grid without aprons, where the stays that are taken away are put."""
PAD_PX = 20
"""Around a cut-out, so that neighbours beyond its edge can be drawn."""


@dataclass(frozen=True)
class Bound:
    """One change, what the detector made of it, and what could be made of it."""

    group: str
    told: bool
    """By the detector, at its own score."""
    threshold: float
    """Evidence over clutter that the airfield's own score asks for, nats."""
    learnt: "Evidence"
    """Of all looks in which it stood, on the ground that the detector learnt."""
    free: "Evidence"
    """The same on the ground as it would be learnt if those stands had never been taken."""


class Evidence(NamedTuple):
    """What looks say to who was told everything, in nats."""

    over_empty: float
    """That the aircraft is there, against the empty ground."""
    over_clutter: float
    """The same against the best plainer explanation, or the empty ground where that is better."""


def measure(job: Job) -> list[Bound]:
    """All changes of one world at busy stands, in rows, and those of 34-42 m at stands of their own."""
    world = build(setting(job))
    detection = look_for(world)
    watched = judged(job, world, detection, {}, {})
    wanted = [one for one in watched.told if group_of(one)]
    learnt, free = Learnt(world, detection), Freed(world, {(one.change.row, one.change.col) for one in wanted})
    threshold = score_to_llr(watched.promise.score)
    return [
        Bound(group_of(one), one.reported, threshold, learnt.ask(one.change), free.ask(one.change)) for one in wanted
    ]


def group_of(one: Told) -> str:
    """Which row of the table a change belongs to; empty: none."""
    if one.stand == "alone":
        return "34-42 m, at a stand of its own" if SIZE_OF[one.change.aircraft] == "34-42 m" else ""
    return {"busy": "busy stand, 34-42 m", "row": "row of four at 22 m, members"}.get(one.stand, "")


class Oracle(ABC):
    """Asks the looks of a world, each compared with some ground, of aircraft that it knows."""

    def __init__(self, world: World, stack: Stack) -> None:
        self.world, self.stack = world, stack
        self.known: dict[tuple[Stay, int], Evidence | None] = {}

    @abstractmethod
    def image(self, number: int) -> ResidualImage | None:
        """The residual image of one pass of the world; None where it has none."""

    def ask(self, change: Change) -> Evidence:
        """The evidence of all looks in which the aircraft of a change stood: the best, and what the others add."""
        stay = _stay_of(change, self.world.story)
        every = [found for number in range(stay.first, stay.gone) if (found := self._ask(stay, number)) is not None]
        if not every:
            return Evidence(0.0, 0.0)
        empty, clutter = (sorted(kind, reverse=True) for kind in zip(*every, strict=True))
        return Evidence(combine_llrs(empty[0], empty[1:]), combine_llrs(clutter[0], clutter[1:]))

    def _ask(self, stay: Stay, number: int) -> Evidence | None:
        if (stay, number) not in self.known:
            image = self.image(number)
            beside = [one for one in self.world.story.standing(number) if one is not stay and _is_near(one, stay)]
            where = self.stack.georeference
            origin = (where.top, where.left)
            self.known[stay, number] = None if image is None else ask_look(image, stay, beside, origin)
        return self.known[stay, number]


class Learnt(Oracle):
    """On the ground that the detector learns."""

    def __init__(self, world: World, detection: DetectionResult) -> None:
        super().__init__(world, detection.stack)
        self.images = dict(zip(numbers(detection), detection.residual_images, strict=True))

    def image(self, number: int) -> ResidualImage | None:
        """As the detector compared the pass."""
        return self.images.get(number)


class Freed(Oracle):
    """On the ground of the same airfield, in the same weather, whose stands in question were never taken."""

    def __init__(self, world: World, sites: set[tuple[float, float]]) -> None:
        freed = build(world.setting, lambda story: free_sites(story, sites))
        with ThreadPoolExecutor(1) as pool:
            super().__init__(world, prepare_stack(freed.scenes, world.areas, grid(), DETECTOR, pool))
        self.learnt = learn_backgrounds(self.stack, HALF_WINDOW)
        self.scenes, self.made = world.scenes, dict[int, ResidualImage | None]()

    def image(self, number: int) -> ResidualImage | None:
        """The pass as it was, compared with what the freed passes teach."""
        if number not in self.made:
            self.made[number] = self._compare(self.scenes[number])
        return self.made[number]

    def _compare(self, scene: Scene) -> ResidualImage | None:
        index = self.stack.index_of(scene.acquisition_id)
        learnt = None if index is None else self.learnt[index]
        if index is None or learnt is None:
            return None
        others = (*self.stack.passes[:index], *self.stack.passes[index + 1 :])
        real = add_pass(replace(self.stack, passes=others), scene)
        at = real.index_of(scene.acquisition_id)
        return None if at is None else compute_residual(real.passes[at], learnt, real)


def free_sites(story: Story, sites: set[tuple[float, float]]) -> Story:
    """The story with the stays at some sites in a far corner, as many on each pass as before."""
    row, col = ELSEWHERE
    stays = (
        replace(one, place=replace(one.place, row=row, col=col)) if (one.place.row, one.place.col) in sites else one
        for one in story.stays
    )
    return replace(story, stays=tuple(stays))


def _stay_of(change: Change, story: Story) -> Stay:
    """The stay that a change began, or ended."""
    here = [one for one in story.stays if (one.place.row, one.place.col) == (change.row, change.col)]
    mine = [one for one in here if one.place.heading_deg == change.heading_deg]
    if change.kind == "departure":
        return min(mine, key=lambda one: abs(one.gone - change.after))
    return min(mine, key=lambda one: abs(one.first - change.after))


def _is_near(one: Stay, other: Stay) -> bool:
    return bool(np.hypot(one.place.row - other.place.row, one.place.col - other.place.col) <= NEAR_PX)


def ask_look(image: ResidualImage, stay: Stay, beside: Sequence[Stay], origin: tuple[int, int]) -> Evidence:
    """What one look says of one aircraft, its neighbours known; `origin` is the image's first row and column.

    The place is the likeliest of nine: a frame may lie that much off.
    """
    cutout = make_cutout(image, round(stay.place.row) - origin[0], round(stay.place.col) - origin[1])
    asked = [_ask_at(cutout, stay, beside, origin, move) for move in product(STEPS_PX, STEPS_PX)]
    over_empty, alone = max(asked, key=lambda one: one[0])
    return Evidence(over_empty, over_empty - fit_clutter(alone))


def _ask_at(
    cutout: Cutout, stay: Stay, beside: Sequence[Stay], origin: tuple[int, int], move: tuple[float, float]
) -> tuple[float, Cutout]:
    """The log-likelihood ratio of just this aircraft against the empty ground; the cut-out without its neighbours."""
    middle = (cutout.row + origin[0] - move[0], cutout.col + origin[1] - move[1])
    around = sum((_draw(cutout, one, middle) for one in beside), np.zeros_like(cutout.residual))
    alone = replace(cutout, residual=cutout.residual - around)
    signal, seen = alone.whiten(_draw(cutout, stay, middle)[None])[0], alone.whitened_residual
    power, along = float(signal @ signal), float(signal @ seen)
    amount = float(np.clip(along / max(power, 1e-9), *AMOUNTS))
    return amount * along - 0.5 * amount**2 * power, alone


def _draw(cutout: Cutout, stay: Stay, middle: tuple[float, float]) -> Floats:
    """(band, pixel): what an aircraft adds to the ground of a cut-out, whose middle is at that row and column."""
    sun = (cutout.imaging.sun_azimuth, cutout.imaging.sun_elevation)
    square = cutout.ground.reshape(-1, SIDE_PX, SIDE_PX)
    ground = np.pad(square, ((0, 0), (PAD_PX, PAD_PX), (PAD_PX, PAD_PX)), mode="edge")
    row, col = (at - mid + HALF_PX + PAD_PX for at, mid in zip((stay.place.row, stay.place.col), middle, strict=True))
    added = inject(ground, BANDS, replace(stay.place, row=row, col=col), *sun) - ground
    return np.ascontiguousarray(added[:, PAD_PX:-PAD_PX, PAD_PX:-PAD_PX].reshape(len(ground), -1))


def table(found: Sequence[Bound], case: str) -> Iterator[str]:
    """The rows of one ground, as Markdown."""
    for group in dict.fromkeys(one.group for one in found):
        mine = [one for one in found if one.group == group]
        counts = [
            sum(one.told for one in mine),
            *(sum(ask(one) >= one.threshold for one in mine) for ask in STATISTICS.values()),
        ]
        yield f"| {case} | {group} | {len(mine)} | " + " | ".join(share(count, len(mine)) for count in counts) + " |"


STATISTICS: dict[str, Callable[[Bound], float]] = {
    "told all, learnt ground": lambda one: one.learnt.over_clutter,
    "told all, free ground": lambda one: one.free.over_clutter,
    "told all, free ground, no plainer thing": lambda one: one.free.over_empty,
}


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=4, help="of each ground")
    parser.add_argument("--grounds", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    heads = ["ground", "change", "n", "the detector", *STATISTICS]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    with ProcessPoolExecutor(asked.processes) as pool:
        for case in asked.grounds:
            found = [one for some in pool.map(measure, jobs([case], asked.worlds, 0)) for one in some]
            print("\n".join(table(found, case)), flush=True)


if __name__ == "__main__":
    main()
