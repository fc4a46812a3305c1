"""A world is what its setting says, pixel for pixel, and its sun is where an almanac has it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from imagery_watch.simulate.daylight import BANDS, sun_position
from imagery_watch.simulate.simulator import SCL_CLOUD, Setting, World, build, grid

SETTING = Setting(1200, passes=8, cloudy=0.25)


@pytest.fixture(scope="module")
def world() -> World:
    return build(SETTING)


def test_the_same_setting_gives_the_same_pixels(world: World) -> None:
    for one, again in zip(world.passes, build(SETTING).passes, strict=True):
        np.testing.assert_array_equal(one.reflectance, again.reflectance)
        np.testing.assert_array_equal(one.scl, again.scl)
        assert (one.when, one.sun_elevation) == (again.when, again.sun_elevation)


def test_another_seed_gives_another_world(world: World) -> None:
    other = build(replace(SETTING, seed=1210, passes=7))
    assert other.layout.heading != world.layout.heading and other.story.stays != world.story.stays
    assert np.abs(other.passes[0].reflectance - world.passes[0].reflectance).mean() > 0.01


def test_scenes_lie_on_the_grid_in_order_of_time(world: World) -> None:
    scenes, where = world.scenes, grid()
    assert [scene.item_ids for scene in scenes] == [(f"item-{number}",) for number in range(SETTING.passes)]
    assert [scene.datetime for scene in scenes] == sorted(scene.datetime for scene in scenes)
    for scene in scenes:
        assert scene.bands == BANDS and scene.data.shape == (4, where.height, where.width)
        assert scene.data.dtype == np.float32 and np.isfinite(scene.data).all() and scene.valid.all()


def test_areas_are_the_three_aprons(world: World) -> None:
    areas = world.areas
    assert areas.apron_names == ("apron-1", "apron-2", "apron-3")
    assert (areas.apron_index >= 0).sum() * 1e-4 == pytest.approx(0.84, abs=0.02)
    assert world.story.km2 == pytest.approx(0.84, abs=0.02)
    np.testing.assert_array_equal(areas.ring, areas.apron_index < 0)


@pytest.mark.parametrize(("pavement", "blue", "infrared"), [("concrete", 0.24, 0.36), ("asphalt", 0.08, 0.12)])
def test_aprons_look_like_their_pavement(pavement: str, blue: float, infrared: float) -> None:
    made = build(Setting(1300, pavement, traffic=False, passes=3, cloudy=0.0))
    apron = made.layout.apron_index >= 0
    seen = np.median([one.reflectance[:, apron] for one in made.passes], axis=(0, 2))
    assert (seen[0], seen[3]) == pytest.approx((blue, infrared), rel=0.25)


def test_aprons_change_by_their_noise_and_louder_ones_by_more() -> None:
    def restless(noise: float) -> float:
        made = build(Setting(1400, noise=noise, traffic=False, passes=4, clutter=0.0, cloudy=0.0, misregistration_px=0))
        images = np.stack([one.reflectance[:, made.layout.apron_index >= 0] for one in made.passes])
        images -= np.median(images, axis=2, keepdims=True)
        return float(1.4826 * np.median(np.abs(images[1:] - images[:-1])) / np.sqrt(2))

    quiet, loud = restless(0.005), restless(0.02)
    assert 1.8 < loud / quiet < 4.5 and 0.01 < loud < 0.03


def test_clouds_are_flagged_on_cloudy_passes_only() -> None:
    def flagged(cloudy: float) -> list[bool]:
        made = build(Setting(1500, traffic=False, passes=3, cloudy=cloudy))
        return [bool((one.scl == SCL_CLOUD).any()) for one in made.passes]

    assert not any(flagged(0.0)) and all(flagged(1.0))


@pytest.mark.parametrize(
    ("month", "hour", "elevation", "azimuth"),
    # ASHRAE Handbook, Fundamentals: solar position at 40 degrees north on the 21st, azimuth there from south
    [
        (6, 10.0, 59.8, 180 - 65.8),
        (6, 12.0, 73.5, 180.0),
        (3, 10.0, 41.6, 180 - 41.9),
        (3, 12.0, 50.0, 180.0),
        (12, 10.0, 20.7, 180 - 29.4),
        (12, 12.0, 26.6, 180.0),
    ],
)
def test_the_sun_is_where_an_almanac_has_it(month: int, hour: float, elevation: float, azimuth: float) -> None:
    found = sun_position(40.0, datetime(2023, month, 21, 10, tzinfo=UTC), hour)
    assert found == pytest.approx((azimuth, elevation), abs=1.0)
