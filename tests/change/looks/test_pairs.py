"""Two looks compared: their noise is learnt from what did not change, and the ground cancels."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from change.scenes import APRON, GRID, JET, areas, hidden_under, make_scene
from imagery_watch.change.looks.pairs import compare_looks, fit_noise, measure_edges
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR


def stack_of(*scenes: Scene) -> Stack:
    with ThreadPoolExecutor(2) as pool:
        return prepare_stack(scenes, areas(), GRID, DETECTOR, pool)


@pytest.mark.parametrize(("flat", "edge"), [(0.004, 0.0), (0.004, 0.2), (0.01, 0.4)])
def test_noise_is_what_flat_ground_and_edges_make_of_it(flat: float, edge: float) -> None:
    rng = np.random.default_rng(1)
    edges = rng.gamma(1.5, 0.02, (120, 120)).astype(np.float32)
    difference = rng.normal(0, 1, (2, 120, 120)) * np.hypot(flat, edge * edges)
    found = fit_noise(difference.astype(np.float32), edges, np.ones(edges.shape, bool))
    assert np.sqrt(found.flat) == pytest.approx([flat, flat], rel=0.25)
    assert np.sqrt(found.edge) == pytest.approx([edge, edge], abs=0.06)


def test_what_changed_does_not_carry_the_noise() -> None:
    rng = np.random.default_rng(2)
    difference = rng.normal(0, 0.005, (1, 100, 100)).astype(np.float32)
    difference[:, :25] += 0.15  # a quarter of the apron has turned over
    found = fit_noise(difference, np.full((100, 100), 0.01, np.float32), np.ones((100, 100), bool))
    assert 0.004 < float(np.sqrt(found.flat[0] + found.edge[0] * 0.01**2)) < 0.009


def test_edges_are_strong_beside_a_step_and_nothing_elsewhere() -> None:
    image = np.zeros((2, 30, 30), np.float32)
    image[:, :, 15:] = 0.3
    edges = measure_edges(image)
    assert edges[10, 14] == pytest.approx(0.15) and edges[10, 5] == 0.0


def test_what_came_is_the_mirror_image_of_what_left() -> None:
    pair = compare_looks(stack_of(make_scene(0), make_scene(1, JET)), 0, 1)
    assert pair is not None
    assert np.allclose(pair.came.residual, -pair.gone.residual, atol=1e-6)
    assert pair.came.residual[0].max() > 0.05 > abs(float(np.median(pair.came.residual)))
    assert np.array_equal(pair.came.spread, pair.gone.spread)


def test_hidden_pixels_say_nothing() -> None:
    top = np.s_[APRON[0].start : APRON[0].start + 12, APRON[1]]
    pair = compare_looks(stack_of(make_scene(0), hidden_under(make_scene(1, JET), top)), 0, 1)
    assert pair is not None
    assert np.isinf(pair.came.spread).any() and np.isfinite(pair.came.spread).any()
    assert (pair.came.residual[~np.isfinite(pair.came.spread)] == 0).all()


def test_looks_that_share_no_apron_are_not_compared() -> None:
    half = (APRON[1].start + APRON[1].stop) // 2
    left, right = (np.s_[APRON[0], APRON[1].start : half], np.s_[APRON[0], half : APRON[1].stop])
    one, other = hidden_under(make_scene(0), left), hidden_under(make_scene(1), right)
    assert compare_looks(stack_of(one, other), 0, 1) is None
