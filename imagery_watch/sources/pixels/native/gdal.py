"""Files that GDAL reads, opened one at a time: by fixed drivers, with its bytes from our own ranges, and no side-cars.

Each opening by way of Python functions adds a file system to GDAL's table of them, and each closing takes one out;
GDAL looks things up in that table without a lock (rasterio issue 3636), and was seen to crash where another thread
changed it meanwhile. So openings and closings take turns; the reading between them does not.
"""

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from imagery_watch.errors import PassRefused
from imagery_watch.model import Expected
from imagery_watch.reasons import ReasonCode

OPENING = threading.Lock()
"""Held while GDAL's table of file systems may change, or is looked into."""
MAX_BLOCK_BYTES = 128 * 2**20
CODESTREAM = b"\xff\x4f\xff\x51"
"""Begins a JPEG 2000 codestream: its start and the sizes (ISO/IEC 15444-1, A.4.1 and A.5.1)."""
HEAD_BYTES = 32 * 1024
"""In which a JPEG 2000's boxes and sizes are looked for; Sentinel-2's take 2 kB."""


@contextmanager
def open_by_gdal(
    name: str, driver: str, expected: Expected, *, sidecars: bool, opener: Callable[..., Any] | None = None
) -> Iterator[Any]:
    """The dataset, opened by this driver alone: VRT and its kin would read whatever other file they name.

    `opener` gives the bytes of what is no local file. Raises rasterio's errors.
    """
    import rasterio

    with rasterio.Env(**_list_options(expected, sidecars=sidecars)):
        with OPENING:
            source = rasterio.open(name, driver=driver, **({} if opener is None else {"opener": opener}))
            _ = source.mask_flag_enums  # it looks for masks beside the file, now or never
        try:
            yield source
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


def check_jpeg2000(head: bytes, name: str) -> None:
    """Raises PassRefused for tiles that nobody should unpack: GDAL tells of smaller blocks than it unpacks.

    `head` is how the file begins, up to `HEAD_BYTES` of it. Raises ValueError where its sizes are not in there.
    """
    at = head.find(CODESTREAM)
    if at < 0 or len(head) < at + 38:
        raise ValueError(f"no sizes of a JPEG 2000 in its first {HEAD_BYTES // 1024} kB")
    width, height, _, _, tile_width, tile_height = struct.unpack_from(">6I", head, at + 8)
    block = min(width, tile_width) * min(height, tile_height) * 2
    if block > MAX_BLOCK_BYTES:
        what = f"tiles of {block / 2**20:.0f} MB; such a file is refused unread"
        raise PassRefused(ReasonCode.RASTER_LAYOUT.because(file=name, what=what))
