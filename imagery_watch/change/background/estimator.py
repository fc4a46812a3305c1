"""What an empty apron looks like, even where it is seldom empty (docs/method.md, section 5)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.background.large_scale import LARGE_SCALE_M
from imagery_watch.change.robust import MAD_TO_SIGMA, nan_median, weighted_median
from imagery_watch.model import Background
from imagery_watch.model.arrays import Floats, Image, ImageStack, Mask
from imagery_watch.model.change import FEW_LOOKS

PRIOR_LOOKS = 8.0
"""Looks that the airfield's own noise counts for when a pixel's spread is estimated."""
SPREAD_FLOOR = 0.7
"""Of the airfield's own noise: no pixel is taken to have less than that."""
UNKNOWN_NOISE = 0.02
"""Reflectance: noise of one look where no two looks can be compared."""
PATCH_PX = 5
"""Edge of the square over which a look's distance from the empty ground is averaged."""
EMPTY_TOLERANCE = 0.5
"""In noise units, beyond the noise itself: how far a look may lie from the empty ground before it counts for little."""
FULL_WEIGHT_SHARE = 0.8
"""Of a look's own greatest weight: below it something may stand there in that look."""
SEED_SHARE = 0.17
"""Share of the looks that is taken as empty to begin with: a stand may be taken five times out of six."""
SHADE_PX = 10
"""Edge of the square whose median is a place's own shade: wider than most slabs would mix them."""
MIN_REFLECTANCE = 0.02
"""Reflectance of the darkest pavement; a division by less would be noise."""
DECIMATION = 2
"""Every other row and column says as much about the pavement around, with a sixteenth of the work."""
SEEN_WEIGHT = 0.05
"""Of another look's weight: from there on it can stand in for a look that is left out."""
COUNTED_WEIGHT = 0.5
"""Weight from which a look counts as one of the looks that the median rests on."""
ODD_MARGIN_PX = 2
"""A look is left out of the background this far around where something may stand in it."""


def estimate_temporal_noise(stack: ImageStack, where: Mask, min_noise: float) -> Floats:
    """(band,): noise of one look, from differences of consecutive looks over `where`; aircraft are outvoted.

    `stack` is (time, band, y, x) with NaN where not seen; `min_noise` is the sensor's own, in the stack's unit.
    """
    pixels = stack[:, :, where]
    if len(pixels) < 2 or pixels.shape[2] == 0:
        return np.full(stack.shape[1], UNKNOWN_NOISE, np.float32)
    steps = np.abs(np.diff(pixels, axis=0))
    seen = np.isfinite(steps)
    bands = range(stack.shape[1])
    medians = [float(np.median(steps[:, b][seen[:, b]])) if seen[:, b].any() else UNKNOWN_NOISE for b in bands]
    return np.maximum(MAD_TO_SIGMA / np.sqrt(2) * np.array(medians, np.float32), np.float32(min_noise))


def estimate_pavement_colour(stack: ImageStack, aprons: Mask, pixel_m: float) -> Image:
    """(band, y, x): what the pavement around each pixel looks like: the spatial median of the temporal median.

    Aircraft and their shadows fill less than half of any 210 m of apron, so they do not carry the median even where a
    stand is always taken.
    """
    middle = nan_median(stack)
    size = max(3, round(LARGE_SCALE_M / pixel_m / DECIMATION) | 1)
    known = aprons & np.isfinite(middle).all(axis=0)
    if not known.any():
        return middle
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    coarse = middle[:, nearest[0], nearest[1]][:, ::DECIMATION, ::DECIMATION]
    colour = np.stack([ndimage.median_filter(band, size, mode="nearest") for band in coarse])
    height, width = aprons.shape
    return colour.repeat(DECIMATION, axis=1).repeat(DECIMATION, axis=2)[:, :height, :width]


def weigh_empty_looks(stack: ImageStack, pavement: Image, noise: Floats, aprons: Mask) -> Floats:
    """(time, y, x): near 1 where a look shows the empty ground, near 0 where something stands on it; 0 where not seen.

    The looks nearest to the pavement's colour, whatever each place's own shade of it, are taken as empty, then those
    nearest to these; the others count by how far they are from what they show: an aircraft or its shadow is far. Ground
    that is always odd (a marking) is near to itself, and keeps all its looks.
    """
    few = len(stack) < FEW_LOOKS
    seeds = max(1 if few else 2, round(len(stack) * SEED_SHARE))
    alike = stack if few else _remove_own_shade(stack, pavement, aprons)
    first = _mean_of_nearest(stack, _distance_from(alike, pavement, noise), seeds)
    empty = _mean_of_nearest(stack, _distance_from(stack, first, noise), seeds)
    beyond = np.clip(_distance_from(stack, empty, noise) - 1.0, 0, None)
    return np.where(np.isfinite(beyond), np.exp(-0.5 * (beyond / EMPTY_TOLERANCE) ** 2), 0.0).astype(np.float32)


def _remove_own_shade(stack: ImageStack, pavement: Image, aprons: Mask) -> ImageStack:
    """(time, band, y, x): each look divided by how much brighter than the pavement the apron around a pixel is.

    A slab may be a tenth brighter than its neighbours for good: what stands on it may then look more like them than the
    slab itself does. The median over 100 m is the ground's, not that of an aircraft on it; beyond the apron's edge the
    apron goes on, as grass would be the shade of no slab.
    """
    if not aprons.any():
        return stack
    nearest = ndimage.distance_transform_edt(~aprons, return_distances=False, return_indices=True)
    bright = [np.median(look / np.maximum(pavement, MIN_REFLECTANCE), axis=0)[nearest[0], nearest[1]] for look in stack]
    coarse = [np.where(np.isfinite(one), one, 1.0)[::DECIMATION, ::DECIMATION] for one in bright]
    around = np.stack([ndimage.median_filter(one, SHADE_PX // DECIMATION, mode="nearest") for one in coarse])
    height, width = pavement.shape[1:]
    shade = around.repeat(DECIMATION, axis=1).repeat(DECIMATION, axis=2)[:, None, :height, :width]
    return (stack / np.maximum(shade, MIN_REFLECTANCE)).astype(np.float32)


def _mean_of_nearest(stack: ImageStack, distance: Floats, count: int) -> Image:
    """(band, y, x): at each pixel the mean of the `count` nearest looks, or of those that saw it."""
    farthest = np.sort(distance, axis=0)[count - 1]
    return _mean_of(stack, np.isfinite(distance) & (distance <= np.where(np.isfinite(farthest), farthest, np.inf)))


def _distance_from(stack: ImageStack, centre: Image, noise: Floats) -> Floats:
    """(time, y, x): rms over bands and 5 x 5 pixels of the departure in noise units; inf where not seen."""
    square = np.stack([(((look - centre) / noise[:, None, None]) ** 2).mean(axis=0) for look in stack])
    seen = np.isfinite(square)
    total = np.stack([ndimage.uniform_filter(np.where(s, q, 0.0), PATCH_PX) for q, s in zip(square, seen, strict=True)])
    share = np.stack([ndimage.uniform_filter(s.astype(np.float32), PATCH_PX) for s in seen])
    distance = np.sqrt(np.clip(total, 0, None) / np.maximum(share, 1e-6))
    return np.where(seen, distance, np.inf).astype(np.float32)


def _mean_of(stack: ImageStack, chosen: NDArray[np.bool_]) -> Image:
    """(band, y, x): mean of the chosen looks, NaN where there are none."""
    count = chosen.sum(axis=0)
    total = np.where(chosen[:, None], np.nan_to_num(stack), 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def estimate_background(stack: ImageStack, weights: Floats, noise: Floats, registration_error_px: float) -> Background:
    """Weighted median, shrunk weighted spread plus gradient times registration error, and effective count per pixel.

    `stack` (time, band, y, x), `weights` (time, y, x). NaN median where no look has weight.
    """
    median, variance, count = _median_and_variance(stack, weights, noise)
    variance = variance + _gradient_variance(median, registration_error_px)
    return Background(median, np.sqrt(variance).astype(np.float32), count.astype(np.int16))


def leave_look_out(
    background: Background,
    index: int,
    stack: ImageStack,
    weights: Floats,
    noise: Floats,
    registration_error_px: float,
) -> Background:
    """The background of `estimate_background` without one of its looks, where something may stand in that look.

    What is judged must not have been learnt from: an aircraft in a dozen looks still pulls the ground beneath its edges
    towards itself. Elsewhere, and where no other look has weight, the background stays as it was.
    """
    odd = ndimage.binary_dilation(
        weights[index] < FULL_WEIGHT_SHARE * weights[index].max(initial=0.0), iterations=ODD_MARGIN_PX
    )
    others = np.arange(len(stack)) != index
    odd &= (weights[others] > SEEN_WEIGHT).any(axis=0)
    if not odd.any():
        return background
    picked, weighed = stack[others][:, :, odd][..., None], weights[others][:, odd][..., None]
    median, variance, count = _median_and_variance(picked, weighed, noise)
    middle, spread, looks = background.median.copy(), background.spread.copy(), background.count.copy()
    middle[:, odd] = median[..., 0]
    spread[:, odd] = np.sqrt(variance[..., 0] + _gradient_variance(middle, registration_error_px)[:, odd])
    looks[odd] = count[..., 0]
    return Background(middle, spread, looks)


def _median_and_variance(stack: ImageStack, weights: Floats, noise: Floats) -> tuple[Image, Floats, NDArray[np.int64]]:
    """Weighted median, shrunk variance and effective count."""
    wide = np.broadcast_to(weights[:, None], stack.shape)
    median = weighted_median(stack, wide)
    deviation = weighted_median(np.abs(stack - median), wide)
    count = (weights > COUNTED_WEIGHT).sum(axis=0)
    own = (MAD_TO_SIGMA * np.nan_to_num(deviation)) ** 2
    prior = (noise**2)[:, None, None]
    variance = (PRIOR_LOOKS * prior + count * own) / (PRIOR_LOOKS + count)
    return median, np.maximum(variance, SPREAD_FLOOR**2 * prior) * (1 + 1 / np.maximum(count, 1)), count


def _gradient_variance(median: Image, registration_error_px: float) -> Image:
    """(band, y, x): what a registration error makes of the ground's own edges."""
    slope = np.stack([np.hypot(*np.gradient(band)) for band in np.nan_to_num(median)])
    return np.asarray(slope**2 * registration_error_px**2 / 2, np.float32)
