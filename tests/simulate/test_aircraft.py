"""Planted aircraft have published dimensions, and shadows where the sun puts them."""

from itertools import pairwise

import numpy as np
import pytest

from imagery_watch.simulate.aircraft import TYPES, AircraftType, footprint, parts, shadow

WING_AREAS_M2 = [
    ("A320", 122.6),
    ("B737-800", 125.0),
    ("Il-62M", 279.6),
    ("Il-76", 300.0),
]
NAMES = sorted(TYPES)


def outline(aircraft: AircraftType, heading: float = 0.0):
    pieces = parts(aircraft, heading)
    return footprint(pieces, wings=False).union(footprint(pieces, wings=True))


@pytest.mark.parametrize(("name", "area_m2"), WING_AREAS_M2)
def test_wing_areas_are_the_published_ones(name: str, area_m2: float) -> None:
    wing = parts(TYPES[name], 0.0)[1].outline
    assert wing.area == pytest.approx(area_m2, rel=0.3)


@pytest.mark.parametrize("name", NAMES)
def test_overall_length_and_span(name: str) -> None:
    aircraft = TYPES[name]
    west, south, east, north = outline(aircraft).bounds
    assert north - south == pytest.approx(aircraft.length, rel=0.03)
    assert east - west == pytest.approx(aircraft.span, rel=0.01)
    hull = footprint(parts(aircraft, 0.0), wings=False)
    assert 0.7 < hull.area / (aircraft.length * aircraft.fuselage) <= 1.0


@pytest.mark.parametrize("name", ["F-16", "A320", "An-124"])
@pytest.mark.parametrize("heading", [0.0, 37.0, 90.0, 200.0])
def test_turning_keeps_the_shape_and_points_the_nose(name: str, heading: float) -> None:
    aircraft = TYPES[name]
    turned = outline(aircraft, heading)
    assert turned.area == pytest.approx(outline(aircraft).area, rel=1e-6)
    nose = np.array([np.sin(np.radians(heading)), np.cos(np.radians(heading))])
    along = np.array(turned.convex_hull.exterior.coords) @ nose
    assert along.max() == pytest.approx(aircraft.length / 2, abs=0.5)
    fin = parts(aircraft, heading)[3].outline.centroid
    assert np.array([fin.x, fin.y]) @ nose < -0.3 * aircraft.length


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 225.0])
def test_shadows_fall_away_from_the_sun(azimuth: float) -> None:
    dark = shadow(parts(TYPES["Il-62M"], 30.0), azimuth, 30.0).centroid
    away = np.radians(azimuth + 180.0)
    direction = np.array([dark.x, dark.y]) / np.hypot(dark.x, dark.y)
    assert direction @ (np.sin(away), np.cos(away)) > 0.8


@pytest.mark.parametrize(("elevation", "throw_m"), [(45.0, 12.3), (30.0, 21.3), (15.0, 45.9)])
def test_the_fin_throws_its_height_over_the_tangent(elevation: float, throw_m: float) -> None:
    """An Il-62M's fin is 12.3 m high; nose north and sun in the east, its shadow reaches that much to the west."""
    tail = parts(TYPES["Il-62M"], 0.0)[3:]
    assert -shadow(tail, 90.0, elevation).bounds[0] == pytest.approx(throw_m + 0.8, abs=0.3)


def test_lower_suns_cast_larger_shadows() -> None:
    areas = [shadow(parts(TYPES["A320"], 0.0), 150.0, elevation).area for elevation in (60.0, 45.0, 30.0, 20.0)]
    assert all(high < low for high, low in pairwise(areas))
