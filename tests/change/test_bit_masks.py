"""Masks as whole numbers do what arrays of truths do."""

import numpy as np
import pytest

from imagery_watch.change.bit_masks import BitMask, pack

SIDE, TOP, LEFT = 48, 17, 21
ALL = slice(0, SIDE)


def blob(seed: int, shape: tuple[int, int] = (9, 12)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < 0.5


def placed(mask: np.ndarray, top: int = TOP, left: int = LEFT) -> np.ndarray:
    whole = np.zeros((SIDE, SIDE), bool)
    whole[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return whole


def test_what_is_packed_comes_out_again() -> None:
    np.testing.assert_array_equal(pack(blob(1), TOP, LEFT, SIDE).unpack(ALL), placed(blob(1)))
    assert not BitMask(0, SIDE).unpack(ALL).any()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (5, -3), (-17, 15), (-2, -21), (22, 0), (0, 7)])
def test_a_mask_is_moved_as_its_cells_are(down: int, right: int) -> None:
    moved = pack(blob(2), TOP, LEFT, SIDE).moved(down, right)
    np.testing.assert_array_equal(moved.unpack(ALL), placed(blob(2), TOP + down, LEFT + right))


def test_masks_are_united_and_taken_away_cell_by_cell() -> None:
    one, other = (pack(blob(seed), TOP, LEFT, SIDE) for seed in (3, 4))
    np.testing.assert_array_equal(one.united(other).unpack(ALL), placed(blob(3) | blob(4)))
    np.testing.assert_array_equal(one.without(other).unpack(ALL), placed(blob(3) & ~blob(4)))


def test_a_mask_is_swept_over_all_its_moves() -> None:
    start, then = pack(blob(5), TOP, LEFT, SIDE), [(2, -1), (-1, 2), (3, 3)]
    plain = start.moved(*then[0])
    for move in then[1:]:
        plain = plain.united(plain.moved(*move))
    assert start.swept(then) == plain


@pytest.mark.parametrize("top", [0, 7, SIDE - 9])
def test_only_the_rows_that_hold_it_need_be_unpacked(top: int) -> None:
    mask = pack(blob(6), top, LEFT, SIDE)
    held = placed(blob(6), top)
    touched = np.flatnonzero(held.any(axis=1))
    assert mask.rows == slice(touched[0], touched[-1] + 1)
    np.testing.assert_array_equal(mask.unpack(mask.rows), held[mask.rows])
