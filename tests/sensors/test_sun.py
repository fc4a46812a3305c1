"""The computed sun: where it must stand at noon, and within its bounds anywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.sensors.sun import solar_position


def test_the_midsummer_sun_stands_in_the_south_at_local_noon() -> None:
    sun = solar_position(11.0, 46.0, datetime(2023, 6, 21, 11, 18, tzinfo=UTC))
    assert sun.azimuth == pytest.approx(180, abs=2) and sun.elevation == pytest.approx(67.4, abs=0.2)


@given(st.floats(-180, 180), st.floats(-80, 80), st.integers(0, 365 * 24 * 60))
def test_the_sun_is_within_its_bounds(lon: float, lat: float, minute: int) -> None:
    azimuth, elevation = solar_position(lon, lat, datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
    assert 0 <= azimuth < 360 and -90 <= elevation <= 90
    assert elevation <= 90 - abs(lat) + 23.5
