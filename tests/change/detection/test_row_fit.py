from dataclasses import replace

import numpy as np
import pytest
from shapely import affinity
from shapely.geometry import box

from change.detection.test_matched_filter import COL, PLAIN, ROW, SHAPE, ellipse, parked, seen
from change.scenes import BANDS, JET, SUN, Image
from imagery_watch.change.detection.aircraft_fit import AircraftFit, overlaps
from imagery_watch.change.detection.finder import find_detections, fit_candidate
from imagery_watch.simulate.clutter import Thing, drawn
from imagery_watch.simulate.inject import Placement, inject

FIGHTER = replace(JET, aircraft="Su-30", fuselage_paint=0.55, wing_paint=0.5)
PITCH_PX = 2.2
ON = np.zeros(SHAPE, np.int16)


def places(count: int, heading: float) -> list[tuple[float, float]]:
    turn = np.radians(heading + 90)
    steps = [(index - (count - 1) / 2) * PITCH_PX for index in range(count)]
    return [(ROW - float(np.cos(turn)) * step, COL + float(np.sin(turn)) * step) for step in steps]


def row_of(count: int, heading: float, one: Placement = FIGHTER) -> Image:
    image = PLAIN
    for row, col in places(count, heading):
        image = inject(image, BANDS, replace(one, row=row, col=col, heading_deg=heading), *SUN)
    return image


def trucks(paint: float, heading: float) -> Image:
    """Four of 9 m by 2.5 m and 3 m high, side by side where fighters would stand."""
    image, turn = PLAIN, 90 - heading
    for row, col in places(4, heading):
        shape = affinity.rotate(box(-4.5, -1.25, 4.5, 1.25), turn)
        one = Thing("vehicle", shape, row, col, 0, 1, np.full(4, paint, np.float32), height=3.0)
        image = drawn(image, one, SUN)
    return image


def members(image: Image) -> list[AircraftFit]:
    look = seen(image)
    return [one.fit for one in find_detections(0, look, ON, 3.0)]


@pytest.mark.parametrize("heading", [20.0, 95.0, 260.0])
def test_each_member_of_a_row_is_told_at_its_place(heading: float) -> None:
    found = members(row_of(4, heading))
    apart = [min(np.hypot(fit.row - row, fit.col - col) for fit in found) for row, col in places(4, heading)]
    assert max(apart) < 1.0
    turns = [abs((fit.heading_deg - heading + 180) % 360 - 180) for fit in found[:4]]
    assert max(turns) <= 15.0


@pytest.mark.parametrize("paint", [0.3, 0.45, 0.65])
def test_grey_and_white_fighters_are_told_from_as_many_trucks(paint: float) -> None:
    painted = replace(FIGHTER, fuselage_paint=paint, wing_paint=paint)
    assert len([one for one in members(row_of(4, 60.0, painted)) if one.llr_vs_clutter > 4.0]) >= 3
    assert all(one.llr_vs_clutter < 4.0 for one in members(trucks(paint, 60.0)))


def test_members_share_the_margin_of_the_row_and_are_not_one_another() -> None:
    found = fit_candidate(seen(row_of(4, 20.0)), ROW, COL).row
    assert len(found) >= 3
    assert len({fit.llr_vs_clutter for fit in found}) == 1
    assert not any(overlaps(one, other) for one in found for other in found if one is not other)


def test_one_aircraft_is_no_row() -> None:
    assert len(fit_candidate(seen(parked(JET)), ROW, COL).fits) == 1


@pytest.mark.parametrize(
    "image",
    [
        PLAIN * (1 - 0.35 * ellipse((45, 11), 0.6)),
        PLAIN + 0.1 * ellipse((40, 10), 0.2),
        sum((0.13 * np.roll(ellipse((7, 7), 0), step, axis=1) for step in (-3, -1, 1, 3)), PLAIN),
    ],
    ids=["a long wet patch", "a strip of dust", "four vans"],
)
def test_what_lies_in_a_line_is_no_row_of_aircraft(image: Image) -> None:
    assert all(fit.llr_vs_clutter < 4.0 for fit in members(image.astype(np.float32)))


def test_a_row_that_reaches_beyond_the_apron_is_not_told() -> None:
    look = seen(row_of(4, 20.0))
    apron = np.full(SHAPE, -1, np.int16)
    outer = places(4, 20.0)[3]
    apron[:, : int(outer[1]) - 1] = 0
    found = find_detections(0, look, apron, 0.0)
    assert found and all(not one.fit.in_row for one in found)
