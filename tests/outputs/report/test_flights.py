"""The report's part on flight tracks: what span it shows, where bars lie, which way is drawn, and what is said."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.model import Look, LookResult
from imagery_watch.model.corroboration import Corroboration, Doing, LookState, Match, Segment, TrackState, Verdict
from imagery_watch.outputs.report.drawings import fit_around
from imagery_watch.outputs.report.flights.ground import MOST_FIGURES, choose_scene, draw_arrow, draw_ground, lay_under
from imagery_watch.outputs.report.flights.lanes import (
    MOST_APRONS,
    MOST_LANES,
    Lanes,
    choose_lanes,
    group_aircraft,
    lay_lanes,
)
from imagery_watch.outputs.report.flights.scenes import list_scenes, note_scenes, read_scenes
from imagery_watch.outputs.report.flights.section import MOST_TOLD, render_flights, with_flights
from imagery_watch.outputs.report.flights.span import choose_span, place_ticks
from imagery_watch.outputs.report.flights.terms import lay_terms, tell_place_term, tell_size_term, tell_time_term
from imagery_watch.outputs.report.report import report_html
from imagery_watch.outputs.report.timeline import NARROW_LAYOUT, WIDE_LAYOUT, Layout, TimeAxis
from outputs.builders import LAT, LON, START, make_airfield, make_hit, make_look, make_result, make_stay
from outputs.dossiers import make_evident_result, make_panorama
from outputs.flights import (
    HOUR,
    LANDED,
    make_cell,
    make_corroborated,
    make_corroboration,
    make_ground_stay,
    make_match,
    make_movement,
    make_segments,
    make_told,
    make_tracked_result,
)
from outputs.report.test_report import parsed, shape

DAY = timedelta(days=1)
NOTHING = make_corroboration(tracks=(), near=(), coverage=(), hits=())
STOOD = make_corroboration(tracks=(make_told(segments=()),), near=(), coverage=(), hits=())
"""On the ground from day 3 to day 6, and nothing else is known."""


def looks_of(*days: float, result: LookResult = "no_change") -> tuple[Look, ...]:
    return tuple(replace(make_look(0, result), datetime=START + day * DAY) for day in days)


SPANS = [
    ("two looks before and two after", STOOD, looks_of(-50, 0, 1, 2, 7, 8, 9, 99), (1, 8), True),
    ("as many as there are", STOOD, looks_of(2, 7), (2, 7), False),
    ("none before, none after", STOOD, looks_of(4), (3, 6), False),
    ("looks that saw nothing do not count", STOOD,
     (*looks_of(0, 1, 9, 10), *looks_of(2, 7, result="not_observed")), (0, 10), False),
    ("unless there are no others", STOOD, looks_of(0, 1, 2, 7, result="failed"), (1, 7), True),
    ("where it came from and went to, for a day at most",
     replace(STOOD, tracks=(make_told(segments=(Segment("flying", START, START + 99 * DAY),)),)), looks_of(4), (2, 7),
     False),
    ("the bracket of a hit that it was held against",
     replace(STOOD, hits=(make_corroborated(1, matches=[make_match()]),)), looks_of(2, 7), (0, 7), False),
    ("not that of any other hit", replace(STOOD, hits=(make_corroborated(1),)), looks_of(2, 7), (2, 7), False),
    ("who was heard near, where none was on the ground",
     replace(NOTHING, near=(make_movement(hours=24),)), looks_of(2, 7), (2, 7), False),
    ("where others were heard, where none came",
     replace(NOTHING, coverage=(replace(make_cell(0), start=START, end=START + DAY),)), (), (0, 1), False),
]  # fmt: skip


@pytest.mark.parametrize(("what", "told", "looks", "days", "zoomed"), SPANS, ids=[one[0] for one in SPANS])
def test_the_span_that_is_shown(
    what: str, told: Corroboration, looks: Sequence[Look], days: tuple[float, float], zoomed: bool
) -> None:
    span = choose_span(told, looks, [make_hit(1)])
    assert span is not None
    assert (span.first, span.last) == (START + days[0] * DAY, START + days[1] * DAY)
    assert span.zoomed is zoomed


def test_no_timeline_of_files_that_hold_nothing() -> None:
    assert lay_lanes(make_tracked_result(told=NOTHING), WIDE_LAYOUT) is None
    assert lay_lanes(make_result(), WIDE_LAYOUT) is None


TICKS = [
    (timedelta(hours=5), ["03-01 11:00", "03-01 12:00", "03-01 13:00", "03-01 14:00", "03-01 15:00"]),
    (
        timedelta(hours=40),
        ["03-01 12:00", "03-01 18:00", "03-02 00:00", "03-02 06:00", "03-02 12:00", "03-02 18:00", "03-03 00:00"],
    ),
    (timedelta(days=5), ["2022-03-02", "2022-03-03", "2022-03-04", "2022-03-05", "2022-03-06"]),
    (timedelta(days=25), ["2022-03-06", "2022-03-11", "2022-03-16", "2022-03-21"]),
    (timedelta(days=400), ["2022-05", "2022-07", "2022-09", "2022-11", "2023-01", "2023-03"]),
]


@pytest.mark.parametrize(("span", "labels"), TICKS, ids=[str(span) for span, _ in TICKS])
def test_ticks_go_down_to_hours(span: timedelta, labels: list[str]) -> None:
    axis = TimeAxis(START, START + span, WIDE_LAYOUT)
    assert [label for _, label in place_ticks(axis)] == labels


@given(st.floats(0, 4000), st.sampled_from([WIDE_LAYOUT, NARROW_LAYOUT]))
def test_ticks_are_few_and_whole(days: float, layout: Layout) -> None:
    ticks = place_ticks(TimeAxis(START, START + days * DAY, layout))
    assert len(ticks) <= layout.ticks + 1
    assert all(35 <= x <= layout.width - 35 for x, _ in ticks)


def bars_of(drawn: Lanes) -> list[tuple[float, float]]:
    strips = [strip for lane in drawn.lanes for strip in (*lane.strips, *lane.visits)]
    return [(strip.x, strip.end) for strip in (*strips, *drawn.near, *drawn.heard)]


MOMENTS = st.floats(-9000, 9000)
STRETCHES = st.lists(
    st.tuples(st.sampled_from(["flying", "here", "elsewhere", "silent"]), MOMENTS, MOMENTS), max_size=8
)


@settings(max_examples=60)
@given(
    STRETCHES,
    st.lists(st.tuples(MOMENTS, st.floats(0, 900)), max_size=4),
    st.lists(MOMENTS, max_size=5),
    st.sampled_from([WIDE_LAYOUT, NARROW_LAYOUT]),
)
def test_every_bar_lies_inside_the_drawing(
    stretches: list[tuple[Doing, float, float]],
    visits: list[tuple[float, float]],
    others: list[float],
    layout: Layout,
) -> None:
    segments = tuple(
        Segment(doing, LANDED + min(one, other) * HOUR, LANDED + max(one, other) * HOUR)
        for doing, one, other in stretches
    )
    told = make_corroboration(
        tracks=tuple(make_told(number, *visit, segments=segments) for number, visit in enumerate(visits)),
        near=tuple(make_movement(hours=hours) for hours in others),
        coverage=tuple(make_cell(hours) for hours in others),
    )
    drawn = lay_lanes(make_tracked_result(told=told), layout)
    if drawn is None:
        assert not visits and not others
        return
    line = drawn.looks
    assert all(line.label_width + 12 <= x <= end <= line.width - 12 for x, end in bars_of(drawn))
    assert all(lane.y - 11 > 0 and lane.y + 11 < line.height - 26 for lane in drawn.lanes)
    assert all(tick < line.width for tick, _ in line.ticks)


def test_bars_say_what_and_when_and_what_lasts_minutes_can_be_seen() -> None:
    drawn = lay_lanes(make_tracked_result(), WIDE_LAYOUT)
    assert drawn is not None
    [first, second] = drawn.lanes
    assert [strip.kind for strip in first.strips] == ["elsewhere", "flying", "silent", "flying", "here", "here"]
    assert first.strips[2].tip == "not heard, 2022-03-04 10:51 to 2022-03-07 09:51 UTC (3.0 days)"
    assert min(strip.end - strip.x for strip in first.strips) >= 2.5
    [visit] = first.visits
    assert (visit.x, visit.end) == pytest.approx((first.strips[4].x, first.strips[5].end), abs=0.5)
    assert (first.name, first.state) == ("RA-86551, IL62", "seen")
    assert first.y < second.y < drawn.near_y < drawn.heard_y < drawn.looks.height
    assert drawn.near[0].tip == "TST1, on its way in, 2022-03-05 16:21 UTC"


def test_looks_and_stays_outside_the_span_are_not_drawn() -> None:
    looks = looks_of(-90, 0, 1, 2, 7, 8, 90)
    later = replace(make_stay(2), not_before=START + 60 * DAY, seen_from=START + 70 * DAY, not_after=None)
    drawn = lay_lanes(make_tracked_result(told=STOOD, looks=looks, stays=(make_stay(1), later)), WIDE_LAYOUT)
    assert drawn is not None and drawn.span.zoomed
    row = drawn.looks.rows[0]
    assert (len(row.marks), len(row.bars)) == (4, 1)
    beyond = replace(make_stay(1), seen_from=START + 30 * DAY, seen_to=START + 40 * DAY, not_after=None)
    drawn = lay_lanes(make_tracked_result(told=STOOD, looks=looks, stays=(beyond,)), WIDE_LAYOUT)
    assert drawn is not None
    [bar] = drawn.looks.rows[0].bars
    assert bar.x is None and bar.outer_x < bar.outer_end, "it may have stood there, and was seen later alone"


def test_who_was_heard_is_told_by_cells_and_one_aircraft_is_thin() -> None:
    told = make_corroboration(coverage=(make_cell(48, 2), make_cell(54, 0, 1), make_cell(60, 0, 0)))
    drawn = lay_lanes(make_tracked_result(told=told), WIDE_LAYOUT)
    assert drawn is not None
    assert [strip.kind for strip in drawn.heard] == ["heard", "heard-one"]
    assert drawn.heard[0].end == pytest.approx(drawn.heard[1].x)
    assert "2 aircraft heard on the ground or low, 2022-03-03 06:00 to 2022-03-03 12:00" in drawn.heard[0].tip


def test_narrow_cells_that_follow_one_another_are_one_bar() -> None:
    told = make_corroboration(coverage=tuple(make_cell(6 * step) for step in (*range(100), *range(200, 2000))))
    drawn = lay_lanes(make_tracked_result(told=replace(told, tracks=(), near=())), WIDE_LAYOUT)
    assert drawn is not None and len(drawn.heard) == 2


def test_visits_of_one_aircraft_share_a_row_and_flights_of_one_number_do_not() -> None:
    twice = make_told(1, 0, 4), make_told(1, 300, 4)
    assert [len(group) for group in group_aircraft(twice)] == [2]
    nameless = [
        replace(one, aircraft=replace(one.aircraft, hex=None, name="TST1"), segments=make_segments(hours, 4))
        for hours, one in zip((0, 300), twice, strict=True)
    ]
    assert [len(group) for group in group_aircraft(nameless)] == [1, 1]
    drawn = lay_lanes(make_tracked_result(told=make_corroboration(tracks=twice)), WIDE_LAYOUT)
    assert drawn is not None and [len(lane.visits) for lane in drawn.lanes] == [2]


def test_of_many_aircraft_those_that_matter_have_rows_in_order_of_time() -> None:
    states = [LookState.OUTSIDE] * 20 + [LookState.SEEN, LookState.UNSEEN, LookState.EXPECTED]
    tracks = [make_told(number, 5.0 * number, 2, state) for number, state in enumerate(states)]
    chosen = choose_lanes(group_aircraft(tracks))
    assert len(chosen) == MOST_LANES
    assert [group[0].state for group in chosen[-3:]] == states[-3:]
    starts = [group[0].aircraft.first_ground for group in chosen]
    assert starts == sorted(starts)
    drawn = lay_lanes(make_tracked_result(told=make_corroboration(tracks=tuple(tracks))), WIDE_LAYOUT)
    assert drawn is not None and drawn.left_out == 3


def test_of_many_aprons_those_with_aircraft_and_changes_have_rows() -> None:
    looks = tuple(make_look(5 * day, apron=f"apron {number}") for number in range(30) for day in range(3))
    stood = make_told(aircraft=make_ground_stay(apron="apron 20", aprons=("apron 21", "apron 20")))
    hits = (replace(make_hit(1), apron="apron 25"),)
    result = make_tracked_result(told=make_corroboration(tracks=(stood,)), looks=looks)
    drawn = lay_lanes(replace(result, hits=hits), WIDE_LAYOUT)
    assert drawn is not None
    names = [row.name for row in drawn.looks.rows]
    assert len(names) == MOST_APRONS and drawn.aprons_left_out == 20
    assert names[:2] == ["A", "West"] and names[-3:] == ["apron 20", "apron 21", "apron 25"]


SCENES = [
    ((0.0, 4.0, 9.0), 1, "while it was there"),
    ((0.0, 9.0), 0, "before it is shown there"),
    ((-9.0, 7.0), 1, "after it was last shown there"),
    ((4.0, 5.0), 0, "while it was there"),
]


@pytest.mark.parametrize(("days", "chosen", "words"), SCENES)
def test_the_look_nearest_in_time_lies_under_the_way(days: tuple[float, ...], chosen: int, words: str) -> None:
    times: list[datetime] = [START + day * DAY for day in days]
    found, told = choose_scene(times, make_ground_stay())
    assert found == chosen
    assert words in told and told.startswith(f"{times[chosen]:%Y-%m-%d %H:%M} UTC")


def test_an_image_lies_where_its_corners_are() -> None:
    scenes = list_scenes([make_panorama(0)])
    assert scenes is not None and (scenes.width, scenes.height) == (80, 60)
    projection = fit_around(make_airfield(), [(LON, LAT)])
    backdrop = lay_under(scenes, make_ground_stay(), projection)
    a, b, c, d, e, f = map(float, re.findall(r"[-\d.e]+", backdrop.matrix.removeprefix("matrix")))
    for (col, row), corner in zip(((0, 0), (80, 0), (0, 60)), scenes.corners, strict=True):
        place = (a * col + c * row + e, b * col + d * row + f)
        assert place == pytest.approx(projection(*corner), abs=0.5)
    middle = make_panorama(0).georeference.locate(29.5, 39.5)
    place = (a * 40 + c * 30 + e, b * 40 + d * 30 + f)
    assert place == pytest.approx(projection(middle.lon, middle.lat), abs=0.5)


def test_what_a_page_says_of_its_images_is_read_back() -> None:
    scenes = list_scenes([make_panorama(0), make_panorama(5)])
    assert scenes is not None
    assert read_scenes(f"<p>{note_scenes(scenes)}<p>") == scenes
    assert list_scenes([]) is None and note_scenes(None) == ""


SIZED = '{"width": 8, "height": 8, "corners": '


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{}",
        "[1]",
        "[" * 99,
        SIZED + '[[1, 2]], "looks": []}',
        SIZED + '[[1, 2], [1, NaN], [1, 2]], "looks": ["2022-03-01T00:00:00Z"]}',
        SIZED + '[[1, 2], [1, 2], [1, 2]], "looks": []}',
        SIZED + '[[1, 2], [1, 2], [1, 2]], "looks": ["x"]}',
        SIZED.replace("8", "1e999") + '[[1, 2], [1, 2], [1, 2]], "looks": ["2022-03-01T00:00:00Z"]}',
        SIZED.replace("8", "0") + '[[1, 2], [1, 2], [1, 2]], "looks": ["2022-03-01T00:00:00Z"]}',
    ],
)
def test_a_page_that_says_nothing_of_images_has_none(record: str) -> None:
    assert read_scenes(f"<!-- images of the airfield: {record} -->") is None
    assert read_scenes(record) is None


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><svg onload=x>', "--><b>x", "x\x00<b>", "{{ 7*7 }}"]
)
def test_whatever_aircraft_are_called_the_tree_is_the_same(payload: str) -> None:
    def tree(name: str) -> object:
        aircraft = make_ground_stay(name=name, type=name, callsign=name)
        told = make_corroboration(
            tracks=(make_told(aircraft=aircraft, statement=name),),
            near=(make_movement(callsign=name),),
            hits=(make_corroborated(1, matches=[make_match(name=name)], statement=name),),
        )
        return shape(parsed(report_html(make_tracked_result(told=told))))

    assert tree(payload) == tree("A")


def test_ways_and_place_lie_on_the_map_and_hits_nearby_have_their_numbers() -> None:
    result = make_tracked_result()
    far = replace(make_hit(3), lon=LON + 0.02)
    figure = draw_ground(result, [far, *result.hits], None)[0]
    assert [way.kind for way in figure.ways] == ["arrival", "departure"]
    numbers = [float(one) for way in figure.ways for one in re.findall(r"-?[\d.]+", way.path + way.arrow)]
    assert all(0 <= one <= 720 for one in numbers)
    assert figure.hits == (2, 3) and figure.stood and figure.backdrop is None


def test_an_aircraft_without_a_way_has_its_place_alone() -> None:
    still = make_ground_stay(landed=None, took_off=None, stood=False)
    page = str(render_flights(make_tracked_result(told=make_corroboration(tracks=(make_told(aircraft=still),)))))
    assert "Its way over the ground is not shown. Dotted ring" in page


def test_at_most_four_are_drawn_those_that_a_change_fits_first() -> None:
    states = [LookState.OUTSIDE] * 6 + [LookState.SEEN]
    told = make_corroboration(tracks=tuple(make_told(n, 9.0 * n, 2, state) for n, state in enumerate(states)))
    result = make_tracked_result(told=told)
    figures = draw_ground(result, result.hits, None)
    assert len(figures) == MOST_FIGURES and "RA-86556" in figures[-1].name
    assert "Of 7 times on the ground 4 are drawn." in str(render_flights(result))


def test_an_arrow_points_forward() -> None:
    assert draw_arrow([(0, 0), (0, 0), (10, 0)], 0.5) == "M14.0 0.0L-1.0 6.0L-1.0 -6.0Z"
    assert draw_arrow([(5, 5), (5, 5)]) == ""


TERMS: list[tuple[Match, tuple[str, str, str]]] = [
    (make_match(), ("✓ inside", "✓ 14 m away", "✓ 53 m long: fits")),
    (make_match(time=Verdict.NEAR, place=Verdict.NEAR, size_fits=Verdict.NEAR),
     ("≈ at the edge", "≈ 14 m away, same apron", "≈ 53 m long: longer, may fit")),
    (make_match(time=Verdict.NEAR, apart_s=600, place=Verdict.DISAGREES, distance_m=2345, size_fits=Verdict.DISAGREES),
     ("≈ 10 minutes outside", "✗ 2.3 km away: elsewhere", "✗ 53 m long: does not fit")),
    (make_match(time=Verdict.DISAGREES, apart_s=10_800, place=Verdict.UNKNOWN, size=None, size_fits=Verdict.UNKNOWN),
     ("✗ 3.0 hours outside", "? 14 m away; not where it parked", "? not known")),
    (make_match(time=Verdict.UNKNOWN, place=Verdict.UNKNOWN, distance_m=None, size_fits=Verdict.UNKNOWN),
     ("? not known", "? not shown", "? 53 m long: cannot tell")),
]  # fmt: skip


@pytest.mark.parametrize(("match", "words"), TERMS)
def test_each_term_is_told_in_words(match: Match, words: tuple[str, str, str]) -> None:
    assert (tell_time_term(match), tell_place_term(match), tell_size_term(match)) == words


def test_terms_of_several_aircraft_have_their_names() -> None:
    four = [make_match(name=name) for name in "ABCD"]
    told = lay_terms(make_corroborated(1, TrackState.AMBIGUOUS, four))
    assert told.time == ("A: ✓ inside", "B: ✓ inside", "C: ✓ inside", "and 1 more")
    assert len(told.place) == len(told.size) == 3
    assert lay_terms(make_corroborated(1)).time == ("no aircraft",)
    late = make_match(time=Verdict.DISAGREES, apart_s=10_800)
    assert lay_terms(make_corroborated(1, nearest=late)).time == ("nearest, RA-86551: ✗ 3.0 hours outside",)


def test_a_page_made_before_takes_the_part_with_its_own_images() -> None:
    before = make_evident_result(2)
    result = replace(before, corroboration=make_corroboration())
    amended = with_flights(report_html(before), replace(result, panoramas=()))
    assert amended == report_html(result)
    assert '<use href="#scene-1" transform="matrix(' in amended
    assert with_flights(amended, replace(result, panoramas=())) == amended
    bare = with_flights(report_html(replace(before, panoramas=())), replace(result, panoramas=()))
    assert bare is not None and 'class="map trk-ground"' in bare and "#scene-" not in bare
    assert with_flights("<p>", result) is None


def test_hits_lead_to_their_cards_and_long_tables_end() -> None:
    tracks = tuple(make_told(number % 9, 5.0 * number, 2) for number in range(MOST_TOLD + 5))
    page = str(render_flights(make_tracked_result(told=make_corroboration(tracks=tracks))))
    assert page.count('<td data-label="Hits"><a href="#hit-1">1</a></td>') == MOST_TOLD
    assert "And 5 more, in <code>corroboration.json</code>." in page
    assert '<td data-label="Hit"><a href="#hit-2">2</a></td>' in page


def test_the_part_stays_small() -> None:
    """Twenty rows on two timelines, four figures: a small share of the 5 MB that a report may have."""
    tracks = tuple(make_told(number % 40, 5.0 * number, 2) for number in range(200))
    coverage = tuple(make_cell(6.0 * step) for step in range(1500))
    page = str(render_flights(make_tracked_result(told=make_corroboration(tracks=tracks, coverage=coverage))))
    assert len(page) < 400_000
