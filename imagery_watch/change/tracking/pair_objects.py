"""Objects from changes between two looks: how long each stood, told without an empty ground.

What came between two looks is followed onward, what left backward: the look without the object is the ground, and the
object's own difference from that ground is looked for in the other looks (docs/method.md, section 11).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagery_watch.change.detection.aircraft_fit import predict_signal
from imagery_watch.change.detection.aircraft_templates import HALF_PX
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.looks.pairs import LookPair
from imagery_watch.change.tracking.forced import ABSENT_SHARE, FORCED_FOCUS_SHARE, MIN_FOOTPRINT_VISIBLE
from imagery_watch.change.tracking.objects import PRESENT_SHARE, ParkedObject, merge_objects
from imagery_watch.model.arrays import Image, ImageStack, Mask


@dataclass(frozen=True)
class PairChange:
    """Something that came or left between two looks."""

    came: bool
    before: int
    """Index of the earlier look."""
    after: int
    detection: Detection
    """In the look that shows it."""


def link_pair_changes(changes: Sequence[tuple[LookPair, PairChange]], images: ImageStack) -> list[ParkedObject]:
    """The objects behind changes between two looks, strongest first: an arrival and the departure of one are joined.

    `images` is (look, band, y, x), all looks at one level, NaN where hidden.
    """
    found = [_follow(pair, change, images) for pair, change in changes]
    merged = merge_objects(sorted(found, key=lambda one: -one.llr_vs_clutter))
    return sorted(merged, key=lambda one: -one.llr_vs_clutter)


def _follow(pair: LookPair, change: PairChange, images: ImageStack) -> ParkedObject:
    """The object of a change, from the look that shows it to the nearest that does not."""
    shown, ground = (change.after, change.before) if change.came else (change.before, change.after)
    steps = range(shown + 1, len(images)) if change.came else range(shown - 1, -1, -1)
    footprint, rows, cols = _draw_footprint(pair, change)
    there = images[:, :, rows, cols]
    edge, beyond = shown, None
    for index in steps:
        share = _measure_share(there[index], there[shown], there[ground], footprint)
        if share is not None and share >= PRESENT_SHARE:
            edge = index
        elif share is not None and share <= ABSENT_SHARE:
            beyond = index
            break
    first, last = (shown, edge) if change.came else (edge, shown)
    return ParkedObject(
        best=change.detection,
        first=first,
        last=last,
        before=ground if change.came else beyond,
        after=beyond if change.came else ground,
        llr_vs_clutter=change.detection.fit.llr_vs_clutter,
        detections=(change.detection,),
        observed_in=tuple(range(first, last + 1)),
    )


def _draw_footprint(pair: LookPair, change: PairChange) -> tuple[Mask, slice, slice]:
    """(y, x) over a part of the window, and which rows and columns of it: where the object's signal is."""
    fit, image = change.detection.fit, pair.came if change.came else pair.gone
    cutout = make_cutout(image, round(fit.row), round(fit.col))
    strength = np.abs(predict_signal(fit, cutout)).sum(axis=0).reshape(2 * HALF_PX + 1, -1)
    height, width = image.ground.shape[1:]
    top, left = cutout.row - HALF_PX, cutout.col - HALF_PX
    inside = np.s_[max(0, -top) : height - top, max(0, -left) : width - left]
    drawn = (strength > FORCED_FOCUS_SHARE * strength.max())[inside]
    top, left = max(0, top), max(0, left)
    return drawn, slice(top, top + drawn.shape[0]), slice(left, left + drawn.shape[1])


def _measure_share(look: Image, shown: Image, ground: Image, footprint: Mask) -> float | None:
    """Share of the object's difference from its ground that a look (band, y, x) shows; None where it is hidden."""
    known = footprint & np.isfinite(look[0]) & np.isfinite(shown[0]) & np.isfinite(ground[0])
    if known.sum() < MIN_FOOTPRINT_VISIBLE * footprint.sum() or not known.any():
        return None
    expected, seen = (shown - ground)[:, known], (look - ground)[:, known]
    return float((expected * seen).sum() / max(float((expected**2).sum()), 1e-9))
