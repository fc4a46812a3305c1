"""Plants aircraft into real or simulated reflectance, through the sensor's own blur."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.simulate.aircraft import TYPES, footprint, parts, shadow
from imagery_watch.simulate.painter import rasterized
from imagery_watch.simulate.physics import BAND_DELAY_S, DEFAULT_SKYLIGHT, SKYLIGHT, psf_sigma_m

FINE_M = 1.0
REACH_PX = 14

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
    speed_m_s: float = 0.0
    """Ahead; what moves is seen a little farther on by each later band."""


def inject(
    ground: Image, bands: tuple[str, ...], placement: Placement, sun_azimuth: float, sun_elevation: float
) -> Image:
    """The ground (band, y, x) at 10 m with the aircraft and its shadow on it; the input is left as it was.

    Drawn at 1 m on the ground's own reflectance, blurred by each band's PSF and averaged into the pixels; only the
    difference that it makes is added, so the ground's own texture and noise stay.
    """
    row, col = round(placement.row), round(placement.col)
    reach = _reach_px(placement, sun_elevation)
    box = np.s_[:, row - reach : row + reach + 1, col - reach : col + reach + 1]
    patch = ground[box]
    side = 2 * reach + 1
    if min(row, col) < reach or patch.shape[1:] != (side, side):
        raise ValueError(f"an aircraft at row {placement.row:.0f}, column {placement.col:.0f} is too near the edge")
    pieces = parts(TYPES[placement.aircraft], placement.heading_deg)
    shapes = (*(footprint(pieces, wings=kind) for kind in (False, True)), shadow(pieces, sun_azimuth, sun_elevation))
    planted = ground.copy()
    masks: list[NDArray[np.bool_]] = []
    for index, band in enumerate(bands):
        if not masks or placement.speed_m_s:
            at = _middle_m(placement, band, row, col, side)
            masks = [rasterized(shape, at, side * 10, side * 10) for shape in shapes]
        fine = np.kron(np.nan_to_num(patch[index]), np.ones((10, 10), np.float32))
        seen = np.where(masks[2], fine * SKYLIGHT.get(band, DEFAULT_SKYLIGHT), fine)
        seen = np.where(masks[0], placement.fuselage_paint, np.where(masks[1], placement.wing_paint, seen))
        change = ndimage.gaussian_filter(seen - fine, psf_sigma_m(band) / FINE_M)
        planted[index][box[1:]] += change.reshape(side, 10, side, 10).mean(axis=(1, 3)).astype(np.float32)
    return planted


def _reach_px(placement: Placement, sun_elevation: float) -> int:
    """Pixels around the middle that hold the aircraft, its shadow and the sensor's blur."""
    aircraft = TYPES[placement.aircraft]
    shadow_m = aircraft.height / np.tan(np.radians(max(sun_elevation, 3.0)))
    return min(REACH_PX, int(np.ceil((max(aircraft.length, aircraft.span) / 2 + shadow_m) / 10)) + 3)


def _middle_m(placement: Placement, band: str, row: int, col: int, side: int) -> tuple[float, float]:
    """Metres from the patch's lower left corner to the aircraft's middle when a band looks."""
    gone = placement.speed_m_s * BAND_DELAY_S.get(band, 0.0)
    turn = np.radians(placement.heading_deg)
    east, north = gone * np.sin(turn), gone * np.cos(turn)
    return (placement.col - col + side / 2) * 10 + float(east), (side / 2 - (placement.row - row)) * 10 + float(north)
