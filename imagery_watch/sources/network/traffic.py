"""How much was asked and answered over the network by this process, counted where the connections are."""

import threading
from typing import NamedTuple


class Traffic(NamedTuple):
    """What went over the line."""

    requests: int
    bytes: int
    """Of answers, their headers too, as they came over the line."""

    def since(self, earlier: "Traffic") -> "Traffic":
        """What was added to an earlier count."""
        return Traffic(self.requests - earlier.requests, self.bytes - earlier.bytes)


class _Meter:
    """Counts of all threads; each adds to its own, so that none waits for another."""

    def __init__(self) -> None:
        self._lock, self._counts, self._mine = threading.Lock(), list[list[int]](), threading.local()

    def _count(self) -> list[int]:
        """The thread's own requests and bytes."""
        try:
            count: list[int] = self._mine.count
        except AttributeError:
            count = self._mine.count = [0, 0]
            with self._lock:
                self._counts.append(count)
        return count

    def add_request(self) -> None:
        """One more was sent."""
        self._count()[0] += 1

    def add_bytes(self, number: int) -> None:
        """So many more came."""
        self._count()[1] += number

    def read(self) -> Traffic:
        """All that was counted so far."""
        with self._lock:
            return Traffic(sum(one[0] for one in self._counts), sum(one[1] for one in self._counts))


METER = _Meter()
"""That of this process."""
