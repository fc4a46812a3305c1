"""One raster, one Grid: exactly the window that is needed, and the certainty that every pixel of it was read."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import DType, Expected, Grid, Pixels
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.ranges import Cursor, RemoteFile, public_name, read_failed

SENTINELS = {"uint16": (42_405, 42_406), "float32": (-3.25e38, -3.125e38)}
"""Values put into a buffer before it is read, which are in practice never real: reflectance 4.2, a float's far end."""

FILE_DTYPES = {"uint16": ("uint8", "uint16", "int16"), "float32": ("float32",)}
"""What a file may hold to be read as that."""

MAX_BLOCK_BYTES = 128 * 2**20
MAX_MISALIGNMENT_PX = 0.01

_MAGIC = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0c": "JPEG 2000",
}


def read_window(href: str, grid: Grid, expected: Expected, settings: Settings) -> Pixels:
    """Pixels on the Grid, (y, x), `expected.nothing` where the file has none.

    `href` must have passed `ranges.check_href`.

    Raises PassRefused where the file is not what it should be, ReadFailed where it could not be read completely.
    """
    import rasterio
    from rasterio.errors import RasterioError

    remote = RemoteFile(href, settings) if href.startswith(("http://", "https://")) else None
    try:
        with ExitStack() as stack:
            stack.enter_context(rasterio.Env(**_gdal_options(expected)))
            source = stack.enter_context(_open(href, remote, expected))
            _check(source, public_name(href), expected)
            pixels = _read(source, grid, expected, public_name(href))
    except (RasterioError, ValueError, MemoryError, OSError) as error:
        raise _cause(remote, href) from error
    if remote is not None and remote.error is not None:
        raise remote.error
    return pixels


def _gdal_options(expected: Expected) -> dict[str, str]:
    """One thread: with more, GDAL reports some failed reads as success. No side-cars: they are nine extra look-ups."""
    return {
        "GDAL_NUM_THREADS": "1",
        "GTIFF_IGNORE_READ_ERRORS": "NO",
        "GDAL_PAM_ENABLED": "YES" if expected.sidecars else "NO",
        "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE" if expected.sidecars else "EMPTY_DIR",
    }


def _open(href: str, remote: RemoteFile | None, expected: Expected) -> Any:
    """The dataset, opened by a fixed driver: VRT and its kin would read whatever other file they name."""
    import rasterio

    kind = _kind(remote.chunk(0, 4) if remote is not None else _first_bytes(href))
    if kind == "JPEG 2000" and expected.sidecars:
        return rasterio.open(href, driver="JP2OpenJPEG")
    if kind != "TIFF":
        what = kind or "no image format known here"
        raise PassRefused(ReasonCode.NOT_GEOTIFF.because(file=public_name(href), what=what))
    if remote is None:
        return rasterio.open(href, driver="GTiff")
    return rasterio.open(remote.name, driver="GTiff", opener=lambda *_args, **_kwargs: Cursor(remote))


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
        raise _other_layout(name, "no projected CRS in the file itself")
    if source.count != 1 or source.dtypes[0] not in FILE_DTYPES[expected.dtype]:
        what = f"{source.count} bands of {source.dtypes[0]} where one of {expected.dtype} is expected"
        raise _other_layout(name, what)
    transform, (smallest, largest) = source.transform, expected.resolution_m
    if transform.b != 0 or transform.d != 0 or transform.e >= 0:
        raise _other_layout(name, "not a north-up raster")
    if abs(transform.a + transform.e) > 1e-6:
        raise _other_layout(name, f"pixels of {transform.a:g} x {-transform.e:g} m are not square")
    if not smallest <= transform.a <= largest:
        raise PassRefused(ReasonCode.PIXEL_SIZE.because(file=name, found=transform.a, expected=smallest))
    block = np.prod([int(edge) for edge in source.block_shapes[0]]) * np.dtype(expected.dtype).itemsize
    if block > MAX_BLOCK_BYTES:
        raise _other_layout(name, f"blocks of {block / 2**20:.0f} MB; such a file is refused unread")


def _read(source: Any, grid: Grid, expected: Expected, name: str) -> Pixels:
    if source.crs.to_epsg() == grid.epsg and (factor := _whole_factor(source, grid)) is not None:
        return _read_aligned(source, grid, factor, expected, name)
    return _read_warped(source, grid, expected)


def _whole_factor(source: Any, grid: Grid) -> int | None:
    """How many Grid pixels make one source pixel, if that is whole and their edges coincide."""
    factor = source.transform.a / grid.resolution
    offsets = np.array([source.transform.c - grid.left, source.transform.f - grid.top]) / grid.resolution
    whole = abs(factor - round(factor)) < 1e-6 and np.abs(offsets - offsets.round()).max() < MAX_MISALIGNMENT_PX
    return round(factor) if whole and round(factor) >= 1 else None


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
    block = _without_nodata(read_complete(source, window, name, expected.dtype), source)
    block = block.repeat(factor, axis=0).repeat(factor, axis=1)
    row, col = rows[0] * factor - top, cols[0] * factor - left
    trimmed = block[max(0, -row) :, max(0, -col) :]
    row, col = max(0, row), max(0, col)
    trimmed = trimmed[: grid.height - row, : grid.width - col]
    pixels[row : row + trimmed.shape[0], col : col + trimmed.shape[1]] = trimmed
    return pixels


def _without_nodata(pixels: Pixels, source: Any) -> Pixels:
    """Floats with NaN where the file says that there is nothing; counts as they are, 0 being nothing."""
    if source.nodata is None or not np.issubdtype(pixels.dtype, np.floating):
        return pixels
    return np.where(pixels == np.float32(source.nodata), np.float32(np.nan), pixels)


def _nothing_in(source: Any, expected: Expected) -> float:
    """The value that stands for nothing in the file: 0 among counts, among floats what the file itself says, or NaN."""
    told = expected.dtype == "float32" and source.nodata is not None
    return float(source.nodata) if told else expected.nothing


def _overlap(start: int, length: int, factor: int, size: int) -> tuple[int, int]:
    """First and one-past-last source pixel under Grid pixels [start, start + length)."""
    return max(0, start // factor), min(size, -(-(start + length) // factor))


def read_complete(source: Any, window: Any, name: str, dtype: DType = "uint16") -> Pixels:
    """The window, (y, x), every pixel of it written by the decoder; raises ReadFailed otherwise.

    Some failed reads return normally with the buffer untouched, so it is filled with a sentinel first; should that very
    value come back, a second read with another sentinel tells a real value from an unwritten one.
    """
    shape = (int(window.height), int(window.width))
    first, second = (np.full(shape, sentinel, dtype) for sentinel in SENTINELS[dtype])
    sentinel = first.dtype.type(SENTINELS[dtype][0])
    source.read(1, window=window, out=first)
    if (first == sentinel).any():
        source.read(1, window=window, out=second)
        if (second[first == sentinel] != sentinel).any():
            raise read_failed(ReasonCode.READ_CUT, name, what="the read ended without writing all of its pixels")
    return first


def _read_warped(source: Any, grid: Grid, expected: Expected) -> Pixels:
    """Another zone, or edges off the Grid's: resampled, cubic for quantities."""
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    how = Resampling.nearest if expected.nearest or source.transform.a > grid.resolution else Resampling.cubic
    with WarpedVRT(
        source,
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        resampling=how,
        src_nodata=_nothing_in(source, expected),
        nodata=expected.nothing,
        warp_mem_limit=256,
    ) as warped:
        pixels: Pixels = warped.read(1).astype(expected.dtype)
    return pixels
