"""The words: bounds, surplus and chances as an analyst would say them, and no surer than the looks."""

from datetime import timedelta

import pytest

from imagery_watch.outputs.wording.sentences import (
    came_words,
    chance_rows,
    chance_sentences,
    dwell_words,
    left_words,
    moved_words,
    percent,
    surplus_sentences,
    usual_sentence,
)
from outputs.builders import START, make_chance, make_occupancy, make_stay

LATER = START + timedelta(days=15)
DWELLS = [
    ({}, "seen in one look, less than 10.0 days"),
    ({"seen_to": LATER, "not_after": START + timedelta(days=20)}, "at least 10.0 days, less than 20.0 days"),
    ({"not_after": None}, "seen in one look; it was there in the last look that could tell"),
    (
        {"seen_to": LATER, "not_before": None},
        "at least 10.0 days; it was there from the first look that could tell",
    ),
    ({"not_after": START + timedelta(days=6)}, "seen in one look, less than 6.0 days"),
]


@pytest.mark.parametrize(("changes", "expected"), DWELLS)
def test_dwell(changes: dict[str, object], expected: str) -> None:
    assert dwell_words(make_stay(**changes)) == expected


def test_ends() -> None:
    assert came_words(make_stay()) == "2022-03-01 10:21 → 2022-03-06 10:21"
    assert left_words(make_stay()) == "2022-03-06 10:21 → 2022-03-11 10:21"
    assert came_words(make_stay(not_before=None)) == "before 2022-03-06 10:21"
    assert left_words(make_stay(not_after=None)) == "after 2022-03-06 10:21"


def test_a_move_is_only_consistent() -> None:
    one, two = make_stay(1, moved_to="LIPB-stay-0002"), make_stay(2, apron="West\x1b", moved_from="LIPB-stay-0001")
    assert moved_words(one, [one, two]) == "consistent with the same aircraft moved to another stand on West"
    assert moved_words(two, [one, two]) == "consistent with the same aircraft moved from another stand on A"
    assert moved_words(one, [one]).startswith("consistent with the same aircraft")
    assert moved_words(make_stay(), [one]) == ""


def test_surplus_is_told_by_runs_of_looks() -> None:
    counts = [1, 3, 3, 1, 0, 1]
    rows = [make_occupancy(5 * number, count) for number, count in enumerate(counts)]
    assert surplus_sentences([*rows, make_occupancy(0, 4, 4, "West")]) == [
        "2 more than usual stood on A in 2 looks from 2022-03-06 to 2022-03-11.",
        "1 fewer than usual stood on A on 2022-03-21.",
    ]
    assert surplus_sentences([]) == []


def test_fewer_is_not_told_before_anything_was_usual() -> None:
    rows = [make_occupancy(5 * number, count, 2) for number, count in enumerate([0, 1, 2, 1])]
    assert surplus_sentences(rows) == ["1 fewer than usual stood on A on 2022-03-16."]


def test_how_usual_the_looks_were() -> None:
    rows = [make_occupancy(5 * number, count) for number, count in enumerate([1, 3, 3, 1, 0, 1])]
    assert usual_sentence(rows).startswith("In 3 of 6 looks")
    assert usual_sentence([]).startswith("No look saw enough")


def test_the_chance_is_told_for_a_day_and_a_half() -> None:
    chances = [make_chance(hours, hours / 100, apron) for apron in ("A", "W\x1best") for hours in (36, 48)]
    first, second = chance_sentences(chances)
    assert "A stay of 36 hours on A between 2022-03-01 and 2022-03-31 had a chance of 36 % of being under" in first
    assert "on West between" in second
    assert chance_rows(chances) == ([36, 48], [("A", ["36 %", "48 %"]), ("West", ["36 %", "48 %"])])
    assert (chance_sentences([]), chance_rows([])) == ([], ([], []))


def test_a_stay_that_no_look_could_have_seen_is_told_as_such() -> None:
    (told,) = chance_sentences([make_chance(36, 0.0, "A")])
    assert told.endswith("would have been under no look that could see it.") and "0 %" not in told


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.0, "0 %"), (0.004, "under 1 %"), (0.41, "41 %"), (0.999, "over 99 %"), (1.0, "100 %")],
)
def test_percent(probability: float, expected: str) -> None:
    assert percent(probability) == expected
