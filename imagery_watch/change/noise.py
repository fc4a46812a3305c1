"""How the empty apron differs from pass to pass: by how much, in which mix of bands, and how far in space.

Residuals divided by the per-pixel spread are mixed into channels that do not covary (the first is nearly the mean of
the bands: dew, dirt, light). Each channel has its own correlation in space: dew reaches farther than the sensor's own
noise, so a pale smudge of 40 m in all bands is common and one in a single band is not.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery_watch.model import finite_in_all_bands

REACH_PX = 12
"""Lags up to here are measured; beyond it correlation is taken as nothing."""
DISTANCES = (0.0, 1.0, 2**0.5, 2.0, 5**0.5, 8**0.5, 3.0, *(float(ring) for ring in range(4, REACH_PX + 1)))
"""Where correlation is known: the distances of near pixels one by one, then rings a pixel wide."""
NUGGET = 0.2
"""Variance added to each pixel of a channel, as a share of the channel's own.

It stands for what no dictionary knows of a real shape's details, so that these do not outweigh its presence.
"""
PRIOR_CORRELATION = 0.45
"""Correlation of neighbouring pixels where none could be measured: the sensor's blur and resampling make about that."""
PRIOR_SAMPLES = 3000.0
"""Pixels and looks that this counts for."""
STANDING = 3.0
"""In noise units, rms over bands and 3 x 3 pixels: beyond it something stands there, and it is not noise."""
MARGIN_PX = 2
CLIPPED = 3.5
FEW = 0.5
"""Share of a window's pixels below which picking them costs less than it saves; it changes the time alone."""
LOUDEST = 25.0

Array = NDArray[np.float32]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of one pass, in units of its spread per pixel and band."""

    mixing: Array = field(repr=False)
    """(channel, band): from bands to channels that do not covary, each of unit variance on usual ground."""
    reach: tuple[tuple[float, ...], ...] = field(repr=False)
    """Of each channel: its correlation at each of `DISTANCES`."""
    loudness: Array = field(repr=False)
    """(channel,): how much louder this pass is than usual, as a factor on variance, never below one."""

    @property
    def inflation(self) -> Array:
        """(channel,): factor that widens the variance of a sum over several pixels, from correlation up to 2 pixels."""
        rows, cols = np.mgrid[-2:3, -2:3]
        near = np.hypot(rows, cols)
        return np.array([_at(near, reach).clip(0).sum() for reach in self.reach], np.float32)

    def precision(self) -> Array:
        """(band, band): inverse covariance of the scaled residual of one pixel among its neighbours."""
        widened = self.mixing / np.sqrt(self.inflation * self.loudness)[:, None]
        return np.asarray(widened.T @ widened, np.float32)

    def white(self, columns: Array, side: int) -> Array:
        """(column, channel, pixel): scaled columns (column, band, pixel) of a square window, made white.

        Pixels stay where they were: the symmetric root of each channel's correlation is used. What is nothing but on a
        few pixels is made white from these.
        """
        touched = columns.any(axis=(0, 1))
        some = touched if touched.sum() < FEW * touched.size else slice(None)
        weights = self.mixing / np.sqrt(self.loudness)[:, None]
        mixed = np.einsum("cb,kbn->ckn", weights, columns[..., some], optimize=True)
        parts = [part @ whitener(reach, side)[some] for part, reach in zip(mixed, self.reach, strict=True)]
        return np.ascontiguousarray(np.stack(parts, axis=1), np.float32)

    def louder(self, loudness: Array) -> "Noise":
        """The same noise on a pass that is so much louder."""
        return replace(self, loudness=np.clip(loudness, 1.0, LOUDEST).astype(np.float32))


@lru_cache(maxsize=32)
def spectra(reach: tuple[tuple[float, ...], ...], height: int, width: int) -> Array:
    """(channel, ky, kx): power of each channel on the half plane of a real Fourier transform, the nugget on it."""
    rows, cols = (np.minimum(np.arange(edge), edge - np.arange(edge)) for edge in (height, width))
    apart = np.hypot(rows[:, None], cols[None, :])
    taper = np.where(apart <= REACH_PX, 0.5 * (1 + np.cos(np.pi * apart / (REACH_PX + 1))), 0.0)
    power = [fft.rfft2(_at(apart, one) * taper).real for one in reach]
    return np.asarray(np.clip(power, 0.0, None) + NUGGET, np.float32)


def _at(distance: NDArray[np.float64], reach: tuple[float, ...]) -> NDArray[np.float64]:
    return np.interp(distance, DISTANCES, reach, right=0.0)


@lru_cache(maxsize=64)
def whitener(reach: tuple[float, ...], side: int) -> Array:
    """(pixel, pixel): inverse symmetric root of a channel's correlation over a square window, the nugget on it."""
    rows, cols = (axis.ravel().astype(np.float64) for axis in np.mgrid[:side, :side])
    correlation = _at(np.hypot(rows[:, None] - rows, cols[:, None] - cols), reach)
    values, vectors = np.linalg.eigh(correlation)
    power = np.clip(values, 0.0, None) + NUGGET
    return np.asarray((vectors / np.sqrt(power)) @ vectors.T, np.float32)


def quiet(z: Image, where: Mask) -> Mask:
    """(y, x): part of `where` on which nothing stands out of the scaled residual `z` (band, y, x).

    Judged by a level that noise hardly reaches: a lower one would cut the noise's own swells, and with them its reach.
    """
    known = where & finite_in_all_bands(z)
    power = np.where(known, (z**2).mean(axis=0), 0.0)
    share = ndimage.uniform_filter(known.astype(np.float32), 3)
    loud = ndimage.uniform_filter(power, 3) > STANDING**2 * np.maximum(share, 0.1)
    calm: Mask = known & ~ndimage.binary_dilation(loud, iterations=MARGIN_PX)
    return calm


def measured(z: Image, quiet: Mask) -> Noise:
    """The noise of scaled residuals `z` (time, band, y, x) where `quiet` (time, y, x), pulled towards the usual.

    Usual is: bands that covary by 0.8 (science: inter-band correlation), a correlation in space that the sensor makes.
    """
    bands = z.shape[1]
    z = np.clip(z, -CLIPPED, CLIPPED)
    samples = np.moveaxis(z, 1, -1)[quiet].astype(np.float64)
    count = float(len(samples))
    usual = 0.8 * np.ones((bands, bands)) + 0.2 * np.eye(bands)
    seen = samples.T @ samples / max(count, 1.0)
    covariance = (count * seen + 50 * bands * usual) / (count + 50 * bands)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.02 * values.max())
    mixing = (vectors / np.sqrt(values)).T[::-1].astype(np.float32)
    channels = np.einsum("cb,tbyx->tcyx", mixing, np.where(quiet[:, None], z, 0.0), optimize=True)
    return Noise(mixing, _reaches(channels, quiet), np.ones(bands, np.float32))


def _reaches(channels: Image, quiet: Mask) -> tuple[tuple[float, ...], ...]:
    """Of each channel its correlation by distance, rounded so that alike grounds share their whiteners."""
    shape = [fft.next_fast_len(max(edge, REACH_PX) + REACH_PX + 1, real=True) for edge in quiet.shape[1:]]
    pairs = _lagged(quiet.astype(np.float32)[:, None], shape)[0]
    products = _lagged(channels, shape)
    lags = np.hypot(*np.mgrid[-REACH_PX : REACH_PX + 1, -REACH_PX : REACH_PX + 1])
    rings = [np.abs(lags - ring) < (0.01 if ring <= 3 else 0.5) for ring in DISTANCES]
    usual = PRIOR_CORRELATION ** (np.array(DISTANCES) ** 2)
    weight = float(quiet.sum()) / (float(quiet.sum()) + PRIOR_SAMPLES)
    found = []
    for product in products:
        by_ring = np.array([product[ring].sum() / max(pairs[ring].sum(), 1.0) for ring in rings])
        own = by_ring / max(by_ring[0], 1e-6)
        found.append(tuple(float(value) for value in np.round(weight * own + (1 - weight) * usual, 2)))
    return tuple(found)


def _lagged(images: Image, shape: list[int]) -> NDArray[np.float64]:
    """(channel, lag, lag): sum over times and pixels of each image with itself moved by up to `REACH_PX`."""
    total = sum(np.abs(fft.rfft2(look, shape)) ** 2 for look in images)
    around = np.roll(fft.irfft2(total, shape), (REACH_PX, REACH_PX), axis=(-2, -1))
    return np.asarray(around[:, : 2 * REACH_PX + 1, : 2 * REACH_PX + 1], np.float64)


def loudness(noise: Noise, z: Image, where: Mask) -> Array:
    """(channel,): variance of one pass's scaled residual `z` (band, y, x) over `where`, in units of the usual."""
    if where.sum() < 30:
        return np.ones(len(noise.mixing), np.float32)
    channels = noise.mixing @ np.clip(z[:, where], -CLIPPED, CLIPPED)
    return np.asarray((channels**2).mean(axis=1), np.float32)
