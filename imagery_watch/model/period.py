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


def parse_period(since: str | None, until: str | None, now: datetime) -> Period:
    """The span between two dates as typed: `2023-08-01`, or `30d` before `now`; the last day is included.

    Raises UsageError naming the option and the form that is expected.
    """
    start = _moment("--since", since, now)
    end = _moment("--until", until, now)
    if end is not None and until is not None and _DATE.fullmatch(until):
        end = datetime.max.replace(tzinfo=UTC) if end.year == MAXYEAR else end + timedelta(days=1)
    if start is not None and start >= (end if end is not None else now):
        raise UsageError(f"--since {since} is not before --until {until or 'today'}: nothing lies between")
    return Period(start, end)


def _moment(option: str, text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    if match := _DAYS_BACK.fullmatch(text):
        midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return midnight - timedelta(days=int(match.group(1)))
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise UsageError(
            f"{option} {text!r}: expected a UTC date such as 2023-08-01, or days back such as 30d"
        ) from None
