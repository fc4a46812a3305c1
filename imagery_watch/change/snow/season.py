"""Snow season: in which looks cleared snow lies about, and which objects heaps of it explain as well as aircraft.

Such objects are held back: they are counted and told of in the looks, and are no hits (docs/method.md, section 14).
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit, compute_llr_vs_clutter, compute_mean_paint
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.looks.pairs import compare_looks
from imagery_watch.change.preprocess.stack import Stack
from imagery_watch.change.snow.heap_fit import fit_heap
from imagery_watch.change.tracking.objects import ParkedObject, combine_llrs
from imagery_watch.model.change import FEW_LOOKS

SNOW_LIES = timedelta(days=30)
"""How long heaps of cleared snow are taken to outlast snow that was seen."""
MIN_HEAPS, MIN_HEAP_SHARE = 3, 0.35
"""Bright objects that must be heaps for snow to be taken to lie about, and their share of all bright ones."""
HEAPS_TOGETHER = timedelta(days=21)
"""Around a look that shows a heap, within which they are counted."""
CLEAR_HEAP_LLR = 10.0
"""How much better than an aircraft a heap must explain an object for that: real small jets (Genoa) reach 8."""
SNOW_WHITE_PAINT = 0.8
"""Reflectance of the brighter part of a fitted aircraft from which an object is asked for that."""
MIN_SNOW_PAINT = 0.2
"""Mean reflectance of what may be snow: less is darker than old snow."""
JUDGED_DETECTIONS = 3
"""Detections of an object that are compared with heaps, the best first."""
ROW_REACH_PX, ROW_STEP_PX = 6, 2
"""How far from a member of a row the middle of a ridge is looked for to each side, and at what steps."""


@dataclass(frozen=True)
class SnowSeason:
    """What a stack shows of cleared snow."""

    looks: tuple[bool, ...]
    """Of each pass in the stack: whether cleared snow is taken to lie about."""
    held: tuple[ParkedObject, ...] = ()
    """Objects that came or left in such looks and may be heaps: they have no events."""

    def count_held(self, look: int, apron: int, min_llr: float) -> int:
        """Changes of at least so much evidence, held back, of which a look of the stack is the first to show them."""
        here = [one for one in self.held if one.best.apron == apron and one.llr_vs_clutter >= min_llr]
        return sum((one.came and one.first == look) + (one.went and one.after == look) for one in here)


class SnowJudgement(NamedTuple):
    """Objects, parted."""

    kept: list[ParkedObject]
    """Those that are no heap, in their order."""
    season: SnowSeason


def judge_snow(
    objects: Sequence[ParkedObject], stack: Stack, images: Sequence[ResidualImage | None], pool: Executor
) -> SnowJudgement:
    """The objects less those that came in snow season, and that heaps of snow explain as well as aircraft.

    Snow season is where snow lay on the fields, or where several objects look like heaps, and a month from then on.
    """
    least, seen = stack.detector.min_reported_llr, _Seen(stack, images)
    strong = [one for one in objects if one.llr_vs_clutter >= least]
    looks = find_season(stack, (*stack.snowy, *_find_snowy_looks(strong, seen, pool)))
    inside = [one for one in strong if looks[one.first] and _mean_paint(one) >= MIN_SNOW_PAINT]
    evidence = pool.map(seen.weigh, inside)
    held = tuple(one for one, llr in zip(inside, evidence, strict=True) if llr < least)
    ids = {id(one) for one in held}
    return SnowJudgement([one for one in objects if id(one) not in ids], SnowSeason(looks, held))


def find_season(stack: Stack, snowy: Sequence[datetime]) -> tuple[bool, ...]:
    """Of each pass in the stack: whether one of these times is no more than a month back."""
    times = [one.datetime for one in stack.passes]
    return tuple(any(timedelta(0) <= time - when <= SNOW_LIES for when in snowy) for time in times)


def compare_with_heaps(fit: AircraftFit, image: ResidualImage) -> float:
    """Evidence for the aircraft of a fit over the best heap in its place, in the image in which it was fitted.

    On the scale of `AircraftFit.llr_vs_clutter`, and no more than that; 0 or less: a heap explains as much.
    """
    cutout = make_cutout(image, round(fit.row), round(fit.col))
    heap_llr = fit_heap(cutout, _list_starts(fit))
    llr = compute_llr_vs_clutter(fit.llr_vs_empty, heap_llr, fit.reduced_chi2, len(cutout.bands))
    return min(fit.llr_vs_clutter, llr)


def _list_starts(fit: AircraftFit) -> list[tuple[float, float]]:
    """Where the middle of a heap is looked for: at the aircraft; of a member of a row anywhere along the row."""
    if not fit.in_row:
        return [(0.0, 0.0)]
    down, right = np.sin(np.radians(fit.heading_deg)), np.cos(np.radians(fit.heading_deg))
    return [(by * float(down), by * float(right)) for by in range(-ROW_REACH_PX, ROW_REACH_PX + 1, ROW_STEP_PX)]


class _Seen:
    """The looks, each as it was judged."""

    def __init__(self, stack: Stack, images: Sequence[ResidualImage | None]) -> None:
        self.stack, self.images = stack, images

    def compare(self, parked: ParkedObject, detection: Detection) -> float:
        """Evidence for an object over heaps in one of the looks that show it; its own where that look has no image."""
        image = self._image_of(parked, detection.look)
        return detection.fit.llr_vs_clutter if image is None else compare_with_heaps(detection.fit, image)

    def weigh(self, parked: ParkedObject) -> float:
        """The same over the best of its looks."""
        each = [self.compare(parked, one) for one in parked.detections[:JUDGED_DETECTIONS]]
        best, *others = sorted(each, reverse=True)
        return combine_llrs(best, others)

    def is_clear_heap(self, parked: ParkedObject) -> bool:
        """Whether a heap explains an object far better than an aircraft, in the look that shows it best."""
        return self.compare(parked, parked.best) <= -CLEAR_HEAP_LLR

    def _image_of(self, parked: ParkedObject, look: int) -> ResidualImage | None:
        if len(self.stack.passes) >= FEW_LOOKS:
            return self.images[look]
        ground = parked.before if look == parked.first and parked.before is not None else parked.after
        pair = None if ground is None else compare_looks(self.stack, min(look, ground), max(look, ground))
        if ground is None or pair is None:
            return None
        return pair.came if look > ground else pair.gone


def _mean_paint(parked: ParkedObject) -> float:
    return compute_mean_paint(parked.best.fit.template, parked.best.fit.paints)


def _find_snowy_looks(objects: Sequence[ParkedObject], seen: _Seen, pool: Executor) -> list[datetime]:
    """Times of the looks that show a heap, around which heaps are several, and not few of what is bright.

    Without near infrared the colours of snow are those of paint, and nothing is told.
    """
    stack, white = seen.stack, [one for one in objects if max(one.best.fit.paints) >= SNOW_WHITE_PAINT]
    if stack.detector.lacks_infrared(stack.bands) or len(white) < MIN_HEAPS:
        return []
    told = [(one, heap) for one, heap in zip(white, pool.map(seen.is_clear_heap, white), strict=True)]
    times = [one.datetime for one in stack.passes]
    found = []
    for time in times:
        near = [look for look, other in enumerate(times) if abs(other - time) <= HEAPS_TOGETHER]
        around = [heap for one, heap in told if any(one.first <= look <= one.last for look in near)]
        here = any(heap and times[one.first] <= time <= times[one.last] for one, heap in told)
        if here and sum(around) >= max(MIN_HEAPS, MIN_HEAP_SHARE * len(around)):
            found.append(time)
    return found
