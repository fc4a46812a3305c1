"""One object after another on one stand: where in its looks two shapes explain more than one does.

Looks one by one may be too noisy to tell two aircraft of like size apart; all looks before a change and all after it,
added up, are not. The shapes alone settle it where much is gained by two of them; the looks themselves help where less
is: whatever the bank makes of two aircraft, they differ at once, and more than the looks at either do (docs/method.md,
section 12).
"""

from collections.abc import Sequence

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit, compute_mean_paint, predict_signal
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.tracking.forced import FORCED_FOCUS_SHARE, UNSTEADY_SHARE, brightness_gain, forced_llr
from imagery_watch.model.arrays import Doubles

MAX_SHAPES = 5
"""Shapes that are compared, at most."""
SPLIT_LLR, SPLIT_LLR_SHARE = 20.0, 0.15
"""How much better two shapes must explain the looks than one, absolutely (over the reduced chi-square) and as a share.

One Il-62M seen from two orbits was explained a tenth better by two shapes a quarter turn apart: it is no such pair.
"""
WEAK_SPLIT_LLR, ABRUPT_STEP = 12.0, 2.0
"""The same, absolutely, where the looks differ by the second from one side to the other, in units of what they do
within a side. Of 247 objects on 20 simulated airfields, 8 of which were two taken for one, this tells 6 of the 8 and
no other; a neighbour or a vehicle gave up to 14 of the second, but hardly a gain."""
NEAR_LARGEST_STEP = 0.9
"""Of the largest step (an assumption): the shapes must change where the looks do."""
UNLIKE_DEG, UNLIKE_LENGTH, UNLIKE_PAINT = 30.0, 1.2, 0.1
"""Turn, ratio of lengths or difference in mean paint, from which two fits may be two aircraft."""
PRIOR_STEP_LOOKS = 2.0
"""Looks that those shares count for, beside what the looks themselves show of their unsteadiness (an assumption: a
stay has two to five)."""


def find_change_point(fits: Sequence[AircraftFit], images: Sequence[ResidualImage]) -> int | None:
    """Number of the first look that shows another object than those before it; None where one explains them all.

    `fits` are what was seen on the stand, best first; `looks` those that show it, in order.
    """
    chosen = _pick_unlike(fits)
    if len(chosen) < 2 or len(images) < 2:
        return None
    llrs = np.array([[forced_llr(fit, image) for image in images] for fit in chosen])
    so_far = np.cumsum(llrs, axis=1)
    alone, before = so_far[:, -1].max(), so_far[:, :-1]
    both = before.max(axis=0) + (so_far[:, -1:] - before).max(axis=0)
    best = int(np.argmax(both))
    gain, reduced_chi2 = both[best] - alone, float(np.mean([fit.reduced_chi2 for fit in chosen]))
    if gain > max(SPLIT_LLR * reduced_chi2, SPLIT_LLR_SHARE * alone):
        return best + 1
    return best + 1 if gain > WEAK_SPLIT_LLR * reduced_chi2 and _is_abrupt(fits[0], images, best) else None


def _pick_unlike(fits: Sequence[AircraftFit]) -> list[AircraftFit]:
    """The best fit, and the best ones that may be other aircraft than those chosen before them."""
    chosen: list[AircraftFit] = []
    for fit in fits:
        if len(chosen) < MAX_SHAPES and all(are_unlike(fit, other) for other in chosen):
            chosen.append(fit)
    return chosen


def are_unlike(one: AircraftFit, other: AircraftFit) -> bool:
    """Whether two fits may be two aircraft, rather than one that was fitted twice."""
    turn = abs((one.heading_deg - other.heading_deg + 90) % 180 - 90)
    longer = max(one.length_m, other.length_m) / min(one.length_m, other.length_m)
    first, second = (compute_mean_paint(fit.template, fit.paints) for fit in (one, other))
    return turn > UNLIKE_DEG or longer > UNLIKE_LENGTH or abs(first - second) > UNLIKE_PAINT


def _is_abrupt(fit: AircraftFit, images: Sequence[ResidualImage], change: int) -> bool:
    """Whether the looks change at once where the shapes do."""
    found = compute_steps(_whiten_looks(fit, images))
    return bool(found[change] >= max(ABRUPT_STEP, NEAR_LARGEST_STEP * found.max()))


def _whiten_looks(fit: AircraftFit, images: Sequence[ResidualImage]) -> Doubles:
    """(look, value): the residuals where the object is, in units of noise, where all looks saw it."""
    row, col = round(fit.row), round(fit.col)
    cutouts = [make_cutout(image, row, col) for image in images]
    strength = np.abs(predict_signal(fit, cutouts[0])).sum(axis=0)
    focus = (strength > FORCED_FOCUS_SHARE * strength.max()) & np.all([cutout.seen for cutout in cutouts], axis=0)
    shape = (-1, len(focus))
    return np.stack([one.whitened_residual.reshape(shape)[:, focus].ravel() for one in cutouts]).astype(float)


def compute_steps(seen: Doubles) -> Doubles:
    """(look - 1,): how much the looks differ from one side of each change to the other, over how much within a side.

    `seen` is (look, value) with noise of one. About 1 where nothing changed: the variance ratio of an analysis of
    variance, each look free to shine, its own estimate of what varies within a side pulled towards the usual.
    """
    return np.array([_compute_step(seen[:change], seen[change:]) for change in range(1, len(seen))])


def _compute_step(early: Doubles, late: Doubles) -> float:
    first, second = early.mean(axis=0), late.mean(axis=0)
    gain = brightness_gain(first, second)
    weight = len(early) * len(late) / (len(early) + gain**2 * len(late))
    between = weight * float(((second - gain * first) ** 2).sum())
    usual = early.shape[1] + UNSTEADY_SHARE**2 * max(float((first**2).sum()), float((second**2).sum()))
    within = _scatter(early, first) + _scatter(late, second)
    return between * (PRIOR_STEP_LOOKS + len(early) + len(late) - 2) / max(PRIOR_STEP_LOOKS * usual + within, 1e-9)


def _scatter(side: Doubles, middle: Doubles) -> float:
    return sum(float(((one - brightness_gain(middle, one) * middle) ** 2).sum()) for one in side)
