from dataclasses import replace
from datetime import timedelta

import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from imagery_watch.model import Apron
from imagery_watch.outputs.report.drawings import (
    LABEL_WIDTH,
    MAP_HEIGHT,
    MAP_MARGIN,
    MAP_WIDTH,
    TIMELINE_WIDTH,
    airfield_map,
    fitted,
    timeline,
)
from outputs.builders import LAT, LON, START, make_airfield, make_hit, make_look


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


def test_one_row_an_apron_and_time_to_the_right() -> None:
    looks = [make_look(day, apron=name) for day in range(0, 150, 5) for name in ("A", "Other")]
    drawn = timeline(looks, ["West", "A"])
    assert drawn
    assert [(row.name, len(row.marks)) for row in drawn.rows] == [("West", 0), ("A", 30), ("Other", 30)]
    places = [mark.x for mark in drawn.rows[1].marks]
    assert places == sorted(set(places))
    assert min(places) > LABEL_WIDTH
    assert max(places) < TIMELINE_WIDTH


def test_no_looks_no_timeline() -> None:
    assert timeline([], ["A"]) is None


@pytest.mark.parametrize("days", [0, 0.1, 3, 8, 15, 60, 100, 365, 1000, 3000, 9000])
def test_ticks_are_few_and_inside(days: float) -> None:
    looks = [make_look(0), replace(make_look(0), datetime=START + timedelta(days=days))]
    drawn = timeline(looks, ["A"])
    assert drawn
    assert len(drawn.ticks) <= 10
    assert all(LABEL_WIDTH < x < TIMELINE_WIDTH for x, _ in drawn.ticks)
    assert len(drawn.ticks) >= 2 or days < 3


def test_tips_tell_what_was_seen() -> None:
    drawn = timeline([make_look(0, "not_observed", visible_fraction=0.25)], [])
    assert drawn
    assert drawn.rows[0].marks[0].tip == "2022-03-01 not observed, 25% visible: cloud over the apron"
