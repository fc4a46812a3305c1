import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from imagery_watch.model import Apron
from imagery_watch.outputs.report.drawings import (
    MAP_HEIGHT,
    MAP_MARGIN,
    MAP_WIDTH,
    airfield_map,
    fitted,
)
from outputs.builders import LAT, LON, make_airfield, make_hit


def test_north_is_up_and_metres_are_metres() -> None:
    projection = fitted(make_airfield(), [])
    x, y = projection(LON, LAT)
    east, north = projection(LON + 0.001, LAT), projection(LON, LAT + 0.001)
    assert east[0] > x
    assert east[1] == y
    assert north[1] < y
    width = (east[0] - x) / (y - north[1])
    assert width == pytest.approx(0.689, abs=0.01)  # cos(46.5 degrees)


def test_everything_lies_on_the_map() -> None:
    drawn = airfield_map(make_airfield(), [make_hit(lon=LON + 0.02), make_hit(2, lat=LAT - 0.01)])
    for dot in drawn.dots:
        assert MAP_MARGIN - 1 <= dot.x <= MAP_WIDTH - MAP_MARGIN + 1
        assert MAP_MARGIN - 1 <= dot.y <= MAP_HEIGHT - MAP_MARGIN + 1
    assert [dot.number for dot in drawn.dots] == [1, 2]
    assert 0 < drawn.bar_px <= MAP_WIDTH / 4


def test_holes_parts_and_lines() -> None:
    outer = box(11, 46, 11.01, 46.01)
    holed = Polygon(outer.exterior, [box(11.002, 46.002, 11.004, 46.004).exterior])
    aprons = (Apron("A", MultiPolygon([holed, box(11.02, 46, 11.03, 46.01)])),)
    drawn = airfield_map(make_airfield(aprons=aprons, stands=(Point(11, 46),)), [])
    runway, apron = drawn.shapes
    assert apron.path.count("M") == apron.path.count("Z") == 3
    assert "Z" not in runway.path


def test_across_the_antimeridian() -> None:
    aprons = (Apron("A", box(179.99, -17, 180, -16.99)), Apron("B", box(-180, -17, -179.99, -16.99)))
    projection = fitted(make_airfield(aprons=aprons), [])
    left, right = projection(179.99, -17)[0], projection(-179.99, -17)[0]
    assert 0 < left < right < MAP_WIDTH
