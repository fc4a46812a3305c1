"""Who lists an item, and what it takes to read the files that it names."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from imagery_watch.model.href import find_file_path

JPEG2000_SUFFIXES = (".jp2", ".j2k")
JPEG2000_TYPES = ("jp2", "jpx", "jpeg2000", "x-jp2")
"""Media types of JPEG 2000, without `image/`."""


@dataclass(frozen=True)
class Keys:
    """The two halves of a key to a store; in no message, and written nowhere."""

    name: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Access:
    """How the files that a catalogue names are asked for; by default as they are named."""

    token_service: str = ""
    """Address that gives tokens for the files' store; empty: none is needed."""
    s3_service: str = ""
    """Address of the store behind `s3://` addresses; empty: those are not open."""
    keys: Keys | None = None
    """The user's own, to that store."""
    key_variables: tuple[str, str] = ("", "")
    """The environment variables that hold them."""
    key_source: str = ""
    """Where a user gets them."""
    jpeg2000: bool = False
    """Whether bands may be JPEG 2000."""
    hosts: tuple[str, ...] | None = None
    """Hosts of the files, beside those of this machine's network where the catalogue is there; None: whoever is named.

    One that begins with a dot stands for all that end so.
    """
    at_once: int = 0
    """Requests that the store answers at once; 0: as many as the settings ask for."""

    def opens(self, href: str, media_type: object = None) -> bool:
        """Whether a file is of a kind that can be read from here; nothing is asked of it yet.

        A media type is what the catalogue says, which may be no text.
        """
        kind = str(media_type or "").partition(";")[0].strip().lower().partition("/")[2]
        if kind in JPEG2000_TYPES or find_file_path(href).lower().endswith(JPEG2000_SUFFIXES):
            return self.jpeg2000 and self._reaches(href)
        return self._reaches(href)

    def _reaches(self, href: str) -> bool:
        try:
            scheme = urlsplit(href).scheme
        except ValueError:
            return False
        if scheme == "s3":
            return bool(self.s3_service) and self.keys is not None
        return scheme in ("http", "https", "file") or len(scheme) <= 1


OPEN = Access()
"""Files that anybody may read as they are named."""


@dataclass(frozen=True)
class Origin:
    """The catalogue that lists an item, and what that allows of the item's files."""

    catalog: str
    """Its name or URL: plain http is allowed to its own host only."""
    local_root: Path | None
    """The only folder whose files may be read; None where the catalogue is remote."""
    access: Access = OPEN
    order: int = 0
    """Of two that list the same product, the lower one is read."""
