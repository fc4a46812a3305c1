"""The zip of a pack: its bytes follow from the names and contents of its files alone; opened without trusting it."""

import hashlib
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imagery_watch.errors import PackDamaged, UsageError
from imagery_watch.model.filename import is_reserved

MANIFEST, STAMPS = "manifest.json", "timestamps/"
MOST_BYTES, MOST_FILES = 2**32 - 2**20, 60_000
"""Of a pack: more would be another kind of zip."""
MOST_FILE_BYTES = 512 * 2**20
MOST_INFLATION = 50
"""Times the file's own size that the contents of a pack, packed again by another program, may have."""
CHUNK = 2**20
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)
"""What `zipfile` raises over what is no zip, or damaged; NotImplementedError is its word for an unknown compression."""

_FIRST = "README.txt"
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}")
_LOCAL, _CENTRAL, _END = (struct.Struct(f"<4s{form}") for form in ("5H3I2H", "6H3I5H2I", "4H2IH"))
_NEEDED, _MADE_BY, _DAY = 20, 3 << 8 | 20, 1 << 5 | 1
"""Version of zip, made as on Unix; 1 January 1980, for the time of a file says nothing here."""
_MODE = 0o100644 << 16

Content = Callable[[], bytes]


def lay_out(files: dict[str, Content]) -> Iterator[bytes]:
    """The bytes of the zip of these files, stored as they are; the same for the same names and contents.

    Raises UsageError where they are too many, or too large, for one.
    """
    directory, offset = list[bytes](), 0
    for name in in_order(files):
        content, path = files[name](), name.encode("ascii")
        told = (0, 0, 0, _DAY, zlib.crc32(content), len(content), len(content), len(path))
        yield (head := _LOCAL.pack(b"PK\3\4", _NEEDED, *told, 0) + path)
        yield content
        directory.append(_CENTRAL.pack(b"PK\1\2", _MADE_BY, _NEEDED, *told, 0, 0, 0, 0, _MODE, offset) + path)
        offset += len(head) + len(content)
        if offset > MOST_BYTES or len(directory) > MOST_FILES:
            raise UsageError(f"the pack would have more than {MOST_BYTES >> 30} GB or {MOST_FILES} files: a shorter "
                             "--history of the run, or a smaller airfield, makes a smaller one")  # fmt: skip
    whole = b"".join(directory)
    yield whole + _END.pack(b"PK\5\6", 0, 0, len(directory), len(directory), len(whole), offset, 0)


def in_order(names: Iterable[str]) -> list[str]:
    """The order of files in a pack: what to read first, what was packed, what vouches for it, who vouches for that."""
    return sorted(names, key=lambda name: (name != _FIRST, name.startswith(STAMPS), name == MANIFEST, name))


def is_safe(name: str) -> bool:
    """Whether a name leads nowhere but below the folder that a pack is unpacked to, on every system."""
    return len(name) <= 400 and all(_PART.fullmatch(part) and not is_reserved(part) for part in name.split("/"))


@dataclass(frozen=True)
class Pack:
    """An opened pack: what may be read of it, and what is wrong with the zip itself."""

    path: Path
    archive: zipfile.ZipFile | None
    """None where it is no zip."""
    sizes: dict[str, int]
    """Bytes of each file that may be read, by name."""
    faults: tuple[tuple[str, str], ...]
    """Names of files, or of the zip, and what is wrong with each."""

    def read(self, name: str) -> bytes:
        """A file's content. Raises PackDamaged."""
        return b"".join(self.chunks(name))

    def digest(self, name: str) -> str:
        """SHA-256 of a file. Raises PackDamaged."""
        found = hashlib.sha256()
        for part in self.chunks(name):
            found.update(part)
        return found.hexdigest()

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file's content in parts. Raises PackDamaged where it cannot be read whole, or is none of the pack's."""
        if name not in self.sizes or self.archive is None:
            raise PackDamaged(f"{self.path}: there is no {name} in it")
        try:
            with self.archive.open(name) as file:
                while part := file.read(CHUNK):
                    yield part
        except UNREADABLE as error:
            raise PackDamaged(f"{self.path}: {name} cannot be read ({error})") from None

    def is_as_written(self) -> bool:
        """Whether the zip is, byte for byte, what `lay_out` makes of its files. Raises PackDamaged."""
        with self.path.open("rb") as file:
            expected = lay_out({name: partial(self.read, name) for name in self.sizes})
            return all(file.read(len(part)) == part for part in expected) and not file.read(1)


@contextmanager
def open_pack(path: Path) -> Iterator[Pack]:
    """The pack in a file; nothing of it is written anywhere. Raises UsageError where there is no such file."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}; expected a pack that `hits export --pack` wrote"
        ) from None
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except (*UNREADABLE, ValueError, struct.error) as error:
            yield Pack(path, None, {}, ((path.name, f"is no zip, or not all of one ({error})"),))
            return
        with archive:
            yield _look_into(path, archive)


def _look_into(path: Path, archive: zipfile.ZipFile) -> Pack:
    infos = archive.infolist()
    total, most = sum(info.file_size for info in infos), MOST_INFLATION * path.stat().st_size
    if len(infos) > MOST_FILES or total > min(MOST_BYTES, most):
        return Pack(path, None, {}, ((path.name, f"{len(infos)} files of {total} bytes are more than a pack has"),))
    faults = [(plain_name(info.filename), why) for info in infos if (why := _fault(info))]
    counted = Counter(info.filename.casefold() for info in infos)
    faults += [(plain_name(name), f"is in the zip {number} times") for name, number in counted.items() if number > 1]
    good = [info for info in infos if not _fault(info) and counted[info.filename.casefold()] == 1]
    return Pack(path, archive, {info.filename: info.file_size for info in good}, tuple(faults))


def _fault(info: zipfile.ZipInfo) -> str:
    """Why a file of a zip is not touched; empty where nothing speaks against it."""
    if not is_safe(info.filename):
        return "has a name that no file of a pack has"
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that no file of a pack is"
    return f"has {info.file_size} bytes, more than a file of a pack" if info.file_size > MOST_FILE_BYTES else ""


def plain_name(name: str) -> str:
    """A stranger's name of a file as it may be printed."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name)[:120]
