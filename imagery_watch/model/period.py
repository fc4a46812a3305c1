"""From when to when: half-open UTC spans, as a person writes them."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta

from imagery_watch.errors import UsageError

_DAYS_BACK = re.compile(r"(\d{1,5})d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Period:
    """A half-open span of UTC time; None is open."""

    start: datetime | None
    end: datetime | None

    def __contains__(self, when: datetime) -> bool:
        return (self.start is None or when >= self.start) and (self.end is None or when < self.end)

    def with_history(self, days: int) -> "Period":
        """The same span with so many days before it: what a baseline is made from."""
        if self.start is None:
            return self
        earliest = datetime(1, 1, 2, tzinfo=UTC)
        room = (self.start - earliest).days
        return Period(self.start - timedelta(days=min(days, max(room, 0))), self.end)


Day = str | date | None
"""As typed, or as a program has it: a date, or a moment (`datetime`, pandas' `Timestamp`), which is aware or UTC."""


def parse_period(since: Day, until: Day, now: datetime) -> Period:
    """The span between two dates as typed: `2023-08-01`, or `30d` before `now`; the last day is included.

    A moment at midnight is its day, any other is itself. Raises UsageError naming the option and the form that is
    expected.
    """
    first, last = _plain(since), _plain(until)
    start = _moment("--since", first, now)
    end = _moment("--until", last, now)
    if end is not None and isinstance(last, str) and _DATE.fullmatch(last):
        end = datetime.max.replace(tzinfo=UTC) if end.year == MAXYEAR else end + timedelta(days=1)
    if start is not None and start >= (end if end is not None else now):
        raise UsageError(f"--since {since} is not before --until {until or 'today'}: nothing lies between")
    return Period(start, end)


def _plain(value: object) -> object:
    """A day of whatever type as it would be typed; a moment within a day, and what is no day at all, as it is."""
    if isinstance(value, datetime):
        if value != value:  # pandas' NaT
            return value
        when = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return when.date().isoformat() if when.time() == time() else when
    if isinstance(value, date):
        return value.isoformat()
    if type(value).__module__ == "numpy" and type(value).__name__ == "datetime64":
        return str(value).removesuffix("T00:00:00.000000000")
    return value


def _moment(option: str, text: object, now: datetime) -> datetime | None:
    if text is None or (isinstance(text, datetime) and text == text):
        return text
    try:
        return _typed_moment(str(text) if isinstance(text, str) else "", now)
    except ValueError:
        raise UsageError(
            f"{option} {text!r}: expected a UTC date such as 2023-08-01, or days back such as 30d"
        ) from None


def _typed_moment(text: str, now: datetime) -> datetime:
    """The first moment of a day as typed. Raises ValueError."""
    if match := _DAYS_BACK.fullmatch(text):
        midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return midnight - timedelta(days=int(match.group(1)))
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.combine(date.fromisoformat(text), time(), UTC)
