"""The peers see planted changes, say nothing of what is hidden, and are what their textbooks say."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import numpy as np
import peers
import pytest
from change import scenes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from peers import PEERS, Proposal
from scipy import linalg

from imagery_watch.change.background.models import learn_backgrounds
from imagery_watch.change.background.residuals import ResidualImage, compute_residuals
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR

CLOUDED = np.s_[48:60, 50:62]
"""Over the middle of the apron, on the Grid."""

Compared = tuple[Stack, list[ResidualImage | None]]
every_peer = pytest.mark.parametrize("name", PEERS)


def compared(made: Sequence[Scene]) -> Compared:
    with ThreadPoolExecutor(1) as pool:
        stack = prepare_stack(made, scenes.areas(), scenes.GRID, DETECTOR, pool)
    return stack, compute_residuals(stack, learn_backgrounds(stack, timedelta(days=180)))


@pytest.fixture(scope="module")
def visited() -> Compared:
    """Ten passes; the jet is there in passes 4, 5 and 6."""
    return compared(scenes.series(scenes.stand("....JJJ...", J=scenes.JET)))


@pytest.fixture(scope="module")
def clouded() -> Compared:
    """The same, but passes 4 and 7 cannot see the middle of the apron, nor any but one of its neighbours' pixels."""
    made = scenes.series(scenes.stand("....JJJ...", J=scenes.JET))
    for number in (4, 7):
        made[number] = scenes.hidden_under(made[number], CLOUDED)
    return compared(made)


def off_m(stack: Stack, proposal: Proposal) -> float:
    corner = stack.georeference
    row, col = proposal.row + corner.top - scenes.JET.row, proposal.col + corner.left - scenes.JET.col
    return math.hypot(row, col) * stack.resolution


def best(found: Sequence[Proposal], stack: Stack, count: int) -> list[tuple[int, bool]]:
    """The pass of each of the strongest proposals, and whether it lies on the jet; in order of time."""
    leading = sorted(found, key=lambda proposal: -proposal.score)[:count]
    return sorted((proposal.look, off_m(stack, proposal) < 25) for proposal in leading)


@every_peer
def test_the_strongest_changes_are_the_arrival_and_the_departure(name: str, visited: Compared) -> None:
    assert best(PEERS[name](*visited), visited[0], 2) == [(4, True), (7, True)]


@every_peer
def test_a_change_under_cloud_is_seen_in_the_next_clear_pass(name: str, clouded: Compared) -> None:
    assert best(PEERS[name](*clouded), clouded[0], 2) == [(5, True), (8, True)]


@every_peer
def test_an_aircraft_that_stays_is_no_change(name: str, visited: Compared) -> None:
    stack, _ = visited
    found = PEERS[name](*visited)
    weakest_true = min(p.score for p in found if p.look in (4, 7) and off_m(stack, p) < 25)
    stayed = [p.score for p in found if p.look in (5, 6) and off_m(stack, p) < 25]
    assert max(stayed, default=0.0) < 0.6 * weakest_true


@every_peer
def test_proposals_lie_on_visible_apron_and_apart(name: str, clouded: Compared) -> None:
    stack, _ = clouded
    found = PEERS[name](*clouded)
    assert found
    for proposal in found:
        place = int(proposal.row), int(proposal.col)
        assert stack.apron_index[place] >= 0
        assert stack.passes[proposal.look].visible[place]
        assert math.isfinite(proposal.score)
    for one, other in combinations(found, 2):
        if one.look == other.look:
            assert math.hypot(one.row - other.row, one.col - other.col) * stack.resolution >= peers.MIN_APART_M


@every_peer
def test_nothing_is_proposed_in_the_first_pass(name: str, visited: Compared) -> None:
    assert 0 not in {proposal.look for proposal in PEERS[name](*visited)}


@every_peer
def test_no_pass_and_one_pass_have_no_change(name: str, visited: Compared) -> None:
    stack, compared_looks = visited
    for count in (0, 1):
        assert PEERS[name](replace(stack, passes=stack.passes[:count]), compared_looks[:count]) == []


@every_peer
def test_the_same_pass_again_is_no_change(name: str, visited: Compared) -> None:
    """IR-MAD's ridge leaves rounding errors behind, many orders below anything that changed."""
    stack, compared_looks = visited
    twice = replace(stack, passes=(stack.passes[5],) * 3)
    found = PEERS[name](twice, [compared_looks[5]] * 3)
    assert max((proposal.score for proposal in found), default=0.0) < 1e-3


def test_a_pass_without_a_look_is_passed_over_by_the_matched_filter(visited: Compared) -> None:
    stack, compared_looks = visited
    lacking = [None if index == 4 else look for index, look in enumerate(compared_looks)]
    found = PEERS["matched filter"](stack, lacking)
    assert best(found, stack, 2) == [(5, True), (7, True)]


def test_the_number_of_proposals_of_a_pass_is_bounded_and_the_strongest_stay(visited: Compared) -> None:
    stack, _ = visited
    noise = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    wide = replace(stack, apron_index=np.zeros(noise.shape, np.int16))
    found = peers.strongest([noise], wide)
    assert len(found) == peers.MAX_PROPOSALS
    assert found[0].score == noise.max()
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


@settings(max_examples=30)
@given(hnp.arrays(np.float32, (6, 7), elements=st.one_of(st.just(np.nan), st.floats(0, 100, width=32))))
def test_the_average_is_that_of_a_loop_over_what_is_seen(image: NDArray[np.float32]) -> None:
    found = peers.averaged(image)
    for row, col in np.ndindex(image.shape):
        near = image[max(0, row - 1) : row + 2, max(0, col - 1) : col + 2]
        slow = np.nan if np.isnan(image[row, col]) else near[np.isfinite(near)].mean(dtype=float)
        np.testing.assert_allclose(found[row, col], slow, rtol=1e-5, atol=1e-5)


def test_a_transition_reaches_back_to_the_latest_level() -> None:
    levels = [np.array([[value]], np.float32) for value in (np.nan, 1, 4, np.nan, 2)]
    found = [float(change[0, 0]) for change in peers.transitions(levels)]
    np.testing.assert_array_equal(found, [np.nan, np.nan, 3, np.nan, 2])


def two_images(bands: int = 4, pixels: int = 3000, seed: int = 1) -> tuple[NDArray[Any], NDArray[Any]]:
    """(band, pixel) twice: one ground under two lights, with noise, and a change in every fiftieth pixel."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(0.3, 0.08, (bands, bands)) @ rng.normal(size=(bands, pixels)) * 0.3 + 0.3
    first = ground + rng.normal(0, 0.01, ground.shape)
    second = 1.1 * ground + 0.02 + rng.normal(0, 0.01, ground.shape)
    second[:, ::50] += rng.normal(0, 0.2, second[:, ::50].shape)
    return first, second


def textbook_mad(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """S12 S22^-1 S21 a = rho^2 S11 a, and b = S22^-1 S21 a / rho: Nielsen et al., Remote Sens. Environ. 64 (1998)."""
    bands = len(first)
    covariance = np.cov(np.concatenate([first, second]), bias=True)
    s11, s12, s22 = covariance[:bands, :bands], covariance[:bands, bands:], covariance[bands:, bands:]
    squares, vectors = linalg.eigh(s12 @ np.linalg.inv(s22) @ s12.T, s11)
    statistic, rho = np.zeros(first.shape[1]), np.sqrt(squares)
    for index in range(bands):
        a = vectors[:, index]
        b = np.linalg.inv(s22) @ s12.T @ a / rho[index]
        variate = a @ (first - first.mean(axis=1, keepdims=True)) - b @ (second - second.mean(axis=1, keepdims=True))
        statistic += variate**2 / (2 * (1 - rho[index]))
    return statistic, rho[::-1]


@pytest.mark.parametrize("bands", [1, 2, 4])
def test_one_step_of_mad_is_the_textbooks(bands: int) -> None:
    first, second = two_images(bands)
    statistic, correlations = peers.mad(first, second, np.ones(first.shape[1]))
    slow, slow_correlations = textbook_mad(first, second)
    np.testing.assert_allclose(correlations, slow_correlations, atol=1e-6)
    np.testing.assert_allclose(statistic, slow, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("bands", [1, 4])
def test_gains_and_offsets_change_nothing_in_irmad(bands: int) -> None:
    first, second = two_images(bands)
    gains, offsets = np.array([0.3, 7.0, -2.0, 40.0])[:bands, None], np.array([5.0, -1.0, 0.2, 9.0])[:bands, None]
    plain = peers.irmad(first, second)
    np.testing.assert_allclose(peers.irmad(first, gains * second + offsets), plain, rtol=1e-6)
    np.testing.assert_allclose(peers.irmad(gains * first + offsets, second), plain, rtol=1e-6)


def test_reweighting_sets_the_changed_pixels_further_apart() -> None:
    first, second = two_images()
    changed = np.arange(first.shape[1]) % 50 == 0
    once, settled = peers.mad(first, second, np.ones(first.shape[1]))[0], peers.irmad(first, second)
    contrast = [np.median(statistic[changed]) / np.median(statistic[~changed]) for statistic in (once, settled)]
    assert contrast[1] > 1.5 * contrast[0]


def odd_pairs() -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    first, second = (image.astype(np.float32) for image in two_images())
    flat = np.full_like(first, 0.3)
    return {
        "identical": (first, first),
        "without contrast": (flat, flat),
        "one without contrast": (first, flat),
        "a band twice": (first[[0, 0, 1, 2]], second[[0, 0, 1, 2]]),
        "one band": (first[:1], second[:1]),
        "identical, one band": (first[:1], first[:1]),
        "negative of itself": (first, -first),
    }


@pytest.mark.parametrize("case", odd_pairs())
def test_irmad_of_odd_pairs_is_finite(case: str) -> None:
    assert np.isfinite(peers.irmad(*odd_pairs()[case])).all()


def test_irmad_of_identical_images_is_nothing() -> None:
    first, _ = two_images()
    assert peers.irmad(first, first).max() < 1e-3


def test_irmad_says_nothing_of_too_few_pixels() -> None:
    first, second = two_images(pixels=79)
    assert np.isnan(peers.irmad(first, second)).all()


def test_irmad_fits_each_pair_of_passes_by_itself(clouded: Compared) -> None:
    """Pass 5 last saw the middle in pass 3, and the rest in pass 4."""
    stack, _ = clouded
    now, found = stack.passes[5], peers.irmad_maps(stack)[5]
    unseen = ~stack.passes[4].visible & now.visible
    assert unseen.any()
    for earlier, where in ((stack.passes[3], unseen), (stack.passes[4], now.visible & ~unseen)):
        both = earlier.visible & now.visible
        whole = np.full(both.shape, np.nan)
        whole[both] = peers.irmad(earlier.image[:, both], now.image[:, both])
        np.testing.assert_allclose(found[where], whole[where], rtol=1e-5)


def test_rx_is_that_of_a_loop(clouded: Compared) -> None:
    stack, _ = clouded
    found = peers.rx_maps(stack)[6]
    z = slow_z(stack, 6)
    calm = (np.abs(z) < 4).all(axis=0) & (stack.apron_index >= 0)
    mean, covariance = z[:, calm].mean(axis=1), np.cov(z[:, calm]) + 0.01 * np.eye(4)
    for row, col in np.argwhere(stack.apron_index >= 0):
        if stack.passes[6].visible[row, col]:
            apart = z[:, row, col] - mean
            np.testing.assert_allclose(found[row, col], apart @ np.linalg.solve(covariance, apart), rtol=1e-3)
        else:
            assert np.isnan(found[row, col])


def slow_z(stack: Stack, judged: int) -> NDArray[np.float64]:
    """Pixel by pixel: what lies between a pass and the median of the others, in spreads."""
    shape = stack.passes[0].image.shape
    usual, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    for place in np.ndindex(shape):
        others = [item.image[place] for index, item in enumerate(stack.passes) if index != judged]
        seen = np.array([value for value in others if np.isfinite(value)], float)
        if len(seen):
            usual[place] = np.median(seen)
            spread[place] = 1.4826 * np.median(np.abs(seen - usual[place]))
    for band in spread:
        band[...] = np.maximum(band, max(0.7 * np.nanmedian(band[stack.apron_index >= 0]), 0.004))
    return (stack.passes[judged].image - usual) / spread


def test_rx_of_one_band_and_of_few_calm_pixels() -> None:
    z = np.random.default_rng(2).normal(size=(1, 30, 30)).astype(np.float32)
    everywhere, nowhere = np.ones((30, 30), bool), np.zeros((30, 30), bool)
    apart = z[0] - z[0].mean()
    np.testing.assert_allclose(peers.mahalanobis(z, everywhere), apart**2 / (z.var(ddof=1) + 0.01), rtol=1e-3)
    np.testing.assert_allclose(peers.mahalanobis(z, nowhere), z[0] ** 2, rtol=1e-5)
