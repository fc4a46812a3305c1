"""Which pixels of a file are data: every way in which the file, or its item, says so, before any cast or resampling."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused
from imagery_watch.model import DType, Expected, Pixels
from imagery_watch.reasons import ReasonCode
from imagery_watch.sources.pixels.hrefs import read_failed

SENTINELS = {"uint16": (42_405, 42_406), "float32": (-3.25e38, -3.125e38)}
"""Values put into a buffer before it is read, which are in practice never real: reflectance 4.2, a float's far end."""

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""The first four bytes of a TIFF: either order of bytes, classic or big."""
MOST_NOTES = 4 * 2**20
"""Bytes of a side-car of GDAL that are parsed at the most."""
_NODATA_KEYS = ("nodata", "raster:nodata", "file:nodata")


def collect_nodata(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[float, ...]:
    """Every value that an item says means nothing in an asset, sorted: in its bands, itself, or the item as a whole.

    As STAC 1.1 has it (`nodata`), the raster extension (`raster:bands`) and the file extension (`file:nodata`); NaN and
    the infinities may be words.
    """
    bands = [band for key in ("raster:bands", "bands", "eo:bands") for band in _mappings(asset.get(key))]
    places = (properties, asset, *bands)
    stated = [value for place in places for key in _NODATA_KEYS for value in _numbers(place.get(key))]
    return tuple(sorted(set(stated), key=lambda value: (math.isnan(value), value)))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (entry for entry in (value if isinstance(value, list) else ()) if isinstance(entry, dict))


def _numbers(value: Any) -> Iterator[float]:
    """The numbers in a statement: one, a list of them, or a word for one."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, bool) or not isinstance(one, int | float | str):
            continue
        try:
            yield float(one)
        except (ValueError, OverflowError):
            continue


def has_sidecars(path: str) -> bool:
    """Whether a local file has a mask (`.msk`) or notes of GDAL (`.aux.xml`) beside it.

    Raises PassRefused for a mask that is no TIFF: GDAL would open it by whatever driver it asks for.
    """
    mask, notes = Path(f"{path}.msk"), Path(f"{path}.aux.xml")
    if mask.is_file() and _first_bytes(mask) not in TIFF_STARTS:
        what = "the mask beside the file is no TIFF, and not believed"
        raise PassRefused(ReasonCode.RASTER_LAYOUT.because(file=mask.name, what=what))
    if notes.is_file() and notes.stat().st_size > MOST_NOTES:
        what = f"more than {MOST_NOTES // 2**20} MB of notes beside the file"
        raise PassRefused(ReasonCode.RASTER_LAYOUT.because(file=notes.name, what=what))
    return mask.is_file() or notes.is_file()


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def find_alpha_band(source: Any) -> int | None:
    """Number of the band that says how opaque the others are, or None."""
    from rasterio.enums import ColorInterp

    return next((n for n, what in enumerate(source.colorinterp, start=1) if what == ColorInterp.alpha and n > 1), None)


def read_valid(source: Any, window: Any, name: str, expected: Expected) -> Pixels:
    """The window, (y, x) of the expected dtype, `expected.nothing` where the file or its item says so.

    Raises ReadFailed where the read ended before every pixel was written.
    """
    signed = source.dtypes[0] == "int16"  # read as counts, its negative ones would be lost to "nothing"
    pixels = read_complete(source, window, name, "float32" if signed else expected.dtype)
    there = _find_data(pixels, source, window, expected)
    if signed and expected.dtype == "uint16":
        np.maximum(pixels, 1, where=pixels != 0, out=pixels)
    np.copyto(pixels, pixels.dtype.type(expected.nothing), where=~there)
    return pixels.astype(expected.dtype, copy=False)


def _find_data(pixels: Pixels, source: Any, window: Any, expected: Expected) -> NDArray[np.bool_]:
    """(y, x), True where nothing says that there is no data: nodata values, the file's mask, its alpha band."""
    from rasterio.enums import MaskFlags

    there: NDArray[np.bool_] = np.ones(pixels.shape, bool)
    for value in {source.nodata, *expected.nodata} - {None}:
        there &= ~np.isnan(pixels) if math.isnan(value) else pixels != pixels.dtype.type(_within(value, pixels))
    if (alpha := find_alpha_band(source)) is not None:
        there &= source.read(alpha, window=window) != 0
    if MaskFlags.per_dataset in source.mask_flag_enums[0] and alpha is None:
        there &= source.read_masks(1, window=window) != 0
    return there


def _within(value: float, pixels: Pixels) -> float:
    """The value, or 0 (which is nothing anyway) where counts cannot hold it."""
    if np.issubdtype(pixels.dtype, np.floating):
        return value
    return value if value.is_integer() and 0 <= value <= np.iinfo(np.uint16).max else 0.0


def read_complete(source: Any, window: Any, name: str, dtype: DType = "uint16") -> Pixels:
    """The window, (y, x), every pixel of it written by the decoder; raises ReadFailed otherwise.

    Some failed reads return normally with the buffer untouched, so it is filled with a sentinel first; should that very
    value come back, a second read with another sentinel tells a real value from an unwritten one.
    """
    shape = (int(window.height), int(window.width))
    first = np.full(shape, SENTINELS[dtype][0], dtype)
    sentinel = first.dtype.type(SENTINELS[dtype][0])
    source.read(1, window=window, out=first)
    if (first == sentinel).any():
        second = np.full(shape, SENTINELS[dtype][1], dtype)
        source.read(1, window=window, out=second)
        if (second[first == sentinel] != sentinel).any():
            raise read_failed(ReasonCode.READ_CUT, name, what="the read ended without writing all of its pixels")
    return first
