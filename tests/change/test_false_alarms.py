"""What a score means: rates that fall, budgets that come back, probabilities that lie between."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.change.false_alarms import (
    BUSY_TRAFFIC,
    CLUTTER_KM2_PASSES,
    MAX_PROBABILITY,
    MIN_FALSE_ALARM_RATE,
    NEAR_MISS_LLR,
    PASSES_A_YEAR,
    PRIOR_CLUTTER,
    PRIOR_TRAFFIC,
    SURE_LLR,
    Calibration,
    calibrate,
    estimate_traffic,
    llr_to_score,
    score_to_llr,
)
from imagery_watch.sensors.sentinel2.detector import DETECTOR

USUAL = Calibration(DETECTOR, 1.0, PRIOR_CLUTTER, PRIOR_TRAFFIC)
scores = st.floats(llr_to_score(DETECTOR.tail_threshold), 30.0)


def test_nothing_seen_is_the_usual_airfield() -> None:
    told = calibrate(DETECTOR, 1.0, 0.0, (), ())
    assert told.clutter == PRIOR_CLUTTER and told.traffic == pytest.approx(0.9 * PRIOR_TRAFFIC + 0.1 * BUSY_TRAFFIC)
    assert USUAL.false_alarms_per_km2(llr_to_score(DETECTOR.tail_threshold)) == pytest.approx(DETECTOR.tail_rate)


@given(scores, scores)
def test_a_stronger_hit_is_rarer_by_chance_and_likelier_an_aircraft(one: float, other: float) -> None:
    weak, strong = sorted((one, other))
    assert USUAL.false_alarms_per_year(weak) >= USUAL.false_alarms_per_year(strong)
    assert 0 < USUAL.probability(weak) <= USUAL.probability(strong) <= MAX_PROBABILITY


@given(st.floats(0.01, 1000.0), st.floats(0.01, 10.0), st.floats(0.2, 5.0))
def test_the_score_of_a_budget_spends_it_or_less(per_year: float, km2: float, clutter: float) -> None:
    one = Calibration(DETECTOR, km2, clutter, PRIOR_TRAFFIC)
    score = one.score_at(per_year)
    assert score_to_llr(score) >= DETECTOR.min_reported_llr - 1e-9
    spent = one.false_alarms_per_year(score)
    least = MIN_FALSE_ALARM_RATE * km2 * PASSES_A_YEAR
    assert spent <= max(per_year, least) * (1 + 1e-6)
    if score_to_llr(score) > DETECTOR.min_reported_llr + 1e-9 and per_year > least:
        assert spent == pytest.approx(per_year, rel=1e-6)


def test_a_larger_or_busier_airfield_asks_for_more() -> None:
    assert Calibration(DETECTOR, 5.0, 1.0, 0.05).score_at(4) > Calibration(DETECTOR, 0.5, 1.0, 0.05).score_at(4)
    assert Calibration(DETECTOR, 0.5, 3.0, 0.05).score_at(4) > Calibration(DETECTOR, 0.5, 1.0, 0.05).score_at(4)
    assert USUAL.score_at(1) > USUAL.score_at(10)


def test_near_misses_and_sure_hits_are_counted() -> None:
    near = [sum(NEAR_MISS_LLR) / 2] * 300
    found = calibrate(DETECTOR, 1.0, 100.0, [*near, NEAR_MISS_LLR[1], -1.0, 50.0], [SURE_LLR, 60.0, 5.0])
    assert found.clutter == pytest.approx((300 + PRIOR_CLUTTER * CLUTTER_KM2_PASSES) / (100 + CLUTTER_KM2_PASSES))
    assert 2 / 110 < found.traffic < 4 / 110
    assert calibrate(DETECTOR, 1.0, 0.1, [], []).clutter == pytest.approx(
        PRIOR_CLUTTER, rel=0.02
    )  # little seen: little learnt
    assert calibrate(DETECTOR, 1.0, 100.0, None, []).clutter == PRIOR_CLUTTER  # nobody counted


def test_probability_is_the_share_of_true_among_all_of_that_score() -> None:
    step, score = 1e-4, 4.5
    margins = score_to_llr(score), score_to_llr(score) + step
    false = (USUAL.false_alarms_per_km2(score) - USUAL.false_alarms_per_km2(llr_to_score(margins[1]))) / step
    true = USUAL.traffic * np.log(margins[1] / margins[0]) / np.log(300 / DETECTOR.tail_threshold) / step
    assert USUAL.probability(score) == pytest.approx(true / (true + false), rel=1e-3)


@pytest.mark.parametrize(
    ("sure", "seen_km2", "expected"),
    [(0, 10.0, 0.03), (1, 10.0, 0.09), (5, 60.0, 0.106), (20, 1.0, 26.0), (100, 10.0, 14.2), (700, 1000.0, 1.0)],
)
def test_traffic_is_what_was_seen_on_quiet_aprons_and_at_busy_gates(
    sure: int, seen_km2: float, expected: float
) -> None:
    assert estimate_traffic(sure, seen_km2) == pytest.approx(expected, rel=0.05)


@given(st.integers(0, 200), st.floats(0.1, 500.0))
def test_more_sure_changes_are_more_traffic(sure: int, seen_km2: float) -> None:
    assert estimate_traffic(sure + 1, seen_km2) > estimate_traffic(sure, seen_km2)


@given(st.floats(0.0, 1e4))
def test_score_and_margin_are_inverse(margin: float) -> None:
    assert score_to_llr(llr_to_score(margin)) == pytest.approx(margin)
