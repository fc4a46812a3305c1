"""Coverage: whether others were heard at an airfield, without which nothing can be said of one who was not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from imagery_watch.corroborate.field import Field, look_at
from imagery_watch.corroborate.movements import LOW_FT
from imagery_watch.model.flight import CoverageCell, Track

CELL_S = 21_600
"""Six hours, from midnight UTC on: reception changes with the receivers at work, hour by hour and day by day."""
LOW_WITHIN_M = 15_000.0
LEAST_AIRCRAFT = 2
"""In one file: a file of one aircraft was chosen for that aircraft, and is silent of all others."""

_Heard = dict[int, set[tuple[str, str]]]


def measure_coverage(tracks: Iterable[Track], field: Field) -> tuple[CoverageCell, ...]:
    """The cells of six hours in which anyone was heard on the airfield's ground or low near it, in order of time.

    Tracks are given as they were read, not joined: only those of a file, folder or archive with several aircraft count.
    """
    aircraft: dict[str, set[str]] = defaultdict(set)
    ground: _Heard = defaultdict(set)
    low: _Heard = defaultdict(set)
    for track in tracks:
        aircraft[track.origin].add(track.key)
        seen = look_at(track, field)
        near = seen.airborne & (seen.height_ft < LOW_FT) & (seen.distance_m <= LOW_WITHIN_M)
        for heard, which in ((ground, seen.here), (low, near)):
            for cell in _cells(track.t[which]):
                heard[cell].add((track.origin, track.key))
    cells = (_make(number, ground[number], low[number], aircraft) for number in sorted({*ground, *low}))
    return tuple(cell for cell in cells if cell.on_ground or cell.low)


def is_covered(cells: Sequence[CoverageCell], since: datetime, until: datetime, key: str = "") -> bool:
    """Whether in every cell of a period somebody other than this aircraft was heard on the ground or low."""
    heard = {int(cell.start.timestamp()) // CELL_S for cell in cells if cell.witnesses(key)}
    asked = range(int(since.timestamp()) // CELL_S, int(until.timestamp()) // CELL_S + 1)
    return all(number in heard for number in asked)


def _cells(t: NDArray[np.float64]) -> list[int]:
    return [int(one) for one in np.unique(t // CELL_S)]


def _make(
    number: int, ground: set[tuple[str, str]], low: set[tuple[str, str]], aircraft: dict[str, set[str]]
) -> CoverageCell:
    start = datetime.fromtimestamp(number * CELL_S, UTC)
    on_ground, in_air = (
        tuple(sorted({key for origin, key in heard if len(aircraft[origin]) >= LEAST_AIRCRAFT}))
        for heard in (ground, low)
    )
    return CoverageCell(start, start + timedelta(seconds=CELL_S), on_ground, in_air)
