"""Real against simulated: how strong a change is and how far it reaches, which boxes stand for what was planted."""

from dataclasses import replace
from pathlib import Path

import boxed_looks
import numpy as np
import pytest
import real_against_simulated as bench

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.terminal.canvas import HALF_M
from imagery_watch.simulate.terminal.visitors import Visitor

GREY = np.full(4, 0.3, np.float32)
JET = Visitor(0, "B737-800", 20.0, 30.0, 0.0, 1.0, GREY, GREY)


def make_change(peak: float) -> np.ndarray:
    """A fuselage of four pixels with a fainter nose, and another aircraft that it does not touch."""
    image = np.zeros((21, 21))
    image[10, 8:12] = 0.6 * peak
    image[10, 10] = peak
    image[10, 12] = 0.4 * peak
    image[16, 8:14] = 2 * peak
    return image


@pytest.mark.parametrize("peak", [0.1, -0.06])
def test_a_change_is_as_strong_as_its_peak_and_as_long_as_what_has_half_of_it(peak: float) -> None:
    assert bench.measure_change(make_change(peak), (11, 9)) == pytest.approx((peak, 4.0))


def test_one_pixel_is_one_pixel_long() -> None:
    image = np.zeros((9, 9))
    image[4, 4] = 0.1
    assert bench.measure_change(image, (4, 4)) == (0.1, 1.0)


def test_shares_count_the_level_itself() -> None:
    assert bench.share_beyond([3.0, 1.0, 2.0, 2.0], np.array([0.0, 2.0, 2.5, 9.0])).tolist() == [1.0, 0.75, 0.25, 0.0]


@pytest.mark.parametrize(("heading", "turned"), [(0.0, False), (90.0, True), (180.0, False)])
def test_a_box_holds_length_and_span(heading: float, turned: bool) -> None:
    left, upper, right, lower = boxed_looks.box_of(replace(JET, heading=heading), 100.0, 50.0)
    sides = (TYPES["B737-800"].length, TYPES["B737-800"].span)
    assert (right - left, lower - upper) == pytest.approx(sides if turned else sides[::-1])
    assert ((left + right) / 2, (upper + lower) / 2) == pytest.approx((20 + HALF_M - 100, HALF_M - 30 - 50))


def test_a_box_of_a_diagonal_aircraft_is_shorter_than_the_aircraft() -> None:
    left, _, right, _ = boxed_looks.box_of(replace(JET, heading=45.0), 0.0, 0.0)
    assert right - left == pytest.approx(JET.length_m * np.sqrt(0.5))


def test_a_terminal_is_looked_at_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stack, boxes = boxed_looks.draw_terminal(8000)
    assert len(stack.passes) == len(boxes) and all(boxes)
    seen = bench.Seen()
    bench.look_at(stack, boxes, seen)
    assert seen.km2 > 0 and seen.ratios and min(seen.ratios) >= bench.LEAST_LLR
    assert seen.peaks and min(seen.extents_m) >= stack.resolution
    assert "km2 x pair" in bench.describe("simulated", seen)
    bench.draw({"real": seen, "simulated": seen}, tmp_path / "both.png")
    assert (tmp_path / "both.png").stat().st_size > 10_000
