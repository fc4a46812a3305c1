"""Figures from watched worlds: thresholds at a rate of false alarms, shares found, errors of what was measured."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from worlds import Told, Watched

from imagery_watch.evaluate.verdicts import threshold_at, wilson
from imagery_watch.simulate.scenario import SIZES

OURS = "imagery_watch"
SIZE_OF = {name: size for size, names in SIZES.items() for name in names}
LARGE = ("34-42 m", ">= 42 m")
"""Sizes whose place, length and heading are goals."""

Wanted = Callable[[Told], bool]


@dataclass(frozen=True)
class Threshold:
    """The score above which one method gives so many false alarms."""

    method: str
    score: float
    extrapolated: bool

    @property
    def mark(self) -> str:
        """A star where it was extrapolated."""
        return "*" if self.extrapolated else ""

    def finds(self, one: Told) -> bool:
        """Whether the method claims this change above the threshold."""
        score = score_of(one, self.method)
        return score is not None and score > self.score


@dataclass(frozen=True)
class ByDefault:
    """What the detector reports when nobody sets anything: each airfield has a score of its own for that."""

    def finds(self, one: Told) -> bool:
        """Whether this change is reported."""
        return one.reported


Rule = Threshold | ByDefault


@dataclass(frozen=True)
class Errors:
    """Of what was measured at found changes: root mean squares, and the share of headings within 15 degrees."""

    count: int
    place_m: float
    length: float
    """As a share of the true one."""
    heading_deg: float
    """Modulo 180."""
    heading_right: float


def score_of(one: Told, method: str) -> float | None:
    """The score with which a method claims the change; None where it does not."""
    if method == OURS:
        return one.claim.score if one.claim else None
    return one.peers.get(method)


def with_traffic(watched: Iterable[Watched]) -> list[Watched]:
    """The worlds in which aircraft come and go."""
    return [one for one in watched if one.job.traffic]


def nulls(watched: Iterable[Watched]) -> list[Watched]:
    """The worlds in which none does."""
    return [one for one in watched if not one.job.traffic]


def false_scores(watched: Iterable[Watched], method: str = OURS) -> list[float]:
    """Scores of a method's false claims."""
    if method == OURS:
        return [wrong.claim.score for one in watched for wrong in one.wrong]
    return [score for one in watched for score in one.wrong_of_peers.get(method, ())]


def area(watched: Iterable[Watched]) -> float:
    """Visible apron, km2 x pass."""
    return sum(one.km2 for one in watched)


def threshold(watched: Sequence[Watched], rate: float, method: str = OURS) -> Threshold:
    """Where a method gives `rate` false alarms a km2 and pass in the null worlds; 0 where all its claims are fewer."""
    without = nulls(watched)
    scores, km2 = false_scores(without, method), area(without)
    if len(scores) <= rate * km2:
        return Threshold(method, 0.0, True)
    return Threshold(method, *threshold_at(scores, km2, rate))


def promised(watched: Sequence[Watched], rate: float) -> tuple[int, float]:
    """False claims that the detector itself puts at `rate` a km2 and pass or rarer, and how many it expects of them.

    Where all that it claims is rarer than `rate`, it expects no more than that.
    """
    count = sum(wrong.promised <= rate for one in watched for wrong in one.wrong)
    return count, sum(one.km2 * min(rate, one.promise.most) for one in watched)


def told(watched: Iterable[Watched], wanted: Wanted = lambda _: True) -> list[Told]:
    """The changes that happened, or those wanted."""
    return [one for world in watched for one in world.told if wanted(one)]


def alone(size: str) -> Wanted:
    """Changes of one aircraft of a size on a stand of its own: the headline."""
    return lambda one: (
        one.stand == "alone" and one.change.kind != "replacement" and SIZE_OF[one.change.aircraft] == size
    )


def found(changes: Sequence[Told], at: Rule) -> int:
    """How many of the changes are found."""
    return sum(at.finds(one) for one in changes)


def rows_noticed(watched: Iterable[Watched], at: Rule) -> tuple[int, int]:
    """Of the rows of fighters that came or went, how many have at least one member found; and how many there were."""
    groups: dict[tuple[object, ...], bool] = {}
    for world in watched:
        for one in (one for one in world.told if one.stand == "row"):
            key = (world.job, one.change.kind, one.change.heading_deg)  # which a row's members share, and no two rows
            groups[key] = groups.get(key, False) or at.finds(one)
    return sum(groups.values()), len(groups)


def share(hits: int, total: int) -> str:
    """`0.95 (0.83-0.99)`: a proportion and its 95 % Wilson interval; a dash where there is nothing to share."""
    if total == 0:
        return "-"
    low, high = wilson(hits, total)
    return f"{hits / total:.2f} ({low:.2f}-{high:.2f})"


def errors(hits: Sequence[Told]) -> Errors:
    """How far the claims of these changes are from what was planted."""
    pairs = [(one.change, one.claim) for one in hits if one.claim is not None]
    if not pairs:
        return Errors(0, *[math.nan] * 4)
    places = [math.hypot(change.row - claim.row, change.col - claim.col) * 10 for change, claim in pairs]
    lengths = [claim.length_m / change.length_m - 1 for change, claim in pairs]
    turns = np.array([turned(claim.heading_deg, change.heading_deg) for change, claim in pairs])
    return Errors(len(pairs), _rms(places), _rms(lengths), _rms(turns), float((np.abs(turns) <= 15).mean()))


def turned(one: float, other: float) -> float:
    """Degrees from one axis to another, from -90 to 90."""
    return (one - other + 90) % 180 - 90


def _rms(values: Iterable[float]) -> float:
    return float(np.sqrt(np.mean(np.square(list(values)))))
