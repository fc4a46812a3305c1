"""The directory of a GeoTIFF, from the first bytes of its file; nothing for whatever is not of the plain kind.

After the TIFF 6.0 specification (Adobe, 1992), BigTIFF's, and OGC GeoTIFF 1.1 (19-008r4). Whatever is not understood to
the last tag that matters gives None, and the file is GDAL's to read.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

MOST_ENTRIES, MOST_DIRECTORIES, MOST_TILES = 200, 64, 1 << 20
"""Beyond these a file is not of the plain kind; 121 tiles and six directories are usual."""
LARGEST_EDGE, LARGEST_TILE = 1 << 20, 1 << 14
NO_PACKING, DEFLATE = (1,), (8, 32946)
"""Codes of compression: 8 is Adobe's for DEFLATE, 32946 PKZIP's."""
IS_MASK = 4
"""In NewSubfileType: the directory is of a transparency mask."""
_SIZES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q", 17: "q"}
"""Formats of `struct` by the type of a tag's values; rationals are two numbers."""
_DTYPES = {(8, 1): "u1", (16, 1): "u2", (16, 2): "i2"}
"""By bits and sample format (1 unsigned, 2 signed)."""
_WHOLE = re.compile(rb"(-?[0-9]{1,6})(?:\.0*)?[\0 ]*")
WIDTH, HEIGHT, BITS, PACKING, PHOTOMETRIC = 256, 257, 258, 259, 262
SAMPLES, PREDICTOR, TILE_WIDTH, TILE_HEIGHT, OFFSETS, COUNTS, FORMAT = 277, 317, 322, 323, 324, 325, 339
SUBFILE, FILL_ORDER, ORIENTATION, EXTRA, SUB_DIRECTORIES = 254, 266, 274, 338, 330
SCALE, TIE, MATRIX, KEYS, METADATA, NODATA = 33550, 33922, 34264, 34735, 42112, 42113
MODEL_KEY, RASTER_KEY, CODE_KEY, VERTICAL_KEY = 1024, 1025, 3072, 4096


@dataclass(frozen=True)
class Directory:
    """What the first directory of a plain GeoTIFF says."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    dtype: np.dtype[Any]
    """With the file's order of bytes."""
    packed: bool
    differenced: bool
    """Whether each value is the difference to the one on its left (predictor 2)."""
    offsets: NDArray[np.uint64] = field(repr=False)
    """Where each tile begins, row by row of tiles; 0 where it is not in the file."""
    counts: NDArray[np.uint64] = field(repr=False)
    """Bytes of each tile."""
    transform: Affine
    epsg: int
    nodata: float | None

    @property
    def across(self) -> int:
        """Tiles in a row of them."""
        return -(-self.width // self.tile_width)


Tags = Mapping[int, tuple[Any, ...]]


def parse_directory(data: bytes) -> Directory | None:
    """The first directory of a file that begins with these bytes; None where they hold no plain GeoTIFF's, or not all.

    Never raises, whatever the bytes are.
    """
    try:
        reader = _Reader(data)
        tags = reader.read_tags(reader.first)
        return _to_directory(tags, reader.order) if not reader.has_mask() else None
    except (_NotPlain, struct.error, ValueError, TypeError, IndexError, OverflowError, KeyError):
        return None


class _NotPlain(Exception):
    """A file that is not of the plain kind, or of which more bytes are needed."""


class _Reader:
    """Tags out of the first bytes of a TIFF."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        version = struct.unpack_from(f"{self.order}H", data, 2)[0] if self.order else 0
        if version not in (42, 43):
            raise _NotPlain
        self.big = version == 43
        if self.big and struct.unpack_from(f"{self.order}HH", data, 4) != (8, 0):
            raise _NotPlain
        self.first = self._unpack("Q", 8)[0] if self.big else self._unpack("I", 4)[0]

    def _unpack(self, form: str, at: int) -> tuple[Any, ...]:
        return struct.unpack_from(self.order + form, self.data, at)

    def _list(self, at: int) -> tuple[int, int, int]:
        """How many entries a directory has, where they begin, and where the next directory's address stands."""
        count = self._unpack("Q" if self.big else "H", at)[0]
        begin, size = at + (8 if self.big else 2), 20 if self.big else 12
        if not 0 < count <= MOST_ENTRIES:
            raise _NotPlain
        return count, begin, begin + count * size

    def read_tags(self, at: int) -> dict[int, tuple[Any, ...]]:
        """All tags of a directory, each with its values."""
        count, begin, _ = self._list(at)
        size = 20 if self.big else 12
        return dict(self._read_entry(begin + number * size) for number in range(count))

    def _read_entry(self, at: int) -> tuple[int, tuple[Any, ...]]:
        tag, kind = self._unpack("HH", at)
        number = self._unpack("Q" if self.big else "I", at + 4)[0]
        form, inline, place = _SIZES[kind], (8 if self.big else 4), at + (12 if self.big else 8)
        bytes_ = struct.calcsize(f"={form}") * number
        if number > MOST_TILES or bytes_ > len(self.data):
            raise _NotPlain
        if bytes_ > inline:
            place = self._unpack("Q" if self.big else "I", place)[0]
        if form == "s":
            return tag, self._unpack(f"{number}s", place)
        return tag, self._unpack(f"{len(form) * number}{form[0]}", place)

    def has_mask(self) -> bool:
        """Whether any of the file's directories is of a mask; raises `_NotPlain` where not all are in the bytes."""
        at, seen = self.first, set[int]()
        while at and len(seen) < MOST_DIRECTORIES:
            if at in seen:
                raise _NotPlain
            seen.add(at)
            if self._find_kind(at) & IS_MASK:
                return True
            _, _, end = self._list(at)
            at = self._unpack("Q" if self.big else "I", end)[0]
        return bool(at)

    def _find_kind(self, at: int) -> int:
        """NewSubfileType of a directory: the only one of its tags that is looked at."""
        count, begin, _ = self._list(at)
        size = 20 if self.big else 12
        entries = range(begin, begin + count * size, size)
        found = next((place for place in entries if self._unpack("H", place)[0] == SUBFILE), None)
        return 0 if found is None else int(self._read_entry(found)[1][0])


def _one(tags: Tags, tag: int, usual: int | None = None) -> int:
    """The only value of a tag, a whole number."""
    values = tags.get(tag, () if usual is None else (usual,))
    if len(values) != 1:
        raise _NotPlain
    return int(values[0])


def _to_directory(tags: Tags, order: str) -> Directory:
    width, height, tile_width, tile_height = (_one(tags, tag) for tag in (WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT))
    packing, predictor = _one(tags, PACKING, 1), _one(tags, PREDICTOR, 1)
    plain = (
        0 < width <= LARGEST_EDGE and 0 < height <= LARGEST_EDGE,
        0 < tile_width <= LARGEST_TILE and 0 < tile_height <= LARGEST_TILE,
        packing in (*NO_PACKING, *DEFLATE),
        predictor in (1, 2) and not (predictor == 2 and packing in NO_PACKING),
        _one(tags, SAMPLES, 1) == 1 and EXTRA not in tags and SUB_DIRECTORIES not in tags,
        _one(tags, PHOTOMETRIC, 1) == 1,
        _one(tags, FILL_ORDER, 1) == 1 and _one(tags, ORIENTATION, 1) == 1,
        not _tells_scale(tags),
    )
    kind = _DTYPES.get((_one(tags, BITS, 1), _one(tags, FORMAT, 1)))
    tiles = -(-width // tile_width) * -(-height // tile_height) if all(plain[:2]) else -1
    if not all(plain) or kind is None or not len(tags[OFFSETS]) == len(tags[COUNTS]) == tiles <= MOST_TILES:
        raise _NotPlain
    return Directory(
        width=width,
        height=height,
        tile_width=tile_width,
        tile_height=tile_height,
        dtype=np.dtype(order + kind),
        packed=packing in DEFLATE,
        differenced=predictor == 2,
        offsets=np.array(tags[OFFSETS], np.uint64),
        counts=np.array(tags[COUNTS], np.uint64),
        transform=_find_transform(tags),
        epsg=_find_code(tags),
        nodata=_find_nodata(tags, np.dtype(kind)),
    )


def _tells_scale(tags: Tags) -> bool:
    """Whether GDAL's notes say what a count is worth, or what kind of band it is: those are GDAL's to read."""
    notes = tags.get(METADATA, (b"",))[0]
    return not isinstance(notes, bytes) or b"role=" in notes or b"NBITS" in notes


def _find_transform(tags: Tags) -> Affine:
    scale, tie = tags[SCALE], tags[TIE]
    if MATRIX in tags or len(scale) != 3 or len(tie) != 6 or not np.isfinite([*scale, *tie]).all():
        raise _NotPlain
    column, row, _, x, y, _ = tie
    return Affine(scale[0], 0.0, x - column * scale[0], 0.0, -scale[1], y + row * scale[1])


def _find_code(tags: Tags) -> int:
    """The EPSG code of a projected CRS; pixels are areas."""
    keys = tags[KEYS]
    told = {key: (place, value) for key, place, _, value in zip(*(keys[4 + n :: 4] for n in range(4)), strict=True)}
    code = told.get(CODE_KEY, (0, 0))
    plain = told.get(MODEL_KEY) == (0, 1) and told.get(RASTER_KEY, (0, 1)) == (0, 1) and VERTICAL_KEY not in told
    if keys[0] != 1 or not plain or code[0] != 0 or not 1024 <= code[1] < 32767:
        raise _NotPlain
    return int(code[1])


def _find_nodata(tags: Tags, dtype: np.dtype[Any]) -> float | None:
    if NODATA not in tags:
        return None
    text = tags[NODATA][0]
    if not isinstance(text, bytes) or (whole := _WHOLE.fullmatch(text)) is None:
        raise _NotPlain
    value = int(whole[1])
    if not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        raise _NotPlain  # GDAL has rules of its own for what a count cannot be
    return float(value)
