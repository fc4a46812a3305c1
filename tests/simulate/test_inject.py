"""Injection adds what the aircraft changes, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from imagery_watch.simulate.aircraft import TYPES, footprint, parts
from imagery_watch.simulate.inject import Placement, inject

BANDS = ("B02", "B03", "B04", "B08")
FLAT = np.repeat(np.array([0.1, 0.2, 0.3, 0.4], np.float32), 60 * 60).reshape(4, 60, 60)
PLANE = Placement("Il-62M", 30.0, 30.0, 40.0, 0.7, 0.5)
HIGH_SUN = (150.0, 89.9)


def change(placement: Placement, sun: tuple[float, float] = HIGH_SUN, ground: np.ndarray = FLAT) -> np.ndarray:
    return inject(ground, BANDS, placement, *sun) - ground


def test_the_input_is_left_as_it_was() -> None:
    ground = FLAT.copy()
    inject(ground, BANDS, PLANE, 150.0, 45.0)
    np.testing.assert_array_equal(ground, FLAT)


@pytest.mark.parametrize("name", ["A320", "Il-62M", "B777-200"])
def test_the_sum_of_change_is_area_times_contrast(name: str) -> None:
    one = replace(PLANE, aircraft=name, fuselage_paint=0.6, wing_paint=0.6)
    pieces = parts(TYPES[name], one.heading_deg)
    area_px = footprint(pieces, wings=True).union(footprint(pieces, wings=False)).area / 100
    paint = np.full(FLAT.shape, 0.6, np.float32)
    under_it = change(one)[0].sum() / (paint - FLAT)[0, 0, 0]
    assert under_it == pytest.approx(area_px, rel=0.12)  # a high sun still draws a rim of half a metre of shadow
    fully = [change(replace(one, fuselage_paint=p, wing_paint=p))[0].sum() for p in (0.3, 0.6, 0.9)]
    assert fully[2] - fully[1] == pytest.approx(area_px * 0.3, rel=0.05)
    assert fully[1] - fully[0] == pytest.approx(area_px * 0.3, rel=0.05)


def test_whole_pixels_only_move_it() -> None:
    here, there = change(PLANE), change(replace(PLANE, row=33.0, col=26.0))
    np.testing.assert_allclose(np.roll(here, (3, -4), axis=(1, 2)), there, atol=1e-6)


@pytest.mark.parametrize(("down", "right"), [(0.0, 0.0), (0.3, 0.0), (-0.4, 0.25)])
def test_its_middle_of_mass_moves_with_it(down: float, right: float) -> None:
    def middle(placement: Placement) -> np.ndarray:
        weight = np.abs(change(placement)[0])
        rows, cols = np.mgrid[:60, :60]
        return np.array([(rows * weight).sum(), (cols * weight).sum()]) / weight.sum()

    moved = middle(replace(PLANE, row=30 + down, col=30 + right)) - middle(PLANE)
    np.testing.assert_allclose(moved, (down, right), atol=0.05)


def test_paint_like_the_ground_leaves_the_shadow_only() -> None:
    hidden = change(replace(PLANE, fuselage_paint=0.1, wing_paint=0.1), sun=(150.0, 40.0))
    assert hidden[0].max() < 1e-3 and hidden[0].min() < -0.02


def test_near_infrared_is_darkest_in_the_shadow() -> None:
    ground = np.full((4, 60, 60), 0.3, np.float32)
    deepest = change(replace(PLANE, fuselage_paint=0.3, wing_paint=0.3), (150.0, 35.0), ground).min(axis=(1, 2))
    assert (np.diff(deepest) < 0).all()


@pytest.mark.parametrize(("row", "col"), [(5, 30), (30, 5), (55, 30), (30, 55), (-3, 30), (30, 200)])
def test_too_near_the_edge(row: float, col: float) -> None:
    with pytest.raises(ValueError, match="too near the edge"):
        inject(FLAT, BANDS, replace(PLANE, row=row, col=col), *HIGH_SUN)


def test_unseen_ground_stays_unseen() -> None:
    ground = FLAT.copy()
    ground[:, 20:25, 20:25] = np.nan
    planted = inject(ground, BANDS, PLANE, 150.0, 45.0)
    np.testing.assert_array_equal(np.isnan(planted), np.isnan(ground))
