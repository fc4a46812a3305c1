"""Sub-pixel shifts of small images: known ones are found, and what cannot be known is said."""

import numpy as np
import pytest
from scipy import ndimage

from change.scenes import APRON, GRID, areas, ground
from imagery_watch.change.preprocess.registration import (
    MAX_SHIFT_PX,
    fill_invalid,
    gradient_magnitude,
    register,
    shift_image,
)

ALL = np.ones(GRID.shape, bool)
RING = areas().ring


def found(moving: np.ndarray, fixed: np.ndarray, usable: np.ndarray = RING):
    return register(
        gradient_magnitude(moving, np.isfinite(moving[0])),
        gradient_magnitude(fixed, np.isfinite(fixed[0])),
        usable,
        10.0,
    )


def test_the_same_image_has_no_shift() -> None:
    result = found(ground(), ground())
    assert result.ok and np.hypot(result.rows, result.cols) < 0.01 and result.error_px < 0.01


@pytest.mark.parametrize("shift", [(0.3, -0.7), (2.0, 0.0), (-1.76, 0.56), (3.4, 2.2)])
def test_a_shifted_image_moves_back(shift: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    moving = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in ground()])
    moving = moving * 1.2 + 0.01 + rng.normal(0, 0.004, moving.shape)
    result = found(moving.astype(np.float32), ground())
    assert result.ok
    assert (result.rows, result.cols) == pytest.approx((-shift[0], -shift[1]), abs=0.12)


def test_too_little_ring_says_so_and_moves_nothing() -> None:
    small = np.zeros(GRID.shape, bool)
    small[:30, :30] = True
    result = found(ground(), ground(), small)
    assert not result.ok and "0.09 km2" in result.reason and (result.rows, result.cols) == (0.0, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_noise_does_not_match(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0.2, 0.05, (4, *GRID.shape)).astype(np.float32)
    result = found(noise, ground())
    assert not result.ok and (result.rows, result.cols) == (0.0, 0.0)


def test_no_shift_is_larger_than_is_believed() -> None:
    far = np.roll(ground(), (20, 20), axis=(1, 2))
    result = found(far, ground())
    assert not result.ok or np.hypot(result.rows, result.cols) <= MAX_SHIFT_PX


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-5, 4)])
def test_whole_shifts_move_pixels(shift: tuple[int, int]) -> None:
    moved = shift_image(ground(), *shift)
    inner = np.s_[:, 10:-10, 10:-10]
    np.testing.assert_allclose(moved[inner], np.roll(ground(), shift, axis=(1, 2))[inner], atol=1e-4)


def test_what_nothing_moved_into_is_unknown() -> None:
    moved = shift_image(ground(), 3.0, -2.0)
    assert np.isnan(moved[:, :3]).all() and np.isnan(moved[:, :, -2:]).all()
    assert np.isfinite(moved[:, 4:, :-3]).all()


def test_holes_move_and_grow_by_two_pixels_at_most() -> None:
    image = ground().copy()
    image[:, 40:50, 60:70] = np.nan
    lost = np.isnan(shift_image(image, 2.5, 1.5)[0])
    assert lost[43:52, 62:71].all()
    lost[40:56, 59:75] = False
    assert not lost[5:-5, 5:-5].any()


def test_shifting_there_and_back() -> None:
    inner = np.s_[:, 10:-10, 10:-10]
    back = shift_image(np.nan_to_num(shift_image(ground(), 0.4, -0.3)), -0.4, 0.3)
    assert float(np.sqrt(np.mean((back - ground())[inner] ** 2))) < 0.005


def test_invalid_pixels_are_filled_from_their_nearest() -> None:
    band = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, np.nan]], np.float32)
    np.testing.assert_array_equal(fill_invalid(band, np.isnan(band)), [[1, 2, 2], [3, 4, 4]])
    np.testing.assert_array_equal(fill_invalid(band, np.ones(band.shape, bool)), np.zeros((2, 3)))


def test_edges_of_nothing_are_nothing() -> None:
    assert not gradient_magnitude(np.full((2, 20, 20), np.nan, np.float32), np.zeros((20, 20), bool)).any()
    flat = gradient_magnitude(np.full((2, 20, 20), 0.3, np.float32), np.ones((20, 20), bool))
    assert np.isfinite(flat).all()


@pytest.mark.parametrize("shift", [(0.4, -0.6), (1.7, 0.5)])
def test_a_small_ring_is_registered_as_one(shift: tuple[float, float]) -> None:
    """An image of 1 km2 around an apron, as small crops are: fewer blocks than agree, and yet a clear match."""
    small = np.zeros(GRID.shape, bool)
    small[30:84, 26:88] = True
    small[APRON] = False
    moving = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in ground()]).astype(np.float32)
    result = found(moving, ground(), small)
    assert result.ok and result.usable_km2 < 0.3
    assert (result.rows, result.cols) == pytest.approx((-shift[0], -shift[1]), abs=0.2)
    assert 0.1 <= result.error_px < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_noise_on_a_small_ring_is_used_as_it_lies(seed: int) -> None:
    small = np.zeros(GRID.shape, bool)
    small[20:80, 20:80] = True
    noise = np.random.default_rng(seed).normal(0.2, 0.05, (4, *GRID.shape)).astype(np.float32)
    result = found(noise, ground(), small)
    assert not result.ok and not result.mismatched and (result.rows, result.cols) == (0.0, 0.0)
