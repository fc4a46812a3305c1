"""`manifest.json`: the size and SHA-256 of every file of a pack, one a line; the only thing that is stamped."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from imagery_watch.custody.container import MANIFEST, STAMPS, is_safe

VERSION = 1
"""Of the pack's layout; grows when a reader would have to change."""


class Entry(NamedTuple):
    """One file."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a pack holds, and who was to stamp it."""

    files: tuple[Entry, ...]
    """Sorted by path; all but the manifest itself and what is below `timestamps/`."""
    stamped_by: tuple[str, ...] = ()
    """Addresses of the authorities that were asked for a time stamp, without user and query."""

    def as_bytes(self) -> bytes:
        """The file: one entry a line, so that `sed` can make a list for `sha256sum` of it."""
        rows = ",\n".join(f"  {json.dumps(entry._asdict())}" for entry in self.files)
        names = json.dumps(list(self.stamped_by))
        return f'{{"version": {VERSION},\n"stamped_by": {names},\n"files": [\n{rows}\n]}}\n'.encode("ascii")


def list_folder(folder: Path) -> tuple[Entry, ...]:
    """An entry for each file below a folder, sorted by path."""
    return tuple(sorted(_describe(path, folder) for path in folder.rglob("*") if path.is_file()))


def _describe(path: Path, folder: Path) -> Entry:
    data = path.read_bytes()
    return Entry(path.relative_to(folder).as_posix(), len(data), hashlib.sha256(data).hexdigest())


def parse_manifest(data: bytes) -> Manifest:
    """The manifest of a file. Raises ValueError where it is not, byte for byte, as `Manifest.as_bytes` writes it."""
    told = json.loads(data)
    if not isinstance(told, dict) or not _is_list(told.get("files"), dict) or not _is_list(told.get("stamped_by"), str):
        raise ValueError("it is not laid out as a manifest")
    if told.get("version") != VERSION:
        raise ValueError(f"its version is {str(told.get('version'))[:20]!r}, which is not known here")
    found = Manifest(tuple(_entry(row) for row in told["files"]), tuple(told["stamped_by"]))
    if found.as_bytes() != data:
        raise ValueError("it is not written as this program writes it")
    return found


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)


def _entry(row: Mapping[str, Any]) -> Entry:
    path, size, digest = (row.get(name) for name in Entry._fields)
    if not (isinstance(path, str) and type(size) is int and isinstance(digest, str)):
        raise ValueError("an entry of it has no path, size and sha256")
    if not is_safe(path) or path == MANIFEST or path.startswith(STAMPS):
        raise ValueError(f"it names {path[:80]!r}, which is no name of a file of a pack")
    return Entry(path, size, digest)


def find_repeats(manifest: Manifest) -> Sequence[str]:
    """Paths that it names more than once."""
    counted = Counter(entry.path for entry in manifest.files)
    return sorted(name for name, number in counted.items() if number > 1)
