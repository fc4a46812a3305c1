"""Coordinate systems by their EPSG code, each made once: PROJ opens its database anew in every thread that asks it."""

import threading
from functools import cache
from typing import Any

_ONE_AT_A_TIME = threading.Lock()
_CODES: dict[int, int] = {}
"""Codes of the objects that were made here, by identity; they live as long as the process."""


def find_crs(epsg: int) -> Any:
    """Rasterio's CRS of a code. Raises rasterio's CRSError for one that nobody knows."""
    with _ONE_AT_A_TIME:  # else each thread that comes first makes its own
        return _make_crs(epsg)


@cache
def _make_crs(epsg: int) -> Any:
    from rasterio.crs import CRS

    crs = CRS.from_epsg(epsg)
    _CODES[id(crs)] = epsg
    return crs


@cache
def is_projected(epsg: int) -> bool:
    """Whether a code's coordinates are metres on a plane. Raises rasterio's CRSError for one that nobody knows."""
    return bool(find_crs(epsg).is_projected)


def find_code(crs: Any) -> int | None:
    """EPSG code of rasterio's CRS; None where it has none."""
    known = _CODES.get(id(crs))
    return crs.to_epsg() if known is None else known
