"""The square of pixels that a dossier shows, and the looks and panoramas cut to it."""

from typing import NamedTuple

import numpy as np

from imagery_watch.change.preprocess.stack import PreparedPass, Stack
from imagery_watch.model import Georeference, Panorama
from imagery_watch.model.arrays import Image

HALF_PX = 13
"""A square reaches so far to each side of its object: 270 m, in which the largest aircraft and its neighbours fit."""
TRUE_COLOUR = ("B04", "B03", "B02")
"""Red, green and blue of Sentinel-2."""
MAX_THUMBNAIL_PX = 160
"""Edge of a small panorama, at most."""
MAX_PANORAMA_PX = 500
"""Edge of a large one, at most: 5 km at 10 m."""


class Square(NamedTuple):
    """A part of a stack's window."""

    rows: slice
    cols: slice

    @property
    def origin(self) -> tuple[int, int]:
        """Its first row and column in the window."""
        return self.rows.start, self.cols.start

    def cut(self, image: Image) -> Image:
        """(..., y, x) within the square."""
        return image[..., self.rows, self.cols]


def place_square(stack: Stack, row: float, col: float, half: int = HALF_PX) -> Square:
    """The square around a place of the window, cut at the window's edges."""
    height, width = stack.apron_index.shape
    middle = round(row), round(col)
    top, left = (max(0, at - half) for at in middle)
    bottom, right = (min(edge, at + half + 1) for edge, at in zip((height, width), middle, strict=True))
    return Square(slice(top, bottom), slice(left, right))


def locate_square(stack: Stack, square: Square) -> Georeference:
    """Where a square lies on the airfield's Grid."""
    window = stack.georeference
    return Georeference(window.grid, window.top + square.rows.start, window.left + square.cols.start)


def make_panorama(item: PreparedPass, stack: Stack, *, large: bool) -> Panorama:
    """One pass over the whole window in the bands of a picture, large or as a thumbnail."""
    bands = TRUE_COLOUR if set(TRUE_COLOUR) <= set(stack.bands) else stack.bands[:1]
    picture = item.image[[stack.bands.index(band) for band in bands]]
    step = max(1, -(-max(picture.shape[1:]) // (MAX_PANORAMA_PX if large else MAX_THUMBNAIL_PX)))
    image = _average(picture, step)
    return Panorama(item.scene.acquisition_id, item.datetime, bands, image, step, stack.georeference, large)


def _average(image: Image, step: int) -> Image:
    """(band, y, x): means over squares of `step` pixels of what is known of each; NaN where nothing is."""
    if step == 1:
        return image
    bands, height, width = image.shape
    rows, cols = -(-height // step), -(-width // step)
    filled = np.full((bands, rows * step, cols * step), np.nan, np.float32)
    filled[:, :height, :width] = image
    blocks = filled.reshape(bands, rows, step, cols, step)
    known = np.isfinite(blocks)
    count = known.sum(axis=(2, 4))
    total = np.where(known, blocks, 0.0).sum(axis=(2, 4))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
