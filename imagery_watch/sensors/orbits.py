"""When a satellite comes back: over the same ground track after each repeat cycle of its sensor."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from imagery_watch.model import NextPass, Pass

RECENT = timedelta(days=60)
"""A satellite that has not been seen for so long may be on another duty, or gone: nothing is expected of it."""
DAY = timedelta(days=1)

_GroundTrack = tuple[str, int | None, int]


def next_passes(passes: Iterable[Pass], now: datetime, repeat_cycle: timedelta) -> list[NextPass]:
    """The next pass after `now` for each satellite and relative orbit seen in the last 60 days, the earliest first.

    Each comes back a whole number of cycles after it was last seen. Where an orbit is not known, passes of one
    satellite count as of one orbit if they lie whole cycles apart. Empty where nothing was seen recently.
    """
    last: dict[_GroundTrack, Pass] = {}
    for one in sorted(passes, key=lambda one: (one.datetime, one.id)):
        if now - RECENT <= one.datetime <= now and one.platform:
            last[_ground_track(one, repeat_cycle)] = one
    due = [
        NextPass(one.platform, one.relative_orbit, one.datetime, _after(one.datetime, now, repeat_cycle))
        for one in last.values()
    ]
    return sorted(due, key=lambda one: (one.due, one.platform))


def _ground_track(one: Pass, repeat_cycle: timedelta) -> _GroundTrack:
    days = round(one.datetime.timestamp() / DAY.total_seconds())
    phase = days % repeat_cycle.days if one.relative_orbit is None else -1
    return one.platform, one.relative_orbit, phase


def _after(seen: datetime, now: datetime, repeat_cycle: timedelta) -> datetime:
    cycles = (now - seen) // repeat_cycle + 1
    return seen + cycles * repeat_cycle
