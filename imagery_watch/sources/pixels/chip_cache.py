"""Windows that were read once from afar, kept on disk with their checksum."""

import hashlib
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from imagery_watch.atomic import replace_whole
from imagery_watch.model import Grid, Pixels

_MAGIC = b"IWCHIP2\n"
_DTYPES = {"uint16": b"<u2", "float32": b"<f4"}
"""What a window may hold, and its mark in the file: three bytes before the packed pixels."""


class ChipCache:
    """A folder of checked windows; a damaged or foreign file counts as absent and is fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, grid: Grid) -> Pixels | None:
        """The window kept under the key, (y, x) in the dtype that was put, or None."""
        try:
            content = self._path(key, grid).read_bytes()
        except OSError:
            return None
        if not is_whole(content):
            return None
        body = content[len(_MAGIC) + 32 :]
        pixels = np.frombuffer(zlib.decompress(body[3:]), dtype=body[:3].decode())
        return pixels.reshape(grid.shape).astype(pixels.dtype.name) if pixels.size == grid.width * grid.height else None

    def put(self, key: str, grid: Grid, pixels: Pixels) -> None:
        """Keeps a window of counts or floats; a full or read-only disk costs only the speed of the next run."""
        mark = _DTYPES[pixels.dtype.name]
        body = mark + zlib.compress(pixels.astype(mark.decode()).tobytes(), 1)
        path = self._path(key, grid)
        with suppress(OSError):
            replace_whole(path, _MAGIC + hashlib.sha256(body).digest() + body)

    def _path(self, key: str, grid: Grid) -> Path:
        name = hashlib.sha256(f"{key}\n{grid!r}".encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.chip"


def is_whole(content: bytes) -> bool:
    """Whether a file of the cache is one of this version, and what was written."""
    digest, body = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
    return content.startswith(_MAGIC) and hashlib.sha256(body).digest() == digest
