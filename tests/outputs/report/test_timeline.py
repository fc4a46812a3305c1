"""Drawings over time: the looks of each apron with the stays on them, and how full aprons were."""

from dataclasses import replace
from datetime import timedelta

import pytest

from imagery_watch.outputs.report.timeline import NARROW_LAYOUT, WIDE_LAYOUT, Layout, chart_occupancy, timeline
from outputs.builders import START, make_look, make_occupancy, make_stay


def test_one_row_an_apron_and_time_to_the_right() -> None:
    looks = [make_look(day, apron=name) for day in range(0, 150, 5) for name in ("A", "Other")]
    drawn = timeline(looks, ["West", "A"])
    assert drawn
    assert [(row.name, len(row.marks)) for row in drawn.rows] == [("West", 0), ("A", 30), ("Other", 30)]
    places = [mark.x for mark in drawn.rows[1].marks]
    assert places == sorted(set(places))
    assert min(places) > WIDE_LAYOUT.label_width
    assert max(places) < WIDE_LAYOUT.width


def test_no_looks_no_timeline() -> None:
    assert timeline([], ["A"]) is None


@pytest.mark.parametrize("days", [0, 0.1, 3, 8, 15, 60, 100, 365, 1000, 3000, 9000])
def test_ticks_are_few_and_inside(days: float) -> None:
    looks = [make_look(0), replace(make_look(0), datetime=START + timedelta(days=days))]
    drawn = timeline(looks, ["A"])
    assert drawn
    assert len(drawn.ticks) <= 10
    assert all(WIDE_LAYOUT.label_width < x < WIDE_LAYOUT.width for x, _ in drawn.ticks)
    assert len(drawn.ticks) >= 2 or days < 3


def test_tips_tell_what_was_seen() -> None:
    drawn = timeline([make_look(0, "not_observed", visible_fraction=0.25)], [])
    assert drawn
    assert drawn.rows[0].marks[0].tip == "2022-03-01 not observed, 25% visible: cloud over the apron"


@pytest.mark.parametrize("layout", [WIDE_LAYOUT, NARROW_LAYOUT])
def test_a_stay_is_a_bar_from_first_to_last_look_within_what_is_possible(layout: Layout) -> None:
    looks = [make_look(day) for day in range(0, 60, 5)]
    stays = [make_stay(2, seen_to=START + timedelta(days=20), not_after=None), make_stay(3, apron="West")]
    drawn = timeline(looks, ["A"], stays, layout)
    assert drawn
    (bar,) = drawn.rows[0].bars
    assert bar.outer_x < bar.x < bar.end < bar.outer_end
    assert bar.outer_end == drawn.rows[0].marks[-1].x, "what is still there reaches the last look"
    assert "2022-03-11 10:21" in bar.tip


def test_the_chart_of_an_apron_has_a_point_a_look_and_its_median() -> None:
    rows = [make_occupancy(5 * number, count, 2) for number, count in enumerate([0, 2, 4])]
    chart = chart_occupancy(rows)
    assert [point[1] for point in chart.points] == sorted((point[1] for point in chart.points), reverse=True)
    assert chart.usual_y == chart.points[1][1]
    assert (chart.most, chart.usual) == (4, 2)
    assert chart_occupancy([make_occupancy(0, 0, 0)]).most == 1
