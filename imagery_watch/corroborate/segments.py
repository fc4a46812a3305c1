"""What an aircraft did, stretch by stretch: flying, on the airfield's ground, on the ground elsewhere, or not heard."""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from imagery_watch.corroborate.field import Field, look_at
from imagery_watch.corroborate.movements import SILENCE_S
from imagery_watch.model.corroboration import Doing, Segment
from imagery_watch.model.flight import GROUND, Track

_DOINGS: tuple[Doing, ...] = ("flying", "here", "elsewhere")


def find_segments(track: Track, field: Field) -> tuple[Segment, ...]:
    """The stretches of a track, in order of time; half an hour without a fix is one of silence.

    A fix whose ground flag is not believed, or missing, does what the fix before it does.
    """
    if not len(track):
        return ()
    seen = look_at(track, field)
    doing = np.where(seen.here, 1, np.where(seen.airborne, 0, np.where(track.state == GROUND, 2, -1)))
    doing = _filled(doing)
    silent = np.diff(track.t) >= SILENCE_S
    edges = np.flatnonzero(silent | (np.diff(doing) != 0)) + 1
    runs = np.split(np.arange(len(track)), edges)
    found: list[Segment] = []
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        last, then = int(run[-1]), None if following is None else int(following[0])
        until = last if then is None or silent[last] else then
        found.append(Segment(_DOINGS[doing[run[0]]], _moment(track, int(run[0])), _moment(track, until)))
        if then is not None and silent[last]:
            found.append(Segment("silent", _moment(track, last), _moment(track, then)))
    return tuple(found)


def _filled(doing: NDArray[np.int64]) -> NDArray[np.int64]:
    """Unknown fixes with what the last known one does; the first ones with what the first known one does."""
    known = np.flatnonzero(doing >= 0)
    if not len(known):
        return np.zeros_like(doing)
    before = np.searchsorted(known, np.arange(len(doing)), side="right") - 1
    return doing[known[np.maximum(before, 0)]]


def _moment(track: Track, fix: int) -> datetime:
    return datetime.fromtimestamp(round(float(track.t[fix]), 2), UTC)
