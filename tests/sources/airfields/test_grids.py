"""Grids: zones, edges, masks."""

import dataclasses
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield, Apron
from imagery_watch.model.grid import Grid
from imagery_watch.sources.airfields.grids import (
    apron_pixels,
    draw_areas,
    from_lonlat,
    grid_for,
    search_bbox,
    to_lonlat,
    utm_epsg,
)

GRID = Grid(32632, 677000.0, 5149000.0, 60, 50)


def on_ground(shape):
    """The shape, drawn in metres on GRID, in lon/lat."""
    return shapely.transform(shape, lambda xy: np.array([to_lonlat(GRID, *point) for point in xy]))


def field(*shapes, exclude=()):
    aprons = tuple(Apron(f"a{i}", on_ground(shape)) for i, shape in enumerate(shapes))
    return Airfield("X", "X", "surveyed", "", "", aprons, exclude=tuple(on_ground(shape) for shape in exclude))


ZONES = [
    (11.3, 46.5, 32632),
    (-180.0, 10, 32601),
    (179.99, 10, 32660),
    (180.0, 10, 32601),
    (180.01, -17, 32701),
    (5.9999, 60, 32631),  # Bergen: zone 32 on maps, 31 here
    (6.0, 60, 32632),
    (0, 0, 32631),
    (0, -0.0001, 32731),
    (125.67, 39.2, 32651),
]


@pytest.mark.parametrize(("lon", "lat", "epsg"), ZONES)
def test_utm_zone(lon, lat, epsg):
    assert utm_epsg(lon, lat) == epsg


@pytest.mark.parametrize(("lon", "lat"), [(0, 84.1), (0, -80.1), (0, math.nan), (math.inf, 0)])
def test_no_zone(lon, lat):
    with pytest.raises(AoiError, match="UTM"):
        utm_epsg(lon, lat)


@given(west=st.integers(0, 400), south=st.integers(0, 300), size=st.integers(30, 200), margin=st.integers(0, 2000))
def test_edges_lie_outward_on_multiples_of_20_m(west, south, size, margin):
    shape = box(677000 + west, 5148500 + south, 677000 + west + size, 5148500 + south + size)
    left, bottom, right, top = grid_for(field(shape), margin, 400).bounds
    assert all(edge % 20 == 0 for edge in (left, bottom, right, top))
    gaps = np.array([shape.bounds[0] - left, shape.bounds[1] - bottom, right - shape.bounds[2], top - shape.bounds[3]])
    assert (gaps >= margin - 0.01).all()
    assert (gaps < margin + 20.01).all()


def test_exact_multiples_stay():
    grid = grid_for(field(box(677000, 5148500, 677100, 5148600)), 0, 400)
    assert grid.bounds == (677000, 5148500, 677100, 5148600)
    assert grid.shape == (10, 10)


def test_too_large():
    with pytest.raises(AoiError, match=r"X: .* 36 km2, more than 30 km2"):
        grid_for(field(box(677000, 5148500, 681000, 5152500)), 1000, 30)


def test_a_place_that_cannot_be_transformed():
    beyond = box(11, 95, 12, 96)
    with pytest.raises(AoiError, match="outside UTM"):
        grid_for(Airfield("X", "X", "surveyed", "", "", (Apron("a", beyond),)), 0, 400)
    lost = dataclasses.replace(field(box(677000, 5148500, 677100, 5148600)), exclude=(beyond,))
    with pytest.raises(AoiError, match=r"X: the shape at \[12.0, 95.0\] cannot be placed"):
        draw_areas(lost, GRID)
    with pytest.raises(AoiError, match="cannot be transformed"):
        from_lonlat(GRID, 11.0, 95.0)


def test_pixels_belong_to_the_shape_that_holds_their_centre():
    areas = draw_areas(field(box(677000, 5148900, 677104, 5149000), box(677200, 5148900, 677206, 5149000)), GRID)
    expected = np.full(GRID.shape, -1)
    expected[:10, :10] = 0  # 4 m into the eleventh column are less than half a pixel
    expected[:10, 20] = 1  # 6 m are more
    np.testing.assert_array_equal(areas.apron_index, expected)
    np.testing.assert_array_equal(areas.ring, expected < 0)
    assert areas.apron_index.dtype == np.int16
    assert areas.ring_km2 == pytest.approx((3000 - 110) * 1e-4)
    assert areas.apron_names == ("a0", "a1")


def test_against_the_slow_way():
    shape = Polygon([(677103, 5148907), (677333, 5148951), (677402, 5148700), (677201, 5148803)])
    hole = Polygon([(677250, 5148850), (677291, 5148873), (677280, 5148801)])
    parts = MultiPolygon([shape.difference(hole), box(677450, 5148560, 677580, 5148640)])
    mask = draw_areas(field(parts), GRID).aprons
    slow = [[parts.contains(Point(GRID.xy(row, col))) for col in range(GRID.width)] for row in range(GRID.height)]
    np.testing.assert_array_equal(mask, slow)


def test_the_smaller_apron_has_the_pixel_and_order_does_not_matter():
    large, small = box(677000, 5148800, 677200, 5149000), box(677050, 5148850, 677100, 5148900)
    assert apron_pixels(field(large, small), GRID) == (375, 25)
    assert apron_pixels(field(small, large), GRID) == (25, 375)


def test_excluded_areas_are_ring():
    strip = box(677050, 5148000, 677100, 5149500)
    areas = draw_areas(field(box(677000, 5148900, 677200, 5149000), exclude=[strip]), GRID)
    assert not areas.aprons[:, 5:10].any()
    assert areas.ring[:10, 5:10].all()
    assert int(areas.aprons.sum()) == 150


@pytest.mark.parametrize("case", ["narrow", "excluded", "covered"])
def test_an_apron_without_pixels(case):
    shape = {"narrow": box(677001, 5148500, 677004, 5148900)}.get(case, box(677100, 5148800, 677200, 5148900))
    others = [box(677100, 5148800, 677200, 5148850), box(677100, 5148850, 677200, 5148900)] if case == "covered" else []
    exclude = [box(677000, 5148700, 677300, 5149000)] if case == "excluded" else []
    with pytest.raises(AoiError, match="apron a0 selects no pixel"):
        draw_areas(field(shape, *others, exclude=exclude), GRID)


@given(x=st.floats(677000, 677600), y=st.floats(5148500, 5149000))
def test_round_trip(x, y):
    assert from_lonlat(GRID, *to_lonlat(GRID, x, y)) == pytest.approx((x, y), abs=1e-4)


def test_search_box_holds_the_grid():
    west, south, east, north = search_bbox(GRID)
    left, bottom, right, top = GRID.bounds
    for x, y in [(left, bottom), (left, top), (right, bottom), (right, top), ((left + right) / 2, top)]:
        lon, lat = to_lonlat(GRID, x, y)
        assert west - 1e-9 <= lon <= east + 1e-9
        assert south - 1e-9 <= lat <= north + 1e-9
    assert (east - west, north - south) == pytest.approx((0.0079, 0.0046), abs=3e-4)


@pytest.mark.parametrize(("middle", "west", "east"), [(179.999, 179.985, 180.0), (180.001, -180.0, -179.985)])
def test_search_box_at_the_antimeridian_is_one_side(middle, west, east):
    apron = Apron("a", box(middle - 0.005, -16.7, middle + 0.005, -16.69))
    found = search_bbox(grid_for(Airfield("X", "X", "surveyed", "", "", (apron,)), 1000, 400))
    assert (found[0], found[2]) == pytest.approx((west, east), abs=2e-3)
    assert -180 <= found[0] < found[2] <= 180
