"""The explanation of one candidate: an aircraft with its shadow, or something plainer?

Each hypothesis is fitted to the same window of residuals, and compared by log-likelihood with "nothing there".
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from imagery_watch.change.moving import is_moving
from imagery_watch.change.plain import coarse_patch_ratio, plain_ratio
from imagery_watch.change.screen import PAINT_MEAN, PAINT_RANGE, PAINT_SPREAD, Look
from imagery_watch.change.templates import LENGTHS_M, Template, dictionary, same_shape, variants
from imagery_watch.change.window import Array, Window, window_of

TOP = 6
"""Templates that are tried at sub-pixel places, beside the best of each length."""
PHASES = (-0.33, 0.0, 0.33)
EVIDENCE_OF_BANDS = {1: 2.0, 2: 1.4, 3: 1.15}
"""Brings the margin of fewer bands to that of four, whose noise and shape errors are partly the same.

The log-likelihood of a shape sums over bands, that of aircraft and of clutter alike: so one threshold serves all.
"""
CROSS = ((0.0, 0.0), (0.16, 0.0), (-0.16, 0.0), (0.0, 0.16), (0.0, -0.16))
HOPELESS = 0.7
"""Share of a plain patch's coarse ratio below which an aircraft is not looked for further."""
FOCUS = 0.1
"""Of the strongest pixel of a fitted aircraft: beyond that its fit is not judged."""


@dataclass(frozen=True)
class Fit:
    """The aircraft that explains a window best, and how much better than anything plainer."""

    row: float
    col: float
    length_m: float
    length_low_m: float
    length_high_m: float
    heading_deg: float
    """0..360, where the nose points."""
    paints: tuple[float, float]
    """Reflectance of fuselage and of wings."""
    ratio: float
    """Log-likelihood ratio against the empty ground."""
    margin: float
    """Log-likelihood ratio against the best plainer explanation (or the empty ground, if that is better).

    Divided by the misfit that is left, and brought to the evidence of four bands: a number to rank by, no probability.
    """
    plain: float
    """Log-likelihood ratio of the best plainer explanation against the empty ground."""
    misfit: float
    """How many times more than noise the fit leaves, >= 1."""
    moving: bool
    """Whether the bands saw it at different places, as they see what taxis."""
    template: Template = field(repr=False)


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
    ones = np.ones_like(window.ground)
    observed = window.white(window.residual[None])[0]
    grey = [window.white(part[:, None, :] * ones) for part in (hull, wings)]
    covered = (hull + wings)[:, None, :] * window.ground + shadow[:, None, :] * window.shaded
    fixed = -window.white(covered)
    left = observed - fixed
    linear = [(part * left).sum(axis=1) for part in grey]
    square = [(grey[one] * grey[two]).sum(axis=1) for one, two in ((0, 0), (0, 1), (1, 1))]
    return _best_paints(linear, square, fixed @ observed - 0.5 * (fixed**2).sum(axis=1))


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


def explain(look: Look, row: int, col: int) -> Fit | None:
    """The best aircraft near a pixel (within half a pixel of it), and its margin over the plainer explanations.

    None where a plain patch is so much better already in the coarse metric that the exact one need not be asked.
    """
    window = window_of(look, row, col)
    templates = dictionary(look.sun_azimuth, look.sun_elevation)
    coarse = Coarse(window).fit(*_atoms(templates))
    if coarse.max() < HOPELESS * coarse_patch_ratio(window):
        return None
    first = _tried(window, _leading(templates, coarse), [(down, right) for down in PHASES for right in PHASES])
    best = _best(first)
    nearer = [(best.down + down, best.right + right) for down, right in CROSS]
    second = _tried(window, variants(best.template, look.sun_azimuth, look.sun_elevation), nearer)
    last = _best(second)
    low, middle, high = _length(first + second)
    fitted = _left_by(window, last.paints, *_shifted(last.template, last.down, last.right))
    misfit = _misfit(window, fitted)
    plain = plain_ratio(window)
    margin = (last.ratio - plain) / misfit * EVIDENCE_OF_BANDS.get(len(look.bands), 1.0)
    return Fit(
        row + last.down,
        col + last.right,
        middle,
        low,
        high,
        last.template.heading_deg,
        last.paints,
        last.ratio,
        margin,
        plain,
        misfit,
        is_moving(look, window, fitted, last.template.heading_deg, misfit),
        last.template,
    )


class Try(NamedTuple):
    """One template at one sub-pixel place."""

    template: Template
    down: float
    right: float
    ratio: float
    paints: tuple[float, float]


def _tried(window: Window, templates: list[Template], places: list[tuple[float, float]]) -> list[Try]:
    """Every template at every place, in the exact metric."""
    parts = np.stack([template.parts for template in templates])
    moved = np.concatenate([_moved(parts, down, right) for down, right in places])
    flat = moved.reshape(len(moved), 3, -1)
    ratio, hull, wings = exact_fit(window, *(np.ascontiguousarray(flat[:, part]) for part in range(3)))
    pairs = [(template, down, right) for down, right in places for template in templates]
    paints = zip(hull.tolist(), wings.tolist(), strict=True)
    return [Try(*pair, float(r), paint) for pair, r, paint in zip(pairs, ratio, paints, strict=True)]


def _best(tries: list[Try]) -> Try:
    return max(tries, key=lambda one: one.ratio)


def _leading(templates: tuple[Template, ...], ratios: Array) -> list[Template]:
    """The best templates, and the best of each length."""
    best = [int(index) for index in np.argsort(ratios)[::-1][:TOP]]
    for length in LENGTHS_M:
        ours = [index for index, template in enumerate(templates) if template.length_m == length]
        best.append(max(ours, key=lambda index: ratios[index]))
    return [templates[index] for index in sorted(set(best))]


def _misfit(window: Window, fitted: Array) -> float:
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


def _left_by(window: Window, paints: tuple[float, float], hull: Array, wings: Array, shadow: Array) -> Array:
    """(band, pixel): the residual that an aircraft leaves."""
    painted = (paints[0] - window.ground) * hull + (paints[1] - window.ground) * wings
    return (painted - window.shaded * shadow).astype(np.float32)


def signal(fit: Fit, look: Look, window: Window) -> Array:
    """(band, pixel): what the fitted aircraft would leave in the window of another look, under that look's own sun."""
    template = same_shape(fit.template, look.sun_azimuth, look.sun_elevation)
    return _left_by(window, fit.paints, *_shifted(template, fit.row - round(fit.row), fit.col - round(fit.col)))


def same_again(fit: Fit, look: Look, window: Window) -> tuple[float, float]:
    """Ratio of the fitted shape in the window of another look, within a third of a pixel, and its mean paint there."""
    template = same_shape(fit.template, look.sun_azimuth, look.sun_elevation)
    down, right = fit.row - round(fit.row), fit.col - round(fit.col)
    places = [(down + row, right + col) for row in PHASES for col in PHASES]
    best = _best(_tried(window, [template], places))
    return best.ratio, mean_paint(template, best.paints)


def mean_paint(template: Template, paints: tuple[float, float]) -> float:
    """Reflectance of fuselage and wings together, by area."""
    hull, wings = float(template.hull.sum()), float(template.wings.sum())
    return (paints[0] * hull + paints[1] * wings) / (hull + wings)


def _shifted(template: Template, down: float, right: float) -> tuple[Array, Array, Array]:
    """Fuselage, wings and shadow, flattened to the window, moved by a fraction of a pixel."""
    hull, wings, shadow = _moved(template.parts, down, right).reshape(3, -1)
    return hull, wings, shadow


def _moved(images: Array, down: float, right: float) -> Array:
    """Images (..., y, x) moved by less than a pixel each way, bilinearly; their rims are empty."""
    for axis, by in ((-2, down), (-1, right)):
        if by:
            images = (1 - abs(by)) * images + abs(by) * np.roll(images, 1 if by > 0 else -1, axis=axis)
    return np.asarray(images, np.float32)


@lru_cache(maxsize=24)
def _atoms(templates: tuple[Template, ...]) -> tuple[Array, Array, Array]:
    """Fuselages, wings and shadows of a dictionary, (atom, pixel) each."""
    parts = np.stack([template.parts for template in templates]).reshape(len(templates), 3, -1)
    hull, wings, shadow = (np.ascontiguousarray(parts[:, part]) for part in range(3))
    return hull, wings, shadow


def _length(tries: list[Try]) -> tuple[float, float, float]:
    """5 %, middle and 95 % of the overall length, metres.

    The parabola, over the logarithm of the length, through the best ratio and its neighbours; the ends where it has
    fallen by 1.35 (90 % of a normal law), never nearer than 7 %.
    """
    profile: dict[float, float] = {}
    for one in tries:
        profile[one.template.length_m] = max(one.ratio, profile.get(one.template.length_m, -np.inf))
    lengths, best = sorted(profile), _best(tries).template.length_m
    middle = int(np.clip(lengths.index(best), 1, len(lengths) - 2))
    near = lengths[middle - 1 : middle + 2]
    curve = np.polyfit(np.log(near), [profile[length] for length in near], 2)
    if curve[0] > -1e-6:
        return best * 0.75, best, best * 1.33
    top = float(np.clip(np.exp(-curve[1] / (2 * curve[0])), near[0], near[-1]))
    reach = float(np.exp(max(0.07, np.sqrt(1.35 / -curve[0]))))
    return top / reach, top, top * reach
