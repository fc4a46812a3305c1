"""Draws flat shapes of metres into images of 10 m pixels, as the sensor would see them."""

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from imagery_watch.simulate.physics import BLUR_M, PIXEL_M

FINE_PER_PX = 10
"""Drawn at 1 m."""

Image = NDArray[np.float32]
Place = tuple[slice, slice]


def cover(shape: BaseGeometry, row: float, col: float, size: tuple[int, int]) -> tuple[Place, Image] | None:
    """Where in an image of `size` the shape is seen, and its share of each pixel's signal there.

    `shape` is in metres east and north of the place (`row`, `col`), whole numbers being pixel centres. None where it
    lies wholly outside.
    """
    if shape.is_empty:
        return None
    west, south, east, north = (edge / PIXEL_M for edge in shape.bounds)
    top, left = int(np.floor(row - north)) - 2, int(np.floor(col + west)) - 2
    bottom, right = int(np.ceil(row - south)) + 3, int(np.ceil(col + east)) + 3
    drawn = _blurred(shape, ((col - left + 0.5) * PIXEL_M, (bottom - row - 0.5) * PIXEL_M), bottom - top, right - left)
    inside = (slice(max(0, top), min(size[0], bottom)), slice(max(0, left), min(size[1], right)))
    if inside[0].start >= inside[0].stop or inside[1].start >= inside[1].stop:
        return None
    cut = drawn[inside[0].start - top : inside[0].stop - top, inside[1].start - left : inside[1].stop - left]
    return inside, cut


def _blurred(shape: BaseGeometry, at: tuple[float, float], height: int, width: int) -> Image:
    """(y, x) share of each pixel, the shape's origin `at` metres from the lower left corner."""
    fine = rasterized(shape, at, height * FINE_PER_PX, width * FINE_PER_PX).astype(np.float32)
    blurred = ndimage.gaussian_filter(fine, BLUR_M * FINE_PER_PX / PIXEL_M, mode="constant", truncate=3.5)
    share: Image = blurred.reshape(height, FINE_PER_PX, width, FINE_PER_PX).mean(axis=(1, 3))
    return share


def rasterized(shape: BaseGeometry, at: tuple[float, float], rows: int, cols: int) -> NDArray[np.bool_]:
    """(rows, cols) at 1 m: which cells the shape holds, its origin `at` metres from the lower left corner."""
    from rasterio.features import rasterize

    placed = affinity.translate(shape, *at)
    drawn = rasterize([placed], out_shape=(rows, cols), transform=Affine(1, 0, 0, 0, -1, rows), dtype=np.uint8)
    return drawn.astype(bool)
