"""What is shown beside a stay is what was planted: its looks, its curve, its outline, and nothing where nothing is."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from shapely import MultiPolygon, Polygon

from change.scenes import FIRST, JET, MIDDLE, SUN, hidden_under, look_for, series, stand, under
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.detection.aircraft_templates import MEAN_PLAN, draw_template
from imagery_watch.change.evidence.detector_view import choose_empty_places, make_view
from imagery_watch.change.evidence.film import STAY_LOOKS, make_frames, measure_curve
from imagery_watch.change.evidence.outlines import trace_outline, trace_shadow
from imagery_watch.change.evidence.square import HALF_PX, make_panorama, place_square
from imagery_watch.change.tracking.objects import ParkedObject
from imagery_watch.simulate.inject import Placement

STORY = "....JJJJJ....KK.."
HIDDEN, BLIND = 6, 9
"""Looks in which the stand was hidden, and everything."""
NEIGHBOUR = Placement("Il-62M", MIDDLE[0] - 8, MIDDLE[1] + 9, 120.0, 0.6, 0.4)
WINDOW_MIDDLE = (39.0, 43.0)
"""`MIDDLE` in the aprons' window, which begins in row 18 and column 14."""


def day(when: datetime) -> int:
    """The number of the look."""
    return (when - FIRST).days // 5


@pytest.fixture(scope="module")
def detection() -> DetectionResult:
    """A jet for five looks, one of them under cloud; later another, across, on the same stand."""
    other = replace(JET, heading_deg=120.0)
    scenes = series(stand(STORY, J=JET, K=other))
    scenes[HIDDEN] = hidden_under(scenes[HIDDEN], np.s_[42:72, 46:76])
    scenes[BLIND] = hidden_under(scenes[BLIND], np.s_[:, :])
    return look_for(scenes)


@pytest.fixture(scope="module")
def jet(detection: DetectionResult) -> ParkedObject:
    return next(event.parked for event in detection.events if event.kind == "arrival" and event.after == 4)


def test_the_curve_is_all_where_it_stood_and_nothing_where_it_did_not(
    detection: DetectionResult, jet: ParkedObject
) -> None:
    curve = measure_curve(jet, detection)
    assert [one.datetime for one in curve] == [FIRST + timedelta(days=5 * number) for number in range(len(STORY))]
    said = ["another" if letter == "K" else "there" if letter == "J" else "not there" for letter in STORY]
    said[HIDDEN] = said[BLIND] = "hidden"
    assert [one.presence for one in curve[:13]] == said[:13]
    assert {one.presence for one in curve[13:15]} == {"another"}
    there = [one.share for one in curve if one.presence == "there"]
    assert all(share is not None and abs(share - 1) < 0.25 for share in there)
    away = [one for one in curve[:13] if one.presence == "not there"]
    assert all(one.share is not None and one.sigma and abs(one.share) < 5 * one.sigma + 0.1 for one in away)


def test_the_film_has_quiet_looks_around_the_stay_and_names_what_was_hidden(
    detection: DetectionResult, jet: ParkedObject
) -> None:
    square = place_square(detection.stack, jet.best.fit.row, jet.best.fit.col)
    frames, quiet = make_frames(jet, measure_curve(jet, detection), detection.stack, square)
    assert [day(one.datetime) for one in frames] == list(range(1, 13))
    hidden, blind = (one for one in frames if one.presence == "hidden")
    assert (day(hidden.datetime), day(blind.datetime)) == (HIDDEN, BLIND)
    assert "no imagery over the aprons" in blind.reason and not hidden.reason
    middle = (slice(None), round(jet.best.fit.row) - square.rows.start, round(jet.best.fit.col) - square.cols.start)
    assert np.isnan(hidden.image[middle]).all()
    assert np.isfinite(hidden.image).any() and not np.isfinite(blind.image).any()
    assert all(one.image.shape == (4, 2 * HALF_PX + 1, 2 * HALF_PX + 1) for one in frames)
    assert {one.presence for one in quiet} == {"not there"}
    assert not {one.pass_id for one in quiet} & {one.pass_id for one in frames}


def test_a_long_stay_is_thinned_to_its_ends_and_its_best_look(detection: DetectionResult, jet: ParkedObject) -> None:
    long = replace(jet, first=0, last=15, before=None, after=None)
    frames, _ = make_frames(long, [], detection.stack, place_square(detection.stack, *WINDOW_MIDDLE))
    numbers = [detection.stack.names.index(one.pass_id) for one in frames]
    assert (numbers[0], numbers[-1]) == (0, 15)
    assert STAY_LOOKS <= len(numbers) <= STAY_LOOKS + 1
    assert jet.best.look in numbers


def test_the_view_is_loud_at_the_object_and_quiet_elsewhere(detection: DetectionResult, jet: ParkedObject) -> None:
    square = place_square(detection.stack, jet.best.fit.row, jet.best.fit.col)
    view = make_view(jet, detection, square)
    assert view
    loud = np.abs(view.significance)
    row, col = (round(at - part.start) for at, part in zip(WINDOW_MIDDLE, square, strict=True))
    assert loud[row - 2 : row + 3, col - 2 : col + 3].max() > 8
    away = np.ones_like(loud, bool)
    away[row - 6 : row + 7, col - 6 : col + 7] = False
    assert 0.5 < np.std(view.significance[away]) < 1.6, "noise units"
    best, *rest = view.explanations
    assert best.what == "aircraft"
    assert best.llr > 1.2 * max(one.llr for one in rest)
    assert all(one.llr < 0 for one in view.empty_places)
    assert len(view.empty_places) == 4
    rows, cols = np.array(view.outline[0]).T
    assert 45 < 10 * np.hypot(np.ptp(rows), np.ptp(cols)) < 95, "some 53 m long, and as wide"


def test_what_else_stands_out_is_judged(jet: ParkedObject) -> None:
    """A second aircraft near by is another change that is told; a spot beside the aprons is not judged."""
    scenes = series(stand("....JJJJ...", J=JET))
    with_other = series([[JET, NEIGHBOUR] if 4 <= number < 8 else [] for number in range(11)])
    bright = with_other[5].data.copy()
    bright[:, 39:42, 55:58] += 0.35  # north of the apron, whose first row is 42
    with_other[5] = with_other[5].with_data(bright)
    detection = look_for(with_other)
    stands = [event.parked for event in detection.events if event.kind == "arrival"]
    first = min(
        stands, key=lambda one: np.hypot(one.best.fit.row - WINDOW_MIDDLE[0], one.best.fit.col - WINDOW_MIDDLE[1])
    )
    first = replace(first, best=replace(first.best, look=5))
    view = make_view(first, detection, place_square(detection.stack, 34, 44))
    assert view
    states = {blob.state for blob in view.blobs}
    assert "told" in states
    assert "off the aprons" in states
    assert all((blob.score is not None) == (blob.state in ("told", "weaker")) for blob in view.blobs)
    alone = look_for(scenes)
    parked = alone.events[0].parked
    calm = make_view(parked, alone, place_square(alone.stack, parked.best.fit.row, parked.best.fit.col))
    assert calm
    assert "told" not in {blob.state for blob in calm.blobs}


def test_with_few_looks_there_is_no_curve_and_the_looks_are_shown() -> None:
    detection = look_for(series(stand("..JJ", J=JET)))
    assert detection.few_looks
    parked = detection.events[0].parked
    square = place_square(detection.stack, parked.best.fit.row, parked.best.fit.col)
    assert measure_curve(parked, detection) == []
    frames, _ = make_frames(parked, [], detection.stack, square)
    assert [one.presence for one in frames] == ["not there", "not there", "there", "there"]
    assert make_view(parked, detection, square)


@pytest.mark.parametrize("heading", [0.0, 90.0, 200.0])
def test_an_outline_is_as_long_as_its_shape_and_its_shadow_lies_away_from_the_sun(heading: float) -> None:
    template = draw_template(MEAN_PLAN, 50.0, heading, under(*SUN))
    (ring,) = trace_outline(template)
    along = ring @ np.array([-np.cos(np.radians(heading)), np.sin(np.radians(heading))])
    assert np.ptp(along) == pytest.approx(5.0, abs=0.1)
    shadow = MultiPolygon([Polygon(part) for part in trace_shadow(template)])
    away = np.array([-np.cos(np.radians(SUN[0] + 180)), np.sin(np.radians(SUN[0] + 180))])
    assert np.array(shadow.centroid.coords[0]) @ away > 0.1, "pixels"
    assert shadow.intersection(Polygon(ring)).area < 0.02 * shadow.area, "what the aircraft covers is no shadow"


def test_empty_places_are_far_from_one_another_and_from_the_object() -> None:
    empty = np.zeros((40, 40), bool)
    empty[5:35, 5:35] = True
    places = choose_empty_places(empty, (20.0, 20.0))
    assert sorted(places) == [(5, 5), (5, 34), (34, 5), (34, 34)]
    assert choose_empty_places(np.zeros((9, 9), bool), (4.0, 4.0)) == []
    near = np.zeros((9, 9), bool)
    near[4, 5] = True
    assert choose_empty_places(near, (4.0, 4.0)) == []


def test_a_panorama_is_averaged_down_and_keeps_what_is_hidden(detection: DetectionResult) -> None:
    item = detection.stack.passes[HIDDEN]
    fine, coarse = (make_panorama(item, detection.stack, large=large) for large in (True, False))
    assert fine.step == 1
    assert fine.bands == ("B04", "B03", "B02")
    assert (fine.large, coarse.large) == (True, False)
    assert np.isfinite(coarse.image).any() and np.isnan(coarse.image).any()
    assert np.nanmean(coarse.image) == pytest.approx(float(np.nanmean(fine.image)), rel=0.05)
