"""Files that GDAL reads, opened one at a time: by fixed drivers, with its bytes from our own ranges, and no side-cars.

Each opening by way of Python functions adds a file system to GDAL's table of them, and each closing takes one out;
GDAL looks things up in that table without a lock (rasterio issue 3636), and was seen to crash where another thread
changed it meanwhile. So openings and closings take turns; the reading between them does not.
"""

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imagery_watch.errors import PassRefused
from imagery_watch.model import Expected
from imagery_watch.reasons import ReasonCode
from imagery_watch.sources.pixels.ranges import Cursor, RemoteFile

OPENING = threading.Lock()
"""Held while GDAL's table of file systems may change, or is looked into."""
MOST_OPENINGS = 16
"""Each brings 32 kB or more of the file's beginning, or of where its boxes end."""
MAX_BLOCK_BYTES = 128 * 2**20
CODESTREAM = b"\xff\x4f\xff\x51"
"""Begins a JPEG 2000 codestream: its start and the sizes (ISO/IEC 15444-1, A.4.1 and A.5.1)."""
HEAD_BYTES = 32 * 1024
"""In which a JPEG 2000's boxes and sizes are looked for; Sentinel-2's take 2 kB."""


@contextmanager
def open_local(path: str, driver: str, expected: Expected, *, sidecars: bool) -> Iterator[Any]:
    """The dataset of a local file, opened by this driver alone. Raises rasterio's errors.

    VRT and its kin would read whatever other file they name.
    """
    import rasterio

    with rasterio.Env(**_list_options(expected, sidecars=sidecars)):
        with OPENING:
            source = rasterio.open(path, driver=driver)
        with _closing(source):
            yield source


@contextmanager
def open_remote(remote: RemoteFile, driver: str, expected: Expected) -> Iterator[Any]:
    """The same of a remote file. Its bytes are not waited for while others wait for their turn.

    So a file is opened with what is there of it, and again once what was missing has been fetched. Raises rasterio's
    errors; what a server did is in `remote.error`.
    """
    with rasterio_env(expected):
        for _ in range(MOST_OPENINGS):
            source = _open_offline(remote, driver)
            if source is not None and remote.missing is None:
                break
            if source is not None:
                with OPENING:
                    source.close()
            if not remote.fetch_missing():
                raise ValueError("the file cannot be opened")
        else:
            raise ValueError(f"not open after {MOST_OPENINGS} attempts")
        with _closing(source):
            yield source


def rasterio_env(expected: Expected) -> Any:
    """GDAL's settings for a remote file."""
    import rasterio

    return rasterio.Env(**_list_options(expected, sidecars=False))


def _open_offline(remote: RemoteFile, driver: str) -> Any:
    """The dataset as far as its bytes are there; None where it cannot be opened."""
    import rasterio
    from rasterio.errors import RasterioError

    with OPENING:
        remote.is_offline = True
        try:
            source = rasterio.open(remote.name, driver=driver, opener=lambda *_, **__: Cursor(remote))
        except (RasterioError, OSError):
            return None
        else:
            with suppress(RasterioError, OSError):
                _ = source.mask_flag_enums  # it looks for masks beside the file, now or never
            return source
        finally:
            remote.is_offline = False


@contextmanager
def _closing(source: Any) -> Iterator[None]:
    try:
        yield
    finally:
        with OPENING:
            source.close()


def _list_options(expected: Expected, *, sidecars: bool) -> dict[str, str]:
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


def find_codestream(head: bytes) -> int:
    """Where a JPEG 2000's codestream begins, by its boxes (ISO/IEC 15444-1, I.4); -1 where that is not in `head`.

    The same bytes in a box of text, ahead of it, are no codestream.
    """
    at = 0
    while not head.startswith(CODESTREAM, at) and len(head) >= at + 16:
        length, kind, extended = struct.unpack_from(">I4sQ", head, at)
        size, begins = (extended, at + 16) if length == 1 else (length, at + 8)
        if kind == b"jp2c":
            return begins if head.startswith(CODESTREAM, begins) else -1
        if size < 8:
            return -1
        at += size
    return at if at == 0 and head.startswith(CODESTREAM) else -1


def check_jpeg2000(head: bytes, name: str) -> None:
    """Raises PassRefused for tiles that nobody should unpack: GDAL tells of smaller blocks than it unpacks.

    `head` is how the file begins, up to `HEAD_BYTES` of it. Raises ValueError where its sizes are not in there.
    """
    at = find_codestream(head)
    if at < 0 or len(head) < at + 38:
        raise ValueError(f"no sizes of a JPEG 2000 in its first {HEAD_BYTES // 1024} kB")
    width, height, _, _, tile_width, tile_height = struct.unpack_from(">6I", head, at + 8)
    block = min(width, tile_width) * min(height, tile_height) * 2
    if block > MAX_BLOCK_BYTES:
        what = f"tiles of {block / 2**20:.0f} MB; such a file is refused unread"
        raise PassRefused(ReasonCode.RASTER_LAYOUT.because(file=name, what=what))
