"""The station's rhythm: at once, never two at a time, one sweep for all that were missed, and what ends it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import (
    AoiError,
    CatalogError,
    CatalogUnavailable,
    ClusterUnavailable,
    ExitCode,
    ImageryWatchError,
    LockedError,
    StopAsked,
    StoreError,
    UsageError,
)
from imagery_watch.monitor.station import NAP_S, count_seconds, find_next, keep_watch, parse_every

HOUR = 3600.0


class Day:
    """A clock that goes on while somebody sleeps, or works."""

    def __init__(self, *works: float | ImageryWatchError) -> None:
        self.now, self.began, self.told, self.works = 100.0, list[float](), list[str](), list(works)

    def sweep(self) -> None:
        self.began.append(self.now - 100.0)
        if not self.works:
            raise StopAsked(ExitCode.TERMINATED)
        work = self.works.pop(0)
        if isinstance(work, ImageryWatchError):
            raise work
        self.now += work

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= NAP_S
        self.now += seconds

    def keep(self, every: timedelta = timedelta(hours=1)) -> list[float]:
        """When each sweep began, until the work is at its end."""
        with pytest.raises(StopAsked):
            keep_watch(self.sweep, every, complain=lambda error: self.told.append(str(error)),
                       on_wait=lambda _: None, clock=lambda: self.now, nap=self.sleep)  # fmt: skip
        return self.began


@pytest.mark.parametrize(
    ("works", "began"),
    [
        ((60.0, 60.0), [0, HOUR, 2 * HOUR]),
        ((1.5 * HOUR, 60.0), [0, 1.5 * HOUR, 2 * HOUR]),
        ((4.5 * HOUR, 60.0), [0, 4.5 * HOUR, 5 * HOUR]),
        ((HOUR, HOUR), [0, HOUR, 2 * HOUR]),
    ],
    ids=["in time", "one was missed", "many were missed", "just as long"],
)
def test_it_sweeps_at_once_and_then_in_time(works: tuple[float, ...], began: list[float]) -> None:
    assert Day(*works).keep() == began


@pytest.mark.parametrize(
    "error",
    [StoreError("full"), CatalogUnavailable("silent"), ClusterUnavailable("away")],
    ids=lambda error: str(error),
)
@pytest.mark.parametrize("at", [0, 1])
def test_what_may_pass_is_said_and_tried_again(error: ImageryWatchError, at: int) -> None:
    works: list[float | ImageryWatchError] = [60.0, 60.0]
    works.insert(at, error)
    day = Day(*works)
    assert day.keep() == [0, HOUR, 2 * HOUR, 3 * HOUR]
    assert day.told == [str(error)]


def test_a_locked_record_is_tried_again_soon_and_the_rhythm_stays() -> None:
    day = Day(60.0, LockedError("busy"), LockedError("busy"), 60.0)
    assert day.keep() == [0, HOUR, HOUR + 300, HOUR + 600, 2 * HOUR]
    assert day.told == ["busy", "busy"]


def test_a_record_that_is_locked_for_hours_is_asked_for_every_five_minutes() -> None:
    day = Day(60.0, *[LockedError("busy")] * 30, 60.0)
    began = day.keep(timedelta(minutes=30))
    assert {later - earlier for earlier, later in pairwise(began[1:31])} == {300.0}
    assert began[32] == 12600.0, "in its rhythm again"


@pytest.mark.parametrize("error", [UsageError("bad"), AoiError("unknown"), CatalogError("none")], ids=str)
def test_what_is_wrong_from_the_start_ends_it_and_later_it_does_not(error: ImageryWatchError) -> None:
    with pytest.raises(type(error)):
        Day(error).keep()
    day = Day(60.0, error, 60.0)
    assert (len(day.keep()), day.told) == (4, [str(error)])


@given(last=st.floats(0, 1e6), every=st.floats(300, 1e6), late=st.floats(0, 1e7))
def test_the_next_is_the_newest_missed_or_the_one_ahead(last: float, every: float, late: float) -> None:
    """Never one of before, and never more than one for what was missed: behind it lies less than a whole wait."""
    now = last + late
    due = find_next(last, every, now)
    assert due >= last + every
    assert due <= max(now, last + every) and due > now - every - 1e-3


@pytest.mark.parametrize(("text", "every"), [("5m", timedelta(minutes=5)), ("6h", timedelta(hours=6)),
                                             ("1d", timedelta(days=1)), ("90m", timedelta(minutes=90))])  # fmt: skip
def test_a_time_is_read(text: str, every: timedelta) -> None:
    assert parse_every(text) == every


@pytest.mark.parametrize(
    "text", ["", "6", "h", "4m", "0h", "-6h", "6 h", "6H", "1.5h", "6h30m", "٦h", "100000m", "6h\n"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="30m, 6h or 1d"):
        parse_every(text)


def test_its_clock_goes_forward() -> None:
    read: Callable[[], float] = count_seconds
    assert read() <= read()
