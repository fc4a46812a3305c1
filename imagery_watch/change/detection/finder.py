"""Objects in one residual image: the front door of this folder.

The matched filter proposes places; at each, one aircraft, a row of them and everything plainer compete; the strongest
stay. Several looks may add up, so weak objects are kept as well (docs/method.md, section 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import (
    HOPELESS_SHARE,
    AircraftFit,
    fit_aircraft_in,
    fit_bank_coarsely,
    overlaps,
)
from imagery_watch.change.detection.clutter_fit import fit_patch_coarsely
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.free_shape_fit import refit_free_shape
from imagery_watch.change.detection.likelihood import CoarseLikelihood
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.detection.row_fit import find_leading_rows, fit_row
from imagery_watch.change.looks.chips import judge_places
from imagery_watch.model.arrays import Image, Mask

SCREEN_LLR = 14.0
"""Log-likelihood ratio at which a local maximum of the matched filter is worth a fit."""
OPINION_COST = 4.0
"""By how much less the network's evidence counts against the empty ground: it is asked besides shapes, and of patches,
wet and bright, that the terminals it learnt from lack."""
MIN_OPINION = 4.0
"""What must remain of it for the network alone to speak for an object."""
MAX_CANDIDATES = 400
"""Most candidates of one look that are fitted, the best first: one with more of them does not show aircraft."""
BESIDE_PX = 2
"""Candidates may lie so far outside the aprons: their fit may still lie on one."""
APRON_SLACK_PX = 1
"""Outlines and imagery may lie off each other by so much."""


@dataclass(frozen=True)
class Detection:
    """One object, found in one look."""

    look: int
    """Index of the look in the stack."""
    fit: AircraftFit
    apron: int
    """Index of the apron it stands on."""


class Candidate(NamedTuple):
    """What may stand at one place."""

    single: AircraftFit | None
    """One aircraft; None where a patch is so much better that the exact metric was not asked."""
    row: tuple[AircraftFit, ...]
    """The members of a row; none where one aircraft explains as much."""

    @property
    def fits(self) -> tuple[AircraftFit, ...]:
        """The row where there is one, else the single aircraft, else nothing."""
        return self.row or ((self.single,) if self.single else ())


def find_detections(
    index: int, image: ResidualImage, apron_index: NDArray[np.int16], min_llr: float
) -> list[Detection]:
    """Parked objects in the look of that index, their middle on an apron, best first.

    `apron_index` is (y, x), -1 outside; `min_llr` is the least log-likelihood ratio against clutter that is kept.
    """
    found: list[Detection] = []
    aprons, llr = apron_index >= 0, match_templates(image)
    peaks = find_peaks(llr, aprons)
    opinions = judge_places(image, aprons, peaks)
    evidence = (opinions.llr - OPINION_COST).tolist()
    for (row, col), opinion, length in zip(peaks, evidence, opinions.length_m.tolist(), strict=True):
        candidate = _with_opinion(fit_candidate(image, row, col), image, row, col, opinion, length)
        fits = candidate.fits
        if candidate.row and any(find_apron(apron_index, fit.row, fit.col, 0) < 0 for fit in fits):
            fits = candidate._replace(row=()).fits
        for fit in fits:
            apron = find_apron(apron_index, fit.row, fit.col, APRON_SLACK_PX)
            if apron >= 0 and fit.llr_vs_clutter >= min_llr and not fit.moving:
                found.append(Detection(index, fit, apron))
    return non_max_suppression(found)


def _with_opinion(
    candidate: Candidate, image: ResidualImage, row: int, col: int, llr: float, length_m: Sequence[float]
) -> Candidate:
    """The candidate, its single aircraft as the network sees it where that is surer and there is no row."""
    single = candidate.single
    if llr < MIN_OPINION or candidate.row or single is None or not 0 <= single.llr_vs_clutter < llr:
        return candidate  # where a patch explains more, it is one: wet ones look like dark aircraft to the network
    return Candidate(fit_with_opinion(image, row, col, llr, length_m), ())


def fit_with_opinion(image: ResidualImage, row: int, col: int, llr: float, length_m: Sequence[float]) -> AircraftFit:
    """The aircraft that explains a place best, with the network's evidence and length instead of its own.

    `length_m` is the lower end of the 90 % interval, the length, and the upper end.
    """
    cutout = make_cutout(image, row, col)
    fit = fit_aircraft_in(cutout, fit_bank_coarsely(cutout, CoarseLikelihood(cutout)))
    low, length, high = length_m
    return replace(fit, llr_vs_clutter=llr, length_m=length, length_low_m=low, length_high_m=high, by_network=True)


def find_peaks(llr: Image, aprons: Mask, least: float = SCREEN_LLR) -> list[tuple[int, int]]:
    """Rows and columns of the matched filter's local maxima on and beside the aprons, the best first."""
    beside = ndimage.binary_dilation(aprons, iterations=BESIDE_PX)
    peaks = peak_local_max(llr, min_distance=1, threshold_abs=least, exclude_border=False)
    return [(int(row), int(col)) for row, col in peaks if beside[row, col]][:MAX_CANDIDATES]


def fit_candidate(image: ResidualImage, row: int, col: int) -> Candidate:
    """What may stand near a pixel: one aircraft, with its proportions set free where that says more, or a row."""
    cutout = make_cutout(image, row, col)
    coarse = CoarseLikelihood(cutout)
    alone, patch = fit_bank_coarsely(cutout, coarse), fit_patch_coarsely(cutout)
    single = None
    if alone.max() >= HOPELESS_SHARE * patch:
        single = refit_free_shape(fit_aircraft_in(cutout, alone), cutout)
    leading = find_leading_rows(cutout, coarse, max(float(alone.max()), patch))
    return Candidate(single, fit_row(cutout, leading, single) if leading else ())


def non_max_suppression(found: Sequence[Detection]) -> list[Detection]:
    """The detections without those that lie within a stronger one's own extent, best first."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda one: (-one.fit.llr_vs_clutter, one.fit.row, one.fit.col)):
        if not any(overlaps(detection.fit, other.fit) for other in kept):
            kept.append(detection)
    return kept


def find_apron(apron_index: NDArray[np.int16], row: float, col: float, slack_px: int) -> int:
    """The apron at a place, or as near as that; -1 if none."""
    top, left = round(row), round(col)
    height, width = apron_index.shape
    if 0 <= top < height and 0 <= left < width and apron_index[top, left] >= 0:
        return int(apron_index[top, left])
    rows, cols = (slice(max(0, at - slack_px), max(0, at + slack_px + 1)) for at in (top, left))
    return int(apron_index[rows, cols].max(initial=-1)) if slack_px else -1
