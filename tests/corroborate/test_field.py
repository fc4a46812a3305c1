"""The airfield's shapes in metres, and what of the earth matters to it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import transform

from corroborate.builders import at, make_airfield, make_test_field, make_track
from imagery_watch.corroborate.field import find_aprons, look_at, make_field, surroundings
from imagery_watch.model.flight import GROUND, Box


@given(st.floats(-12_000, 12_000), st.floats(-12_000, 12_000))
def test_metres_are_metres(x: float, y: float) -> None:
    field = make_test_field()
    lon, lat = at(x, y)
    _, _, true_m = Geod(ellps="WGS84").inv(field.lon, field.lat, lon, lat)
    told = np.hypot(*field.to_metres(np.array([lon]), np.array([lat])))[0]
    assert told == pytest.approx(true_m, rel=0.003, abs=0.1)


@pytest.mark.parametrize(("x", "apron"), [(0, 0), (199, 0), (205, 0), (215, -1), (600, -1)])
def test_an_apron_reaches_ten_metres_over_its_outline(x: float, apron: int) -> None:
    field = make_test_field()
    seen = look_at(make_track([(0, x, 0, None, GROUND, 0), (60, x, 0, None, GROUND, 0)]), field)
    assert find_aprons(seen, np.array([0, 1]), field).tolist() == [apron, apron]


@pytest.mark.parametrize("lon", [179.9, -179.95, 0.0, 8.0])
def test_surroundings_reach_60_km_over_the_date_line_too(lon: float) -> None:
    shift = lambda xy: np.add(xy, (lon - 8.0, 0.0))  # noqa: E731
    airfield = make_airfield()
    aprons = tuple(replace(one, geometry=transform(one.geometry, shift)) for one in airfield.aprons)
    field = make_field(replace(airfield, aprons=aprons, runways=()), 0.0)
    around = surroundings(field)
    east = np.array([59_000, -59_000, 62_000, -62_000]) / field.metres_east
    lons = (field.lon + east + 180) % 360 - 180
    assert around.holds(np.full(4, 47.0), lons).tolist() == [True, True, False, False]


def test_a_box_knows_its_parallels() -> None:
    assert Box(0, 10, 1, 11).holds(np.array([9.9, 10.5, 11.1]), np.full(3, 0.5)).tolist() == [False, True, False]
