"""The whole pixels of a file that lie under a Grid, and none beside them: what has to be read, and what was."""

import math
from typing import Any, NamedTuple

import numpy as np
from affine import Affine

from imagery_watch.errors import PassRefused
from imagery_watch.model import Expected, Grid, Pixels
from imagery_watch.reasons import ReasonCode
from imagery_watch.sources.pixels.native.crs import find_code
from imagery_watch.sources.pixels.validity import read_valid

MAX_MISALIGNMENT_PX = 0.01
MAX_WINDOW_PX = 10_000 * 10_000
KERNEL_PX = 4
"""Pixels around the Grid that resampling looks at, and room for the curve of its edges."""


class Cut(NamedTuple):
    """Some whole pixels of one file, in the file's own grid."""

    pixels: Pixels
    """(y, x) as the file has them, `Expected.nothing` where the file or its item says that there is nothing."""
    crs: Any
    """rasterio's."""
    transform: Affine
    """From (column, row) of corners of these pixels."""
    dtype: str
    """The file's own."""


def cut_under(source: Any, grid: Grid, expected: Expected, name: str) -> Cut:
    """What of an open raster lies under the Grid, and what resampling needs beside it.

    Where nothing does it is one pixel of nothing at the file's corner. Raises PassRefused where that is too much to
    read, ReadFailed where it could not be read completely.
    """
    factor = find_factor(source.crs, source.transform, grid)
    window = _window_under(source, grid) if factor is None else _aligned_window(source, grid, factor)
    if window is None:
        return Cut(np.full((1, 1), expected.nothing, expected.dtype), source.crs, source.transform, source.dtypes[0])
    if window.width * window.height > MAX_WINDOW_PX:
        what = f"{window.width} x {window.height} of its pixels lie under the airfield"
        raise PassRefused(ReasonCode.RASTER_LAYOUT.because(file=name, what=what))
    pixels = read_valid(source, window, name, expected)
    return Cut(pixels, source.crs, _transform_of(source, window), source.dtypes[0])


def find_factor(crs: Any, transform: Affine, grid: Grid) -> int | None:
    """How many Grid pixels make one source pixel, if that is whole and their edges coincide."""
    if find_code(crs) != grid.epsg:
        return None
    factors = np.array([transform.a, -transform.e]) / grid.resolution
    offsets = np.array([transform.c - grid.left, transform.f - grid.top]) / grid.resolution
    factor = round(factors[0])
    whole = np.abs(factors - factor).max() < 1e-6 and np.abs(offsets - offsets.round()).max() < MAX_MISALIGNMENT_PX
    return factor if whole and factor >= 1 else None


def find_corner(transform: Affine, grid: Grid) -> tuple[int, int]:
    """Row and column of the Grid's corner, in Grid pixels from that of a source whose edges coincide."""
    left = round((grid.left - transform.c) / grid.resolution)
    return round((transform.f - grid.top) / grid.resolution), left


def find_overlap(start: int, length: int, factor: int, size: int) -> tuple[int, int]:
    """First and one-past-last source pixel under Grid pixels [start, start + length)."""
    return max(0, start // factor), min(size, -(-(start + length) // factor))


def _aligned_window(source: Any, grid: Grid, factor: int) -> Any:
    """The source's pixels under the Grid, where their edges coincide; None where there is none."""
    from rasterio.windows import Window

    top, left = find_corner(source.transform, grid)
    cols = find_overlap(left, grid.width, factor, source.width)
    rows = find_overlap(top, grid.height, factor, source.height)
    if cols[0] >= cols[1] or rows[0] >= rows[1]:
        return None
    return Window(cols[0], rows[0], cols[1] - cols[0], rows[1] - rows[0])


def _window_under(source: Any, grid: Grid) -> Any:
    """The source's whole pixels under the Grid and a few around it; None where there is none."""
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds
    from rasterio.windows import Window

    try:
        left, bottom, right, top = transform_bounds(grid.crs, source.crs, *grid.bounds, densify_pts=21)
    except RasterioError:  # a projection that does not reach here
        return None
    across, down = source.transform.a, -source.transform.e
    edges = np.array([left - source.transform.c, right - source.transform.c]) / across
    rows = np.array([source.transform.f - top, source.transform.f - bottom]) / down
    if not np.isfinite([*edges, *rows]).all():
        return None
    first_col, last_col = np.clip([edges[0] - KERNEL_PX, edges[1] + KERNEL_PX], 0, source.width)
    first_row, last_row = np.clip([rows[0] - KERNEL_PX, rows[1] + KERNEL_PX], 0, source.height)
    first_col, first_row = int(first_col), int(first_row)
    width, height = math.ceil(last_col) - first_col, math.ceil(last_row) - first_row
    return Window(first_col, first_row, width, height) if width > 0 and height > 0 else None


def _transform_of(source: Any, window: Any) -> Affine:
    """The window's own transform, of a north-up source."""
    across, down = source.transform.a, source.transform.e
    left, top = source.transform.c + across * window.col_off, source.transform.f + down * window.row_off
    return Affine(across, 0, left, 0, down, top)
