"""The likelihood of a vehicle with its shadow: a spot no larger than one, of any paint.

What a vehicle covers loses the ground's colour and gains its paint's, what its shadow covers loses colour only; so a
spot's colour is grey (the paint) plus a negative share of the ground's own, both as a vehicle's size makes likely, and
a deviation from those in each band, as paints have hues.
"""

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.window import Array, Window

Double = NDArray[np.float64]

COVERED_PX, WIDE_M, HIGH_M = 0.72, 4.0, 4.0
"""Ground that a vehicle covers at most, 18 m x 4 m, its width and its height (science: 6 to 18 m long)."""
BRIGHTEST = 0.95
PAINTED, COVER = (0.15, 0.1), (0.5, 0.2)
"""Reflectance times pixels of a vehicle's paint, and pixels of ground that it covers and shades: mean and one sigma.

Most are 6 to 12 m long; one of 18 m in bright paint is rarer than an aircraft that looks like it.
"""
HUE = 0.03
"""Reflectance times pixels, one sigma in each band: paint of 0.6 that is a sixth off grey, on half a pixel."""


def vehicle_ratio(window: Window, along: Array, square: Array, pixels: Array) -> Array:
    """(atom,): twice the log-likelihood ratio of each spot against the empty ground.

    `along` (atom, band) are products of the residual with the spot in each band, `square` (atom, band, band) those of
    the spot with itself, and `pixels` (atom,) its area.
    """
    y, normal = along.astype(np.float64), square.astype(np.float64)
    hues = np.linalg.inv(normal + np.eye(y.shape[1]) * (pixels.astype(np.float64) / HUE)[:, None, None] ** 2)
    colours = np.stack([np.ones(y.shape[1]), window.middle.astype(np.float64)])
    spread = np.einsum("kb,abc->akc", colours, normal)
    explained = np.einsum("ab,abc,ac->a", y, hues, y)
    linear = np.einsum("kb,ab->ak", colours, y) - np.einsum("akb,abc,ac->ak", spread, hues, y)
    quadratic = np.einsum("akb,jb->akj", spread, colours) - np.einsum("akb,abc,ajc->akj", spread, hues, spread)
    return np.asarray(explained + _limited(linear, quadratic, pixels, window.throw), np.float32)


def _limited(linear: Double, quadratic: Double, pixels: Array, throw: float) -> Double:
    """Twice the gain of the best paint and cover: each is solved for in turn, within what a vehicle's size allows."""
    (a, b), (aa, ab, bb) = linear.T, (quadratic[:, 0, 0], quadratic[:, 0, 1], quadratic[:, 1, 1])
    most = COVERED_PX * BRIGHTEST / pixels
    least = -COVERED_PX * (1 + HIGH_M / WIDE_M * throw) / pixels
    usual = np.array([PAINTED[0], -COVER[0]])[:, None] / pixels
    tight = (pixels / np.array([PAINTED[1], COVER[1]])[:, None]) ** 2
    a, b, aa, bb = a + usual[0] * tight[0], b + usual[1] * tight[1], aa + tight[0], bb + tight[1]
    determinant = np.maximum(aa * bb - ab**2, 1e-6 * aa * bb + 1e-12)
    paint = np.clip((bb * a - ab * b) / determinant, 0.0, most)
    for _ in range(2):
        cover = np.clip((b - ab * paint) / np.maximum(bb, 1e-9), least, 0.0)
        paint = np.clip((a - ab * cover) / np.maximum(aa, 1e-9), 0.0, most)
    gain: Double = 2 * (a * paint + b * cover) - aa * paint**2 - 2 * ab * paint * cover - bb * cover**2
    return gain - (usual**2 * tight).sum(axis=0)
