"""Spans of time as a person writes them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imagery_watch.errors import UsageError
from imagery_watch.model import Period, parse_period

NOW = datetime(2023, 8, 20, 15, 30, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SPANS = [
    (None, None, None, None),
    ("2023-08-01", None, "2023-08-01", None),
    (None, "2023-08-10", None, "2023-08-11"),
    ("2023-08-01", "2023-08-01", "2023-08-01", "2023-08-02"),
    ("2024-02-28", "2024-02-29", "2024-02-28", "2024-03-01"),
    ("30d", None, "2023-07-21", None),
    ("30d", "10d", "2023-07-21", "2023-08-10"),
    ("0d", None, "2023-08-20", None),
]


@pytest.mark.parametrize(("since", "until", "start", "end"), SPANS)
def test_spans(since: str | None, until: str | None, start: str | None, end: str | None) -> None:
    period = parse_period(since, until, NOW)
    assert period == Period(day(start) if start else None, day(end) if end else None)


PROGRAMS = [
    (date(2023, 8, 1), "2023-08-01"),
    (datetime(2023, 8, 1, tzinfo=UTC), "2023-08-01"),
    (datetime(2023, 8, 1), "2023-08-01"),  # noqa: DTZ001
    (datetime(2023, 8, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2023-08-01"),
    (datetime(2023, 8, 1, 10, 30, tzinfo=UTC), "2023-08-01T10:30"),
    (pd.Timestamp("2023-08-01"), "2023-08-01"),
    (pd.Timestamp("2023-08-01T10:30Z"), "2023-08-01T10:30"),
    (np.datetime64("2023-08-01"), "2023-08-01"),
    (np.datetime64("2023-08-01", "ns"), "2023-08-01"),
    (np.str_("2023-08-01"), "2023-08-01"),
]


@pytest.mark.parametrize(("since", "start"), PROGRAMS)
def test_days_as_programs_have_them(since: Any, start: str) -> None:
    assert parse_period(since, None, NOW) == Period(day(start), None)


def test_a_date_is_included_as_the_last_day_and_a_moment_is_not() -> None:
    assert parse_period(None, date(2023, 8, 10), NOW).end == day("2023-08-11")
    assert parse_period(None, datetime(2023, 8, 10, 12, tzinfo=UTC), NOW).end == day("2023-08-10T12:00")


@pytest.mark.parametrize(
    "value", [30, 30.0, True, timedelta(days=30), b"2023-08-01", [], pd.NaT, np.datetime64("NaT", "ns")]
)
@pytest.mark.parametrize("option", ["since", "until"])
def test_what_is_no_day_names_its_option(value: Any, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option}.*expected a UTC date such as 2023-08-01"):
        parse_period(now=NOW, **{"since": None, "until": None, option: value})


@pytest.mark.parametrize("text", ["yesterday", "2023-13-01", "2023-02-30", "", "01.08.2023", "30 d", "-5d", "d"])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_cannot_be_read_names_its_option(text: str, option: str) -> None:
    given = {"since": None, "until": None, option.removeprefix("--"): text}
    with pytest.raises(UsageError, match=f"{option} '{text}'"):
        parse_period(now=NOW, **given)


@pytest.mark.parametrize(("since", "until"), [("2023-08-10", "2023-08-09"), ("2023-08-21", None), ("5d", "10d")])
def test_nothing_between(since: str, until: str | None) -> None:
    with pytest.raises(UsageError, match="nothing lies between"):
        parse_period(since, until, NOW)


INSIDE = [
    ("2023-08-01T00:00:00", True),
    ("2023-08-10T23:59:59", True),
    ("2023-08-11T00:00:00", False),
    ("2023-07-31T23:59:59", False),
]


@pytest.mark.parametrize(("moment", "inside"), INSIDE)
def test_the_last_day_is_included(moment: str, inside: bool) -> None:
    assert (day(moment) in parse_period("2023-08-01", "2023-08-10", NOW)) == inside


def test_open_ends_hold_everything() -> None:
    assert day("1990-01-01") in Period(None, None) and day("2090-01-01") in Period(None, None)


def test_history_reaches_back_from_the_start_only() -> None:
    period = parse_period("2023-08-01", "2023-08-10", NOW)
    longer = period.with_history(365)
    assert longer.start == day("2023-08-01") - timedelta(days=365) and longer.end == period.end
    assert Period(None, None).with_history(365) == Period(None, None)
