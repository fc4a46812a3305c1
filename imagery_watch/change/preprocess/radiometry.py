"""Robust per-band normalisation of a pass to the reference, on clear ring pixels (docs/method.md, section 4)."""

import numpy as np

from imagery_watch.change.robust import MAD_TO_SIGMA, median
from imagery_watch.model.arrays import Doubles, Image, Mask

GAIN_RANGE = (0.5, 2.0)
"""Gains outside it are no light or air, and are clipped."""
MIN_RING_PIXELS = 200
"""Usable ring pixels below which a pass keeps its own light; half as many, by weight, must carry a line."""
WEAK_FIT, STRONG_FIT = 0.85, 0.97
"""Share of the ring's robust variance that a line explains: at the first its gain is held to 1, from the second on
it is believed, and in between in proportion.
"""
ITERATIONS = 15
"""Most rounds of reweighting."""
MAX_SAMPLES = 16_000
"""Of more ring pixels than this, every second, third or nth is used."""
CONVERGED_GAIN = 5e-4
"""Change of every band's gain at which the rounds end."""
TUKEY_CUTOFF_SIGMAS = 6.0
"""Robust sigmas of a pixel's worst band at which its Tukey weight is zero."""
MIN_SPREAD = 1e-4
"""Reflectance: no ring is taken to scatter by less."""
EVEN_VARIANCE = 1e-8
"""Reflectance squared: a ring that varies by no more has no line."""
KEPT_WEIGHT = 0.2
"""Tukey weight from which a pixel counts when the offset is found again for a held gain."""


def fit_gains_and_offsets(moving: Image, fixed: Image, usable: Mask) -> tuple[Doubles, Doubles]:
    """Per band the gain g and offset a with moving = a + g * fixed on unchanged ground: two arrays (band,).

    Iteratively reweighted least squares with Tukey weights, started from the medians; pixels that changed in any
    band weigh nothing in every band. Gain 1 and offset 0 where fewer than 200 pixels are usable.
    """
    bands = len(moving)
    gains, offsets = np.ones(bands), np.zeros(bands)
    rows = np.flatnonzero(usable.ravel())
    if len(rows) < MIN_RING_PIXELS:
        return gains, offsets
    rows = rows[:: max(1, len(rows) // MAX_SAMPLES)]
    x, y = (image.reshape(bands, -1)[:, rows].astype(np.float64) for image in (fixed, moving))
    offsets = median(y) - median(x)
    products = (x, y, x * x, x * y)
    for _ in range(ITERATIONS):
        weight = _tukey_weights(y - offsets[:, None] - gains[:, None] * x)
        before = gains
        gains, offsets = _fit_lines(*products, weight)
        if (np.abs(gains - before) < CONVERGED_GAIN).all():
            break
    return _hold_gains(x, y, gains, _tukey_weights(y - offsets[:, None] - gains[:, None] * x))


def _hold_gains(x: Doubles, y: Doubles, gains: Doubles, weight: Doubles) -> tuple[Doubles, Doubles]:
    """The gains held to 1 as far as the ring speaks unclearly, and the offsets that then fit.

    Where crops have changed, a line through all fields is flatter than light and air can make it; how clearly it
    speaks is the share of the robust variance that the line explains.
    """
    left = _robust_variance(y - gains[:, None] * x)
    clear = np.clip((1 - left / np.maximum(_robust_variance(y), 1e-9) - WEAK_FIT) / (STRONG_FIT - WEAK_FIT), 0.0, 1.0)
    held = 1.0 + (gains - 1.0) * clear
    kept = weight > KEPT_WEIGHT
    rest = y - held[:, None] * x
    return held, median(rest[:, kept] if kept.sum() > MIN_RING_PIXELS / 2 else rest)


def _robust_variance(values: Doubles) -> Doubles:
    """(band,): squared median absolute deviation."""
    spread = median(np.abs(values - median(values)[:, None]))
    return np.asarray(spread**2)


def apply_gains_and_offsets(moving: Image, gains: Doubles, offsets: Doubles) -> Image:
    """The pass as the reference's own light and air would have shown it, (band, y, x)."""
    scale = 1.0 / gains
    return (moving * scale[:, None, None] - (offsets * scale)[:, None, None]).astype(np.float32)


def _tukey_weights(residual: Doubles) -> Doubles:
    """Tukey weights of each pixel's worst band."""
    spread = MAD_TO_SIGMA * median(np.abs(residual - median(residual)[:, None]))
    scaled = np.abs(residual)
    scaled /= np.maximum(spread, MIN_SPREAD)[:, None]
    worst = scaled.max(axis=0)
    return np.clip(1.0 - (worst / TUKEY_CUTOFF_SIGMAS) ** 2, 0.0, None) ** 2


def _fit_lines(x: Doubles, y: Doubles, square: Doubles, product: Doubles, weight: Doubles) -> tuple[Doubles, Doubles]:
    """(band,) each: gain and offset of the weighted lines, the gains held within their range.

    `square` is that of x, and `product` that of x and y: they are the same from round to round.
    """
    total = weight.sum()
    if total < MIN_RING_PIXELS / 2:
        return np.ones(len(x)), median(y - x)
    mean_x, mean_y = x @ weight / total, y @ weight / total
    variance = square @ weight / total - mean_x**2
    covariance = product @ weight / total - mean_x * mean_y
    even = variance <= EVEN_VARIANCE
    gains = np.clip(np.where(even, 1.0, covariance / np.where(even, 1.0, variance)), *GAIN_RANGE)
    return gains, mean_y - gains * mean_x
