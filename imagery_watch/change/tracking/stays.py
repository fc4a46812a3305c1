"""From objects and events to stays: an arrival joined to its departure, and how many stood there in each look.

Which object of one stand is which object of another cannot be told at 10 m: a relocation is only "consistent with"
(docs/method.md, section 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.detection.aircraft_fit import AircraftFit, overlaps, widen_length_interval
from imagery_watch.change.tracking.events import Event, EventKey
from imagery_watch.change.tracking.objects import ParkedObject

SAME_PAINT_DIFFERENCE = 0.15
"""Difference of reflectance, of fuselage and of wings, above which two objects are not taken for one. The paints fitted
to one simulated aircraft on two stands differed by at most this in 24 of 27 moves (three paints, three grounds)."""
SAME_LENGTH_HALF_WIDTH = 0.12
"""Least half-width of a length's interval, as a share, where two are compared: both have their type's own error."""
LENGTH_UNLIKENESS_UNIT = 0.1
"""Relative difference of length that counts as much as `SAME_PAINT_DIFFERENCE` when the likest partner is chosen."""
MAX_PASSES_APART = 1
"""Passes between the ends of two brackets: one stand may have been under a cloud that the other was not under."""


@dataclass(frozen=True)
class ObjectStay:
    """One object on its stand, with the changes at its two ends."""

    parked: ParkedObject
    arrival: EventKey | None
    """The event that it came with; None where no event tells."""
    departure: EventKey | None
    before: int | None
    """Index of the last look without it; None where it was there from the first look that could tell."""
    after: int | None
    """Index of the first look without it; None where it was there in the last look that could tell."""


def find_object_stays(objects: Sequence[ParkedObject], events: Sequence[Event]) -> list[ObjectStay]:
    """The objects that came or left, sorted by first look, last look and place; what never did is part of the ground.

    A replacement ends one of them and begins another, and its bracket holds for both.
    """
    found = [_find_object_stay(parked, events) for parked in objects]
    changing = [one for one in found if one.arrival is not None or one.departure is not None]
    return sorted(changing, key=lambda p: (p.parked.first, p.parked.last, *_middle(p.parked.best.fit)))


def _find_object_stay(parked: ParkedObject, events: Sequence[Event]) -> ObjectStay:
    came = next((event for event in events if event.key.came == parked.id), None)
    left = next((event for event in events if event.key.left == parked.id), None)
    return ObjectStay(
        parked,
        arrival=None if came is None else came.key,
        departure=None if left is None else left.key,
        before=parked.before if came is None else came.before,
        after=parked.after if left is None else left.after,
    )


def _overlap_either_way(one: ParkedObject, other: ParkedObject) -> bool:
    return overlaps(one.best.fit, other.best.fit) or overlaps(other.best.fit, one.best.fit)


def _middle(fit: AircraftFit) -> tuple[float, float]:
    return fit.row, fit.col


def find_relocations(found: Sequence[ObjectStay]) -> list[tuple[int, int]]:
    """Pairs (left, came), as indices, that are consistent with one aircraft moved from one stand to another.

    The two brackets overlap and end at most one pass apart, the lengths' intervals overlap, the paints are alike, and
    each is the other's one likest partner.
    """
    numbers = range(len(found))
    unlike = {
        (a, b): _unlikeness(found[a], found[b]) for a in numbers for b in numbers if _may_have_moved(found[a], found[b])
    }
    onward = {a: _only_best({b: cost for (one, b), cost in unlike.items() if one == a}) for a in numbers}
    back = {b: _only_best({a: cost for (a, one), cost in unlike.items() if one == b}) for b in numbers}
    return [(a, b) for a, b in onward.items() if b is not None and back[b] == a]


def _only_best(costs: dict[int, float]) -> int | None:
    """The partner with the smallest cost; None where there is none, or where two are as good."""
    best = min(costs.values(), default=None)
    likest = [number for number, cost in costs.items() if cost == best]
    return likest[0] if len(likest) == 1 else None


def _may_have_moved(gone: ObjectStay, come: ObjectStay) -> bool:
    """Whether one may have become the other."""
    if gone.departure is None or come.arrival is None or gone.after is None or come.before is None:
        return False
    last, first = gone.parked.last, come.parked.first
    overlap = last < first and come.before < gone.after
    apart = max(abs(last - come.before), abs(gone.after - first))
    one, other = gone.parked.best.fit, come.parked.best.fit
    return (
        overlap
        and apart <= MAX_PASSES_APART
        and not _overlap_either_way(gone.parked, come.parked)
        and _alike(one, other)
    )


def _alike(one: AircraftFit, other: AircraftFit) -> bool:
    low, high = widen_length_interval(one, SAME_LENGTH_HALF_WIDTH)
    other_low, other_high = widen_length_interval(other, SAME_LENGTH_HALF_WIDTH)
    paints = zip(one.paints, other.paints, strict=True)
    return (
        low <= other_high
        and other_low <= high
        and all(abs(mine - its) <= SAME_PAINT_DIFFERENCE for mine, its in paints)
    )


def _unlikeness(gone: ObjectStay, come: ObjectStay) -> float:
    one, other = gone.parked.best.fit, come.parked.best.fit
    paint = sum(abs(mine - its) for mine, its in zip(one.paints, other.paints, strict=True))
    return paint / SAME_PAINT_DIFFERENCE + abs(log(one.length_m / other.length_m)) / LENGTH_UNLIKENESS_UNIT


def count_standing(found: Sequence[ObjectStay], passes: int, aprons: int) -> NDArray[np.int64]:
    """(pass, apron): how many of the objects that came or left were there in each look."""
    counts = np.zeros((passes, aprons), np.int64)
    for one in found:
        counts[one.parked.first : one.parked.last + 1, one.parked.best.apron] += 1
    return counts


def find_usual_counts(counts: NDArray[np.int64], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(apron,): the median of the counts over the looks that saw the apron, zero where none did.

    Of two middle ones the smaller, so that it is a number of aircraft. Both arguments are (pass, apron).
    """
    columns = [np.sort(counts[seen[:, apron], apron]) for apron in range(counts.shape[1])]
    return np.array([column[(len(column) - 1) // 2] if len(column) else 0 for column in columns], np.int64)
