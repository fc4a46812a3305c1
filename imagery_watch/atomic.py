"""Files that are replaced whole: whoever opens one sees the old content or the new, never half of it."""

import contextlib
import errno
import os
import secrets
from pathlib import Path

UNFINISHED = ".iw-*.part"
"""What a killed process may leave beside a file that it was replacing."""


def replace_whole(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Replaces `path` by `data`: temporary file beside it, fsync, rename, fsync of the folder.

    Not `synced`, it may be torn or gone after a loss of power: for what is checked at use and can be had again.

    The folder is made where it is missing. Raises OSError; the old file is then still there, as it was, and the
    temporary one is gone.
    """
    temporary = path.parent / UNFINISHED.replace("*", secrets.token_hex(8))
    try:
        try:
            _write(temporary, data, synced=synced)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(temporary, data, synced=synced)
        if synced:
            put_in_place(temporary, path)
        else:
            os.replace(temporary, path)  # noqa: PTH105 - the name says what is promised
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def put_in_place(temporary: Path, path: Path) -> None:
    """Renames a complete, synced file into place, and syncs the folder. Raises OSError."""
    os.replace(temporary, path)  # noqa: PTH105 - the name says what is promised
    _sync_folder(path.parent)


def _write(path: Path, data: bytes, *, synced: bool) -> None:
    # Not tempfile: its files can be read by their owner only, and so could the outputs be.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if synced:
            file.flush()
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder, and does not need to
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that know no such thing
            raise
    finally:
        os.close(descriptor)
