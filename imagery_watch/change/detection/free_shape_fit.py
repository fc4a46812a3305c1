"""Shapes of free proportions: span, sweep, chord and the rest are fitted with place, length and heading.

The bank has three plans, and real aircraft have more. Where one stands out far above the noise, as on asphalt,
what its plan leaves unexplained outweighs all that tells it from a patch. An ellipse is fitted freely; so must it be
(docs/method.md, section 9).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import exp, log
from typing import NamedTuple

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit, compute_llr_vs_clutter
from imagery_watch.change.detection.aircraft_templates import Plan, Template, draw_template
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.detection.likelihood import ShapeFit, compute_reduced_chi2, fit_placed, predict_residual
from imagery_watch.change.detection.motion import is_moving

FREE_SHAPE_MIN_CHI2 = 1.5
"""Reduced chi-square of the bank's best shape from which a free one is tried. Nearer to the noise, freedom fits noise:
without this bound false detections on dirty concrete were 20 instead of 16, with hardly more aircraft among the true.
"""
FREE_SHAPE_MIN_LLR_SHARE = 0.8
"""Of a plainer explanation's ratio, that the bank's shape must reach for a free one to be tried: for its cost.

Of 34 detections of simulated aircraft of 34 m and more that a free shape alone told, 33 had 0.92 and more.
"""
MAX_OFFSET_PX = 0.9
"""From the middle of the cut-out, to which a free shape may wander."""


MEASURED_LOOKS = 3
"""Looks that are measured together, the best first."""
START_TURNS_DEG = (0.0, 90.0, 180.0, 270.0)
"""A quarter turn away, or half a turn, another shape is often nearly as likely."""
FOLLOWED_SHARE = 0.35
"""Share of the fit's own log-posterior from which a turned one is followed."""


IMPOSSIBLE = -1e9
"""Log-posterior of parameters outside their bounds."""
MAX_JUMP = 1.5
"""Steps by which the top of a parabola may lie off the middle of its three values."""


class ShapeParameters(NamedTuple):
    """One shape on its spot. The first seven are shares of the length, as `Plan` names them."""

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
    """Pixels from the middle of the cut-out, like `right`."""
    right: float

    @property
    def plan(self) -> Plan:
        """The proportions alone."""
        return Plan(*self[:7])


PLAN_MEAN, PLAN_SIGMA, PLAN_MIN = (
    Plan(0.95, 0.20, 0.16, 0.08, 0.36, 0.09, 0.30),
    Plan(0.20, 0.10, 0.04, 0.05, 0.08, 0.025, 0.05),
    Plan(0.40, 0.00, 0.05, -0.2, 0.10, 0.04, 0.10),
)
"""Proportions of transport aircraft, the prior of a free shape: round means, one sigma, and what none falls below."""
PARAMETER_STEPS = ShapeParameters(
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
"""By how much each parameter is varied in a whole step."""
MAIN_PARAMETERS = ("heading", "log_length", "down", "right", "span", "sweep", "ahead", "chord")
ALL_PARAMETERS = (*MAIN_PARAMETERS, "tail", "width", "fin")
"""Parameters that are varied, in turn, by a share of their step either way."""
STEP_SHARES, FINAL_STEP_SHARES = (1.0, 0.5), (0.6,)
"""Those shares, round by round; and that of the one round in all looks together: a second one cost twice as much and
measured no better, on 860 simulated aircraft of ten types, in one look each.
"""


class Optimum(NamedTuple):
    """Parameters, and the log-posterior that they reach."""

    log_posterior: float
    parameters: ShapeParameters


def refit_free_shape(fit: AircraftFit, cutout: Cutout) -> AircraftFit:
    """The fit judged by its shape set free: its evidence, where that is more, and whether it moved.

    Of the rest it stays the bank's, with which other looks are compared. Where a building's shadow falls nothing is
    set free: a free shape follows the edge of a shadow that grows with the season.
    """
    promising = fit.llr_vs_empty >= FREE_SHAPE_MIN_LLR_SHARE * fit.clutter_llr
    if fit.reduced_chi2 < FREE_SHAPE_MIN_CHI2 or not promising or cutout.beside_buildings:
        return fit
    best = climb(initial_parameters(fit), [cutout], ALL_PARAMETERS, STEP_SHARES)
    one = _fit_each([best.parameters], cutout)[0]
    fitted = predict_residual(cutout, one.shape, one.place, one.paints)
    reduced_chi2 = compute_reduced_chi2(cutout, fitted)
    llr = compute_llr_vs_clutter(best.log_posterior, fit.clutter_llr, reduced_chi2, len(cutout.bands))
    if llr <= fit.llr_vs_clutter:
        return fit
    moving = fit.moving or is_moving(cutout, fitted, best.parameters.heading, reduced_chi2)
    return replace(fit, llr_vs_clutter=llr, moving=moving)


def measure_object(fit: AircraftFit, images: Sequence[ResidualImage]) -> AircraftFit:
    """The fit with place, length and heading of a shape of free proportions.

    `images` are some that show the object, the fit's own first. Members of rows stay as their row has them. So do the
    paints of the bank's template: with free widths one paint trades against another, and two objects' paints would
    not compare.
    """
    if fit.in_row:
        return fit
    row, col = round(fit.row), round(fit.col)
    cutouts = [make_cutout(image, row, col) for image in images[:MEASURED_LOOKS]]
    starts = [initial_parameters(fit, turn) for turn in START_TURNS_DEG]
    likely = compute_log_posteriors(starts, cutouts[:1])
    least = min(likely[0], FOLLOWED_SHARE * likely[0])
    followed = [start for start, one in zip(starts, likely, strict=True) if one >= least]
    nearly = max(climb(start, cutouts[:1], MAIN_PARAMETERS, STEP_SHARES) for start in followed)
    best = climb(nearly.parameters, cutouts, ALL_PARAMETERS, FINAL_STEP_SHARES).parameters
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


def initial_parameters(fit: AircraftFit, turn_deg: float = 0.0) -> ShapeParameters:
    """The fitted shape as the template bank has it, turned by an angle."""
    place = (fit.row - round(fit.row), fit.col - round(fit.col))
    return ShapeParameters(*fit.template.plan, log(fit.template.length_m), fit.heading_deg + turn_deg, *place)


def climb(start: ShapeParameters, cutouts: Sequence[Cutout], names: Sequence[str], shares: Sequence[float]) -> Optimum:
    """The best parameters near these: each in turn is varied, and the parabola through three values followed."""
    best = Optimum(compute_log_posteriors([start], cutouts)[0], start)
    for share in shares:
        for name in names:
            step = share * getattr(PARAMETER_STEPS, name)
            below, above = _vary(best, name, (-step, step), cutouts)
            bend = below.log_posterior - 2 * best.log_posterior + above.log_posterior
            top = 0.5 * (below.log_posterior - above.log_posterior) / bend if bend < 0 else 0.0
            some = [best, below, above]
            if 0 < abs(top) < MAX_JUMP:
                some += _vary(best, name, (top * step,), cutouts)
            best = max(some)
    return best


def _vary(one: Optimum, name: str, steps: Sequence[float], cutouts: Sequence[Cutout]) -> list[Optimum]:
    value = getattr(one.parameters, name)
    varied = [one.parameters._replace(**{name: value + by}) for by in steps]
    return [Optimum(*pair) for pair in zip(compute_log_posteriors(varied, cutouts), varied, strict=True)]


def compute_log_posteriors(shapes: Sequence[ShapeParameters], cutouts: Sequence[Cutout]) -> list[float]:
    """Log-posterior of each: its likelihood in all cut-outs, and how usual its proportions are."""
    found = [_compute_log_prior(one) for one in shapes]
    possible = [number for number, prior in enumerate(found) if prior > IMPOSSIBLE]
    for cutout in cutouts if possible else ():
        for number, fit in zip(possible, _fit_each([shapes[one] for one in possible], cutout), strict=True):
            found[number] += fit.llr
    return found


def _compute_log_prior(parameters: ShapeParameters) -> float:
    """How usual the proportions are; `IMPOSSIBLE` beyond the bounds."""
    if max(abs(parameters.down), abs(parameters.right)) > MAX_OFFSET_PX or any(
        value < least for value, least in zip(parameters.plan, PLAN_MIN, strict=True)
    ):
        return IMPOSSIBLE
    return -0.5 * sum(
        ((value - mean) / sigma) ** 2 for value, mean, sigma in zip(parameters.plan, PLAN_MEAN, PLAN_SIGMA, strict=True)
    )


def _fit_each(shapes: Sequence[ShapeParameters], cutout: Cutout) -> list[ShapeFit[Template]]:
    """Each shape on its spot."""
    drawn = [_draw_recent(one.plan, exp(one.log_length), one.heading % 360.0, cutout.imaging) for one in shapes]
    return fit_placed(cutout, [(shape, one.down, one.right) for shape, one in zip(drawn, shapes, strict=True)])


_draw_recent = lru_cache(maxsize=16)(draw_template)
"""The last ones: they are asked for again at other sub-pixel places."""
