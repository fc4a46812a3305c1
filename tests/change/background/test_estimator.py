"""The empty apron, against slow references and under occupancy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from change.scenes import APRON, CONCRETE, JET, MIDDLE, areas, ground, series, stand
from imagery_watch.change.background.estimator import (
    estimate_background,
    estimate_pavement_colour,
    estimate_temporal_noise,
    weigh_empty_looks,
)
from imagery_watch.change.robust import nan_median, weighted_median

MIN_NOISE = 0.004
APRONS = areas().aprons


def with_holes(seed: int, looks: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    stack = rng.normal(0.3, 0.1, (looks, 2, 6, 5)).astype(np.float32)
    stack[rng.random(stack.shape) < 0.3] = np.nan
    stack[:, :, 0, 0] = np.nan
    return stack


def slow_weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Each value as often as its weight, a whole number, says."""
    seen = np.isfinite(values)
    repeated = np.repeat(values[seen], weights[seen].astype(int))
    return float(np.median(repeated)) if len(repeated) else np.nan


@given(seed=st.integers(0, 1000), looks=st.integers(1, 9))
@settings(max_examples=25)
def test_weighted_median_against_the_slow_way(seed: int, looks: int) -> None:
    stack = with_holes(seed, looks)
    weights = np.random.default_rng(seed).integers(0, 4, stack.shape).astype(np.float32)
    expected = np.array(
        [slow_weighted_median(stack[:, b, r, c], weights[:, b, r, c]) for b, r, c in np.ndindex(stack.shape[1:])]
    ).reshape(stack.shape[1:])
    np.testing.assert_allclose(weighted_median(stack, weights), expected, rtol=1e-5)


@given(seed=st.integers(0, 1000), looks=st.integers(1, 9))
@settings(max_examples=25)
def test_nan_median_against_numpy(seed: int, looks: int) -> None:
    stack = with_holes(seed, looks)
    known = np.isfinite(stack).any(axis=0)
    expected = np.full(known.shape, np.nan, np.float32)
    expected[known] = np.nanmedian(stack[:, known], axis=0)
    np.testing.assert_allclose(nan_median(stack), expected, rtol=1e-5)


def images(pattern: str) -> np.ndarray:
    return np.stack([scene.data for scene in series(stand(pattern, J=JET))])


def baseline(stack: np.ndarray):
    noise = estimate_temporal_noise(stack, APRONS, MIN_NOISE)
    weights = weigh_empty_looks(stack, estimate_pavement_colour(stack, APRONS, 10.0), noise, APRONS)
    return estimate_background(stack, weights, noise, 0.1), weights


@pytest.mark.parametrize("pattern", ["..........", "...JJJ....", "JJJJJJJ...", "J.JJ.JJ.JJ"])
def test_a_stand_that_is_mostly_taken_keeps_its_empty_ground(pattern: str) -> None:
    found, weights = baseline(images(pattern))
    row, col = map(round, MIDDLE)
    box = np.s_[row - 3 : row + 4, col - 3 : col + 4]
    off = np.abs(found.median[:, *box] - ground()[:, *box])
    assert off.mean() < 0.01 and off.max() < 0.05
    taken = [letter == "J" for letter in pattern]
    assert (weights[taken, row, col] < 0.1).all()
    empty = weights[[not one for one in taken], row, col]
    assert (empty > 0.5).sum() >= 0.6 * len(empty)


def test_pavement_keeps_its_colour_under_aircraft() -> None:
    pavement = estimate_pavement_colour(images("JJJJJJJJ"), APRONS, 10.0)
    np.testing.assert_allclose(pavement[:, *APRON].mean(axis=(1, 2)), CONCRETE, atol=0.015)


def test_noise_is_what_was_put_in() -> None:
    rng = np.random.default_rng(0)
    stack = (0.3 + rng.normal(0, [[[[0.01]], [[0.02]]]], (12, 2, *APRONS.shape))).astype(np.float32)
    np.testing.assert_allclose(estimate_temporal_noise(stack, APRONS, MIN_NOISE), [0.01, 0.02], rtol=0.05)
    stack[:, :, ::2] = np.nan
    np.testing.assert_allclose(estimate_temporal_noise(stack, APRONS, MIN_NOISE), [0.01, 0.02], rtol=0.07)


def test_noise_has_a_floor_and_a_guess() -> None:
    still = np.full((3, 2, *APRONS.shape), 0.3, np.float32)
    np.testing.assert_allclose(estimate_temporal_noise(still, APRONS, MIN_NOISE), MIN_NOISE)
    np.testing.assert_allclose(estimate_temporal_noise(still[:1], APRONS, MIN_NOISE), 0.02, rtol=0.1)
    np.testing.assert_allclose(estimate_temporal_noise(still * np.nan, APRONS, MIN_NOISE), 0.02, rtol=0.1)


def test_ground_never_seen_has_no_median_and_no_count() -> None:
    stack = images("....")
    stack[:, :, 50:54, 50:54] = np.nan
    found, _ = baseline(stack)
    assert np.isnan(found.median[:, 50:54, 50:54]).all() and (found.count[50:54, 50:54] == 0).all()
    assert np.isfinite(found.median[:, 60, 60]).all() and found.count[60, 60] > 0
    assert (found.spread > 0).all() and np.isfinite(found.spread).all()


def test_spread_grows_at_edges_with_the_registration_error() -> None:
    stack = images("......")
    weights, noise = (
        np.ones(stack.shape[:1] + stack.shape[2:], np.float32),
        estimate_temporal_noise(stack, APRONS, MIN_NOISE),
    )
    sure, unsure = (estimate_background(stack, weights, noise, error).spread[3] for error in (0.05, 0.5))
    edge, inside = np.s_[42, 45:70], np.s_[55:60, 55:60]
    assert unsure[edge].mean() > 1.3 * sure[edge].mean()
    assert unsure[inside].mean() < 1.3 * sure[inside].mean()


def test_a_busy_stand_on_a_slab_brighter_than_its_neighbours_keeps_its_own_empty_looks() -> None:
    """Occupied five looks in six, by aircraft of the neighbours' brightness: the slab's own shade must not decide."""
    rng = np.random.default_rng(3)
    slab, taken, empty = np.s_[20:32, 20:32], np.s_[24:28, 23:29], (3, 9, 15)
    looks = np.full((18, 1, 52, 52), 0.30, np.float32)
    looks[:, :, *slab] = 0.345
    for number in range(len(looks)):
        if number not in empty:
            looks[number, :, *taken] = 0.30 + 0.02 * (number % 2)
            looks[number, :, 28:30, 23:29] = 0.26
    looks += rng.normal(0, 0.006, looks.shape).astype(np.float32)
    noise = np.array([0.006], np.float32)
    everywhere = np.ones((52, 52), bool)
    weights = weigh_empty_looks(looks, np.full((1, 52, 52), 0.30, np.float32), noise, everywhere)[:, 26, 26]
    assert weights[list(empty)].min() > 0.5
    assert np.delete(weights, empty).max() < 0.1


@pytest.mark.parametrize("edge", [6, 8, 12, 30])
def test_grass_around_a_small_pad_is_not_its_shade(edge: int) -> None:
    """A grey aircraft on every second look, two pixels inside the corner."""
    rng = np.random.default_rng(4)
    pad = np.s_[10 : 10 + edge, 10 : 10 + edge]
    aprons = np.zeros((52, 52), bool)
    aprons[pad] = True
    looks = np.full((18, 1, 52, 52), 0.06, np.float32)
    looks[:, :, *pad] = 0.30
    looks[::2, :, 11:15, 11:15] = 0.20
    looks += rng.normal(0, 0.006, looks.shape).astype(np.float32)
    noise = np.array([0.006], np.float32)
    weights = weigh_empty_looks(looks, estimate_pavement_colour(looks, aprons, 10.0), noise, aprons)[:, 12, 12]
    assert weights[1::2].min() > 0.5 and weights[::2].max() < 0.1
