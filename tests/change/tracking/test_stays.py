"""From objects to stays: which hit is at which end, hard bounds, and what may have been moved where."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from change.scenes import JET, MIDDLE, look_for, series, stand
from change.test_results import AIRFIELD
from change.tracking.test_events import fit, numbered, track
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.preprocess.stack import Stack
from imagery_watch.change.results import make_stays
from imagery_watch.change.tracking.events import derive_events
from imagery_watch.change.tracking.objects import ParkedObject
from imagery_watch.change.tracking.stays import (
    ObjectStay,
    count_standing,
    find_object_stays,
    find_relocations,
    find_usual_counts,
)
from imagery_watch.model import Stay
from imagery_watch.simulate.inject import Placement

DAY = 24.0
STEP = 5 * DAY
"""Hours between two looks of the small airfield."""
OTHER = replace(JET, heading_deg=115.0, fuselage_paint=0.30, wing_paint=0.22)
ELSEWHERE = fit(40.0, 40.0)


@lru_cache(maxsize=1)
def stack() -> Stack:
    """Eight looks, five days apart."""
    return look_for(series(stand("........"))).stack


def found(*tracks: ParkedObject) -> list[ObjectStay]:
    objects = numbered(tracks)
    return find_object_stays(objects, derive_events(objects, 4.0))


def told(*tracks: ParkedObject, hidden: Sequence[int] = ()) -> tuple[Stay, ...]:
    """The stays, every event being reported as `hit-N` but the hidden ones."""
    objects = numbered(tracks)
    changes = derive_events(objects, 4.0)
    ids = {event.key: f"hit-{number}" for number, event in enumerate(changes) if number not in hidden}
    return make_stays(find_object_stays(objects, changes), ids, stack(), AIRFIELD)


STATES = [
    ("..J..", (True, True), (0.0, 2 * STEP)),
    (".?J?.", (True, True), (0.0, 4 * STEP)),
    ("..JJ?J..", (True, True), (3 * STEP, 5 * STEP)),
    (".JJJJ", (True, False), (3 * STEP, None)),
    ("JJJ..", (False, True), (2 * STEP, None)),
    ("??JJ.", (False, True), (STEP, None)),
]


@pytest.mark.parametrize(("pattern", "ends", "dwell"), STATES)
def test_states_to_stays(pattern: str, ends: tuple[bool, bool], dwell: tuple[float, float | None]) -> None:
    [stay] = told(track(pattern))
    assert (stay.arrival_hit is not None, stay.departure_hit is not None) == ends
    assert (stay.not_before is not None, stay.not_after is not None) == ends
    assert (stay.dwell_min_hours, stay.dwell_max_hours) == dwell


@pytest.mark.parametrize("pattern", ["JJJJJ", "J", "??J??"])
def test_what_neither_came_nor_left_is_no_stay(pattern: str) -> None:
    assert told(track(pattern)) == ()


def test_a_replacement_ends_one_stay_and_begins_another() -> None:
    first, second = told(track("..JJ?..."), track("...?JJ..", fit(margin=20.0)))
    assert first.departure_hit == second.arrival_hit
    assert len({first.arrival_hit, first.departure_hit, second.departure_hit, None}) == 4
    assert (first.not_after, second.not_before) == (second.seen_from, first.seen_to)
    assert first.id != second.id


def test_a_replacement_belongs_to_the_weaker_object_too() -> None:
    """The event knows both, whichever is the surer."""
    objects = numbered([track("JJJ....."), track("...JJJJJ", fit(margin=9.0))])
    [swap] = [event for event in derive_events(objects, 4.0) if event.kind == "replacement"]
    ends = [(one.arrival, one.departure) for one in find_object_stays(objects, [swap])]
    assert ends == [(None, swap.key), (swap.key, None)]


def test_an_end_that_is_not_reported_keeps_its_time_and_loses_its_hit() -> None:
    [whole] = told(track("..JJ.."))
    [cut] = told(track("..JJ.."), hidden=[0])
    assert (cut.arrival_hit, cut.departure_hit) == (None, "hit-1")
    assert replace(cut, arrival_hit=whole.arrival_hit) == whole
    assert told(track("..JJ.."), hidden=[0, 1]) == ()


@given(st.integers(0, 6), st.data())
def test_bounds_are_hard(came: int, data: st.DataObject) -> None:
    """Whatever looks there are, the true dwell time lies between the bounds, if it began and ended between looks."""
    left = data.draw(st.integers(came, 6))
    seen = data.draw(st.lists(st.booleans(), min_size=8, max_size=8))
    seen[came] = True
    states = ["." if not came <= index <= left else "J" for index in range(8)]
    pattern = "".join(state if sees else "?" for state, sees in zip(states, seen, strict=True))
    for stay in told(track(pattern)):
        assert stay.dwell_min_hours <= (left - came) * STEP
        assert stay.dwell_max_hours is None or (left - came + 1) * STEP < stay.dwell_max_hours + STEP
        assert stay.dwell_max_hours is None or stay.dwell_min_hours < stay.dwell_max_hours
        assert (stay.not_before or stay.seen_from) <= stay.seen_from <= stay.seen_to
        assert stay.seen_to <= (stay.not_after or stay.seen_to)


MOVES = [
    ("JJJ.....", "...JJJJJ", {}, True),
    ("JJ?.....", "...JJJJJ", {}, True),
    ("JJJ.....", "..?JJJJJ", {}, True),
    ("JJJ.....", ".??JJJJJ", {}, False),
    ("JJJ.....", "....JJJJ", {}, False),
    ("JJJJ....", "...JJJJJ", {}, False),
    ("JJJ.....", "...JJJJJ", {"length_m": 66.0, "length_low_m": 60.0, "length_high_m": 72.0}, False),
    ("JJJ.....", "...JJJJJ", {"length_m": 54.0}, True),
    ("JJJ.....", "...JJJJJ", {"paints": (0.3, 0.4)}, False),
    ("JJJ.....", "...JJJJJ", {"paints": (0.55, 0.45)}, True),
    ("JJJ.....", "...JJJJJ", {"row": 21.0, "col": 21.0}, False),
]


@pytest.mark.parametrize(("gone", "come", "changes", "expected"), MOVES)
def test_what_may_have_been_moved(gone: str, come: str, changes: dict[str, object], expected: bool) -> None:
    here, there = track(gone), track(come, replace(ELSEWHERE, **changes))
    assert bool(find_relocations(found(here, there))) == expected
    assert find_relocations(found(here, there)) == find_relocations(found(there, here))


def moved(stays: Sequence[Stay]) -> list[tuple[str | None, str | None]]:
    return [(stay.moved_from, stay.moved_to) for stay in stays]


def test_a_relocation_is_told_at_both_ends() -> None:
    left, came = told(track("JJJ....."), track("...JJJJJ", ELSEWHERE))
    assert moved([left, came]) == [(None, came.id), (left.id, None)]
    one, two = track("JJJ....."), track("...JJJJJ", ELSEWHERE)
    assert moved(told(one, two, hidden=[0])) == moved(told(one, two, hidden=[1])) == [(None, None)]


@pytest.mark.parametrize(("paint", "expected"), [(0.6, False), (0.62, True), (0.9, True)])
def test_of_two_partners_only_a_likelier_one_is_taken(paint: float, expected: bool) -> None:
    left = track("JJJ.....")
    likely = track("...JJJJJ", ELSEWHERE)
    rival = track("...JJJJJ", replace(ELSEWHERE, row=60.0, paints=(paint, 0.4)))
    pairs = find_relocations(found(left, likely, rival))
    assert len(pairs) == expected
    assert find_relocations(found(left, track("JJJ.....", replace(ELSEWHERE, row=60.0)), likely)) == []


def test_objects_are_counted_where_they_stood() -> None:
    objects = found(track("..JJ...."), track(".JJJJJJJ", ELSEWHERE), track("JJJJJJJJ", fit(60.0, 60.0)))
    counts = count_standing(objects, 8, 2)
    assert counts[:, 0].tolist() == [0, 1, 2, 2, 1, 1, 1, 1]
    assert not counts[:, 1].any()


USUALS = [([0, 1, 2, 2, 1], "sssss", 1), ([0, 9, 9, 0], "s..s", 0), ([0, 1], "ss", 0), ([3, 3], "..", 0), ([], "", 0)]


@pytest.mark.parametrize(("counts", "seen", "expected"), USUALS)
def test_usual_is_the_median_of_what_was_seen(counts: list[int], seen: str, expected: int) -> None:
    column = np.array(counts, np.int64).reshape(-1, 1)
    mask = np.array([letter == "s" for letter in seen], bool).reshape(-1, 1)
    assert find_usual_counts(column, mask).tolist() == [expected]


@lru_cache(maxsize=4)
def detected(pattern: str) -> DetectionResult:
    return look_for(series(stand(pattern, J=JET, K=OTHER)))


REAL = [("..JJ..", [(2, 3)]), ("..JJKK..", [(2, 3), (4, 5)]), (".J..J..", [(1, 1), (4, 4)]), ("......", [])]


@pytest.mark.parametrize(("pattern", "expected"), REAL)
def test_stays_of_planted_aircraft(pattern: str, expected: list[tuple[int, int]]) -> None:
    detection = detected(pattern)
    objects = find_object_stays(detection.objects, detection.events)
    assert [(one.parked.first, one.parked.last) for one in objects] == expected
    assert all(one.arrival is not None and one.departure is not None for one in objects)


def test_a_planted_move_is_seen_as_one() -> None:
    other: Placement = replace(JET, row=MIDDLE[0] - 6, col=MIDDLE[1] + 12, heading_deg=80.0)
    detection = look_for(series([[], [], [JET], [JET], [other], [other], [], []]))
    objects = find_object_stays(detection.objects, detection.events)
    assert find_relocations(objects) == [(0, 1)]
