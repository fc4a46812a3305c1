"""Rows of small aircraft, wing tip beside wing tip: too near each other for any of them to be explained alone.

The row is fitted as a whole, as one type in one paint at an even pitch, and each of its members is then told
(docs/method.md, section 10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from imagery_watch.change.detection.aircraft_fit import AircraftFit, compute_llr_vs_clutter
from imagery_watch.change.detection.aircraft_templates import (
    HALF_PX,
    RESIZE_STEPS,
    SIDE_PX,
    SWEPT_PLAN,
    Imaging,
    Template,
    build_template_bank,
    resize_template,
)
from imagery_watch.change.detection.clutter_fit import fit_clutter, fit_vehicles
from imagery_watch.change.detection.cutout import Cutout
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
from imagery_watch.model.arrays import Doubles, Image

ROW_LENGTHS_M = (17.0, 22.0)
"""Larger aircraft stand far enough apart to be told one by one."""
ROW_HEADINGS_DEG = tuple(15.0 * step for step in range(12))
"""Half the circle: the other half is tried where one of these leads."""
ROW_PITCHES_M = (17.0, 20.5, 24.0)
"""From middle to middle: spans of 10 to 18 m and some metres between the wing tips."""
ROW_PLACES = ((4, 0), (4, 1), (4, 2), (4, 3), (3, 1))
"""Number of aircraft, and which of them stands at the candidate. Longer rows are found in parts."""
ROW_MIN_LLR, ROW_LLR_SHARE = 14.0, 1.3
"""Coarse ratio, and share of the best single aircraft's and patch's, from which a row is looked at more closely."""
ROW_GAIN_LLR = 6.0
"""Log-likelihood by which a row must explain more than one aircraft does."""
RAGGED_RIM_SHARE = 0.15
"""Share of a patch's log-likelihood ratio that its ragged rim leaves unexplained, and that four shapes are free enough
to take up. For the same reason a row is divided by the square of its reduced chi-square.
"""
LEADING_ROWS = 6
"""Rows that are fitted exactly, best first in the coarse metric."""
SWINGS_DEG, FINE_SWINGS_DEG = (-5.0, 0.0, 5.0), (-2.5, 0.0, 2.5)
"""Turns that are tried of the best row, then of the better one."""
PITCH_STEP_M = 1.5
"""By which its pitch is varied."""
CANVAS_PX = 45
"""Edge of the square on which a row is put together: members may lie beyond the cut-out."""
ROW_LENGTH_FACTOR = 1.25
"""Between the lengths of the template bank: a row measures its members' length no better."""
ROW_EXCLUSION_SHARE = 0.6
"""Of the pitch: nearer than that to a member no other member is told."""


@dataclass(frozen=True, eq=False)
class Row:
    """Some aircraft of one type side by side, one of them in the middle of the cut-out."""

    member: Template
    pitch_m: float
    count: int
    place: int
    """Which of them stands in the middle, counted from 0."""

    @property
    def offsets(self) -> tuple[tuple[float, float], ...]:
        """Rows and columns of each member from the middle of the cut-out, pixels."""
        turn = np.radians(self.member.heading_deg + 90.0)
        pixel_m = self.member.imaging.pixel_m
        steps = [(index - self.place) * self.pitch_m / pixel_m for index in range(self.count)]
        return tuple((-float(np.cos(turn)) * step, float(np.sin(turn)) * step) for step in steps)

    @cached_property
    def parts(self) -> Image:
        """(3, y, x): fuselages, wings and shadows in a cut-out of `SIDE_PX` pixels."""
        return draw_rows([self])[0]


def draw_rows(rows: Sequence[Row]) -> Image:
    """(row, 3, y, x): fuselages, wings and shadows of rows of the same members in a cut-out of `SIDE_PX` pixels."""
    spectrum = fft.rfft2(_draw_on_canvas(rows[0].member))
    phases = np.stack([_sum_phases(np.array(row.offsets)) for row in rows])
    cut = np.s_[
        ...,
        CANVAS_PX // 2 - HALF_PX : CANVAS_PX // 2 + HALF_PX + 1,
        CANVAS_PX // 2 - HALF_PX : CANVAS_PX // 2 + HALF_PX + 1,
    ]
    return np.ascontiguousarray(fft.irfft2(spectrum * phases[:, None], (CANVAS_PX, CANVAS_PX))[cut], np.float32)


def _sum_phases(offsets: Doubles) -> NDArray[np.complex128]:
    """(ky, kx) of a canvas: what turns the spectrum of one member into that of all, `offsets` (member, 2) apart."""
    down = np.exp(-2j * np.pi * fft.fftfreq(CANVAS_PX) * offsets[:, :1])
    right = np.exp(-2j * np.pi * fft.rfftfreq(CANVAS_PX) * offsets[:, 1:])
    return np.asarray(down.T @ right)


def find_leading_rows(
    cutouts: Sequence[Cutout], coarse: CoarseLikelihood, plainer_llrs: Sequence[float]
) -> list[list[Row]]:
    """The rows worth a closer look in each cut-out, best first; none where one aircraft or a patch does nearly as well.

    `plainer_llrs` are the better of these two, in the same coarse metric.
    """
    rows, atoms = _build_row_bank(cutouts[0].imaging)
    found = []
    for llrs, plainer in zip(coarse.fit(atoms), plainer_llrs, strict=True):
        worth = llrs.max() >= max(ROW_MIN_LLR, ROW_LLR_SHARE * plainer)
        found.append([rows[index] for index in np.argsort(llrs)[::-1][:LEADING_ROWS]] if worth else [])
    return found


def fit_row(cutout: Cutout, leading: list[Row], single: AircraftFit | None) -> tuple[AircraftFit, ...]:
    """The members of the best row, each with the evidence of the whole; none where `single` explains as much."""
    best = _fit_best_row(cutout, leading)
    if single and best.llr < single.llr_vs_empty + ROW_GAIN_LLR:
        return ()
    fitted = predict_residual(cutout, best.shape, best.place, best.paints)
    reduced_chi2 = compute_reduced_chi2(cutout, fitted)
    places = [(best.down + down, best.right + right) for down, right in best.shape.offsets]
    patch_llr = single.clutter_llr if single else fit_clutter(cutout)
    clutter_llr = max((1 + RAGGED_RIM_SHARE) * patch_llr, fit_vehicles(cutout, places))
    llr = compute_llr_vs_clutter(best.llr, clutter_llr, reduced_chi2**2, len(cutout.bands))
    if single and single.llr_vs_clutter > llr:
        return ()
    member = best.shape.member
    head = AircraftFit(
        row=cutout.row,
        col=cutout.col,
        length_m=member.length_m,
        length_low_m=member.length_m / ROW_LENGTH_FACTOR,
        length_high_m=member.length_m * ROW_LENGTH_FACTOR,
        heading_deg=member.heading_deg,
        paints=best.paints,
        llr_vs_empty=best.llr,
        llr_vs_clutter=llr,
        clutter_llr=clutter_llr,
        reduced_chi2=reduced_chi2,
        moving=is_moving(cutout, fitted, member.heading_deg, reduced_chi2),
        template=member,
        in_row=True,
        exclusion_radius_m=ROW_EXCLUSION_SHARE * best.shape.pitch_m,
    )
    return tuple(replace(head, row=cutout.row + down, col=cutout.col + right) for down, right in places)


def _fit_best_row(cutout: Cutout, leading: list[Row]) -> ShapeFit[Row]:
    """The best row at sub-pixel places, turned, sized and spaced as fits best."""
    first = pick_best(fit_shapes(cutout, leading, SUBPIXEL_PHASES))
    second = pick_best(fit_shapes(cutout, _turn_row(first.shape), [first.place]))
    nearer = [(second.down + down, second.right + right) for down, right in SUBPIXEL_CROSS]
    return pick_best(fit_shapes(cutout, _resize_row(second.shape), nearer))


def _turn_row(best: Row) -> list[Row]:
    """The row and its neighbours: turned a little, or each member about where it stands, and at another pitch."""
    about = best.count - 1 - best.place
    ways = [(turn, best.place) for turn in SWINGS_DEG] + [(turn + 180.0, about) for turn in SWINGS_DEG]
    return [
        replace(best, member=resize_template(best.member, 1.0, turn), pitch_m=best.pitch_m + step, place=place)
        for turn, place in ways
        for step in (-PITCH_STEP_M, 0.0, PITCH_STEP_M)
    ]


def _resize_row(best: Row) -> list[Row]:
    """The row with longer and shorter aircraft, and turned by less."""
    return [
        replace(best, member=resize_template(best.member, stretch, turn))
        for stretch in RESIZE_STEPS
        for turn in FINE_SWINGS_DEG
    ]


@lru_cache(maxsize=6)
def _build_row_bank(imaging: Imaging) -> tuple[tuple[Row, ...], CoarseAtoms]:
    """Rows of all sizes, directions and pitches under a sun, and their parts."""
    base = build_template_bank(imaging, (SWEPT_PLAN,))[0]
    rows = tuple(
        Row(resize_template(base, length / base.length_m, heading - base.heading_deg), pitch, *place)
        for length in ROW_LENGTHS_M
        for heading in ROW_HEADINGS_DEG
        for pitch in ROW_PITCHES_M
        for place in ROW_PLACES
    )
    kinds = len(ROW_PITCHES_M) * len(ROW_PLACES)
    parts = np.concatenate([draw_rows(rows[start : start + kinds]) for start in range(0, len(rows), kinds)])
    parts = parts.reshape(len(rows), 3, SIDE_PX**2)
    return rows, multiply_parts(*(np.ascontiguousarray(parts[:, part]) for part in range(3)))


def _draw_on_canvas(member: Template) -> Image:
    """(3, y, x): fuselage, wings and shadow in the middle of the canvas."""
    parts = np.stack([member.hull, member.wings, member.shadow])
    margin = (CANVAS_PX - parts.shape[1]) // 2
    return np.pad(parts, ((0, 0), (margin, margin), (margin, margin)))
