"""In snow season heaps are held back and told of, and aircraft are not; out of season nothing is."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from change.scenes import JET, MIDDLE, areas, changes, look_for, series, stand
from change.snow.heaps import SITES, heap, with_snow
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.preprocess.cloud_mask import SCL_SNOW
from imagery_watch.change.snow import season
from imagery_watch.change.snow.season import SNOW_LIES, find_season
from imagery_watch.evaluate.detection_limit import View, is_found
from imagery_watch.model import Scene
from imagery_watch.observability import _tell_snow
from imagery_watch.reasons import ReasonCode
from imagery_watch.simulate.inject import Placement

LOOKS, FELL, MELTED = 10, 5, 8


def winter(heaps: int, looks: Sequence[Sequence[Placement]] = ((),) * LOOKS) -> list[Scene]:
    """Passes of which some show heaps of snow."""
    scenes = series(looks)
    for number in range(FELL, MELTED):
        scenes[number] = with_snow(scenes[number], *(heap(*site) for site in SITES[:heaps]))
    return scenes


def with_snowy_fields(scene: Scene, share: float = 0.1) -> Scene:
    """The scene with a part of the fields white, and called snow."""
    assert scene.scl is not None
    covered = (np.random.default_rng(3).random(scene.scl.shape) < share) & areas().ring
    data = np.where(covered, np.float32(0.8), scene.data)
    return replace(scene, scl=np.where(covered, SCL_SNOW, scene.scl).astype(np.uint8), data=data)


@lru_cache(maxsize=1)
def heaps_and_a_jet() -> DetectionResult:
    return look_for(winter(4, stand("......JJ..", J=JET)))


def test_heaps_would_be_taken_for_aircraft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(season, "MIN_HEAPS", 99)
    assert len(look_for(winter(4)).events) >= 4


def test_several_heaps_make_a_season_in_which_they_are_held_back_and_a_jet_is_not() -> None:
    found = heaps_and_a_jet()
    assert found.snow.looks == (*[False] * FELL, *[True] * (LOOKS - FELL))
    assert changes(found) == [("arrival", 5, 6), ("departure", 7, 8)]
    assert len(found.snow.held) >= 3
    assert {(one.first, one.last) for one in found.snow.held} == {(FELL, MELTED - 1)}


def test_what_is_held_back_is_told_in_the_look_that_shows_it_first() -> None:
    found = heaps_and_a_jet()
    counts = [found.count_held_back(index, 0) for index in range(LOOKS)]
    assert counts[FELL] >= 3 and counts[MELTED] >= 3
    assert sum(counts) == counts[FELL] + counts[MELTED]
    assert sum(found.count_held_back(index, 1) for index in range(LOOKS)) == 0
    (told, held) = _tell_snow(found, FELL, 0, judged=True)
    assert (told.code, held.code) == (ReasonCode.SNOW_SEASON, ReasonCode.SNOW_HELD_BACK)
    assert held.text.startswith(f"{counts[FELL]} changes held back")
    assert [one.code for one in _tell_snow(found, FELL + 1, 0, judged=True)] == [ReasonCode.SNOW_SEASON]
    assert _tell_snow(found, 0, 0, judged=True) == []


def test_a_single_white_thing_makes_no_season() -> None:
    found = look_for(winter(1))
    assert not any(found.snow.looks)
    assert changes(found) == [("arrival", 4, 5), ("departure", 7, 8)]


def test_white_jets_make_no_season() -> None:
    white = replace(JET, fuselage_paint=0.75, wing_paint=0.7)
    fleet = [replace(white, row=row, col=col) for row, col in ((48.0, 45.0), (65.0, 48.0), (50.0, 66.0), (65.0, 68.0))]
    found = look_for(series([[], [], [], fleet, fleet, [], [], []]))
    assert not any(found.snow.looks) and found.snow.held == ()
    assert len(found.events) == 2 * len(fleet)


def test_without_infrared_white_things_make_no_season() -> None:
    scenes = [replace(one, bands=one.bands[:3], data=one.data[:3]) for one in winter(4)]
    assert not any(look_for(scenes).snow.looks)


@pytest.mark.parametrize("looks", [4, 10])
def test_one_heap_is_held_back_where_snow_lay_on_the_fields_with_few_looks_and_with_many(looks: int) -> None:
    scenes = series([[]] * looks)
    scenes[looks - 2] = with_snow(scenes[looks - 2], heap(*MIDDLE, across=30.0, light=0.5))
    assert changes(look_for(scenes)) == [
        ("arrival", looks - 3, looks - 2),
        ("departure", looks - 2, looks - 1),
    ]
    scenes[looks - 3] = with_snowy_fields(scenes[looks - 3])
    found = look_for(scenes)
    assert found.events == ()
    assert found.snow.looks == (*[False] * (looks - 3), True, True, True)
    assert len(found.snow.held) == 1


@pytest.mark.parametrize("looks", [4, 10])
def test_a_jet_is_told_where_snow_lay_on_the_fields_with_few_looks_and_with_many(looks: int) -> None:
    pattern = "." * (looks - 2) + "J."
    scenes = series(stand(pattern, J=JET))
    scenes[looks - 3] = with_snowy_fields(scenes[looks - 3])
    found = look_for(scenes)
    assert changes(found) == [("arrival", looks - 3, looks - 2), ("departure", looks - 2, looks - 1)]


@pytest.mark.parametrize(("days", "inside"), [(-5, False), (0, True), (20, True), (30, True), (35, False)])
def test_the_season_lasts_a_month_from_snow_on(days: int, inside: bool) -> None:
    stack = heaps_and_a_jet().stack
    when = stack.passes[0].datetime - SNOW_LIES * (days / 30)
    assert find_season(stack, [when])[0] == inside


def test_in_season_a_planted_aircraft_must_be_no_heap_either() -> None:
    found = look_for(series([[]] * 8))
    compared, stack = found.compared_with(4), found.stack
    assert compared is not None
    view = View(compared, stack.passes[4].image, found.min_score, stack.resolution, stack.apron_index >= 0)
    row, col = MIDDLE[0] - stack.georeference.top, MIDDLE[1] - stack.georeference.left
    small = Placement("An-26", row, col, 0.0, 0.7, 0.7)
    large = Placement("An-124", row, col, 30.0, 0.5, 0.4)
    told = [(is_found(view, one), is_found(replace(view, snow=True), one)) for one in (small, large)]
    assert told == [(True, False), (True, True)]
