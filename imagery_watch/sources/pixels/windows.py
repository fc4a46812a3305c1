"""One raster, one Grid: exactly the window that is needed, and the certainty that every pixel of it was read."""

import math
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imagery_watch.errors import PassRefused, PassUnread, ReadFailed
from imagery_watch.model import Expected, Grid, Pixels
from imagery_watch.model.access import OPEN, Access
from imagery_watch.reasons import ReasonCode
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.hrefs import public_name, read_failed
from imagery_watch.sources.pixels.native.cutting import Cut, cut_under
from imagery_watch.sources.pixels.native.placing import MAX_OBLONGNESS, place
from imagery_watch.sources.pixels.ranges import Cursor, RemoteFile
from imagery_watch.sources.pixels.stated import contradict
from imagery_watch.sources.pixels.tiff.source import open_plain
from imagery_watch.sources.pixels.validity import TIFF_STARTS, find_alpha_band, has_sidecars

FILE_DTYPES = {"uint16": ("uint16", "int16"), "classes": ("uint8", "uint16", "int16"), "float32": ("float32",)}
"""What a file may hold to be read as that; 8 bits may be classes, but no reflectance."""

MAX_BLOCK_BYTES = 128 * 2**20

_MAGIC = {
    **dict.fromkeys(TIFF_STARTS, "TIFF"),
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0c": "JPEG 2000",
}


class Read(NamedTuple):
    """What was read of one file, and what its store says of it."""

    pixels: Pixels
    """On the Grid, (y, x), `Expected.nothing` where the file has none."""
    cut: Cut
    """The same in the file's own grid."""
    size: int
    """Bytes of the whole file."""
    etag: str = ""
    """The store's own name for this content of the file; empty where it gives none, as for a local file."""


def read_window(
    href: str,
    grid: Grid,
    expected: Expected,
    settings: Settings,
    *,
    public_only: bool = False,
    access: Access = OPEN,
) -> Pixels:
    """The pixels of `read_file` alone."""
    return read_file(href, grid, expected, settings, public_only=public_only, access=access).pixels


def read_file(
    href: str,
    grid: Grid,
    expected: Expected,
    settings: Settings,
    *,
    public_only: bool = False,
    access: Access = OPEN,
) -> Read:
    """The pixels of one file under the Grid.

    `href` must have passed `hrefs.check_href`; with `public_only`, no host of this machine's own network is asked.

    Raises PassRefused where the file is not what it should be, ReadFailed where it could not be read completely.
    """
    is_remote = href.startswith(("http://", "https://", "s3://"))
    if not is_remote:
        return _read_once(href, None, grid, expected)
    remote = RemoteFile(href, settings, public_only=public_only, access=access)
    try:
        read = _read_once(href, remote, grid, expected)
        if remote.is_borne_out:
            return read
    except PassUnread:
        if remote.is_borne_out and not remote.replaced:
            remote.forget()
            raise
    # nothing but a remembered header tells what the file is, and that may be another's by now
    anew = RemoteFile(href, settings, public_only=public_only, access=access, remembered=False)
    return _read_once(href, anew, grid, expected)


def _read_once(href: str, remote: RemoteFile | None, grid: Grid, expected: Expected) -> Read:
    """As `read_file` does, of a file that is open."""
    from rasterio.errors import RasterioError

    try:
        with ExitStack() as stack:
            source = stack.enter_context(_open(href, remote, expected, stack))
            _check(source, public_name(href), expected)
            if remote is not None and (what := contradict(remote, source, expected.stated)):
                raise read_failed(ReasonCode.OTHER_FILE, remote.name, what=what)
            cut = cut_under(source, grid, expected, public_name(href))
            read = _describe(place(cut, grid, expected), cut, href, remote)
    except (RasterioError, ValueError, MemoryError, OSError) as error:
        raise _cause(remote, href) from error
    if remote is not None and remote.error is not None:
        raise remote.error
    return read


def _describe(pixels: Pixels, cut: Cut, href: str, remote: RemoteFile | None) -> Read:
    if remote is None:
        return Read(pixels, cut, Path(href).stat().st_size)
    return Read(pixels, cut, remote.size, remote.etag)


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


def _open(href: str, remote: RemoteFile | None, expected: Expected, stack: ExitStack) -> Any:
    """The dataset, opened by a fixed driver: VRT and its kin would read whatever other file they name.

    Remote files of the plain kind are read without GDAL, whose settings hold for the others while `stack` is open.
    """
    kind = _kind(remote.chunk(0, 4) if remote is not None else _first_bytes(href))
    allowed = ("TIFF", "JPEG 2000") if expected.sidecars or expected.jpeg2000 else ("TIFF",)
    if kind not in allowed:
        reason = ReasonCode.NOT_GEOTIFF.because(file=public_name(href), what=kind or "no image format known here")
        raise PassRefused(reason) if kind or remote is None else ReadFailed(reason)
    plain = open_plain(remote.header, remote.chunk, remote.size) if remote is not None and kind == "TIFF" else None
    if remote is not None and plain is not None:
        remote.ahead = 0
        return nullcontext(plain)
    return _open_by_gdal(href, remote, expected, stack, "GTiff" if kind == "TIFF" else "JP2OpenJPEG")


def _open_by_gdal(href: str, remote: RemoteFile | None, expected: Expected, stack: ExitStack, driver: str) -> Any:
    import rasterio

    sidecars = remote is None and has_sidecars(href)
    stack.enter_context(rasterio.Env(**_gdal_options(expected, sidecars=sidecars)))
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
