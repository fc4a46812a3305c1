"""When the next pass is due: whole cycles after the last one, of what flew lately."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Pass
from imagery_watch.sensors.orbits import RECENT, next_passes
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2

REPEAT_CYCLE = SENTINEL_2.repeat_cycle
NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def seen(days_ago: float, platform: str = "sentinel-2a", orbit: int | None = 65) -> Pass:
    when = NOW - days_ago * DAY
    return Pass(f"{platform}_{when:%Y%m%dT%H%M%S}", when, orbit, "scored")


def due(*passes: Pass) -> list[tuple[str, int | None, float]]:
    """Satellite, orbit, and days from now."""
    return [(one.platform, one.relative_orbit, (one.due - NOW) / DAY) for one in next_passes(passes, NOW, REPEAT_CYCLE)]


CASES = [
    ([], []),
    ([seen(3)], [("sentinel-2a", 65, 7)]),
    ([seen(13)], [("sentinel-2a", 65, 7)]),
    ([seen(10)], [("sentinel-2a", 65, 10)]),
    ([seen(0)], [("sentinel-2a", 65, 10)]),
    ([seen(13), seen(3.01)], [("sentinel-2a", 65, 6.99)]),
    ([seen(60)], [("sentinel-2a", 65, 10)]),
    ([seen(61)], []),
    ([seen(-1)], []),
    ([seen(3), seen(2, orbit=22)], [("sentinel-2a", 65, 7), ("sentinel-2a", 22, 8)]),
    ([seen(3), seen(8, "sentinel-2b")], [("sentinel-2b", 65, 2), ("sentinel-2a", 65, 7)]),
    (
        [seen(3, orbit=None), seen(13, orbit=None), seen(6, orbit=None)],
        [("sentinel-2a", None, 4), ("sentinel-2a", None, 7)],
    ),
    ([Pass("", NOW - DAY, 65, "scored")], []),
]  # fmt: skip


@pytest.mark.parametrize(("passes", "expected"), CASES)
def test_what_is_due(passes: list[Pass], expected: list[tuple[str, int | None, float]]) -> None:
    assert due(*passes) == [(name, orbit, pytest.approx(days)) for name, orbit, days in expected]


@given(st.lists(st.tuples(st.floats(-5, 90), st.sampled_from([22, 65, None]))))
def test_all_of_it_lies_ahead_within_a_cycle_whole_cycles_after_a_pass(plan: list[tuple[float, int | None]]) -> None:
    found = next_passes([seen(days, orbit=orbit) for days, orbit in plan], NOW, REPEAT_CYCLE)
    assert found == sorted(found, key=lambda one: one.due)
    for one in found:
        assert NOW < one.due <= NOW + REPEAT_CYCLE
        assert (one.due - one.last_seen) % REPEAT_CYCLE == timedelta(0)
        assert NOW - one.last_seen <= RECENT
