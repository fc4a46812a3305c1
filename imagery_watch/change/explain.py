"""The explanation of one candidate: an aircraft with its shadow, or something plainer?

Each hypothesis is fitted to the same window of residuals, and compared by log-likelihood with "nothing there".
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from imagery_watch.change import fitting
from imagery_watch.change.fitting import CROSS, PHASES, Coarse, Try
from imagery_watch.change.moving import is_moving
from imagery_watch.change.plain import coarse_patch_ratio, plain_ratio
from imagery_watch.change.screen import Look
from imagery_watch.change.templates import LENGTHS_M, Template, dictionary, same_shape, variants
from imagery_watch.change.window import Array, Window, window_of

TOP = 6
"""Templates that are tried at sub-pixel places, beside the best of each length."""
EVIDENCE_OF_BANDS = {1: 2.0, 2: 1.4, 3: 1.15}
"""Brings the margin of fewer bands to that of four, whose noise and shape errors are partly the same.

The log-likelihood of a shape sums over bands, that of aircraft and of clutter alike: so one threshold serves all.
"""
HOPELESS = 0.7
"""Share of a plain patch's coarse ratio below which an aircraft is not looked for further."""


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
    Members of a row have the row's, of which more is asked (`rows`). Where the dictionary's shape leaves much more than
    noise, `rows.explained` gives that of the same shape with free proportions (`proportions`).
    """
    plain: float
    """Log-likelihood ratio of the best plainer explanation against the empty ground (of a row, with its ragged rim)."""
    misfit: float
    """How many times more than noise the fit leaves, >= 1."""
    moving: bool
    """Whether the bands saw it at different places, as they see what taxis."""
    template: Template = field(repr=False)
    """Of the dictionary, or between its steps; `measure` finds length and heading besides, with other proportions."""
    room_m: float | None = None
    """Nearer to it than this nothing else is told; by default that depends on its length."""


def margin_over(ratio: float, plain: float, misfit: float, bands: int) -> float:
    """The margin of a fit, as `Fit.margin` says."""
    return (ratio - plain) / misfit * EVIDENCE_OF_BANDS.get(bands, 1.0)


def explain(look: Look, row: int, col: int) -> Fit | None:
    """The best aircraft near a pixel (within half a pixel of it), and its margin over the plainer explanations.

    None where a plain patch is so much better already in the coarse metric that the exact one need not be asked.
    """
    window = window_of(look, row, col)
    ratios = singles(look, Coarse(window))
    if ratios.max() < HOPELESS * coarse_patch_ratio(window):
        return None
    return explain_window(look, row, col, window, ratios)


def explain_window(look: Look, row: int, col: int, window: Window, ratios: Array) -> Fit:
    """The same, whatever a plain patch makes of it; `ratios` are those of `singles`."""
    templates = dictionary(look.sun_azimuth, look.sun_elevation)
    first = fitting.tried(window, _leading(templates, ratios), PHASES)
    best = fitting.best(first)
    nearer = [(best.down + down, best.right + right) for down, right in CROSS]
    second = fitting.tried(window, variants(best.shape, look.sun_azimuth, look.sun_elevation), nearer)
    last = fitting.best(second)
    low, middle, high = _length(first + second)
    fitted = fitting.left_by(window, last.shape, last.place, last.paints)
    misfit = fitting.misfit(window, fitted)
    plain = plain_ratio(window)
    margin = margin_over(last.ratio, plain, misfit, len(look.bands))
    return Fit(
        row + last.down,
        col + last.right,
        middle,
        low,
        high,
        last.shape.heading_deg,
        last.paints,
        last.ratio,
        margin,
        plain,
        misfit,
        is_moving(look, window, fitted, last.shape.heading_deg, misfit),
        last.shape,
    )


def singles(look: Look, coarse: Coarse) -> Array:
    """Coarse ratio of every template of the dictionary under the look's sun."""
    return coarse.fit(*_atoms(dictionary(look.sun_azimuth, look.sun_elevation)))


def _leading(templates: tuple[Template, ...], ratios: Array) -> list[Template]:
    """The best templates, and the best of each length."""
    best = [int(index) for index in np.argsort(ratios)[::-1][:TOP]]
    for length in LENGTHS_M:
        ours = [index for index, template in enumerate(templates) if template.length_m == length]
        best.append(max(ours, key=lambda index: ratios[index]))
    return [templates[index] for index in sorted(set(best))]


def signal(fit: Fit, look: Look, window: Window) -> Array:
    """(band, pixel): what the fitted aircraft would leave in the window of another look, under that look's own sun."""
    template = same_shape(fit.template, look.sun_azimuth, look.sun_elevation)
    return fitting.left_by(window, template, (fit.row - round(fit.row), fit.col - round(fit.col)), fit.paints)


def same_again(fit: Fit, look: Look, window: Window) -> tuple[float, float]:
    """Ratio of the fitted shape in the window of another look, within a third of a pixel, and its mean paint there."""
    template = same_shape(fit.template, look.sun_azimuth, look.sun_elevation)
    down, right = fit.row - round(fit.row), fit.col - round(fit.col)
    best = fitting.best(fitting.tried(window, [template], [(down + row, right + col) for row, col in PHASES]))
    return best.ratio, mean_paint(template, best.paints)


def again(fit: Fit, look: Look) -> float:
    """Ratio of the fitted shape in another look."""
    return same_again(fit, look, window_of(look, round(fit.row), round(fit.col)))[0]


def mean_paint(template: Template, paints: tuple[float, float]) -> float:
    """Reflectance of fuselage and wings together, by area."""
    hull, wings = float(template.hull.sum()), float(template.wings.sum())
    return (paints[0] * hull + paints[1] * wings) / (hull + wings)


@lru_cache(maxsize=24)
def _atoms(templates: tuple[Template, ...]) -> tuple[Array, Array, Array]:
    """Fuselages, wings and shadows of a dictionary, (atom, pixel) each."""
    parts = np.stack([template.parts for template in templates]).reshape(len(templates), 3, -1)
    hull, wings, shadow = (np.ascontiguousarray(parts[:, part]) for part in range(3))
    return hull, wings, shadow


def _length(tries: list[Try[Template]]) -> tuple[float, float, float]:
    """5 %, middle and 95 % of the overall length, metres.

    The parabola, over the logarithm of the length, through the best ratio and its neighbours; the ends where it has
    fallen by 1.35 (90 % of a normal law), never nearer than 7 %.
    """
    profile: dict[float, float] = {}
    for one in tries:
        profile[one.shape.length_m] = max(one.ratio, profile.get(one.shape.length_m, -np.inf))
    lengths, best = sorted(profile), fitting.best(tries).shape.length_m
    middle = int(np.clip(lengths.index(best), 1, len(lengths) - 2))
    near = lengths[middle - 1 : middle + 2]
    curve = np.polyfit(np.log(near), [profile[length] for length in near], 2)
    if curve[0] > -1e-6:
        return best * 0.75, best, best * 1.33
    top = float(np.clip(np.exp(-curve[1] / (2 * curve[0])), near[0], near[-1]))
    reach = float(np.exp(max(0.07, np.sqrt(1.35 / -curve[0]))))
    return top / reach, top, top * reach
