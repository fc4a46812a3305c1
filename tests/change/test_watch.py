"""A watch judges every look once; what it keeps is what it would be told again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from change.scenes import DETECTOR, GRID, JET, areas, changes, look_for, make_scene, series, stand
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.tracking.events import Standing
from imagery_watch.change.watch import (
    LEAST_HISTORY,
    Watch,
    add_look,
    begin_watch,
    count_looks_since,
    drop_look,
    tell_changes,
)
from imagery_watch.model import Scene

HALF_WINDOW = timedelta(days=180)
STORY = "..JJ......" + "..JJ.."
"""Ten looks of history, and six that come one by one: an arrival in the 13th, a departure in the 15th."""


def begin(scenes: Sequence[Scene]) -> Watch:
    watch = begin_watch(scenes, areas(), GRID, DETECTOR, half_window=HALF_WINDOW)
    assert watch is not None
    return watch


def tell(watch: Watch) -> DetectionResult:
    return tell_changes(watch, false_alarms_per_year=4.0)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return series(stand(STORY, J=JET))


@pytest.fixture(scope="module")
def lived(scenes: list[Scene]) -> list[Watch]:
    """The watch after its history, and after each pass that came."""
    watches = [begin(scenes[:LEAST_HISTORY])]
    for scene in scenes[LEAST_HISTORY:]:
        watches.append(add_look(watches[-1], scene, HALF_WINDOW))
        tell(watches[-1])  # so that answers are kept on the way, as they are in life
    return watches


def test_it_begins_with_what_detect_tells(scenes: list[Scene], lived: list[Watch]) -> None:
    told, whole = tell(lived[0]), look_for(scenes[:LEAST_HISTORY])
    assert changes(told) == changes(whole) == [("arrival", 1, 2), ("departure", 3, 4)]
    assert [event.score for event in told.events] == [event.score for event in whole.events]
    assert told.min_score == whole.min_score


def test_each_change_is_told_when_its_look_is_the_newest(lived: list[Watch]) -> None:
    first = [("arrival", 1, 2), ("departure", 3, 4)]
    later = [("arrival", 11, 12), ("departure", 13, 14)]
    counts = [len([one for one in later if one[2] < len(watch.stack.passes)]) for watch in lived]
    assert [changes(tell(watch)) for watch in lived] == [first + later[:count] for count in counts]


def test_what_was_told_stays_told_whatever_is_asked_of_new_changes(lived: list[Watch]) -> None:
    told = tell(lived[-1])
    standing = [
        Standing(one.kind, one.before, one.after, one.parked.best.fit.row + 2, one.parked.best.fit.col)
        for one in told.events
    ]
    strict = {"false_alarms_per_year": 1e-300}
    assert tell_changes(lived[-1], **strict).events == ()
    again = tell_changes(lived[-1], **strict, standing=standing)
    assert [(one.kind, one.before, one.after, one.score) for one in again.events] == [
        (one.kind, one.before, one.after, one.score) for one in told.events
    ]
    elsewhere = [one._replace(col=one.col + 4) for one in standing]
    another = [one._replace(kind="replacement") for one in standing]
    later = [one._replace(before=one.after, after=one.after + 1) for one in standing]
    assert tell_changes(lived[-1], **strict, standing=[*elsewhere, *another, *later]).events == ()


def test_only_looks_that_saw_the_place_settle_what_was_told(scenes: list[Scene], lived: list[Watch]) -> None:
    told = next(one for one in tell(lived[3]).events if one.after == 12)
    fit = told.parked.best.fit
    standing = Standing(told.kind, told.before, told.after, fit.row, fit.col)
    assert [count_looks_since(watch.stack, standing) for watch in lived[3:]] == [0, 1, 2, 3]
    passes = list(lived[-1].stack.passes)
    passes[13] = replace(passes[13], visible=np.zeros_like(passes[13].visible))
    assert count_looks_since(replace(lived[-1].stack, passes=tuple(passes)), standing) == 2


def test_looks_that_were_judged_stay_as_they_were(lived: list[Watch]) -> None:
    early, late = lived[0], lived[-1]
    assert all(one is other for one, other in zip(early.images, late.images, strict=False))
    assert list(early.detections) == [one for one in late.detections if one.look < LEAST_HISTORY]


def test_kept_answers_are_what_the_looks_would_say_again(lived: list[Watch]) -> None:
    forgetful = replace(lived[-1], answers={})
    assert lived[-1].answers and not forgetful.answers
    for one, other in zip(tell(lived[-1]).objects, tell(forgetful).objects, strict=True):
        assert one == other
    assert forgetful.answers == lived[-1].answers, "what nobody asks any more is not kept"


def test_a_pass_that_comes_late_takes_its_place(scenes: list[Scene], lived: list[Watch]) -> None:
    watch = lived[0]
    for number in (10, 11, 13, 12):
        watch = add_look(watch, scenes[number], HALF_WINDOW)
    assert watch.stack.names == [scene.acquisition_id for scene in scenes[:14]]
    assert ("arrival", 11, 12) in changes(tell(watch))
    for one in watch.detections:
        assert watch.images[one.look] is not None
    strong = [one.look for one in watch.detections if one.fit.llr_vs_clutter > 20]
    assert sorted(strong) == [2, 3, 12, 13]


def test_a_pass_that_was_processed_anew_is_judged_anew(scenes: list[Scene], lived: list[Watch]) -> None:
    empty = make_scene(13)
    assert empty.acquisition_id == scenes[13].acquisition_id
    watch = add_look(drop_look(lived[-1], empty.acquisition_id), empty, HALF_WINDOW)
    assert watch.stack.names == lived[-1].stack.names
    assert changes(tell(watch))[-2:] == [("arrival", 11, 12), ("departure", 12, 13)]


def test_what_says_nothing_is_kept_with_its_reason(scenes: list[Scene], lived: list[Watch]) -> None:
    blind = make_scene(20, scl=np.full(GRID.shape, 9, np.uint8))
    watch = add_look(lived[0], blind, HALF_WINDOW)
    assert watch.stack.names == lived[0].stack.names
    assert watch.stack.reason_of(blind.acquisition_id)
    assert drop_look(watch, blind.acquisition_id).stack.unusable == lived[0].stack.unusable
    snowy = add_look(lived[0], make_scene(21, scl=np.full(GRID.shape, 11, np.uint8)), HALF_WINDOW)
    assert len(snowy.stack.snowy) == len(lived[0].stack.snowy) + 1
    assert drop_look(snowy, make_scene(21).acquisition_id).stack.snowy == lived[0].stack.snowy
    with pytest.raises(ValueError, match="has this pass"):
        add_look(lived[0], scenes[0], HALF_WINDOW)


def test_few_passes_begin_no_watch(scenes: list[Scene]) -> None:
    few = scenes[: LEAST_HISTORY - 1]
    assert begin_watch(few, areas(), GRID, DETECTOR, half_window=HALF_WINDOW) is None
