"""Sentinel-2's constants for the change stage: whole, in order, and within what physics allows."""

from itertools import pairwise

from imagery_watch.sensors.sentinel2.assets import BANDS
from imagery_watch.sensors.sentinel2.detector import DETECTOR


def test_every_band_is_known() -> None:
    assert set(DETECTOR.wavelengths_nm) == set(DETECTOR.skylight) == {*BANDS, "mono"}
    assert set(DETECTOR.band_delay_s) == set(BANDS)


def test_blue_is_the_shortest_wave_and_near_infrared_the_longest() -> None:
    waves = {band: DETECTOR.wavelengths_nm[band] for band in BANDS}
    assert (min(waves, key=waves.__getitem__), max(waves, key=waves.__getitem__)) == ("B02", "B08")


def test_the_sky_is_blue() -> None:
    left = [DETECTOR.skylight[band] for band in sorted(BANDS, key=DETECTOR.wavelengths_nm.__getitem__)]
    assert all(shorter > longer for shorter, longer in pairwise(left))
    assert min(left) <= DETECTOR.skylight["mono"] <= max(left) and 0 < DETECTOR.default_skylight < 1


def test_paints_are_reflectance() -> None:
    low, high = DETECTOR.paint_range
    assert DETECTOR.quantity == "reflectance" and 0 < low < DETECTOR.paint_mean < high < 1


def test_nothing_is_reported_where_the_law_does_not_hold() -> None:
    assert DETECTOR.min_reported_llr >= DETECTOR.tail_threshold
