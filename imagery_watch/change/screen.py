"""The screen: at every pixel, the log-likelihood ratio of "an aircraft with its shadow" against "the empty apron".

For a template with body share F and shadow share S, ground reflectance m, paint reflectance a (grey, the same in all
bands) and light lost in shadow k, the residual it would leave in band b is  a F - m_b F - k_b m_b S.  With the noise
covariance Q^-1 of a pixel, the log-likelihood ratio is a quadratic in a, whose maximum under the paint prior is closed
form; every term is a correlation, done for all pixels at once by FFT.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery_watch.change.templates import MIDDLE, Template, dictionary, shadow_loss
from imagery_watch.model import Baseline

PAINT_MEAN, PAINT_SPREAD = 0.40, 0.18
"""Prior of paint reflectance: bare metal and grey to white."""
PAINT_RANGE = (0.05, 0.95)
LOCAL_PX = 5
SCREEN_HEADINGS = 2
"""Every second heading of the dictionary is enough to propose candidates."""

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Noise:
    """What is known of a pass's noise beside its spread per pixel and band."""

    correlation: Image
    """(band, band)"""
    inflation: float
    """>= 1: widens the variance for shapes of several pixels where correlation in space is not modelled."""
    coherence: float
    """0..0.9: correlation of neighbouring pixels, where it is."""
    loudness: float
    """>= 1: how much louder this pass is than the spread says, as a factor on variance."""


@dataclass(frozen=True)
class Look:
    """One pass over the aprons' window, compared with the empty ground."""

    residual: Image = field(repr=False)
    """(band, y, x): reflectance less the empty apron's; 0 where hidden."""
    ground: Image = field(repr=False)
    """(band, y, x): the empty apron."""
    precision: NDArray[np.float32] = field(repr=False)
    """(band, band, y, x): inverse noise covariance, 0 where hidden."""
    spread: Image = field(repr=False)
    """(band, y, x): one-sigma noise, infinite where hidden."""
    noise: Noise
    bands: tuple[str, ...]
    sun_azimuth: float
    sun_elevation: float

    @property
    def templates(self) -> tuple[Template, ...]:
        """The screen's part of the dictionary under this pass's sun: the middle plan, every second heading."""
        return dictionary(self.sun_azimuth, self.sun_elevation, (MIDDLE,))[::SCREEN_HEADINGS]


@dataclass(frozen=True)
class Evidence:
    """The best template at every pixel."""

    ratio: Image = field(repr=False)
    """(y, x): log-likelihood ratio of the best template against the empty ground, natural units."""
    best: NDArray[np.int16] = field(repr=False)
    """(y, x): its index in the dictionary."""
    paint: Image = field(repr=False)
    """(y, x): its paint reflectance."""


def look_at(
    image: Image, baseline: Baseline, visible: Mask, noise: Noise, bands: tuple[str, ...], sun: tuple[float, float]
) -> Look:
    """The pass compared with its baseline; `sun` is azimuth and elevation in degrees."""
    known = visible & np.isfinite(baseline.median).all(axis=0) & np.isfinite(image).all(axis=0)
    residual = np.where(known, image - baseline.median, 0.0).astype(np.float32)
    inverse = np.linalg.inv(noise.correlation).astype(np.float32)
    louder = baseline.spread * np.float32(np.sqrt(noise.loudness))
    spread = np.where(known, louder, np.float32(np.inf)).astype(np.float32)
    precision = inverse[:, :, None, None] / (spread[:, None] * spread[None, :] * np.float32(noise.inflation))
    return Look(residual, np.nan_to_num(baseline.median), precision.astype(np.float32), spread, noise, bands, *sun)


def screen(look: Look) -> Evidence:
    """The best template of the dictionary at every pixel."""
    maps = _Maps(look)
    shape = look.residual.shape[1:]
    ratio = np.full(shape, -np.inf, np.float32)
    best, paint = np.zeros(shape, np.int16), np.zeros(shape, np.float32)
    for index, template in enumerate(look.templates):
        value, colour = maps.fit(template)
        better = value > ratio
        ratio[better], paint[better], best[better] = value[better], colour[better], index
    return Evidence(ratio, best, paint)


class _Maps:
    """The per-pixel products of residual, ground and precision, Fourier-transformed once for all templates.

    A template's own energy at a pixel is its sum of squares times the local mean of those products, not a correlation:
    that halves the transforms, and the screen only has to propose what `explain` then judges exactly.
    """

    def __init__(self, look: Look) -> None:
        ones = np.ones_like(look.ground)
        lost = look.ground * shadow_loss(look.bands)[:, None, None]
        by_residual, by_one, by_ground, by_lost = (
            np.einsum("bcyx,cyx->byx", look.precision, image) for image in (look.residual, ones, look.ground, lost)
        )
        self.shape = look.ground.shape[1:]
        reach = max(template.body.shape[0] for template in look.templates)
        self.padded = [fft.next_fast_len(edge + reach, real=True) for edge in self.shape]
        self.residual = [
            fft.rfft2((by_residual * other).sum(axis=0), self.padded) for other in (ones, look.ground, lost)
        ]
        self.one = _local_means(by_one, (ones, look.ground, lost))
        self.ground = _local_means(by_ground, (look.ground, lost))
        self.lost = _local_means(by_lost, (lost,))

    def fit(self, template: Template) -> tuple[Image, Image]:
        """Log-likelihood ratio under the best paint, and that paint, (y, x) each."""
        middle = template.body.shape[0] // 2
        body, shade = self._kernel(template.body), self._kernel(template.shadow)
        body2, both, shade2 = _sums(template)
        linear = self._back(body * self.residual[0], middle) + body2 * self.one[1] + both * self.one[2]
        fixed = self._back(body * self.residual[1] + shade * self.residual[2], middle)
        fixed = fixed + 0.5 * body2 * self.ground[0] + both * self.ground[1] + 0.5 * shade2 * self.lost[0]
        return best_paint(linear, body2 * self.one[0], -fixed)

    def _kernel(self, kernel: Image) -> NDArray[np.complex64]:
        """Spectrum of the kernel for correlation (hence conjugate)."""
        spectrum: NDArray[np.complex64] = np.conj(fft.rfft2(kernel, self.padded))
        return spectrum

    def _back(self, spectrum: NDArray[np.complex64], middle: int) -> Image:
        """The correlation, (y, x), moved so that each value stands at the template's middle."""
        image = np.roll(fft.irfft2(spectrum, self.padded), (middle, middle), axis=(0, 1))
        cut: Image = image[: self.shape[0], : self.shape[1]]
        return cut


def _local_means(weighted: Image, others: tuple[Image, ...]) -> list[Image]:
    """Mean over an aircraft's extent of the products summed over bands, (y, x) each."""
    return [
        ndimage.uniform_filter((weighted * other).sum(axis=0), LOCAL_PX, mode="constant").astype(np.float32)
        for other in others
    ]


def _sums(template: Template) -> tuple[np.float32, np.float32, np.float32]:
    """Sums over pixels of body squared, body times shadow, shadow squared."""
    body, shadow = template.body, template.shadow
    return np.float32((body**2).sum()), np.float32((body * shadow).sum()), np.float32((shadow**2).sum())


def best_paint(linear: Image, square: Image, fixed: Image) -> tuple[Image, Image]:
    """Maximum over paint a of fixed + linear a - square a^2 / 2 + log prior(a), and where it lies."""
    prior = 1.0 / PAINT_SPREAD**2
    paint = np.clip((linear + PAINT_MEAN * prior) / (square + prior), *PAINT_RANGE)
    ratio = fixed + linear * paint - 0.5 * square * paint**2 - 0.5 * prior * (paint - PAINT_MEAN) ** 2
    return ratio.astype(np.float32), paint.astype(np.float32)
