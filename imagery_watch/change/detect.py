"""The change stage, from end to end: Scenes in; objects, events and what every pass could see out.

The order of the steps is in docs/method.md, section 1.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.background.models import learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residuals
from imagery_watch.change.between_looks import find_objects_between_looks
from imagery_watch.change.detection.aircraft_fit import AircraftFit
from imagery_watch.change.detection.finder import Detection, find_detections
from imagery_watch.change.detection.free_shape_fit import measure_object
from imagery_watch.change.false_alarms import NEAR_MISS_LLR, Calibration, calibrate, llr_to_score, score_to_llr
from imagery_watch.change.looks.pairs import compare_looks
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.change.snow.season import SnowSeason, judge_snow
from imagery_watch.change.tracking.answers import Answers
from imagery_watch.change.tracking.events import Event, Standing, derive_events, is_fringe
from imagery_watch.change.tracking.exclusion import enforce_exclusive_occupancy
from imagery_watch.change.tracking.objects import Boundary, ParkedObject, link_detections
from imagery_watch.model import Areas, DetectorModel, Grid, Scene
from imagery_watch.spread import spread

MIN_OPEN_LLR = 0.0
"""Least evidence of a change that is followed."""
FEW_LOOKS_MIN_LLR = 4.0
"""Least evidence of what is told as an aircraft where looks are compared with one another."""
OPEN_BUDGETS = 10.0
"""Times the budget of false hits that a change told so may stand for: who bears few false ones is told few such."""
MIN_OPEN_CHANCE = 0.6
"""Chance of being true from which a change is told beside sure ones though it is weaker than `min_score`."""


@dataclass(frozen=True)
class DetectionResult:
    """What the passes over one airfield show."""

    stack: Stack
    events: tuple[Event, ...]
    """Those that reach `min_score`, and weaker ones that are likely true beside them, sorted by time."""
    own_orbits: tuple[bool | None, ...]
    """Of each pass in the stack: whether its background is its own orbit's; None where it has none."""
    objects: tuple[ParkedObject, ...]
    """Objects over looks, strongest first; weaker ones than the events' too."""
    residual_images: Sequence[ResidualImage | None]
    """Of each pass in the stack, compared with its background."""
    min_score: float
    """What an event had to reach to be told as an aircraft; below it, it is openly unidentified."""
    calibration: Calibration
    """What a score means here."""
    snow: SnowSeason
    """In which looks cleared snow is taken to lie about, and what was held back for that."""

    @property
    def few_looks(self) -> bool:
        """Whether looks were compared with one another, for want of an empty ground."""
        return self.stack.is_few

    def count_held_back(self, index: int, apron: int) -> int:
        """Changes that would be told of one apron in a pass of the stack, if they were no likely heaps of snow."""
        return self.snow.count_held(index, apron, score_to_llr(self.min_score))

    def compared_with(self, index: int) -> ResidualImage | None:
        """A pass of the stack, compared as it was judged: with its background, or with the look before or after it."""
        if not self.few_looks:
            return self.residual_images[index]
        other = index - 1 if index else index + 1
        pair = compare_looks(self.stack, *sorted((index, other))) if other < len(self.stack.passes) else None
        if pair is None:
            return None
        return pair.came if index > other else pair.gone

    def visible_fraction(self, index: int, apron: int) -> float:
        """Share of an apron that a pass of the stack could see."""
        here = self.stack.apron_index == apron
        return float(self.stack.passes[index].visible[here].mean()) if here.any() else 0.0


def detect(
    scenes: Sequence[Scene],
    areas: Areas,
    grid: Grid,
    detector: DetectorModel,
    *,
    half_window: timedelta,
    false_alarms_per_year: float = 4.0,
    min_score: float | None = None,
    workers: int = 1,
    on_pass: Callable[[], None] = lambda: None,
) -> DetectionResult:
    """Changes of aircraft size on the aprons, between the looks of `scenes` (in any order), all of one sensor.

    Changes are reported from the score at which false ones would number `false_alarms_per_year` in a nominal year of
    73 passes, and weaker ones beside many such; or from `min_score` where that is given. Passes are worked on by
    `workers` threads and processes, which changes nothing but the time; `on_pass` is called twice for each usable pass.
    Raises ValueError for scenes of another quantity than the detector's.
    """
    with ThreadPoolExecutor(workers) as pool:
        stack = prepare_stack(scenes, areas, grid, detector, pool, on_pass)
        learnt = learn_backgrounds(stack, half_window)
        images = tuple(compute_residuals(stack, learnt))
        detections = [] if stack.is_few else detect_in_each(images, stack, workers, on_pass)
        judged = Judged(
            stack, tuple(None if one is None else one.model.own_orbit for one in learnt), images, detections
        )
        if stack.is_few:
            found = _find_between(judged, pool, on_pass)
        else:
            found = find_objects(judged, Answers(images, stack.names), pool)
    for image in images:
        if image is not None:
            image.kept.clear()  # a result lives on through limits and pictures, which ask for other cut-outs
    return conclude(judged, found, false_alarms_per_year=false_alarms_per_year, min_score=min_score)


@dataclass(frozen=True)
class Judged:
    """The looks of a stack, each compared with its empty ground."""

    stack: Stack
    own_orbits: tuple[bool | None, ...]
    """Of each pass: whether its background is its own orbit's; None where there was too little history for one."""
    images: Sequence[ResidualImage | None]
    """Of each pass; None where there is nothing to compare it with."""
    detections: Sequence[Detection]
    """Of all looks, weak ones too; none where looks are compared with one another."""


@dataclass(frozen=True)
class Found:
    """The objects that the looks show together."""

    objects: Sequence[ParkedObject]
    """As the bank's shapes tell them: which of them are one event goes by these."""
    measured: Sequence[ParkedObject]
    """The same, as they were measured."""
    snow: SnowSeason


def find_objects(judged: Judged, answers: Answers, pool: Executor, settled: Sequence[Boundary] = ()) -> Found:
    """The objects that the detections of all looks show, none over what is settled; likely cleared snow is none."""
    stack, images, detector = judged.stack, judged.images, judged.stack.detector
    linked = link_detections(judged.detections, answers, settled)
    followed = [one for one in linked if one.llr_vs_clutter >= MIN_OPEN_LLR]
    apart = enforce_exclusive_occupancy(followed, images, detector.min_reported_llr)
    found, snow = judge_snow(apart, stack, images, pool)
    objects = _number(found)
    return Found(objects, list(pool.map(lambda parked: _measure(parked, answers, detector), objects)), snow)


def _find_between(judged: Judged, pool: Executor, on_pass: Callable[[], None]) -> Found:
    """With few looks nobody knows the empty ground: the objects that looks show, compared with one another."""
    stack = judged.stack
    found, snow = judge_snow(find_objects_between_looks(stack, MIN_OPEN_LLR, pool), stack, judged.images, pool)
    for _ in stack.passes:
        on_pass()
    objects = _number(found)
    return Found(objects, objects, snow)


def conclude(
    judged: Judged,
    found: Found,
    *,
    false_alarms_per_year: float,
    min_score: float | None,
    standing: Sequence[Standing] = (),
) -> DetectionResult:
    """The changes that are told of what was found, as `detect` says.

    What was told of earlier (`standing`) is told as long as it comes out at all: what an airfield's clutter asks of a
    new change moves a little with each look, and is no evidence against an old one.
    """
    stack, detector = judged.stack, judged.stack.detector
    # which of them are one event goes by the bank's lengths; relocations and --min-length by the measured ones
    events = _with_measured(derive_events(found.objects, detector.min_reported_llr), found.measured)
    calibration = _calibrate_airfield(judged, events)
    least = calibration.score_at(false_alarms_per_year) if min_score is None else min_score
    if min_score is None and stack.is_few:
        least = max(least, llr_to_score(FEW_LOOKS_MIN_LLR))
    open_budget = false_alarms_per_year if min_score is None else 0.0
    return DetectionResult(
        stack=stack,
        events=tuple(
            one
            for one in events
            if _is_told(one, events, least, calibration, open_budget) or any(old.is_told_by(one) for old in standing)
        ),
        own_orbits=judged.own_orbits,
        objects=tuple(found.measured),
        residual_images=judged.images,
        min_score=least,
        calibration=calibration,
        snow=found.snow,
    )


def detect_in_each(
    images: Sequence[ResidualImage | None], stack: Stack, workers: int, on_pass: Callable[[], None]
) -> list[Detection]:
    """The objects of every look; weak ones too, for several looks may add up."""
    found: list[Detection] = []
    parts = ((index, image, stack.apron_index) for index, image in enumerate(images))
    for detections in spread(detect_in, parts, len(images), workers):
        found += detections
        on_pass()
    return found


def detect_in(index: int, image: ResidualImage | None, apron_index: NDArray[np.int16]) -> list[Detection]:
    """The objects of one look, `index` being its place in the stack; weak ones too."""
    return [] if image is None else find_detections(index, image, apron_index, NEAR_MISS_LLR[0])


def _is_told(event: Event, events: Sequence[Event], least: float, calibration: Calibration, open_budget: float) -> bool:
    """Whether an event is strong enough, or likely; what no shape speaks for must not be the fringe of another."""
    sure = event.score >= least and not event.parked.best.fit.by_network
    return sure or (
        (event.score >= least or _is_likely(event, calibration, open_budget)) and not is_fringe(event, events)
    )


def _is_likely(event: Event, calibration: Calibration, false_alarms_per_year: float) -> bool:
    """Whether a change is likely true, though weaker than the budget asks, for many sure ones were seen here."""
    rare = calibration.false_alarms_per_year(event.score) <= OPEN_BUDGETS * false_alarms_per_year
    return rare and calibration.p_change(event.score) >= MIN_OPEN_CHANCE


def _number(objects: Sequence[ParkedObject]) -> list[ParkedObject]:
    return [replace(parked, id=number) for number, parked in enumerate(objects)]


def _with_measured(events: Sequence[Event], measured: Sequence[ParkedObject]) -> list[Event]:
    """The events, told of the same objects as they were measured."""
    by_id = {parked.id: parked for parked in measured}
    return [replace(event, parked=by_id[event.parked.id], gone=event.gone and by_id[event.gone.id]) for event in events]


def _measure(parked: ParkedObject, answers: Answers, detector: DetectorModel) -> ParkedObject:
    """The object, measured in the looks that show it best; one too weak to be told alone, or the network's, stays."""
    if parked.llr_vs_clutter < detector.min_reported_llr or parked.best.fit.by_network:
        return parked

    def measure() -> AircraftFit:
        """Its shape, with free proportions."""
        numbers = dict.fromkeys((parked.best.look, *(one.look for one in parked.detections)))
        return measure_object(parked.best.fit, [image for one in numbers if (image := answers.images[one]) is not None])

    return replace(parked, best=replace(parked.best, fit=answers.measured(parked.detections, measure)))


def _calibrate_airfield(judged: Judged, events: Sequence[Event]) -> Calibration:
    """From what was seen of the aprons, and what was nearly and surely found on them."""
    stack = judged.stack
    aprons, pixel_km2 = stack.apron_index >= 0, (stack.resolution / 1000.0) ** 2
    compared = [one for one, own in zip(stack.passes, judged.own_orbits, strict=True) if own is not None]
    seen_km2 = sum(float(np.count_nonzero(item.visible & aprons)) * pixel_km2 for item in compared)
    detected = None if stack.is_few else [one.fit.llr_vs_clutter for one in judged.detections]
    found = [score_to_llr(event.score) for event in events]
    return calibrate(stack.detector, float(aprons.sum()) * pixel_km2, seen_km2, detected, found)
