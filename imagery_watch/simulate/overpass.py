"""Simulated passes over real ground: misregistration, gain, haze, noise, cloud, and planted aircraft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.simulate.inject import Placement, inject
from imagery_watch.simulate.physics import SENSOR_NOISE, haze_of

Image = NDArray[np.float32]
VEGETATION, BARE, CLOUD_HIGH, CLOUD_MEDIUM, SHADOW = 4, 5, 9, 8, 3


@dataclass(frozen=True)
class Cloud:
    """One cloud, soft-edged."""

    row: float
    col: float
    radius_px: float
    opacity: float = 0.95


@dataclass(frozen=True)
class Weather:
    """What stands between the ground and the counts in one pass."""

    shift_px: tuple[float, float] = (0.0, 0.0)
    """Rows and columns by which the pass lies off the ground's grid."""
    gain: float = 1.0
    haze: float = 0.0
    """Reflectance added in blue; less in longer wavelengths."""
    temporal_noise: float = 0.012
    """Spread of the ground's own change from pass to pass (dirt, dew, view), reflectance."""
    clouds: tuple[Cloud, ...] = ()


@dataclass(frozen=True)
class SimulatedPass:
    """One pass as a sensor would deliver it."""

    when: datetime
    platform: str
    relative_orbit: int
    sun_azimuth: float
    sun_elevation: float
    reflectance: Image
    """(band, y, x)"""
    scl: NDArray[np.uint8]


def simulate(
    ground: Image,
    scl: NDArray[np.uint8],
    bands: tuple[str, ...],
    planted: Sequence[Placement],
    weather: Weather,
    *,
    when: datetime,
    platform: str,
    relative_orbit: int,
    sun: tuple[float, float],
    seed: int,
) -> SimulatedPass:
    """One pass over `ground` (band, y, x): aircraft first, then the air above them, then the sensor's grid."""
    rng = np.random.default_rng(seed)
    image = ground
    for placement in planted:
        image = inject(image, bands, placement, *sun)
    image = image + _ground_noise(image, weather.temporal_noise, rng)
    haze = haze_of(bands)[:, None, None] * weather.haze
    image = image * weather.gain + haze
    image, classes = _clouded(image, scl, weather.clouds)
    image = np.stack([ndimage.shift(band, weather.shift_px, order=3, mode="nearest") for band in image])
    image = image + rng.normal(0, SENSOR_NOISE, image.shape).astype(np.float32)
    return SimulatedPass(when, platform, relative_orbit, *sun, np.clip(image, 0.0005, 2.0).astype(np.float32), classes)


def _ground_noise(image: Image, spread: float, rng: np.random.Generator) -> Image:
    """Noise that is smooth over a pixel or two, mostly common to the bands, and grows with brightness."""
    common = _smooth(rng.normal(size=image.shape[1:]))
    own = np.stack([_smooth(rng.normal(size=image.shape[1:])) for _ in image])
    scale = spread * np.clip(image / 0.3, 0.4, 1.5)
    return (scale * (0.9 * common + 0.43 * own)).astype(np.float32)


def _smooth(white: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth = ndimage.gaussian_filter(white, 0.8)
    return smooth / float(smooth.std())


def _clouded(image: Image, scl: NDArray[np.uint8], clouds: Sequence[Cloud]) -> tuple[Image, NDArray[np.uint8]]:
    """Soft-edged clouds and their shadows, and the classes a processor would give them."""
    rows, cols = np.mgrid[: image.shape[1], : image.shape[2]].astype(np.float64)
    classes = scl.copy()
    for cloud in clouds:
        veil = _veil(rows - cloud.row, cols - cloud.col, cloud.radius_px) * cloud.opacity
        shade = _veil(rows - cloud.row + 12, cols - cloud.col + 8, cloud.radius_px) * 0.6 * cloud.opacity
        image = image * (1 - shade) * (1 - veil) + 0.75 * veil
        classes = np.where(shade > 0.3, SHADOW, classes)
        classes = np.where(veil > 0.25, CLOUD_MEDIUM, classes)
        classes = np.where(veil > 0.6, CLOUD_HIGH, classes)
    return image.astype(np.float32), classes.astype(np.uint8)


def _veil(rows: NDArray[np.float64], cols: NDArray[np.float64], radius: float) -> Image:
    veil: Image = (1.0 / (1.0 + np.exp((np.hypot(rows, cols) - radius) / 2.5))).astype(np.float32)
    return veil
