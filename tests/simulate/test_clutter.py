"""What is no aircraft has the size, the place and the number that it should."""

from collections import Counter

import numpy as np
import pytest
from shapely.geometry import box

from imagery_watch.simulate.clutter import (
    LASTING_PER_KM2,
    PASSING_PER_KM2,
    Thing,
    Veil,
    around,
    drawn,
    lasting,
    passing,
    veiled,
    veils,
)

SITES = [(float(row), float(col)) for row in range(20, 40) for col in range(20, 40)]
FLAT = np.full((4, 60, 60), 0.3, np.float32)
SUN = (180.0, 45.0)


def things(count: int = 300) -> list[Thing]:
    rng = np.random.default_rng(3)
    made = [one for number in range(count) for one in passing(rng, SITES, 0.5, number)]
    return made + lasting(rng, SITES, 1.0, count)


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("vehicle", 6 * 2.2, 18 * 4.0),
        ("container", 12.2 * 2.44, 12.2 * 2.44 * 6),
        ("slab", 20 * 15, 80 * 40),
        ("marking", 30 * 0.3, 2 * 90 * 1.2),
        ("wet", 15, 90**2),
        ("bright", 15, 90**2),
        ("stain", 8, 40**2),
    ],
)
def test_things_have_the_areas_of_their_kind(kind: str, least: float, most: float) -> None:
    areas = [one.shape.area for one in things() if one.kind == kind]
    assert len(areas) > 5
    assert least - 1e-6 <= min(areas) and max(areas) <= most + 1e-6
    assert max(areas) > 1.5 * min(areas)


def test_there_are_as_many_as_their_density_says() -> None:
    rng, passes, km2 = np.random.default_rng(5), 400, 0.5
    counts = Counter(one.kind for number in range(passes) for one in passing(rng, SITES, km2, number))
    for kind, density in PASSING_PER_KM2.items():
        expected = density * km2 * passes
        assert counts[kind] == pytest.approx(expected, abs=4 * expected**0.5)
    stayed = Counter(one.kind for one in lasting(rng, SITES, 10.0, passes))
    for kind, density in LASTING_PER_KM2.items():
        expected = density * 10.0 * passes
        assert stayed[kind] == pytest.approx(expected, abs=4 * expected**0.5)


def test_what_passes_is_there_once_and_what_lasts_longer() -> None:
    rng = np.random.default_rng(7)
    assert all((one.first, one.gone) == (4, 5) for one in passing(rng, SITES, 3.0, 4))
    for one in lasting(rng, SITES, 3.0, 16):
        assert 1 <= one.first < 16 and (one.gone == 16 or one.gone >= one.first + 2)


def test_no_clutter_is_none() -> None:
    rng = np.random.default_rng(9)
    assert passing(rng, SITES, 3.0, 4, 0.0) == lasting(rng, SITES, 3.0, 16, 0.0) == []
    assert [one for number in range(50) for one in around(rng, SITES[0], number, 0.0)] == []


def test_vehicles_around_an_aircraft_stand_near_it() -> None:
    rng = np.random.default_rng(11)
    near = [one for number in range(200) for one in around(rng, (30.0, 30.0), number) if one.kind == "vehicle"]
    assert len(near) == pytest.approx(50, abs=20)
    assert all(1.2 < np.hypot(one.row - 30, one.col - 30) < 4.8 for one in near)


def test_what_is_drawn_is_area_times_contrast_and_the_ground_is_left_as_it_was() -> None:
    ground = FLAT.copy()
    thing = Thing("box", box(-15, -10, 15, 10), 30.2, 29.7, 0, 1, np.full(4, 0.5, np.float32))
    added = drawn(ground, thing, SUN) - FLAT
    np.testing.assert_array_equal(ground, FLAT)
    np.testing.assert_allclose(added.sum(axis=(1, 2)), 0.2 * 6.0, rtol=0.02)


def test_wet_ground_is_darker_by_its_factor_and_dusty_ground_brighter_by_its_lift() -> None:
    wide = box(-60, -60, 60, 60)
    wet = drawn(FLAT, Thing("wet", wide, 30, 30, 0, 1, factor=0.7), SUN)
    dusty = drawn(FLAT, Thing("bright", wide, 30, 30, 0, 1, lift=0.1), SUN)
    np.testing.assert_allclose(wet[:, 30, 30], 0.21, atol=1e-3)
    np.testing.assert_allclose(dusty[:, 30, 30], 0.4, atol=1e-3)
    assert (wet[:, :20] == FLAT[:, :20]).all()


def test_what_stands_up_throws_a_shadow_away_from_the_sun_darkest_in_the_infrared() -> None:
    thing = Thing("box", box(-10, -10, 10, 10), 30, 30, 0, 1, np.full(4, 0.3, np.float32), height=20.0)
    change = drawn(FLAT, thing, SUN) - FLAT
    assert change[:, :28].min() < -0.1  # north of it, the sun being south
    assert change[:, 33:].min() > -1e-3
    assert change[3, :28].sum() < change[0, :28].sum()


def test_a_thing_outside_the_image_changes_nothing() -> None:
    thing = Thing("box", box(-10, -10, 10, 10), -50, 30, 0, 1, np.full(4, 0.5, np.float32), height=3.0)
    np.testing.assert_array_equal(drawn(FLAT, thing, SUN), FLAT)


def test_only_flagged_cloud_is_told_and_thin_cloud_changes_little() -> None:
    ground = np.full((4, 100, 100), 0.3, np.float32)
    rng = np.random.default_rng(1)
    image, dense, _ = veiled(ground, [Veil(50, 50, 20, 0.9, True)], rng)
    assert dense[50, 50] > 0.8 and image[0, 50, 50] == pytest.approx(0.3 * 0.1 + 0.72 * 0.9, abs=0.05)
    image, dense, dark = veiled(ground, [Veil(50, 50, 20, 0.1, False)], rng)
    assert dense.max() == dark.max() == 0 and 0 < np.abs(image - ground).max() < 0.1


def test_a_pass_without_clouds_has_none_that_are_flagged() -> None:
    rng = np.random.default_rng(1)
    assert not any(veil.flagged for _ in range(100) for veil in veils(rng, 100, cloudy=False))
    assert all(any(veil.flagged for veil in veils(rng, 100, cloudy=True)) for _ in range(20))
