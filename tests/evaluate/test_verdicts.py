"""What happened, as a world's clouds let it be seen, and how claims are counted against it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from imagery_watch.evaluate.verdicts import Change, Claim, apron_km2, changes_in, judge, threshold_at, wilson
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.scenario import Stay, Story
from imagery_watch.simulate.simulator import SCL_CLOUD, SCL_SHADOW, Setting, World

PLANE = Placement("Il-62M", 10.0, 10.0, 40.0, 0.6, 0.4)
ARRIVAL = Change("arrival", "Il-62M", 3, 4, 10.0, 10.0, 40.0, "alone", 2)
CLAIM = Claim(3, 4, 10.0, 10.0, 7.0, "arrival")
CLEAR = 4


def world(*stays: Stay, hidden: dict[int, int] | None = None, passes: int = 8) -> World:
    """Passes of 20 x 20 pixels; `hidden` gives the class that lies over all of some passes."""
    seen = [SimpleNamespace(scl=np.full((20, 20), (hidden or {}).get(n, CLEAR))) for n in range(passes)]
    layout = SimpleNamespace(apron_index=np.zeros((20, 20), int))
    return World(Setting(0), cast(Any, layout), Story(stays, (), 0.04), cast(Any, tuple(seen)))


def told(*stays: Stay, hidden: dict[int, int] | None = None) -> list[tuple[str, int, int, int]]:
    return [(c.kind, c.before, c.after, c.looks) for c in changes_in(world(*stays, hidden=hidden))]


@pytest.mark.parametrize(
    ("first", "gone", "hidden", "expected"),
    [
        (3, 5, (), [("arrival", 2, 3, 2), ("departure", 4, 5, 2)]),
        (0, 5, (), [("departure", 4, 5, 5)]),
        (3, 8, (), [("arrival", 2, 3, 5)]),
        (0, 8, (), []),
        (3, 5, (2,), [("arrival", 1, 3, 2), ("departure", 4, 5, 2)]),
        (3, 5, (3,), [("arrival", 2, 4, 1), ("departure", 4, 5, 1)]),
        (3, 5, (3, 4), []),
        (3, 5, (5, 6), [("arrival", 2, 3, 2), ("departure", 4, 7, 2)]),
        (3, 5, (0, 1, 2), [("departure", 4, 5, 2)]),
        (3, 5, (5, 6, 7), [("arrival", 2, 3, 2)]),
    ],
)
@pytest.mark.parametrize("cover", [SCL_CLOUD, SCL_SHADOW])
def test_a_stay_has_the_changes_that_could_be_seen(
    first: int, gone: int, hidden: tuple[int, ...], expected: list[tuple[str, int, int, int]], cover: int
) -> None:
    assert told(Stay(PLANE, first, gone), hidden=dict.fromkeys(hidden, cover)) == expected


@pytest.mark.parametrize("part", ["taxiing", "parked"])
def test_who_taxies_or_is_always_there_is_no_change(part: Any) -> None:
    assert told(Stay(PLANE, 3, 4, part)) == []


def test_one_that_goes_as_another_comes_is_a_replacement_by_the_one_that_comes() -> None:
    other = replace(PLANE, aircraft="A320", heading_deg=90.0)
    found = changes_in(world(Stay(PLANE, 1, 4), Stay(other, 4, 6)))
    assert [(c.kind, c.before, c.after, c.aircraft) for c in found] == [
        ("arrival", 0, 1, "Il-62M"),
        ("replacement", 3, 4, "A320"),
        ("departure", 5, 6, "A320"),
    ]
    assert found[1].length_m == 37.6


def test_a_gap_that_clouds_hide_is_a_replacement_too() -> None:
    stays = Stay(PLANE, 1, 4), Stay(replace(PLANE, aircraft="A320"), 5, 7)
    assert [one[0] for one in told(*stays)] == ["arrival", "arrival", "departure", "departure"]
    assert ("replacement", 3, 5, 2) in told(*stays, hidden={4: SCL_CLOUD})


def test_aircraft_on_other_stands_do_not_replace_each_other() -> None:
    found = told(Stay(PLANE, 1, 4), Stay(replace(PLANE, row=15.0), 4, 6))
    assert sorted(one[0] for one in found) == ["arrival", "arrival", "departure", "departure"]


@pytest.mark.parametrize(
    ("claim", "found", "false"),
    [
        (CLAIM, True, 0),
        (replace(CLAIM, kind="departure"), True, 0),
        (replace(CLAIM, before=2, after=6), True, 0),
        (replace(CLAIM, before=4, after=5), False, 1),
        (replace(CLAIM, before=2, after=3), False, 1),
        (replace(CLAIM, row=13.0), True, 0),
        (replace(CLAIM, row=14.0), False, 0),  # of a part of it, or of its shadow: neither found nor false
        (replace(CLAIM, row=16.0), False, 1),
    ],
)
def test_a_claim_is_of_a_change_near_it_in_an_overlapping_bracket(claim: Claim, found: bool, false: int) -> None:
    verdicts, wrong = judge([ARRIVAL], [claim])
    assert (verdicts[0].claim is not None, len(wrong)) == (found, false)


def test_a_second_claim_of_one_change_is_neither_found_nor_false() -> None:
    second = replace(CLAIM, row=11.0, score=9.0)
    verdicts, wrong = judge([ARRIVAL], [second, CLAIM])
    assert verdicts[0].claim == CLAIM and wrong == []


def test_of_equally_near_claims_the_surer_counts() -> None:
    verdicts, wrong = judge([ARRIVAL], [CLAIM, replace(CLAIM, score=9.0)])
    assert verdicts[0].claim is not None and verdicts[0].claim.score == 9.0 and wrong == []


def test_one_claim_does_for_one_change_only() -> None:
    beside = replace(ARRIVAL, row=12.0)
    verdicts, _ = judge([ARRIVAL, beside], [replace(CLAIM, row=11.9)])
    assert [one.claim is not None for one in verdicts] == [False, True]
    verdicts, wrong = judge([ARRIVAL, beside], [CLAIM, replace(CLAIM, row=12.0)])
    assert all(one.claim for one in verdicts) and wrong == []


def test_nothing_claimed_is_nothing_found_and_nothing_false() -> None:
    verdicts, wrong = judge([ARRIVAL], [])
    assert verdicts[0].claim is None and wrong == []
    assert judge([], [CLAIM]) == ([], [CLAIM])


def test_only_apron_that_was_seen_counts_as_looked_at() -> None:
    assert apron_km2(world(passes=5)) == pytest.approx(5 * 0.04)
    assert apron_km2(world(passes=5, hidden={1: SCL_CLOUD, 3: SCL_SHADOW})) == pytest.approx(3 * 0.04)


def test_as_many_scores_as_wanted_exceed_the_threshold() -> None:
    scores = list(np.linspace(0.01, 1.0, 100))
    score, extrapolated = threshold_at(scores, km2=100.0, rate=0.1)
    assert not extrapolated and sum(one > score for one in scores) == 10
    assert threshold_at(scores[::-1], 100.0, 0.1) == (score, False)


@pytest.mark.parametrize(("wanted", "slack"), [(1.0, 0.3), (0.1, 0.5)])
def test_an_exponential_tail_is_extrapolated_to_where_it_goes(wanted: float, slack: float) -> None:
    scores = -np.log((np.arange(300) + 0.5) / 300)
    score, extrapolated = threshold_at(list(scores), km2=1000.0, rate=wanted / 1000)
    assert extrapolated and score == pytest.approx(np.log(300 / wanted), abs=slack)


@pytest.mark.parametrize("scores", [[], [3.0], [3.0, 2.0, 5.0]])
def test_too_few_scores_for_a_tail_give_the_highest_and_say_so(scores: list[float]) -> None:
    assert threshold_at(scores, 100.0, 0.01) == (max(scores, default=0.0), True)


def test_a_lower_rate_asks_for_a_higher_score() -> None:
    scores = list(np.random.default_rng(1).exponential(size=60))
    asked = [threshold_at(scores, 100.0, rate)[0] for rate in (0.5, 0.2, 0.1, 0.03, 0.01, 0.001)]
    assert asked == sorted(asked)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: score method without continuity correction
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_were_published(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)


def test_nothing_tried_may_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0
