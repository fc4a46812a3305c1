"""Taxiing aircraft are seen farther on by each later band; parked ones are not."""

from dataclasses import replace

import numpy as np
import pytest

from change.scenes import JET, MIDDLE
from change.test_screen import COL, ROW, explained, parked, seen
from imagery_watch.change.fitting import left_by
from imagery_watch.change.moving import BAND_DELAY_S, is_moving, speed_m_s
from imagery_watch.change.screen import Look
from imagery_watch.change.window import window_of


def measured(look: Look) -> float:
    """Speed towards the north-east half of the compass."""
    fit = explained(look)
    assert fit is not None
    window = window_of(look, ROW, COL)
    fitted = left_by(window, fit.template, (fit.row - ROW, fit.col - COL), fit.paints)
    speed, error = speed_m_s(look, window, fitted, fit.heading_deg)
    assert error > 0
    return speed if fit.heading_deg < 180 else -speed


@pytest.mark.parametrize("speed", [8.0, 12.0])
@pytest.mark.parametrize("heading", [40.0, 130.0])
def test_what_taxis_is_moving(speed: float, heading: float) -> None:
    look = seen(parked(replace(JET, speed_m_s=speed, heading_deg=heading)))
    fit = explained(look)
    assert fit is not None and fit.moving
    assert measured(look) == pytest.approx(speed, rel=0.6)  # paints differ by band, so the speed itself is rough


@pytest.mark.parametrize("heading", range(0, 360, 45))
def test_what_is_parked_is_not(heading: int) -> None:
    fit = explained(seen(parked(replace(JET, heading_deg=float(heading))), seed=heading))
    assert fit is not None and not fit.moving


def test_bands_whose_delays_are_unknown_tell_nothing() -> None:
    look = replace(seen(parked(replace(JET, speed_m_s=12.0))), bands=("B02", "B03", "B04", "B11"))
    window = window_of(look, *map(round, MIDDLE))
    assert "B11" not in BAND_DELAY_S
    assert not is_moving(look, window, np.ones_like(window.residual), 40.0, 1.0)
