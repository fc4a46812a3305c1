"""Gain and offset of a pass, whatever of the ground has changed."""

import numpy as np
import pytest

from change.scenes import GRID, ground
from imagery_watch.change.preprocess.radiometry import MIN_RING_PIXELS, apply_gains_and_offsets, fit_gains_and_offsets

EVERYWHERE = np.ones(GRID.shape, bool)
GAINS = np.array([0.85, 1.1, 1.0, 1.25])
OFFSETS = np.array([0.03, -0.01, 0.02, 0.0])


def relit(image: np.ndarray) -> np.ndarray:
    return (image * GAINS[:, None, None] + OFFSETS[:, None, None]).astype(np.float32)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_gain_and_offset_under_change(share: float) -> None:
    rng = np.random.default_rng(1)
    fixed = ground()
    moving = relit(fixed) + rng.normal(0, 0.004, fixed.shape).astype(np.float32)
    changed = rng.random(GRID.shape) < share
    moving[:, changed] = rng.uniform(0.0, 0.6, (4, int(changed.sum()))).astype(np.float32)
    gains, offsets = fit_gains_and_offsets(moving, fixed, EVERYWHERE)
    np.testing.assert_allclose(gains, GAINS, rtol=0.03)
    np.testing.assert_allclose(offsets, OFFSETS, atol=0.005)


def test_normalized_undoes_what_was_found() -> None:
    back = apply_gains_and_offsets(relit(ground()), *fit_gains_and_offsets(relit(ground()), ground(), EVERYWHERE))
    np.testing.assert_allclose(back, ground(), atol=1e-3)
    assert back.dtype == np.float32


@pytest.mark.parametrize("count", [0, 1, MIN_RING_PIXELS - 1])
def test_too_few_pixels_leave_a_pass_as_it_is(count: int) -> None:
    usable = np.zeros(GRID.shape, bool)
    usable.ravel()[:count] = True
    gains, offsets = fit_gains_and_offsets(relit(ground()), ground(), usable)
    assert gains.tolist() == [1.0] * 4 and offsets.tolist() == [0.0] * 4


def test_what_is_not_usable_does_not_count() -> None:
    moving = relit(ground())
    moving[:, :50] = np.nan
    usable = np.isfinite(moving[0])
    gains, offsets = fit_gains_and_offsets(moving, ground(), usable)
    np.testing.assert_allclose(gains, GAINS, rtol=1e-3)
    np.testing.assert_allclose(offsets, OFFSETS, atol=1e-3)


def test_flat_ground_gives_an_offset_only() -> None:
    flat = np.full((4, *GRID.shape), 0.2, np.float32)
    gains, offsets = fit_gains_and_offsets(flat + np.float32(0.05), flat, EVERYWHERE)
    np.testing.assert_allclose(gains, 1.0)
    np.testing.assert_allclose(offsets, 0.05, atol=1e-6)
