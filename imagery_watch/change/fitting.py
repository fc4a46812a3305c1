"""Shapes fitted to a window of residuals: how well each explains it under its best paints.

A shape is fuselage, wings and shadow, (3, y, x); the residual that it leaves is  paint - ground  where it covers, and
-lost light  where it shades. Both metrics of `window` are here: the coarse one for thousands of shapes, and the exact.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from imagery_watch.change.screen import PAINT_MEAN, PAINT_RANGE, PAINT_SPREAD
from imagery_watch.change.templates import SIDE
from imagery_watch.change.window import Array, Window

PHASES = tuple((down, right) for down in (-0.33, 0.0, 0.33) for right in (-0.33, 0.0, 0.33))
"""Sub-pixel places, rows and columns."""
CROSS = ((0.0, 0.0), (0.16, 0.0), (-0.16, 0.0), (0.0, 0.16), (0.0, -0.16))
"""Places beside the best of those."""
FOCUS = 0.1
"""Of the strongest pixel of a fitted aircraft: beyond that its fit is not judged."""


class Shape(Protocol):
    """What can be fitted."""

    @property
    def parts(self) -> Array:
        """(3, y, x): fuselage, wings and shadow in a window of `SIDE` pixels."""
        ...


S = TypeVar("S", bound=Shape)


class Coarse:
    """The log-likelihood ratio of many atoms in one window, in the coarse metric."""

    def __init__(self, window: Window) -> None:
        ones, lost = np.ones_like(window.ground), window.shaded
        r, m = window.residual, window.ground
        self.r1, self.rm, self.rl = (window.products(r, other) for other in (ones, m, lost))
        self.q11, self.q1m, self.q1l = (window.products(ones, other) for other in (ones, m, lost))
        self.qmm, self.qml, self.qll = (window.products(*pair) for pair in ((m, m), (m, lost), (lost, lost)))

    def fit(self, hull: Array, wings: Array, shadow: Array) -> Array:
        """Ratio of each atom under its best paints; the three are (atom, pixel)."""
        body = hull + wings
        fixed = body @ self.rm + shadow @ self.rl
        fixed = fixed + 0.5 * (body**2 @ self.qmm) + (body * shadow) @ self.qml + 0.5 * (shadow**2 @ self.qll)
        linear = [part @ self.r1 + (part * body) @ self.q1m + (part * shadow) @ self.q1l for part in (hull, wings)]
        square = [(one * two) @ self.q11 for one, two in ((hull, hull), (hull, wings), (wings, wings))]
        return _best_paints(linear, square, np.asarray(-fixed))[0]


def exact_fit(window: Window, hull: Array, wings: Array, shadow: Array) -> tuple[Array, Array, Array]:
    """Ratio, fuselage paint and wing paint of each atom in the exact metric; the three are (atom, pixel)."""
    covered = (hull + wings)[:, None, :] * window.ground + shadow[:, None, :] * window.shaded
    ones, count = np.ones_like(window.ground), len(hull)
    # one product with the whitening matrices, which are larger than all that they are multiplied with
    columns = window.white(np.concatenate([hull[:, None, :] * ones, wings[:, None, :] * ones, covered]))
    grey, fixed = (columns[:count], columns[count : 2 * count]), -columns[2 * count :]
    left = window.observed - fixed
    linear = [(part * left).sum(axis=1) for part in grey]
    square = [(grey[one] * grey[two]).sum(axis=1) for one, two in ((0, 0), (0, 1), (1, 1))]
    return _best_paints(linear, square, fixed @ window.observed - 0.5 * (fixed**2).sum(axis=1))


def _best_paints(linear: list[Any], square: list[Any], fixed: Array) -> tuple[Array, Array, Array]:
    """Maximum over both paints under the prior: solved freely, clipped, and the second solved again for the first."""
    prior = 1.0 / PAINT_SPREAD**2
    a, b, c = square[0] + prior, square[1], square[2] + prior
    u, v = linear[0] + PAINT_MEAN * prior, linear[1] + PAINT_MEAN * prior
    hull = np.clip((c * u - b * v) / (a * c - b**2), *PAINT_RANGE)
    wings = np.clip((v - b * hull) / c, *PAINT_RANGE)
    hull = np.clip((u - b * wings) / a, *PAINT_RANGE)
    ratio = fixed + u * hull + v * wings - 0.5 * (a * hull**2 + 2 * b * hull * wings + c * wings**2)
    return ratio - prior * PAINT_MEAN**2, hull, wings


class Try(NamedTuple, Generic[S]):
    """One shape at one sub-pixel place."""

    shape: S
    down: float
    right: float
    ratio: float
    paints: tuple[float, float]

    @property
    def place(self) -> tuple[float, float]:
        """Down and right, pixels."""
        return self.down, self.right


def tried(window: Window, shapes: Sequence[S], places: Sequence[tuple[float, float]]) -> list[Try[S]]:
    """Every shape at every place, in the exact metric."""
    parts = np.stack([shape.parts for shape in shapes])
    images = np.concatenate([moved(parts, down, right) for down, right in places])
    flat = images.reshape(len(images), 3, -1)
    ratio, hull, wings = exact_fit(window, *(np.ascontiguousarray(flat[:, part]) for part in range(3)))
    pairs = [(shape, down, right) for down, right in places for shape in shapes]
    paints = zip(hull.tolist(), wings.tolist(), strict=True)
    return [Try(*pair, float(r), paint) for pair, r, paint in zip(pairs, ratio, paints, strict=True)]


def best(tries: Sequence[Try[S]]) -> Try[S]:
    """The one with the greatest ratio."""
    return max(tries, key=lambda one: one.ratio)


def left_by(window: Window, shape: Shape, place: tuple[float, float], paints: tuple[float, float]) -> Array:
    """(band, pixel): the residual that a shape leaves, moved by a fraction of a pixel down and right."""
    hull, wings, shadow = moved(shape.parts, *place).reshape(3, -1)
    painted = (paints[0] - window.ground) * hull + (paints[1] - window.ground) * wings
    return (painted - window.shaded * shadow).astype(np.float32)


def moved(images: Array, down: float, right: float) -> Array:
    """Images (..., y, x) moved by less than a pixel each way, as band-limited as they are: no blur is added."""
    return np.asarray(_shift(round(down, 4)) @ images @ _shift(round(right, 4)).T, np.float32)


@lru_cache(maxsize=512)
def _shift(by: float) -> Array:
    """(to, from): moves a row of `SIDE` samples by a fraction of their spacing, by its Fourier series."""
    phases = np.exp(-2j * np.pi * np.fft.rfftfreq(SIDE) * by)[:, None]
    return np.asarray(np.fft.irfft(np.fft.rfft(np.eye(SIDE), axis=0) * phases, SIDE, axis=0), np.float32)


def misfit(window: Window, fitted: Array) -> float:
    """How many times more than noise is left: where the fitted aircraft is, or all around it, if that is more; >= 1.

    A shape that is no aircraft leaves more than noise; so does an aircraft unlike the dictionary, but it explains more.
    Around it the median decides: some places are louder than the apron's usual, and neighbours stand there.
    """
    strength = np.abs(fitted).sum(axis=0)
    focus = strength > FOCUS * strength.max()
    rest = window.white((window.residual - fitted)[None]).reshape(fitted.shape)
    around = rest[:, ~focus & window.seen]
    level = float(np.median(np.abs(around)) / 0.6745) ** 2 if around.size > 200 else 1.0
    return max(1.0, float((rest[:, focus] ** 2).mean()), level)
