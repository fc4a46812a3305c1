"""How likely a stay of some length would have been under a look that could see it (docs/method.md, section 15)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from imagery_watch.model import Chance, Look
from imagery_watch.model.arrays import Doubles

STAY_HOURS = (6, 12, 24, 36, 48, 72, 120, 240)
"""Lengths of stay that a run tells the chance of."""


def compute_chances(
    looks: Iterable[Look], start: datetime, end: datetime, hours: Sequence[int] = STAY_HOURS, detection: float = 1.0
) -> tuple[Chance, ...]:
    """The chance for each apron (in the order of the looks) and number of hours, between two times (aware UTC).

    A look that is `change` or `no_change` sees a place with its visible fraction as probability, times `detection`
    (that what it sees is also found); any other sees nothing. Raises ValueError where `end` lies before `start`.
    """
    by_apron: dict[str, list[Look]] = {}
    for look in looks:
        by_apron.setdefault(look.apron, []).append(look)
    found = []
    for apron, ours in by_apron.items():
        times, seen = [look.datetime for look in ours], [compute_visibility(look) for look in ours]
        for number in hours:
            probability = compute_chance_seen(times, seen, start, end, timedelta(hours=number), [detection] * len(ours))
            found.append(Chance(apron, start, end, number, probability))
    return tuple(found)


def compute_visibility(look: Look) -> float:
    """The probability that a look could see any one place of its apron, 0..1."""
    return (look.visible_fraction or 0.0) if look.result in ("change", "no_change") else 0.0


def compute_chance_seen(
    times: Sequence[datetime],
    visible: Sequence[float],
    start: datetime,
    end: datetime,
    stay: timedelta,
    detection: Sequence[float] | None = None,
) -> float:
    """The probability (0..1) that a stay of that length was under at least one look that could see it.

    The stay begins at a uniformly random moment such that all of it lies between `start` and `end`; one that is longer
    than that covers all of it. Looks see their place independently, each with its visible fraction times its chance of
    detection (1 where not given). Exact: the probability is constant between the moments at which a look enters or
    leaves the stay. Raises ValueError where `end` lies before `start`.
    """
    length = (end - start).total_seconds()
    if length < 0:
        raise ValueError(f"the period ends ({end}) before it starts ({start})")
    room = max(0.0, length - stay.total_seconds())
    inside = [index for index, time in enumerate(times) if start <= time <= end]
    at = np.array([(times[index] - start).total_seconds() for index in inside])
    weight = [visible[index] * (1.0 if detection is None else detection[index]) for index in inside]
    order = np.argsort(at, kind="stable")
    at, missed = at[order], 1.0 - np.clip(np.array(weight)[order], 0.0, 1.0)
    if room == 0.0:
        return float(1.0 - missed.prod())
    duration = stay.total_seconds()
    edges = np.unique(np.clip(np.concatenate([[0.0, room], at, at - duration]), 0.0, room))
    middle = 0.5 * (edges[:-1] + edges[1:])
    share = np.diff(edges) / room
    return float(np.clip((share * (1.0 - _missed_by_all(at, missed, middle, duration))).sum(), 0.0, 1.0))


def _missed_by_all(at: Doubles, missed: Doubles, starts: Doubles, duration: float) -> Doubles:
    """For each start, the product of `missed` over the looks within `duration` of it; `at` is sorted."""
    first, past = np.searchsorted(at, starts), np.searchsorted(at, starts + duration, side="right")
    certain = np.concatenate([[0], np.cumsum(missed == 0.0)])  # apart, because their logarithm is no number
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.where(missed == 0.0, 1.0, missed)))])
    product = np.exp(logs[past] - logs[first])
    return np.where(certain[past] > certain[first], 0.0, product)
