"""How the empty apron differs from pass to pass: by how much, in which mix of bands, and how far in space.

Residuals divided by the per-pixel spread are mixed into channels that do not covary (the first is nearly the mean of
the bands: dew, dirt, light). Each channel has its own correlation in space: dew reaches farther than the sensor's own
noise, so a pale smudge of 40 m in all bands is common and one in a single band is not (docs/method.md, section 5).
"""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery_watch.model import finite_in_all_bands
from imagery_watch.model.arrays import Floats, Image, Mask

ACF_REACH_PX = 12
"""Lags up to here are measured; beyond it correlation is taken as nothing."""
ACF_LAGS_PX = (0.0, 1.0, 2**0.5, 2.0, 5**0.5, 8**0.5, 3.0, *(float(ring) for ring in range(4, ACF_REACH_PX + 1)))
"""Where correlation is known: the distances of near pixels one by one, then rings a pixel wide."""
NUGGET = 0.2
"""Variance added to each pixel of a channel, as a share of the channel's own.

It stands for what no template bank knows of a real shape's details, so that these do not outweigh its presence.
"""
PRIOR_CORRELATION = 0.45
"""Correlation of neighbouring pixels where none could be measured: the sensor's blur and resampling make about that."""
PRIOR_SAMPLES = 3000.0
"""Pixels and looks that this counts for."""
PRIOR_BAND_CORRELATION = 0.8
"""Of the noise of two bands, where none could be measured."""
PRIOR_SAMPLES_PER_BAND = 50
"""Pixels and looks that this counts for, for each band."""
MIN_CHANNEL_SHARE = 0.02
"""Of the strongest channel's variance: no channel is taken to be quieter."""
ACF_DECIMALS = 2
"""Decimals that correlations are rounded to, so that similar grounds share their whitening matrices."""
MIN_SCALE_PIXELS = 30
"""Pixels from which a pass's own variance is measured."""
SOURCE_SIGMAS = 3.0
"""In noise units, rms over bands and 3 x 3 pixels: beyond it something stands there, and it is not noise."""
SOURCE_MARGIN_PX = 2
"""Pixels so near to such a place are left out too."""
SOURCE_BOX_PX = 3
"""Edge of the square over which that rms is taken."""
MIN_KNOWN_SHARE = 0.1
"""Of that square: at its edge the rms is taken over no fewer known pixels."""
INFLATION_REACH_PX = 2
"""Lags along each axis whose correlation widens the variance of the coarse metric."""
CLIP_SIGMAS = 3.5
"""Scaled residuals are clipped to this before noise is measured, so that a stray object does not carry it."""
MAX_VARIANCE_SCALE = 25.0
"""A pass with more than this many times the usual variance is judged as if it had this."""


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """The noise of one pass, in units of its spread per pixel and band."""

    mixing: Floats = field(repr=False)
    """(channel, band): from bands to channels that do not covary, each of unit variance on usual ground."""
    acf: tuple[tuple[float, ...], ...] = field(repr=False)
    """Of each channel: its correlation at each of `ACF_LAGS_PX`."""
    variance_scale: Floats = field(repr=False)
    """(channel,): variance of this pass in units of the usual one, never below one."""

    @property
    def inflation(self) -> Floats:
        """(channel,): factor that widens the variance of a sum over pixels, from the correlation of near ones."""
        rows, cols = np.mgrid[
            -INFLATION_REACH_PX : INFLATION_REACH_PX + 1, -INFLATION_REACH_PX : INFLATION_REACH_PX + 1
        ]
        near = np.hypot(rows, cols)
        return np.array([correlate_at(near, acf).clip(0).sum() for acf in self.acf], np.float32)

    @cached_property
    def weights(self) -> Floats:
        """(channel, band): from bands to channels of unit variance in this pass."""
        return np.asarray(self.mixing / np.sqrt(self.variance_scale)[:, None], np.float32)

    def precision(self) -> Floats:
        """(band, band): inverse covariance of the scaled residual of one pixel among its neighbours."""
        widened = self.mixing / np.sqrt(self.inflation * self.variance_scale)[:, None]
        return np.asarray(widened.T @ widened, np.float32)

    def with_variance_scale(self, scale: Floats) -> "NoiseModel":
        """The same noise on a pass whose channels have that many times the usual variance."""
        return replace(self, variance_scale=np.clip(scale, 1.0, MAX_VARIANCE_SCALE).astype(np.float32))


@lru_cache(maxsize=32)
def power_spectra(acf: tuple[tuple[float, ...], ...], height: int, width: int) -> Floats:
    """(channel, ky, kx): power of each channel on the half plane of a real Fourier transform, the nugget on it."""
    rows, cols = (np.minimum(np.arange(edge), edge - np.arange(edge)) for edge in (height, width))
    apart = np.hypot(rows[:, None], cols[None, :])
    taper = np.where(apart <= ACF_REACH_PX, 0.5 * (1 + np.cos(np.pi * apart / (ACF_REACH_PX + 1))), 0.0)
    power = [fft.rfft2(correlate_at(apart, one) * taper).real for one in acf]
    return np.asarray(np.clip(power, 0.0, None) + NUGGET, np.float32)


def correlate_at(distance: NDArray[np.float64], acf: tuple[float, ...]) -> NDArray[np.float64]:
    """The correlation of a channel at each distance in pixels, between the lags of `ACF_LAGS_PX`."""
    return np.interp(distance, ACF_LAGS_PX, acf, right=0.0)


def source_free_mask(z: Image, where: Mask) -> Mask:
    """(y, x): part of `where` on which nothing stands out of the scaled residual `z` (band, y, x).

    Judged by a level that noise hardly reaches: a lower one would cut its own maxima, and with them its correlation.
    """
    known = where & finite_in_all_bands(z)
    power = np.where(known, (z**2).mean(axis=0), 0.0)
    share = ndimage.uniform_filter(known.astype(np.float32), SOURCE_BOX_PX)
    loud = ndimage.uniform_filter(power, SOURCE_BOX_PX) > SOURCE_SIGMAS**2 * np.maximum(share, MIN_KNOWN_SHARE)
    calm: Mask = known & ~ndimage.binary_dilation(loud, iterations=SOURCE_MARGIN_PX)
    return calm


def measure_noise(z: Image, source_free: Mask) -> NoiseModel:
    """The noise of scaled residuals `z` (time, band, y, x) where `source_free` (time, y, x), pulled towards the usual.

    Usual is: bands that covary by `PRIOR_BAND_CORRELATION`, a correlation in space that the sensor makes.
    """
    bands = z.shape[1]
    z = np.clip(z, -CLIP_SIGMAS, CLIP_SIGMAS)
    samples = np.moveaxis(z, 1, -1)[source_free].astype(np.float64)
    count = float(len(samples))
    shared = PRIOR_BAND_CORRELATION
    usual = shared * np.ones((bands, bands)) + (1 - shared) * np.eye(bands)
    seen = samples.T @ samples / max(count, 1.0)
    weight = PRIOR_SAMPLES_PER_BAND * bands
    covariance = (count * seen + weight * usual) / (count + weight)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, MIN_CHANNEL_SHARE * values.max())
    mixing = (vectors / np.sqrt(values)).T[::-1].astype(np.float32)
    channels = np.einsum("cb,tbyx->tcyx", mixing, np.where(source_free[:, None], z, 0.0), optimize=True)
    return NoiseModel(mixing, _measure_acf(channels, source_free), np.ones(bands, np.float32))


def _measure_acf(channels: Image, source_free: Mask) -> tuple[tuple[float, ...], ...]:
    """Of each channel its correlation by distance, rounded so that similar grounds share their whitening matrices."""
    shape = [fft.next_fast_len(max(edge, ACF_REACH_PX) + ACF_REACH_PX + 1, real=True) for edge in source_free.shape[1:]]
    pairs = _lag_products(source_free.astype(np.float32)[:, None], shape)[0]
    products = _lag_products(channels, shape)
    lags = np.hypot(*np.mgrid[-ACF_REACH_PX : ACF_REACH_PX + 1, -ACF_REACH_PX : ACF_REACH_PX + 1])
    rings = [np.abs(lags - ring) < (0.01 if ring <= 3 else 0.5) for ring in ACF_LAGS_PX]
    usual = PRIOR_CORRELATION ** (np.array(ACF_LAGS_PX) ** 2)
    weight = float(source_free.sum()) / (float(source_free.sum()) + PRIOR_SAMPLES)
    found = []
    for product in products:
        by_ring = np.array([product[ring].sum() / max(pairs[ring].sum(), 1.0) for ring in rings])
        own = by_ring / max(by_ring[0], 1e-6)
        found.append(tuple(float(value) for value in np.round(weight * own + (1 - weight) * usual, ACF_DECIMALS)))
    return tuple(found)


def _lag_products(images: Image, shape: list[int]) -> NDArray[np.float64]:
    """(channel, lag, lag): sum over times and pixels of each image with itself moved by up to `ACF_REACH_PX`."""
    total = sum(np.abs(fft.rfft2(look, shape)) ** 2 for look in images)
    around = np.roll(fft.irfft2(total, shape), (ACF_REACH_PX, ACF_REACH_PX), axis=(-2, -1))
    return np.asarray(around[:, : 2 * ACF_REACH_PX + 1, : 2 * ACF_REACH_PX + 1], np.float64)


def measure_variance_scale(noise: NoiseModel, z: Image, where: Mask) -> Floats:
    """(channel,): variance of one pass's scaled residual `z` (band, y, x) over `where`, in units of the usual."""
    if where.sum() < MIN_SCALE_PIXELS:
        return np.ones(len(noise.mixing), np.float32)
    channels = noise.mixing @ np.clip(z[:, where], -CLIP_SIGMAS, CLIP_SIGMAS)
    return np.asarray((channels**2).mean(axis=1), np.float32)
