"""The command line as `run.json` keeps it: what was asked for, without secrets and without this machine's paths."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath


def tell_command(arguments: Sequence[str]) -> str:
    """The command line of these arguments: addresses without user and query, absolute paths as their last part."""
    return shlex.join(["imagery-watch", *map(_tell, arguments)])


def _tell(argument: str) -> str:
    """One argument, `--option=value` or several values with commas between among them."""
    option, mark, value = argument.partition("=") if argument.startswith("-") else ("", "", argument)
    return option + mark + ",".join(map(_redact, value.split(",")))


def _redact(value: str) -> str:
    from imagery_watch.model.filename import is_drive_path, read_file_uri
    from imagery_watch.model.href import strip_secrets

    if (uri := read_file_uri(value)) is not None:
        return PurePosixPath(uri[1].replace("\\", "/")).name
    if "://" in value:
        return strip_secrets(value)
    if is_drive_path(value) or value.startswith("\\\\"):
        return PureWindowsPath(value).name
    return PurePosixPath(value).name if value.startswith(("/", "~")) else value
