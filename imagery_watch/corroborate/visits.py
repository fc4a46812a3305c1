"""Visits: what an aircraft did between coming onto an airfield's ground and leaving it."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from imagery_watch.corroborate.field import Field, Seen, find_aprons
from imagery_watch.model.flight import NETWORKS_APART_S, Track

LEAST_FIXES = 2
"""On the ground near an apron or a runway: one may be an error."""
FLICKER_S = 60.0
"""Shorter stretches in the air between fixes on the ground are flags gone wrong, or two networks'
clocks (30 to 45 s apart); no aircraft takes off and lands within it."""
STANDING_M = 30.0
"""Between two fixes: less than it moves, it stands."""
SLOWEST_TAXI_M_S = 1.0
"""Two knots, over minutes: whoever gets on so slowly stood for most of the time."""
STAND_M = 40.0
"""How far from a stand's line or point an antenna is on it: half the length of the largest aircraft."""
PATH_STEP_M = 25.0
"""Between the points of a path."""


@dataclass(frozen=True, eq=False)
class Visit:
    """One stay on an airfield's ground."""

    fixes: NDArray[np.int64]
    """Those on the ground, by their numbers in the track."""
    before: int | None
    """The last fix in the air, or on the ground elsewhere, before; None where the files begin here."""
    after: int | None
    """The first one after; None where the files end here."""
    aprons: NDArray[np.int64]
    """Of each fix, the number of the apron that it is on; -1 where on none."""
    stood: int
    """Which of the fixes is where it stood longest: on an apron, where it was on one."""
    stood_s: float
    """For how long it stood there."""

    def longest_halt(self, track: Track, seen: Seen) -> float:
        """The longest time in which it stood, or between two fixes that are nearer than anything that taxies goes."""
        steps = np.hypot(np.diff(seen.x[self.fixes]), np.diff(seen.y[self.fixes]))
        spans = np.diff(track.t[self.fixes])
        return max(self.stood_s, float(spans[steps < SLOWEST_TAXI_M_S * spans].max(initial=0.0)))

    def longest_gap(self, track: Track) -> float:
        """The longest time between two of its fixes, in seconds."""
        return float(np.diff(track.t[self.fixes]).max())


def find_visits(track: Track, seen: Seen, field: Field) -> list[Visit]:
    """The visits of a track, in order of time; each has a slow fix: flags along a runway alone may be a low pass's."""
    said = np.where(seen.here, 1, np.where(seen.elsewhere, 0, -1))
    known = np.flatnonzero(said >= 0)
    grounded = _without_flicker(said[known] == 1, track.t[known])
    edges = np.flatnonzero(np.diff(grounded.astype(np.int8))) + 1
    runs = np.split(known, edges) if len(known) else []
    kept: list[tuple[bool, NDArray[np.int64]]] = []
    first = 0
    for run in runs:
        on_ground = bool(grounded[first])
        first += len(run)
        fixes = run[seen.here[run]] if on_ground else run[~seen.here[run]]
        if not on_ground or (seen.in_zone[fixes].sum() >= LEAST_FIXES and seen.slow[fixes].any()):
            kept.append((on_ground, fixes))
    return [_make(number, kept, track, seen, field) for number, (on_ground, _) in enumerate(kept) if on_ground]


def _make(number: int, runs: list[tuple[bool, NDArray[np.int64]]], track: Track, seen: Seen, field: Field) -> Visit:
    fixes = runs[number][1]
    before = [int(run[-1]) for on_ground, run in runs[:number] if not on_ground]
    after = [int(run[0]) for on_ground, run in runs[number + 1 :] if not on_ground]
    aprons = find_aprons(seen, fixes, field)
    stood, stood_s = _find_standing(track, seen, fixes, aprons)
    return Visit(
        fixes=fixes,
        before=before[-1] if before else None,
        after=after[0] if after else None,
        aprons=aprons,
        stood=stood,
        stood_s=stood_s,
    )


def _without_flicker(grounded: NDArray[np.bool_], t: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each fix counts as on the ground, short stretches in the air between others left out."""
    steady = grounded.copy()
    edges = np.flatnonzero(np.diff(grounded.astype(np.int8))) + 1
    starts = [0, *edges]
    for start, end in zip(starts, [*edges, len(grounded)], strict=True):
        between = start > 0 and end < len(grounded)
        if between and not grounded[start] and t[end] - t[start - 1] < FLICKER_S:
            steady[start:end] = True
    return steady


def _find_standing(track: Track, seen: Seen, fixes: NDArray[np.int64], aprons: NDArray[np.int64]) -> tuple[int, float]:
    """The number among the fixes at which it stood longest, and for how long; on aprons, where it was on one.

    Steps in a row that are short are one stand.
    """
    steps = np.hypot(np.diff(seen.x[fixes]), np.diff(seen.y[fixes]))
    allowed = aprons >= 0 if (aprons >= 0).any() else np.ones(len(fixes), dtype=bool)
    stays = (steps < STANDING_M) & allowed[:-1] & allowed[1:]
    stand = np.cumsum(~stays)
    seconds = np.bincount(stand, weights=np.where(stays, np.diff(track.t[fixes]), 0.0))
    inside = np.flatnonzero((stand == int(seconds.argmax())) & stays)
    return (int(inside[0]), float(seconds.max())) if len(inside) else (int(np.argmax(allowed)), 0.0)


def find_stand(field: Field, lon: float, lat: float) -> tuple[float, float] | None:
    """The mapped stand nearest to a place, as longitude and latitude of its middle; None where none is near."""
    if not field.airfield.stands:
        return None
    scale = (field.metres_east, field.metres_north)
    drawn = [shapely.transform(one, lambda xy: (xy - (lon, lat)) * scale) for one in field.airfield.stands]
    away = shapely.distance(shapely.points(0.0, 0.0), drawn)
    nearest = int(np.argmin(away))
    if away[nearest] > STAND_M:
        return None
    middle = field.airfield.stands[nearest].centroid
    return float(middle.x), float(middle.y)


def thin_path(track: Track, seen: Seen, fixes: NDArray[np.int64]) -> tuple[tuple[float, float], ...]:
    """Longitude and latitude of the fixes, without those less than a step from the one before; both ends kept."""
    kept: list[int] = []
    for fix in fixes:
        if not kept or np.hypot(seen.x[fix] - seen.x[kept[-1]], seen.y[fix] - seen.y[kept[-1]]) >= PATH_STEP_M:
            kept.append(int(fix))
    if len(fixes) and kept[-1] != fixes[-1]:
        kept.append(int(fixes[-1]))
    return tuple((round(float(track.lon[fix]), 6), round(float(track.lat[fix]), 6)) for fix in kept)


def tolerance_of(track: Track) -> float:
    """How far the track's times may be off, in seconds: networks do not agree on them."""
    return NETWORKS_APART_S if len(track.formats) > 1 else 0.0
