"""The neighbourhood of one candidate, and the metric in which hypotheses about it are compared.

Two metrics: a coarse one without correlation in space (its variance widened instead), cheap enough for thousands of
atoms; and the exact one, in which noise is whitened over pixels and bands, for the few that lead (docs/method.md,
section 7).
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from imagery_watch.change.background.noise import NoiseModel
from imagery_watch.change.background.residuals import MIN_SUN_DEG, ResidualImage
from imagery_watch.change.background.whitening import whiten_in_place, whiten_mirrored
from imagery_watch.change.detection.aircraft_templates import HALF_PX, SIDE_PX, Imaging, imaging_of
from imagery_watch.model import DetectorModel
from imagery_watch.model.arrays import Floats, Mask


@dataclass(frozen=True, eq=False)
class Cutout:
    """The pixels around a candidate, flattened row by row."""

    row: int
    """Of its middle in the residual image."""
    col: int
    residual: Floats = field(repr=False)
    """(band, pixel): reflectance less the empty apron's."""
    ground: Floats = field(repr=False)
    """(band, pixel): the empty apron."""
    spread: Floats = field(repr=False)
    """(band, pixel): one-sigma noise, infinite where hidden."""
    precision: Floats = field(repr=False)
    """(band, band, pixel): inverse covariance of the coarse metric."""
    noise: NoiseModel
    bands: tuple[str, ...]
    imaging: Imaging
    """How shapes look here; its sun is rounded."""
    shadow_per_height: float
    """Length of a shadow, in heights, under the very sun."""
    shadow_direction: tuple[float, float]
    """Down and right, of unit length."""
    beside_buildings: bool
    """Whether a building's shadow can reach its middle."""
    detector: DetectorModel = field(repr=False)

    @cached_property
    def shadow_loss(self) -> Floats:
        """(band,): share of light lost in shadow."""
        return self.detector.shadow_loss(self.bands)

    @property
    def lost_light(self) -> Floats:
        """(band, pixel): light that the ground loses in full shadow."""
        return self.ground * self.shadow_loss[:, None]

    @property
    def middle_colour(self) -> Floats:
        """(band,): the empty apron's colour at its middle."""
        return self.ground[:, self.ground.shape[1] // 2]

    @property
    def seen(self) -> Mask:
        """(pixel,): neither hidden nor beyond the edge."""
        return np.isfinite(self.spread[0])

    @cached_property
    def mixed_bands(self) -> Floats:
        """(band, channel, pixel): what a unit of reflectance in each band is in each channel, in units of its noise."""
        return np.asarray(self.noise.weights.T[:, :, None] / self.spread[:, None], np.float32)

    @property
    def middle_grey(self) -> float:
        """Reflectance: about that of the empty apron, in all bands."""
        return float(self.middle_colour.mean())

    @cached_property
    def mixed_light(self) -> Floats:
        """(4, channel, pixel): the same of grey light, of the ground, of the light that it loses in shadow.

        And of what the ground has more than its middle grey: so little that sums of it round less than the ground's.
        """
        lights = [np.ones_like(self.ground), self.ground, self.lost_light, self.ground - np.float32(self.middle_grey)]
        return np.asarray(np.einsum("bcp,kbp->kcp", self.mixed_bands, np.stack(lights)), np.float32)

    @cached_property
    def whitened_residual(self) -> Floats:
        """(channel * pixel,): the residual in the exact metric, each pixel where it was."""
        return self.whiten(self.residual[None])[0]

    @cached_property
    def mirrored_residual(self) -> Floats:
        """(value,): the same for products with what `whiten_mirrored` gives."""
        return self.whiten_mirrored(self.mix(self.residual[None]))[0]

    def inner_products(self, first: Floats, second: Floats) -> Floats:
        """(pixel,): first' Q second per pixel, in the coarse metric; both are (band, pixel)."""
        weighted = (self.precision * second[None, :, :]).sum(axis=1)
        product: Floats = (first * weighted).sum(axis=0)
        return product

    def mix(self, columns: Floats) -> Floats:
        """(column, channel, pixel): columns (column, band, pixel) in units of each channel's noise."""
        return np.asarray(self.noise.weights @ (columns / self.spread), np.float32)

    def whiten(self, columns: Floats) -> Floats:
        """(column, channel * pixel): columns (column, band, pixel) in the exact metric, each pixel where it was."""
        mixed = self.mix(columns)
        square = mixed.reshape(*mixed.shape[:2], SIDE_PX, SIDE_PX)
        return whiten_in_place(square, self.noise.acf).reshape(len(mixed), -1)

    def whiten_mirrored(self, mixed: Floats) -> Floats:
        """(column, value): columns (column, channel, pixel) of `mix` in the exact metric, for inner products alone."""
        square = mixed.reshape(*mixed.shape[:2], SIDE_PX, SIDE_PX)
        return whiten_mirrored(square, self.noise.acf).reshape(len(mixed), -1)


def make_cutout(image: ResidualImage, row: int, col: int) -> Cutout:
    """The cut-out around a pixel; beyond the edge of the image nothing is known. Made once while it is kept."""
    made: Cutout = image.kept.get((row, col), lambda: _cut_out(image, row, col))
    return made


def _cut_out(image: ResidualImage, row: int, col: int) -> Cutout:
    bands = len(image.bands)
    azimuth = np.radians(image.sun_azimuth + 180.0)
    return Cutout(
        row=row,
        col=col,
        residual=_cut(image.residual, row, col).reshape(bands, -1),
        ground=_cut_repeating(image.ground, row, col).reshape(bands, -1),
        spread=_cut(image.spread, row, col, np.inf).reshape(bands, -1),
        precision=_cut(image.precision, row, col).reshape(bands, bands, -1),
        noise=image.noise,
        bands=image.bands,
        imaging=imaging_of(image.sun_azimuth, image.sun_elevation, image.detector.psf_sigma_m, image.pixel_m),
        shadow_per_height=1.0 / np.tan(np.radians(max(image.sun_elevation, MIN_SUN_DEG))),
        shadow_direction=(-float(np.cos(azimuth)), float(np.sin(azimuth))),
        beside_buildings=bool(image.beside_buildings[row, col]),
        detector=image.detector,
    )


def _cut(image: Floats, row: int, col: int, beyond: float = 0.0) -> Floats:
    """(..., SIDE_PX, SIDE_PX) around a pixel, `beyond` the edges filled."""
    height, width = image.shape[-2:]
    cut = np.full((*image.shape[:-2], SIDE_PX, SIDE_PX), beyond, np.float32)
    top, left = max(0, row - HALF_PX), max(0, col - HALF_PX)
    bottom, right = min(height, row + HALF_PX + 1), min(width, col + HALF_PX + 1)
    down, across = HALF_PX - row, HALF_PX - col
    cut[..., top + down : bottom + down, left + across : right + across] = image[..., top:bottom, left:right]
    return cut


def _cut_repeating(image: Floats, row: int, col: int) -> Floats:
    """(band, SIDE_PX, SIDE_PX) around a pixel; beyond the edges the nearest pixel is repeated."""
    reach = np.arange(-HALF_PX, HALF_PX + 1)
    rows, cols = (np.clip(at + reach, 0, edge - 1) for at, edge in zip((row, col), image.shape[1:], strict=True))
    return np.ascontiguousarray(image[:, rows[:, None], cols])
