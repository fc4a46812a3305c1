"""What the change stage must know of one sensor: its optics, its light, the paints, and the law of its false hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from imagery_watch.model.arrays import Floats
from imagery_watch.model.network import ConvolutionalNetwork

Quantity = Literal["reflectance", "decibel"]
"""What the numbers of a Scene are: reflectance, 1.0 being a white Lambertian surface, or radar backscatter in dB."""


UNNAMED_BAND = "mono"
"""The name of a band of which no item says what it is; it is taken for a visible one."""
LONGEST_VISIBLE_NM = 750
"""Where visible light ends and near infrared begins."""


@dataclass(frozen=True)
class DetectorModel:
    """The constants of one sensor. Each sensor gives an instance, with the source of every number beside it."""

    quantity: Quantity
    """What the change stage is given; noise, paints and floors below are in this unit."""
    wavelengths_nm: Mapping[str, int]
    """Central wavelength of each band by name, nanometres: tells blue and near infrared without trusting positions."""
    psf_sigma_m: float
    """Standard deviation of the Gaussian point spread function on the Grid, metres, resampling included."""
    skylight: Mapping[str, float]
    """Share of full light, 0 to 1, that the sky leaves in a shadow, by band."""
    default_skylight: float
    """The same share for a band that `skylight` does not name."""
    band_delay_s: Mapping[str, float]
    """Seconds after the first band at which each band looks; no motion is told with a band that is not named here."""
    paint_mean: float
    """Mean of the prior of an aircraft's paint, in the unit of `quantity`."""
    paint_sigma: float
    """Standard deviation of that prior."""
    paint_range: tuple[float, float]
    """Least and greatest paint that a fit may take."""
    min_noise: float
    """Standard deviation of a pixel from pass to pass that is never undercut, in the unit of `quantity`."""
    tail_threshold: float
    """Log-likelihood ratio from which on the law of false hits holds."""
    tail_shape: float
    """Shape of the generalised Pareto law of false hits' log-likelihood ratios above the threshold."""
    tail_scale: float
    """Scale of that law, in units of the log-likelihood ratio."""
    tail_rate: float
    """False hits above the threshold per km2 of visible apron and pass, at the usual clutter of 1."""
    clutter_power: float
    """Power of an airfield's clutter with which its false hits grow."""
    min_reported_llr: float
    """Least log-likelihood ratio that is ever reported: below it the law is not known well enough."""
    pair_network: ConvolutionalNetwork = field(repr=False, compare=False)
    """What tells objects the size of aircraft from all else that changes between two looks."""
    ground_network: ConvolutionalNetwork = field(repr=False, compare=False)
    """The same for a look against the empty ground, learnt from open aprons besides."""

    def __hash__(self) -> int:
        """Consistent with equality; mappings have no hash, and templates are cached by the model that drew them."""
        mappings = (self.wavelengths_nm, self.skylight, self.band_delay_s)
        return hash((self.quantity, self.psf_sigma_m, *(tuple(sorted(one.items())) for one in mappings)))

    def shadow_loss(self, bands: Sequence[str]) -> Floats:
        """(band,): share of light that a full shadow takes."""
        return np.array([1.0 - self.skylight.get(band, self.default_skylight) for band in bands], np.float32)

    def is_visible(self, band: str) -> bool:
        """Whether a band lies in visible light, where paint is bright and vegetation is not; so does an unnamed one."""
        return self.wavelengths_nm.get(band, 0) <= LONGEST_VISIBLE_NM

    def shortest_band(self, bands: Sequence[str]) -> int:
        """The position of the bluest of some bands, whatever their order: haze and cloud brighten that one most."""
        return min(range(len(bands)), key=lambda number: self.wavelengths_nm.get(bands[number], 0))

    def longest_band(self, bands: Sequence[str]) -> int:
        """The position of the one farthest to the infrared, whatever their order: shadow darkens that one most."""
        return max(range(len(bands)), key=lambda number: self.wavelengths_nm.get(bands[number], 0))

    def reddest_band(self, bands: Sequence[str]) -> int:
        """The position of the longest visible one, whatever their order: green leaves are dark in that one."""
        visible = [number for number, band in enumerate(bands) if self.is_visible(band)]
        return max(visible, key=lambda number: self.wavelengths_nm.get(bands[number], 0))

    def lacks_infrared(self, bands: Sequence[str]) -> bool:
        """Whether the bands are named, and none of them lies beyond visible light."""
        named = any(band != UNNAMED_BAND for band in bands)
        return named and all(self.is_visible(band) for band in bands)
