"""Files that are replaced whole: whoever opens one sees the old content or the new, never half of it."""

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

from imagery_watch.errors import StoreError


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8; what Unicode forbids (lone surrogates) becomes `?`.

    Raises StoreError where it cannot be written; the old file is then still there, as it was.
    """
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file beside it, fsync, rename, fsync of the folder.

    The folder is made where it is missing. Raises StoreError, naming the path and the bytes free there, where
    it cannot be written; the old file is then still there, as it was, and the temporary one is gone.
    """
    temporary = path.parent / f".iw-{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_synced(temporary, data)
        os.replace(temporary, path)  # noqa: PTH105 - the name says what is promised
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(_complaint(path, error)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _write_synced(path: Path, data: bytes) -> None:
    # Not tempfile: its files can be read by their owner only, and so could the outputs be.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
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


def _complaint(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{path} could not be written: {reason} ({_free(path)}). Make room, or choose another folder."


def _free(path: Path) -> str:
    """Free space around `path`, in bytes, for an error message."""
    for folder in path.absolute().parents:
        with contextlib.suppress(OSError):
            return f"{shutil.disk_usage(folder).free} bytes free there"
    return "free space unknown"
