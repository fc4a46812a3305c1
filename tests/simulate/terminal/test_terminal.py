"""A simulated terminal: the same for a seed, its gates turned over between looks, its roofs where nobody stands."""

import numpy as np
import pytest
from shapely.geometry import box

from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.terminal.build import Occasion, build_terminal
from imagery_watch.simulate.terminal.canvas import HALF_M, SIZE, paint, shade, sweep, tint
from imagery_watch.simulate.terminal.plan import Terminal


@pytest.fixture(scope="module")
def built() -> tuple[Terminal, list[Occasion]]:
    return build_terminal(11, 3)


def test_a_seed_gives_one_terminal(built: tuple[Terminal, list[Occasion]]) -> None:
    terminal, occasions = build_terminal(11, 3)
    np.testing.assert_array_equal(terminal.ground, built[0].ground)
    for one, other in zip(occasions, built[1], strict=True):
        np.testing.assert_array_equal(one.seen.reflectance, other.seen.reflectance)
        assert len(one.visitors) == len(other.visitors)


def test_looks_are_reflectance_in_every_band(built: tuple[Terminal, list[Occasion]]) -> None:
    for occasion in built[1]:
        assert occasion.seen.reflectance.shape == (len(BANDS), SIZE, SIZE)
        assert (occasion.seen.reflectance > 0).all() and occasion.seen.reflectance.max() < 2
        assert np.median(occasion.seen.reflectance) < 0.5


def test_gates_are_turned_over_and_some_stay(built: tuple[Terminal, list[Occasion]]) -> None:
    first, second = (set(map(id, occasion.visitors)) for occasion in built[1][:2])
    assert first - second and second - first and len(first & second) > 0


def test_without_traffic_nobody_moves_though_all_else_changes() -> None:
    _, occasions = build_terminal(7, 2, traffic=False)
    assert occasions[0].visitors == occasions[1].visitors
    assert not np.array_equal(occasions[0].seen.reflectance, occasions[1].seen.reflectance)


def test_visitors_stand_on_the_aprons(built: tuple[Terminal, list[Occasion]]) -> None:
    terminal, occasions = built
    inside = [one for one in occasions[0].visitors if 0 <= one.row < SIZE and 0 <= one.col < SIZE]
    assert len(inside) > 10
    on = [
        terminal.aprons[round(one.row), round(one.col)] >= 0
        for one in inside
        if one.row < SIZE - 1 and one.col < SIZE - 1
    ]
    assert np.mean(on) > 0.9


def test_an_aircraft_changes_its_stand(built: tuple[Terminal, list[Occasion]]) -> None:
    """What came brightens or darkens the middle of its stand by more than looks differ elsewhere."""
    before, after = (occasion.seen.reflectance.mean(axis=0) for occasion in built[1][:2])
    difference = np.abs(after - before - np.median(after - before))
    stood = {id(one) for one in built[1][0].visitors}
    came = [one for one in built[1][1].visitors if id(one) not in stood and one.length_m > 34]
    there = [difference[round(v.row), round(v.col)] for v in came if 2 < v.row < SIZE - 3 and 2 < v.col < SIZE - 3]
    assert np.median(there) > 3 * np.median(difference)


@pytest.mark.parametrize("act", ["paint", "tint", "shade"])
def test_shapes_are_drawn_where_they_lie_and_nowhere_else(act: str) -> None:
    image = np.full((len(BANDS), SIZE, SIZE), 0.2, np.float32)
    square = box(-50, -50, 50, 50)
    if act == "paint":
        paint(image, square, np.full(len(BANDS), 0.6, np.float32))
    elif act == "tint":
        tint(image, square, 0.5)
    else:
        shade(image, square)
    middle = image[:, SIZE // 2, SIZE // 2]
    assert {"paint": middle > 0.55, "tint": middle < 0.11, "shade": middle < 0.08}[act].all()
    assert (image[:, :40] == np.float32(0.2)).all()


def test_what_lies_outside_changes_nothing() -> None:
    image = np.full((len(BANDS), SIZE, SIZE), 0.2, np.float32)
    paint(image, box(2 * HALF_M, 0, 2 * HALF_M + 50, 50), np.ones(len(BANDS), np.float32))
    assert (image == np.float32(0.2)).all()


def test_a_sweep_holds_both_ends_and_what_lies_between() -> None:
    swept = sweep(box(0, 0, 10, 10), 30, 0)
    assert swept.area == pytest.approx(400) and swept.bounds == (0, 0, 40, 10)
