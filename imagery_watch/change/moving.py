"""Whether an aircraft was moving when the pass looked: each band looks a moment later than the last.

A jet that taxis at 10 m/s is a pixel farther on in B04 than in B02 (Skakun et al. 2017 saw more than that for aircraft
in flight). Parked aircraft lie at one place in all bands.
"""

import numpy as np

from imagery_watch.change.screen import Look
from imagery_watch.change.templates import SIDE
from imagery_watch.change.window import Array, Window

BAND_DELAY_S = {"B02": 0.0, "B08": 0.26, "B03": 0.53, "B04": 1.01}
"""Seconds after B02, known to some percent (ESA handbook, from memory; they vary by 2 % with detector and altitude)."""
SLOWEST_M_S = 4.0
"""Speeds below this are within what unlike paints of the bands make of a parked aircraft."""
SURE = 3.0
"""Standard deviations between the measured speed and none."""
PIXEL_M = 10.0


def is_moving(look: Look, window: Window, fitted: Array, heading_deg: float, misfit: float) -> bool:
    """Whether the aircraft `fitted` (band, pixel) moves along its axis; False where the bands' delays are not known."""
    if len(look.bands) < 2 or any(band not in BAND_DELAY_S for band in look.bands):
        return False
    speed, error = speed_m_s(look, window, fitted, heading_deg)
    return abs(speed) >= SLOWEST_M_S and abs(speed) >= SURE * error * misfit**0.5


def speed_m_s(look: Look, window: Window, fitted: Array, heading_deg: float) -> tuple[float, float]:
    """Speed along the heading and its standard error, metres a second.

    Least squares in the noise's own metric of what the fit leaves, with the aircraft's place (common to the bands)
    free: the fit's slopes along the heading, each in proportion to its band's delay.
    """
    delays = np.array([BAND_DELAY_S[band] for band in look.bands], np.float32)
    square = fitted.reshape(len(delays), SIDE, SIDE)
    down, right = (np.asarray(np.gradient(square, axis=axis)).reshape(fitted.shape) for axis in (1, 2))
    turn = np.radians(heading_deg)
    ahead = down * np.float32(np.cos(turn)) - right * np.float32(np.sin(turn))  # minus the slope towards the nose
    basis = np.stack([down, right, ahead * (delays[:, None] / PIXEL_M)])
    columns = window.white(basis.astype(np.float32)).astype(np.float64)
    seen = window.white((window.residual - fitted)[None])[0].astype(np.float64)
    normal = columns @ columns.T
    inverse = np.linalg.inv(normal + 1e-9 * np.trace(normal) * np.eye(3) + 1e-12 * np.eye(3))
    return float((inverse @ (columns @ seen))[2]), float(np.sqrt(inverse[2, 2]))
