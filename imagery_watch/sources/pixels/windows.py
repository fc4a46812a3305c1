"""One raster, one Grid: exactly the window that is needed, and the certainty that every pixel of it was read."""

import math
from contextlib import AbstractContextManager, nullcontext
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
from imagery_watch.sources.pixels.native.gdal import (
    HEAD_BYTES,
    MAX_BLOCK_BYTES,
    check_jpeg2000,
    find_codestream,
    open_local,
    open_remote,
)
from imagery_watch.sources.pixels.native.placing import MAX_OBLONGNESS, place
from imagery_watch.sources.pixels.ranges import RemoteFile
from imagery_watch.sources.pixels.stated import contradict
from imagery_watch.sources.pixels.tiff.source import PlainTiff, open_plain
from imagery_watch.sources.pixels.validity import TIFF_STARTS, find_alpha_band, has_sidecars

FILE_DTYPES = {"uint16": ("uint16", "int16"), "classes": ("uint8", "uint16", "int16"), "float32": ("float32",)}
"""What a file may hold to be read as that; 8 bits may be classes, but no reflectance."""

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
        with _open(href, remote, expected) as source:
            _check(source, public_name(href), expected)
            if remote is not None and (what := contradict(remote, source, expected.stated)):
                raise read_failed(ReasonCode.OTHER_FILE, remote.name, what=what)
            cut = cut_under(source, grid, expected, public_name(href))
            read = _describe(place(cut, grid, expected), cut, href, remote)
    except PassRefused:
        if remote is not None and remote.error is not None:  # judged by bytes that did not come
            raise remote.error from None
        raise
    except (RasterioError, ValueError, MemoryError, OSError) as error:
        raise _cause(remote, href) from error
    if remote is not None and remote.error is not None:
        raise remote.error
    return read


def _describe(pixels: Pixels, cut: Cut, href: str, remote: RemoteFile | None) -> Read:
    if remote is None:
        return Read(pixels, cut, Path(href).stat().st_size)
    return Read(pixels, cut, remote.size, remote.etag)


def _open(href: str, remote: RemoteFile | None, expected: Expected) -> AbstractContextManager[Any]:
    """The dataset, once it is entered: remote files of the plain kind are read without GDAL."""
    kind = _kind(remote.chunk(0, 4) if remote is not None else _first_bytes(href, 4))
    allowed = ("TIFF", "JPEG 2000") if expected.sidecars or expected.jpeg2000 else ("TIFF",)
    if kind not in allowed:
        reason = ReasonCode.NOT_GEOTIFF.because(file=public_name(href), what=kind or "no image format known here")
        raise PassRefused(reason) if kind or remote is None else ReadFailed(reason)
    plain = open_plain(remote.header, remote.chunk, remote.size) if remote is not None and kind == "TIFF" else None
    if remote is not None and plain is not None:
        remote.ahead = 0
        return nullcontext(plain)
    if kind == "JPEG 2000":
        check_jpeg2000(_read_head(href, remote), public_name(href))
    driver = "GTiff" if kind == "TIFF" else "JP2OpenJPEG"
    if remote is None:
        return open_local(href, driver, expected, sidecars=has_sidecars(href))
    return open_remote(remote, driver, expected)


def _read_head(href: str, remote: RemoteFile | None) -> bytes:
    """How a JPEG 2000 begins, up to its sizes."""
    if remote is None:
        return _first_bytes(href, HEAD_BYTES)
    return remote.header if find_codestream(remote.header[:-64]) >= 0 else remote.chunk(0, HEAD_BYTES)


def _first_bytes(path: str, number: int) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(number)


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
    if not isinstance(source, PlainTiff) and (source.crs is None or not source.crs.is_projected):
        found = "none" if source.crs is None else f"{source.crs.to_string()[:60]}, in degrees"
        raise _other_layout(name, f"no projected CRS in the file itself ({found})")
    _check_numbers(source, name, expected)
    transform, (smallest, largest) = source.transform, expected.resolution_m
    if not all(map(math.isfinite, transform)):
        raise _other_layout(name, "its corner or its pixel size is not a number")
    if transform.b != 0 or transform.d != 0 or transform.e >= 0:
        raise _other_layout(name, "not a north-up raster")
    if abs(transform.a + transform.e) > MAX_OBLONGNESS * abs(transform.a):
        raise _other_layout(name, f"pixels of {transform.a:.9g} x {-transform.e:.9g} m are not square")
    if not smallest <= transform.a <= largest:
        raise PassRefused(ReasonCode.PIXEL_SIZE.because(file=name, found=transform.a, expected=smallest))
    block = math.prod(map(int, source.block_shapes[0])) * np.dtype(expected.dtype).itemsize
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
