from dataclasses import replace

import numpy as np
import pytest

from change.detection.test_matched_filter import COL, ROW, parked, seen
from change.scenes import JET
from imagery_watch.change.detection.aircraft_fit import AircraftFit, fit_aircraft
from imagery_watch.change.detection.free_shape_fit import measure_object
from imagery_watch.simulate.aircraft import TYPES

HEADINGS = (10.0, 75.0, 140.0, 230.0, 305.0)


@pytest.mark.parametrize("aircraft", ["B737-800", "Il-62M", "Il-76", "An-124"])
def test_heading_length_and_place_are_those_of_the_aircraft(aircraft: str) -> None:
    turned = [replace(JET, aircraft=aircraft, heading_deg=heading) for heading in HEADINGS]
    for number, one in enumerate(turned):
        look = seen(parked(one), seed=number)
        fit = fit_aircraft(look, ROW, COL)
        assert fit is not None
        found = measure_object(fit, [look])
        assert abs((found.heading_deg - one.heading_deg + 90) % 180 - 90) < 10
        assert found.length_m == pytest.approx(TYPES[aircraft].length, rel=0.17)
        assert np.hypot(found.row - one.row, found.col - one.col) * 10 < 5
        assert found.length_low_m < found.length_m < found.length_high_m


def off_deg(one: AircraftFit, heading: float) -> float:
    return abs((one.heading_deg - heading + 90) % 180 - 90)


def test_a_quarter_turn_of_the_bank_is_put_right() -> None:
    fighter = replace(JET, aircraft="Su-30", heading_deg=10.0)
    look = seen(parked(fighter), seed=0)
    fit = fit_aircraft(look, ROW, COL)
    assert fit is not None and off_deg(fit, 10.0) > 60 > 15 > off_deg(measure_object(fit, [look]), 10.0)


def test_more_looks_make_it_better() -> None:
    """Of a small aircraft, whose heading one look hardly tells."""
    small = replace(JET, aircraft="E175", heading_deg=100.0)
    off: list[tuple[float, float]] = []
    for first in range(6):
        looks = [seen(parked(small), seed=10 * first + number) for number in range(3)]
        fit = fit_aircraft(looks[0], ROW, COL)
        assert fit is not None
        off.append((off_deg(measure_object(fit, looks[:1]), 100.0), off_deg(measure_object(fit, looks), 100.0)))
    alone, together = np.mean(off, axis=0)
    assert together < 0.9 * alone


def test_what_was_decided_stays() -> None:
    look = seen(parked(JET), seed=4)
    fit = fit_aircraft(look, ROW, COL)
    assert fit is not None
    found = measure_object(fit, [look])
    kept = ("llr_vs_empty", "llr_vs_clutter", "clutter_llr", "reduced_chi2", "moving", "paints", "template", "in_row")
    assert all(getattr(found, name) == getattr(fit, name) for name in kept)


def test_a_member_of_a_row_stays_as_its_row_has_it() -> None:
    look = seen(parked(JET), seed=5)
    fit = fit_aircraft(look, ROW, COL)
    assert fit is not None
    member = replace(fit, in_row=True, exclusion_radius_m=12.0)
    assert measure_object(member, [look]) is member
