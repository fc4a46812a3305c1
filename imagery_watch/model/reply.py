"""What came of one request to an address of the user's own."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Reply(NamedTuple):
    """The answer, or why there is none."""

    status: int | None
    """The status of HTTP; None where no answer came."""
    retry_after_s: float | None = None
    """Seconds for which the server wants to be left alone, where it says so."""
    trouble: str = ""
    """What keeps us from the host, and what to try; it names the host and nothing else of the address."""
    body: bytes = b""
    """The beginning of what was answered: all of it where that is short."""


class Exchange(Protocol):
    """Sends one request, once."""

    def __call__(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """The reply; nothing is raised, logged or followed."""
        ...
