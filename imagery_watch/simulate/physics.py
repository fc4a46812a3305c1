"""The light and the optics of the simulated sensor, each number with its own source; what is assumed is called so.

What is measured with simulated imagery must not lend its constants to the simulation, nor take them from here.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PIXEL_M = 10.0

BAND_DELAY_S = {"B02": 0.0, "B03": 0.53, "B04": 1.01, "B08": 0.26}
"""Seconds after B02 at which each band looks, from one strip of detectors to the next on the focal plane.

Heiselberg 2019, Sensors 19, 2873, doi:10.3390/s19132873 (temporal offsets, up to 2.6 s for the last band), rounded to
0.01 s. They vary by 2 % across the swath and with altitude: Binet, Bergsma and Poulain 2022,
doi:10.5194/isprs-annals-V-1-2022-57-2022. The drawn ones do not.
"""

MTF_AT_NYQUIST = {"B02": 0.26, "B03": 0.28, "B04": 0.24, "B08": 0.26, "mono": 0.25}
"""Modulation transfer at the Nyquist frequency of 10 m pixels, 0.05 per metre.

As Sentinel-2's sharpening methods take them from the mission's data quality reports: Ulfarsson et al. 2019, IEEE
Transactions on Geoscience and Remote Sensing 57, 6408-6420; code doi:10.21982/j9jg-vm40. The mission requires 0.15 to
0.30. For an unnamed band: assumed.
"""
DEFAULT_MTF = 0.26

BLUR_M = 5.2
"""Standard deviation of the blur, metres, where one serves all bands: the mean of `psf_sigma_m`, rounded."""

SKYLIGHT = {"B02": 0.28, "B03": 0.22, "B04": 0.18, "B08": 0.12, "mono": 0.18}
"""Share of full light that a clear sky leaves in a shadow: the diffuse share of global spectral irradiance.

Bird and Riordan 1986, doi:10.1175/1520-0450(1986)025<0087:SSSMFD>2.0.CO;2: their model gives 0.29, 0.23, 0.17 and 0.12
at 492, 560, 665 and 833 nm with the sun 45 degrees high, an aerosol optical depth of 0.18 at 500 nm and an albedo of
0.2. Taken for every sun and air, which is an assumption: blue runs from 0.19 (60 degrees, depth 0.1) to 0.47 (30
degrees, depth 0.3). For an unnamed band: assumed.
"""
DEFAULT_SKYLIGHT = 0.2

HAZE = {"B02": 1.0, "B03": 0.75, "B04": 0.55, "B08": 0.3, "mono": 0.6}
"""Haze in each band, as a share of the haze in blue: wavelength to the power of -2, within 0.05.

The "clear" one of the relative scattering models of Chavez 1988, doi:10.1016/0034-4257(88)90019-3; for an unnamed band:
assumed.
"""
DEFAULT_HAZE = 0.5

SENSOR_NOISE = 0.0015
"""Standard deviation of the sensor's own noise, reflectance, the same in all bands and at all brightnesses.

ESA, Sentinel-2 User Handbook, 2015, radiometric requirements: signal to noise of 154, 168, 142 and 174 at reference
radiances of 128, 128, 108 and 103 W/(m2 sr um), which are reflectances of 0.0013 to 0.0018.
"""


def psf_sigma_m(band: str) -> float:
    """Standard deviation, metres, of the Gaussian whose MTF at the Nyquist frequency is the band's."""
    mtf = MTF_AT_NYQUIST.get(band, DEFAULT_MTF)
    return float(np.sqrt(-np.log(mtf) / (2 * np.pi**2)) / (0.5 / PIXEL_M))


def skylight_of(bands: Sequence[str]) -> NDArray[np.float32]:
    """(band,): share of full light that is left in a shadow."""
    return np.array([SKYLIGHT.get(band, DEFAULT_SKYLIGHT) for band in bands], np.float32)


def haze_of(bands: Sequence[str]) -> NDArray[np.float32]:
    """(band,): haze as a share of that in blue."""
    return np.array([HAZE.get(band, DEFAULT_HAZE) for band in bands], np.float32)
