"""When a pass was, by all that its item says of it: one moment, or a reason why there is none."""

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pystac import Item

LONGEST_PASS = timedelta(hours=1)
"""A datatake takes 40 minutes at the most; what covers more is made of several passes."""
SLACK = timedelta(minutes=1)
"""By which a moment may lie outside its own range: rounding."""
ZONES = timedelta(hours=14)
"""By which a day that an id names may be off: it may be a day of the place, not of UTC."""


def sensing_time(item: "Item") -> datetime:
    """Aware UTC time of an item: its `datetime`, or its start where the two contradict one another and it is a pass.

    Raises ValueError where nothing tells, or where it covers more than one pass.
    """
    moment, (start, end) = _utc(item.datetime), _range(item)
    if start is None or end is None:
        return _checked_moment(moment, start if end is None else end)
    if end < start:
        raise ValueError(f"it ends ({end:%Y-%m-%d %H:%M}) before it starts ({start:%Y-%m-%d %H:%M})")
    if end - start > LONGEST_PASS:
        raise ValueError(f"it covers {_span_text(end - start)}: a composite, not one pass")
    return start if moment is None or not start - SLACK <= moment <= _last(start, end) + SLACK else moment


def _last(start: datetime, end: datetime) -> datetime:
    """The end of a range, that of its day where it is a day without its time."""
    return end + timedelta(days=1) if start == end and is_midnight(end) else end


def is_doubted(item: "Item") -> bool:
    """Whether the item's `datetime` lies so far outside its own start and end that it tells of something else."""
    moment, (start, end) = _utc(item.datetime), _range(item)
    if moment is None or start is None or end is None:
        return False
    return not start - LONGEST_PASS <= moment <= _last(start, end) + LONGEST_PASS


def reconcile_time(when: datetime, named: str | None) -> datetime:
    """The time of an item whose names tell one, too; raises ValueError where they tell another.

    Midnight sharp is a day without its time, which the names may know.
    """
    if named is None:
        return when
    if "T" not in named:
        day = datetime.strptime(named, "%Y%m%d").replace(tzinfo=UTC)
        if not day - ZONES <= when <= day + timedelta(days=1) + ZONES:
            raise ValueError("its id names another day than its datetime")
        return when
    start = datetime.strptime(named, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    if is_midnight(when) and when.date() == start.date():
        return start
    if abs(when - start) > LONGEST_PASS:
        raise ValueError("its product's name tells another time than its datetime")
    return when


def is_midnight(when: datetime) -> bool:
    """Whether the time is that of a day without its time."""
    return when.astimezone(UTC).time() == time()


def _range(item: "Item") -> tuple[datetime | None, datetime | None]:
    return _utc(item.common_metadata.start_datetime), _utc(item.common_metadata.end_datetime)


def _utc(when: datetime | None) -> datetime | None:
    if when is None:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _checked_moment(moment: datetime | None, other: datetime | None) -> datetime:
    """The moment of an item that has no range, or half of one."""
    if moment is None:
        raise ValueError("no datetime" if other is None else "it has half a range of times, and no datetime")
    if other is not None and abs(moment - other) > LONGEST_PASS:
        raise ValueError("its datetime is not the one end of its range that it states")
    return moment


def _span_text(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 47 else f"{hours / 24:.0f} days"
