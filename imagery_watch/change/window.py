"""The neighbourhood of one candidate, and the metric in which hypotheses about it are compared.

Two metrics: a coarse one without correlation in space (its variance widened instead), cheap enough for thousands of
atoms; and the exact one, in which noise is whitened over pixels and bands, for the few that lead.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.noise import Noise
from imagery_watch.change.screen import Look
from imagery_watch.change.templates import HALF, SIDE, shadow_loss

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """The pixels around a candidate, flattened row by row."""

    residual: Array = field(repr=False)
    """(band, pixel): reflectance less the empty apron's."""
    ground: Array = field(repr=False)
    """(band, pixel): the empty apron."""
    spread: Array = field(repr=False)
    """(band, pixel): one-sigma noise, infinite where hidden."""
    precision: Array = field(repr=False)
    """(band, band, pixel): inverse covariance of the coarse metric."""
    noise: Noise
    lost: Array
    """(band,): share of light lost in shadow."""
    throw: float
    """Length of a shadow, in heights."""
    away: tuple[float, float]
    """Down and right: the direction of a shadow, of unit length."""
    beside_buildings: bool
    """Whether a building's shadow can reach its middle."""

    @property
    def shaded(self) -> Array:
        """(band, pixel): light that the ground loses in full shadow."""
        return self.ground * self.lost[:, None]

    @property
    def middle(self) -> Array:
        """(band,): the empty apron's colour at its middle."""
        return self.ground[:, self.ground.shape[1] // 2]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(pixel,): neither hidden nor beyond the edge."""
        return np.isfinite(self.spread[0])

    @cached_property
    def observed(self) -> Array:
        """(channel * pixel,): the residual in the exact metric."""
        return self.white(self.residual[None])[0]

    def products(self, first: Array, second: Array) -> Array:
        """(pixel,): first' Q second per pixel, in the coarse metric; both are (band, pixel)."""
        weighted = (self.precision * second[None, :, :]).sum(axis=1)
        product: Array = (first * weighted).sum(axis=0)
        return product

    def white(self, columns: Array) -> Array:
        """(column, channel * pixel): columns (column, band, pixel) in the exact metric, where noise is white."""
        return self.noise.white(columns / self.spread, SIDE).reshape(len(columns), -1)


def window_of(look: Look, row: int, col: int) -> Window:
    """The window around a pixel; beyond the edge of the map nothing is known."""
    pad = ((HALF, HALF), (HALF, HALF))
    rows, cols = slice(row, row + SIDE), slice(col, col + SIDE)
    bands = len(look.bands)
    cut = (slice(None), rows, cols)
    residual = _cut(look.residual, row, col).reshape(bands, -1)
    ground = np.pad(look.ground, ((0, 0), *pad), mode="edge")[cut].reshape(bands, -1)
    spread = _cut(look.spread, row, col, np.inf).reshape(bands, -1)
    precision = _cut(look.precision, row, col).reshape(bands, bands, -1)
    throw = 1.0 / np.tan(np.radians(max(look.sun_elevation, 5.0)))
    azimuth = np.radians(look.sun_azimuth + 180.0)
    away = (-float(np.cos(azimuth)), float(np.sin(azimuth)))
    beside = bool(look.beside_buildings[row, col])
    return Window(residual, ground, spread, precision, look.noise, shadow_loss(look.bands), throw, away, beside)


def _cut(image: Array, row: int, col: int, beyond: float = 0.0) -> Array:
    """(..., SIDE, SIDE) around a pixel, `beyond` the edges filled."""
    height, width = image.shape[-2:]
    cut = np.full((*image.shape[:-2], SIDE, SIDE), beyond, np.float32)
    top, left = max(0, row - HALF), max(0, col - HALF)
    bottom, right = min(height, row + HALF + 1), min(width, col + HALF + 1)
    place = np.s_[..., top - row + HALF : bottom - row + HALF, left - col + HALF : right - col + HALF]
    cut[place] = image[..., top:bottom, left:right]
    return cut
