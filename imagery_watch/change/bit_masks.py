"""Masks as whole numbers, one bit a cell: they are moved and united by single operations on long numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.arrays import Mask


class BitMask(NamedTuple):
    """A square mask, row after row from its first bit on. What is moved beyond an edge must be nothing."""

    bits: int
    side: int
    """Cells along an edge, a multiple of 8."""

    def moved(self, down: int, right: int) -> "BitMask":
        """The mask, moved."""
        by = down * self.side + right
        return BitMask(self.bits >> by if by >= 0 else self.bits << -by, self.side)

    def swept(self, moves: Sequence[tuple[int, int]]) -> "BitMask":
        """The mask, moved by the first of these (down and right); then by each of the others, and united with it."""
        bits = self.moved(*moves[0]).bits
        for down, right in moves[1:]:
            by = down * self.side + right
            bits |= bits >> by if by >= 0 else bits << -by
        return BitMask(bits, self.side)

    def united(self, other: "BitMask") -> "BitMask":
        """Cells of either."""
        return BitMask(self.bits | other.bits, self.side)

    def without(self, other: "BitMask") -> "BitMask":
        """Cells that are not the other's."""
        return BitMask(self.bits & ~other.bits, self.side)

    @property
    def rows(self) -> slice:
        """The rows from the first to the last that hold some of the mask, which must not be empty."""
        first = self.side - -(-self.bits.bit_length() // self.side)
        last = self.side - ((self.bits & -self.bits).bit_length() - 1) // self.side
        return slice(first, last)

    def unpack(self, rows: slice) -> NDArray[np.uint8]:
        """(y, x) of these rows: 1 in the mask, 0 elsewhere; nothing of it must lie in others."""
        count = rows.stop - rows.start
        held = self.bits >> self.side * (self.side - rows.stop)
        packed = np.frombuffer(held.to_bytes(self.side * count // 8, "big"), np.uint8)
        return np.unpackbits(packed).reshape(count, self.side)


def pack(mask: Mask, top: int, left: int, side: int) -> BitMask:
    """A mask whose first row and column are these of a square that is otherwise empty."""
    height, width = mask.shape
    band = np.zeros((height, side), bool)
    band[:, left : left + width] = mask
    below = side * (side - top - height)
    return BitMask(int.from_bytes(np.packbits(band).tobytes(), "big") << below, side)
