"""The sun and the seasons of a simulated place: where the light comes from, and how the ground takes it."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

BANDS = ("B02", "B03", "B04", "B08")

Colour = NDArray[np.float32]

PAVEMENT: dict[str, Colour] = {
    "concrete": np.array((0.24, 0.28, 0.31, 0.36), np.float32),
    "asphalt": np.array((0.08, 0.09, 0.10, 0.12), np.float32),
}
GREEN = np.array((0.03, 0.06, 0.04, 0.42), np.float32)
DRY = np.array((0.08, 0.12, 0.16, 0.27), np.float32)
SOIL = np.array((0.09, 0.12, 0.16, 0.22), np.float32)
WOOD = np.array((0.025, 0.045, 0.03, 0.28), np.float32)
SNOW = np.array((0.85, 0.85, 0.83, 0.76), np.float32)
"""Reflectance of fresh snow by band; like those of pavements and plants above it is assumed, typical of its kind."""


def sun_position(latitude: float, when: datetime, local_hour: float = 10.5) -> tuple[float, float]:
    """Azimuth and elevation of the sun in degrees, at a local solar hour (Sentinel-2 passes at about 10:30).

    Declination by Cooper (Solar Energy 12 (1969) 333): good to half a degree, which is all that a simulation asks.
    """
    declination = np.radians(23.45 * np.sin(2 * np.pi * (284 + when.timetuple().tm_yday) / 365))
    hour, place = np.radians(15.0 * (local_hour - 12.0)), np.radians(latitude)
    height = np.arcsin(np.sin(place) * np.sin(declination) + np.cos(place) * np.cos(declination) * np.cos(hour))
    east = -np.cos(declination) * np.sin(hour)
    north = np.cos(place) * np.sin(declination) - np.sin(place) * np.cos(declination) * np.cos(hour)
    return float(np.degrees(np.arctan2(east, north)) % 360.0), float(np.degrees(height))


def vegetation(when: datetime, phase_days: float, lushness: float) -> Colour:
    """(band,): grass or a crop that greens in spring and dries by autumn, `phase_days` later than usual."""
    day = when.timetuple().tm_yday - phase_days
    green = lushness * np.clip(0.5 + 0.6 * np.sin(2 * np.pi * (day - 60) / 365), 0.05, 1.0)
    return np.asarray(green * GREEN + (1 - green) * DRY, np.float32)
