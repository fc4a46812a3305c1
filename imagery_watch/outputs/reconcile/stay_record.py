"""How the stays of a new run find their names in the record."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from imagery_watch.model import Stay
from imagery_watch.outputs.reconcile.matching import Unlikeness, match
from imagery_watch.outputs.reconcile.record import SAME_PLACE_M, Reconciled, distance_m


def reconcile_stays(recorded: Sequence[Stay], found: Sequence[Stay], hits: Reconciled) -> tuple[Stay, ...]:
    """The stays of a run under the record's names, sorted by first look, then id; `hits` are the run's.

    A stay that is recorded keeps its id, and the hit of an end that lies outside of the run's period. A recorded one
    that does not come out is kept as it was while one of its hits is kept, because the run could not judge that hit.
    """
    pairs = match_stays(recorded, found)
    names = _names(found, pairs, {stay.id for stay in recorded})
    ours = [_named(stay, pairs.get(stay.id), names, hits) for stay in found]
    unjudged = {hit.id for hit in hits.kept}
    matched = {stay.id for stay in pairs.values()}
    kept = [stay for stay in recorded if stay.id not in matched and {stay.arrival_hit, stay.departure_hit} & unjudged]
    return tuple(sorted([*ours, *kept], key=lambda stay: (stay.seen_from, stay.id)))


def match_stays(recorded: Iterable[Stay], found: Iterable[Stay]) -> dict[str, Stay]:
    """By the found stay's own id, the recorded one that it is: each used once, the likest together."""
    return match(recorded, found, is_same, _unlikeness, SAME_PLACE_M)


def is_same(one: Stay, other: Stay) -> bool:
    """Whether two stays are one: at most 30 m apart, and seen at times that overlap."""
    overlap = one.seen_from <= other.seen_to and other.seen_from <= one.seen_to
    return overlap and distance_m(one, other) <= SAME_PLACE_M


def _unlikeness(old: Stay, new: Stay) -> Unlikeness:
    return (old.seen_from != new.seen_from, old.seen_to != new.seen_to), distance_m(old, new)


def _names(found: Sequence[Stay], pairs: dict[str, Stay], taken: set[str]) -> dict[str, str]:
    """From each stay's own id to the kept one, or to a new one that no other stay has."""
    names = {own: known.id for own, known in pairs.items()}
    for stay in sorted(found, key=lambda stay: (stay.seen_from, stay.id)):
        if stay.id not in names:
            number, free = 2, stay.id
            while free in taken:
                number, free = number + 1, f"{stay.id}-{number}"
            taken = taken | {free}
            names[stay.id] = free
    return names


def _named(stay: Stay, known: Stay | None, names: dict[str, str], hits: Reconciled) -> Stay:
    """A stay of the run with the record's names for itself, its hits and what it may have been moved from and to."""
    arrival = _hit(stay.arrival_hit, known.arrival_hit if known is not None and stay.not_before else None, hits)
    departure = _hit(stay.departure_hit, known.departure_hit if known is not None and stay.not_after else None, hits)
    return replace(
        stay,
        id=names[stay.id],
        arrival_hit=arrival,
        departure_hit=departure,
        moved_from=names.get(stay.moved_from or ""),
        moved_to=names.get(stay.moved_to or ""),
    )


def _hit(own: str | None, recorded: str | None, hits: Reconciled) -> str | None:
    """The kept name of the run's hit at one end, else the recorded hit there, unless it no longer stands."""
    if own is not None:
        return hits.ids[own]
    return None if any(hit.id == recorded for hit in hits.withdrawn) else recorded
