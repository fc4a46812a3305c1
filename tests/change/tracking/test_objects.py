"""Where an object's time on its stand begins and ends, asked of residual images."""

import numpy as np
import pytest

from change.detection.test_matched_filter import COL, PLAIN, ROW, parked, seen
from change.scenes import JET
from imagery_watch.change.detection.aircraft_fit import fit_aircraft
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.answers import Answers
from imagery_watch.change.tracking.objects import ParkedObject, follow_object


def follow(amounts: list[float], own: int) -> ParkedObject:
    """An object of which each look shows so much (1 is all of it), followed from one of the looks."""
    jet = parked(JET) - PLAIN
    images = [seen((PLAIN + much * jet).astype(np.float32), seed=seed) for seed, much in enumerate(amounts)]
    fit = fit_aircraft(images[own], ROW, COL)
    assert fit is not None
    return follow_object(Detection(own, fit, 0), Answers(images, [f"pass-{number}" for number in range(len(amounts))]))


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
