"""Paths as people and files of every system write them, told from addresses; and names that every system can keep."""

import re
from pathlib import PureWindowsPath
from urllib.parse import unquote

RESERVED = frozenset(
    ("CON", "PRN", "AUX", "NUL", *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"))
)
"""Windows keeps these for itself, whatever stands behind a dot, in upper or lower case."""
_FILE_URI = re.compile(r"file:(?P<slashes>[\\/]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:([\\/]|$)")


def is_reserved(name: str) -> bool:
    r"""Whether Windows cannot keep a file of that name: a device's, or one that ends with a dot or a space."""
    stem = name.partition(".")[0].rstrip(" ").upper()
    return stem in RESERVED or name != name.rstrip(". ") or any(letter in '<>:"/\\|?*' for letter in name)


def is_drive_path(text: str) -> bool:
    r"""Whether a text is a path on a Windows drive, such as `C:\data\x.tif` or `C:/data/x.tif`, and no `c:` address."""
    return bool(_DRIVE.match(text))


def find_share(text: str) -> str:
    r"""The share of another machine that a Windows path names, such as `\\server\share`; empty where there is none."""
    drive = PureWindowsPath(text).drive
    return drive.replace("/", "\\") if drive.startswith(("\\\\", "//")) and not text.startswith("//") else ""


def read_file_uri(text: str) -> tuple[str, str] | None:
    """Host and path of a `file:` address, the path as its system writes it; None where the text is none.

    Two slashes lead to a host, which is empty for `localhost`; a shell or a path library may have left one of three.
    """
    found = _FILE_URI.fullmatch(text)
    if found is None:
        return None
    rest, host = unquote(found["rest"]), ""
    if len(found["slashes"]) == 2 and not is_drive_path(rest):
        host, _, rest = rest.replace("\\", "/").partition("/")
    return ("" if host.lower() == "localhost" else host), rest if is_drive_path(rest) else f"/{rest}"


def find_path(text: str) -> str:
    """The path that a person names: out of a `file:` address of this machine, or as it is."""
    found = read_file_uri(text)
    return text if found is None or found[0] else found[1]
