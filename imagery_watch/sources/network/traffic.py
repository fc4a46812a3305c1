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
    """Counts of all threads."""

    def __init__(self) -> None:
        self._lock, self._traffic = threading.Lock(), Traffic(0, 0)

    def _add(self, requests: int = 0, came: int = 0, kept: int = 0, saved_s: float = 0.0) -> None:
        with self._lock:
            now = self._traffic
            self._traffic = Traffic(now.requests + requests, now.bytes + came, now.kept + kept, now.saved_s + saved_s)

    def add_request(self) -> None:
        """One more was sent."""
        self._add(requests=1)

    def add_bytes(self, number: int) -> None:
        """So many more came."""
        self._add(came=number)

    def add_kept(self, seconds: float) -> None:
        """One more window needed not be read, which took so long when it was."""
        self._add(kept=1, saved_s=seconds)

    def read(self) -> Traffic:
        """All that was counted so far."""
        return self._traffic


METER = _Meter()
"""That of this process."""
