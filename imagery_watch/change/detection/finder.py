"""Objects in one residual image: the front door of this folder.

The matched filter proposes places; at each, one aircraft, a row of them and everything plainer compete; the strongest
stay. Several looks may add up, so weak objects are kept as well (docs/method.md, section 8).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan
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
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.detection.free_shape_fit import refit_free_shape
from imagery_watch.change.detection.likelihood import CoarseLikelihood
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.detection.row_fit import Row, find_leading_rows, fit_row
from imagery_watch.change.looks.chips import judge_places
from imagery_watch.model.arrays import Floats, Image, Mask

SCREEN_LLR = 14.0
"""Log-likelihood ratio at which a local maximum of the matched filter is worth a fit."""
LOGIT_WEIGHT = 2.0
"""What the network's logit counts beside the evidence of a shape."""
MIN_LOGIT = -3.5
"""Of the network: where its logit is less, no shape is asked."""
PATCH_LLR = -4.0
"""However much better a patch explains a place than a shape, it counts for so much: at 10 m a small jet is one."""
LENGTH_SLACK = 1.3
"""By how much beyond the network's interval a shape's length may lie: a row of three small jets is no long aircraft."""
MAX_CANDIDATES = 400
"""Most candidates of one look that are fitted, the best first: one with more of them does not show aircraft."""
CANDIDATES_AT_ONCE = 16
"""That are compared with the banks together; it changes the running time alone."""
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
    def llr(self) -> float:
        """The evidence of the one aircraft; minus infinity where there is none."""
        return self.single.llr_vs_clutter if self.single else -inf

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
    aprons = apron_index >= 0
    for fit in find_fits(image, aprons, find_peaks(match_templates(image), aprons), min_llr):
        apron = find_apron(apron_index, fit.row, fit.col, APRON_SLACK_PX)
        if apron >= 0 and not fit.moving:
            found.append(Detection(index, fit, apron))
    return non_max_suppression(found)


def find_fits(
    image: ResidualImage, aprons: Mask, places: Sequence[tuple[int, int]], min_llr: float
) -> Iterator[AircraftFit]:
    """What may stand at each place, from the evidence `min_llr` on of its shape and of the sensor's network together.

    Where the network is sure that there is no aircraft, no shape is asked. Where a patch explains a place better than
    any shape does, the length is the network's.
    """
    opinions = judge_places(image, aprons, places, image.detector.ground_network)
    told = zip(places, opinions.logit.tolist(), opinions.length_m.tolist(), strict=True)
    asked = [one for one in told if not one[1] < MIN_LOGIT]
    candidates = fit_candidates(image, [place for place, _, _ in asked])
    for (place, logit, length), candidate in zip(asked, candidates, strict=True):
        if candidate.row and all(_is_on(aprons, fit) for fit in candidate.row):
            fits = _weigh_row(candidate.row, image, aprons)
            yield from (fit for fit in fits if fit.llr_vs_clutter >= min_llr)
        elif weigh(candidate.llr, logit) >= min_llr:
            yield _weigh_single(candidate.single, image, place, logit, length)


def _weigh_single(
    single: AircraftFit | None, image: ResidualImage, place: tuple[int, int], logit: float, length_m: Sequence[float]
) -> AircraftFit:
    """One aircraft: as its shape shows it, or as the network sees it where shapes say less than a patch does, or quite
    another length.
    """
    if single is None:
        return fit_with_opinion(image, *place, weigh(-inf, logit), length_m)
    llr = single.llr_vs_clutter
    if isnan(logit) or (llr >= 0 and _is_as_long(single, length_m)):
        return replace(single, llr_vs_clutter=weigh(llr, logit))
    return _with_opinion(single, *place, weigh(llr, logit), length_m)


def weigh(llr: float, logit: float) -> float:
    """The evidence of a shape, `llr`, and of the network together; that of the shape where it has none (NaN)."""
    return llr if isnan(logit) else max(llr, PATCH_LLR) + LOGIT_WEIGHT * logit


def _weigh_row(row: Sequence[AircraftFit], image: ResidualImage, aprons: Mask) -> Iterator[AircraftFit]:
    """The members of a row, each with what the network makes of its own place."""
    places = [(round(fit.row), round(fit.col)) for fit in row]
    logits = judge_places(image, aprons, places, image.detector.ground_network).logit.tolist()
    return (
        replace(fit, llr_vs_clutter=weigh(fit.llr_vs_clutter, logit)) for fit, logit in zip(row, logits, strict=True)
    )


def _is_on(aprons: Mask, fit: AircraftFit) -> bool:
    """Whether the middle of a fit lies on an apron."""
    row, col = round(fit.row), round(fit.col)
    return 0 <= row < aprons.shape[0] and 0 <= col < aprons.shape[1] and bool(aprons[row, col])


def fit_with_opinion(image: ResidualImage, row: int, col: int, llr: float, length_m: Sequence[float]) -> AircraftFit:
    """The aircraft that explains a place best, with the network's evidence and length instead of its own.

    `length_m` is the lower end of the 90 % interval, the length, and the upper end. A shape of quite another length is
    no guide to the place.
    """
    cutout = make_cutout(image, row, col)
    fit = fit_aircraft_in(cutout, fit_bank_coarsely([cutout], CoarseLikelihood([cutout]))[0])
    return _with_opinion(fit, row, col, llr, length_m)


def _with_opinion(fit: AircraftFit, row: int, col: int, llr: float, length_m: Sequence[float]) -> AircraftFit:
    low, length, high = length_m
    told = replace(fit, llr_vs_clutter=llr, length_m=length, length_low_m=low, length_high_m=high, by_network=True)
    return told if _is_as_long(fit, length_m) else replace(told, row=row, col=col)


def _is_as_long(fit: AircraftFit, length_m: Sequence[float]) -> bool:
    """Whether the length of a shape is about what the network makes of it."""
    return length_m[0] / LENGTH_SLACK <= fit.length_m <= length_m[2] * LENGTH_SLACK


def find_peaks(llr: Image, aprons: Mask, least: float = SCREEN_LLR) -> list[tuple[int, int]]:
    """Rows and columns of the matched filter's local maxima on and beside the aprons, the best first."""
    beside = ndimage.binary_dilation(aprons, iterations=BESIDE_PX)
    peaks = peak_local_max(llr, min_distance=1, threshold_abs=least, exclude_border=False)
    return [(int(row), int(col)) for row, col in peaks if beside[row, col]][:MAX_CANDIDATES]


def fit_candidates(image: ResidualImage, places: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    """What may stand near each pixel: one aircraft, with its proportions set free where that says more, or a row."""
    for start in range(0, len(places), CANDIDATES_AT_ONCE):
        cutouts = [make_cutout(image, *place) for place in places[start : start + CANDIDATES_AT_ONCE]]
        coarse = CoarseLikelihood(cutouts)
        alone, patches = fit_bank_coarsely(cutouts, coarse), [fit_patch_coarsely(cutout) for cutout in cutouts]
        plainer = [max(float(llrs.max()), patch) for llrs, patch in zip(alone, patches, strict=True)]
        leading = find_leading_rows(cutouts, coarse, plainer)
        yield from map(_fit_candidate, cutouts, alone, patches, leading)


def fit_candidate(image: ResidualImage, row: int, col: int) -> Candidate:
    """The same near one pixel."""
    return next(fit_candidates(image, [(row, col)]))


def _fit_candidate(cutout: Cutout, alone: Floats, patch: float, leading: list[Row]) -> Candidate:
    single = None
    if alone.max() >= HOPELESS_SHARE * patch:
        single = refit_free_shape(fit_aircraft_in(cutout, alone), cutout)
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
