"""Windows that were read once from afar, kept on disk with their checksum; the oldest go where room is wanted."""

import hashlib
import json
import os
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imagery_watch.atomic import replace_whole
from imagery_watch.model import Grid, Pixels

_MAGIC, _OLDER = b"IWCHIP3\n", b"IWCHIP2\n"
"""How a file begins: of this version, and of the one before, which knew no `seconds` and cannot read the new ones."""
_SUFFIX = ".chip"
NOT_PACKED = 0
"""Counts of real ground pack to two thirds at best, at the price of a tenth of the time that reading takes."""
_DTYPES = {"uint16": b"<u2", "float32": b"<f4"}
"""What a window may hold, and its mark in the file: three bytes before the packed pixels."""


class Kept(NamedTuple):
    """What a cache holds, or what was removed from it."""

    files: int
    bytes: int


class Chip(NamedTuple):
    """A window that was read earlier, and what the store said of the file then."""

    pixels: Pixels
    etag: str = ""
    """Empty where it gave none, or an older version kept the window."""
    size: int | None = None
    """Bytes of the whole file; None where an older version kept the window."""
    seconds: float = 0.0
    """How long the window took to read; 0 where an older version kept it."""


class ChipCache:
    """A folder of checked windows; a damaged or foreign file counts as absent and is fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, item: str, key: str, grid: Grid) -> Pixels | None:
        """The window of a STAC item kept under the key, (y, x) in the dtype that was put, or None."""
        chip = self.recall(item, key, grid)
        return None if chip is None else chip.pixels

    def recall(self, item: str, key: str, grid: Grid) -> Chip | None:
        """The same with what was said of the file when it was put."""
        path = self._path(item, key, grid)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)  # what is used stays longest, and many disks note no reading
        if not is_whole(content):
            return None
        body = content[len(_MAGIC) + 32 :]
        unpacker = zlib.decompressobj()
        pixels = np.frombuffer(unpacker.decompress(body[3:]), dtype=body[:3].decode())
        if pixels.size != grid.width * grid.height:
            return None
        return Chip(pixels.reshape(grid.shape).astype(pixels.dtype.name), **_parse_told(unpacker.unused_data))

    def put(
        self,
        item: str,
        key: str,
        grid: Grid,
        pixels: Pixels,
        *,
        etag: str = "",
        size: int | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Keeps a window of counts or floats; a full or read-only disk costs only the speed of the next run."""
        mark = _DTYPES[pixels.dtype.name]
        told = json.dumps({"etag": etag, "size": size, "seconds": round(seconds, 3)}).encode()
        body = mark + zlib.compress(np.ascontiguousarray(pixels, mark.decode()).data, NOT_PACKED) + told
        path = self._path(item, key, grid)
        with suppress(OSError):
            replace_whole(path, _MAGIC + hashlib.sha256(body).digest() + body, synced=False)  # its sum tells a torn one

    def prune(self, most_bytes: float, spared: Collection[str] = ()) -> Kept:
        """Removes what was not used for longest until the rest takes at most so many bytes; returns what went.

        Windows of the `spared` items stay, whatever room they take.
        """
        stay = {_folder_of(item) for item in spared}
        found = sorted(_list_files(self._folder), key=lambda one: one.used)
        excess, removed = sum(one.bytes for one in found) - most_bytes, list[_File]()
        for one in found:
            if excess > 0 and one.path.parent.name not in stay:
                with suppress(OSError):
                    one.path.unlink()
                    removed.append(one)
                    excess -= one.bytes
        for folder in {one.path.parent for one in removed}:
            with suppress(OSError):
                folder.rmdir()
        return Kept(len(removed), sum(one.bytes for one in removed))

    def _path(self, item: str, key: str, grid: Grid) -> Path:
        name = hashlib.sha256(f"{key}\n{grid!r}".encode()).hexdigest()
        return self._folder / _folder_of(item) / f"{name}{_SUFFIX}"


def is_whole(content: bytes) -> bool:
    """Whether a file of the cache is one of this version, and what was written."""
    digest, body = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
    return content.startswith((_MAGIC, _OLDER)) and hashlib.sha256(body).digest() == digest


def _parse_told(rest: bytes) -> dict[str, Any]:
    """What stands behind the packed pixels, which older versions, too, pass over."""
    told = json.loads(rest) if rest else {}
    return {name: value for name, value in told.items() if name in Chip._fields}


class _File(NamedTuple):
    path: Path
    bytes: int
    used: float


def _folder_of(item: str) -> str:
    """A folder for each item: an item's name may hold what no folder's may."""
    return hashlib.sha256(item.encode()).hexdigest()[:16]


def _list_files(folder: Path) -> list[_File]:
    files = []
    for path in folder.glob(f"*/*{_SUFFIX}"):
        with suppress(OSError):
            told = path.stat()
            files.append(_File(path, told.st_size, told.st_mtime))
    return files
