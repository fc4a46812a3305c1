"""The sensors by name; the top floors choose here, and hand the sensor down."""

from collections.abc import Mapping

from imagery_watch.errors import UsageError
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2

DEFAULT_SENSOR = SENTINEL_2.name

SENSORS: Mapping[str, Sensor] = {sensor.name: sensor for sensor in (SENTINEL_2,)}


def find_sensor(name: str = DEFAULT_SENSOR) -> Sensor:
    """The sensor of that name, as the files have it. Raises UsageError where there is none."""
    if name not in SENSORS:
        raise UsageError(f"sensor {name!r}: not known; try {' or '.join(SENSORS)}")
    return SENSORS[name]
