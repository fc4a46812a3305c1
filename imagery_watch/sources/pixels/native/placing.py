"""Pixels in a file's own grid, brought onto the airfield's: as they are where edges coincide, else resampled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Expected, Grid, Pixels, holds_data
from imagery_watch.sources.pixels.native.cutting import Cut, find_corner, find_factor, find_overlap
from imagery_watch.sources.pixels.native.gdal import OPENING

Floats = NDArray[np.float32]

MAX_OBLONGNESS = 0.01
"""Of its longer edge: a pixel is square enough to be resampled, such as 10.00003 x 9.99998 m."""


def place(cut: Cut, grid: Grid, expected: Expected) -> Pixels:
    """The pixels on the Grid, (y, x), `expected.nothing` where the cut has none."""
    if not holds_data(cut.pixels):
        return np.full(grid.shape, expected.nothing, expected.dtype)
    if (factor := find_factor(cut.crs, cut.transform, grid)) is not None:
        return _place_aligned(cut, grid, factor, expected)
    return _place_resampled(cut, grid, expected)


def _place_aligned(cut: Cut, grid: Grid, factor: int, expected: Expected) -> Pixels:
    """Whole source pixels under the Grid, each repeated `factor` times: nothing is interpolated."""
    (top, left), (height, width) = find_corner(cut.transform, grid), cut.pixels.shape
    if factor == 1 and (top, left) == (0, 0) and cut.pixels.shape == grid.shape:
        return cut.pixels
    pixels: Pixels = np.full(grid.shape, expected.nothing, expected.dtype)
    cols = find_overlap(left, grid.width, factor, width)
    rows = find_overlap(top, grid.height, factor, height)
    if cols[0] >= cols[1] or rows[0] >= rows[1]:
        return pixels
    block = cut.pixels[rows[0] : rows[1], cols[0] : cols[1]].repeat(factor, axis=0).repeat(factor, axis=1)
    row, col = rows[0] * factor - top, cols[0] * factor - left
    trimmed = block[max(0, -row) :, max(0, -col) :]
    row, col = max(0, row), max(0, col)
    trimmed = trimmed[: grid.height - row, : grid.width - col]
    pixels[row : row + trimmed.shape[0], col : col + trimmed.shape[1]] = trimmed
    return pixels


def _place_resampled(cut: Cut, grid: Grid, expected: Expected) -> Pixels:
    """Another zone, edges off the Grid's, or pixels of nearly its size: resampled, cubic for quantities.

    What is nothing is so before: as NaN it takes no part in its neighbours.
    """
    counts = expected.dtype == "uint16"
    there = cut.pixels != 0 if counts else np.isfinite(cut.pixels)
    fine = cut.transform.a <= grid.resolution * (1 + MAX_OBLONGNESS)
    floats = np.where(there, cut.pixels, np.nan).astype(np.float32)
    resampled = _resample(floats, cut, grid, smooth=fine and not expected.nearest)
    if not counts:
        return resampled
    whole = np.clip(np.rint(np.nan_to_num(resampled)), 1, 65_535)
    return np.where(np.isnan(resampled), 0, whole).astype(np.uint16)


def _resample(pixels: Floats, cut: Cut, grid: Grid, *, smooth: bool) -> Floats:
    """Pixels (y, x) of a cut on the Grid, NaN where there is nothing: cubic if `smooth`, else the nearest.

    By way of a file in memory: rasterio warns, in some threads, that an array has no place on the map.
    """
    from rasterio.enums import Resampling
    from rasterio.io import MemoryFile
    from rasterio.vrt import WarpedVRT

    where: dict[str, Any] = {"crs": cut.crs, "transform": cut.transform, "nodata": np.nan}
    size = {"width": pixels.shape[1], "height": pixels.shape[0], "count": 1, "dtype": "float32"}
    with OPENING, MemoryFile() as memory:
        with memory.open(driver="GTiff", **size, **where) as target:
            target.write(pixels, 1)
        with (
            memory.open() as held,
            WarpedVRT(
                held,
                crs=grid.crs,
                transform=grid.transform,
                width=grid.width,
                height=grid.height,
                resampling=Resampling.cubic if smooth else Resampling.nearest,
                src_nodata=np.nan,
                nodata=np.nan,
                warp_mem_limit=256,
            ) as warped,
        ):
            resampled: Floats = warped.read(1).astype(np.float32)
    return resampled
