"""Hosts that have been silent for long are left alone for a while: each question would wait for them in vain."""

import threading
import time
from dataclasses import dataclass, field

from imagery_watch.sources.network.hosts import HostRefused

FAILURES_IN_A_ROW = 8
"""Fewer may be bad luck."""
SILENT_S = 30.0
"""Shorter breaks of a network end by themselves, and the patience of each question outlasts most of them."""
REST_S = 60.0
"""As long as the longest pause that a server may ask for."""


class HostResting(HostRefused):
    """A host that did not answer for long, and is not asked for now."""


@dataclass
class _State:
    """What became of the last questions to one host."""

    failures: int = 0
    since: float = 0.0
    """When the first of those that failed in a row had failed: many that fail at once are one silence."""
    rests_until: float = 0.0


@dataclass
class Breakers:
    """One for each host and port; safe among threads. Times are of the monotonic clock, in seconds."""

    _states: dict[str, _State] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, place: str) -> None:
        """Raises HostResting while a host is left alone."""
        with self._lock:
            state = self._states.get(place)
            left = 0.0 if state is None else state.rests_until - time.monotonic()
        if left > 0:
            raise HostResting(
                f"it did not answer {FAILURES_IN_A_ROW} times in a row, and is asked again in {left:.0f} s"
            )

    def note_failure(self, place: str) -> None:
        """A question failed, with all of its retries."""
        with self._lock:
            state = self._states.setdefault(place, _State())
            state.since = state.since if state.failures else time.monotonic()
            state.failures += 1
            if state.failures >= FAILURES_IN_A_ROW and time.monotonic() - state.since >= SILENT_S:
                state.rests_until = time.monotonic() + REST_S
                state.failures, state.since = FAILURES_IN_A_ROW - 1, time.monotonic() - SILENT_S  # one more is enough

    def note_answer(self, place: str) -> None:
        """The host answered."""
        state = self._states.get(place)
        if state is not None and state.failures:
            with self._lock:
                self._states.pop(place, None)

    def forget(self) -> None:
        """Every host may be asked."""
        with self._lock:
            self._states.clear()


BREAKERS = Breakers()
"""Those of this process."""
