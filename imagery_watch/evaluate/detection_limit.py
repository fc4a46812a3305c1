"""Detection limits: simulated aircraft planted into one's own looks, and the smallest that is still found.

What is planted meets the last and strictest step (`change.detection.finder`), in the look as it was compared.
That is a best case: a real aircraft is in the images that the empty apron is learned from, too, which costs it score.
So a shorter aircraft would probably have been missed, and a longer one may be missed too.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.between_looks import PAIR_SCREEN_LLR
from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.detection.aircraft_fit import AircraftFit
from imagery_watch.change.detection.finder import find_fits, find_peaks, fit_with_opinion
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.false_alarms import score_to_llr
from imagery_watch.change.looks.chips import MIN_BANDS, judge_places
from imagery_watch.change.snow.season import compare_with_heaps
from imagery_watch.model import Areas, Limit, Look, LookLimit, Trial
from imagery_watch.model.arrays import Image, Mask
from imagery_watch.reasons import ReasonCode, join_reasons
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.inject import REACH_PX, Placement, inject
from imagery_watch.spread import spread

LADDER = ("F-16", "Su-30", "E175", "A320", "Tu-204", "Il-62M", "B777-200", "An-124")
"""Types by overall length, 15 to 69 m: of those of one length, one with wings that are not large for it."""
SHARE = 0.8
"""Of the plantings that must be found."""
FOUND_WITHIN_M = 30.0
PAINTS = (0.12, 0.70)
"""Reflectance of fuselage and of wings, each drawn on its own: military grey to white."""
BUSY = 3.0
"""Times the look's usual residual, or its noise if that is more, from which something is taken to stand there."""
CLEARANCE_PX = 5
"""Side of the square around such a place that is left alone."""
ROOM_PX = REACH_PX + 1
ONE_PAINTER = Lock()
"""rasterio silences a warning while it draws, in a way that several threads would undo for each other."""
STAGE = "measuring limits"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class View:
    """One compared look, and what is needed to plant aircraft into it."""

    compared: ResidualImage
    image: Image = field(repr=False)
    """(band, y, x): the pass's own reflectance; the empty ground's where it is hidden."""
    min_score: float
    """What a find must reach."""
    pixel_m: float
    aprons: Mask = field(repr=False)
    """(y, x): all aprons of the airfield."""
    few_looks: bool = False
    """Whether looks were compared with one another: the network judges then, not a shape."""
    snow: bool = False
    """Whether what a heap of snow explains as well is held back."""


def limit_in(view: View, aprons: Mask, plantings: int, seed: str) -> Limit | None:
    """The shortest aircraft of the ladder of which at least 8 of 10 plantings are found, as are those of longer ones.

    `aprons` is (y, x); `plantings` is how many of each size are tried, twice as many of the one that is told. The same
    seed gives the same places, headings and paints. None where there is no visible, free place to plant one.
    """
    places = free_places(view.compared, aprons)
    if not len(places):
        return None
    trials = [_Trials(view, places, name, f"{seed}|{name}") for name in LADDER]
    low, high = 0, len(LADDER)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if trials[middle].enough(plantings) else (middle + 1, high)
    while high < len(LADDER) and not trials[high].enough(2 * plantings):
        high += 1  # it was found by luck: the shortest of several that pass is the luckiest
    length = TYPES[LADDER[high]].length if high < len(LADDER) else None
    return Limit(length, tuple(one.told for one in trials if one.results))


def free_places(compared: ResidualImage, aprons: Mask) -> NDArray[np.int64]:
    """(place, 2): row and column of the visible pixels well inside the aprons where nothing stands yet.

    Of aprons too narrow to have an inside, all pixels count.
    """
    known = np.isfinite(compared.spread).all(axis=0)
    clear = ndimage.minimum_filter(known, 3, mode="nearest")
    power = ((compared.residual / compared.spread) ** 2).mean(axis=0)
    rms = np.sqrt(np.maximum(ndimage.uniform_filter(power, 3), 0.0))  # a running sum may end a little below zero
    usual = float(np.median(rms[known])) if known.any() else 1.0  # of the whole window: an apron may be full
    busy = ndimage.maximum_filter(rms > BUSY * max(1.0, usual), CLEARANCE_PX)
    inside = ndimage.binary_erosion(aprons, np.ones((3, 3)))
    return np.argwhere((inside if inside.any() else aprons) & clear & ~busy)


class _Trials:
    """Aircraft of one type, planted one after the other, for as long as it takes to judge."""

    def __init__(self, view: View, places: NDArray[np.int64], name: str, seed: str) -> None:
        self.view, self.places, self.name = view, places, name
        self.rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode("utf-8")).digest()[:8], "big"))
        self.results: list[bool] = []

    @property
    def told(self) -> Trial:
        """What became of them."""
        return Trial(self.name, TYPES[self.name].length, sum(self.results), len(self.results))

    def enough(self, number: int) -> bool:
        """Whether at least the share of `number` plantings is found, those of before included."""
        needed = ceil(SHARE * number)
        while sum(self.results) < needed and len(self.results) - sum(self.results) <= number - needed:
            self.results.append(is_found(self.view, self._placement()))
        return sum(self.results) >= needed

    def _placement(self) -> Placement:
        row, col = self.places[int(self.rng.integers(len(self.places)))] + self.rng.uniform(-0.5, 0.5, 2)
        hull, wings = self.rng.uniform(*PAINTS, 2)
        return Placement(self.name, float(row), float(col), float(self.rng.uniform(0, 360)), float(hull), float(wings))


def is_found(view: View, placement: Placement) -> bool:
    """Whether one aircraft, planted into the look, is told as one at that place, with a score that counts."""
    row, col = round(placement.row), round(placement.col)
    top, left = max(0, row - ROOM_PX), max(0, col - ROOM_PX)
    there = replace(placement, row=placement.row - top, col=placement.col - left)
    image = planted(view, placement)
    aprons = view.aprons[top : row + ROOM_PX + 1, left : col + ROOM_PX + 1]
    if view.few_looks and len(image.bands) >= MIN_BANDS:
        return _is_seen(view, image, aprons, there)
    return _is_fitted(view, image, aprons, there)


def _is_seen(view: View, image: ResidualImage, aprons: Mask, there: Placement) -> bool:
    """Whether the network tells it, at a place that the matched filter proposes."""
    peaks = [one for one in find_peaks(match_templates(image), aprons, PAIR_SCREEN_LLR) if _is_near(view, *one, there)]
    least = score_to_llr(view.min_score)
    opinions = judge_places(image, aprons, peaks, image.detector.pair_network)
    told = zip(peaks, opinions.llr.tolist(), opinions.length_m.tolist(), strict=True)
    return any(
        llr >= least and not (view.snow and _may_be_heap(fit_with_opinion(image, *peak, llr, length), image))
        for peak, llr, length in told
    )


def _may_be_heap(fit: AircraftFit, image: ResidualImage) -> bool:
    return compare_with_heaps(fit, image) < image.detector.min_reported_llr


def _is_fitted(view: View, image: ResidualImage, aprons: Mask, there: Placement) -> bool:
    """Whether its shape does."""
    return any(
        _is_near(view, fit.row, fit.col, there) and not fit.moving and not (view.snow and _may_be_heap(fit, image))
        for fit in find_fits(image, aprons, [(round(there.row), round(there.col))], score_to_llr(view.min_score))
    )


def _is_near(view: View, row: float, col: float, there: Placement) -> bool:
    return bool(np.hypot(row - there.row, col - there.col) * view.pixel_m <= FOUND_WITHIN_M)


def planted(view: View, placement: Placement) -> ResidualImage:
    """The look around one aircraft, cut 15 pixels about it and at the window's edges, as it is with the aircraft."""
    compared, row, col = view.compared, round(placement.row), round(placement.col)
    height, width = compared.residual.shape[1:]
    rows, cols = (np.arange(middle - ROOM_PX, middle + ROOM_PX + 1) for middle in (row, col))
    ground = view.image[:, np.clip(rows, 0, height - 1)[:, None], np.clip(cols, 0, width - 1)]
    there = replace(placement, row=placement.row - rows[0], col=placement.col - cols[0])
    with ONE_PAINTER:
        change = inject(ground, compared.bands, there, compared.sun_azimuth, compared.sun_elevation) - ground
    change = change[:, (rows >= 0) & (rows < height)][:, :, (cols >= 0) & (cols < width)]
    cut = np.s_[..., max(0, row - ROOM_PX) : row + ROOM_PX + 1, max(0, col - ROOM_PX) : col + ROOM_PX + 1]
    spread = compared.spread[cut]
    residual = (compared.residual[cut] + np.where(np.isfinite(spread), change, 0.0)).astype(np.float32)
    return replace(
        compared,
        residual=residual,
        ground=compared.ground[cut],
        precision=compared.precision[cut],
        spread=spread,
        beside_buildings=compared.beside_buildings[cut],
    )


def with_limits(
    looks: Sequence[Look],
    detection: DetectionResult,
    areas: Areas,
    plantings: int,
    *,
    workers: int = 1,
    progress: Progress = lambda *_: None,
) -> tuple[Look, ...]:
    """The looks, those that saw their apron with `smallest_detectable_m`: of all aprons that the pass saw together.

    A look in which not even the longest aircraft is found keeps None, and says so in its reason.
    """
    seen: dict[str, list[Look]] = {}
    for look in looks:
        if judged(look):
            seen.setdefault(look.pass_id, []).append(look)
    jobs = [_job(together, detection, areas) for together in seen.values()]
    found = dict(zip(seen, _measured(jobs, detection, plantings, workers, progress), strict=True))
    return tuple(_limited(look, found[look.pass_id]) if judged(look) else look for look in looks)


def apron_limits(
    looks: Sequence[Look],
    detection: DetectionResult,
    areas: Areas,
    plantings: int,
    *,
    workers: int = 1,
    progress: Progress = lambda *_: None,
) -> tuple[LookLimit, ...]:
    """The limit of every look at every apron by itself, in the looks' order; the reason where there is none."""
    seen = [look for look in looks if judged(look)]
    jobs = [_job([look], detection, areas) for look in seen]
    found = iter(_measured(jobs, detection, plantings, workers, progress))
    told = []
    for look in looks:
        limit = next(found) if judged(look) else None
        told.append(LookLimit(_limited(look, limit), limit, *_why_unmeasured(look, limit)))
    return tuple(told)


def _why_unmeasured(look: Look, limit: Limit | None) -> tuple[str, tuple[ReasonCode, ...]]:
    if not judged(look):
        return look.reason, look.reason_codes
    return join_reasons([] if limit else [ReasonCode.NO_FREE_PLACE.because()])


def judged(look: Look) -> bool:
    """Whether the look saw enough of its apron to say anything."""
    return look.result in ("change", "no_change")


def _limited(look: Look, limit: Limit | None) -> Look:
    if limit is None or limit.length_m is not None:
        return replace(look, smallest_detectable_m=limit.length_m if limit else None)
    note = ReasonCode.LIMIT_BEYOND.because(length_m=limit.tried_m)
    told = "; ".join(filter(None, (look.reason, note.text)))
    return replace(look, reason=told, reason_codes=(*look.reason_codes, note.code))


@dataclass(frozen=True)
class _Job:
    """Some aprons, as one pass of the stack saw them."""

    index: int
    aprons: tuple[int, ...]
    seed: str


def _job(looks: Sequence[Look], detection: DetectionResult, areas: Areas) -> _Job:
    """For looks of one pass."""
    first = looks[0]
    index = detection.stack.index_of(first.pass_id)
    assert index is not None  # a look that judged its apron is of a pass in the stack
    names = sorted(look.apron for look in looks)
    seed = "|".join((first.airfield, *names, detection.stack.passes[index].scene.acquisition_id))
    return _Job(index, tuple(areas.apron_names.index(name) for name in names), seed)


def _measured(
    jobs: Sequence[_Job], detection: DetectionResult, plantings: int, workers: int, progress: Progress
) -> list[Limit | None]:
    """The limit of each job, worked on by processes, which changes nothing but the time."""
    parts = (
        (_view(job, detection), np.isin(detection.stack.apron_index, job.aprons), plantings, job.seed) for job in jobs
    )
    found = []
    for limit in spread(limit_in, parts, len(jobs), workers):
        found.append(limit)
        progress(STAGE, len(found), len(jobs))
    return found


def _view(job: _Job, detection: DetectionResult) -> View:
    stack = detection.stack
    compared, seen = detection.compared_with(job.index), stack.passes[job.index].image
    assert compared is not None  # a pass without a ground is not judged
    image = np.where(np.isfinite(seen), seen, compared.ground)
    few, snow = detection.few_looks, detection.snow.looks[job.index]
    return View(compared, image, detection.min_score, stack.resolution, stack.apron_index >= 0, few, snow)
