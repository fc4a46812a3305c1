"""From tracks and events to stays: an arrival joined to its departure, and how many stood there in each look.

Which object of one stand is which object of another cannot be told at 10 m: a relocation is only "consistent with".
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.explain import Fit
from imagery_watch.change.hits import Event, length_interval
from imagery_watch.change.prepare import Prepared
from imagery_watch.change.tracks import Track, near
from imagery_watch.model import Stay

SAME_PAINT = 0.15
"""Difference of reflectance, of fuselage and of wings, above which two objects are not taken for one. The paints fitted
to one simulated aircraft on two stands differed by at most this in 24 of 27 moves (three paints, three grounds)."""
SAME_LENGTH = 0.12
"""Least half-width of a length's interval, as a share, where two are compared: both have their type's own error."""
LENGTH_STEP = 0.1
"""Relative difference of length that counts as much as `SAME_PAINT` does when the likest partner is chosen."""
MOST_APART = 1
"""Passes between the ends of two brackets: one stand may have been under a cloud that the other was not under."""

Place = Callable[[float, float], tuple[float, float, float, float]]
"""Row and column of the window -> longitude, latitude, easting, northing."""


@dataclass(frozen=True)
class Presence:
    """One object on its stand, with the changes at its two ends."""

    track: Track
    arrival: int | None
    """Index of the event that it came with; None where no event tells."""
    departure: int | None
    before: int | None
    """Index of the last look without it; None where it was there from the first look that could tell."""
    after: int | None
    """Index of the first look without it; None where it was there in the last look that could tell."""


def presences(tracks: Sequence[Track], events: Sequence[Event]) -> list[Presence]:
    """The objects that came or left, sorted by first look, last look and place; what never did is part of the ground.

    A replacement ends one of them and begins another, and its bracket holds for both.
    """
    found = [_presence(track, events) for track in tracks]
    changing = [one for one in found if one.arrival is not None or one.departure is not None]
    return sorted(changing, key=lambda p: (p.track.first, p.track.last, *_middle(p.track.sighting.fit)))


def _presence(track: Track, events: Sequence[Event]) -> Presence:
    came = next((index for index, event in enumerate(events) if _begins(event, track)), None)
    left = next((index for index, event in enumerate(events) if _ends(event, track)), None)
    before = track.before if came is None else events[came].before
    after = track.after if left is None else events[left].after
    return Presence(track, came, left, before, after)


def _begins(event: Event, track: Track) -> bool:
    return event.kind != "departure" and event.track is track


def _ends(event: Event, track: Track) -> bool:
    return (event.track if event.kind == "departure" else event.gone) is track


def _at_one_place(one: Track, other: Track) -> bool:
    return near(one.sighting.fit, other.sighting.fit) or near(other.sighting.fit, one.sighting.fit)


def _middle(fit: Fit) -> tuple[float, float]:
    return fit.row, fit.col


def relocations(found: Sequence[Presence]) -> list[tuple[int, int]]:
    """Pairs (left, came), as indices, that are consistent with one aircraft moved from one stand to another.

    The two brackets overlap and end at most one pass apart, the lengths' intervals overlap, the paints are alike, and
    each is the other's one likest partner.
    """
    numbers = range(len(found))
    unlike = {(a, b): _unlikeness(found[a], found[b]) for a in numbers for b in numbers if _moved(found[a], found[b])}
    onward = {a: _only_best({b: cost for (one, b), cost in unlike.items() if one == a}) for a in numbers}
    back = {b: _only_best({a: cost for (a, one), cost in unlike.items() if one == b}) for b in numbers}
    return [(a, b) for a, b in onward.items() if b is not None and back[b] == a]


def _only_best(costs: dict[int, float]) -> int | None:
    """The partner with the smallest cost; None where there is none, or where two are as good."""
    best = min(costs.values(), default=None)
    likest = [number for number, cost in costs.items() if cost == best]
    return likest[0] if len(likest) == 1 else None


def _moved(gone: Presence, come: Presence) -> bool:
    """Whether one may have become the other."""
    if gone.departure is None or come.arrival is None or gone.after is None or come.before is None:
        return False
    last, first = gone.track.last, come.track.first
    overlap = last < first and come.before < gone.after
    apart = max(abs(last - come.before), abs(gone.after - first))
    one, other = gone.track.sighting.fit, come.track.sighting.fit
    return overlap and apart <= MOST_APART and not _at_one_place(gone.track, come.track) and _alike(one, other)


def _alike(one: Fit, other: Fit) -> bool:
    low, high = length_interval(one, SAME_LENGTH)
    other_low, other_high = length_interval(other, SAME_LENGTH)
    paints = zip(one.paints, other.paints, strict=True)
    return low <= other_high and other_low <= high and all(abs(mine - its) <= SAME_PAINT for mine, its in paints)


def _unlikeness(gone: Presence, come: Presence) -> float:
    one, other = gone.track.sighting.fit, come.track.sighting.fit
    paint = sum(abs(mine - its) for mine, its in zip(one.paints, other.paints, strict=True))
    return paint / SAME_PAINT + abs(log(one.length_m / other.length_m)) / LENGTH_STEP


def stays(
    found: Sequence[Presence],
    hit_ids: Sequence[str | None],
    passes: Sequence[Prepared],
    airfield: str,
    apron_names: Sequence[str],
    place: Place,
) -> tuple[Stay, ...]:
    """The objects with at least one reported hit as Stays, sorted by first look, then id.

    `hit_ids` has the id of each event's hit, in the events' order, and None where the hit is not reported.
    """
    told = {
        index: _stay(one, hit_ids, passes, airfield, apron_names, place)
        for index, one in enumerate(found)
        if any(number is not None and hit_ids[number] is not None for number in (one.arrival, one.departure))
    }
    for gone, come in relocations(found):
        if gone in told and come in told:
            told[gone] = replace(told[gone], moved_to=told[come].id)
            told[come] = replace(told[come], moved_from=told[gone].id)
    return tuple(sorted(told.values(), key=lambda stay: (stay.seen_from, stay.id)))


def _stay(
    one: Presence,
    hit_ids: Sequence[str | None],
    passes: Sequence[Prepared],
    airfield: str,
    apron_names: Sequence[str],
    place: Place,
) -> Stay:
    fit = one.track.sighting.fit
    lon, lat, x, y = place(fit.row, fit.col)
    first = passes[one.track.first]
    return Stay(
        id=stay_id(airfield, x, y, first.scene.acquisition_id),
        airfield=airfield,
        apron=apron_names[one.track.sighting.apron],
        lon=lon,
        lat=lat,
        arrival_hit=None if one.arrival is None else hit_ids[one.arrival],
        not_before=None if one.before is None else passes[one.before].datetime,
        seen_from=first.datetime,
        seen_to=passes[one.track.last].datetime,
        departure_hit=None if one.departure is None else hit_ids[one.departure],
        not_after=None if one.after is None else passes[one.after].datetime,
        length_m=round(fit.length_m, 1),
    )


def stay_id(airfield: str, x: float, y: float, first: str) -> str:
    """Stable for the same passes, like a hit's id: the place is rounded to 20 m; `first` is the pass that shows it."""
    digest = hashlib.sha256(f"{airfield}|stay|{round(x / 20)}_{round(y / 20)}|{first}".encode()).hexdigest()
    return f"{airfield}-stay-{first.partition('_')[2][:8] or 'pass'}-{digest[:10]}"


def standing(found: Sequence[Presence], passes: int, aprons: int) -> NDArray[np.int64]:
    """(pass, apron): how many of the objects that came or left were there in each look."""
    counts = np.zeros((passes, aprons), np.int64)
    for one in found:
        counts[one.track.first : one.track.last + 1, one.track.sighting.apron] += 1
    return counts


def usual(counts: NDArray[np.int64], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(apron,): the median of the counts over the looks that saw the apron, zero where none did.

    Of two middle ones the smaller, so that it is a number of aircraft. Both arguments are (pass, apron).
    """
    columns = [np.sort(counts[seen[:, apron], apron]) for apron in range(counts.shape[1])]
    return np.array([column[(len(column) - 1) // 2] if len(column) else 0 for column in columns], np.int64)
