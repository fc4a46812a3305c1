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
PATCH_PX = 5
SAME_GROUND = 0.5
"""In noise units, beyond the noise itself: how far a look may lie from the empty ground before it counts for little."""
FIRM = 0.8
"""Of a look's own greatest weight: below it something may stand there in that look."""
FEW_LOOKS = 6
SEED_SHARE = 0.17
"""Share of the looks that is taken as empty to begin with: a stand may be taken five times out of six."""
SHADE_PX = 10
"""Edge of the square whose median is a place's own shade: wider than most slabs would mix them."""
DARKEST = 0.02
"""Reflectance of the darkest pavement; a division by less would be noise."""
NEIGHBOURHOOD_M = 210.0
COARSER = 2
"""Every other row and column says as much about the pavement around, with a sixteenth of the work."""


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
    size = max(3, round(NEIGHBOURHOOD_M / pixel_m / COARSER) | 1)
    known = aprons & np.isfinite(middle).all(axis=0)
    if not known.any():
        return middle
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    coarse = middle[:, nearest[0], nearest[1]][:, ::COARSER, ::COARSER]
    colour = np.stack([ndimage.median_filter(band, size, mode="nearest") for band in coarse])
    height, width = aprons.shape
    return colour.repeat(COARSER, axis=1).repeat(COARSER, axis=2)[:, :height, :width]


def empty_weights(stack: Stack, pavement: Image, noise: NDArray[np.float32], aprons: Mask) -> NDArray[np.float32]:
    """(time, y, x): near 1 where a look shows the empty ground, near 0 where something stands on it; 0 where not seen.

    The looks nearest to the pavement's colour, whatever each place's own shade of it, are taken as empty, then those
    nearest to these; the others count by how far they are from what they show: an aircraft or its shadow is far. Ground
    that is always odd (a marking) is near to itself, and keeps all its looks.
    """
    few = len(stack) < FEW_LOOKS
    seeds = max(1 if few else 2, round(len(stack) * SEED_SHARE))
    alike = stack if few else _in_one_shade(stack, pavement, aprons)
    first = _mean_of_nearest(stack, _distance(alike, pavement, noise), seeds)
    empty = _mean_of_nearest(stack, _distance(stack, first, noise), seeds)
    beyond = np.clip(_distance(stack, empty, noise) - 1.0, 0, None)
    return np.where(np.isfinite(beyond), np.exp(-0.5 * (beyond / SAME_GROUND) ** 2), 0.0).astype(np.float32)


def _in_one_shade(stack: Stack, pavement: Image, aprons: Mask) -> Stack:
    """(time, band, y, x): each look divided by how much brighter than the pavement the apron around a pixel is.

    A slab may be a tenth brighter than its neighbours for good: what stands on it may then look more like them than the
    slab itself does. The median over 100 m is the ground's, not that of an aircraft on it; beyond the apron's edge the
    apron goes on, as grass would be the shade of no slab.
    """
    if not aprons.any():
        return stack
    nearest = ndimage.distance_transform_edt(~aprons, return_distances=False, return_indices=True)
    bright = [np.median(look / np.maximum(pavement, DARKEST), axis=0)[nearest[0], nearest[1]] for look in stack]
    coarse = [np.where(np.isfinite(one), one, 1.0)[::COARSER, ::COARSER] for one in bright]
    around = np.stack([ndimage.median_filter(one, SHADE_PX // COARSER, mode="nearest") for one in coarse])
    height, width = pavement.shape[1:]
    shade = around.repeat(COARSER, axis=1).repeat(COARSER, axis=2)[:, None, :height, :width]
    return (stack / np.maximum(shade, DARKEST)).astype(np.float32)


def _mean_of_nearest(stack: Stack, distance: NDArray[np.float32], count: int) -> Image:
    """(band, y, x): at each pixel the mean of the `count` nearest looks, or of those that saw it."""
    farthest = np.sort(distance, axis=0)[count - 1]
    return _mean_of(stack, np.isfinite(distance) & (distance <= np.where(np.isfinite(farthest), farthest, np.inf)))


def _distance(stack: Stack, centre: Image, noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """(time, y, x): rms over bands and 5 x 5 pixels of the departure in noise units; inf where not seen."""
    square = np.stack([(((look - centre) / noise[:, None, None]) ** 2).mean(axis=0) for look in stack])
    seen = np.isfinite(square)
    total = np.stack([ndimage.uniform_filter(np.where(s, q, 0.0), PATCH_PX) for q, s in zip(square, seen, strict=True)])
    share = np.stack([ndimage.uniform_filter(s.astype(np.float32), PATCH_PX) for s in seen])
    distance = np.sqrt(np.clip(total, 0, None) / np.maximum(share, 1e-6))
    return np.where(seen, distance, np.inf).astype(np.float32)


def _mean_of(stack: Stack, chosen: NDArray[np.bool_]) -> Image:
    """(band, y, x): mean of the chosen looks, NaN where there are none."""
    count = chosen.sum(axis=0)
    total = np.where(chosen[:, None], np.nan_to_num(stack), 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def baseline_of(
    stack: Stack, weights: NDArray[np.float32], noise: NDArray[np.float32], registration_error_px: float
) -> Baseline:
    """Weighted median, shrunk weighted spread plus gradient times registration error, and effective count per pixel.

    `stack` (time, band, y, x), `weights` (time, y, x). NaN median where no look has weight.
    """
    median, variance, count = _middle_and_variance(stack, weights, noise)
    variance = variance + _slope_variance(median, registration_error_px)
    return Baseline(median, np.sqrt(variance).astype(np.float32), count.astype(np.int16))


def without_look(
    baseline: Baseline,
    index: int,
    stack: Stack,
    weights: NDArray[np.float32],
    noise: NDArray[np.float32],
    registration_error_px: float,
) -> Baseline:
    """The baseline of `baseline_of` as it would be had one look never been, where something may stand in that look.

    What is judged must not have been learnt from: an aircraft in a dozen looks still pulls the ground beneath its edges
    towards itself. Elsewhere, and where no other look has weight, the baseline stays as it was.
    """
    odd = ndimage.binary_dilation(weights[index] < FIRM * weights[index].max(initial=0.0), iterations=2)
    others = np.arange(len(stack)) != index
    odd &= (weights[others] > 0.05).any(axis=0)
    if not odd.any():
        return baseline
    picked, weighed = stack[others][:, :, odd][..., None], weights[others][:, odd][..., None]
    median, variance, count = _middle_and_variance(picked, weighed, noise)
    middle, spread, looks = baseline.median.copy(), baseline.spread.copy(), baseline.count.copy()
    middle[:, odd] = median[..., 0]
    spread[:, odd] = np.sqrt(variance[..., 0] + _slope_variance(middle, registration_error_px)[:, odd])
    looks[odd] = count[..., 0]
    return Baseline(middle, spread, looks)


def _middle_and_variance(
    stack: Stack, weights: NDArray[np.float32], noise: NDArray[np.float32]
) -> tuple[Image, NDArray[np.float32], NDArray[np.int64]]:
    """Weighted median, shrunk variance and effective count."""
    wide = np.broadcast_to(weights[:, None], stack.shape)
    median = weighted_median(stack, wide)
    deviation = weighted_median(np.abs(stack - median), wide)
    count = (weights > 0.5).sum(axis=0)
    own = (1.4826 * np.nan_to_num(deviation)) ** 2
    prior = (noise**2)[:, None, None]
    variance = (PRIOR_LOOKS * prior + count * own) / (PRIOR_LOOKS + count)
    return median, np.maximum(variance, SPREAD_FLOOR**2 * prior) * (1 + 1 / np.maximum(count, 1)), count


def _slope_variance(median: Image, registration_error_px: float) -> Image:
    """(band, y, x): what a registration error makes of the ground's own edges."""
    slope = np.stack([np.hypot(*np.gradient(band)) for band in np.nan_to_num(median)])
    return np.asarray(slope**2 * registration_error_px**2 / 2, np.float32)


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
