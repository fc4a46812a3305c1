"""Draws what the network learns from: candidates in simulated terminals, and what stands there.

Terminals at work are compared look by look; open aprons, seldom taken, with the empty ground that eight looks show.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from imagery_watch.change.background.models import learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residuals
from imagery_watch.change.detection.finder import find_peaks
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.looks.chips import cut_chips, measure_known
from imagery_watch.change.looks.pairs import compare_looks
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.change.preprocess.usability import select_bands
from imagery_watch.model import Areas, Grid
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.simulator import to_scene
from imagery_watch.simulate.terminal.build import Occasion, build_terminal
from imagery_watch.simulate.terminal.canvas import SIZE
from imagery_watch.simulate.terminal.look import Clutter
from imagery_watch.simulate.terminal.plan import Terminal
from imagery_watch.simulate.terminal.visitors import Visitor

LOOKS, OPEN_LOOKS = 3, 8
OPEN_BUSTLE, OPEN_ELEVATIONS = 0.5, (20.0, 75.0)
OPEN_TAKEN, OPEN_LONG, OPEN_PATCHES, OPEN_DUST = (0.2, 0.35, 0.5), 0.3, (1.0, 8.0), (2.0, 16.0)
"""Of open aprons: how often stands are taken against those of terminals, how many vehicles are long ones, and how many
patches lie about, wet or dry and white; where false alarms are counted, the fewer ones."""
SCREEN_LLR = 10.0
SWAPPED_M, BESIDE_M, WITHIN_M = 25.0, 30.0, 25.0
UNSURE_SHARE = 0.4
"""Of the looks: where a stand is taken oftener, the empty ground may be that of what stands there."""
Label = Callable[[tuple[int, int]], tuple[bool, bool, float]]
"""Of a row and column: whether an aircraft came there, whether nobody can say, and its length."""


@dataclass(frozen=True)
class Sample:
    """One candidate of one direction of a pair, or of one look."""

    world: int
    pair: int
    row: int
    col: int
    chip: np.ndarray
    known: float
    aircraft: bool
    ignored: bool
    length_m: float


@dataclass(frozen=True)
class Job:
    """One terminal to draw."""

    seed: int
    traffic: bool
    bustle: float
    ramps: bool = False
    open_aprons: bool = False


def draw_samples(job: Job) -> tuple[list[Sample], float]:
    """The candidates of one terminal, and the km2 x pair, or km2 x look, of apron seen."""
    seed, count = job.seed, OPEN_LOOKS if job.open_aprons else LOOKS
    if job.open_aprons:
        terminal, occasions = build_terminal(
            seed,
            count,
            traffic=job.traffic,
            clutter=_clutter_of(job),
            ramps=job.ramps,
            taken=OPEN_TAKEN[seed % len(OPEN_TAKEN)],
            elevations=OPEN_ELEVATIONS,
        )
    else:
        terminal, occasions = build_terminal(
            seed, count, traffic=job.traffic, clutter=Clutter(job.bustle), ramps=job.ramps
        )
    stack = _stack_up(terminal, occasions, without_infrared=bool(seed % 2))
    shown = {one.seen.when: one.visitors for one in occasions}
    told = [shown[one.datetime] for one in stack.passes]
    samples, km2 = list[Sample](), 0.0
    for number, image, label in _open(stack, told) if job.open_aprons else _pairs(stack, told):
        samples += _cut(seed, number, image, stack, label)
        km2 += float(np.isfinite(image.spread[0][stack.apron_index >= 0]).sum()) * 1e-4
    return samples, km2 if job.open_aprons else km2 / 2


def _clutter_of(job: Job) -> Clutter:
    """Of open aprons."""
    much = job.traffic and bool(job.seed // 4 % 2)
    return Clutter(job.bustle, OPEN_LONG, OPEN_PATCHES[much], OPEN_DUST[much])


def _stack_up(terminal: Terminal, occasions: Sequence[Occasion], *, without_infrared: bool) -> Stack:
    scenes = [to_scene(one.seen, BANDS, number) for number, one in enumerate(occasions)]
    if without_infrared:  # as many catalogues have it
        scenes = [select_bands(scene, BANDS[:3]) for scene in scenes]
    names = tuple(f"apron-{number}" for number in range(int(terminal.aprons.max()) + 1))
    areas = Areas(names, terminal.aprons, terminal.aprons < 0, float((terminal.aprons < 0).sum()) * 1e-4)
    with ThreadPoolExecutor(1) as pool:
        return prepare_stack(scenes, areas, Grid(32632, 600_000, 5_200_000, SIZE, SIZE), DETECTOR, pool)


def _pairs(stack: Stack, told: Sequence[Sequence[Visitor]]) -> Iterator[tuple[int, ResidualImage, Label]]:
    """Each pair of neighbours, both ways."""
    for number in range(len(stack.passes) - 1):
        pair = compare_looks(stack, number, number + 1)
        if pair is not None:
            before, after = told[number : number + 2]
            yield number, pair.came, _label_turnover(stack, after, before)
            yield number, pair.gone, _label_turnover(stack, before, after)


def _open(stack: Stack, told: Sequence[Sequence[Visitor]]) -> Iterator[tuple[int, ResidualImage, Label]]:
    """Each look against the empty ground."""
    images = compute_residuals(stack, learn_backgrounds(stack, timedelta(days=180)))
    for number, image in enumerate(images):
        if image is not None:
            yield number, image, _label_presence(stack, told, number)


def _cut(seed: int, number: int, image: ResidualImage, stack: Stack, label: Label) -> list[Sample]:
    aprons = stack.apron_index >= 0
    places = find_peaks(match_templates(image), aprons, SCREEN_LLR)
    if not places:
        return []
    known = measure_known(image, places)
    return [
        Sample(seed, number, row, col, chip.astype(np.float16), float(share), *label((row, col)))
        for (row, col), chip, share in zip(places, cut_chips(image, aprons, places), known, strict=True)
    ]


def _label_turnover(stack: Stack, here: Sequence[Visitor], there: Sequence[Visitor]) -> Label:
    """Of `here`, those who are not `there` came; where one took another's place nobody can say."""
    came = [one for one in here if not any(one is other for other in there)]

    def swapped(one: Visitor) -> bool:
        return any(np.hypot(one.east - two.east, one.north - two.north) < SWAPPED_M for two in there)

    return _make_label(stack, [one for one in came if not swapped(one)], [one for one in came if swapped(one)])


def _label_presence(stack: Stack, told: Sequence[Sequence[Visitor]], number: int) -> Label:
    """Who stands in a look came, but for stands that are taken so often that nobody knows their ground."""
    often = {gate for one in told for gate in {two.gate for two in one}}
    often = {
        gate for gate in often if sum(any(two.gate == gate for two in one) for one in told) > UNSURE_SHARE * len(told)
    }
    unsure = [one for look in told for one in look if one.gate in often]
    return _make_label(stack, [one for one in told[number] if one.gate not in often], unsure)


def _make_label(stack: Stack, came: Sequence[Visitor], unsure: Sequence[Visitor]) -> Label:
    top, left = stack.georeference.top, stack.georeference.left

    def label(place: tuple[int, int]) -> tuple[bool, bool, float]:
        def apart(one: Visitor) -> float:
            return 10.0 * float(np.hypot(one.row - place[0] - top, one.col - place[1] - left))

        near = [(apart(one), one.length_m) for one in came if apart(one) < max(WITHIN_M, one.length_m / 2)]
        ignored = not near and any(apart(one) < BESIDE_M for one in unsure)
        return bool(near), ignored, min(near)[1] if near else 0.0

    return label
