"""The record's tables of reviews and of changes of status, and its hits with all that they hold of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from imagery_watch.model import Hit, RecordedHit, Review, Turn
from imagery_watch.outputs.reconcile.standing import restand
from imagery_watch.outputs.store.database import explained
from imagery_watch.outputs.store.tables import Tables, parse, to_text
from imagery_watch.outputs.values import dump, load, moment
from imagery_watch.outputs.wording.text import iso


@dataclass(frozen=True)
class Added:
    """What became of reviews that were to be added."""

    new: int = 0
    known: int = 0
    """Those that the record had."""
    contradicting: int = 0
    """Those that say something else than the same reviewer of the same hit at the same time did: left out."""
    unknown_hits: int = 0
    """Of the new ones, those of hits that this record does not have: they are kept."""


class Judgements(Tables):
    """Reviews and changes of status in an open record. Raises StoreError."""

    def airfields(self) -> list[str]:
        """Ids of the airfields that the record has, sorted."""
        return [str(row[0]) for row in self._execute("SELECT id FROM airfields ORDER BY id")]

    def reviews(self, airfield: str | None = None) -> dict[str, tuple[Review, ...]]:
        """By hit, its reviews, the oldest first; those of hits that the record does not have are among them."""
        with explained(self.path):
            found = [load(Review, row) for row in self._rows(_REVIEWS, airfield, airfield, airfield)]
        return _by_hit(sorted(found, key=lambda one: (one.reviewed_at, one.reviewer)))

    def turns(self, airfield: str | None = None) -> dict[str, tuple[Turn, ...]]:
        """By hit, how its status changed, the oldest first."""
        with explained(self.path):
            return _by_hit([load(Turn, row) for row in self._rows(_TURNS, airfield, airfield)])

    def recorded_hits(self, airfield: str | None = None) -> list[RecordedHit]:
        """Hits with all that the record has of them, withdrawn ones included, sorted by time then id."""
        reviews, turns = self.reviews(airfield), self.turns(airfield)
        with explained(self.path):
            found = [_recorded(row, reviews, turns) for row in self._rows(_HITS, airfield, airfield)]
        return sorted(found, key=lambda one: (one.hit.after, one.hit.id))

    def count_passes(self, airfield: str) -> int:
        """Passes of an airfield that were judged and told of."""
        sql = "SELECT count(*) FROM passes WHERE airfield = ? AND state = 'scored'"
        return int(self._execute(sql, airfield).fetchone()[0])

    def add_reviews(self, reviews: Iterable[Review], now: datetime) -> Added:
        """Adds reviews and lets the hits stand as they then say, all of it or nothing; what is there stays as it is.

        The files of these hits' airfields are then due.
        """
        new, known, contradicting = list[Review](), 0, 0
        with self._transaction():
            for one in reviews:
                told = self._rows(_SAME_REVIEW, one.hit, one.reviewer, iso(one.reviewed_at))
                if not told:
                    self._execute(_ADD_REVIEW, *(dump(one) | {"reviewed_at": iso(one.reviewed_at)}).values())
                    new.append(one)
                elif told[0] == {"verdict": one.verdict, "note": one.note, "airfield": one.airfield}:
                    known += 1
                else:
                    contradicting += 1
            found = {name for name in sorted({one.hit for one in new}) if self._restand(name, now)}
        return Added(len(new), known, contradicting, sum(one.hit not in found for one in new))

    def _restand(self, name: str, now: datetime) -> bool:
        """Lets one hit stand as its reviews say; False where the record does not have it."""
        rows = self._rows("SELECT airfield, properties FROM hits WHERE id = ?", name)
        if not rows:
            return False
        with explained(self.path):
            reviews = [load(Review, row) for row in self._rows(_REVIEWS_OF, name)]
            turns = [load(Turn, row) for row in self._rows(_TURNS_OF, name)]
            hit, new = restand(parse(Hit, rows[0]["properties"]), reviews, turns, now)
        self._execute("UPDATE hits SET status = ?, properties = ? WHERE id = ?", hit.status, to_text(dump(hit)), name)
        self._execute("UPDATE airfields SET outputs_due = 1 WHERE id = ?", rows[0]["airfield"])
        self._save_judgements(new, {})
        return True

    def _save_judgements(self, turns: Sequence[Turn], muted: Mapping[str, str]) -> None:
        """Notes changes of status, and which hits are no news; within the caller's transaction."""
        for turn in turns:
            self._execute(_ADD_TURN, *dump(turn).values())
        for name, rejected in muted.items():
            self._execute("UPDATE hits SET muted_by = ? WHERE id = ?", rejected, name)


_OF_AIRFIELD = "(? IS NULL OR airfield = ?)"

_REVIEW = "SELECT hit, airfield, verdict, note, reviewer, reviewed_at FROM reviews"
# A review from elsewhere may spell the airfield otherwise: what counts is the hit.
_REVIEWS = f"{_REVIEW} WHERE {_OF_AIRFIELD} OR hit IN (SELECT id FROM hits WHERE airfield = ?)"
_REVIEWS_OF = f"{_REVIEW} WHERE hit = ?"
_SAME_REVIEW = "SELECT verdict, note, airfield FROM reviews WHERE hit = ? AND reviewer = ? AND reviewed_at = ?"
_ADD_REVIEW = "INSERT INTO reviews (hit, airfield, verdict, note, reviewer, reviewed_at) VALUES (?, ?, ?, ?, ?, ?)"

_TURN = "SELECT hit, happened_at, was, became, reason_code, score_before, score_after FROM turns"
_TURNS = f"{_TURN} WHERE hit IN (SELECT id FROM hits WHERE {_OF_AIRFIELD}) ORDER BY turns.rowid"
_TURNS_OF = f"{_TURN} WHERE hit = ? ORDER BY rowid"
# Two of one moment that lead to the same status: the later one stands, and is the last.
_ADD_TURN = """
INSERT OR REPLACE INTO turns (hit, happened_at, was, became, reason_code, score_before, score_after)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""

_HITS = f"SELECT properties, attribution, first_seen, muted_by FROM hits WHERE {_OF_AIRFIELD}"

_T = TypeVar("_T", Review, Turn)


def _by_hit(told: Iterable[_T]) -> dict[str, tuple[_T, ...]]:
    found: dict[str, list[_T]] = {}
    for one in told:
        found.setdefault(one.hit, []).append(one)
    return {name: tuple(ones) for name, ones in found.items()}


def _recorded(
    row: Mapping[str, Any], reviews: Mapping[str, tuple[Review, ...]], turns: Mapping[str, tuple[Turn, ...]]
) -> RecordedHit:
    hit = parse(Hit, row["properties"])
    said, changes = reviews.get(hit.id, ()), turns.get(hit.id, ())
    return RecordedHit(hit, moment(row["first_seen"]), row["attribution"], row["muted_by"], said, changes)
