"""The simulator's physics agrees with the laws that it cites."""

import numpy as np
import pytest

from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.physics import (
    BAND_DELAY_S,
    BLUR_M,
    HAZE,
    MTF_AT_NYQUIST,
    SENSOR_NOISE,
    SKYLIGHT,
    haze_of,
    psf_sigma_m,
    skylight_of,
)

WAVES_NM = {"B02": 492.4, "B03": 559.8, "B04": 664.6, "B08": 832.8}
BLUE_DIFFUSE = {"B02": 0.287, "B03": 0.227, "B04": 0.172, "B08": 0.122}
"""The model of Bird and Riordan with the sun at 45 degrees, aerosol optical depth 0.18, albedo 0.2."""
SNR_AT_RADIANCE = {"B02": (154, 128, 1941), "B03": (168, 128, 1823), "B04": (142, 108, 1513), "B08": (174, 103, 1037)}
"""Signal to noise, reference radiance and solar irradiance, W/(m2 (sr) um)."""


@pytest.mark.parametrize("band", MTF_AT_NYQUIST)
def test_the_blur_has_the_bands_mtf(band: str) -> None:
    sigma = psf_sigma_m(band)
    assert np.exp(-2 * (np.pi * sigma * 0.05) ** 2) == pytest.approx(MTF_AT_NYQUIST[band], abs=1e-3)
    assert 0.15 <= MTF_AT_NYQUIST[band] <= 0.30 and 5.0 < sigma < 5.5


def test_one_blur_for_all_bands_is_their_mean() -> None:
    assert pytest.approx(np.mean([psf_sigma_m(band) for band in BANDS]), abs=0.05) == BLUR_M


@pytest.mark.parametrize("band", BANDS)
def test_haze_falls_as_in_clear_air(band: str) -> None:
    assert pytest.approx((WAVES_NM[band] / WAVES_NM["B02"]) ** -2, abs=0.05) == HAZE[band]


@pytest.mark.parametrize("band", BANDS)
def test_skylight_is_that_of_a_clear_sky(band: str) -> None:
    assert pytest.approx(BLUE_DIFFUSE[band], abs=0.01) == SKYLIGHT[band]


def test_the_noise_is_what_the_instrument_may_have() -> None:
    noise = [np.pi * radiance / irradiance / snr for snr, radiance, irradiance in SNR_AT_RADIANCE.values()]
    assert min(noise) < SENSOR_NOISE < max(noise)
    assert pytest.approx(np.mean(noise), abs=1e-4) == SENSOR_NOISE


def test_bands_look_in_the_order_of_the_focal_plane() -> None:
    assert sorted(BAND_DELAY_S, key=BAND_DELAY_S.__getitem__) == ["B02", "B08", "B03", "B04"]


def test_a_band_without_a_name_of_its_own_has_middling_light() -> None:
    for of in (skylight_of, haze_of):
        assert of(BANDS).min() < of(("B99",))[0] < of(BANDS).max() and of(BANDS).dtype == np.float32
