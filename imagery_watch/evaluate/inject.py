"""Plants aircraft into real or simulated reflectance, through the sensor's own blur."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from imagery_watch.evaluate.aircraft import TYPES, footprint, parts, shadow

FINE_M = 1.0
REACH_PX = 14

MTF_AT_NYQUIST = {"B02": 0.26, "B03": 0.28, "B04": 0.24, "B08": 0.26, "mono": 0.25}
"""Sentinel-2 10 m bands, after ESA's data quality reports as used by the super-resolution community."""

SHADE = {"B02": 0.28, "B03": 0.22, "B04": 0.18, "B08": 0.12, "mono": 0.18}
"""Share of sunlit radiance that the clear sky leaves in a shadow."""

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Placement:
    """One aircraft, parked."""

    aircraft: str
    """A name in `aircraft.TYPES`."""
    row: float
    """Of its middle, in pixels, whole numbers at pixel centres."""
    col: float
    heading_deg: float
    """Where the nose points, clockwise from north."""
    fuselage_paint: float
    """Reflectance, the same in all bands."""
    wing_paint: float


def psf_sigma_m(band: str) -> float:
    """Sigma of the Gaussian whose MTF at the Nyquist frequency of 10 m pixels (0.05 per metre) is the band's."""
    return float(np.sqrt(-np.log(MTF_AT_NYQUIST.get(band, 0.26)) / (2 * np.pi**2)) / 0.05)


def inject(
    ground: Image, bands: tuple[str, ...], placement: Placement, sun_azimuth: float, sun_elevation: float
) -> Image:
    """The ground (band, y, x) at 10 m with the aircraft and its shadow on it; the input is left as it was.

    Drawn at 1 m on the ground's own reflectance, blurred by each band's PSF and averaged into the pixels; only the
    difference that it makes is added, so the ground's own texture and noise stay.
    """
    row, col = round(placement.row), round(placement.col)
    box = np.s_[:, row - REACH_PX : row + REACH_PX + 1, col - REACH_PX : col + REACH_PX + 1]
    patch = ground[box]
    side = 2 * REACH_PX + 1
    if patch.shape[1:] != (side, side):
        raise ValueError(f"an aircraft at row {placement.row:.0f}, column {placement.col:.0f} is too near the edge")
    pieces = parts(TYPES[placement.aircraft], placement.heading_deg)
    at = ((placement.col - col + side / 2) * 10.0, (side / 2 - (placement.row - row)) * 10.0)
    wings, hull = (_drawn(footprint(pieces, wings=kind), at, side) for kind in (True, False))
    shade = _drawn(shadow(pieces, sun_azimuth, sun_elevation), at, side)
    planted = ground.copy()
    for index, band in enumerate(bands):
        fine = np.kron(np.nan_to_num(patch[index]), np.ones((10, 10), np.float32))
        seen = np.where(shade, fine * SHADE.get(band, 0.2), fine)
        seen = np.where(hull, placement.fuselage_paint, np.where(wings, placement.wing_paint, seen))
        change = ndimage.gaussian_filter(seen - fine, psf_sigma_m(band) / FINE_M)
        planted[index][box[1:]] += change.reshape(side, 10, side, 10).mean(axis=(1, 3)).astype(np.float32)
    return planted


def _drawn(shape: BaseGeometry, at: tuple[float, float], side: int) -> NDArray[np.bool_]:
    """The shape on a 1 m raster of the patch, its middle `at` metres from the lower left corner."""
    from rasterio.features import rasterize

    placed = affinity.translate(shape, *at)
    size = side * 10
    drawn = rasterize([placed], out_shape=(size, size), transform=Affine(1, 0, 0, 0, -1, size), dtype=np.uint8)
    return drawn.astype(bool)
