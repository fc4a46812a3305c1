"""Silence: what it is worth that no aircraft was heard, by who else was heard in the same hours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from imagery_watch.corroborate.coverage import CELL_S, LEAST_AIRCRAFT, measure_coverage
from imagery_watch.corroborate.field import Field
from imagery_watch.model.corroboration import TrackState
from imagery_watch.model.flight import CoverageCell, Track


@dataclass(frozen=True)
class Hearing:
    """Who was heard around an airfield, in cells of six hours."""

    cells: tuple[CoverageCell, ...]
    """Those in which aircraft were heard on the ground or low."""
    any_height: frozenset[int]
    """Numbers of those in which files of several aircraft hold anyone at all, near the airfield."""


def listen(tracks: Sequence[Track], field: Field) -> Hearing:
    """Who was heard; tracks as they were read, not joined."""
    aircraft, heard = defaultdict[str, set[str]](set), defaultdict[str, set[int]](set)
    for track in tracks:
        aircraft[track.origin].add(track.key)
        heard[track.origin] |= {int(one) for one in np.unique(track.t // CELL_S)}
    many = (cells for origin, cells in heard.items() if len(aircraft[origin]) >= LEAST_AIRCRAFT)
    return Hearing(measure_coverage(tracks, field), frozenset().union(*many))


def judge_silence(hearing: Hearing, since: datetime, until: datetime) -> tuple[TrackState, int, int]:
    """What silence in a period is worth, its cells of six hours, and in how many of them others were heard.

    More traffic in the files never turns covered into uncovered.
    """
    asked = cells_between(since, until)
    covered = len(_numbers(hearing.cells) & set(asked))
    if covered == len(asked):
        return TrackState.SILENT_COVERED, len(asked), covered
    silent = not hearing.any_height.isdisjoint(asked) or covered
    return (TrackState.SILENT_UNCOVERED if silent else TrackState.NOT_ASSESSABLE), len(asked), covered


def cells_between(since: datetime, until: datetime) -> range:
    """Numbers of the cells of six hours that a period touches."""
    return range(int(since.timestamp()) // CELL_S, int(until.timestamp()) // CELL_S + 1)


def _numbers(cells: Iterable[CoverageCell]) -> set[int]:
    return {int(cell.start.timestamp()) // CELL_S for cell in cells if cell.witnesses()}
