"""What tells an aircraft that came or left from all else that changes between two looks, as numbers without a unit.

A thing that came stands out of its surroundings in the later look, and not in the earlier one. A shadow that left does
neither: it stood out, darker, in the earlier look. An edge that moved stands out in both (docs/method.md, section 6).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.looks.pairs import measure_edges
from imagery_watch.model.arrays import Doubles, Floats, Image, Mask

SCALES_PX = (0.8, 1.2, 1.8)
"""Sigmas of the Gaussians that see a narrow-body, a wide-body and what is larger, blurred by the sensor."""
SURROUND_RATIO = 2.2
"""Sigma of the surroundings, in sigmas of the middle."""
MIN_KNOWN_SHARE = 0.05
"""Of a Gaussian's weight: below it an average is not divided by it."""
LIT_SIGMAS = 3.0
"""Noise units from which a pixel belongs to what changed."""
NEAR_PX = 1
"""The strongest contrast within so many pixels of a candidate counts."""
KNOWN_PX = 3
"""The share of known pixels is that of the square so many pixels about a candidate."""
MIN_KNOWN = 0.8
"""Of that square: where more pixels are missing, their edges look like objects."""
DIMS = (1.0, 2.0, 4.0)
"""Times the noise at which the trees are asked; the surest answer counts, for less noise must not find fewer."""
RATIO_RANGE = 5.0
"""Ratios of contrasts are cut here, either sign."""
MIN_CONTRAST = 1e-3
"""Reflectance: no contrast is divided by less."""

FEATURES = (
    "log_likelihood_ratio",
    "change",
    "lit_pixels",
    "lit_narrow",
    "lit_wide",
    "edges",
    "known",
    *(f"{name}_{scale}" for scale in SCALES_PX for name in ("contrast", "excess", "opposite", "share_on", "share_off")),
)
"""Names of the columns of `measure_features`, in order; the sensor's trees know them by these."""


def measure_features(
    image: ResidualImage, llr: Image, aprons: Mask, places: Sequence[tuple[int, int]], dims: Sequence[float] = (1.0,)
) -> Floats:
    """(dim, place, feature): `FEATURES` at rows and columns of an image that is compared with its ground.

    `llr` (y, x) is the matched filter's, `aprons` (y, x) where contrasts have their surroundings. For each of `dims`
    the noise is taken to be so many times what it is.
    """
    known = np.isfinite(image.spread[0])
    change = np.where(known, image.residual.mean(axis=0), np.nan)
    ground = np.where(known, image.ground.mean(axis=0), np.nan)
    spread = np.where(known, image.spread.mean(axis=0), np.inf)
    z = np.nan_to_num(change) / spread
    contrasts = [
        tuple(measure_contrast(one, aprons, scale) for one in (change, ground + change, ground)) for scale in SCALES_PX
    ]
    edges = np.minimum(measure_edges(image.ground), measure_edges(image.ground + image.residual))
    lit = [_Lit(np.abs(z) > LIT_SIGMAS * dim) for dim in dims]
    usual = float(np.median(spread[known])) if known.any() else 1.0
    told = np.empty((len(dims), len(places), len(FEATURES)), np.float32)
    for number, (row, col) in enumerate(places):
        near, around = _square(row, col, NEAR_PX), _square(row, col, KNOWN_PX)
        level = float(spread[row, col]) if known[row, col] else usual
        brightened = float(np.nanmean(change[near])) if known[near].any() else 0.0
        edge = float(np.clip(edges[row, col] / max(abs(brightened), MIN_CONTRAST), 0, 2 * RATIO_RANGE))
        compared = [_compare_contrasts(a[near], b[near], c[near], level) for a, b, c in contrasts]
        for index, dim in enumerate(dims):
            found = [_log(float(llr[row, col]) / dim**2), brightened / level / dim, *lit[index].extent(near), edge]
            found.append(float(known[around].mean()))
            for in_noise, shares in compared:
                found += [*(one / dim for one in in_noise), *shares]
            told[index, number] = found
    return told


class Opinions(NamedTuple):
    """What is made of places without asking for a shape."""

    llr: Doubles
    """(place,): evidence that an object the size of an aircraft came there, as the sensor's trees say.

    On the scale of the log-likelihood ratio against clutter; minus infinity where too little around a place is known.
    """
    stands_out: Mask
    """(place,): whether something stands out of its surroundings here more than in the other look or the ground."""


def judge_places(image: ResidualImage, llr: Image, aprons: Mask, places: Sequence[tuple[int, int]]) -> Opinions:
    """What the trees make of each row and column, dimmed or not; the arguments are those of `measure_features`."""
    dimmed = measure_features(image, llr, aprons, places, DIMS)
    told = np.max([image.detector.object_trees.llr(rows, FEATURES) for rows in dimmed], axis=0)
    rows = dimmed[0]
    known = rows[:, FEATURES.index("known")] >= MIN_KNOWN
    excess = rows[:, [FEATURES.index(f"excess_{scale}") for scale in SCALES_PX]]
    return Opinions(np.where(known, told, -np.inf), known & (excess > 0).any(axis=1))


def measure_contrast(image: Image, aprons: Mask, scale_px: float) -> Image:
    """(y, x): how much brighter a spot is than the apron around it, from what is known (not NaN) of both.

    Roofs and grass beside a stand tell nothing of it.
    """
    known = np.isfinite(image)
    return _mean_within(image, known, scale_px) - _mean_within(image, known & aprons, scale_px * SURROUND_RATIO)


def _mean_within(image: Image, known: Mask, sigma: float) -> Image:
    total = ndimage.gaussian_filter(np.where(known, image, 0.0), sigma)
    share = ndimage.gaussian_filter(known.astype(np.float32), sigma)
    return np.asarray(total / np.maximum(share, MIN_KNOWN_SHARE), np.float32)


def _compare_contrasts(change: Image, on: Image, off: Image, level: float) -> tuple[list[float], list[float]]:
    """Of the strongest contrast of the change, either sign: itself, its excess in the look over that in the other, the
    strongest contrast of the other sign, and both looks' shares in it.
    """
    at = np.unravel_index(int(np.argmax(np.abs(change))), change.shape)
    strongest, shown, hidden = float(change[at]), float(on[at]), float(off[at])
    sign = 1.0 if strongest > 0 else -1.0
    divisor = sign * max(abs(strongest), MIN_CONTRAST)
    shares = [float(np.clip(one / divisor, -RATIO_RANGE, RATIO_RANGE)) for one in (shown, hidden)]
    other = float((sign * change).min())
    return [strongest / level, (sign * shown - abs(hidden)) / level, other / level], shares


class _Lit:
    """The connected pixels that changed beyond doubt."""

    def __init__(self, mask: Mask) -> None:
        self.labels, _ = ndimage.label(mask)
        self.sizes = np.bincount(self.labels.ravel())
        self.boxes = ndimage.find_objects(self.labels)

    def extent(self, near: tuple[slice, slice]) -> tuple[float, float, float]:
        """Logarithm of the pixels, and both edges of the box, the narrower first, of what lies nearby; or zeros."""
        label = int(self.labels[near].max(initial=0))
        if not label:
            return 0.0, 0.0, 0.0
        rows, cols = self.boxes[label - 1]
        edges = sorted((rows.stop - rows.start, cols.stop - cols.start))
        return float(np.log1p(self.sizes[label])), float(edges[0]), float(edges[1])


def _square(row: int, col: int, reach: int) -> tuple[slice, slice]:
    """The square about a pixel, cut at the upper and left edge."""
    return np.s_[max(0, row - reach) : row + reach + 1, max(0, col - reach) : col + reach + 1]


def _log(value: float) -> float:
    return float(np.sign(value) * np.log1p(abs(value)))
