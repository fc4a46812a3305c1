"""The pixels have the last word on the offset."""

from dataclasses import replace

import numpy as np
import pytest

from change.scenes import GRID, make_scene
from imagery_watch.change.preprocess.offset_guard import guard_offsets, measure_dark_level
from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR

STEPS = [
    ("one of six not applied", [0, 0, 0.1, 0, 0, 0]),
    ("one of six applied twice", [0, 0, 0, 0, -0.1, 0]),
    ("two of six, each its way", [0.1, 0, 0, 0, -0.1, 0]),
    ("one of two not applied", [0, 0.1]),
    ("one of two applied twice", [-0.1, 0]),
    ("all alike", [0, 0, 0, 0]),
    ("alone", [0]),
]


def stepped(scene: Scene, step: float) -> Scene:
    return scene.with_data(scene.data + np.float32(step))


@pytest.mark.parametrize(("case", "steps"), STEPS, ids=[case for case, _ in STEPS])
def test_wrong_offsets_are_put_right_by_exactly_a_tenth(case: str, steps: list[float]) -> None:
    right = [make_scene(number) for number in range(len(steps))]
    guarded = guard_offsets([stepped(scene, step) for scene, step in zip(right, steps, strict=True)], DETECTOR)
    for scene, truth, step in zip(guarded, right, steps, strict=True):
        np.testing.assert_allclose(scene.data, truth.data, atol=1e-6)
        assert bool(scene.notes) == (step != 0)


@pytest.mark.parametrize("haze", [-0.04, -0.02, 0.02, 0.05])
def test_weather_is_not_an_offset(haze: float) -> None:
    scenes = [stepped(make_scene(number), haze if number == 2 else 0.0) for number in range(5)]
    guarded = guard_offsets(scenes, DETECTOR)
    assert all(one is two for one, two in zip(guarded, scenes, strict=True))


def test_one_band_alone_cannot_tell_weather_from_offset() -> None:
    scenes = [replace(scene, bands=("mono",), data=scene.data[:1]) for scene in map(make_scene, range(4))]
    scenes[1] = stepped(scenes[1], 0.1)
    assert guard_offsets(scenes, DETECTOR)[1] is scenes[1]


def test_a_step_in_some_bands_only_is_not_an_offset() -> None:
    scenes = [make_scene(number) for number in range(4)]
    step = np.array([0.1, 0.1, 0.1, 0.0], np.float32)[:, None, None]
    scenes[2] = scenes[2].with_data(scenes[2].data + step)
    assert guard_offsets(scenes, DETECTOR)[2] is scenes[2]


def test_an_empty_scene_passes_unchanged() -> None:
    empty = make_scene(0).with_data(np.full((4, *GRID.shape), np.nan, np.float32))
    assert guard_offsets([empty, make_scene(1), make_scene(2)], DETECTOR)[0] is empty
    assert guard_offsets([], DETECTOR) == []


def test_the_dark_level_is_the_second_percentile_of_what_is_valid() -> None:
    scene = make_scene(0)
    data = scene.data.copy()
    data[:, :50] = np.nan
    expected = np.nanpercentile(data, 2, axis=(1, 2))
    np.testing.assert_allclose(measure_dark_level(scene.with_data(data)), expected, rtol=1e-5)
