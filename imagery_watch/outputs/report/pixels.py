"""From reflectance to colours: values in, RGB arrays out, no drawing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Chip

Rgb = NDArray[np.uint8]
"""(y, x, 3)"""
Band = NDArray[np.float32]
"""(y, x), NaN where invalid"""

TRUE_COLOUR = ("B04", "B03", "B02")
FALSE_COLOUR = ("B08", "B04", "B03")
"""Near infrared, red and green, shown as red, green and blue."""
MAX_PIXELS = 61
"""Widest square that is drawn: 610 m at 10 m, and at least five screen pixels for each of its own."""
LOW_PERCENT, HIGH_PERCENT = 1.0, 99.0
GAMMA = 1.6
"""Lifts asphalt out of the black without washing concrete out."""
SMALLEST_LIMIT = 0.04
"""Reflectance at the ends of the difference colours, at least: noise alone (0.01 to 0.02) stays pale."""

_BLUE, _WHITE, _RED = np.array([33, 102, 172]), np.array([247, 247, 247]), np.array([178, 24, 43])


@dataclass(frozen=True)
class Difference:
    """After minus before, in the one quantity that shows aircraft best with the bands at hand."""

    label: str
    values: Band
    """(y, x): reflectance, NaN where either look is invalid."""


def central(chip: Chip, most: int = MAX_PIXELS) -> Chip:
    """The chip, or the middle of it around the hit where it is wider than `most` pixels."""
    height, width = chip.before.shape[1:]
    top, left = _start(chip.row, height, most), _start(chip.col, width, most)
    part = (slice(None), slice(top, top + most), slice(left, left + most))
    return replace(chip, before=chip.before[part], after=chip.after[part], row=chip.row - top, col=chip.col - left)


def _start(middle: float, size: int, most: int) -> int:
    return max(0, min(round(middle) - most // 2, size - most))


def picture_bands(bands: tuple[str, ...]) -> tuple[str, ...]:
    """The bands that a picture is made of: true colour where it can be had, else the first band in grey."""
    return TRUE_COLOUR if set(TRUE_COLOUR) <= set(bands) else bands[:1]


def true_colour(chip: Chip) -> tuple[Rgb, Rgb]:
    """Before and after in colour (or grey), under one and the same contrast stretch."""
    index = [chip.bands.index(name) for name in picture_bands(chip.bands)]
    before, after = chip.before[index], chip.after[index]
    low, high = stretch_limits(before, after)
    return stretched(before, low, high), stretched(after, low, high)


def stretch_limits(*images: NDArray[np.float32]) -> tuple[float, float]:
    """Robust low and high ends over all pixels of all images together; (0, 1) where nothing is valid."""
    values = np.concatenate([image[np.isfinite(image)] for image in images])
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values, [LOW_PERCENT, HIGH_PERCENT])
    return float(low), float(max(high, low + 1e-3))


def stretched(image: NDArray[np.float32], low: float, high: float) -> Rgb:
    """(band, y, x) with one or three bands -> RGB; black where invalid."""
    share = np.clip((np.nan_to_num(image) - low) / (high - low), 0, 1) ** (1 / GAMMA)
    levels = np.rint(share * 255).astype(np.uint8)
    return np.moveaxis(np.broadcast_to(levels, (3, *levels.shape[1:])), 0, -1)


def difference(chip: Chip) -> Difference:
    """What changed: blue minus near infrared where both exist, else brightness.

    White paint is bright in blue, and the shadow beside it, mixed into the same pixels, is darkest in the
    near infrared: the difference of the two adds them up, where a mean over the bands would cancel them.
    """
    change = chip.after - chip.before
    if {"B02", "B08"} <= set(chip.bands):
        blue, infrared = chip.bands.index("B02"), chip.bands.index("B08")
        return Difference("Change in blue minus near infrared", change[blue] - change[infrared])
    index = [chip.bands.index(name) for name in picture_bands(chip.bands)]
    return Difference("Change in brightness", change[index].mean(axis=0))


def paint(image: NDArray[np.float32], bands: tuple[str, ...], limits: tuple[float, float]) -> Rgb:
    """(band, y, x) in true colour (or grey) under a given stretch; a grey chequer where it holds no number."""
    return _mark_missing(stretched(image[[bands.index(name) for name in picture_bands(bands)]], *limits), image)


def paint_infrared(image: NDArray[np.float32], bands: tuple[str, ...]) -> Rgb | None:
    """The same with near infrared as red: plants glow, paint and concrete do not; None without these bands.

    Each band has its own stretch.
    """
    if not set(FALSE_COLOUR) <= set(bands):
        return None
    picked = image[[bands.index(name) for name in FALSE_COLOUR]]
    layers = [stretched(layer[None], *stretch_limits(layer))[..., 0] for layer in picked]
    return _mark_missing(np.stack(layers, axis=-1), image)


def _mark_missing(rgb: Rgb, image: NDArray[np.float32]) -> Rgb:
    rows, cols = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    chequer = np.where((rows + cols) % 2, 120, 150).astype(np.uint8)[..., None]
    return np.where(invalid(image)[..., None], chequer, rgb)


def symmetric_limit(values: Band, row: float, col: float, radius: float) -> float:
    """Where the colours end on either side of zero: what the hit itself reaches, not the fields around."""
    rows, cols = np.ogrid[: values.shape[0], : values.shape[1]]
    near = values[(abs(rows - row) <= radius) & (abs(cols - col) <= radius)]
    near = np.abs(near[np.isfinite(near)])
    return max(SMALLEST_LIMIT, float(np.percentile(near, 98)) if near.size else 0.0)


def diverging(values: Band, limit: float) -> Rgb:
    """Blue below zero, white at it, red above; the colours end at -limit and +limit."""
    share = np.clip(np.nan_to_num(values) / limit, -1, 1)[..., None]
    side = np.where(share < 0, _BLUE, _RED)
    colours: Rgb = np.rint(_WHITE + np.abs(share) * (side - _WHITE)).astype(np.uint8)
    return colours


def invalid(*images: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(y, x): where any band of any (band, y, x) image holds no number."""
    missing: NDArray[np.bool_] = np.logical_or.reduce(~np.isfinite(np.concatenate(images)), axis=0)
    return missing


def enlarged(rgb: Rgb, missing: NDArray[np.bool_], scale: int) -> Rgb:
    """Every pixel as a square of `scale` pixels, sharp-edged; what is missing hatched in grey.

    Not smoothed: at 10 m a smooth picture shows shapes, and dark rims, that were never measured.
    """
    large = rgb.repeat(scale, axis=0).repeat(scale, axis=1)
    rows, cols = np.ogrid[: large.shape[0], : large.shape[1]]
    hatch = np.where((rows + cols) % 12 < 2, 90, 150).astype(np.uint8)[..., None]
    return np.where(missing.repeat(scale, axis=0).repeat(scale, axis=1)[..., None], hatch, large)
