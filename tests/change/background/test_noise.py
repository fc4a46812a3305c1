"""The noise model: what goes in comes out white, and what stands there does not count as noise."""

import numpy as np
import pytest
from scipy import ndimage

from imagery_watch.change.background.noise import (
    ACF_LAGS_PX,
    NUGGET,
    NoiseModel,
    measure_noise,
    measure_variance_scale,
    source_free_mask,
)
from imagery_watch.change.background.whitening import whiten_in_place, whiten_mirrored

SHAPE = (80, 90)
EVERYWHERE = np.ones(SHAPE, bool)


def noisy(seed: int, looks: int = 6, common: float = 0.8, sigma: float = 0.8) -> np.ndarray:
    """(time, band, y, x): unit noise, smooth over `sigma` pixels, `common` of its variance the same in all bands."""
    rng = np.random.default_rng(seed)

    def smooth() -> np.ndarray:
        field = ndimage.gaussian_filter(rng.normal(size=SHAPE), sigma)
        return field / field.std()

    return np.stack(
        [
            np.sqrt(common) * shared + np.sqrt(1 - common) * np.stack([smooth() for _ in range(4)])
            for shared in (smooth() for _ in range(looks))
        ]
    ).astype(np.float32)


def model(z: np.ndarray) -> NoiseModel:
    return measure_noise(z, np.stack([source_free_mask(one, EVERYWHERE) for one in z]))


def test_channels_do_not_covary_and_have_unit_variance() -> None:
    z = noisy(0)
    channels = np.einsum("cb,tbyx->ctyx", model(z).mixing, z).reshape(4, -1)
    np.testing.assert_allclose(np.cov(channels), np.eye(4), atol=0.12)


@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.2])
def test_reach_is_that_of_the_noise(sigma: float) -> None:
    first = model(noisy(1, sigma=sigma)).acf[0]
    assert first[0] == 1.0
    kernel = ndimage.gaussian_filter1d(np.eye(1, 41, 20)[0], sigma)
    along = np.correlate(kernel, kernel, "full")[40:] / (kernel @ kernel)
    np.testing.assert_allclose(
        first[1:4], [along[1], along[1] ** 2, along[2]], atol=0.06
    )  # pulled to the usual a little


def test_whitened_noise_is_whiter() -> None:
    side, z = 19, noisy(2)
    found = model(z)
    windows = np.stack(
        [z[t, :, r : r + side, c : c + side] for t in range(6) for r in (0, 30, 60) for c in (0, 35, 70)]
    )
    mixed = np.einsum("cb,kbyx->kcyx", found.weights, windows).astype(np.float32)
    white = whiten_in_place(mixed, found.acf).reshape(windows.shape)
    assert 0.3 < white.var() < 1.05  # the nugget outweighs what smooth noise has at the finest scales
    assert beside(white) < 0.6 * beside(windows)


def beside(images: np.ndarray) -> float:
    """Correlation of neighbours in a row."""
    return float((images[..., 1:] * images[..., :-1]).mean() / images.var())


def test_an_aircraft_is_not_noise() -> None:
    z = noisy(3)
    z[2, :, 30:34, 40:44] += 8.0
    calm = source_free_mask(z[2], EVERYWHERE)
    assert not calm[30:34, 40:44].any() and calm.mean() > 0.95
    np.testing.assert_allclose(model(z).mixing[0], model(noisy(3)).mixing[0], atol=0.02)  # the others may turn freely


def test_a_loud_pass_is_called_so() -> None:
    z = noisy(4)
    found = model(z)
    np.testing.assert_allclose(measure_variance_scale(found, z[0], EVERYWHERE), np.ones(4), atol=0.15)
    assert (measure_variance_scale(found, 1.5 * z[0], EVERYWHERE) > 1.8).all()
    assert found.with_variance_scale(np.full(4, 0.1, np.float32)).variance_scale.tolist() == [1.0] * 4


def test_little_is_pulled_towards_the_usual() -> None:
    """Two tiny looks say next to nothing: bands and neighbours covary as they usually do."""
    tiny = np.zeros((2, 4, 5, 5), np.float32)
    found = measure_noise(tiny, np.ones((2, 5, 5), bool))
    assert np.isfinite(found.mixing).all() and found.acf[0][1] == pytest.approx(0.45, abs=0.02)


@pytest.mark.parametrize("side", [5, 19])
def test_what_is_whitened_has_lost_its_correlation(side: int) -> None:
    covariance = correlation(side) + NUGGET * np.eye(side**2)
    each = np.eye(side**2, dtype=np.float32).reshape(-1, 1, side, side)
    root = whiten_in_place(each, (REACH,))[:, 0]
    np.testing.assert_allclose(root @ covariance @ root, np.eye(side**2), atol=0.08)


@pytest.mark.parametrize("side", [5, 19])
def test_mirror_images_change_no_product_of_what_is_whitened(side: int) -> None:
    columns = np.random.default_rng(4).normal(size=(7, 2, side, side)).astype(np.float32)
    values, vectors = np.linalg.eigh(correlation(side))
    root = (vectors / np.sqrt(np.clip(values, 0, None) + NUGGET)) @ vectors.T
    plain = columns.reshape(7, 2, -1) @ root
    np.testing.assert_allclose(whiten_in_place(columns, (REACH, REACH)), plain, atol=2e-5)
    mirrored = whiten_mirrored(columns, (REACH, REACH)).reshape(7, -1)
    np.testing.assert_allclose(
        mirrored @ mirrored.T, plain.reshape(7, -1) @ plain.reshape(7, -1).T, rtol=1e-4, atol=0.01
    )


REACH = (1.0, 0.5, 0.25, 0.1, 0.05, *(0.0,) * (len(ACF_LAGS_PX) - 5))


def correlation(side: int) -> np.ndarray:
    """(pixel, pixel): by the plain calculation."""
    rows, cols = (axis.ravel() for axis in np.mgrid[:side, :side])
    return np.interp(np.hypot(rows[:, None] - rows, cols[:, None] - cols), ACF_LAGS_PX, REACH, right=0.0)
