"""Masks as whole numbers, one bit a cell: they are moved and united by single operations on long numbers."""

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

    def united(self, other: "BitMask") -> "BitMask":
        """Cells of either."""
        return BitMask(self.bits | other.bits, self.side)

    def without(self, other: "BitMask") -> "BitMask":
        """Cells that are not the other's."""
        return BitMask(self.bits & ~other.bits, self.side)

    def unpack(self) -> NDArray[np.uint8]:
        """(y, x): 1 in the mask, 0 elsewhere."""
        packed = np.frombuffer(self.bits.to_bytes(self.side**2 // 8, "big"), np.uint8)
        return np.unpackbits(packed).reshape(self.side, self.side)


def pack(mask: Mask, top: int, left: int, side: int) -> BitMask:
    """A mask whose first row and column are these of a square that is otherwise empty."""
    height, width = mask.shape
    band = np.zeros((height, side), bool)
    band[:, left : left + width] = mask
    below = side * (side - top - height)
    return BitMask(int.from_bytes(np.packbits(band).tobytes(), "big") << below, side)
