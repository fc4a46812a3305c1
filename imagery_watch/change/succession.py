"""One object after another on one stand: where in a track two shapes explain the looks better than one does.

Looks one by one may be too noisy to tell two aircraft of like size apart; all looks before a change and all after it,
added up, are not.
"""

from collections.abc import Sequence

import numpy as np

from imagery_watch.change.explain import Fit, mean_paint, same_again
from imagery_watch.change.screen import Look
from imagery_watch.change.window import window_of

CANDIDATES = 5
"""Shapes that are compared, at most."""
ANOTHER, ANOTHER_SHARE = 20.0, 0.15
"""How much better two shapes must explain the looks than one, absolutely (over the misfit) and as a share.

One Il-62M seen from two orbits was explained a tenth better by two shapes a quarter turn apart: it is no such pair.
"""
UNLIKE_DEG, UNLIKE_LENGTH, UNLIKE_PAINT = 30.0, 1.2, 0.1
"""Turn, ratio of lengths or difference in mean paint, from which two fits may be two aircraft."""


def change_of_object(fits: Sequence[Fit], looks: Sequence[Look]) -> int | None:
    """Number of the first look that shows another object than those before it; None where one explains them all.

    `fits` are what was seen on the stand, best first; `looks` those that show it, in order.
    """
    chosen = _different(fits)
    if len(chosen) < 2 or len(looks) < 2:
        return None
    ratios = np.array([[_again(fit, look) for look in looks] for fit in chosen])
    so_far = np.cumsum(ratios, axis=1)
    alone, before = so_far[:, -1].max(), so_far[:, :-1]
    both = before.max(axis=0) + (so_far[:, -1:] - before).max(axis=0)
    best = int(np.argmax(both))
    misfit = float(np.mean([fit.misfit for fit in chosen]))
    return best + 1 if both[best] - alone > max(ANOTHER * misfit, ANOTHER_SHARE * alone) else None


def _different(fits: Sequence[Fit]) -> list[Fit]:
    """The best fit, and the best ones that may be other aircraft than those chosen before them."""
    chosen: list[Fit] = []
    for fit in fits:
        if len(chosen) < CANDIDATES and all(_unlike(fit, other) for other in chosen):
            chosen.append(fit)
    return chosen


def _unlike(one: Fit, other: Fit) -> bool:
    turn = abs((one.heading_deg - other.heading_deg + 90) % 180 - 90)
    longer = max(one.length_m, other.length_m) / min(one.length_m, other.length_m)
    first, second = (mean_paint(fit.template, fit.paints) for fit in (one, other))
    return turn > UNLIKE_DEG or longer > UNLIKE_LENGTH or abs(first - second) > UNLIKE_PAINT


def _again(fit: Fit, look: Look) -> float:
    return same_again(fit, look, window_of(look, round(fit.row), round(fit.col)))[0]
