"""The likelihood of a vehicle with its shadow: a spot no larger than one, of any paint.

What a vehicle covers loses the ground's colour and gains its paint's; what its shadow covers loses light only. How much
of each is as a vehicle's size makes likely, and each band deviates from grey paint as hues do.
"""

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.window import Array, Window

Double = NDArray[np.float64]

COVERED_PX, WIDE_M, HIGH_M = 0.72, 4.0, 4.0
"""Ground that a vehicle covers at most, 18 m x 4 m, its width and its height (science: 6 to 18 m long)."""
BRIGHTEST = 0.95
PAINTED, COVER = (0.15, 0.1), (0.35, 0.15)
"""Reflectance times pixels of a vehicle's paint, and pixels of ground that it covers: mean and one sigma.

Most are 6 to 12 m long; one of 18 m in bright paint is rarer than an aircraft that looks like it.
"""
SHADED = (0.2, 0.12)
"""Pixels that its shadow covers, for each height that a shadow is long (9 m x 2.5 m, and more or less)."""
HUE = 0.03
"""Reflectance times pixels, one sigma in each band: paint of 0.6 that is a tenth off grey, on half a pixel."""
SHADOWS_M = ((1.3, 1.1), (1.6, 2.0))
"""From the middle of a vehicle to that of its shadow: half its width, and half its height for each such length.

Of a van, and of what stands as high as a fuel truck.
"""
SWEEPS = 4


def shadow_offsets(window: Window) -> list[tuple[float, float]]:
    """Rows and columns from a vehicle to the middle of its shadow, for low and high ones."""
    lengths = [(width + height * window.throw) / 10.0 for width, height in SHADOWS_M]
    return [(apart * window.away[0], apart * window.away[1]) for apart in lengths]


def at_one_place(window: Window, along: Array, square: Array) -> tuple[Array, Array]:
    """The products of `vehicle_ratio` from those of the spot in each band alone, as if its shadow lay beneath it."""
    both = np.vstack([np.eye(along.shape[1]), -window.middle * window.lost]).astype(np.float32)
    return np.asarray(along @ both.T, np.float32), np.asarray(both @ square @ both.T, np.float32)


def vehicle_ratio(window: Window, along: Array, square: Array, pixels: Array, count: int = 1) -> Array:
    """(atom,): twice the log-likelihood ratio of each spot against the empty ground.

    Of `count` spots, if each atom has so many alike: then each must be as likely a vehicle as the others.

    `along` (atom, band + 1) are products of the residual with the spot in each band, and with the light that its shadow
    takes; `square` (atom, band + 1, band + 1) those of these with one another; `pixels` (atom,) the spot's area.
    """
    y, normal = along.astype(np.float64), square.astype(np.float64)
    bands = y.shape[1] - 1
    area = pixels.astype(np.float64)
    hues = np.linalg.inv(normal[:, :bands, :bands] + np.eye(bands) * count * (area / HUE)[:, None, None] ** 2)
    parts = np.zeros((3, bands + 1))  # paint, cover and shadow
    parts[0, :bands], parts[1, :bands], parts[2, bands] = 1.0, -window.middle, 1.0
    with_hues = np.einsum("kb,abc->akc", parts, normal[:, :, :bands])
    explained = np.einsum("ab,abc,ac->a", y[:, :bands], hues, y[:, :bands])
    linear = y @ parts.T - np.einsum("akb,abc,ac->ak", with_hues, hues, y[:, :bands])
    quadratic = parts @ normal @ parts.T - np.einsum("akb,abc,ajc->akj", with_hues, hues, with_hues)
    return np.asarray(explained + _limited(linear, quadratic, area, window.throw, count), np.float32)


def _limited(linear: Double, quadratic: Double, area: Double, throw: float, count: int) -> Double:
    """Twice the gain of the best paint, cover and shadow: solved for in turn, within what a vehicle's size allows."""
    shade = np.array(SHADED) * throw
    usual = np.array([PAINTED[0], COVER[0], shade[0]]) / area[:, None]
    tight = count * (area[:, None] / np.array([PAINTED[1], COVER[1], shade[1]])) ** 2
    most = COVERED_PX * np.array([BRIGHTEST, 1.0, HIGH_M / WIDE_M * throw]) / area[:, None]
    u, q = linear + usual * tight, quadratic + tight[:, :, None] * np.eye(3)
    best = np.clip(np.linalg.solve(q, u[:, :, None])[:, :, 0], 0.0, most)
    for _ in range(SWEEPS):
        for part in range(3):
            rest = u[:, part] - (q[:, part] * best).sum(axis=1) + q[:, part, part] * best[:, part]
            best[:, part] = np.clip(rest / q[:, part, part], 0.0, most[:, part])
    gain: Double = (
        2 * (u * best).sum(axis=1) - np.einsum("ak,akj,aj->a", best, q, best) - (usual**2 * tight).sum(axis=1)
    )
    return gain
