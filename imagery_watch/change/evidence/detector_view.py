"""One look as the detector saw it: noise units, the fitted shape, and what else was thought of, there and around.

See docs/method.md, section 20.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import fft
from skimage.feature import peak_local_max

from imagery_watch.change.background.noise import power_spectra
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.detection.aircraft_fit import AircraftFit, compute_llr_vs_clutter, compute_mean_paint
from imagery_watch.change.detection.clutter_fit import explain_plainly
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.finder import find_fits
from imagery_watch.change.evidence.outlines import trace_outline, trace_shadow
from imagery_watch.change.evidence.square import Square, place_square
from imagery_watch.change.false_alarms import llr_to_score
from imagery_watch.change.tracking.forced import forced_llr
from imagery_watch.change.tracking.objects import ParkedObject
from imagery_watch.model import Blob, DetectorView, EmptyPlace, Explanation
from imagery_watch.model.arrays import Doubles, Floats, Image, Mask

MARGIN_PX = 12
"""Pixels around the square from which its noise is made white too, so that its edges are judged alike."""
LEAST_CONTRAST = 0.02
"""Reflectance between paint and ground below which their difference is no colour to look for: then grey is."""
MIN_BLOB_SIGMAS = 4.0
"""Noise units from which another place of the square is shown as standing out."""
MAX_BLOBS = 6
BLOB_APART_PX, OBJECT_ROOM_M = 3, 40.0
"""Places that stand out are no nearer to each other than the first; nearer to the object than the second, and than its
length, they are part of it."""
EMPTY_PLACES, EMPTY_APART_PX = 4, 8
"""Empty places on which the object's own shape is tried, and their least distance from whatever was found."""
EMPTY_HALF_PX = 7
"""Half the edge of the pictures of these."""


def make_view(parked: ParkedObject, detection: DetectionResult, square: Square) -> DetectorView | None:
    """The look that shows an object best, as the detector saw it; None where that look was compared with nothing."""
    look, fit, stack = parked.best.look, parked.best.fit, detection.stack
    image = detection.compared_with(look)
    if image is None:
        return None
    item, origin = stack.passes[look], square.origin
    significance = compute_significance(image, fit, square)
    shape = compute_llr_vs_clutter(fit.llr_vs_empty, fit.clutter_llr, fit.reduced_chi2, len(image.bands))
    view = DetectorView(
        pass_id=item.scene.acquisition_id,
        datetime=item.datetime,
        significance=significance,
        outline=_shift(trace_outline(fit.template), fit, origin),
        shadow=_shift(trace_shadow(fit.template), fit, origin),
        explanations=explain(fit, image),
        llr_vs_clutter=fit.llr_vs_clutter,
        shape_evidence=None if fit.by_network else shape,
        network_evidence=fit.llr_vs_clutter - (0.0 if fit.by_network else shape),
        in_row=fit.in_row,
        reduced_chi2=fit.reduced_chi2,
        blobs=tuple(find_blobs(parked, detection, image, square, significance)),
        empty_places=tuple(try_empty_places(parked, detection, image)),
    )
    image.kept.clear()
    return view


def _shift(
    rings: Sequence[Doubles], fit: AircraftFit, origin: tuple[int, int]
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Rings (corner, 2) around an object's middle as rings of the square, to a hundredth of a pixel."""
    down, right = fit.row - origin[0], fit.col - origin[1]
    return tuple(tuple((round(row + down, 2), round(col + right, 2)) for row, col in ring.tolist()) for ring in rings)


def compute_significance(image: ResidualImage, fit: AircraftFit, square: Square) -> Image:
    """(y, x): what the object's paint, coming or going, accounts for in each pixel, in noise units; NaN where hidden.

    The residual is made white over bands and pixels, as it is scored, and taken along the colour that the paint has
    against the ground.
    """
    height, width = image.residual.shape[1:]
    rows, cols = (
        slice(max(0, part.start - MARGIN_PX), min(edge, part.stop + MARGIN_PX))
        for part, edge in zip(square, (height, width), strict=True)
    )
    spread = image.spread[:, rows, cols]
    seen = np.isfinite(spread).all(axis=0)
    mixed = np.einsum("cb,byx->cyx", image.noise.weights, image.residual[:, rows, cols] / spread)
    power = power_spectra(image.noise.acf, *mixed.shape[1:])
    white = fft.irfft2(fft.rfft2(mixed) / np.sqrt(power), mixed.shape[1:])
    colour = _paint_contrast(image, fit)[:, None, None] / np.where(seen, spread, 1.0)
    along = np.einsum("cb,byx->cyx", image.noise.weights, colour)
    z = (along * white).sum(axis=0) / np.maximum(np.linalg.norm(along, axis=0), 1e-9)
    inner = (
        slice(square.rows.start - rows.start, square.rows.stop - rows.start),
        slice(square.cols.start - cols.start, square.cols.stop - cols.start),
    )
    return np.where(seen, z, np.nan)[inner].astype(np.float32)


def _paint_contrast(image: ResidualImage, fit: AircraftFit) -> Floats:
    """(band,): reflectance of the object's paint less the ground's beneath its middle; grey where they are alike."""
    row, col = (
        int(np.clip(round(at), 0, edge - 1))
        for at, edge in zip((fit.row, fit.col), image.ground.shape[1:], strict=True)
    )
    contrast = compute_mean_paint(fit.template, fit.paints) - image.ground[:, row, col]
    return np.asarray(contrast if np.abs(contrast).max() >= LEAST_CONTRAST else np.ones_like(contrast), np.float32)


def explain(fit: AircraftFit, image: ResidualImage) -> tuple[Explanation, ...]:
    """How well each explanation fits the place of an object, best first; all against the empty ground.

    The best plainer one is told as it was weighed when the object was found; of a row as it fits this member's place.
    """
    plain = explain_plainly(make_cutout(image, round(fit.row), round(fit.col)))
    if not fit.in_row:
        best = max(plain._fields, key=lambda name: getattr(plain, name))
        plain = plain._replace(**{best: fit.clutter_llr})
    told = [
        Explanation("row of aircraft" if fit.in_row else "aircraft", round(fit.llr_vs_empty, 1)),
        Explanation("patch", round(plain.patch, 1)),
        Explanation("vehicle", round(plain.vehicle, 1)),
        Explanation("ground", round(plain.ground, 1)),
    ]
    return tuple(sorted(told, key=lambda one: -one.llr))


def find_blobs(
    parked: ParkedObject, detection: DetectionResult, image: ResidualImage, square: Square, significance: Image
) -> list[Blob]:
    """The other places of the square that stand out most, and what was made of each, strongest first."""
    top, left = square.origin
    fit, aprons = parked.best.fit, detection.stack.apron_index >= 0
    strength = np.abs(np.nan_to_num(significance))
    room_px = max(OBJECT_ROOM_M, fit.length_m) / detection.stack.resolution
    found = []
    for row, col in peak_local_max(
        strength, min_distance=BLOB_APART_PX, threshold_abs=MIN_BLOB_SIGMAS, exclude_border=False
    ):
        if np.hypot(row + top - fit.row, col + left - fit.col) < room_px:
            continue
        found.append(
            _judge_blob(int(row), int(col), float(strength[row, col]), detection, image, square, aprons, parked)
        )
        if len(found) == MAX_BLOBS:
            break
    return found


def _judge_blob(
    row: int,
    col: int,
    sigmas: float,
    detection: DetectionResult,
    image: ResidualImage,
    square: Square,
    aprons: Mask,
    parked: ParkedObject,
) -> Blob:
    """What was made of one place that stands out: told, weaker, no aircraft, or not asked."""
    place = (row + square.rows.start, col + square.cols.start)
    sigmas, look = round(sigmas, 1), parked.best.look
    told, stands = (_find_standing(place, some, look, detection.stack.resolution) for some in _list_objects(detection))
    if told is not None:
        return Blob(row, col, sigmas, "told", round(llr_to_score(told.llr_vs_clutter), 1))
    if not aprons[place]:
        return Blob(row, col, sigmas, "off the aprons", None)
    if stands is not None and stands.before is None and stands.after is None:
        return Blob(row, col, sigmas, "stands throughout", round(llr_to_score(stands.llr_vs_clutter), 1))
    llr = max((fit.llr_vs_clutter for fit in find_fits(image, aprons, [place], 0.0)), default=0.0)
    if llr <= 0:
        return Blob(row, col, sigmas, "no aircraft", None)
    return Blob(row, col, sigmas, "weaker", round(llr_to_score(llr), 1))


def _list_objects(detection: DetectionResult) -> tuple[list[ParkedObject], list[ParkedObject]]:
    """The objects of the events, and all objects."""
    pairs = [(event.parked, event.gone) for event in detection.events]
    return [one for pair in pairs for one in pair if one is not None], list(detection.objects)


def _find_standing(
    place: tuple[int, int], objects: Sequence[ParkedObject], look: int, pixel_m: float
) -> ParkedObject | None:
    """The object that stands at a place in a look, if one of them does."""
    for one in objects:
        fit = one.best.fit
        near = np.hypot(fit.row - place[0], fit.col - place[1]) * pixel_m < max(OBJECT_ROOM_M, fit.length_m) / 2
        if near and one.first <= look <= one.last:
            return one
    return None


def try_empty_places(parked: ParkedObject, detection: DetectionResult, image: ResidualImage) -> list[EmptyPlace]:
    """The object's own shape, tried where its look shows nothing, on its own apron if there is room for that."""
    stack, fit, look = detection.stack, parked.best.fit, parked.best.look
    empty = _mask_empty(parked, detection, image)
    own = empty & (stack.apron_index == parked.best.apron)
    places = choose_empty_places(own if own.any() else empty, (fit.row, fit.col))
    found = []
    for row, col in places:
        moved = fit_moved(fit, row, col)
        around = place_square(stack, row, col, EMPTY_HALF_PX)
        found.append(
            EmptyPlace(
                stack.georeference.locate(row, col),
                round(forced_llr(moved, image), 1),
                around.cut(stack.passes[look].image).copy(),
            )
        )
    return found


def fit_moved(fit: AircraftFit, row: int, col: int) -> AircraftFit:
    """The same shape at another place."""
    return replace(fit, row=float(row), col=float(col))


def _mask_empty(parked: ParkedObject, detection: DetectionResult, image: ResidualImage) -> Mask:
    """(y, x): the aprons' pixels that were seen, far from every object that the look shows."""
    stack, look = detection.stack, parked.best.look
    empty: Mask = (stack.apron_index >= 0) & np.isfinite(image.spread).all(axis=0)
    rows, cols = np.ogrid[: empty.shape[0], : empty.shape[1]]
    for one in detection.objects:
        if one.first <= look <= one.last:
            room = EMPTY_APART_PX + one.best.fit.length_m / stack.resolution / 2
            empty = empty & (np.hypot(rows - one.best.fit.row, cols - one.best.fit.col) > room)
    return empty


def choose_empty_places(empty: Mask, start: tuple[float, float]) -> list[tuple[int, int]]:
    """Up to `EMPTY_PLACES` pixels of a mask, each as far as can be from the start and from those before it."""
    rows, cols = np.nonzero(empty)
    if not rows.size:
        return []
    distance = np.hypot(rows - start[0], cols - start[1])
    chosen: list[tuple[int, int]] = []
    for _ in range(EMPTY_PLACES):
        farthest = int(np.argmax(distance))
        if distance[farthest] < EMPTY_APART_PX:
            break
        chosen.append((int(rows[farthest]), int(cols[farthest])))
        distance = np.minimum(distance, np.hypot(rows - rows[farthest], cols - cols[farthest]))
    return chosen
