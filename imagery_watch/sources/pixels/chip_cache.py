"""Windows that were read once from afar, kept on disk with their checksum; the oldest go where room is wanted."""

import hashlib
import os
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from imagery_watch.atomic import replace_whole
from imagery_watch.model import Grid, Pixels

_MAGIC = b"IWCHIP2\n"
_SUFFIX = ".chip"
_DTYPES = {"uint16": b"<u2", "float32": b"<f4"}
"""What a window may hold, and its mark in the file: three bytes before the packed pixels."""


class Kept(NamedTuple):
    """What a cache holds, or what was removed from it."""

    files: int
    bytes: int


class ChipCache:
    """A folder of checked windows; a damaged or foreign file counts as absent and is fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, item: str, key: str, grid: Grid) -> Pixels | None:
        """The window of a STAC item kept under the key, (y, x) in the dtype that was put, or None."""
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
        pixels = np.frombuffer(zlib.decompress(body[3:]), dtype=body[:3].decode())
        return pixels.reshape(grid.shape).astype(pixels.dtype.name) if pixels.size == grid.width * grid.height else None

    def put(self, item: str, key: str, grid: Grid, pixels: Pixels) -> None:
        """Keeps a window of counts or floats; a full or read-only disk costs only the speed of the next run."""
        mark = _DTYPES[pixels.dtype.name]
        body = mark + zlib.compress(pixels.astype(mark.decode()).tobytes(), 1)
        path = self._path(item, key, grid)
        with suppress(OSError):
            replace_whole(path, _MAGIC + hashlib.sha256(body).digest() + body)

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
    return content.startswith(_MAGIC) and hashlib.sha256(body).digest() == digest


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
