"""When a satellite comes back: Sentinel-2 flies over the same ground track again after ten days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from imagery_watch.model import NextPass, Pass

REPEAT_CYCLE = timedelta(days=10)
"""143 orbits; the same for each of the satellites (ESA, Sentinel-2 User Handbook, 2015, section 1.4)."""
RECENT = timedelta(days=60)
"""A satellite that has not been seen for so long may be on another duty, or gone: nothing is expected of it."""
DAY = timedelta(days=1)

_Track = tuple[str, int | None, int]


def next_passes(passes: Iterable[Pass], now: datetime) -> list[NextPass]:
    """The next pass after `now` for each satellite and relative orbit seen in the last 60 days, the earliest first.

    Each comes back a whole number of cycles after it was last seen. Where an orbit is not known, passes of one
    satellite count as of one orbit if they lie whole cycles apart. Empty where nothing was seen recently.
    """
    last: dict[_Track, Pass] = {}
    for one in sorted(passes, key=lambda one: (one.datetime, one.id)):
        if now - RECENT <= one.datetime <= now and one.platform:
            last[_track(one)] = one
    due = [NextPass(one.platform, one.relative_orbit, one.datetime, _after(one.datetime, now)) for one in last.values()]
    return sorted(due, key=lambda one: (one.due, one.platform))


def _track(one: Pass) -> _Track:
    days = round(one.datetime.timestamp() / DAY.total_seconds())
    phase = days % REPEAT_CYCLE.days if one.relative_orbit is None else -1
    return one.platform, one.relative_orbit, phase


def _after(seen: datetime, now: datetime) -> datetime:
    cycles = (now - seen) // REPEAT_CYCLE + 1
    return seen + cycles * REPEAT_CYCLE
