"""Medians of stacks with holes: what aircraft, clouds and passers-by do not carry away."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.arrays import Floats, ImageStack

SIGN_BIT = np.uint32(1 << 31)
"""Of a number of 32 bits."""
PIXELS_AT_ONCE = 4096
"""Whose medians are found together; it changes the running time alone."""
F = TypeVar("F", np.float32, np.float64)

MAD_TO_SIGMA = 1.4826
"""One sigma of a normal law in units of its median absolute deviation: 1 / (sqrt(2) erfinv(1/2))."""
MEDIAN_ABS_NORMAL = 0.6745
"""Median of the absolute value of a standard normal variate."""
EQUAL = 1e-6
"""Relative difference below which two halves of a weight count as equal."""


def median(values: NDArray[F]) -> NDArray[F]:
    """Median over the last axis, which must hold no NaN; one partition less than numpy's own, and the same numbers."""
    count = values.shape[-1]
    parted = np.partition(values, count // 2, axis=-1)
    upper = parted[..., count // 2]
    if count % 2:
        return np.asarray(upper)
    return np.asarray((parted[..., : count // 2].max(axis=-1) + upper) / values.dtype.type(2))


def weighted_median(stack: ImageStack, weights: Floats) -> Floats:
    """Weighted median over the first axis; NaN where all weights are zero. NaNs in the stack weigh nothing.

    Worked out for some pixels at a time, so that a processor's own memory holds them.
    """
    flat, heavy = (np.reshape(some, (len(stack), -1)) for some in (stack, np.broadcast_to(weights, stack.shape)))
    found = np.empty(flat.shape[1], np.float32)
    for start in range(0, flat.shape[1], PIXELS_AT_ONCE):
        some = slice(start, start + PIXELS_AT_ONCE)
        found[some] = _median_of_sorted(*_sort_with_weights(flat[:, some], heavy[:, some]))
    return found.reshape(stack.shape[1:])


def _sort_with_weights(stack: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """(time, pixel) each: the values in order, at the end NaN for what weighs nothing, and their weights.

    Value and weight are sorted as one whole number, with the value in its upper half so that it decides.
    """
    hidden = (np.isfinite(stack) & (weights > 0)).astype(np.uint32) - np.uint32(1)  # no bit of what is seen
    bits = np.asarray(stack + 0, np.float32).view(np.uint32)  # minus zero becomes zero
    negative = (bits.view(np.int32) >> 31).view(np.uint32)
    ordered = (bits ^ (negative | SIGN_BIT)) | hidden  # negative numbers count backwards
    weighed = np.ascontiguousarray(weights, np.float32).view(np.uint32) & ~hidden
    keys = np.ascontiguousarray((ordered.astype(np.uint64) << np.uint64(32) | weighed).T)
    keys.sort(axis=1)
    keys = np.ascontiguousarray(keys.T)
    upper = (keys >> np.uint64(32)).astype(np.uint32)
    negative = (~upper.view(np.int32) >> 31).view(np.uint32)
    return (upper ^ (negative | SIGN_BIT)).view(np.float32), keys.astype(np.uint32).view(np.float32)


def _median_of_sorted(values: Floats, weights: Floats) -> Floats:
    """(pixel,): weighted median of values in order (time, pixel)."""
    heaps, each = weights.copy(), np.arange(values.shape[1])
    for number in range(1, len(heaps)):
        heaps[number] += heaps[number - 1]
    total = heaps[-1]
    half = 0.5 * total
    upper = np.minimum((heaps <= half * (1 + EQUAL)).sum(axis=0), len(values) - 1)
    lower = np.minimum((heaps < half * (1 - EQUAL)).sum(axis=0), len(values) - 1)
    first, second = values[lower, each], values[upper, each]
    middle = np.where(np.isfinite(second), 0.5 * (first + second), first)
    return np.where(total > 0, middle, np.nan).astype(np.float32)


def nan_median(stack: ImageStack) -> Floats:
    """Median over the first axis of what is not NaN; NaN where nothing is."""
    flat = np.reshape(stack, (len(stack), -1))
    found = np.empty(flat.shape[1], np.float32)
    for start in range(0, flat.shape[1], PIXELS_AT_ONCE):
        some = slice(start, start + PIXELS_AT_ONCE)
        found[some] = _median_of_rows(np.array(flat[:, some].T, order="C"))
    return found.reshape(stack.shape[1:])


def _median_of_rows(values: Floats) -> Floats:
    """(pixel,): median of values (pixel, time) that are not NaN; they are brought into order."""
    values.sort(axis=1)  # NaN comes last
    count, each = np.count_nonzero(np.isfinite(values), axis=1), np.arange(len(values))
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[1] - 1)
    return np.where(count > 0, 0.5 * (values[each, low] + values[each, high]), np.nan).astype(np.float32)
