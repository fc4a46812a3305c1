"""Sightings of one object, look after look: where it stands, and in which looks it does and does not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.explain import Fit, explain, mean_paint, same_again, signal
from imagery_watch.change.proportions import freed
from imagery_watch.change.rows import explained
from imagery_watch.change.screen import Evidence, Look
from imagery_watch.change.succession import FOCUS, UNSTEADY, change_of_object, shining
from imagery_watch.change.window import Window, window_of

SCREEN_RATIO = 14.0
"""Log-likelihood ratio at which a local maximum is worth explaining."""
MAX_CANDIDATES = 400
"""A look over one airfield with more of them is not a look at aircraft; the best are explained."""
PRESENT, ABSENT = 0.55, 0.35
"""Share of the object's own signal found in a look: above it is there, below it is not, between nobody knows."""
MIN_CERTAINTY = 4.0
"""Standard deviations between all and none of the signal, below which a look says nothing about this object."""
DOUBTFUL = 0.9
"""Difference of two looks' residuals, over what noise and those shares make of one object, from which more is asked.

On simulated airfields one object in twenty exceeds it, and of two aircraft on one stand two in three do.
"""
BETTER, BETTER_SHARE = 8.0, 0.15
"""How much better, absolutely and as a share, another shape must explain a look for it to show another object."""
OTHER_PAINT = 0.15
"""Reflectance, mean over the body, from which a body of the same shape is another one's."""
PROPER_VISIBLE = 0.8
"""Share of the object's footprint that must be visible for the look to count."""


SHARP = 0.6
"""Least step of that share from one side of a change to the other: a shadow that grows with the season creeps."""


class State(IntEnum):
    """What one look says about one object."""

    ABSENT = 0
    PRESENT = 1
    UNKNOWN = 2


@dataclass(frozen=True)
class Sighting:
    """One object, found in one look."""

    look: int
    """Index of the look in the stack."""
    fit: Fit
    apron: int


@dataclass(frozen=True)
class Track:
    """One object over consecutive looks."""

    sighting: Sighting
    """The one with the largest margin."""
    first: int
    """Index of the first look that shows it."""
    last: int
    """Index of the last."""
    before: int | None
    """The last visible look before `first`, in which it was not there; None where no look tells."""
    after: int | None
    """The first visible look after `last`, in which it was not there."""
    margin: float
    """As `Fit.margin`, with what further looks add to it."""
    sightings: tuple[Sighting, ...] = ()
    """All that are of it, best first."""
    told: tuple[int, ...] = ()
    """Indices of the looks from the first to the last that say something of its place."""
    steps: tuple[float, float] = (1.0, 1.0)
    """How much of the object came at its first look, and went after its last: 1 is all of it at once."""

    @property
    def came(self) -> bool:
        """Whether there is a look without it before the first with it, and it came at once."""
        return self.before is not None and self.steps[0] >= SHARP

    @property
    def went(self) -> bool:
        """Whether there is a look without it after the last with it, and it went at once."""
        return self.after is not None and self.steps[1] >= SHARP


def sightings(index: int, look: Look, evidence: Evidence, aprons: NDArray[np.int16], margin: float) -> list[Sighting]:
    """Parked objects in one look, their middle on an apron and their margin at least `margin`, best first."""
    peaks = ndimage.maximum_filter(evidence.ratio, 3) == evidence.ratio
    beside = ndimage.binary_dilation(aprons >= 0, iterations=2)
    rows, cols = np.nonzero(peaks & beside & (evidence.ratio >= SCREEN_RATIO))
    order = np.argsort(evidence.ratio[rows, cols])[::-1][:MAX_CANDIDATES]
    found: list[Sighting] = []
    for row, col in zip(rows[order], cols[order], strict=True):
        fits = explained(look, int(row), int(col))
        if len(fits) > 1 and not all(_apron_at(aprons, fit.row, fit.col, 0) >= 0 for fit in fits):
            alone = explain(look, int(row), int(col))
            fits = (freed(alone, look),) if alone else ()
        for fit in fits:
            apron = _apron_at(aprons, fit.row, fit.col, 1)
            if apron >= 0 and fit.margin >= margin and not fit.moving:
                found.append(Sighting(index, fit, apron))
    return apart(found)


def apart(found: Sequence[Sighting]) -> list[Sighting]:
    """The sightings without those that lie within a stronger one's own extent, best first."""
    kept: list[Sighting] = []
    for sighting in sorted(found, key=lambda s: (-s.fit.margin, s.fit.row, s.fit.col)):
        if not any(near(sighting.fit, other.fit) for other in kept):
            kept.append(sighting)
    return kept


def near(one: Fit, other: Fit) -> bool:
    """Whether two fits overlap too much to be two aircraft; members of rows stand nearer to each other than others."""
    in_rows = one.room_m is not None and other.room_m is not None
    room_m = other.room_m if in_rows else max(25.0, 0.55 * other.length_m)
    return bool(np.hypot(one.row - other.row, one.col - other.col) * 10.0 < (room_m or 0.0))


def _apron_at(aprons: NDArray[np.int16], row: float, col: float, beside_px: int) -> int:
    """The apron at a place, or as near as that: outlines and imagery may lie off each other by a pixel. -1 if none."""
    top, left = round(row), round(col)
    if 0 <= top < aprons.shape[0] and 0 <= left < aprons.shape[1] and aprons[top, left] >= 0:
        return int(aprons[top, left])
    around = aprons[
        max(0, top - beside_px) : max(0, top + beside_px + 1), max(0, left - beside_px) : max(0, left + beside_px + 1)
    ]
    return int(around.max(initial=-1)) if beside_px else -1


def tracks(found: Sequence[Sighting], looks: Sequence[Look | None]) -> list[Track]:
    """Objects joined over looks, strongest first; a sighting that a stronger track accounts for is not a second one.

    `looks` has None where a pass saw nothing; the sightings' indices point into it.
    """
    waiting = sorted(found, key=lambda s: (-s.fit.margin, s.look, s.fit.row, s.fit.col))
    joined: list[Track] = []
    while waiting:
        track = follow(waiting[0], looks)
        mine = (waiting[0], *(sighting for sighting in waiting[1:] if _accounted(sighting, track)))
        joined.append(replace(track, sightings=mine))
        waiting = [sighting for sighting in waiting if sighting not in mine]
    parts = [part for track in merged(joined) for part in divided(track, looks)]
    return sorted(parts, key=lambda track: -track.margin)


def divided(track: Track, looks: Sequence[Look | None]) -> list[Track]:
    """The track with the evidence of its sightings; or several, if another object took the place of the first."""
    told = [(index, look) for index in track.told if (look := looks[index]) is not None]
    change = change_of_object([one.fit for one in track.sightings], [look for _, look in told])
    seen_later = [one.look >= told[change][0] for one in track.sightings] if change else []
    if change is None or all(seen_later) or not any(seen_later):
        return [part_of(track, track.first, track.last)]
    last, first = told[change - 1][0], told[change][0]
    early = part_of(replace(track, after=first, steps=(track.steps[0], 1.0)), track.first, last)
    late = part_of(replace(track, before=last, steps=(1.0, track.steps[1])), first, track.last)
    return [part for half in (early, late) for part in divided(half, looks)]


def part_of(track: Track, first: int, last: int) -> Track:
    """The track from one look to another, both included, with the sightings and the evidence of these alone.

    It has at least one sighting among them.
    """
    own = tuple(one for one in track.sightings if first <= one.look <= last)
    margin = _together(own[0].fit.margin, [one.fit.margin for one in own[1:]])
    told = tuple(index for index in track.told if first <= index <= last)
    return replace(track, sighting=own[0], first=first, last=last, margin=margin, sightings=own, told=told)


def merged(found: Sequence[Track]) -> list[Track]:
    """The tracks, those at one place whose looks overlap made one: thin cloud can make a look unlike the others.

    The stronger track gives the object, and each end comes from the track that reaches farther.
    """
    kept: list[Track] = []
    for track in found:
        index = next((i for i, other in enumerate(kept) if _one_object(track, other)), None)
        if index is None:
            kept.append(track)
        else:
            kept[index] = _united(kept[index], track)
    return kept


def _one_object(one: Track, other: Track) -> bool:
    overlap = one.first <= other.last and other.first <= one.last
    return overlap and near(one.sighting.fit, other.sighting.fit)


def _united(strong: Track, weak: Track) -> Track:
    early, late = min(strong, weak, key=lambda t: t.first), max(strong, weak, key=lambda t: t.last)
    return replace(
        strong,
        first=early.first,
        before=early.before,
        last=late.last,
        after=late.after,
        steps=(early.steps[0], late.steps[1]),
        told=tuple(sorted({*strong.told, *weak.told})),
        sightings=tuple(sorted((*strong.sightings, *weak.sightings), key=lambda one: -one.fit.margin)),
    )


def _together(best: float, others: Sequence[float]) -> float:
    """The evidence of several looks at one object: the best, and what the others add, at most twice as much again.

    Looks share the ground's texture and the object's own unlikeness to the dictionary, so they are not independent.
    """
    return best + min(2 * best, sum(max(0.0, other) for other in others))


def _accounted(sighting: Sighting, track: Track) -> bool:
    return track.first <= sighting.look <= track.last and near(sighting.fit, track.sighting.fit)


def follow(sighting: Sighting, looks: Sequence[Look | None]) -> Track:
    """From the look that shows the object best, outward to the nearest looks that do not show it."""
    own_look, row, col = looks[sighting.look], round(sighting.fit.row), round(sighting.fit.col)
    assert own_look is not None
    own = window_of(own_look, row, col)

    @cache
    def share_of(index: int) -> float | None:
        """How much of the object one look shows; None where it cannot tell."""
        look = looks[index]
        return None if look is None else _share(sighting.fit, own, look, row, col)

    def state_of(index: int) -> State:
        """What one look says of the object."""
        share = share_of(index)
        return State.UNKNOWN if share is None or ABSENT < share < PRESENT else State(share >= PRESENT)

    last, after = end(state_of, sighting.look, range(sighting.look + 1, len(looks)))
    first, before = end(state_of, sighting.look, range(sighting.look - 1, -1, -1))
    came = _step(share_of, range(first, last + 1), () if before is None else range(before, -1, -1))
    went = _step(share_of, range(last, first - 1, -1), () if after is None else range(after, len(looks)))
    told = tuple(index for index in range(first, last + 1) if share_of(index) is not None)
    return Track(sighting, first, last, before, after, sighting.fit.margin, (sighting,), told, (came, went))


def _step(share_of: Callable[[int], float | None], inward: Iterable[int], outward: Iterable[int]) -> float:
    """Mean share of the two nearest looks on the inner side, less that of the two nearest on the outer side."""
    inner, outer = ([share for share in map(share_of, side) if share is not None] for side in (inward, outward))
    return float(np.mean(inner[:2]) - np.mean(outer[:2])) if inner and outer else 0.0


def end(state_of: Callable[[int], State], start: int, steps: range) -> tuple[int, int | None]:
    """The farthest look that shows it, and the first beyond that does not; looks that cannot tell are passed over."""
    edge = start
    for index in steps:
        state = state_of(index)
        if state is State.PRESENT:
            edge = index
        elif state is State.ABSENT:
            return edge, index
    return edge, None


def _share(fit: Fit, own: Window, look: Look, row: int, col: int) -> float | None:
    """Share of this very object's signal, under the look's own sun, in the look's residual; None where unsure.

    Nothing of another object: one that does not look alike counts as none of it.
    """
    window = window_of(look, row, col)
    expected = signal(fit, look, window)
    energy = window.products(expected, expected)
    unseen = ~(window.precision[0, 0] > 0)
    strength = np.abs(expected).sum(axis=0)
    if strength[unseen].sum() > (1 - PROPER_VISIBLE) * strength.sum() or energy.sum() < MIN_CERTAINTY**2:
        return None
    share = float(window.products(expected, window.residual).sum() / energy.sum())
    return float(np.clip(share, -0.3, 1.3)) if share <= ABSENT or _alike(fit, own, look, strength) else 0.0


def _alike(fit: Fit, own: Window, look: Look, strength: NDArray[np.float32]) -> bool:
    """Whether a look shows the object of `fit`, whose own look's window is `own`, or another one in its place.

    Their residuals differ by no more than noise and sheen; or else no other shape explains the look better, and the
    same shape in it has the same paint.
    """
    other = window_of(look, round(fit.row), round(fit.col))
    focus = strength > FOCUS * strength.max()
    shape = (-1, len(strength))
    mine, theirs = (seen.observed.reshape(shape)[:, focus] for seen in (own, other))
    power = float((mine**2).sum())
    gain = shining(mine, theirs)
    left = float(((theirs - gain * mine) ** 2).sum())
    if left <= DOUBTFUL * (mine.size * (1 + gain**2) + UNSTEADY**2 * power):
        return True
    best = explain(look, round(fit.row), round(fit.col))
    if best is None or best.margin <= 0:
        return True  # no aircraft took its place, whatever lies on it; shapes compared below are the dictionary's
    again, paint = same_again(fit, look, other)
    better = best.ratio - again > max(BETTER, BETTER_SHARE * best.ratio) * best.misfit
    return not better and abs(paint - mean_paint(fit.template, fit.paints)) < OTHER_PAINT
