"""With few looks, looks are compared with one another: what came, what left, and how long it stood."""

from dataclasses import replace

import numpy as np
import pytest

from change.scenes import APRON, JET, MIDDLE, changes, hidden_under, look_for, series, stand
from imagery_watch.change.between_looks import list_neighbours

ELSEWHERE = replace(JET, row=MIDDLE[0] + 7, col=MIDDLE[1] - 10, heading_deg=110.0)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (".J", [("arrival", 0, 1)]),
        ("J.", [("departure", 0, 1)]),
        (".J.", [("arrival", 0, 1), ("departure", 1, 2)]),
        (".JJ.", [("arrival", 0, 1), ("departure", 2, 3)]),
        ("..J", [("arrival", 1, 2)]),
        ("JJ", []),
        ("...", []),
    ],
)
def test_a_jet_comes_and_leaves_between_its_looks(pattern: str, told: list[tuple[str, int, int]]) -> None:
    assert changes(look_for(series(stand(pattern, J=JET)))) == told


def test_two_stands_are_told_apart() -> None:
    looks = [[JET], [JET, ELSEWHERE], [ELSEWHERE]]
    assert changes(look_for(series(looks))) == [("arrival", 0, 1), ("departure", 1, 2)]


def test_one_object_has_both_of_its_ends() -> None:
    detection = look_for(series(stand(".JJ.", J=JET)))
    assert len({(event.parked.id, event.parked.first, event.parked.last) for event in detection.events}) == 1
    parked = detection.events[0].parked
    assert (parked.before, parked.first, parked.last, parked.after) == (0, 1, 2, 3)
    fit = parked.best.fit
    window = detection.stack.georeference
    assert np.hypot(fit.row + window.top - MIDDLE[0], fit.col + window.left - MIDDLE[1]) < 1.5
    assert detection.few_looks


def test_a_look_that_saw_nothing_lies_within_the_bracket() -> None:
    scenes = series(stand(".JJ", J=JET))
    scenes[1] = hidden_under(scenes[1], APRON)
    detection = look_for(scenes)
    seen = [one.scene.datetime for one in detection.stack.passes]
    (event,) = detection.events
    assert (event.kind, seen[event.before], seen[event.after]) == ("arrival", scenes[0].datetime, scenes[2].datetime)


def test_neighbours_pass_over_looks_that_saw_nothing_there() -> None:
    full, left = np.ones((1, 2), bool), np.array([[True, False]])
    told = [(a, b, where.tolist()) for a, b, where in list_neighbours([full, left, full])]
    assert told == [(0, 1, [[True, False]]), (0, 2, [[False, True]]), (1, 2, [[True, False]])]


def test_one_look_has_no_neighbour() -> None:
    assert list(list_neighbours([np.ones((2, 2), bool)])) == []
