"""Images moved by fractions of a pixel with cubic B-splines, as `scipy.ndimage.shift` moves them, in less time.

All pixels move by the same fraction: so four weights an axis do for the whole image, rows and columns one after the
other. The spline of an image is found once however often it is moved (docs/method.md, section 4).
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from imagery_watch.model.arrays import Doubles, Image

MARGIN_PX = 12
"""Copies of its edge around an image, so that its spline does not feel where these end; it is scipy's own number."""


class Spline(NamedTuple):
    """The spline of one image."""

    coefficients: Doubles
    """(y, x), with a margin all around."""
    margin: int
    """Pixels."""

    def move(self, rows: float, cols: float) -> Image:
        """(y, x): the image moved down and right by less than the margin, less 3; beyond its edge the edge goes on."""
        return np.asarray(self._move_along(self._move_along(self.coefficients, rows).T, cols).T, np.float32)

    def _move_along(self, values: Doubles, by: float) -> Doubles:
        """Along the first axis, where the margin is taken off."""
        whole = int(np.floor(-by))
        weights, first = _weigh(-by - whole), self.margin + whole - 1
        size = len(values) - 2 * self.margin
        moved = weights[0] * values[first : first + size]
        for tap in range(1, len(weights)):
            moved += weights[tap] * values[first + tap : first + tap + size]
        return moved


def find_spline(image: Image, reach: float) -> Spline:
    """The cubic spline of an image (y, x) that is to be moved by no more than `reach` along either axis."""
    margin = MARGIN_PX + int(np.ceil(reach))
    padded = np.pad(image, margin, mode="edge")
    return Spline(ndimage.spline_filter(padded, order=3, output=np.float64, mode="nearest"), margin)


def _weigh(share: float) -> tuple[float, float, float, float]:
    """What each of the four nearest coefficients counts for, that share of a pixel beyond the second."""
    near, far = share**2, (1 - share) ** 2
    return far * (1 - share) / 6, 2 / 3 - near + near * share / 2, 2 / 3 - far + far * (1 - share) / 2, near * share / 6
