"""The hits of `monitor`'s record, read without its lock: many by what is asked of them, one with all around it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagery_watch.errors import UsageError
from imagery_watch.model import Look, Period, RecordedHit, Review, Stay
from imagery_watch.outputs.review.tally import Tally, count_reviews
from imagery_watch.outputs.store.store import Store, read_store
from imagery_watch.outputs.wording.text import slug
from imagery_watch.sources.places.resolver import resolve_airfield

LOOKS_AROUND = 3
"""Looks before a change, and after it, that are shown with it."""
NEAREST = 3
"""Ids that are named where one is unknown."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of hits."""

    period: Period
    """In which the look after the change lies."""
    status: str | None = None
    unreviewed: bool = False
    """Whether only those that nobody has judged."""
    min_score: float = 0.0

    def accepts(self, one: RecordedHit) -> bool:
        """Whether a hit is as asked."""
        return (
            one.hit.after in self.period
            and self.status in (None, one.hit.status)
            and one.hit.score >= self.min_score
            and not (self.unreviewed and one.reviews)
        )


@dataclass(frozen=True)
class Dossier:
    """One hit with all that the record and its folder have around it."""

    recorded: RecordedHit
    stays: tuple[Stay, ...]
    """Those that it begins or ends."""
    looks: tuple[Look, ...]
    """The looks at its apron around the change, in order."""
    picture: Path | None
    """Where its picture is; None where there is none in the usual folder."""


def read_hits(names: Sequence[str], home: Path, budget: float) -> tuple[list[RecordedHit], list[Tally]]:
    """The recorded hits of the named airfields, or of all, newest first; and what reviews add up to, by airfield.

    `budget` is of false alarms a year. Raises UsageError where there is no record, AoiError for an airfield that nobody
    knows, StoreError where the record is damaged.
    """
    with read_store(home) as store:
        known = _there(store, home)
        wanted = list(dict.fromkeys(_find_id(name, known, home) for name in names)) or known.airfields()
        by_airfield = {airfield: known.recorded_hits(airfield) for airfield in wanted}
        tallies = [count_reviews(name, hits, known.count_passes(name), budget) for name, hits in by_airfield.items()]
    hits = [one for found in by_airfield.values() for one in found]
    return sorted(hits, key=lambda one: (one.hit.after, one.hit.id), reverse=True), tallies


def read_hit(text: str, home: Path) -> Dossier:
    """The hit of an id, or of the beginning of one, with all around it. Raises UsageError, StoreError."""
    with read_store(home) as store:
        known = _there(store, home)
        one = find_hit(known.recorded_hits(), text)
        stays = [stay for stay in known.stays(one.hit.airfield) if one.hit.id in (stay.arrival_hit, stay.departure_hit)]
        looks = [look for look, _ in known.looks(one.hit.airfield) if look.apron == one.hit.apron]
    picture = home / "runs" / one.hit.airfield / "chips" / f"{slug(one.hit.id)}.png"
    return Dossier(one, tuple(stays), _around(one, looks), picture if picture.is_file() else None)


def list_reviews(home: Path) -> list[Review]:
    """All reviews of the record, those of hits that it does not have among them. Raises UsageError, StoreError."""
    with read_store(home) as store:
        return [one for said in _there(store, home).reviews().values() for one in said]


def find_hit(hits: Iterable[RecordedHit], text: str) -> RecordedHit:
    """The hit with this id, or the only one whose id begins so. Raises UsageError, naming the nearest."""
    known = {one.hit.id: one for one in hits}
    if text in known:
        return known[text]
    begun = sorted(name for name in known if text and name.upper().startswith(text.upper()))
    if len(begun) == 1:
        return known[begun[0]]
    if begun:
        more = ", ..." if len(begun) > NEAREST else ""
        raise UsageError(f"{len(begun)} hits have an id that begins with {text}: {', '.join(begun[:NEAREST])}{more}")
    near = difflib.get_close_matches(text, known, n=NEAREST, cutoff=0.0)
    meant = f"the nearest are {', '.join(near)}" if near else "it has none yet"
    raise UsageError(f"the record has no hit {text!r}: {meant}")


def _there(store: Store | None, home: Path) -> Store:
    if store is None:
        raise UsageError(f"there is no record below {home} yet: `imagery-watch monitor` makes it")
    return store


def _find_id(name: str, store: Store, home: Path) -> str:
    """The id of the airfield that a person names, as the record has it."""
    known = {one.upper(): one for one in store.airfields()}
    return known.get(name.upper()) or resolve_airfield(name, home)[0].id


def _around(one: RecordedHit, looks: Sequence[Look]) -> tuple[Look, ...]:
    """The looks from a few before the change to a few after it; the two of the bracket are among them."""
    earlier = [look for look in looks if look.datetime <= one.hit.before]
    between = [look for look in looks if one.hit.before < look.datetime < one.hit.after]
    later = [look for look in looks if look.datetime >= one.hit.after]
    return (*earlier[-LOOKS_AROUND:], *between, *later[:LOOKS_AROUND])
