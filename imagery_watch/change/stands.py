"""No two objects stand on one place at once: where one object's looks end, those of the next begin.

Each track is followed by itself, and is lost where another object is: of the first one's signal the second one shows
neither all nor nothing. Where both are sure, and unlike each other, the one tells the end of the other.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imagery_watch.change.calibrate import FLOOR
from imagery_watch.change.explain import again
from imagery_watch.change.screen import Look
from imagery_watch.change.succession import unlike
from imagery_watch.change.tracks import Track, near, part_of


def in_turn(tracks: Sequence[Track], looks: Sequence[Look | None]) -> list[Track]:
    """The tracks, each ended where the next one on its place begins; their order is kept."""
    found = list(tracks)
    sure = sorted((i for i, track in enumerate(found) if track.margin >= FLOOR), key=lambda i: found[i].first)
    for position, early in enumerate(sure):
        for late in sure[position + 1 :]:
            if _two_on_one_stand(found[early], found[late]) and _follows(found[late], found[early]):
                found[early], found[late] = _parted(found[early], found[late], looks)
    return found


def _two_on_one_stand(one: Track, other: Track) -> bool:
    """Whether two aircraft of their own are there; a row and a single one are rather two readings of one thing."""
    here, there = one.sighting.fit, other.sighting.fit
    alone = here.room_m is None and there.room_m is None
    return alone and near(here, there) and near(there, here) and unlike(here, there)


def _follows(late: Track, early: Track) -> bool:
    """Whether one came and went before the other did, and nobody saw the place empty between them."""
    empty = early.after is not None and late.before is not None and early.after <= late.before
    ordered = early.first < late.first and early.last < late.last and early.sighting.look < late.sighting.look
    return ordered and not empty


def _parted(early: Track, late: Track, looks: Sequence[Look | None]) -> tuple[Track, Track]:
    """Both, as far as each of them stood there."""
    begins = _begins(early, late, looks)
    last = max(index for index in (early.sighting.look, *early.told) if index < begins)
    first = min(index for index in (late.sighting.look, *late.told) if index >= begins)
    after = first if early.after is None else min(early.after, first)
    before = last if late.before is None else max(late.before, last)
    # an end that the other object does not tell keeps its own step: what crept away before it came has crept away
    went = 1.0 if after == first else early.steps[1]
    came = 1.0 if before == last else late.steps[0]
    return (
        part_of(replace(early, after=after, steps=(early.steps[0], went)), early.first, last),
        part_of(replace(late, before=before, steps=(came, late.steps[1])), first, late.last),
    )


def _begins(early: Track, late: Track, looks: Sequence[Look | None]) -> int:
    """The look from which on the second one stood there: of those that both claim, the one that parts them best."""
    least, most = max(late.first, early.sighting.look + 1), min(early.last, late.sighting.look - 1)
    claimed = [(index, look) for index in range(least, most + 1) if (look := looks[index]) is not None]
    gained = [again(late.sighting.fit, look) - again(early.sighting.fit, look) for _, look in claimed]
    cut = int(np.argmax(np.cumsum([0.0, *gained[::-1]])[::-1]))
    starts = [*(index for index, _ in claimed), max(least, most + 1)]
    return starts[cut]
