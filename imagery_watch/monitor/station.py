"""The station: one sweep after another in one process, until a signal ends it. No scheduler: one thread, one job.

Time is counted since the machine was started, its sleep included where the system can tell: a clock that is set does
not matter, and what was slept through is made up for by one sweep.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from math import floor
from typing import NoReturn

from imagery_watch.errors import (
    CatalogUnavailable,
    ClusterUnavailable,
    ImageryWatchError,
    LockedError,
    StopAsked,
    StoreError,
    UsageError,
)
from imagery_watch.monitor.alerting.desk import find_heartbeat
from imagery_watch.monitor.alerting.heart import mark_stopped
from imagery_watch.outputs.alerts.config import read_config
from imagery_watch.settings import Settings

LEAST = timedelta(minutes=5)
"""The shortest time between two sweeps, and how soon one that found the record locked is tried again."""
NAP_S = 30.0
"""How long the station sleeps at a time; a machine that wakes up is noticed as late as that."""
PASSING = (CatalogUnavailable, ClusterUnavailable, LockedError, StoreError)
"""What may be over the next time, from the first sweep on."""
_EVERY = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def parse_every(text: str) -> timedelta:
    """The time between two sweeps as typed: `30m`, `6h`, `1d`. Raises UsageError."""
    match = _EVERY.fullmatch(text)
    every = timedelta() if match is None else int(match[1]) * _UNITS[match[2]]
    if every < LEAST:
        raise UsageError(
            f"--every {text!r}: expected minutes, hours or days such as 30m, 6h or 1d, and no less than 5m"
        )
    return every


def count_seconds() -> float:
    """Seconds since the machine was started; those in which it slept are counted where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def find_next(last: float, every: float, now: float) -> float:
    """When the next sweep is due after that of `last`; where several were missed by `now`, the newest of them alone."""
    return last + every * max(1, floor((now - last) / every))


def keep_watch(
    sweep_once: Callable[[], None],
    every: timedelta,
    *,
    complain: Callable[[ImageryWatchError], None],
    on_wait: Callable[[float], None],
    clock: Callable[[], float] = count_seconds,
    nap: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Sweeps at once and then every so often, one at a time; what fails is given to `complain`, and tried again.

    A sweep that finds the record locked is tried again after five minutes. `on_wait` is told how many seconds are
    waited. Raises what the first sweep raises, unless that may pass by itself, and what a signal raises.
    """
    due, first = clock(), True
    while True:
        busy, due = False, due + every.total_seconds() * max(0, floor((clock() - due) / every.total_seconds()))
        try:
            sweep_once()
        except ImageryWatchError as error:
            if first and not isinstance(error, PASSING):
                raise
            complain(error)
            busy = isinstance(error, LockedError)
        first, now = False, clock()
        upcoming, soon = find_next(due, every.total_seconds(), now), now + LEAST.total_seconds()
        if busy:
            wake = soon if upcoming <= now else min(upcoming, soon)
        else:
            due = wake = upcoming
        on_wait(max(0.0, wake - now))
        while (left := wake - clock()) > 0:
            nap(min(left, NAP_S))


def note_stop(settings: Settings, stop: StopAsked, now: datetime) -> None:
    """Says in the heartbeat that the station is no more, where it ended between two sweeps."""
    with suppress(ImageryWatchError):
        mark_stopped(find_heartbeat(read_config(settings.home), settings.home), now, int(stop.exit_code))
