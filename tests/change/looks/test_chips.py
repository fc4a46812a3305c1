"""What the network is shown of a place, and what the sensor's own makes of objects, shadows and empty ground."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from imagery_watch.change.background.noise import NoiseModel
from imagery_watch.change.background.residuals import ResidualImage, make_residual_image
from imagery_watch.change.looks.chips import (
    CHANNELS,
    REACH_PX,
    cut_chips,
    dim_chips,
    judge_places,
    measure_known,
    stands_out,
)
from imagery_watch.model import Background
from imagery_watch.model.arrays import Floats, Image
from imagery_watch.sensors.sentinel2.detector import DETECTOR

NETWORK = DETECTOR.pair_network

BANDS = ("B02", "B03", "B04")
SIDE, AT, NOISE = 41, (20, 20), 0.005
APRONS = np.ones((SIDE, SIDE), bool)
WHITE = NoiseModel(np.eye(3, dtype=np.float32), ((1.0, *(0.0,) * 15),) * 3, np.ones(3, np.float32))


def spot(height: float, sigma: float = 1.3) -> Image:
    image = np.zeros((SIDE, SIDE), np.float32)
    image[AT] = 1.0
    blurred = ndimage.gaussian_filter(image, sigma)
    return np.asarray(height * blurred / blurred.max(), np.float32)


def compared(before: Image, after: Image, hidden: bool = False) -> ResidualImage:
    noise = np.random.default_rng(3).normal(0, NOISE / 2, (2, SIDE, SIDE)).astype(np.float32)
    ground, image = (np.stack([0.2 + one + more] * 3) for one, more in zip((before, after), noise, strict=True))
    visible = np.ones((SIDE, SIDE), bool)
    if hidden:
        visible[:, AT[1] + 1 :] = False
    background = Background(ground, np.full(ground.shape, NOISE, np.float32), np.ones((SIDE, SIDE), np.int16))
    options = {"detector": DETECTOR, "pixel_m": 10.0}
    return make_residual_image(image, background, visible, WHITE, BANDS, (150.0, 45.0), APRONS, **options)


def channels(image: ResidualImage, at: tuple[int, int] = AT) -> dict[str, Floats]:
    (chip,) = cut_chips(image, APRONS, [at])
    return dict(zip(CHANNELS, chip, strict=True))


NOTHING = spot(0.0)
MIDDLE = (REACH_PX, REACH_PX)


def test_what_came_is_in_the_look_and_in_the_change_and_not_in_the_ground() -> None:
    told = channels(compared(NOTHING, spot(0.1)))
    assert np.sinh(told["change_in_noise"][MIDDLE]) == pytest.approx(0.1 / NOISE, rel=0.1)
    assert np.sinh(told["look"][MIDDLE]) * 0.02 == pytest.approx(0.1, rel=0.1)
    assert np.sinh(told["change"][MIDDLE]) * 0.02 == pytest.approx(0.1, rel=0.1)
    assert abs(told["ground"][MIDDLE]) < 0.3 and told["apron"].all() and told["known"].all()


def test_beyond_the_image_and_where_it_is_hidden_nothing_is_told() -> None:
    corner = channels(compared(NOTHING, spot(0.1)), (0, 0))
    assert all(not one[:REACH_PX].any() and not one[:, :REACH_PX].any() for one in corner.values())
    hidden = channels(compared(NOTHING, spot(0.1), hidden=True))
    assert not any(hidden[name][:, REACH_PX + 1 :].any() for name in CHANNELS if name != "apron")


def test_more_noise_dims_what_is_told_in_noise_alone() -> None:
    chips = cut_chips(compared(NOTHING, spot(0.1)), APRONS, [AT])
    dimmed = dim_chips(chips, 2.0)
    for number, name in enumerate(CHANNELS):
        factor = 2.0 if name.endswith("_in_noise") else 1.0
        assert np.sinh(dimmed[0, number]) * factor == pytest.approx(np.sinh(chips[0, number]), abs=1e-4)
    assert dim_chips(chips, 1.0) is chips


def test_half_a_neighbourhood_is_too_little() -> None:
    half, whole = (compared(NOTHING, spot(0.1), hidden=one) for one in (True, False))
    assert measure_known(half, [AT])[0] == pytest.approx(4 / 7) and measure_known(whole, [AT])[0] == 1.0
    assert judge_places(half, APRONS, [AT], NETWORK).llr[0] == -np.inf
    assert np.isfinite(judge_places(whole, APRONS, [AT], NETWORK).llr[0])


def test_no_place_is_no_opinion() -> None:
    told = judge_places(compared(NOTHING, NOTHING), APRONS, [], NETWORK)
    assert told.llr.shape == (0,) and told.length_m.shape == (0, 3)


def test_an_aircraft_is_worth_more_than_the_shadow_that_left_and_than_nothing() -> None:
    came, shadow, nothing = (
        judge_places(compared(*looks), APRONS, [AT], NETWORK).llr[0]
        for looks in ((NOTHING, spot(0.08)), (spot(-0.08), NOTHING), (NOTHING, NOTHING))
    )
    assert came > shadow + 2 and came > nothing + 2


def test_what_is_larger_is_told_longer_within_its_interval() -> None:
    small, large = (
        judge_places(compared(NOTHING, spot(0.1, sigma)), APRONS, [AT], NETWORK).length_m[0] for sigma in (1.0, 2.5)
    )
    assert small[1] < large[1] and all(low < length < high for low, length, high in (small, large))


def test_only_what_stands_out_of_the_look_more_than_of_the_ground_stands_out() -> None:
    came, left = (compared(*looks) for looks in ((NOTHING, spot(0.1)), (spot(-0.1), NOTHING)))
    assert [bool(stands_out(one, APRONS, [AT])[0]) for one in (came, left)] == [True, False]
    assert stands_out(came, APRONS, []).shape == (0,)


def test_of_one_band_the_network_has_no_opinion() -> None:
    image = compared(NOTHING, spot(0.1))
    single = replace(image, bands=("mono",), residual=image.residual[:1], ground=image.ground[:1])
    assert judge_places(replace(single, spread=image.spread[:1]), APRONS, [AT], NETWORK).llr[0] == -np.inf
