"""Medians of stacks with holes: what aircraft, clouds and passers-by do not carry away."""

import numpy as np

from imagery_watch.model.arrays import Floats, ImageStack

MAD_TO_SIGMA = 1.4826
"""One sigma of a normal law in units of its median absolute deviation: 1 / (sqrt(2) erfinv(1/2))."""
MEDIAN_ABS_NORMAL = 0.6745
"""Median of the absolute value of a standard normal variate."""
EQUAL = 1e-6
"""Relative difference below which two halves of a weight count as equal."""


def weighted_median(stack: ImageStack, weights: Floats) -> Floats:
    """Weighted median over the first axis; NaN where all weights are zero. NaNs in the stack weigh nothing."""
    weights = np.where(np.isfinite(stack), weights, 0.0)
    order = np.argsort(np.where(weights > 0, stack, np.inf), axis=0)
    values = np.take_along_axis(stack, order, axis=0)
    heaps = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    total = heaps[-1]
    half = 0.5 * total
    upper = np.minimum((heaps <= half * (1 + EQUAL)).sum(axis=0), len(stack) - 1)
    lower = np.minimum((heaps < half * (1 - EQUAL)).sum(axis=0), len(stack) - 1)
    ends = [np.take_along_axis(values, index[None], axis=0)[0] for index in (lower, upper)]
    middle = np.where(np.isfinite(ends[1]), 0.5 * (ends[0] + ends[1]), ends[0])
    return np.where(total > 0, middle, np.nan).astype(np.float32)


def nan_median(stack: ImageStack) -> Floats:
    """Median over the first axis of what is not NaN; NaN where nothing is."""
    ordered = np.sort(stack, axis=0)
    count = np.isfinite(stack).sum(axis=0)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(stack) - 1)
    ends = [np.take_along_axis(ordered, index[None], axis=0)[0] for index in (low, high)]
    return np.where(count > 0, 0.5 * (ends[0] + ends[1]), np.nan).astype(np.float32)
