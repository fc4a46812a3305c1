"""What an empty apron looks like, even where it is seldom empty."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.model import Baseline

Image = NDArray[np.float32]
Stack = NDArray[np.float32]
Mask = NDArray[np.bool_]

PRIOR_LOOKS = 8.0
"""Looks that the airfield's own noise counts for when a pixel's spread is estimated (science: nu_0 = 8)."""
SPREAD_FLOOR = 0.7
"""Of the airfield's own noise: no pixel is quieter than that."""
MIN_NOISE = 0.004
"""Reflectance: sensor noise (0.0015) and interpolation together are never below this."""
SAME_GROUND = 2.5
"""In noise units: looks this much farther from the pavement's colour than the nearest looks are taken as occupied."""
NEIGHBOURHOOD_M = 210.0


def temporal_noise(stack: Stack, where: Mask) -> NDArray[np.float32]:
    """(band,): noise of one look, from differences of consecutive looks over `where`; aircraft are outvoted.

    `stack` is (time, band, y, x) with NaN where not seen.
    """
    pixels = stack[:, :, where]
    if len(pixels) < 2 or pixels.shape[2] == 0:
        return np.full(stack.shape[1], 0.02, np.float32)
    steps = np.abs(np.diff(pixels, axis=0))
    seen = np.isfinite(steps)
    medians = [float(np.median(steps[:, b][seen[:, b]])) if seen[:, b].any() else 0.02 for b in range(stack.shape[1])]
    return np.maximum(1.4826 / np.sqrt(2) * np.array(medians, np.float32), np.float32(MIN_NOISE))


def pavement_colour(stack: Stack, aprons: Mask, pixel_m: float) -> Image:
    """(band, y, x): what the pavement around each pixel looks like: the spatial median of the temporal median.

    Aircraft and their shadows fill less than half of any 210 m of apron, so they do not carry the median even where a
    stand is always taken.
    """
    middle = nan_median(stack)
    size = max(3, round(NEIGHBOURHOOD_M / pixel_m) | 1)
    known = aprons & np.isfinite(middle).all(axis=0)
    if not known.any():
        return middle
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled = middle[:, nearest[0], nearest[1]]
    return np.stack([ndimage.median_filter(band, size, mode="nearest") for band in filled])


def empty_weights(stack: Stack, pavement: Image, noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """(time, y, x): 1 where a look is as near to the pavement's colour as this pixel's nearest looks are, 0 where it is
    much farther, which is what an aircraft or its shadow does. Ground that is always odd (a marking) keeps all looks.
    """
    square = np.stack([(((look - pavement) / noise[:, None, None]) ** 2).mean(axis=0) for look in stack])
    seen = np.isfinite(square)
    smooth = np.stack([ndimage.uniform_filter(np.where(s, q, 0.0), 3) for q, s in zip(square, seen, strict=True)])
    share = np.stack([ndimage.uniform_filter(s.astype(np.float32), 3) for s in seen])
    distance = np.where(seen, np.sqrt(np.clip(smooth, 0, None) / np.maximum(share, 1e-6)), np.inf)
    nearest = np.sort(distance, axis=0)[min(len(distance) - 1, len(distance) // 5)]
    lowest = distance.min(axis=0)
    start = np.where(np.isfinite(nearest), nearest, np.where(np.isfinite(lowest), lowest, 0.0))
    beyond = np.where(seen, distance, 0.0) - start
    weight = np.exp(-0.5 * (np.clip(beyond, 0, None) / SAME_GROUND) ** 2)
    return np.where(seen, weight, 0.0).astype(np.float32)


def baseline_of(
    stack: Stack, weights: NDArray[np.float32], noise: NDArray[np.float32], registration_error_px: float
) -> Baseline:
    """Weighted median, shrunk weighted spread plus gradient times registration error, and effective count per pixel.

    `stack` (time, band, y, x), `weights` (time, y, x). NaN median where no look has weight.
    """
    wide = np.broadcast_to(weights[:, None], stack.shape)
    median = weighted_median(stack, wide)
    deviation = weighted_median(np.abs(stack - median), wide)
    count = (weights > 0.5).sum(axis=0)
    own = (1.4826 * np.nan_to_num(deviation)) ** 2
    prior = (noise**2)[:, None, None]
    variance = (PRIOR_LOOKS * prior + count * own) / (PRIOR_LOOKS + count)
    variance = np.maximum(variance, SPREAD_FLOOR**2 * prior) * (1 + 1 / np.maximum(count, 1))
    filled = np.nan_to_num(median)
    slope = np.stack([np.hypot(*np.gradient(band)) for band in filled])
    variance = variance + slope**2 * registration_error_px**2 / 2
    return Baseline(median, np.sqrt(variance).astype(np.float32), count.astype(np.int16))


def weighted_median(stack: Stack, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted median over the first axis; NaN where all weights are zero. NaNs in the stack weigh nothing."""
    weights = np.where(np.isfinite(stack), weights, 0.0)
    order = np.argsort(np.where(weights > 0, stack, np.inf), axis=0)
    values = np.take_along_axis(stack, order, axis=0)
    heaps = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    total = heaps[-1]
    half = 0.5 * total
    upper = np.minimum((heaps <= half * (1 + 1e-6)).sum(axis=0), len(stack) - 1)
    lower = np.minimum((heaps < half * (1 - 1e-6)).sum(axis=0), len(stack) - 1)
    ends = [np.take_along_axis(values, index[None], axis=0)[0] for index in (lower, upper)]
    middle = np.where(np.isfinite(ends[1]), 0.5 * (ends[0] + ends[1]), ends[0])
    return np.where(total > 0, middle, np.nan).astype(np.float32)


def nan_median(stack: Stack) -> Image:
    """Median over the first axis of what is not NaN; NaN where nothing is."""
    ordered = np.sort(stack, axis=0)
    count = np.isfinite(stack).sum(axis=0)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(stack) - 1)
    ends = [np.take_along_axis(ordered, index[None], axis=0)[0] for index in (low, high)]
    return np.where(count > 0, 0.5 * (ends[0] + ends[1]), np.nan).astype(np.float32)
