"""Objects from looks compared as looks: what one of two neighbouring looks shows and the other does not.

The order of the steps is in docs/method.md, section 6.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import inf

import numpy as np

from imagery_watch.change.background.models import level_all
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit
from imagery_watch.change.detection.finder import (
    APRON_SLACK_PX,
    Detection,
    find_apron,
    find_peaks,
    fit_candidate,
    fit_with_opinion,
)
from imagery_watch.change.detection.free_shape_fit import measure_object
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.looks.chips import MIN_BANDS, judge_places, stands_out
from imagery_watch.change.looks.pairs import LookPair, compare_looks
from imagery_watch.change.preprocess.stack import Stack
from imagery_watch.change.tracking.objects import ParkedObject
from imagery_watch.change.tracking.pair_objects import PairChange, link_pair_changes
from imagery_watch.model.arrays import Mask

PAIR_SCREEN_LLR = 10.0
"""Log-likelihood ratio at which a local maximum of the matched filter is shown to the network."""
GLINT_PAINT = 0.94
"""Paint of a fuselage, at the bound of what a fit takes, from which something is brighter than paint: a glint."""
APART_PX = 3.0
"""Nearer than this to a stronger change of the same pair, in either direction, no other one is told."""
MAX_CHANGES = 300
"""Most changes of one pair that are told: a pair with more of them does not show aircraft."""


@dataclass(frozen=True)
class _Place:
    """A pixel of one direction of a pair, with its evidence."""

    row: int
    col: int
    came: bool
    """Whether something came, rather than left."""
    llr: float
    length_m: tuple[float, ...] = ()
    """Lower end of the interval, length, upper end; nothing where a shape gave the evidence."""
    fit: AircraftFit | None = None
    """That shape."""


def find_objects_between_looks(stack: Stack, min_llr: float, pool: Executor) -> list[ParkedObject]:
    """What came and left between neighbouring looks of a stack, from the evidence `min_llr` on, strongest first."""

    def search(job: tuple[int, int, Mask]) -> list[tuple[LookPair, PairChange]]:
        """The changes of one pair."""
        return _search(stack, *job, min_llr)

    found = [one for some in pool.map(search, list_neighbours([one.visible for one in stack.passes])) for one in some]
    if not found:
        return []
    images = level_all([one.image for one in stack.passes], stack.apron_index >= 0, stack.resolution)
    return link_pair_changes(found, images)


def list_neighbours(seen: Sequence[Mask]) -> Iterator[tuple[int, int, Mask]]:
    """Pairs of looks, and where (y, x) they are neighbours: where those between them saw nothing.

    `seen` is (y, x) of each look, in the order of time.
    """
    for before, mask in enumerate(seen):
        waiting = mask.copy()
        for after in range(before + 1, len(seen)):
            if (where := waiting & seen[after]).any():
                yield before, after, where
            waiting &= ~seen[after]


def _search(stack: Stack, before: int, after: int, where: Mask, min_llr: float) -> list[tuple[LookPair, PairChange]]:
    """The changes of one pair, strongest first, each measured in the pair's own image."""
    pair = compare_looks(stack, before, after) if (where & (stack.apron_index >= 0)).any() else None
    if pair is None:
        return []
    places = []
    for came, image in ((True, pair.came), (False, pair.gone)):
        places += [one for one in _judge(image, stack, where, came=came) if one.llr >= min_llr]
    changes = [_tell(pair, place, stack) for place in _thin_out(places)[:MAX_CHANGES]]
    return [(pair, change) for change in changes if change is not None]


def _judge(image: ResidualImage, stack: Stack, where: Mask, *, came: bool) -> list[_Place]:
    """The matched filter's local maxima in one direction of a pair, with the network's evidence or that of a shape."""
    aprons = stack.apron_index >= 0
    peaks = find_peaks(match_templates(image), aprons & where, PAIR_SCREEN_LLR)
    if len(image.bands) < MIN_BANDS:
        out = stands_out(image, aprons, peaks)
        return [_ask_shape(image, *peak, came) for peak, asked in zip(peaks, out, strict=True) if asked]
    opinions = judge_places(image, aprons, peaks, stack.detector.pair_network)
    rows = zip(peaks, opinions.llr.tolist(), opinions.length_m.tolist(), strict=True)
    return [_Place(*peak, came, llr, tuple(length)) for peak, llr, length in rows]


def _ask_shape(image: ResidualImage, row: int, col: int, came: bool) -> _Place:
    """The place with the evidence of an aircraft's shape."""
    best = max(fit_candidate(image, row, col).fits, key=lambda fit: fit.llr_vs_clutter, default=None)
    return _Place(row, col, came, best.llr_vs_clutter if best else -inf, fit=best)


def _are_near(one: _Place, other: _Place) -> bool:
    return bool(np.hypot(one.row - other.row, one.col - other.col) < APART_PX)


def _thin_out(places: Sequence[_Place]) -> list[_Place]:
    """The places without those beside a stronger one: an arrival and its mirror image, a wing and its fuselage."""
    kept: list[_Place] = []
    for place in sorted(places, key=lambda one: (-one.llr, one.row, one.col)):
        if not any(_are_near(place, one) for one in kept):
            kept.append(place)
    return kept


def _tell(pair: LookPair, place: _Place, stack: Stack) -> PairChange | None:
    """The change at a place, as an aircraft; None where that lies off the aprons, moves, or is brighter than paint."""
    image = pair.came if place.came else pair.gone
    fit = place.fit or fit_with_opinion(image, place.row, place.col, place.llr, place.length_m)
    apron = find_apron(stack.apron_index, fit.row, fit.col, APRON_SLACK_PX)
    if apron < 0 or fit.moving or fit.paints[0] >= GLINT_PAINT:
        return None
    look = pair.after if place.came else pair.before
    measured = measure_object(fit, [image]) if place.fit else fit
    return PairChange(place.came, pair.before, pair.after, Detection(look, measured, apron))
