"""Snow that was cleared lies where it should, melts, and is there only after it fell."""

from collections import defaultdict

import numpy as np
import pytest

from imagery_watch.simulate.clutter import Thing
from imagery_watch.simulate.layout import lay_out
from imagery_watch.simulate.scenario import tell
from imagery_watch.simulate.winter import HEAPS_PER_KM2, LONGEST, RIDGES_PER_KM2, remains

RIM = [(float(row), 20.0) for row in range(20, 60)]
INSIDE = [(float(row), 40.0) for row in range(20, 60)]
COUNT = 16


def snow(snowfalls: int = 40) -> list[Thing]:
    return remains(np.random.default_rng(3), RIM, INSIDE, 1.0, COUNT, snowfalls)


def lying() -> list[list[Thing]]:
    """Each heap or ridge, pass by pass: what melts keeps its proportions."""
    by_shape = defaultdict(list)
    for one in snow(4):
        by_shape[one.row, one.col, round(one.height / one.shape.area**0.5, 6)].append(one)
    return list(by_shape.values())


def test_heaps_lie_at_the_rim_and_ridges_inside_as_many_as_they_should() -> None:
    heaps, ridges = ([one for one in snow() if one.col == col] for col in (20.0, 40.0))
    assert len(heaps) + len(ridges) == len(snow())
    assert len(heaps) / len(ridges) == pytest.approx(HEAPS_PER_KM2 / RIDGES_PER_KM2, rel=0.35)
    assert min(one.height for one in heaps) > 0.7 and max(one.height for one in ridges) <= 1.2


def test_it_melts_and_darkens_from_pass_to_pass_and_is_gone_at_last() -> None:
    stories = [some for some in lying() if len(some) > 1]
    assert stories
    for some in stories:
        assert [one.first for one in some] == list(range(some[0].first, some[0].first + len(some)))
        areas, heights = [one.shape.area for one in some], [one.height for one in some]
        light = [float(one.paint[0]) for one in some if one.paint is not None]
        assert all(np.diff(areas) < 0) and all(np.diff(heights) < 0) and all(np.diff(light) < 0)
        assert len(some) <= LONGEST
    assert all(1 <= one.first < one.gone == one.first + 1 <= COUNT for one in snow())


def test_without_snow_a_story_is_what_it_was() -> None:
    field = lay_out(51)
    dry, snowy = (tell(field, 11, COUNT, traffic=True, snowfalls=falls) for falls in (0, 2))
    assert dry.stays == snowy.stays
    others = [one for one in snowy.things if one.kind != "snow"]
    assert [(one.kind, one.row, one.shape) for one in others] == [(one.kind, one.row, one.shape) for one in dry.things]
    cleared = [one for one in snowy.things if one.kind == "snow"]
    assert cleared and all(field.apron_index[round(one.row), round(one.col)] >= 0 for one in cleared)
