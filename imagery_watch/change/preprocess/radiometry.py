"""Robust per-band normalisation of a pass to the reference, on clear ring pixels (docs/method.md, section 4)."""

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.robust import MAD_TO_SIGMA, median
from imagery_watch.model.arrays import Image, Mask

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
KEPT_WEIGHT = 0.2
"""Tukey weight from which a pixel counts when the offset is found again for a held gain."""


def fit_gains_and_offsets(moving: Image, fixed: Image, usable: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
    for _ in range(ITERATIONS):
        weight = _tukey_weights(y - offsets[:, None] - gains[:, None] * x)
        fitted = [_fit_line(x[b], y[b], weight) for b in range(bands)]
        settled = all(abs(g - gains[b]) < CONVERGED_GAIN for b, (g, _) in enumerate(fitted))
        gains, offsets = (np.array(part) for part in zip(*fitted, strict=True))
        if settled:
            break
    return _hold_gains(x, y, gains, _tukey_weights(y - offsets[:, None] - gains[:, None] * x))


def _hold_gains(
    x: NDArray[np.float64], y: NDArray[np.float64], gains: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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


def _robust_variance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(band,): squared median absolute deviation."""
    spread = median(np.abs(values - median(values)[:, None]))
    return np.asarray(spread**2)


def apply_gains_and_offsets(moving: Image, gains: NDArray[np.float64], offsets: NDArray[np.float64]) -> Image:
    """The pass as the reference's own light and air would have shown it, (band, y, x)."""
    scale = 1.0 / gains
    return (moving * scale[:, None, None] - (offsets * scale)[:, None, None]).astype(np.float32)


def _tukey_weights(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tukey weights of each pixel's worst band."""
    spread = MAD_TO_SIGMA * median(np.abs(residual - median(residual)[:, None]))[:, None]
    worst = (np.abs(residual) / np.maximum(spread, MIN_SPREAD)).max(axis=0)
    return np.clip(1.0 - (worst / TUKEY_CUTOFF_SIGMAS) ** 2, 0.0, None) ** 2


def _fit_line(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Gain and offset of the weighted line, the gain held within its range."""
    total = weight.sum()
    if total < MIN_RING_PIXELS / 2:
        return 1.0, float(np.median(y - x))
    mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
    variance = (weight * (x - mean_x) ** 2).sum() / total
    slope = (weight * (x - mean_x) * (y - mean_y)).sum() / total / variance if variance > 1e-8 else 1.0
    gain = float(np.clip(slope, *GAIN_RANGE))
    return gain, float(mean_y - gain * mean_x)
