from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.outputs.report.curve import NARROW, WIDE, draw_curve, tell_measurement
from outputs.builders import START, make_stay
from outputs.dossiers import make_dossier, make_measurement


def test_the_curve_is_high_where_it_stood_between_its_two_gaps() -> None:
    stay = make_stay(1, seen_to=START + timedelta(days=15), not_after=START + timedelta(days=20))
    curve = draw_curve(make_dossier(), stay, WIDE)
    assert curve
    there = [point for point in curve.points if point.presence == "there"]
    away = [point for point in curve.points if point.presence == "not there"]
    assert max(point.y for point in there) < curve.present_y < curve.absent_y < min(point.y for point in away)
    (_, came, _), (left, _, _) = curve.gaps
    assert came == there[0].x and left == there[-1].x
    assert len(curve.hidden) == 1


def test_an_open_end_has_no_gap_and_nothing_measured_no_curve() -> None:
    curve = draw_curve(make_dossier(), make_stay(1, not_before=None, not_after=None), NARROW)
    assert curve
    assert curve.gaps == ()
    hidden = make_dossier(curve=(make_measurement(0, "hidden"),))
    assert draw_curve(hidden, make_stay(), WIDE) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_every_point_lies_in_the_drawing(share: float, sigma: float) -> None:
    measured = replace(make_measurement(1, "there"), share=share, sigma=sigma)
    curve = draw_curve(make_dossier(curve=(make_measurement(0, "not there"), measured)), make_stay(), NARROW)
    assert curve
    for point in curve.points:
        assert curve.left <= point.x <= curve.right
        assert curve.top <= point.high <= point.low <= curve.bottom
        assert point.high <= point.y <= point.low


def test_a_measurement_in_words() -> None:
    assert tell_measurement(make_measurement(1, "there")) == (
        "2022-03-06 10:21: 104 % of its signal, give or take 10 % (two standard deviations): there"
    )
    assert tell_measurement(make_measurement(2, "hidden")) == "2022-03-11 10:21: hidden"
