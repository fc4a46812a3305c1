"""The files of a run, replaced whole; a failure says where, how much room there is, and what to do."""

import contextlib
import shutil
from pathlib import Path

from imagery_watch.atomic import replace_whole
from imagery_watch.errors import StoreError


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8; what Unicode forbids (lone surrogates) becomes `?`.

    Raises StoreError where it cannot be written; the old file is then still there, as it was.
    """
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`; the folder is made where it is missing.

    Raises StoreError, naming the path and the bytes free there, where it cannot be written; the old file is then
    still there, as it was, and the temporary one is gone.
    """
    try:
        replace_whole(path, data)
    except OSError as error:
        raise StoreError(_complaint(path, error)) from error


def _complaint(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{path} could not be written: {reason} ({_free(path)}). Make room, or choose another folder."


def _free(path: Path) -> str:
    """Free space around `path`, in bytes, for an error message."""
    for folder in path.absolute().parents:
        with contextlib.suppress(OSError):
            return f"{shutil.disk_usage(folder).free} bytes free there"
    return "free space unknown"
