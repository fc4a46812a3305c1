"""The measure of an object that was found: where it stands, how long it is, which way it points.

The dictionary has three plans; real aircraft have more. Here the proportions are fitted too, which settles what the
dictionary leaves open: a straight wing as long as the fuselage is easily taken for the fuselage.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp, log
from typing import NamedTuple

from imagery_watch.change import fitting
from imagery_watch.change.explain import Fit
from imagery_watch.change.screen import Look
from imagery_watch.change.templates import Plan, drawn, near_sun
from imagery_watch.change.window import Window, window_of

LOOKS = 3
"""Looks that are measured together, the best first."""
QUARTERS = (0.0, 90.0, 180.0, 270.0)
"""A quarter turn away, or half a turn, another shape is often nearly as likely."""
OPEN = 0.35
"""Share of the fit's own evidence from which a turned one is followed."""
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
ROUGH = ("heading", "log_length", "down", "right", "span", "sweep", "ahead", "chord")
FINE = (*ROUGH, "tail", "width", "fin")
"""Figures that are varied, in turn, by a share of a `STEP` either way: in one look first, then in all."""
ROUGHLY, FINELY = (1.0, 0.5), (0.6,)
"""Those shares, in turn. A second round in all the looks costs twice as much and measures no better."""


class View(NamedTuple):
    """The object in one look."""

    window: Window
    sun: tuple[float, float]


class Settled(NamedTuple):
    """Figures, and the log-likelihood that they reach."""

    evidence: float
    figures: Figures


def measured(fit: Fit, looks: Sequence[Look]) -> Fit:
    """The fit with place, length and heading of a shape of free proportions.

    `looks` are some that show the object, the fit's own first. Members of rows stay as their row has them. So do the
    paints of the dictionary's template: with free widths one paint trades against another, and two objects' paints
    would not compare.
    """
    if fit.room_m is not None:
        return fit
    row, col = round(fit.row), round(fit.col)
    views = [View(window_of(look, row, col), near_sun(look.sun_azimuth, look.sun_elevation)) for look in looks[:LOOKS]]
    starts = [Settled(_evidence(start, views[:1]), start) for start in _starts(fit)]
    followed = [starts[0], *(one for one in starts[1:] if one.evidence >= OPEN * starts[0].evidence)]
    nearly = max(_settled(one, views[:1], ROUGH, ROUGHLY) for one in followed)
    best = _settled(Settled(_evidence(nearly.figures, views), nearly.figures), views, FINE, FINELY).figures
    stretch = exp(best.log_length) / fit.length_m
    return replace(
        fit,
        row=row + best.down,
        col=col + best.right,
        length_m=fit.length_m * stretch,
        length_low_m=fit.length_low_m * stretch,
        length_high_m=fit.length_high_m * stretch,
        heading_deg=best.heading % 360.0,
    )


def _starts(fit: Fit) -> list[Figures]:
    """The fitted shape as it is, and turned by each quarter of the circle."""
    place = (fit.row - round(fit.row), fit.col - round(fit.col))
    log_length = log(fit.template.length_m)
    return [Figures(*fit.template.plan, log_length, fit.heading_deg + turn, *place) for turn in QUARTERS]


def _settled(best: Settled, views: Sequence[View], names: Sequence[str], shares: Sequence[float]) -> Settled:
    """The best figures near these: each in turn is varied, and the parabola through three values followed."""
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
    return Settled(_evidence(figures, views), figures)


def _evidence(figures: Figures, views: Sequence[View]) -> float:
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
    shape = _shape(figures.plan, exp(figures.log_length), figures.heading % 360.0, *view.sun)
    return fitting.tried(view.window, [shape], [(figures.down, figures.right)])[0].ratio


_shape = lru_cache(maxsize=16)(drawn)
"""The last ones: they are asked for again at other sub-pixel places."""
