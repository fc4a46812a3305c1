"""The chance that a stay was seen: against a slow simulation, and what must hold for any looks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs.builders import make_look

from imagery_watch.change.coverage import STAY_HOURS, compute_chance_seen, compute_chances, compute_visibility
from imagery_watch.model import LookResult

START = datetime(2023, 8, 1, tzinfo=UTC)
DAYS = 30.0
END = START + timedelta(days=DAYS)

Looks = list[tuple[float, float]]
"""Days after the start, and visible fractions."""

some_looks = st.lists(st.tuples(st.floats(0, DAYS), st.floats(0, 1)), max_size=12)
some_days = st.floats(0, 2 * DAYS)


def chance(looks: Looks, days: float, detection: list[float] | None = None) -> float:
    times = [START + timedelta(days=day) for day, _ in looks]
    return compute_chance_seen(times, [seen for _, seen in looks], START, END, timedelta(days=days), detection)


EVERY_FIVE = [(2.5 + 5.0 * number, 1.0) for number in range(6)]
CASES = [
    ([], 5.0, 0.0),
    ([(15.0, 0.0)], 5.0, 0.0),
    ([(15.0, 1.0)], 0.0, 0.0),
    ([(15.0, 1.0)], 1.5, 1.5 / 28.5),
    ([(15.0, 0.4)], 1.5, 0.4 * 1.5 / 28.5),
    ([(15.0, 1.0)], 15.0, 1.0),
    ([(15.0, 0.5), (15.0, 0.5)], 20.0, 0.75),
    ([(0.0, 1.0)], 30.0, 1.0),
    ([(0.0, 1.0)], 60.0, 1.0),
    ([(30.0, 0.3)], 60.0, 0.3),
    ([(-1.0, 1.0), (31.0, 1.0)], 30.0, 0.0),
    (EVERY_FIVE, 1.5, 6 * 1.5 / 28.5),
    (EVERY_FIVE, 5.0, 1.0),
]


@pytest.mark.parametrize(("looks", "days", "expected"), CASES)
def test_cases_worked_out_by_hand(looks: Looks, days: float, expected: float) -> None:
    assert chance(looks, days) == pytest.approx(expected)


def slow(looks: Looks, days: float, rng: np.random.Generator, number: int = 40_000) -> float:
    """Stays drawn at random, and coins thrown for every look."""
    starts = rng.uniform(0.0, max(0.0, DAYS - days), number)
    found = np.zeros(number, bool)
    for day, seen in looks:
        found |= (starts <= day) & (day <= starts + days) & (rng.uniform(size=number) < seen)
    return float(found.mean())


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_throwing_coins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 14))
    looks = list(zip(rng.uniform(0, DAYS, count), rng.choice([0.0, 0.3, 0.7, 1.0], count), strict=True))
    days = float(rng.uniform(0.2, 20.0))
    assert chance(looks, days) == pytest.approx(slow(looks, days, rng), abs=0.012)


@given(some_looks, some_days)
def test_it_is_a_probability_and_blind_to_order(looks: Looks, days: float) -> None:
    assert 0.0 <= chance(looks, days) <= 1.0
    assert chance(looks[::-1], days) == pytest.approx(chance(looks, days), abs=1e-9)


@given(some_looks, some_days, st.floats(0, DAYS))
def test_longer_stays_are_not_less_likely_to_be_seen(looks: Looks, days: float, more: float) -> None:
    assert chance(looks, days + more) >= chance(looks, days) - 1e-9


@given(some_looks, some_days, st.data())
def test_seeing_more_never_lowers_it(looks: Looks, days: float, data: st.DataObject) -> None:
    clearer = [(day, data.draw(st.floats(seen, 1.0))) for day, seen in looks]
    assert chance(clearer, days) >= chance(looks, days) - 1e-9
    assert chance([*looks, (3.0, 1.0)], days) >= chance(looks, days) - 1e-9


@given(some_looks, some_days, st.floats(0, 1))
def test_detection_is_a_factor_on_what_is_visible(looks: Looks, days: float, share: float) -> None:
    dimmed = [(day, seen * share) for day, seen in looks]
    assert chance(looks, days, [share] * len(looks)) == pytest.approx(chance(dimmed, days), abs=1e-9)


@pytest.mark.parametrize(
    ("result", "visible", "expected"),
    [("change", 0.8, 0.8), ("no_change", 1.0, 1.0), ("not_observed", 0.4, 0.0), ("failed", None, 0.0)],
)
def test_only_looks_that_could_speak_see(result: LookResult, visible: float | None, expected: float) -> None:
    assert compute_visibility(make_look(0, result, visible_fraction=visible)) == expected


def test_every_apron_and_length_is_told() -> None:
    looks = [make_look(day, apron=apron) for day in (0, 5) for apron in ("West", "A")]
    told = compute_chances(looks, looks[0].datetime, looks[-1].datetime)
    assert [(one.apron, one.hours) for one in told] == [
        (apron, hours) for apron in ("West", "A") for hours in STAY_HOURS
    ]
    assert {(one.since, one.until) for one in told} == {(looks[0].datetime, looks[-1].datetime)}
    assert all(one.probability < 1 for one in told if one.hours < 60)
    assert [one.probability for one in told if one.hours in (120, 240)] == [1.0] * 4


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends"):
        compute_chance_seen([], [], END, START, timedelta(hours=6))
