"""Taxiing aircraft are seen farther on by each later band; parked ones are not."""

from dataclasses import replace

import numpy as np
import pytest

from change.detection.test_matched_filter import COL, ROW, explained, parked, seen
from change.scenes import JET, MIDDLE
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.likelihood import predict_residual
from imagery_watch.change.detection.motion import estimate_speed, is_moving
from imagery_watch.sensors.sentinel2.detector import DETECTOR


def measured(look: ResidualImage) -> float:
    """Speed towards the north-east half of the compass."""
    fit = explained(look)
    assert fit is not None
    window = make_cutout(look, ROW, COL)
    fitted = predict_residual(window, fit.template, (fit.row - ROW, fit.col - COL), fit.paints)
    speed, error = estimate_speed(window, fitted, fit.heading_deg)
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
    window = make_cutout(look, *map(round, MIDDLE))
    assert "B11" not in DETECTOR.band_delay_s
    assert not is_moving(window, np.ones_like(window.residual), 40.0, 1.0)
