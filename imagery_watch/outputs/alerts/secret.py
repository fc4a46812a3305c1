"""Secrets of channels: read when they are needed, from where the configuration says, and shown to nobody."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr

from imagery_watch.errors import UsageError

LARGEST = 64 * 1024
"""Bytes of a secret's file that are read."""


def find_secret(table: BaseModel, name: str, environment: Mapping[str, str], home: Path) -> SecretStr | None:
    """The secret that a table names as `<name>_env` or `<name>_file`; None where it names neither.

    Raises UsageError for a variable that is not set, and for a file that is missing, empty, or open to others.
    """
    variable, file = getattr(table, f"{name}_env"), getattr(table, f"{name}_file")
    if variable is not None:
        value = environment.get(variable, "").strip()
        if not value:
            raise UsageError(f"{name}_env: the environment variable {variable} is not set; set it where this runs")
        return SecretStr(value)
    return None if file is None else SecretStr(_read(home / Path(file).expanduser(), name))


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise UsageError(f"{name}_file: {path} can be read by others (mode {mode:04o}): chmod 600 {path}")
            value = opened.read(LARGEST).decode("utf-8").strip()
    except OSError as error:
        raise UsageError(f"{name}_file: {path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}_file: {path} is not text in UTF-8") from None
    if not value:
        raise UsageError(f"{name}_file: {path} is empty; expected the secret, on one line")
    return value
