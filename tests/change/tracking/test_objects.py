"""Where an object's time on its stand begins and ends, asked of residual images."""

import numpy as np
import pytest

from change.detection.test_matched_filter import COL, PLAIN, ROW, parked, seen
from change.scenes import JET
from imagery_watch.change.detection.aircraft_fit import fit_aircraft
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.answers import Answers
from imagery_watch.change.tracking.objects import Boundary, ParkedObject, follow_object


def follow(amounts: list[float], own: int, *settled: tuple[int, int, float]) -> ParkedObject:
    """An object of which each look shows so much (1 is all of it), followed from one of the looks.

    `settled` are changes between two looks, so many pixels beside it.
    """
    jet = parked(JET) - PLAIN
    images = [seen((PLAIN + much * jet).astype(np.float32), seed=seed) for seed, much in enumerate(amounts)]
    fit = fit_aircraft(images[own], ROW, COL)
    assert fit is not None
    answers = Answers(images, [f"pass-{number}" for number in range(len(amounts))])
    there = [Boundary(before, after, fit.row + away, fit.col) for before, after, away in settled]
    return follow_object(Detection(own, fit, 0), answers, there)


@pytest.mark.parametrize(
    ("amounts", "own", "came", "went"),
    [
        ([0, 0, 1, 1, 0, 0], 2, True, True),
        ([1, 1, 0, 1, 1, 0], 1, False, True),  # its like came to the same stand one look later
        ([1, 1, 0, 1, 1, 0], 3, True, True),
        ([1, 0, 1], 0, False, True),
        ([1, 1, 1, 1], 1, False, False),  # there all the time
        ([0.2, 0.3, 0.45, 0.6, 0.75, 1], 5, False, False),  # it creeps, as shadows do
    ],
    ids=["alone", "before its like", "after its like", "one look each", "always there", "creeping"],
)
def test_who_came_and_went(amounts: list[float], own: int, came: bool, went: bool) -> None:
    parked = follow(amounts, own)
    assert (parked.came, parked.went) == (came, went)


@pytest.mark.parametrize(
    ("settled", "bracket", "came", "went"),
    [
        ((), (None, 0, 5, None), False, False),
        (((2, 3, 0.0),), (None, 0, 2, 3), False, True),
        (((2, 3, 2.4),), (None, 0, 2, 3), False, True),
        (((2, 3, 2.5),), (None, 0, 5, None), False, False),  # of what stands beside it
        (((1, 2, 0.0), (3, 4, 0.0)), (1, 2, 3, 4), True, True),
    ],
    ids=["nothing", "one", "24 m away", "a neighbour's", "two"],
)
def test_nothing_is_followed_over_what_is_settled(
    settled: tuple[tuple[int, int, float], ...], bracket: tuple[int | None, ...], came: bool, went: bool
) -> None:
    parked = follow([1, 1, 1, 1, 1, 1], 2, *settled)
    assert (parked.before, parked.first, parked.last, parked.after) == bracket
    assert (parked.came, parked.went) == (came, went)
