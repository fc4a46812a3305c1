"""No two objects stand on one place at once: where one object's looks end, those of the next begin.

Each object is followed by itself, and is lost where another one is: of the first one's signal the second one shows
neither all nor nothing. Where both are sure, and unlike each other, the one tells the end of the other (docs/method.md,
section 12).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import overlaps
from imagery_watch.change.tracking.change_point import are_unlike
from imagery_watch.change.tracking.forced import forced_llr
from imagery_watch.change.tracking.objects import ParkedObject, restrict_to


def enforce_exclusive_occupancy(
    objects: Sequence[ParkedObject], images: Sequence[ResidualImage | None], min_llr: float
) -> list[ParkedObject]:
    """The objects, each ended where the next one on its place begins; their order is kept.

    Only those with at least `min_llr` of evidence, which can be told alone, end one another.
    """
    found = list(objects)
    sure = [number for number, parked in enumerate(found) if parked.llr_vs_clutter >= min_llr]
    sure.sort(key=lambda number: found[number].first)
    for position, early in enumerate(sure):
        for late in sure[position + 1 :]:
            if _share_one_stand(found[early], found[late]) and _follows(found[late], found[early]):
                found[early], found[late] = _part(found[early], found[late], images)
    return found


def _share_one_stand(one: ParkedObject, other: ParkedObject) -> bool:
    """Whether two aircraft of their own are there; a row and a single one are rather two readings of one thing."""
    here, there = one.best.fit, other.best.fit
    alone = not here.in_row and not there.in_row
    return alone and overlaps(here, there) and overlaps(there, here) and are_unlike(here, there)


def _follows(late: ParkedObject, early: ParkedObject) -> bool:
    """Whether one came and went before the other did, and nobody saw the place empty between them."""
    empty = early.after is not None and late.before is not None and early.after <= late.before
    ordered = early.first < late.first and early.last < late.last and early.best.look < late.best.look
    return ordered and not empty


def _part(
    early: ParkedObject, late: ParkedObject, images: Sequence[ResidualImage | None]
) -> tuple[ParkedObject, ParkedObject]:
    """Both, as far as each of them stood there."""
    begins = _find_begin(early, late, images)
    last = max(index for index in (early.best.look, *early.observed_in) if index < begins)
    first = min(index for index in (late.best.look, *late.observed_in) if index >= begins)
    after = first if early.after is None else min(early.after, first)
    before = last if late.before is None else max(late.before, last)
    # an end that the other object does not tell keeps its own step: what crept away before it came has crept away
    went = 1.0 if after == first else early.steps[1]
    came = 1.0 if before == last else late.steps[0]
    return (
        restrict_to(replace(early, after=after, steps=(early.steps[0], went)), early.first, last),
        restrict_to(replace(late, before=before, steps=(came, late.steps[1])), first, late.last),
    )


def _find_begin(early: ParkedObject, late: ParkedObject, images: Sequence[ResidualImage | None]) -> int:
    """The look from which on the second one stood there: of those that both claim, the one that parts them best."""
    least, most = max(late.first, early.best.look + 1), min(early.last, late.best.look - 1)
    claimed = [(index, image) for index in range(least, most + 1) if (image := images[index]) is not None]
    gained = [forced_llr(late.best.fit, image) - forced_llr(early.best.fit, image) for _, image in claimed]
    cut = int(np.argmax(np.cumsum([0.0, *gained[::-1]])[::-1]))
    starts = [*(index for index, _ in claimed), max(least, most + 1)]
    return starts[cut]
