"""Whether an aircraft was moving when the pass looked: each band looks a moment later than the last.

A jet that taxis at 10 m/s is a pixel farther on in B04 than in B02 (Skakun et al. 2017, doi:10.1109/LGRS.2017.2766448,
saw more than that for aircraft in flight). Parked aircraft lie at one place in all bands (docs/method.md, section 8).
"""

import numpy as np

from imagery_watch.change.detection.aircraft_templates import SIDE_PX
from imagery_watch.change.detection.cutout import Cutout
from imagery_watch.model.arrays import Floats

MIN_SPEED_M_S = 4.0
"""Speeds below this are within what unlike paints of the bands make of a parked aircraft."""
MIN_SPEED_SIGMAS = 3.0
"""Standard deviations between the measured speed and none."""
RIDGE = (1e-9, 1e-12)
"""Relative and absolute, so that a fit without slopes can be inverted; neither moves a speed that counts."""


def is_moving(cutout: Cutout, fitted: Floats, heading_deg: float, reduced_chi2: float) -> bool:
    """Whether the aircraft `fitted` (band, pixel) moves along its axis; False where the bands' delays are not known."""
    if len(cutout.bands) < 2 or any(band not in cutout.detector.band_delay_s for band in cutout.bands):
        return False
    speed, error = estimate_speed(cutout, fitted, heading_deg)
    return abs(speed) >= MIN_SPEED_M_S and abs(speed) >= MIN_SPEED_SIGMAS * error * reduced_chi2**0.5


def estimate_speed(cutout: Cutout, fitted: Floats, heading_deg: float) -> tuple[float, float]:
    """Speed along the heading and its standard error, metres a second.

    Least squares in the noise's own metric of what the fit leaves, with the aircraft's place (common to the bands)
    free: the fit's slopes along the heading, each in proportion to its band's delay.
    """
    delays = np.array([cutout.detector.band_delay_s[band] for band in cutout.bands], np.float32)
    square = fitted.reshape(len(delays), SIDE_PX, SIDE_PX)
    down, right = (np.asarray(np.gradient(square, axis=axis)).reshape(fitted.shape) for axis in (1, 2))
    turn = np.radians(heading_deg)
    ahead = down * np.float32(np.cos(turn)) - right * np.float32(np.sin(turn))  # minus the slope towards the nose
    basis = np.stack([down, right, ahead * (delays[:, None] / cutout.imaging.pixel_m)])
    columns = cutout.whiten_mirrored(cutout.mix(basis.astype(np.float32))).astype(np.float64)
    seen = cutout.whiten_mirrored(cutout.mix((cutout.residual - fitted)[None]))[0].astype(np.float64)
    normal = columns @ columns.T
    relative, absolute = RIDGE
    inverse = np.linalg.inv(normal + relative * np.trace(normal) * np.eye(3) + absolute * np.eye(3))
    return float((inverse @ (columns @ seen))[2]), float(np.sqrt(inverse[2, 2]))
