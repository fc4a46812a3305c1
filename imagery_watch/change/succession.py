"""One object after another on one stand: where in a track two shapes explain the looks better than one does.

Looks one by one may be too noisy to tell two aircraft of like size apart; all looks before a change and all after it,
added up, are not. The shapes alone settle it where much is gained by two of them; the looks themselves help where less
is: whatever the dictionary makes of two aircraft, they differ at once, and more than the looks at either do.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.explain import Fit, again, mean_paint, signal
from imagery_watch.change.screen import Look
from imagery_watch.change.window import window_of

CANDIDATES = 5
"""Shapes that are compared, at most."""
ANOTHER, ANOTHER_SHARE = 20.0, 0.15
"""How much better two shapes must explain the looks than one, absolutely (over the misfit) and as a share.

One Il-62M seen from two orbits was explained a tenth better by two shapes a quarter turn apart: it is no such pair.
"""
SOMEWHAT, ABRUPT = 12.0, 2.0
"""The same, absolutely, where the looks differ by the second from one side to the other, in units of what they do
within a side. Of 247 objects on 20 simulated airfields, 8 of which were two taken for one, this tells 6 of the 8 and
no other; a neighbour or a vehicle gave up to 14 of the second, but hardly a gain."""
NEARLY_MOST = 0.9
"""Of the largest step (an assumption): the shapes must change where the looks do."""
UNLIKE_DEG, UNLIKE_LENGTH, UNLIKE_PAINT = 30.0, 1.2, 0.1
"""Turn, ratio of lengths or difference in mean paint, from which two fits may be two aircraft."""
SHEEN, UNSTEADY = 0.15, 0.3
"""Shares of an object's signal that its own brightness, and its wet surroundings and the sensor's grid, change at most
from pass to pass."""
USUAL_LOOKS = 2.0
"""Looks that those shares count for, beside what the looks themselves show of their unsteadiness (an assumption: a
stay has two to five)."""
FOCUS = 0.15
"""Of the strongest pixel of the object's signal: beyond that the looks are not compared."""

Array = NDArray[np.float64]


def change_of_object(fits: Sequence[Fit], looks: Sequence[Look]) -> int | None:
    """Number of the first look that shows another object than those before it; None where one explains them all.

    `fits` are what was seen on the stand, best first; `looks` those that show it, in order.
    """
    chosen = _different(fits)
    if len(chosen) < 2 or len(looks) < 2:
        return None
    ratios = np.array([[again(fit, look) for look in looks] for fit in chosen])
    so_far = np.cumsum(ratios, axis=1)
    alone, before = so_far[:, -1].max(), so_far[:, :-1]
    both = before.max(axis=0) + (so_far[:, -1:] - before).max(axis=0)
    best = int(np.argmax(both))
    gain, misfit = both[best] - alone, float(np.mean([fit.misfit for fit in chosen]))
    if gain > max(ANOTHER * misfit, ANOTHER_SHARE * alone):
        return best + 1
    return best + 1 if gain > SOMEWHAT * misfit and _abrupt(fits[0], looks, best) else None


def _different(fits: Sequence[Fit]) -> list[Fit]:
    """The best fit, and the best ones that may be other aircraft than those chosen before them."""
    chosen: list[Fit] = []
    for fit in fits:
        if len(chosen) < CANDIDATES and all(unlike(fit, other) for other in chosen):
            chosen.append(fit)
    return chosen


def unlike(one: Fit, other: Fit) -> bool:
    """Whether two fits may be two aircraft, rather than one that was fitted twice."""
    turn = abs((one.heading_deg - other.heading_deg + 90) % 180 - 90)
    longer = max(one.length_m, other.length_m) / min(one.length_m, other.length_m)
    first, second = (mean_paint(fit.template, fit.paints) for fit in (one, other))
    return turn > UNLIKE_DEG or longer > UNLIKE_LENGTH or abs(first - second) > UNLIKE_PAINT


def _abrupt(fit: Fit, looks: Sequence[Look], change: int) -> bool:
    """Whether the looks change at once where the shapes do."""
    found = steps(_whitened(fit, looks))
    return bool(found[change] >= max(ABRUPT, NEARLY_MOST * found.max()))


def _whitened(fit: Fit, looks: Sequence[Look]) -> Array:
    """(look, value): the residuals where the object is, in units of noise, where all looks saw it."""
    row, col = round(fit.row), round(fit.col)
    windows = [window_of(look, row, col) for look in looks]
    strength = np.abs(signal(fit, looks[0], windows[0])).sum(axis=0)
    focus = (strength > FOCUS * strength.max()) & np.all([window.seen for window in windows], axis=0)
    shape = (-1, len(focus))
    return np.stack([one.observed.reshape(shape)[:, focus].ravel() for one in windows]).astype(float)


def steps(seen: Array) -> Array:
    """(look - 1,): how much the looks differ from one side of each change to the other, over how much within a side.

    `seen` is (look, value) with noise of one. About 1 where nothing changed: the variance ratio of an analysis of
    variance, each look free to shine, its own estimate of what varies within a side pulled towards the usual.
    """
    return np.array([_step(seen[:change], seen[change:]) for change in range(1, len(seen))])


def _step(early: Array, late: Array) -> float:
    first, second = early.mean(axis=0), late.mean(axis=0)
    gain = shining(first, second)
    weight = len(early) * len(late) / (len(early) + gain**2 * len(late))
    between = weight * float(((second - gain * first) ** 2).sum())
    usual = early.shape[1] + UNSTEADY**2 * max(float((first**2).sum()), float((second**2).sum()))
    within = _scatter(early, first) + _scatter(late, second)
    return between * (USUAL_LOOKS + len(early) + len(late) - 2) / max(USUAL_LOOKS * usual + within, 1e-9)


def _scatter(side: Array, middle: Array) -> float:
    return sum(float(((one - shining(middle, one) * middle) ** 2).sum()) for one in side)


def shining(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """How much brighter the other residual is, within what sheen does; both white and of one shape."""
    power = float((one**2).sum())
    return float(np.clip((one * other).sum() / max(power, 1e-9), 1 - SHEEN, 1 + SHEEN))
