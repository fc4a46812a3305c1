"""The aircraft that explains one cut-out best, by the bank's shapes, and how much better than anything plainer.

Each hypothesis is fitted to the same residual, and compared by log-likelihood with "nothing there" (docs/method.md,
section 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_templates import (
    LENGTHS_M,
    Template,
    build_template_bank,
    redraw_template,
    vary_template,
)
from imagery_watch.change.detection.clutter_fit import fit_clutter, fit_patch_coarsely
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.detection.likelihood import (
    SUBPIXEL_CROSS,
    SUBPIXEL_PHASES,
    CoarseAtoms,
    CoarseLikelihood,
    ShapeFit,
    compute_reduced_chi2,
    fit_shapes,
    multiply_parts,
    pick_best,
    predict_residual,
)
from imagery_watch.change.detection.motion import is_moving
from imagery_watch.model.arrays import Floats

LEADING_TEMPLATES = 6
"""Templates that are tried at sub-pixel places, beside the best of each length."""
BAND_COUNT_SCALE = {1: 2.0, 2: 1.4, 3: 1.15}
"""Brings the evidence of fewer bands to that of four, whose noise and shape errors are partly the same.

The log-likelihood of a shape sums over bands, that of aircraft and of clutter alike: so one threshold serves all.
"""
HOPELESS_SHARE = 0.7
"""Share of a plain patch's coarse log-likelihood ratio below which an aircraft is not looked for further."""
MIN_LENGTH_HALF_WIDTH = 0.17
"""Least half-width of the length's 90 % interval, as a share: the detector's shapes are not the world's.

Lengths of ten simulated types were off by 10 % rms, most of it each type's own: the Il-62M's by -12, the C-130's by 17.
"""
LENGTH_DROP_LLR = 1.35
"""Fall of the log-likelihood at the ends of a 90 % interval: 1.645^2 / 2 of a normal law."""
MIN_LENGTH_REACH = 0.07
"""Least half-width, in the logarithm of the length, that a parabola through three lengths is believed."""
OPEN_LENGTH_INTERVAL = (0.75, 1.33)
"""Ends of the interval, as shares of the length, where the profile has no maximum."""
MIN_EXCLUSION_M, EXCLUSION_SHARE = 25.0, 0.55
"""Nearer to a single aircraft than the first, and than the second of its length, no other one can stand."""
FLAT_CURVATURE = -1e-6
"""Curvature of a profile above which it has no maximum."""


@dataclass(frozen=True)
class AircraftFit:
    """The aircraft that explains a cut-out best, and how much better than anything plainer."""

    row: float
    """Of its middle in the residual image, pixels."""
    col: float
    length_m: float
    length_low_m: float
    length_high_m: float
    heading_deg: float
    """0..360, where the nose points."""
    paints: tuple[float, float]
    """Reflectance of fuselage and of wings."""
    llr_vs_empty: float
    """Log-likelihood ratio against the empty ground."""
    llr_vs_clutter: float
    """Log-likelihood ratio against the best plainer explanation (or the empty ground, if that is better).

    Divided by `reduced_chi2`, and brought to the evidence of four bands: a number to rank by, no probability. Members
    of a row have the row's, of which more is asked (`row_fit`). Where the bank's shape leaves much more than noise,
    `refit_free_shape` gives that of the same shape with free proportions.
    """
    clutter_llr: float
    """Log-likelihood ratio of the best plainer explanation against the empty ground (of a row, with its ragged rim)."""
    reduced_chi2: float
    """How many times more than noise the fit leaves, >= 1."""
    moving: bool
    """Whether the bands saw it at different places, as they see what taxis."""
    template: Template = field(repr=False)
    """Of the bank, or between its steps; `measure_object` finds length and heading besides, with other proportions."""
    in_row: bool = False
    """Whether it was told as a member of a row."""
    by_network: bool = False
    """Whether evidence and length are those of the sensor's network, and not of its own shape."""
    exclusion_radius_m: float | None = None
    """Nearer to a member of a row no other member is told; of a single aircraft its length decides (None)."""


def compute_llr_vs_clutter(llr: float, clutter_llr: float, reduced_chi2: float, bands: int) -> float:
    """The evidence for an aircraft over clutter, as `AircraftFit.llr_vs_clutter` says."""
    return (llr - clutter_llr) / reduced_chi2 * BAND_COUNT_SCALE.get(bands, 1.0)


def fit_aircraft(image: ResidualImage, row: int, col: int) -> AircraftFit | None:
    """The best aircraft near a pixel (within half a pixel of it), and its evidence over the plainer explanations.

    None where a plain patch is so much better already in the coarse metric that the exact one need not be asked.
    """
    cutout = make_cutout(image, row, col)
    llrs = fit_bank_coarsely([cutout], CoarseLikelihood([cutout]))[0]
    if llrs.max() < HOPELESS_SHARE * fit_patch_coarsely(cutout):
        return None
    return fit_aircraft_in(cutout, llrs)


def fit_bank_coarsely(cutouts: Sequence[Cutout], coarse: CoarseLikelihood) -> Floats:
    """(cutout, template): coarse log-likelihood ratio of every template of the bank under the cut-outs' sun."""
    return coarse.fit(_stack_atoms(build_template_bank(cutouts[0].imaging)))


def fit_aircraft_in(cutout: Cutout, llrs: Floats) -> AircraftFit:
    """The best aircraft, whatever a plain patch makes of it; `llrs` are those of `fit_bank_coarsely`."""
    first = fit_shapes(cutout, _leading_templates(build_template_bank(cutout.imaging), llrs), SUBPIXEL_PHASES)
    best = pick_best(first)
    nearer = [(best.down + down, best.right + right) for down, right in SUBPIXEL_CROSS]
    second = fit_shapes(cutout, vary_template(best.shape), nearer)
    last = pick_best(second)
    low, middle, high = _fit_length(first + second)
    fitted = predict_residual(cutout, last.shape, last.place, last.paints)
    reduced_chi2, clutter_llr = compute_reduced_chi2(cutout, fitted), fit_clutter(cutout)
    return AircraftFit(
        row=cutout.row + last.down,
        col=cutout.col + last.right,
        length_m=middle,
        length_low_m=low,
        length_high_m=high,
        heading_deg=last.shape.heading_deg,
        paints=last.paints,
        llr_vs_empty=last.llr,
        llr_vs_clutter=compute_llr_vs_clutter(last.llr, clutter_llr, reduced_chi2, len(cutout.bands)),
        clutter_llr=clutter_llr,
        reduced_chi2=reduced_chi2,
        moving=is_moving(cutout, fitted, last.shape.heading_deg, reduced_chi2),
        template=last.shape,
    )


def _leading_templates(templates: tuple[Template, ...], llrs: Floats) -> list[Template]:
    """The best templates, and the best of each length."""
    best = [int(index) for index in np.argsort(llrs)[::-1][:LEADING_TEMPLATES]]
    for length in LENGTHS_M:
        ours = [index for index, template in enumerate(templates) if template.length_m == length]
        best.append(max(ours, key=lambda index: llrs[index]))
    return [templates[index] for index in sorted(set(best))]


@lru_cache(maxsize=6)
def _stack_atoms(templates: tuple[Template, ...]) -> CoarseAtoms:
    """Fuselages, wings and shadows of a bank, with their products."""
    parts = np.stack([template.parts for template in templates]).reshape(len(templates), 3, -1)
    return multiply_parts(*(np.ascontiguousarray(parts[:, part]) for part in range(3)))


def _fit_length(fits: list[ShapeFit[Template]]) -> tuple[float, float, float]:
    """5 %, middle and 95 % of the overall length, metres.

    The parabola, over the logarithm of the length, through the best ratio and its neighbours; the ends where it has
    fallen by `LENGTH_DROP_LLR`, never nearer than 7 %.
    """
    profile: dict[float, float] = {}
    for one in fits:
        profile[one.shape.length_m] = max(one.llr, profile.get(one.shape.length_m, -np.inf))
    lengths, best = sorted(profile), pick_best(fits).shape.length_m
    middle = int(np.clip(lengths.index(best), 1, len(lengths) - 2))
    near = lengths[middle - 1 : middle + 2]
    curve = np.polyfit(np.log(near), [profile[length] for length in near], 2)
    if curve[0] > FLAT_CURVATURE:
        return best * OPEN_LENGTH_INTERVAL[0], best, best * OPEN_LENGTH_INTERVAL[1]
    top = float(np.clip(np.exp(-curve[1] / (2 * curve[0])), near[0], near[-1]))
    reach = float(np.exp(max(MIN_LENGTH_REACH, np.sqrt(LENGTH_DROP_LLR / -curve[0]))))
    return top / reach, top, top * reach


def widen_length_interval(fit: AircraftFit, least: float = MIN_LENGTH_HALF_WIDTH) -> tuple[float, float]:
    """The 90 % interval of a fitted length, in metres, never narrower than a share of it on either side."""
    return min(fit.length_low_m, fit.length_m * (1 - least)), max(fit.length_high_m, fit.length_m * (1 + least))


def predict_signal(fit: AircraftFit, cutout: Cutout) -> Floats:
    """(band, pixel): what the fitted aircraft would leave in another look's cut-out, under that look's own sun."""
    template = redraw_template(fit.template, cutout.imaging)
    return predict_residual(cutout, template, (fit.row - cutout.row, fit.col - cutout.col), fit.paints)


def compute_mean_paint(template: Template, paints: tuple[float, float]) -> float:
    """Reflectance of fuselage and wings together, by area."""
    hull, wings = float(template.hull.sum()), float(template.wings.sum())
    return (paints[0] * hull + paints[1] * wings) / (hull + wings)


def overlaps(one: AircraftFit, other: AircraftFit) -> bool:
    """Whether two fits overlap too much to be two aircraft; members of rows stand nearer to each other than others."""
    radius = max(MIN_EXCLUSION_M, EXCLUSION_SHARE * other.length_m)
    if one.in_row and other.in_row:
        radius = other.exclusion_radius_m or 0.0
    pixel_m = other.template.imaging.pixel_m
    return bool(np.hypot(one.row - other.row, one.col - other.col) * pixel_m < radius)
