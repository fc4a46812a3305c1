"""Pixels of a window out of tiles: which bytes are needed, fetched once, and only as many rows unpacked as needed.

The rows of a tile come in order out of DEFLATE, and predictor 2 looks no further than a row: so of each tile only the
bytes up to the last row of the window are fetched, and only its columns are summed up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.sources.pixels.tiff.directory import Directory

_INFLATER: Any = import_module("isal.isal_zlib" if find_spec("isal") else "zlib")
"""isal's is twice as fast as the standard library's, which serves where nobody has built isal."""

Fetch = Callable[[int, int], bytes]
"""Bytes [start, end) of the file; fewer where it failed."""
MORE, ROOM_BYTES = 1.08, 2048
"""Rows of a tile do not pack equally well: beyond their share of its bytes, so many times and so many more are fetched.
Of 300 real-like tiles 8 needed a second request."""
WASTE_BYTES = 256 * 1024
"""Between two ranges: fewer are fetched along with both, for a round trip of 50 ms is a megabyte at 20 MB/s."""
SLICE_BYTES = 64 * 1024
"""Of packed bytes, unpacked at once: with what they unpack to they fit a processor's own cache."""
LOST = bytes(64)
"""In a packed stream of real ground so many zeros in a row do not come about."""
LARGEST_REQUEST = 64 * 2**20
LARGEST_PACKING = 2
"""Times its pixels that a tile may take: DEFLATE makes nothing larger than a thousandth more."""


class Damaged(OSError):
    """Bytes that are missing, or are not what their directory says."""


@dataclass(frozen=True)
class _Part:
    """One tile, and what of it lies in the window."""

    number: int
    start: int
    end: int
    """Of the tile's bytes in the file."""
    rows: tuple[int, int]
    cols: tuple[int, int]
    """First and one-past-last within the tile."""
    height: int
    """Rows of the tile that are of the image: those below, at its lower edge, are filling, which takes no bytes."""
    at: tuple[int, int]
    """Row and column of its first pixel in the window."""


def read_window(directory: Directory, fetch: Fetch, size: int, corner: tuple[int, int], shape: tuple[int, int],
                nothing: float) -> NDArray[Any]:  # fmt: skip
    """The pixels of a window, (y, x) in the file's type; `nothing` where a tile is not in the file.

    `corner` is its first row and column, `size` the file's bytes. Raises Damaged.
    """
    pixels = np.full(shape, nothing, directory.dtype.newbyteorder("="))
    parts = [_check(one, size, directory) for one in _list_parts(directory, corner, shape) if one.end > one.start]
    for group in _merge(parts, directory):
        start = group[0].start
        end = min(max(_first_end(one, directory) for one in group), max(one.end for one in group))
        data = _fetch_all(fetch, start, end)
        for one in group:
            held = _doubt(one, data, start, fetch) if directory.packed else memoryview(data)[one.start - start :]
            rows = _unpack(one, held, directory, fetch)
            (row, col), (height, width) = one.at, rows.shape
            pixels[row : row + height, col : col + width] = rows
    return pixels


def _check(one: _Part, size: int, directory: Directory) -> _Part:
    if one.end > size:
        raise Damaged(f"tile {one.number} ends at byte {one.end} of {size}")
    pixels = directory.tile_width * directory.tile_height * directory.dtype.itemsize
    if one.end - one.start > LARGEST_PACKING * pixels + ROOM_BYTES:
        raise Damaged(f"tile {one.number} is said to take {one.end - one.start} bytes, for {pixels} of pixels")
    return one


def _list_parts(directory: Directory, corner: tuple[int, int], shape: tuple[int, int]) -> Iterator[_Part]:
    """Every tile that the window touches, row by row of tiles."""
    (top, left), (height, width) = corner, shape
    tall, wide = directory.tile_height, directory.tile_width
    for down in range(top // tall, (top + height - 1) // tall + 1):
        for across in range(left // wide, (left + width - 1) // wide + 1):
            number = down * directory.across + across
            start = int(directory.offsets[number])
            rows = max(top - down * tall, 0), min(top + height - down * tall, tall)
            cols = max(left - across * wide, 0), min(left + width - across * wide, wide)
            at = down * tall + rows[0] - top, across * wide + cols[0] - left
            count = int(directory.counts[number]) if start else 0
            yield _Part(number, start, start + count, rows, cols, min(tall, directory.height - down * tall), at)


def _first_end(one: _Part, directory: Directory) -> int:
    """Up to where a tile is fetched at first: what its rows probably take."""
    share, count = one.rows[1] / one.height, one.end - one.start
    if not directory.packed:
        return one.start + min(count, one.rows[1] * directory.tile_width * directory.dtype.itemsize)
    return one.start + min(count, int(count * share * MORE) + ROOM_BYTES)


def _merge(parts: list[_Part], directory: Directory) -> list[list[_Part]]:
    """Tiles whose bytes come with one request: those between which little lies that nobody needs."""
    groups: list[list[_Part]] = []
    for one in sorted(parts, key=lambda one: one.start):
        last = groups[-1][-1] if groups else None
        near = last is not None and one.start - _first_end(last, directory) <= WASTE_BYTES
        if near and one.end - groups[-1][0].start <= LARGEST_REQUEST:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _fetch_all(fetch: Fetch, start: int, end: int) -> bytes:
    data = fetch(start, end)
    if len(data) != end - start:
        raise Damaged(f"{len(data)} bytes where {end - start} were asked for")
    return data


def _doubt(one: _Part, data: bytes, start: int, fetch: Fetch) -> memoryview:
    """A tile's bytes among `data`, which begin at `start`; all of them where a long row of zeros is in what came.

    So many zeros are what a disk or a line that lost something gives: the tile's checksum, at its end, has to tell.
    """
    first, last = one.start - start, min(one.end - start, len(data))
    if start + last < one.end and data.find(LOST, first, last) >= 0:
        return memoryview(data[first:last] + _fetch_all(fetch, start + last, one.end))
    return memoryview(data)[first:last]


def _unpack(one: _Part, held: memoryview, directory: Directory, fetch: Fetch) -> NDArray[Any]:
    """The rows and columns of a tile that lie in the window; more of it is fetched where the first bytes do not do."""
    row_bytes = directory.tile_width * directory.dtype.itemsize
    first, need = (row * row_bytes for row in one.rows)
    stream = _Stream(first, need, directory.tile_height * row_bytes)
    raw = _inflate(one, held, stream, fetch) if directory.packed else held[first:need]
    if len(raw) < need - first:
        raise Damaged(f"tile {one.number} lacks {need - first - len(raw)} bytes of the pixels that are needed")
    rows = np.frombuffer(raw, directory.dtype).reshape(-1, directory.tile_width)
    part = rows[:, one.cols[0] : one.cols[1]].astype(directory.dtype.newbyteorder("="))
    if directory.differenced:  # all that is on the left counts by its sum alone, which is quicker than one by one
        part[:, 0] += rows[:, : one.cols[0]].sum(axis=1, dtype=part.dtype)
        np.cumsum(part, axis=1, dtype=part.dtype, out=part)
    return part


def _inflate(one: _Part, held: memoryview, stream: "_Stream", fetch: Fetch) -> bytes:
    """What is wanted of a tile, or less; held against its checksum where all of its bytes are there. Raises Damaged."""
    whole = one.start + len(held) >= one.end
    try:
        stream.feed(held, to_end=whole)
        if not whole and not stream.is_enough:
            rest, whole = memoryview(_fetch_all(fetch, one.start + len(held), one.end)), True
            stream.feed(rest, to_end=True)
    except _INFLATER.error as error:
        raise Damaged(f"tile {one.number} cannot be unpacked ({error})") from None
    if whole and not stream.is_whole:
        raise Damaged(f"tile {one.number} ends before its checksum, or goes on behind its pixels")
    return b"".join(stream.kept)


class _Stream:
    """A tile unpacked slice by slice: what comes fits the processor's cache, and what lies above the window goes."""

    def __init__(self, first: int, end: int, tile: int) -> None:
        self.kept: list[bytes] = []
        self._first, self._end, self._tile, self._got = first, end, tile, 0
        self._inflater = _INFLATER.decompressobj()

    @property
    def is_enough(self) -> bool:
        """Whether all that is wanted is there."""
        return self._got >= self._end

    @property
    def is_whole(self) -> bool:
        """Whether the stream has ended, and its checksum was right."""
        return bool(self._inflater.eof)

    def feed(self, packed: memoryview, *, to_end: bool) -> None:
        """Unpacks up to what is wanted, or to the stream's end, and never more than a tile."""
        most = self._tile + 1 if to_end else self._end
        for at in range(0, len(packed), SLICE_BYTES):
            if self._inflater.eof or self._got >= most:
                return
            self._keep(self._inflater.decompress(packed[at : at + SLICE_BYTES], most - self._got))

    def _keep(self, part: bytes) -> None:
        above, below = max(0, self._first - self._got), self._end - self._got
        self._got += len(part)
        if above < min(len(part), below):
            self.kept.append(part[above:below])
