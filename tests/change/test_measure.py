from dataclasses import replace

import numpy as np
import pytest

from change.scenes import JET
from change.test_screen import COL, ROW, parked, seen
from imagery_watch.change.explain import explain
from imagery_watch.change.measure import measured
from imagery_watch.evaluate.aircraft import TYPES

HEADINGS = (10.0, 75.0, 140.0, 230.0, 305.0)


@pytest.mark.parametrize("aircraft", ["B737-800", "Il-62M", "Il-76", "An-124"])
def test_heading_length_and_place_are_those_of_the_aircraft(aircraft: str) -> None:
    turned = [replace(JET, aircraft=aircraft, heading_deg=heading) for heading in HEADINGS]
    for number, one in enumerate(turned):
        look = seen(parked(one), seed=number)
        fit = explain(look, ROW, COL)
        assert fit is not None
        found = measured(fit, [look])
        assert abs((found.heading_deg - one.heading_deg + 90) % 180 - 90) < 10
        assert found.length_m == pytest.approx(TYPES[aircraft].length, rel=0.17)
        assert np.hypot(found.row - one.row, found.col - one.col) * 10 < 5
        assert found.length_low_m < found.length_m < found.length_high_m


def test_more_looks_make_it_no_worse() -> None:
    looks = [seen(parked(JET), seed=seed) for seed in range(3)]
    fit = explain(looks[0], ROW, COL)
    assert fit is not None
    alone, together = measured(fit, looks[:1]), measured(fit, looks)
    off = [abs((one.heading_deg - JET.heading_deg + 90) % 180 - 90) for one in (alone, together)]
    assert off[1] <= off[0] + 2


def test_what_was_decided_stays() -> None:
    look = seen(parked(JET), seed=4)
    fit = explain(look, ROW, COL)
    assert fit is not None
    found = measured(fit, [look])
    kept = ("ratio", "margin", "plain", "misfit", "moving", "paints", "template", "room_m")
    assert all(getattr(found, name) == getattr(fit, name) for name in kept)


def test_a_member_of_a_row_stays_as_its_row_has_it() -> None:
    look = seen(parked(JET), seed=5)
    fit = explain(look, ROW, COL)
    assert fit is not None
    member = replace(fit, room_m=12.0)
    assert measured(member, [look]) is member
