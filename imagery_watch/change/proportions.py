"""Shapes of free proportions: span, sweep, chord and the rest are fitted with place, length and heading.

The dictionary has three plans, and real aircraft have more. Where one stands out far above the noise, as on asphalt,
what its plan leaves unexplained outweighs all that tells it from a patch. An ellipse is fitted freely; so must it be.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp, log
from typing import NamedTuple

from imagery_watch.change import fitting
from imagery_watch.change.explain import Fit, margin_over
from imagery_watch.change.moving import is_moving
from imagery_watch.change.screen import Look
from imagery_watch.change.templates import Plan, Template, drawn, near_sun
from imagery_watch.change.window import Window, window_of

MISFITTING = 1.5
"""Misfit of the dictionary's best shape from which a free one is tried. Nearer to the noise, freedom fits noise:
without this bound false sightings on dirty concrete were 20 instead of 16, with hardly more aircraft among the true.
"""
PROMISING = 0.8
"""Of a plainer explanation's ratio, that the dictionary's shape must reach for a free one to be tried: for its cost.

Of 34 sightings of simulated aircraft of 34 m and more that a free shape alone told, 33 had 0.92 and more.
"""
FARTHEST_PX = 0.9
"""From the middle of the window."""


class Figures(NamedTuple):
    """One shape on its spot. The first seven are shares of the length, as `templates.Plan` names them."""

    span: float
    sweep: float
    chord: float
    ahead: float
    tail: float
    width: float
    fin: float
    log_length: float
    """Of metres."""
    heading: float
    """Degrees."""
    down: float
    """Pixels from the middle of the window, like `right`."""
    right: float

    @property
    def plan(self) -> Plan:
        """The proportions alone."""
        return Plan(*self[:7])


USUAL, SIGMA, LEAST = (
    Plan(0.95, 0.20, 0.16, 0.08, 0.36, 0.09, 0.30),
    Plan(0.20, 0.10, 0.04, 0.05, 0.08, 0.025, 0.05),
    Plan(0.40, 0.00, 0.05, -0.2, 0.10, 0.04, 0.10),
)
"""Proportions of transport aircraft: round means, one sigma, and what none falls below."""
STEP = Figures(
    heading=8.0,
    log_length=0.1,
    down=0.2,
    right=0.2,
    span=0.12,
    sweep=0.06,
    ahead=0.035,
    chord=0.025,
    tail=0.05,
    width=0.015,
    fin=0.05,
)
MAIN = ("heading", "log_length", "down", "right", "span", "sweep", "ahead", "chord")
ALL = (*MAIN, "tail", "width", "fin")
"""Figures that are varied, in turn, by a share of a `STEP` either way."""
ROUNDS, LAST_ROUND = (1.0, 0.5), (0.6,)
"""Those shares, round by round; and of the one round that refines what was settled before: a second one cost twice as
much and measured no better, on 860 simulated aircraft of ten types, in one look each.
"""


class View(NamedTuple):
    """The object in one look."""

    window: Window
    sun: tuple[float, float]


class Settled(NamedTuple):
    """Figures, and the log-likelihood that they reach."""

    evidence: float
    figures: Figures


def freed(fit: Fit, look: Look) -> Fit:
    """The fit judged by its shape set free: its margin, where that is more, and whether it moved.

    Of the rest it stays the dictionary's, with which other looks are compared. Where a building's shadow falls nothing
    is set free: a free shape follows the edge of a shadow that grows with the season.
    """
    row, col = round(fit.row), round(fit.col)
    if fit.misfit < MISFITTING or fit.ratio < PROMISING * fit.plain or look.beside_buildings[row, col]:
        return fit
    view = view_of(look, row, col)
    best = settled(start_of(fit), [view], ALL, ROUNDS)
    one = _tried(best.figures, view)
    fitted = fitting.left_by(view.window, one.shape, one.place, one.paints)
    misfit = fitting.misfit(view.window, fitted)
    margin = margin_over(best.evidence, fit.plain, misfit, len(look.bands))
    if margin <= fit.margin:
        return fit
    moving = fit.moving or is_moving(look, view.window, fitted, best.figures.heading, misfit)
    return replace(fit, margin=margin, moving=moving)


def view_of(look: Look, row: int, col: int) -> View:
    """A look around a pixel."""
    return View(window_of(look, row, col), near_sun(look.sun_azimuth, look.sun_elevation))


def start_of(fit: Fit, turn_deg: float = 0.0) -> Figures:
    """The fitted shape as the dictionary has it, turned by an angle."""
    place = (fit.row - round(fit.row), fit.col - round(fit.col))
    return Figures(*fit.template.plan, log(fit.template.length_m), fit.heading_deg + turn_deg, *place)


def settled(start: Figures, views: Sequence[View], names: Sequence[str], shares: Sequence[float]) -> Settled:
    """The best figures near these: each in turn is varied, and the parabola through three values followed."""
    best = Settled(evidence(start, views), start)
    for share in shares:
        for name in names:
            step = share * getattr(STEP, name)
            below, above = (_varied(best, name, by, views) for by in (-step, step))
            bend = below.evidence - 2 * best.evidence + above.evidence
            top = 0.5 * (below.evidence - above.evidence) / bend if bend < 0 else 0.0
            some = [best, below, above]
            if 0 < abs(top) < 1.5:
                some.append(_varied(best, name, top * step, views))
            best = max(some)
    return best


def _varied(one: Settled, name: str, by: float, views: Sequence[View]) -> Settled:
    figures = one.figures._replace(**{name: getattr(one.figures, name) + by})
    return Settled(evidence(figures, views), figures)


def evidence(figures: Figures, views: Sequence[View]) -> float:
    """Log-likelihood of the figures: their ratio in all views, and how usual their proportions are."""
    if max(abs(figures.down), abs(figures.right)) > FARTHEST_PX or any(
        figure < least for figure, least in zip(figures.plan, LEAST, strict=True)
    ):
        return -1e9
    unusual = sum(
        ((figure - mean) / sigma) ** 2 for figure, mean, sigma in zip(figures.plan, USUAL, SIGMA, strict=True)
    )
    return sum(_ratio(figures, view) for view in views) - 0.5 * unusual


def _ratio(figures: Figures, view: View) -> float:
    return _tried(figures, view).ratio


def _tried(figures: Figures, view: View) -> fitting.Try[Template]:
    shape = _shape(figures.plan, exp(figures.log_length), figures.heading % 360.0, *view.sun)
    return fitting.tried(view.window, [shape], [(figures.down, figures.right)])[0]


_shape = lru_cache(maxsize=16)(drawn)
"""The last ones: they are asked for again at other sub-pixel places."""
