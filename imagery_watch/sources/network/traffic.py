"""How much was asked and answered over the network by this process, counted where the connections are.

And what needed not be asked, because it had been read before.
"""

import threading
from typing import NamedTuple


class Traffic(NamedTuple):
    """What went over the line."""

    requests: int
    bytes: int
    """Of answers, their headers too, as they came over the line."""

    kept: int = 0
    """Windows that came from the chip cache."""
    saved_s: float = 0.0
    """Seconds that these took when they were read, one after the other."""

    def since(self, earlier: "Traffic") -> "Traffic":
        """What was added to an earlier count."""
        requests, came, kept = (now - then for now, then in zip(self[:3], earlier[:3], strict=True))
        return Traffic(requests, came, kept, self.saved_s - earlier.saved_s)

    def tell(self, seconds: float, in_flight: int) -> str:
        """One line for a person; empty where nothing was asked, and nothing needed not be.

        `in_flight` windows are read at once, so that much less time is saved than they took one after the other.
        """
        asked = f"network: {self.requests} requests, {self.bytes / 1e6:.1f} MB, within {seconds:.0f} s"
        spared = f"{self.kept} windows were read before and came from the cache"
        saved = self.saved_s / in_flight
        spared += f" (some {saved:.0f} s saved)" if saved >= 1 else ""
        return "; ".join([asked] * bool(self.requests) + [spared] * bool(self.kept))


class _Meter:
    """Counts of all threads; each adds to its own, so that none waits for another."""

    def __init__(self) -> None:
        self._lock, self._counts, self._mine = threading.Lock(), list[list[float]](), threading.local()

    def _count(self) -> list[float]:
        """The thread's own numbers, as `Traffic` has them."""
        try:
            count: list[float] = self._mine.count
        except AttributeError:
            count = self._mine.count = [0, 0, 0, 0.0]
            with self._lock:
                self._counts.append(count)
        return count

    def add_request(self) -> None:
        """One more was sent."""
        self._count()[0] += 1

    def add_bytes(self, number: int) -> None:
        """So many more came."""
        self._count()[1] += number

    def add_kept(self, seconds: float) -> None:
        """One more window needed not be read, which took so long when it was."""
        self._count()[2] += 1
        self._count()[3] += seconds

    def read(self) -> Traffic:
        """All that was counted so far."""
        with self._lock:
            asked, came, kept, saved = (sum(one[n] for one in self._counts) for n in range(4))
        return Traffic(int(asked), int(came), int(kept), saved)


METER = _Meter()
"""That of this process."""
