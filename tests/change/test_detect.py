"""What must hold whatever the ground: planted aircraft are found once, and light, order and place change nothing."""

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import numpy as np
import pytest

from change.scenes import (
    APRON,
    FIRST,
    JET,
    MIDDLE,
    STILL,
    areas,
    changes,
    hidden_under,
    look_for,
    make_scene,
    series,
    stand,
)
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.results import cut_chip_window
from imagery_watch.model import Scene
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud

OTHER = replace(JET, heading_deg=115.0, fuselage_paint=0.30, wing_paint=0.22)
AIRBUS = Placement("A320", 50.0, 48.0, 80.0, 0.70, 0.60)
PLACE_PX = 1.0

STANDS = [
    ("......", []),
    ("...J..", [("arrival", 2, 3), ("departure", 3, 4)]),
    ("..JJJ.", [("arrival", 1, 2), ("departure", 4, 5)]),
    ("....JJ", [("arrival", 3, 4)]),
    ("JJ....", [("departure", 1, 2)]),
    (".J..J..", [("arrival", 0, 1), ("departure", 1, 2), ("arrival", 3, 4), ("departure", 4, 5)]),
    ("..JJKK..", [("arrival", 1, 2), ("replacement", 3, 4), ("departure", 5, 6)]),
    ("...JK...", [("arrival", 2, 3), ("replacement", 3, 4), ("departure", 4, 5)]),
    ("..JKKK..", [("arrival", 1, 2), ("replacement", 2, 3), ("departure", 5, 6)]),
    (".J", [("arrival", 0, 1)]),
    ("J.", [("departure", 0, 1)]),
]


def places(detection: DetectionResult) -> np.ndarray:
    """(event, 2): rows and columns on the Grid."""
    fits = [event.parked.best.fit for event in detection.events]
    corner = (detection.stack.georeference.top, detection.stack.georeference.left)
    return np.array([(fit.row, fit.col) for fit in fits]).reshape(-1, 2) + corner


@lru_cache(maxsize=8)
def stood(pattern: str) -> DetectionResult:
    """The detection over passes in which the jet, and the other jet, stand as the pattern says."""
    return look_for(series(stand(pattern, J=JET, K=OTHER)))


def scores(detection: DetectionResult) -> list[float]:
    return [event.score for event in detection.events]


@pytest.mark.parametrize(("pattern", "expected"), STANDS)
def test_what_stands_where_and_when(pattern: str, expected: list[tuple[str, int, int]]) -> None:
    detection = stood(pattern)
    assert sorted(changes(detection)) == sorted(expected)
    assert np.abs(places(detection) - MIDDLE).max(initial=0) < PLACE_PX


@pytest.mark.parametrize("seed", range(1, 3))
def test_two_aircraft_on_other_ground(seed: int) -> None:
    looks = [[], [], [JET], [JET, AIRBUS], [AIRBUS], [], []]
    expected = [("arrival", 1, 2), ("arrival", 2, 3), ("departure", 3, 4), ("departure", 4, 5)]
    assert sorted(changes(look_for(series(looks, seed=seed)))) == expected


@pytest.mark.parametrize("planted", [(), (JET,)])
@pytest.mark.parametrize("count", [2, 6])
def test_one_scene_repeated_has_no_events(planted: tuple[Placement, ...], count: int) -> None:
    scene = make_scene(0, *planted)
    scenes = [replace(scene, acquisition_id=f"pass-{n}", datetime=FIRST + timedelta(days=5 * n)) for n in range(count)]
    assert changes(look_for(scenes)) == []


def test_gain_and_offset_of_each_pass_change_nothing() -> None:
    rng = np.random.default_rng(5)
    scenes = series(stand("...JJ..", J=JET))
    gains = rng.uniform(0.85, 1.2, (len(scenes), 4, 1, 1)).astype(np.float32)
    offsets = rng.uniform(-0.02, 0.04, gains.shape).astype(np.float32)
    gains[0], offsets[0] = 1.0, 0.0  # the reference: the light that all passes are brought to
    lit = [scene.with_data(scene.data * g + a) for scene, g, a in zip(scenes, gains, offsets, strict=True)]
    plain, other = stood("...JJ.."), look_for(lit)
    assert changes(other) == changes(plain) == [("arrival", 2, 3), ("departure", 4, 5)]
    np.testing.assert_allclose(scores(other), scores(plain), rtol=0.07)


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_scenes_is_irrelevant(seed: int) -> None:
    scenes = series(stand("..JJ.", J=JET))
    order = np.random.default_rng(seed).permutation(len(scenes))
    plain, shuffled = stood("..JJ."), look_for([scenes[index] for index in order])
    assert changes(plain) == [("arrival", 1, 2), ("departure", 3, 4)]
    assert changes(shuffled) == changes(plain) and scores(shuffled) == scores(plain)
    np.testing.assert_array_equal(places(shuffled), places(plain))


def test_processes_change_nothing_but_the_time() -> None:
    scenes = series(stand(".JJ..A", J=JET, A=AIRBUS))
    spread, here = look_for(scenes, workers=2), look_for(scenes)
    assert changes(spread) == changes(here) != []
    assert [event.score for event in spread.events] == [event.score for event in here.events]
    assert [event.parked.best.fit.length_m for event in spread.events] == [
        event.parked.best.fit.length_m for event in here.events
    ]


def test_scenes_come_back_as_they_were() -> None:
    scenes = series(stand(".J.", J=JET))
    before = [scene.data.copy() for scene in scenes]
    look_for(scenes)
    assert all(np.array_equal(one, scene.data) for one, scene in zip(before, scenes, strict=True))


def test_what_is_never_seen_never_hits() -> None:
    box = np.s_[50:65, 50:65]
    scenes = [hidden_under(scene, box) for scene in series(stand("...JJ..", J=JET))]
    assert changes(look_for(scenes)) == []


@pytest.mark.parametrize("seed", range(2))
def test_hits_lie_on_pixels_that_were_seen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [masked(scene, rng) for scene in series(stand("..JJ.JJ.", J=JET), seed=seed)]
    detection = look_for(scenes)
    for event, (row, col) in zip(detection.events, places(detection).round().astype(int), strict=True):
        assert scenes[event.before].valid[row, col] and scenes[event.after].valid[row, col]


def masked(scene: Scene, rng: np.random.Generator) -> Scene:
    """Without a third of its apron."""
    row, col = rng.integers(42, 62), rng.integers(38, 60)
    return hidden_under(scene, np.s_[row : row + 18, col : col + 20])


@pytest.mark.parametrize(("down", "right"), [(7, -4), (-3, 11)])
def test_moving_everything_by_whole_pixels_moves_the_hits_and_nothing_else(down: int, right: int) -> None:
    scenes = series(stand("..JJ.", J=JET))
    rolled = [scene.with_data(np.roll(scene.data, (down, right), axis=(1, 2))) for scene in scenes]
    rolled = [replace(scene, scl=np.roll(scene.scl, (down, right), axis=(0, 1))) for scene in rolled]
    apron = tuple(slice(s.start + by, s.stop + by) for s, by in zip(APRON, (down, right), strict=True))
    plain, moved = stood("..JJ."), look_for(rolled, areas(apron))
    assert changes(moved) == changes(plain) == [("arrival", 1, 2), ("departure", 3, 4)]
    np.testing.assert_allclose(places(moved) - (down, right), places(plain), atol=0.2)
    np.testing.assert_allclose(scores(moved), scores(plain), rtol=0.05)


def test_an_aircraft_that_shines_a_little_differently_stays_one() -> None:
    shine = [1.0, 1.06, 0.95, 1.04, 0.97]
    looks = [[], [], *([replace(JET, fuselage_paint=0.62 * s, wing_paint=0.45 * s)] for s in shine), []]
    assert changes(look_for(series(looks))) == [("arrival", 1, 2), ("departure", 6, 7)]


def test_wet_pavement_around_an_aircraft_that_stays_is_no_event() -> None:
    scenes = series(stand("..JJJJ..", J=JET))
    empty, taken = make_scene(3).data, scenes[3].data
    share = np.zeros(empty.shape, np.float32)
    share[:, *APRON] = 0.18
    scenes[3] = scenes[3].with_data(taken - share * empty)
    assert changes(look_for(scenes)) == [("arrival", 1, 2), ("departure", 5, 6)]


def test_a_cloud_between_widens_the_bracket() -> None:
    scenes = series(stand("..JJ..", J=JET))
    overcast = replace(STILL, clouds=(Cloud(*MIDDLE, 25),))
    scenes[1], scenes[4] = make_scene(1, weather=overcast), make_scene(4, weather=overcast)
    detection = look_for(scenes)
    assert changes(detection) == [("arrival", 0, 2), ("departure", 3, 5)]
    assert detection.visible_fraction(1, 0) < 0.2 and detection.visible_fraction(0, 0) == 1.0


def test_misregistered_passes_find_the_same() -> None:
    rng = np.random.default_rng(2)
    scenes = [
        make_scene(n, *planted, weather=replace(STILL, shift_px=tuple(rng.normal(0, 0.5, 2))))
        for n, planted in enumerate(stand("...JJ..", J=JET))
    ]
    assert changes(look_for(scenes)) == [("arrival", 2, 3), ("departure", 4, 5)]


def test_a_pass_without_a_band_that_the_others_have_is_set_aside() -> None:
    scenes = series(stand("..J..", J=JET))
    scenes[4] = replace(scenes[4], bands=scenes[4].bands[:3], data=scenes[4].data[:3])
    detection = look_for(scenes)
    assert [one.reason.text for one in detection.stack.unusable] == ["lacks B08, which the other passes have"]
    assert changes(detection) == [("arrival", 1, 2), ("departure", 2, 3)]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_passes_say_nothing(count: int) -> None:
    detection = look_for(series([[]] * count))
    assert detection.events == () and detection.own_orbits == (None,) * count


def test_the_chip_holds_the_event() -> None:
    detection = stood(".J")
    rows, cols, row, col = cut_chip_window(detection.stack, detection.events[0], half=12)
    image = detection.stack.passes[1].image[:, rows, cols]
    assert image.shape == (4, 25, 25)
    corner = detection.stack.georeference
    place = (row + rows.start + corner.top, col + cols.start + corner.left)
    assert place == pytest.approx(MIDDLE, abs=PLACE_PX)
