"""What tells an object that came from a shadow that left and from ground that is as it was."""

import numpy as np
import pytest
from scipy import ndimage

from imagery_watch.change.background.noise import NoiseModel
from imagery_watch.change.background.residuals import ResidualImage, make_residual_image
from imagery_watch.change.looks.features import FEATURES, judge_places, measure_contrast, measure_features
from imagery_watch.model import Background
from imagery_watch.model.arrays import Floats, Image
from imagery_watch.sensors.sentinel2.detector import DETECTOR

BANDS = ("B02", "B03", "B04")
SIDE, AT = 41, (20, 20)
APRONS = np.ones((SIDE, SIDE), bool)
WHITE = NoiseModel(np.eye(3, dtype=np.float32), ((1.0, *(0.0,) * 15),) * 3, np.ones(3, np.float32))


def spot(height: float, sigma: float = 1.3) -> Image:
    image = np.zeros((SIDE, SIDE), np.float32)
    image[AT] = 1.0
    blurred = ndimage.gaussian_filter(image, sigma)
    return np.asarray(height * blurred / blurred.max(), np.float32)


def compared(before: Image, after: Image, hidden: bool = False) -> ResidualImage:
    ground, image = (np.stack([0.2 + one] * 3) for one in (before, after))
    visible = np.ones((SIDE, SIDE), bool)
    if hidden:
        visible[:, AT[1] + 1 :] = False
    background = Background(ground, np.full(ground.shape, 0.005, np.float32), np.ones((SIDE, SIDE), np.int16))
    options = {"detector": DETECTOR, "pixel_m": 10.0}
    return make_residual_image(image, background, visible, WHITE, BANDS, (150.0, 45.0), APRONS, **options)


def features(before: Image, after: Image) -> dict[str, float]:
    llr = np.full((SIDE, SIDE), 50.0, np.float32)
    row: Floats = measure_features(compared(before, after), llr, APRONS, [AT])[0, 0]
    return dict(zip(FEATURES, row.tolist(), strict=True))


NOTHING = spot(0.0)


@pytest.mark.parametrize("height", [0.1, -0.08])
def test_an_object_that_came_stands_out_of_the_later_look_alone(height: float) -> None:
    told = features(NOTHING, spot(height))
    assert told["share_on_1.2"] == pytest.approx(1.0, abs=0.05) and abs(told["share_off_1.2"]) < 0.05
    assert told["change"] * height > 0 and told["contrast_1.2"] * height > 0 and told["excess_1.2"] > 3
    assert told["lit_pixels"] > 1 and 2 <= told["lit_narrow"] <= told["lit_wide"] < 9


def test_a_shadow_that_left_stood_out_of_the_earlier_look_alone() -> None:
    told = features(spot(-0.1), NOTHING)
    assert told["change"] > 0 and told["contrast_1.2"] > 0
    assert abs(told["share_on_1.2"]) < 0.05 and told["share_off_1.2"] == pytest.approx(-1.0, abs=0.05)
    assert told["excess_1.2"] < -3


def test_what_lies_there_in_both_looks_is_no_change() -> None:
    told = features(spot(0.2), spot(0.2))
    assert told["change"] == pytest.approx(0.0, abs=1e-3) and told["lit_pixels"] == told["lit_wide"] == 0.0


def test_contrast_ignores_roofs_beside_the_apron() -> None:
    image = np.full((SIDE, SIDE), 0.2, np.float32) + spot(0.1)
    roofed, aprons = image.copy(), APRONS.copy()
    roofed[:, 25:] += 0.6
    aprons[:, 24:] = False
    told = measure_contrast(roofed, aprons, 0.8)[AT]
    assert told == pytest.approx(measure_contrast(image, aprons, 0.8)[AT], abs=0.02) and told > 0.03


def test_half_a_neighbourhood_is_too_little() -> None:
    llr = np.full((SIDE, SIDE), 50.0, np.float32)
    assert judge_places(compared(NOTHING, spot(0.1), hidden=True), llr, APRONS, [AT]).llr[0] == -np.inf
    assert np.isfinite(judge_places(compared(NOTHING, spot(0.1)), llr, APRONS, [AT]).llr[0])


def test_no_place_is_no_row() -> None:
    assert measure_features(compared(NOTHING, NOTHING), NOTHING, APRONS, []).shape == (1, 0, len(FEATURES))


def test_an_aircraft_is_worth_more_than_the_shadow_that_left_and_than_nothing() -> None:
    llr = np.full((SIDE, SIDE), 120.0, np.float32)
    came, shadow, nothing = (
        judge_places(compared(*looks), llr, APRONS, [AT]).llr[0]
        for looks in ((NOTHING, spot(0.08)), (spot(-0.08), NOTHING), (NOTHING, NOTHING))
    )
    assert came > shadow + 2 and came > nothing + 2
