"""Forced measurements: how much of an object that one look showed is there in another look, at the same place.

Photometry of variable stars does the same: what was found once is measured in every image, found there or not
(docs/method.md, section 11).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import (
    AircraftFit,
    compute_mean_paint,
    fit_aircraft,
    predict_signal,
)
from imagery_watch.change.detection.aircraft_templates import redraw_template
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.detection.likelihood import SUBPIXEL_PHASES, fit_shapes, pick_best
from imagery_watch.model.arrays import Floats

SHEEN_SHARE, UNSTEADY_SHARE = 0.15, 0.3
"""Shares of an object's signal that its own brightness, and its wet surroundings and the sensor's grid, change at most
from pass to pass."""
ABSENT_SHARE = 0.35
"""Share of the object's own signal found in a look below which it is not there, whatever else is."""
SHARE_RANGE = (-0.3, 1.3)
"""Bounds of a measured share: what lies beyond is another thing, not more of this one."""
MIN_SIGNAL_SIGMAS = 4.0
"""Standard deviations between all and none of the signal, below which a look says nothing about this object."""
MIN_FOOTPRINT_VISIBLE = 0.8
"""Share of the object's footprint that must be visible for the look to count."""
FORCED_FOCUS_SHARE = 0.15
"""Of the strongest pixel of the object's signal: beyond that looks are not compared."""
DOUBTFUL_RATIO = 0.9
"""Difference of two looks' residuals, over what noise and those shares make of one object, from which more is asked.

On simulated airfields one object in twenty exceeds it, and of two aircraft on one stand two in three do.
"""
OTHER_SHAPE_LLR, OTHER_SHAPE_SHARE = 8.0, 0.15
"""How much better, absolutely and as a share, another shape must explain a look for it to show another object."""
OTHER_PAINT = 0.15
"""Reflectance, mean over the body, from which a body of the same shape is another one's."""


class ForcedFit(NamedTuple):
    """One shape in a look that need not show it."""

    llr: float
    """Log-likelihood ratio against the empty ground."""
    paint: float
    """Mean reflectance of the body there."""


def forced_fit(fit: AircraftFit, cutout: Cutout) -> ForcedFit:
    """The fitted shape in another look's cut-out around it, its place free within a third of a pixel."""
    template = redraw_template(fit.template, cutout.imaging)
    down, right = fit.row - cutout.row, fit.col - cutout.col
    best = pick_best(fit_shapes(cutout, [template], [(down + row, right + col) for row, col in SUBPIXEL_PHASES]))
    return ForcedFit(best.llr, compute_mean_paint(template, best.paints))


def forced_llr(fit: AircraftFit, image: ResidualImage) -> float:
    """Log-likelihood ratio of the fitted shape in another look."""
    return forced_fit(fit, make_cutout(image, round(fit.row), round(fit.col))).llr


class ForcedSignal(NamedTuple):
    """How much of an object's own signal a look has at its place, whatever made it."""

    share: float | None
    """About 1 where all of it is there; None where the look is blind to it, or hidden."""
    sigma: float | None
    """One standard deviation of the share by noise."""
    hidden: bool
    """Whether too little of the object's footprint was visible."""
    strength: Floats
    """(pixel,): the signal expected there, summed over bands."""


def measure_signal(fit: AircraftFit, own: Cutout, image: ResidualImage) -> ForcedSignal:
    """Least squares of the object's signal, under the look's own sun, in the look's residual.

    `own` is the cut-out in which the object was found.
    """
    cutout = make_cutout(image, own.row, own.col)
    expected = predict_signal(fit, cutout)
    energy = float(cutout.inner_products(expected, expected).sum())
    unseen = ~(cutout.precision[0, 0] > 0)
    strength = np.abs(expected).sum(axis=0)
    hidden = bool(strength[unseen].sum() > (1 - MIN_FOOTPRINT_VISIBLE) * strength.sum())
    if hidden or energy < MIN_SIGNAL_SIGMAS**2:
        return ForcedSignal(None, None, hidden, strength)
    share = float(cutout.inner_products(expected, cutout.residual).sum() / energy)
    return ForcedSignal(share, energy**-0.5, hidden, strength)


def measure_share(fit: AircraftFit, own: Cutout, image: ResidualImage) -> float | None:
    """Share of this very object's signal, under the look's own sun, in the look's residual; None where unsure.

    Nothing of another object: one that does not look alike counts as none of it. `own` is the cut-out in which the
    object was found.
    """
    signal = measure_signal(fit, own, image)
    if signal.share is None:
        return None
    if signal.share > ABSENT_SHARE and not _shows_same_object(fit, own, image, signal.strength):
        return 0.0
    return float(np.clip(signal.share, *SHARE_RANGE))


def _shows_same_object(fit: AircraftFit, own: Cutout, image: ResidualImage, strength: Floats) -> bool:
    """Whether a look shows the object of `fit`, found in the cut-out `own`, or another one in its place.

    Their residuals differ by no more than noise and sheen; or else no other shape explains the look better, and the
    same shape in it has the same paint. `strength` is (pixel,): the signal expected there, summed over bands.
    """
    other = make_cutout(image, own.row, own.col)
    focus = strength > FORCED_FOCUS_SHARE * strength.max()
    shape = (-1, len(strength))
    mine, theirs = (seen.whitened_residual.reshape(shape)[:, focus] for seen in (own, other))
    power = float((mine**2).sum())
    gain = brightness_gain(mine, theirs)
    left = float(((theirs - gain * mine) ** 2).sum())
    if left <= DOUBTFUL_RATIO * (mine.size * (1 + gain**2) + UNSTEADY_SHARE**2 * power):
        return True
    best = fit_aircraft(image, own.row, own.col)
    if best is None or best.llr_vs_clutter <= 0:
        return True  # no aircraft took its place, whatever lies on it; shapes compared below are the bank's
    again = forced_fit(fit, other)
    least = max(OTHER_SHAPE_LLR, OTHER_SHAPE_SHARE * best.llr_vs_empty) * best.reduced_chi2
    better = best.llr_vs_empty - again.llr > least
    return not better and abs(again.paint - compute_mean_paint(fit.template, fit.paints)) < OTHER_PAINT


def brightness_gain(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """How much brighter the other residual is, within what sheen does; both white and of one shape."""
    power = float((one**2).sum())
    return float(np.clip((one * other).sum() / max(power, 1e-9), 1 - SHEEN_SHARE, 1 + SHEEN_SHARE))
