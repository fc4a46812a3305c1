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

from imagery_watch.change.noise import Noise, spectra
from imagery_watch.change.templates import ENERGY_PX, MIDDLE, PIXEL_M, Template, dictionary, shadow_loss
from imagery_watch.model import Baseline

PAINT_MEAN, PAINT_SPREAD = 0.40, 0.18
"""Prior of paint reflectance: bare metal and grey to white."""
PAINT_RANGE = (0.05, 0.95)
BUILDING_M = 25.0
"""Height of a hangar, or of a terminal, at most."""
LOCAL_PX = 5
COARSER = 3
SCREEN_HEADINGS = 2
"""Every second heading of the dictionary is enough to propose candidates."""

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


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
    beside_buildings: Mask = field(repr=False)
    """(y, x): where the shadow of what stands beside the aprons can fall."""

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
    image: Image,
    baseline: Baseline,
    visible: Mask,
    noise: Noise,
    bands: tuple[str, ...],
    sun: tuple[float, float],
    aprons: Mask,
) -> Look:
    """The pass compared with its baseline; `sun` is azimuth and elevation in degrees."""
    known = visible & np.isfinite(baseline.median).all(axis=0) & np.isfinite(image).all(axis=0)
    residual = np.where(known, image - baseline.median, 0.0).astype(np.float32)
    spread = np.where(known, baseline.spread, np.float32(np.inf)).astype(np.float32)
    precision = noise.precision()[:, :, None, None] / (spread[:, None] * spread[None, :])
    return Look(
        residual,
        np.nan_to_num(baseline.median),
        precision.astype(np.float32),
        spread,
        noise,
        bands,
        *sun,
        _beside(aprons, *sun),
    )


def _beside(aprons: Mask, azimuth: float, elevation: float) -> Mask:
    """(y, x): pixels from which the way to the sun leaves the aprons within the shadow of a building."""
    outside, away = ~aprons, np.radians(azimuth + 180.0)
    beside = outside.copy()
    for step in range(1, int(BUILDING_M / np.tan(np.radians(max(elevation, 5.0))) / PIXEL_M) + 2):
        moved = (round(-np.cos(away) * step), round(np.sin(away) * step))
        beside |= ndimage.shift(outside, moved, order=0, cval=True)
    return beside


def screen(look: Look) -> Evidence:
    """The best template of the dictionary at every pixel."""
    maps = _Maps(look)
    shape = look.residual.shape[1:]
    ratio = np.full(shape, -np.inf, np.float32)
    best, paint = np.zeros(shape, np.int16), np.zeros(shape, np.float32)
    for index, (template, energies) in enumerate(zip(look.templates, maps.energies(look.templates), strict=True)):
        value, colour = maps.fit(template, energies)
        better = value > ratio
        ratio[better], paint[better], best[better] = value[better], colour[better], index
    return Evidence(ratio, best, paint)


class _Maps:
    """What the screen needs of a look, Fourier-transformed once for all templates.

    The residual is whitened over bands and pixels and brought back (the matched filter of coloured noise). A template's
    own energy is that of its shape in each channel's noise, times local means of the ground's colour.
    """

    def __init__(self, look: Look) -> None:
        self.shape = look.ground.shape[1:]
        reach = max(template.body.shape[0] for template in look.templates)
        self.padded = [fft.next_fast_len(edge + reach, real=True) for edge in self.shape]
        self.noise = look.noise
        lost = look.ground * shadow_loss(look.bands)[:, None, None]
        matched = self._matched(look)
        self.residual = [fft.rfft2((matched * other).sum(axis=0), self.padded) for other in (1.0, look.ground, lost)]
        scaled = [other / look.spread for other in (np.ones_like(look.ground), look.ground, lost)]
        self.one, self.ground, self.lost = (_local_means(self._mixed(other)) for other in scaled)
        self.spectra = spectra(look.noise.reach, ENERGY_PX, ENERGY_PX)

    def _mixed(self, scaled: Image) -> Image:
        """(channel, y, x): in units of this pass's noise."""
        weights = self.noise.mixing / np.sqrt(self.noise.loudness)[:, None]
        return np.einsum("cb,byx->cyx", weights, scaled, optimize=True)

    def _matched(self, look: Look) -> Image:
        """(band, y, x): the residual times the inverse of the noise's covariance."""
        channels = fft.rfft2(self._mixed(look.residual / look.spread), self.padded)
        cut = np.s_[:, : self.shape[0], : self.shape[1]]
        white = fft.irfft2(channels / spectra(look.noise.reach, *self.padded), self.padded)[cut]
        weights = look.noise.mixing / np.sqrt(look.noise.loudness)[:, None]
        return np.einsum("cb,cyx->byx", weights, white, optimize=True) / look.spread

    def energies(self, templates: tuple[Template, ...]) -> Image:
        """(template, 3, channel): energy of body, body with shadow, and shadow in each channel's noise."""
        powers = np.stack([template.powers for template in templates])
        return np.einsum("tpyx,cyx->tpc", powers, 1.0 / self.spectra, optimize=True)

    def fit(self, template: Template, energies: Image) -> tuple[Image, Image]:
        """Log-likelihood ratio under the best paint, and that paint, (y, x) each."""
        middle = template.body.shape[0] // 2
        body, shade = self._kernel(template.body), self._kernel(template.shadow)
        bodies, both, shades = energies
        square = np.einsum("c,cyx->yx", bodies, self.one**2)
        crossed = np.einsum("c,cyx->yx", bodies, self.one * self.ground)
        crossed += np.einsum("c,cyx->yx", both, self.one * self.lost)
        fixed = np.einsum("c,cyx->yx", 0.5 * bodies, self.ground**2)
        fixed += np.einsum("c,cyx->yx", both, self.ground * self.lost)
        fixed += np.einsum("c,cyx->yx", 0.5 * shades, self.lost**2)
        linear = self._back(body * self.residual[0], middle) + self._fine(crossed)
        against = self._back(body * self.residual[1] + shade * self.residual[2], middle) + self._fine(fixed)
        return best_paint(linear, self._fine(square), -against)

    def _fine(self, coarse: Image) -> Image:
        """(y, x) from every third row and column."""
        wide = coarse.repeat(COARSER, axis=0).repeat(COARSER, axis=1)
        fine: Image = wide[: self.shape[0], : self.shape[1]]
        return fine

    def _kernel(self, kernel: Image) -> NDArray[np.complex64]:
        """Spectrum of the kernel for correlation (hence conjugate)."""
        spectrum: NDArray[np.complex64] = np.conj(fft.rfft2(kernel, self.padded))
        return spectrum

    def _back(self, spectrum: NDArray[np.complex64], middle: int) -> Image:
        """The correlation, (y, x), moved so that each value stands at the template's middle."""
        image = np.roll(fft.irfft2(spectrum, self.padded), (middle, middle), axis=(0, 1))
        cut: Image = image[: self.shape[0], : self.shape[1]]
        return cut


def _local_means(channels: Image) -> Image:
    """(channel, y, x) over every third row and column: means over an aircraft's extent."""
    means = [ndimage.uniform_filter(channel, LOCAL_PX, mode="constant") for channel in channels]
    return np.stack(means)[:, ::COARSER, ::COARSER].astype(np.float32)


def best_paint(linear: Image, square: Image, fixed: Image) -> tuple[Image, Image]:
    """Maximum over paint a of fixed + linear a - square a^2 / 2 + log prior(a), and where it lies."""
    prior = 1.0 / PAINT_SPREAD**2
    paint = np.clip((linear + PAINT_MEAN * prior) / (square + prior), *PAINT_RANGE)
    ratio = fixed + linear * paint - 0.5 * square * paint**2 - 0.5 * prior * (paint - PAINT_MEAN) ** 2
    return ratio.astype(np.float32), paint.astype(np.float32)
