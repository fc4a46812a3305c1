"""The sensors by name."""

import pytest

from imagery_watch.errors import UsageError
from imagery_watch.sensors.registry import DEFAULT_SENSOR, SENSORS, find_sensor
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2


def test_sentinel_2_is_meant_where_none_is_named() -> None:
    assert find_sensor() is find_sensor("sentinel-2") is SENTINEL_2 and DEFAULT_SENSOR == "sentinel-2"


def test_an_unknown_sensor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="sensor 'sentinel-9': not known; try sentinel-2"):
        find_sensor("sentinel-9")


@pytest.mark.parametrize("name", SENSORS)
def test_a_sensor_and_its_detector_model_speak_of_the_same(name: str) -> None:
    sensor = SENSORS[name]
    assert sensor.name == name and sensor.quantity == sensor.detector.quantity
    assert dict(sensor.bands) == dict(sensor.detector.wavelengths_nm)
    assert sensor.class_raster.nearest and not sensor.band_raster.nearest
    assert not (sensor.band_raster.sidecars or sensor.class_raster.sidecars)


def test_sentinel_2_reads_blue_first_and_an_unnamed_band_last() -> None:
    assert tuple(SENTINEL_2.bands) == ("B02", "B03", "B04", "B08", "mono")
