"""Detections of one object, look after look: where it stands, and in which looks it does and does not.

See docs/method.md, section 11.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from imagery_watch.change.detection.aircraft_fit import MIN_EXCLUSION_M, overlaps
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.answers import Answers
from imagery_watch.change.tracking.forced import ABSENT_SHARE

PRESENT_SHARE = 0.55
"""Share of the object's own signal from which it is there; between this and `ABSENT_SHARE` nobody knows."""
MIN_STEP = 0.6
"""Least step of that share from one side of a change to the other: a shadow that grows with the season creeps."""
STEP_LOOKS = 2
"""Looks on either side of a change whose mean share makes the step."""
MAX_ADDED = 2.0
"""Times the best look's evidence that all the others may add to it."""


class OccupancyState(IntEnum):
    """What one look says about one object."""

    ABSENT = 0
    PRESENT = 1
    UNKNOWN = 2


SAME_PLACE_M = 30.0
"""Two changes nearer than this are at one place (part of the contract)."""


class Boundary(NamedTuple):
    """A change that is settled: what was seen on one side of it is not what was seen on the other."""

    before: int
    """Index of the last look before it."""
    after: int
    """Index of the first look after it."""
    row: float
    col: float

    def is_near(self, detection: Detection) -> bool:
        """Whether it was of what stands at the place of a detection, and of no neighbour's."""
        fit = detection.fit
        away_m = np.hypot(fit.row - self.row, fit.col - self.col) * fit.template.imaging.pixel_m
        room_m = fit.exclusion_radius_m if fit.in_row and fit.exclusion_radius_m is not None else MIN_EXCLUSION_M
        return bool(away_m < min(room_m, MIN_EXCLUSION_M))

    def parts(self, look: int, other: int) -> bool:
        """Whether it lies between two looks."""
        return min(look, other) <= self.before and self.after <= max(look, other)


@dataclass(frozen=True)
class ParkedObject:
    """One object over consecutive looks."""

    best: Detection
    """The one with the most evidence."""
    first: int
    """Index of the first look that shows it."""
    last: int
    """Index of the last."""
    before: int | None
    """The last visible look before `first`, in which it was not there; None where no look tells."""
    after: int | None
    """The first visible look after `last`, in which it was not there."""
    llr_vs_clutter: float
    """As `AircraftFit.llr_vs_clutter`, with what further looks add to it."""
    detections: tuple[Detection, ...] = ()
    """All that are of it, best first."""
    observed_in: tuple[int, ...] = ()
    """Indices of the looks from the first to the last that say something of its place."""
    steps: tuple[float, float] = (1.0, 1.0)
    """How much of the object came at its first look, and went after its last: 1 is all of it at once."""
    id: int = -1
    """Number of the object among those of one airfield; -1 until they are numbered."""

    @property
    def came(self) -> bool:
        """Whether there is a look without it before the first with it, and it came at once."""
        return self.before is not None and self.steps[0] >= MIN_STEP

    @property
    def went(self) -> bool:
        """Whether there is a look without it after the last with it, and it went at once."""
        return self.after is not None and self.steps[1] >= MIN_STEP


def link_detections(
    found: Sequence[Detection], answers: Answers, settled: Sequence[Boundary] = ()
) -> list[ParkedObject]:
    """Objects joined over looks, strongest first; a detection that a stronger object explains is not a second one.

    The detections' indices are those of the looks that `answers` asks. No object reaches over what is settled.
    """
    waiting = sorted(found, key=lambda s: (-s.fit.llr_vs_clutter, s.look, s.fit.row, s.fit.col))
    joined: list[ParkedObject] = []
    while waiting:
        parked = follow_object(waiting[0], answers, settled)
        mine = (waiting[0], *(detection for detection in waiting[1:] if _explains(detection, parked)))
        joined.append(replace(parked, detections=mine))
        waiting = [detection for detection in waiting if detection not in mine]
    parts = [part for parked in merge_objects(joined) for part in split_at_change_point(parked, answers)]
    return sorted(parts, key=lambda parked: -parked.llr_vs_clutter)


def split_at_change_point(parked: ParkedObject, answers: Answers) -> list[ParkedObject]:
    """The object with the evidence of its detections; or several, if another object took the place of the first."""
    looks = parked.observed_in
    change = answers.change_point(parked.detections, looks)
    seen_later = [one.look >= looks[change] for one in parked.detections] if change else []
    if change is None or all(seen_later) or not any(seen_later):
        return [restrict_to(parked, parked.first, parked.last)]
    last, first = looks[change - 1], looks[change]
    early = restrict_to(replace(parked, after=first, steps=(parked.steps[0], 1.0)), parked.first, last)
    late = restrict_to(replace(parked, before=last, steps=(1.0, parked.steps[1])), first, parked.last)
    return [part for half in (early, late) for part in split_at_change_point(half, answers)]


def restrict_to(parked: ParkedObject, first: int, last: int) -> ParkedObject:
    """The object from one look to another, both included, with the detections and the evidence of these alone.

    Raises IndexError where there is no detection among them.
    """
    own = tuple(one for one in parked.detections if first <= one.look <= last)
    llr = combine_llrs(own[0].fit.llr_vs_clutter, [one.fit.llr_vs_clutter for one in own[1:]])
    observed_in = tuple(index for index in parked.observed_in if first <= index <= last)
    return replace(
        parked, best=own[0], first=first, last=last, llr_vs_clutter=llr, detections=own, observed_in=observed_in
    )


def merge_objects(found: Sequence[ParkedObject]) -> list[ParkedObject]:
    """The objects, those at one place whose looks overlap made one: thin cloud can make a look unlike the others.

    The stronger one stays, and each end comes from the one that reaches farther.
    """
    kept: list[ParkedObject] = []
    for parked in found:
        index = next((i for i, other in enumerate(kept) if _are_one_object(parked, other)), None)
        if index is None:
            kept.append(parked)
        else:
            kept[index] = _unite(kept[index], parked)
    return kept


def _are_one_object(one: ParkedObject, other: ParkedObject) -> bool:
    overlap = one.first <= other.last and other.first <= one.last
    return overlap and overlaps(one.best.fit, other.best.fit)


def _unite(strong: ParkedObject, weak: ParkedObject) -> ParkedObject:
    early, late = min(strong, weak, key=lambda t: t.first), max(strong, weak, key=lambda t: t.last)
    return replace(
        strong,
        first=early.first,
        before=early.before,
        last=late.last,
        after=late.after,
        steps=(early.steps[0], late.steps[1]),
        observed_in=tuple(sorted({*strong.observed_in, *weak.observed_in})),
        detections=tuple(sorted((*strong.detections, *weak.detections), key=lambda one: -one.fit.llr_vs_clutter)),
    )


def combine_llrs(best: float, others: Sequence[float]) -> float:
    """The evidence of several looks at one object: the best, and what the others add, at most twice as much again.

    Looks share the ground's texture and the object's own unlikeness to the bank, so they are not independent.
    """
    return best + min(MAX_ADDED * best, sum(max(0.0, other) for other in others))


def _explains(detection: Detection, parked: ParkedObject) -> bool:
    return parked.first <= detection.look <= parked.last and overlaps(detection.fit, parked.best.fit)


def follow_object(detection: Detection, answers: Answers, settled: Sequence[Boundary] = ()) -> ParkedObject:
    """From the look that shows the object best, outward to the nearest looks that do not show it."""
    count, near = len(answers.images), [one for one in settled if one.is_near(detection)]

    def share_of(index: int) -> float | None:
        """How much of the object one look shows; None where it cannot tell."""
        share = answers.share(detection, index)
        return 0.0 if share is not None and any(one.parts(detection.look, index) for one in near) else share

    def state_of(index: int) -> OccupancyState:
        """What one look says of the object."""
        share = share_of(index)
        if share is None or ABSENT_SHARE < share < PRESENT_SHARE:
            return OccupancyState.UNKNOWN
        return OccupancyState.PRESENT if share >= PRESENT_SHARE else OccupancyState.ABSENT

    last, after = find_end(state_of, detection.look, range(detection.look + 1, count))
    first, before = find_end(state_of, detection.look, range(detection.look - 1, -1, -1))

    def unshown(looks: range) -> Iterable[int]:
        """The looks up to one that shows it: what comes to the same stand later is not this."""
        return takewhile(lambda index: state_of(index) is not OccupancyState.PRESENT, looks)

    came = _measure_step(share_of, range(first, last + 1), unshown(range(first if before is None else before, -1, -1)))
    went = _measure_step(share_of, range(last, first - 1, -1), unshown(range(last if after is None else after, count)))
    observed_in = tuple(index for index in range(first, last + 1) if share_of(index) is not None)
    return ParkedObject(
        detection, first, last, before, after, detection.fit.llr_vs_clutter, (detection,), observed_in, (came, went)
    )


def _measure_step(share_of: Callable[[int], float | None], inward: Iterable[int], outward: Iterable[int]) -> float:
    """Mean share of the two nearest looks on the inner side, less that of the two nearest on the outer side."""
    inner, outer = ([share for share in map(share_of, side) if share is not None] for side in (inward, outward))
    return float(np.mean(inner[:STEP_LOOKS]) - np.mean(outer[:STEP_LOOKS])) if inner and outer else 0.0


def find_end(state_of: Callable[[int], OccupancyState], start: int, steps: range) -> tuple[int, int | None]:
    """The farthest look that shows it, and the first beyond that does not; looks that cannot tell are passed over."""
    edge = start
    for index in steps:
        state = state_of(index)
        if state is OccupancyState.PRESENT:
            edge = index
        elif state is OccupancyState.ABSENT:
            return edge, index
    return edge, None
