"""The neighbourhood of one candidate, and the metric in which hypotheses about it are compared.

Two metrics: a coarse one without correlation in space (its variance widened instead), cheap enough for thousands of
atoms; and the exact one, in which noise is whitened over pixels and bands, for the few that lead.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.screen import Look, Noise
from imagery_watch.change.templates import shadow_loss

HALF = 9
"""The window reaches 9 pixels to each side: room for 75 m of aircraft and 60 m of shadow."""
SIDE = 2 * HALF + 1

NUGGET = 0.25
"""Share of the noise variance taken as independent from pixel to pixel.

Sensor noise and interpolation account for a few percent; the rest stands for what no dictionary knows of a real
shape's details, so that these do not outweigh its presence.
"""

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

    @property
    def shaded(self) -> Array:
        """(band, pixel): light that the ground loses in full shadow."""
        return self.ground * self.lost[:, None]

    def products(self, first: Array, second: Array) -> Array:
        """(pixel,): first' Q second per pixel, in the coarse metric; both are (band, pixel)."""
        weighted = (self.precision * second[None, :, :]).sum(axis=1)
        product: Array = (first * weighted).sum(axis=0)
        return product

    def white(self, columns: Array) -> Array:
        """(column, band * pixel): columns (column, band, pixel) in the exact metric, where noise is white."""
        over_pixels = (columns / self.spread) @ _pixel_whitener(round(self.noise.coherence, 2)).T
        over_bands = np.einsum("bc,kcn->kbn", _band_whitener(self.noise.correlation), over_pixels, optimize=True)
        return np.ascontiguousarray(over_bands, np.float32).reshape(len(columns), -1)


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
    return Window(residual, ground, spread, precision, look.noise, shadow_loss(look.bands))


def _cut(image: Array, row: int, col: int, beyond: float = 0.0) -> Array:
    """(..., SIDE, SIDE) around a pixel, `beyond` the edges filled."""
    height, width = image.shape[-2:]
    cut = np.full((*image.shape[:-2], SIDE, SIDE), beyond, np.float32)
    top, left = max(0, row - HALF), max(0, col - HALF)
    bottom, right = min(height, row + HALF + 1), min(width, col + HALF + 1)
    place = np.s_[..., top - row + HALF : bottom - row + HALF, left - col + HALF : right - col + HALF]
    cut[place] = image[..., top:bottom, left:right]
    return cut


@lru_cache(maxsize=32)
def _pixel_whitener(coherence: float) -> Array:
    """(pixel, pixel): inverse square root of a Gaussian correlation with a nugget; `coherence` is its value at 1 px.

    The symmetric root, so that what was at a pixel stays around it.
    """
    rows, cols = (axis.ravel().astype(np.float64) for axis in np.mgrid[:SIDE, :SIDE])
    square = (rows[:, None] - rows) ** 2 + (cols[:, None] - cols) ** 2
    near = np.clip(coherence / (1 - NUGGET), 0.02, 0.95)
    correlation = (1 - NUGGET) * near**square + NUGGET * np.eye(SIDE**2)
    values, vectors = np.linalg.eigh(correlation)
    return ((vectors / np.sqrt(values)) @ vectors.T).astype(np.float32)


def _band_whitener(correlation: Array) -> Array:
    """(band, band): inverse Cholesky factor."""
    return np.linalg.inv(np.linalg.cholesky(correlation.astype(np.float64))).astype(np.float32)
