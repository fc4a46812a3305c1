"""The first bytes of remote files, remembered while the process lives: a second airfield on a scene asks once less."""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

MOST_HEADERS = 4096
"""Of 8 kB each: 32 MB, the files of 800 scenes."""


class Header(NamedTuple):
    """How a file begins, and which file it was."""

    data: bytes
    version: tuple[str | None, int]
    """What the store calls this content, and its bytes: another file under the same address has another."""
    modified: datetime | None
    etag: str


class Headers:
    """Headers by address, those that were used last; safe among threads."""

    def __init__(self, most: int = MOST_HEADERS) -> None:
        self._most, self._held, self._lock = most, OrderedDict[str, Header](), threading.Lock()

    def get(self, address: str) -> Header | None:
        """The header of a file; None where it is not known."""
        with self._lock:
            if address in self._held:
                self._held.move_to_end(address)
            return self._held.get(address)

    def put(self, address: str, header: Header) -> None:
        """Remembers a header; the one that was not used for longest goes where there are too many."""
        with self._lock:
            self._held[address] = header
            self._held.move_to_end(address)
            while len(self._held) > self._most:
                self._held.popitem(last=False)

    def forget(self, address: str | None = None) -> None:
        """Forgets a header, or all."""
        with self._lock:
            if address is None:
                self._held.clear()
            else:
                self._held.pop(address, None)


HEADERS = Headers()
"""Those of this process."""
