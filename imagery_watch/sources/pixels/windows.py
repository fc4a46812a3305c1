"""One raster, one Grid: exactly the window that is needed, and the certainty that every pixel of it was read."""

import math
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid, Pixels
from imagery_watch.model.access import OPEN, Access
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.hrefs import public_name, read_failed
from imagery_watch.sources.pixels.ranges import Cursor, RemoteFile
from imagery_watch.sources.pixels.stated import contradict
from imagery_watch.sources.pixels.validity import TIFF_STARTS, find_alpha_band, has_sidecars, read_valid

Floats = NDArray[np.float32]

FILE_DTYPES = {"uint16": ("uint16", "int16"), "classes": ("uint8", "uint16", "int16"), "float32": ("float32",)}
"""What a file may hold to be read as that; 8 bits may be classes, but no reflectance."""

MAX_BLOCK_BYTES = 128 * 2**20
MAX_MISALIGNMENT_PX = 0.01
MAX_OBLONGNESS = 0.01
"""Of its longer edge: a pixel is square enough to be resampled, such as 10.00003 x 9.99998 m."""
MAX_WINDOW_PX = 10_000 * 10_000
KERNEL_PX = 4
"""Pixels around the Grid that resampling looks at, and room for the curve of its edges."""

_MAGIC = {
    **dict.fromkeys(TIFF_STARTS, "TIFF"),
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0c": "JPEG 2000",
}


def read_window(
    href: str,
    grid: Grid,
    expected: Expected,
    settings: Settings,
    *,
    public_only: bool = False,
    access: Access = OPEN,
) -> Pixels:
    """Pixels on the Grid, (y, x), `expected.nothing` where the file has none.

    `href` must have passed `hrefs.check_href`; with `public_only`, no host of this machine's own network is asked.

    Raises PassRefused where the file is not what it should be, ReadFailed where it could not be read completely.
    """
    import rasterio
    from rasterio.errors import RasterioError

    is_remote = href.startswith(("http://", "https://", "s3://"))
    remote = RemoteFile(href, settings, public_only=public_only, access=access) if is_remote else None
    try:
        with ExitStack() as stack:
            sidecars = remote is None and has_sidecars(href)
            stack.enter_context(rasterio.Env(**_gdal_options(expected, sidecars=sidecars)))
            source = stack.enter_context(_open(href, remote, expected))
            _check(source, public_name(href), expected)
            if remote is not None and (what := contradict(remote, source, expected.stated)):
                raise read_failed(ReasonCode.OTHER_FILE, remote.name, what=what)
            pixels = _read(source, grid, expected, public_name(href))
    except (RasterioError, ValueError, MemoryError, OSError) as error:
        raise _cause(remote, href) from error
    if remote is not None and remote.error is not None:
        raise remote.error
    return pixels


def _gdal_options(expected: Expected, *, sidecars: bool) -> dict[str, str]:
    """One thread: with more, GDAL reports some failed reads as success. No side-cars: they are nine extra look-ups.

    Where a local file has some, their masks, nodata values, scales and offsets count; where it lies they tell only if
    it does not tell itself.
    """
    options = {"GDAL_NUM_THREADS": "1", "GTIFF_IGNORE_READ_ERRORS": "NO"}
    if expected.sidecars:
        return {**options, "GDAL_PAM_ENABLED": "YES", "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE"}
    if sidecars:
        heeded = {
            "GDAL_PAM_ENABLED": "YES",
            "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
            "GDAL_GEOREF_SOURCES": "INTERNAL,PAM",
        }
        return {**options, **heeded}
    return {**options, "GDAL_PAM_ENABLED": "NO", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}


def _open(href: str, remote: RemoteFile | None, expected: Expected) -> Any:
    """The dataset, opened by a fixed driver: VRT and its kin would read whatever other file they name."""
    import rasterio

    kind = _kind(remote.chunk(0, 4) if remote is not None else _first_bytes(href))
    allowed = ("TIFF", "JPEG 2000") if expected.sidecars or expected.jpeg2000 else ("TIFF",)
    if kind not in allowed:
        reason = ReasonCode.NOT_GEOTIFF.because(file=public_name(href), what=kind or "no image format known here")
        raise PassRefused(reason) if kind or remote is None else ReadFailed(reason)
    driver = "GTiff" if kind == "TIFF" else "JP2OpenJPEG"
    if remote is None:
        return rasterio.open(href, driver=driver)
    return rasterio.open(remote.name, driver=driver, opener=lambda *_args, **_kwargs: Cursor(remote))


def _first_bytes(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(4)


def _kind(magic: bytes) -> str:
    return _MAGIC.get(magic, "")


def _cause(remote: RemoteFile | None, href: str) -> PassRefused | ReadFailed:
    """The network's own failure where there was one; else the file is at fault.

    A damaged local file stays damaged; a remote one may be half-uploaded, so it is tried again.
    """
    if remote is None:
        return PassRefused(ReasonCode.FILE_DAMAGED.because(file=public_name(href)))
    if isinstance(remote.error, PassRefused | ReadFailed):
        return remote.error
    return ReadFailed(ReasonCode.FILE_DAMAGED.because(file=public_name(href)))


def _other_layout(file: str, what: str) -> PassRefused:
    return PassRefused(ReasonCode.RASTER_LAYOUT.because(file=file, what=what))


def _check(source: Any, name: str, expected: Expected) -> None:
    if source.crs is None or not source.crs.is_projected:
        found = "none" if source.crs is None else f"{source.crs.to_string()[:60]}, in degrees"
        raise _other_layout(name, f"no projected CRS in the file itself ({found})")
    _check_numbers(source, name, expected)
    transform, (smallest, largest) = source.transform, expected.resolution_m
    if not np.isfinite([*transform]).all():
        raise _other_layout(name, "its corner or its pixel size is not a number")
    if transform.b != 0 or transform.d != 0 or transform.e >= 0:
        raise _other_layout(name, "not a north-up raster")
    if abs(transform.a + transform.e) > MAX_OBLONGNESS * abs(transform.a):
        raise _other_layout(name, f"pixels of {transform.a:.9g} x {-transform.e:.9g} m are not square")
    if not smallest <= transform.a <= largest:
        raise PassRefused(ReasonCode.PIXEL_SIZE.because(file=name, found=transform.a, expected=smallest))
    block = np.prod([int(edge) for edge in source.block_shapes[0]]) * np.dtype(expected.dtype).itemsize
    if block > MAX_BLOCK_BYTES:
        raise _other_layout(name, f"blocks of {block / 2**20:.0f} MB; such a file is refused unread")


def _check_numbers(source: Any, name: str, expected: Expected) -> None:
    """One band, beside which there may be an opacity; numbers that mean what they are taken to mean."""
    known = FILE_DTYPES["classes" if expected.nearest and expected.dtype == "uint16" else expected.dtype]
    bands, dtype = source.count - (find_alpha_band(source) is not None), source.dtypes[0]
    if bands == 1 and dtype in ("uint8", "int8") and dtype not in known:
        raise _other_layout(name, f"{dtype}: a picture of 8 bits, where counts of {expected.dtype} are expected")
    if bands != 1 or dtype not in known:
        raise _other_layout(name, f"{bands} bands of {dtype} where one of {expected.dtype} is expected")
    if expected.scale is None:
        return
    scale, offset = source.scales[0], source.offsets[0]
    if scale not in (0.0, 1.0) and not math.isclose(scale, expected.scale, rel_tol=1e-3):
        raise _other_layout(name, f"the file states a scale of {scale:g} where {expected.scale:g} is expected")
    known_offsets = (0.0, expected.offset, expected.offset / expected.scale)
    if not any(math.isclose(offset, one, rel_tol=1e-3, abs_tol=1e-9) for one in known_offsets):
        raise _other_layout(name, f"the file states an offset of {offset:g} where {expected.offset:g} is expected")


def _read(source: Any, grid: Grid, expected: Expected, name: str) -> Pixels:
    if source.crs.to_epsg() == grid.epsg and (factor := _whole_factor(source, grid)) is not None:
        return _read_aligned(source, grid, factor, expected, name)
    return _read_resampled(source, grid, expected, name)


def _whole_factor(source: Any, grid: Grid) -> int | None:
    """How many Grid pixels make one source pixel, if that is whole and their edges coincide."""
    factors = np.array([source.transform.a, -source.transform.e]) / grid.resolution
    offsets = np.array([source.transform.c - grid.left, source.transform.f - grid.top]) / grid.resolution
    factor = round(factors[0])
    whole = np.abs(factors - factor).max() < 1e-6 and np.abs(offsets - offsets.round()).max() < MAX_MISALIGNMENT_PX
    return factor if whole and factor >= 1 else None


def _read_aligned(source: Any, grid: Grid, factor: int, expected: Expected, name: str) -> Pixels:
    """Whole source pixels under the Grid, each repeated `factor` times: nothing is interpolated."""
    from rasterio.windows import Window

    left = round((grid.left - source.transform.c) / grid.resolution)
    top = round((source.transform.f - grid.top) / grid.resolution)
    cols = _overlap(left, grid.width, factor, source.width)
    rows = _overlap(top, grid.height, factor, source.height)
    pixels: Pixels = np.full(grid.shape, expected.nothing, expected.dtype)
    if cols[0] >= cols[1] or rows[0] >= rows[1]:
        return pixels
    window = Window(cols[0], rows[0], cols[1] - cols[0], rows[1] - rows[0])
    block = read_valid(source, window, name, expected)
    block = block.repeat(factor, axis=0).repeat(factor, axis=1)
    row, col = rows[0] * factor - top, cols[0] * factor - left
    trimmed = block[max(0, -row) :, max(0, -col) :]
    row, col = max(0, row), max(0, col)
    trimmed = trimmed[: grid.height - row, : grid.width - col]
    pixels[row : row + trimmed.shape[0], col : col + trimmed.shape[1]] = trimmed
    return pixels


def _overlap(start: int, length: int, factor: int, size: int) -> tuple[int, int]:
    """First and one-past-last source pixel under Grid pixels [start, start + length)."""
    return max(0, start // factor), min(size, -(-(start + length) // factor))


def _read_resampled(source: Any, grid: Grid, expected: Expected, name: str) -> Pixels:
    """Another zone, edges off the Grid's, or pixels of nearly its size: resampled, cubic for quantities.

    What is nothing is so before: as NaN it takes no part in its neighbours.
    """
    window = _window_under(source, grid)
    if window is None:
        return np.full(grid.shape, expected.nothing, expected.dtype)
    if window.width * window.height > MAX_WINDOW_PX:
        raise _other_layout(name, f"{window.width} x {window.height} of its pixels lie under the airfield")
    pixels = read_valid(source, window, name, expected)
    counts = expected.dtype == "uint16"
    there = pixels != 0 if counts else np.isfinite(pixels)
    fine = source.transform.a <= grid.resolution * (1 + MAX_OBLONGNESS)
    floats = np.where(there, pixels, np.nan).astype(np.float32)
    resampled = _resample(floats, source, window, grid, smooth=fine and not expected.nearest)
    if not counts:
        return resampled
    whole = np.clip(np.rint(np.nan_to_num(resampled)), 1, 65_535)
    return np.where(np.isnan(resampled), 0, whole).astype(np.uint16)


def _resample(pixels: Floats, source: Any, window: Any, grid: Grid, *, smooth: bool) -> Floats:
    """Pixels (y, x) of a source's window on the Grid, NaN where there is nothing: cubic if `smooth`, else the nearest.

    By way of a file in memory: rasterio warns, in some threads, that an array has no place on the map.
    """
    from rasterio.enums import Resampling
    from rasterio.io import MemoryFile
    from rasterio.vrt import WarpedVRT

    place = {"crs": source.crs, "transform": _transform_of(source, window), "nodata": np.nan}
    size = {"width": window.width, "height": window.height, "count": 1, "dtype": "float32"}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", **size, **place) as target:
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


def _transform_of(source: Any, window: Any) -> Any:
    """The window's own transform, of a north-up source."""
    from affine import Affine

    across, down = source.transform.a, source.transform.e
    left, top = source.transform.c + across * window.col_off, source.transform.f + down * window.row_off
    return Affine(across, 0, left, 0, down, top)


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
