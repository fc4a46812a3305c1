"""The command line as `run.json` keeps it: what was asked for, without secrets and without this machine's paths."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath


def tell_command(arguments: Sequence[str]) -> str:
    """The command line of these arguments: addresses without user and query, absolute paths as their last part."""
    return shlex.join(["imagery-watch", *map(_tell, arguments)])


def _tell(argument: str) -> str:
    """One argument, `--option=value`, `-ovalue` or several values with commas between among them."""
    option, value = _split_option(argument)
    return option + ",".join(map(_redact, value.split(",")))


def _split_option(argument: str) -> tuple[str, str]:
    """An option with what stands between it and its value, and the value; one of one letter may have it attached."""
    if argument.startswith("--"):
        option, mark, value = argument.partition("=")
        return option + mark, value
    if not argument.startswith("-"):
        return "", argument
    end = 3 if argument[2:3] == "=" else 2
    return argument[:end], argument[end:]


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
