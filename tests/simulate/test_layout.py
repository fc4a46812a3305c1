"""Airfields are drawn to their plan, each seed its own."""

import numpy as np
import pytest

from imagery_watch.simulate.layout import APRONS_M, CELL_M, FINE, SIZE, Layout, lay_out, shaded


@pytest.fixture(scope="module")
def field() -> Layout:
    return lay_out(31)


def test_a_seed_gives_one_airfield(field: Layout) -> None:
    again = lay_out(31)
    for name in ("shares", "heights", "apron_index", "texture", "slabs"):
        np.testing.assert_array_equal(getattr(field, name), getattr(again, name))
    assert field.heading == again.heading


def test_another_seed_gives_another(field: Layout) -> None:
    other = lay_out(41)
    assert field.heading != other.heading and (field.apron_index != other.apron_index).any()


def test_aprons_have_their_areas(field: Layout) -> None:
    for number, (_, _, length, width) in enumerate(APRONS_M):
        assert (field.apron_index == number).sum() * 100 == pytest.approx(length * width, rel=0.03)


def test_each_pixel_is_shared_out_wholly(field: Layout) -> None:
    np.testing.assert_allclose(field.shares.sum(axis=0)[3:-3, 3:-3], 1.0, atol=1e-3)
    assert field.shares.min() >= 0


def test_no_building_stands_on_an_apron(field: Layout) -> None:
    on_apron = np.kron(field.apron_index >= 0, np.ones((FINE, FINE), bool))
    built = (field.heights > 0) & on_apron
    assert built.mean() < 1e-4  # a pixel's middle may be apron and its rim a hangar


def alone(height: float) -> Layout:
    heights = np.zeros((SIZE * FINE, SIZE * FINE), np.float32)
    heights[600:616, 600:616] = height
    empty = np.zeros((SIZE, SIZE), np.float32)
    return Layout(0.0, empty[None], heights, empty.astype(np.int16), empty, empty.astype(np.int32))


@pytest.mark.parametrize(("azimuth", "rows", "cols"), [(180.0, -1, 0), (90.0, 0, -1), (270.0, 0, 1), (0.0, 1, 0)])
def test_shadows_fall_away_from_the_sun(azimuth: float, rows: int, cols: int) -> None:
    shade = shaded(alone(20.0), azimuth, 45.0)
    middle = 608 / FINE - 0.5
    down, right = _middle(shade)
    assert np.sign(round(down - middle)) == rows and np.sign(round(right - middle)) == cols


def _middle(shade: np.ndarray) -> tuple[float, float]:
    rows, cols = np.indices(shade.shape)
    return float((rows * shade).sum() / shade.sum()), float((cols * shade).sum() / shade.sum())


@pytest.mark.parametrize("elevation", [30.0, 45.0, 60.0])
def test_a_shadow_is_as_long_as_the_sun_makes_it(elevation: float) -> None:
    height, side = 20.0, 16 * CELL_M
    area = float(shaded(alone(height), 180.0, elevation).sum()) * 100
    assert area == pytest.approx(side * height / np.tan(np.radians(elevation)), rel=0.25)  # in steps of 2.5 m
