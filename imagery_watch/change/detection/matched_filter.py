"""The matched filter: at every pixel, how much likelier an aircraft with its shadow is than the empty apron.

For a template with body share F and shadow share S, ground reflectance m, paint reflectance a (grey, the same in all
bands) and light lost in shadow k, the residual it would leave in band b is  a F - m_b F - k_b m_b S.  With the noise
covariance Q^-1 of a pixel, the log-likelihood ratio is a quadratic in a, whose maximum under the paint prior is closed
form; every term is a correlation, done for all pixels at once by FFT (docs/method.md, section 6).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from imagery_watch.change.background.noise import power_spectra
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_templates import (
    ENERGY_PX,
    MEAN_PLAN,
    Template,
    build_template_bank,
    imaging_of,
)
from imagery_watch.model import DetectorModel
from imagery_watch.model.arrays import Floats, Image

LOCAL_MEAN_PX = 5
"""Edge of the square over which the ground's colour is averaged for a template's energy: an aircraft's extent."""
DECIMATION = 3
"""Those averages are taken at every third row and column."""
SCREEN_HEADING_STEP = 2
"""Every second heading of the bank is enough to propose candidates."""


def match_templates(image: ResidualImage) -> Image:
    """(y, x): log-likelihood ratio of the best template against the empty apron, natural units."""
    templates = _screen_templates(image)
    matched = _MatchedFilter(image, templates)
    best = np.full(image.residual.shape[1:], -np.inf, np.float32)
    for template, energies in zip(templates, matched.energies(templates), strict=True):
        np.fmax(best, matched.fit(template, energies), out=best)
    return best


def _screen_templates(image: ResidualImage) -> tuple[Template, ...]:
    """The part of the bank that proposes candidates: the mean plan, every second heading."""
    imaging = imaging_of(image.sun_azimuth, image.sun_elevation, image.detector.psf_sigma_m, image.pixel_m)
    return build_template_bank(imaging, (MEAN_PLAN,))[::SCREEN_HEADING_STEP]


class _MatchedFilter:
    """What the screen needs of an image, Fourier-transformed once for all templates.

    The residual is whitened over bands and pixels and brought back (the matched filter of coloured noise). A template's
    own energy is that of its shape in each channel's noise, times local means of the ground's colour.
    """

    def __init__(self, image: ResidualImage, templates: tuple[Template, ...]) -> None:
        self.shape = image.ground.shape[1:]
        reach = max(template.body.shape[0] for template in templates)
        self.room = reach // 2
        self.padded = [fft.next_fast_len(edge + reach, real=True) for edge in self.shape]
        self.noise, self.detector = image.noise, image.detector
        lost = image.ground * image.detector.shadow_loss(image.bands)[:, None, None]
        matched = self._matched(image)
        self.residual = [self._spread_out((matched * other).sum(axis=0)) for other in (1.0, image.ground, lost)]
        scaled = [other / image.spread for other in (np.ones_like(image.ground), image.ground, lost)]
        one, ground, lost = (_local_means(self._mixed(other)) for other in scaled)
        pairs = (one**2, one * ground, one * lost, ground**2, ground * lost, lost**2)
        self.coarse_shape = one.shape[1:]
        self.pairs = np.concatenate(pairs).reshape(len(pairs) * len(one), -1)
        self.spectra = power_spectra(image.noise.acf, ENERGY_PX, ENERGY_PX)

    def _mixed(self, scaled: Image) -> Image:
        """(channel, y, x): in units of this pass's noise."""
        weights = self.noise.mixing / np.sqrt(self.noise.variance_scale)[:, None]
        return np.einsum("cb,byx->cyx", weights, scaled, optimize=True)

    def _matched(self, image: ResidualImage) -> Image:
        """(band, y, x): the residual times the inverse of the noise's covariance."""
        channels = fft.rfft2(self._mixed(image.residual / image.spread), self.padded)
        cut = np.s_[:, : self.shape[0], : self.shape[1]]
        white = fft.irfft2(channels / power_spectra(image.noise.acf, *self.padded), self.padded)[cut]
        weights = image.noise.mixing / np.sqrt(image.noise.variance_scale)[:, None]
        return np.einsum("cb,cyx->byx", weights, white, optimize=True) / image.spread

    def energies(self, templates: tuple[Template, ...]) -> Image:
        """(template, 3, channel): energy of body, body with shadow, and shadow in each channel's noise."""
        powers = np.stack([template.powers for template in templates])
        return np.einsum("tpyx,cyx->tpc", powers, 1.0 / self.spectra, optimize=True)

    def fit(self, template: Template, energies: Image) -> Image:
        """(y, x): log-likelihood ratio under the best paint."""
        middle = template.body.shape[0] // 2
        body, shade = self._kernel(template.body), self._kernel(template.shadow)
        square, crossed, fixed = self._fine(_weigh_pairs(*energies) @ self.pairs)
        linear = self._back(body * self.residual[0], middle) + crossed
        against = self._back(body * self.residual[1] + shade * self.residual[2], middle) + fixed
        return fit_paint(linear, square, -against, self.detector)

    def _fine(self, coarse: Image) -> Image:
        """(map, y, x) from every third row and column."""
        maps = coarse.reshape(-1, *self.coarse_shape)
        wide = maps.repeat(DECIMATION, axis=2).repeat(DECIMATION, axis=1)
        fine: Image = wide[:, : self.shape[0], : self.shape[1]]
        return fine

    def _spread_out(self, image: Image) -> NDArray[np.complex64]:
        """Spectrum of an image, with room before it for half of the largest template."""
        spectrum: NDArray[np.complex64] = fft.rfft2(np.pad(image, ((self.room, 0), (self.room, 0))), self.padded)
        return spectrum

    def _kernel(self, kernel: Image) -> NDArray[np.complex64]:
        """Spectrum of the kernel for correlation (hence conjugate); rows beyond it are nothing, and are left out."""
        rows = fft.rfft(kernel, self.padded[1], axis=1)
        spectrum: NDArray[np.complex64] = np.conj(fft.fft(rows, self.padded[0], axis=0))
        return spectrum

    def _back(self, spectrum: NDArray[np.complex64], middle: int) -> Image:
        """The correlation, (y, x): each value stands at the template's middle."""
        start = self.room - middle
        cut: Image = fft.irfft2(spectrum, self.padded)[start : start + self.shape[0], start : start + self.shape[1]]
        return cut


def _weigh_pairs(bodies: Floats, both: Floats, shades: Floats) -> Image:
    """(3, pair of maps and channel): what makes the square in the paint, its product with the rest, and the rest.

    The pairs are of one, ground and lost light: first with first, first with second, and so on to third with third.
    """
    nothing = np.zeros_like(bodies)
    rows = (
        (bodies, nothing, nothing, nothing, nothing, nothing),
        (nothing, bodies, both, nothing, nothing, nothing),
        (nothing, nothing, nothing, 0.5 * bodies, both, 0.5 * shades),
    )
    return np.stack([np.concatenate(row) for row in rows]).astype(np.float32)


def _local_means(channels: Image) -> Image:
    """(channel, y, x) over every third row and column: means over an aircraft's extent."""
    means = [ndimage.uniform_filter(channel, LOCAL_MEAN_PX, mode="constant") for channel in channels]
    return np.stack(means)[:, ::DECIMATION, ::DECIMATION].astype(np.float32)


def fit_paint(linear: Floats, square: Floats, fixed: Floats, detector: DetectorModel) -> Floats:
    """Maximum over paint a of fixed + linear a - square a^2 / 2 + log prior(a), element by element."""
    prior, mean = 1.0 / detector.paint_sigma**2, detector.paint_mean
    paint = np.clip((linear + mean * prior) / (square + prior), *detector.paint_range)
    llr = fixed + linear * paint - 0.5 * square * paint**2 - 0.5 * prior * (paint - mean) ** 2
    return llr.astype(np.float32)
