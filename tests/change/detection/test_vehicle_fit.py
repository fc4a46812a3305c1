import numpy as np
import pytest
from scipy import ndimage

from change.detection.test_matched_filter import COL, PLAIN, ROW, seen
from change.scenes import SUN, Image
from imagery_watch.change.detection.aircraft_fit import fit_aircraft

FINE = 10
"""Cells of 1 m in a pixel."""
SIZE = 15


def van(length: float, width: float, height: float, paint: tuple[float, ...], turn: float) -> Image:
    """The ground with a box and its shadow on it, drawn at 1 m, blurred as the sensor blurs."""
    down, right = (np.mgrid[: SIZE * FINE, : SIZE * FINE] - SIZE * FINE / 2 + 0.5).astype(float)
    throw, away = height / np.tan(np.radians(SUN[1])), np.radians(SUN[0] + 180)
    box, shade = np.zeros(down.shape, bool), np.zeros(down.shape, bool)
    for share in np.linspace(0, 1, 9):
        north, east = -down - share * throw * np.cos(away), right - share * throw * np.sin(away)
        along, across = north * np.cos(turn) + east * np.sin(turn), east * np.cos(turn) - north * np.sin(turn)
        inside = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
        shade |= inside
        box |= inside if share == 0 else False
    body, dark = (
        ndimage.gaussian_filter(mask.astype(float), 5.2).reshape(SIZE, FINE, SIZE, FINE).mean(axis=(1, 3))
        for mask in (box, shade & ~box)
    )
    image, half = PLAIN.copy(), SIZE // 2
    for band, (colour, sky) in enumerate(zip(paint, (0.28, 0.22, 0.18, 0.12), strict=True)):
        under = image[band, ROW - half : ROW + half + 1, COL - half : COL + half + 1]
        under += body * (colour - under) - dark * (1 - sky) * under
    return image


@pytest.mark.parametrize("paint", [(0.6, 0.6, 0.6, 0.6), (0.2, 0.45, 0.6, 0.65), (0.6, 0.5, 0.35, 0.4), (0.08,) * 4])
@pytest.mark.parametrize("size", [(7.0, 2.3, 2.0), (12.0, 2.5, 3.5), (16.0, 3.0, 3.8)])
@pytest.mark.parametrize("turn", [0.3, 1.9])
def test_a_vehicle_of_any_colour_is_no_aircraft(
    paint: tuple[float, ...], size: tuple[float, float, float], turn: float
) -> None:
    fit = fit_aircraft(seen(van(*size, paint, turn)), ROW, COL)
    assert fit is None or fit.llr_vs_clutter < 4.0
