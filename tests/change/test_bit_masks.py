"""Masks as whole numbers do what arrays of truths do."""

import numpy as np
import pytest

from imagery_watch.change.bit_masks import BitMask, pack

SIDE, TOP, LEFT = 48, 17, 21


def blob(seed: int, shape: tuple[int, int] = (9, 12)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < 0.5


def placed(mask: np.ndarray, top: int = TOP, left: int = LEFT) -> np.ndarray:
    whole = np.zeros((SIDE, SIDE), bool)
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return whole


def test_what_is_packed_comes_out_again() -> None:
    np.testing.assert_array_equal(pack(blob(1), TOP, LEFT, SIDE).unpack(), placed(blob(1)))
    assert not BitMask(0, SIDE).unpack().any()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (5, -3), (-17, 15), (-2, -21), (22, 0), (0, 7)])
def test_a_mask_is_moved_as_its_cells_are(down: int, right: int) -> None:
    moved = pack(blob(2), TOP, LEFT, SIDE).moved(down, right)
    np.testing.assert_array_equal(moved.unpack(), placed(blob(2), TOP + down, LEFT + right))


def test_masks_are_united_and_taken_away_cell_by_cell() -> None:
    one, other = (pack(blob(seed), TOP, LEFT, SIDE) for seed in (3, 4))
    np.testing.assert_array_equal(one.united(other).unpack(), placed(blob(3) | blob(4)))
    np.testing.assert_array_equal(one.without(other).unpack(), placed(blob(3) & ~blob(4)))
