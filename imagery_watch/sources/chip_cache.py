"""Windows that were read once from afar, kept on disk with their checksum."""

import hashlib
import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Grid

_MAGIC = b"IWCHIP1\n"


class ChipCache:
    """A folder of checked windows; a damaged or foreign file counts as absent and is fetched again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, grid: Grid) -> NDArray[np.uint16] | None:
        """The window kept under the key, (y, x), or None."""
        try:
            content = self._path(key, grid).read_bytes()
        except OSError:
            return None
        digest, packed = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
        if not content.startswith(_MAGIC) or hashlib.sha256(packed).digest() != digest:
            return None
        counts = np.frombuffer(zlib.decompress(packed), dtype="<u2")
        return counts.reshape(grid.shape).astype(np.uint16) if counts.size == grid.width * grid.height else None

    def put(self, key: str, grid: Grid, counts: NDArray[np.uint16]) -> None:
        """Keeps a window; a full or read-only disk costs only the speed of the next run."""
        packed = zlib.compress(counts.astype("<u2").tobytes(), 1)
        path = self._path(key, grid)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                temporary = Path(file.name)
                try:
                    file.write(_MAGIC + hashlib.sha256(packed).digest() + packed)
                    file.flush()
                    os.fsync(file.fileno())
                    temporary.replace(path)
                finally:
                    temporary.unlink(missing_ok=True)
        except OSError:
            return

    def _path(self, key: str, grid: Grid) -> Path:
        name = hashlib.sha256(f"{key}\n{grid!r}".encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.chip"
