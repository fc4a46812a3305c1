"""The likelihood of a heap or ridge of cleared snow with its shadow: one more explanation of a cut-out in winter.

A heap is a rectangle of any size and direction in the colours of snow, blurred by the sensor (docs/method.md,
section 8).
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import erf

from imagery_watch.change.detection.aircraft_templates import HALF_PX
from imagery_watch.change.detection.cutout import Cutout
from imagery_watch.model.arrays import Doubles, Floats

SNOW_LIGHTS = (0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
"""Reflectances of snow in visible light that are tried: from old and dirty to fresh."""
SNOW_INFRARED = (0.78, 0.86, 0.94)
"""Reflectance in near infrared as shares of that: from wet and coarse to fresh."""
HEAP_HEIGHTS_M = (2.5, 1.0, 4.0)
"""Heights that are tried, the first one first."""
HEAP_SIZES_PX = (
    (0.5, 0.5),
    (1.0, 0.5),
    (1.0, 1.0),
    (1.5, 1.5),
    (2.0, 1.0),
    (2.0, 0.3),
    (4.0, 0.3),
    (4.0, 0.6),
    (7.0, 0.3),
)
"""Half lengths and half widths from which the search begins: heaps, and ridges."""
HALF_SIZE_RANGE_PX = (0.1, 8.0)
"""Bounds of both."""
HEAP_DIRECTIONS = 8
"""Directions that are tried of long ones."""
FOLLOWED_HEAPS = 3
"""Heaps that are then moved, resized and turned to fit better."""
HEAP_STEPS = (1.0, 1.0, 0.5, 0.5, 0.25)
"""By what share of the steps below, round by round."""
HEAP_MOVE_PX, HEAP_SCALE, HEAP_TURN = 0.5, 0.25, 0.2
"""Pixels, share of the size, and radians by which a heap is moved, resized and turned in a whole step."""


class Heap(NamedTuple):
    """A rectangle of snow."""

    row: float
    """Pixels below the middle of the cut-out."""
    col: float
    along: float
    """Half its length, pixels."""
    across: float
    angle: float
    """Radians."""
    height: float
    """Metres."""


def fit_heap(cutout: Cutout, places: Sequence[tuple[float, float]] = ((0.0, 0.0),)) -> float:
    """Log-likelihood ratio of the best heap near one of the places against the empty ground, >= 0.

    Places are rows and columns from the middle of the cut-out.
    """
    tried = list(_begin_at(places))
    llrs = _fit_heaps(cutout, tried)
    for step in HEAP_STEPS:
        leading = np.argsort(llrs)[-FOLLOWED_HEAPS:]
        best = [tried[index] for index in leading]
        varied = [variant for heap in best for variant in _vary_heap(heap, step)]
        tried, llrs = [*best, *varied], np.concatenate([llrs[leading], _fit_heaps(cutout, varied)])
    return max(0.0, float(llrs.max()))


def _begin_at(places: Sequence[tuple[float, float]]) -> Sequence[Heap]:
    """The heaps from which the search begins."""
    return [
        Heap(*place, along, across, np.pi * turn / HEAP_DIRECTIONS, HEAP_HEIGHTS_M[0])
        for place in places
        for along, across in HEAP_SIZES_PX
        for turn in range(HEAP_DIRECTIONS if along > across else 1)
    ]


def _vary_heap(heap: Heap, step: float) -> list[Heap]:
    """The heap moved a little along and across, longer, wider, turned, lower and higher."""
    move, scale, turn = HEAP_MOVE_PX * step, 1 + HEAP_SCALE * step, HEAP_TURN * step
    down, right = np.cos(heap.angle) * move, np.sin(heap.angle) * move
    ways = ((down, right), (-down, -right), (-right, down), (right, -down))
    moved = [heap._replace(row=heap.row + one, col=heap.col + other) for one, other in ways]
    sized = [
        heap._replace(**{side: float(np.clip(getattr(heap, side) * factor, *HALF_SIZE_RANGE_PX))})
        for side, factor in product(("along", "across"), (scale, 1 / scale))
    ]
    turned = [heap._replace(angle=heap.angle + angle) for angle in (turn, -turn)]
    return moved + sized + turned + [heap._replace(height=one) for one in HEAP_HEIGHTS_M if one != heap.height]


def _fit_heaps(cutout: Cutout, heaps: Sequence[Heap]) -> Doubles:
    """Ratio of each heap in the exact metric, of the best light and cover."""
    body, shadow = draw_heaps(cutout, heaps)
    visible = np.array([cutout.detector.is_visible(band) for band in cutout.bands], np.float32)[:, None]
    parts = (body[:, None] * visible, body[:, None] * (1 - visible), -body[:, None] * cutout.ground)
    whole = [np.broadcast_to(part, (len(heaps), *cutout.ground.shape)) for part in parts]
    columns = np.stack(
        [cutout.whiten_mirrored(cutout.mix(part)) for part in (*whole, -shadow[:, None] * cutout.lost_light)], axis=1
    )
    along, square = columns @ cutout.mirrored_residual, columns @ columns.transpose(0, 2, 1)
    colours = product(SNOW_LIGHTS, SNOW_INFRARED)
    return np.asarray(np.max([_fit_cover(along, square, *colour) for colour in colours], axis=0))


def _fit_cover(along: Floats, square: Floats, light: float, infrared: float) -> Doubles:
    """(heap,): ratio of each heap of one colour under the best cover and shade, 0 to 1 each.

    `along` (heap, 4) are products of the residual with the heap's light in visible bands and in infrared, the ground
    that it hides, and its shadow; `square` (heap, 4, 4) those of these with one another.
    """
    mix = np.array([[light, light * infrared, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    y, q = along @ mix.T, mix @ square @ mix.T
    a, b, c = q[:, 0, 0] + 1e-9, q[:, 0, 1], q[:, 1, 1] + 1e-9
    cover = np.clip((c * y[:, 0] - b * y[:, 1]) / np.maximum(a * c - b**2, 1e-9), 0.0, 1.0)
    shade = np.clip((y[:, 1] - b * cover) / c, 0.0, 1.0)
    cover = np.clip((y[:, 0] - b * shade) / a, 0.0, 1.0)
    gain: Doubles = y[:, 0] * cover + y[:, 1] * shade - 0.5 * (a * cover**2 + 2 * b * cover * shade + c * shade**2)
    return gain


def draw_heaps(cutout: Cutout, heaps: Sequence[Heap]) -> tuple[Floats, Floats]:
    """(heap, pixel) each: share of the ground that each covers, and that its shadow does beside it."""
    row, col, along, across, angle, height = (np.array(part, np.float32)[:, None] for part in zip(*heaps, strict=True))
    rows, cols = (axis.ravel().astype(np.float32) for axis in np.mgrid[-HALF_PX : HALF_PX + 1, -HALF_PX : HALF_PX + 1])
    pixel_m = cutout.imaging.pixel_m
    blur_px = float(np.hypot(cutout.detector.psf_sigma_m / pixel_m, 12**-0.5))

    def draw(reach: float) -> Floats:
        """The rectangles, moved by a share of their shadows' length."""
        throw = reach * height * cutout.shadow_per_height / pixel_m
        down = rows - row - throw * cutout.shadow_direction[0]
        right = cols - col - throw * cutout.shadow_direction[1]
        lengthwise, sideways = (
            down * np.cos(angle) + right * np.sin(angle),
            right * np.cos(angle) - down * np.sin(angle),
        )
        return _blur_bar(lengthwise, along, blur_px) * _blur_bar(sideways, across, blur_px)

    body = draw(0.0)
    return body, np.maximum(np.maximum(draw(0.5), draw(1.0)) - body, 0.0)


def _blur_bar(at: Floats, half: Floats, sigma: float) -> Floats:
    """A bar of a half width, seen through a Gaussian."""
    scale = 2**0.5 * sigma
    return np.asarray(0.5 * (erf((at + half) / scale) - erf((at - half) / scale)), np.float32)
