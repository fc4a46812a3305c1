"""Where the sun stands, for items that do not state it."""

from datetime import UTC, datetime

import numpy as np

from imagery_watch.model import Sun


def solar_position(lon: float, lat: float, when: datetime) -> Sun:
    """Azimuth (clockwise from north) and elevation of the sun in degrees, good to 0.05 degrees between 1950 and 2050.

    The Astronomical Almanac's low-precision formulas, after Michalsky, Solar Energy 40 (1988) 227-235; no refraction.
    """
    days = (when.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * days)
    right_ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal = np.radians((280.46061837 + 360.98564736629 * days + lon) % 360.0)
    hour_angle, phi = sidereal - right_ascension, np.radians(lat)
    elevation = np.arcsin(np.sin(declination) * np.sin(phi) + np.cos(declination) * np.cos(phi) * np.cos(hour_angle))
    azimuth = np.arctan2(-np.sin(hour_angle), np.cos(phi) * np.tan(declination) - np.sin(phi) * np.cos(hour_angle))
    return Sun(float(np.degrees(azimuth) % 360.0), float(np.degrees(elevation)))
