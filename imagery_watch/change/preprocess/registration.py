"""Sub-pixel registration of a pass to a reference, on the ring, with the aprons masked out.

Integer shift by phase correlation of gradient magnitudes; then masked, robust Gauss-Newton steps (Lucas and Kanade
1981) on the same images in blocks, whose median is the shift and whose scatter is its error. Aircraft would bias it,
so aprons are left out; fields that change their brightness keep their edges, hence gradients (docs/method.md,
section 4).
"""

from dataclasses import dataclass, field
from math import hypot, inf

import numpy as np
from scipy import fft, ndimage

from imagery_watch.change.preprocess.spline_shift import Spline, find_spline
from imagery_watch.change.robust import MAD_TO_SIGMA, median
from imagery_watch.model import Registration, finite_in_all_bands
from imagery_watch.model.arrays import Doubles, Floats, Image, Mask
from imagery_watch.model.change import MIN_RING_KM2

MAX_SHIFT_PX = 6.0
"""Beyond this the match is not believed: real pairs of 2016 are 1.9 px apart, later ones less than one."""

BLOCKS = 5
"""Blocks along each edge of the usable part of the Grid that are registered by themselves."""
ITERATIONS = 12
"""Most steps of Gauss-Newton in one block."""
EDGE_BLUR_PX = 0.7
"""Sigma of the Gaussian that smooths an image before its gradients are taken."""
VALID_MARGIN_PX = 2
"""Gradients so near to an invalid pixel are left out."""
RING_TAPER_PX = 2.0
"""Sigma of the Gaussian that softens the edge of the usable ring before the Fourier transform."""
EDGE_CLIP = (-2, 6)
"""Bounds of the scaled gradient magnitude in the phase correlation: a few roofs must not outweigh everything else."""
SEARCH_SLACK_PX = 2
"""The phase correlation is searched so far beyond `MAX_SHIFT_PX`."""
PEAK_BLUR_PX = 0.6
"""Sigma of the Gaussian that smooths the correlation surface before its peak is taken."""
MIN_BLOCK_SHARE, MIN_BLOCK_PIXELS = 0.2, 200
"""Share and number of usable pixels from which a block is registered."""
MAX_BLOCK_DRIFT_PX = 2.5
"""A block that moves farther than this from the whole-pixel shift has lost its match."""
CONVERGED_PX = 0.005
"""Length of a step at which a block's iteration ends."""
TUKEY_TUNING = 4.685
"""Robust sigmas at which a pixel's Tukey weight is zero: 95 % efficiency for Gaussian noise."""
MAX_CONDITION, MIN_CURVATURE = 100, 1.0
"""Condition number of a block's gradient matrix above which, and its first entry below which, the block is left out."""
MIN_BLOCKS = 4
"""Blocks that must give a shift for their median to be believed."""
MAX_ERROR_PX = 1.0
"""Standard error of the shift from which there is no clear match."""
MIN_USABLE_KM2 = 0.1
"""Clear ring below which nothing is registered."""
MIN_LIKENESS = 0.25
"""Correlation of two edge images from which they are taken to show one place."""
MIN_WHOLE_ERROR_PX = 0.1
"""Least error of a shift that does not come from blocks."""
MIN_MOVE_PX = 0.01
"""Nearer than this along both axes, an image is not resampled."""
LOST_SHARE = 0.01
"""Share of invalid neighbours from which a resampled pixel is invalid."""


def gradient_magnitude(data: Image, valid: Mask) -> Image:
    """Gradient magnitude of the mean of the bands, (y, x), scaled to unit robust spread; 0 beside invalid pixels.

    `data` is (band, y, x). Its square root is taken, so that a few roofs do not outweigh everything else.
    """
    mean = np.nanmean(np.where(valid, data, 0.0), axis=0)
    level = float(np.median(mean[valid])) if valid.any() else 0.0
    filled = ndimage.gaussian_filter(np.where(valid, mean, level), EDGE_BLUR_PX)
    magnitude = np.sqrt(np.hypot(ndimage.sobel(filled, axis=0), ndimage.sobel(filled, axis=1)))
    inside = ndimage.binary_erosion(valid, iterations=VALID_MARGIN_PX)
    if not inside.any():
        return np.zeros(valid.shape, np.float32)
    low, high = np.percentile(magnitude[inside], [25, 75])
    return np.where(inside, (magnitude - np.median(magnitude[inside])) / max(high - low, 1e-6), 0.0).astype(np.float32)


def register(moving: Image, fixed: Image, usable: Mask, pixel_m: float) -> Registration:
    """How far `moving` must move to lie on `fixed` (images of `gradient_magnitude`), using pixels of `usable` only.

    By blocks where enough of them speak, else by all usable pixels at once. The shift is zero, and `reason` says why,
    where there is too little ring or no clear match.
    """
    usable_km2 = float(usable.sum()) * pixel_m**2 / 1e6
    if usable_km2 < MIN_USABLE_KM2:
        return Registration(0.0, 0.0, np.nan, usable_km2, f"only {usable_km2:.2f} km2 of clear ring to register on")
    start = _whole_shift(moving, fixed, usable)
    if np.hypot(*start) <= MAX_SHIFT_PX:
        found = _by_blocks(moving, fixed, usable, start) or _as_one(moving, fixed, usable, start)
        if found is not None:
            return Registration(*found, usable_km2)
    # with a small ring an edge of cloud is enough to hide a match: the pass is then used as it lies
    enough = usable_km2 >= MIN_RING_KM2
    return Registration(0.0, 0.0, np.nan, usable_km2, "no clear match with the reference", mismatched=enough)


def _by_blocks(
    moving: Image, fixed: Image, usable: Mask, start: tuple[float, float]
) -> tuple[float, float, float] | None:
    """Rows, columns and error from blocks that are registered by themselves; None where too few agree."""
    solved = [_refine(block, start) for block in _blocks(moving, fixed, usable, BLOCKS)]
    shifts = np.array([shift for shift in solved if shift is not None])
    if len(shifts) < MIN_BLOCKS:
        return None
    middle, error = _middle_of(shifts)
    if np.hypot(*middle) > MAX_SHIFT_PX or error > MAX_ERROR_PX:
        return None
    return float(middle[0]), float(middle[1]), error


def _middle_of(shifts: Doubles) -> tuple[Doubles, float]:
    """The median of shifts (block, 2), and the standard error of that median."""
    middle = np.median(shifts, axis=0)
    scatter = MAD_TO_SIGMA * np.median(np.abs(shifts - middle), axis=0)
    return middle, float(np.hypot(*scatter) * np.sqrt(np.pi / 2 / len(shifts)))


def _as_one(moving: Image, fixed: Image, usable: Mask, start: tuple[float, float]) -> tuple[float, float, float] | None:
    """Rows, columns and error from all usable pixels at once; None where the images do not look alike afterwards.

    The error is that of the quarters, which are registered by themselves where they can be.
    """
    whole = next(iter(_blocks(moving, fixed, usable, 1)), None)
    shift = None if whole is None else _refine(whole, start)
    if whole is None or shift is None or np.hypot(*shift) > MAX_SHIFT_PX or _likeness(whole, shift) < MIN_LIKENESS:
        return None
    quarters = [_refine(block, shift) for block in _blocks(moving, fixed, usable, 2)]
    known = np.array([shift, *(quarter for quarter in quarters if quarter is not None)])
    error = _middle_of(known)[1] if len(known) > 2 else 0.0
    return shift[0], shift[1], max(error, MIN_WHOLE_ERROR_PX)


def _likeness(block: "_Block", shift: tuple[float, float]) -> float:
    """Correlation of the edges of a block, moved by a shift, with the fixed ones."""
    moved = ndimage.shift(block.moving, shift, order=1, mode="nearest")[block.usable]
    return float(np.corrcoef(np.clip(moved, *EDGE_CLIP), np.clip(block.fixed[block.usable], *EDGE_CLIP))[0, 1])


def shift_image(data: Image, rows: float, cols: float) -> Image:
    """(band, y, x) moved down by `rows` and right by `cols` pixels (cubic B-spline); NaN where nothing moved in.

    NaNs spread by the two pixels that the spline's main support reaches, never further.
    """
    if abs(rows) < MIN_MOVE_PX and abs(cols) < MIN_MOVE_PX:
        return data
    invalid = ~finite_in_all_bands(data)
    blurred = ndimage.binary_dilation(invalid, np.ones((3, 3), bool)) if invalid.any() else invalid
    lost = ndimage.shift(blurred.astype(np.float32), (rows, cols), order=1, mode="constant", cval=1.0) > LOST_SHARE
    reach = max(abs(rows), abs(cols))
    moved = np.stack([find_spline(fill_invalid(band, invalid), reach).move(rows, cols) for band in data])
    return np.where(lost, np.float32(np.nan), moved)


def fill_invalid(band: Image, invalid: Mask) -> Image:
    """The band with each invalid pixel replaced by its nearest valid one, so that filters see no cliff."""
    if not invalid.any() or invalid.all():
        return np.where(invalid, np.float32(0), band)
    nearest = ndimage.distance_transform_edt(invalid, return_distances=False, return_indices=True)
    return band[tuple(nearest)]


def _whole_shift(moving: Image, fixed: Image, usable: Mask) -> tuple[float, float]:
    """Whole-pixel shift by phase correlation, looked for within `MAX_SHIFT_PX` and a little more."""
    weight = ndimage.gaussian_filter(usable.astype(np.float32), RING_TAPER_PX)
    shape = [fft.next_fast_len(2 * edge, real=True) for edge in usable.shape]
    one, two = (fft.rfft2(np.clip(image, *EDGE_CLIP) * weight, shape) for image in (moving, fixed))
    cross = two * np.conj(one)
    surface = fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), shape)
    reach = int(MAX_SHIFT_PX) + SEARCH_SLACK_PX
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, col = np.unravel_index(int(np.argmax(ndimage.gaussian_filter(near, PEAK_BLUR_PX))), near.shape)
    return float(row - reach), float(col - reach)


@dataclass(frozen=True)
class _Block:
    moving: Image
    fixed: Image
    gradient: tuple[Image, Image]
    usable: Mask
    known: dict[int, tuple[Floats, Floats, Floats]] = field(default_factory=dict)

    def inside(self, reach: int) -> tuple[Floats, Floats, Floats]:
        """(pixel,) each: the fixed image and its gradients where usable, so many pixels off the edges and more."""
        if reach not in self.known:
            cut = np.s_[reach:-reach, reach:-reach]
            fixed, down, right = (image[cut][self.usable[cut]] for image in (self.fixed, *self.gradient))
            self.known[reach] = fixed, down, right
        return self.known[reach]


def _blocks(moving: Image, fixed: Image, usable: Mask, along: int) -> list[_Block]:
    """The usable part of the Grid cut into `along` x `along` blocks, without those that hold little usable ring."""
    gradient = np.gradient(fixed)
    inside = (np.flatnonzero(usable.any(axis=axis)) for axis in (1, 0))
    rows, cols = (np.array_split(np.arange(some[0], some[-1] + 1), along) for some in inside)
    found = []
    for row in rows:
        for col in cols:
            cut = np.s_[row[0] : row[-1] + 1, col[0] : col[-1] + 1]
            if usable[cut].mean() > MIN_BLOCK_SHARE and usable[cut].sum() > MIN_BLOCK_PIXELS:
                found.append(_Block(moving[cut], fixed[cut], (gradient[0][cut], gradient[1][cut]), usable[cut]))
    return found


def _refine(block: _Block, start: tuple[float, float]) -> tuple[float, float] | None:
    """Gauss-Newton with Tukey weights from the whole shift; None where the block has no gradients or runs away."""
    rows, cols = start
    spline = find_spline(block.moving, max(abs(rows), abs(cols)) + MAX_BLOCK_DRIFT_PX)
    for _ in range(ITERATIONS):
        step = _step(block, spline, rows, cols)
        if step is None:
            return None
        rows, cols = rows + step[0], cols + step[1]
        if np.hypot(rows - start[0], cols - start[1]) > MAX_BLOCK_DRIFT_PX:
            return None
        if np.hypot(*step) < CONVERGED_PX:
            break
    return rows, cols


def _step(block: _Block, spline: Spline, rows: float, cols: float) -> tuple[float, float] | None:
    reach = int(np.ceil(max(abs(rows), abs(cols)))) + 1
    target, down, right = block.inside(reach)
    if not len(target):
        return None
    image = spline.move(rows, cols)[reach:-reach, reach:-reach][block.usable[reach:-reach, reach:-reach]]
    apart = target - image
    columns = np.stack([down, right, image, np.ones_like(image)])
    spread = MAD_TO_SIGMA * median(np.abs(apart)) + 1e-6
    weight = np.clip(1 - (apart / (TUKEY_TUNING * spread)) ** 2, 0, None) ** 2
    weighted = columns * weight
    normal = weighted @ columns.T
    first, both, second = float(normal[0, 0]), float(normal[0, 1]), float(normal[1, 1])
    if first < MIN_CURVATURE or _condition_of(first, both, second) > MAX_CONDITION:
        return None
    solution = np.linalg.solve(normal + 1e-6 * np.eye(4), weighted @ target)
    return -float(solution[0]), -float(solution[1])


def _condition_of(first: float, both: float, second: float) -> float:
    """Condition number of the symmetric matrix ((first, both), (both, second)) without a negative eigenvalue."""
    middle, apart = (first + second) / 2, hypot((first - second) / 2, both)
    return (middle + apart) / (middle - apart) if middle > apart else inf
