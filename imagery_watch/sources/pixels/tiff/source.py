"""A plain GeoTIFF with the face of an open rasterio dataset, as far as a window's reading looks at one."""

from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from imagery_watch.sources.pixels.native.crs import find_crs, is_projected
from imagery_watch.sources.pixels.tiff.directory import Directory, parse_directory
from imagery_watch.sources.pixels.tiff.window import Fetch, read_window


class PlainTiff:
    """One band of counts; every attribute means what rasterio's of the same name does."""

    count = 1
    scales, offsets = (1.0,), (0.0,)

    def __init__(self, directory: Directory, fetch: Fetch, size: int) -> None:
        from rasterio.enums import ColorInterp, MaskFlags

        self.directory, self._fetch, self._size = directory, fetch, size
        self.width, self.height = directory.width, directory.height
        self.transform: Affine = directory.transform
        self.crs = find_crs(directory.epsg)
        self.nodata = directory.nodata
        self.dtypes = (directory.dtype.newbyteorder("=").name,)
        self.block_shapes = [(directory.tile_height, directory.tile_width)]
        self.colorinterp = (ColorInterp.gray,)
        self.mask_flag_enums = ([MaskFlags.all_valid if self.nodata is None else MaskFlags.nodata],)

    def read(self, band: int, *, window: Any, out: NDArray[Any]) -> NDArray[Any]:
        """The window of the only band, written into `out`, (y, x). Raises OSError where bytes are missing or wrong."""
        if band != 1:
            raise IndexError(f"band {band} of a file of one")
        corner, shape = (int(window.row_off), int(window.col_off)), (int(window.height), int(window.width))
        nothing = self.nodata if self.nodata is not None and np.isfinite(self.nodata) else 0
        out[:] = read_window(self.directory, self._fetch, self._size, corner, shape, nothing)
        return out


def open_plain(header: bytes, fetch: Fetch, size: int) -> PlainTiff | None:
    """The file that begins with these bytes; None where it is not of the plain kind: then it is GDAL's to open."""
    from rasterio.errors import CRSError

    directory = parse_directory(header)
    if directory is None:
        return None
    try:
        return PlainTiff(directory, fetch, size) if is_projected(directory.epsg) else None
    except CRSError:
        return None
