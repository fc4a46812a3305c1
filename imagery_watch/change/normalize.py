"""Robust per-band normalisation of a pass to the reference, on clear ring pixels."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

GAIN_RANGE = (0.5, 2.0)
MIN_PIXELS = 200
UNCLEAR, CLEAR = 0.85, 0.97
"""Share of the ring's robust variance that a line explains: below the first its gain is not believed, above it is."""
ITERATIONS = 15
MAX_SAMPLES = 16_000


def gains_and_offsets(moving: Image, fixed: Image, usable: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per band the gain g and offset a with moving = a + g * fixed on unchanged ground: two arrays (band,).

    Iteratively reweighted least squares with Tukey weights, started from the medians; pixels that changed in any
    band weigh nothing in every band. Gain 1 and offset 0 where fewer than 200 pixels are usable.
    """
    bands = len(moving)
    gains, offsets = np.ones(bands), np.zeros(bands)
    rows = np.flatnonzero(usable.ravel())
    if len(rows) < MIN_PIXELS:
        return gains, offsets
    rows = rows[:: max(1, len(rows) // MAX_SAMPLES)]
    x, y = (image.reshape(bands, -1)[:, rows].astype(np.float64) for image in (fixed, moving))
    offsets = np.median(y, axis=1) - np.median(x, axis=1)
    for _ in range(ITERATIONS):
        weight = _weights(y - offsets[:, None] - gains[:, None] * x)
        fitted = [_line(x[b], y[b], weight) for b in range(bands)]
        settled = all(abs(g - gains[b]) < 5e-4 for b, (g, _) in enumerate(fitted))
        gains, offsets = (np.array(part) for part in zip(*fitted, strict=True))
        if settled:
            break
    return _held(x, y, gains, _weights(y - offsets[:, None] - gains[:, None] * x))


def _held(
    x: NDArray[np.float64], y: NDArray[np.float64], gains: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gains held to 1 as far as the ring speaks unclearly, and the offsets that then fit.

    Where crops have changed, a line through all fields is flatter than light and air can make it; how clearly it
    speaks is the share of the robust variance that the line explains.
    """
    left = _robust_variance(y - gains[:, None] * x)
    clear = np.clip((1 - left / np.maximum(_robust_variance(y), 1e-9) - UNCLEAR) / (CLEAR - UNCLEAR), 0.0, 1.0)
    held = 1.0 + (gains - 1.0) * clear
    kept = weight > 0.2
    rest = y - held[:, None] * x
    return held, np.median(rest[:, kept] if kept.sum() > MIN_PIXELS / 2 else rest, axis=1)


def _robust_variance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(band,): squared median absolute deviation."""
    spread = np.median(np.abs(values - np.median(values, axis=1, keepdims=True)), axis=1)
    return np.asarray(spread**2)


def normalized(moving: Image, gains: NDArray[np.float64], offsets: NDArray[np.float64]) -> Image:
    """The pass as the reference's own light and air would have shown it, (band, y, x)."""
    scale = 1.0 / gains
    return (moving * scale[:, None, None] - (offsets * scale)[:, None, None]).astype(np.float32)


def _weights(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tukey weights of each pixel's worst band."""
    spread = 1.4826 * np.median(np.abs(residual - np.median(residual, axis=1, keepdims=True)), axis=1, keepdims=True)
    worst = (np.abs(residual) / np.maximum(spread, 1e-4)).max(axis=0)
    return np.clip(1.0 - (worst / 6.0) ** 2, 0.0, None) ** 2


def _line(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Gain and offset of the weighted line, the gain held within its range."""
    total = weight.sum()
    if total < MIN_PIXELS / 2:
        return 1.0, float(np.median(y - x))
    mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
    variance = (weight * (x - mean_x) ** 2).sum() / total
    slope = (weight * (x - mean_x) * (y - mean_y)).sum() / total / variance if variance > 1e-8 else 1.0
    gain = float(np.clip(slope, *GAIN_RANGE))
    return gain, float(mean_y - gain * mean_x)
