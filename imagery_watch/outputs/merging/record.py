"""An open record that takes in others: each airfield as who scored it last has it, and all that people said of hits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

from imagery_watch.errors import StoreError
from imagery_watch.model import Hit, Review, Turn
from imagery_watch.outputs.merging.blocks import BLOCK, rank_block, stand_by, strip
from imagery_watch.outputs.merging.rules import UNITED, Row, join_sweeps, key_of_sweep
from imagery_watch.outputs.store.database import copied_file, explained
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.store.tables import parse, to_text
from imagery_watch.outputs.values import dump, load, moment

Judged = Mapping[str, frozenset[Review]]
"""Reviews by hit."""
Rows = dict[str, list[dict[str, Any]]]
"""Rows by table."""


@dataclass(frozen=True)
class Taken:
    """What came of one record that was merged."""

    path: Path
    airfields: int
    """How many it has."""
    newer: int
    """Those of them that it knew better than the record that took it in, and that are now as it has them."""


@contextmanager
def read_source(path: Path) -> Iterator["MergeStore"]:
    """A record that is to be merged, as a copy in memory: the file stays as it is.

    Raises StoreError where it is damaged, foreign, newer than this version, or not there.
    """
    with copied_file(path) as connection:
        if connection is None:
            raise StoreError(f"{path} is not there: expected a record of `monitor`, or the home that has one")
        yield MergeStore(path, connection)


class MergeStore(Store):
    """An open record, as those see it who merge. Raises StoreError."""

    def take_all(self, sources: Iterable[AbstractContextManager["MergeStore"]]) -> list[Taken]:
        """Takes in other records, one after the other: all of them, or nothing."""
        told = []
        with self._transaction():
            self._execute("PRAGMA defer_foreign_keys = ON")
            for source in sources:
                with source as other:
                    told.append(self.take(other))
            for table, rule in UNITED.items():
                if rule.own:  # where a row has a number of its own a record may hold the same one twice
                    self._unite(self, table)
            self._number_sweeps()
        return told

    def take(self, other: "MergeStore") -> Taken:
        """Takes in one record, within the caller's transaction."""
        ours, theirs, offset = self._judged(), other._judged(), self._add_sweeps(other)
        order = {name: self._compare(other, name) for name in other.airfields()}
        newer = {name for name, sign in order.items() if sign < 0}
        same = {name for name, sign in order.items() if sign == 0}
        for name in sorted(newer):
            self._replace_block(other, name, offset)
        for name in sorted(same):
            self._execute(_DUE_TOO, other.outputs_due(name), name)
        for table in UNITED:
            self._unite(other, table)
        for row in self._rows("SELECT id, airfield FROM hits WHERE id IN (SELECT hit FROM reviews) ORDER BY id"):
            name, airfield = row["id"], row["airfield"]
            owners = [theirs] if airfield in newer else [ours, theirs] if airfield in same else [ours]
            self._stand(name, airfield, [one.get(name, frozenset()) for one in owners])
        return Taken(other.path, len(order), len(newer))

    def _judged(self) -> Judged:
        return {hit: frozenset(ones) for hit, ones in self.reviews().items()}

    def _add_sweeps(self, other: "MergeStore") -> int:
        """Adds the other's sweeps behind ours; returns what was added to their numbers."""
        offset = int(self._execute("SELECT coalesce(max(id), 0) FROM sweeps").fetchone()[0])
        for row in other._rows("SELECT * FROM sweeps"):
            self._insert("sweeps", row | {"id": row["id"] + offset})
        return offset

    def _compare(self, other: "MergeStore", airfield: str) -> int:
        """Below zero where the other record of an airfield is to be kept, zero where it is the same as ours."""
        ours, theirs = (one._find_scored(airfield) for one in (self, other))
        if ours != theirs:
            return -1 if ours is None or (theirs is not None and ours < theirs) else 1
        blocks = [one._read_block(airfield) for one in (self, other)]
        if blocks[0] == blocks[1]:
            return 0
        with explained(self.path):
            ranks = [rank_block(block) for block in blocks]
        return (ranks[0] > ranks[1]) - (ranks[0] < ranks[1])

    def _find_scored(self, airfield: str) -> datetime | None:
        row = self._execute("SELECT scored_at FROM airfields WHERE id = ?", airfield).fetchone()
        with explained(self.path):
            return None if row is None else moment(row[0])

    def _read_block(self, airfield: str) -> Rows:
        """All that the record has of an airfield, its sweeps by what they are known by."""
        block = {table: self._rows(_rows_of(table), airfield) for table in BLOCK}
        sweeps = {row["id"]: key_of_sweep(row) for row in self._rows(_SWEEPS_OF, airfield)}
        for row in block["passes"]:
            row["sweep"] = sweeps[row["sweep"]]
        for row in block["airfields"]:
            del row["outputs_due"]
        return block

    def _replace_block(self, other: "MergeStore", airfield: str, offset: int) -> None:
        for table, which in reversed(BLOCK.items()):
            self._execute(f"DELETE FROM {table} WHERE {which}", airfield)
        for table in BLOCK:
            for row in other._rows(_rows_of(table), airfield):
                self._insert(table, row | ({"sweep": row["sweep"] + offset} if table == "passes" else {}))

    def _unite(self, other: "MergeStore", table: str) -> None:
        """Adds the other's rows of a table; of two with one key the rule's stays."""
        rule = UNITED[table]
        same = " AND ".join(f"{name} = ?" for name in rule.key)
        for row in other._rows(f"SELECT * FROM {table} ORDER BY rowid"):
            new = row | dict.fromkeys(rule.own)
            key = [row[name] for name in rule.key]
            known = self._rows(f"SELECT * FROM {table} WHERE {same} ORDER BY rowid", *key)
            if not known:
                self._insert(table, new)
                continue
            kept: Row = reduce(rule.pick, [*known, new])
            if kept is new or len(known) > 1:
                self._execute(f"DELETE FROM {table} WHERE {same}", *key)
                self._insert(table, {**kept, **dict.fromkeys(rule.own)})

    def _stand(self, name: str, airfield: str, owned: Sequence[frozenset[Review]]) -> None:
        """Lets a hit stand by all its reviews; files are due where a record that it is from had not all of them."""
        with explained(self.path):
            [row] = self._rows("SELECT properties FROM hits WHERE id = ?", name)
            reviews = [load(Review, one) for one in self._rows("SELECT * FROM reviews WHERE hit = ?", name)]
            changes = self._rows(_TURNS_OF, name)
            bare = strip(parse(Hit, row["properties"]), [load(Turn, one) for one in changes])
            hit, turn = stand_by(bare, sorted(reviews, key=lambda one: (one.reviewed_at, one.reviewer)))
        for gone in changes[len(bare.turns) :]:
            self._execute("DELETE FROM turns WHERE rowid = ?", gone["number"])
        if turn is not None:
            self._insert("turns", dump(turn))
        self._execute("UPDATE hits SET status = ?, properties = ? WHERE id = ?", hit.status, to_text(dump(hit)), name)
        due = any(one != frozenset(reviews) for one in owned)
        self._execute(_DUE_TOO, due, airfield)

    def _number_sweeps(self) -> None:
        """Numbers the sweeps by their time, each once; the passes follow."""
        rows = self._rows("SELECT * FROM sweeps")
        joined = join_sweeps(rows)
        numbers = {key: number for number, key in enumerate(joined, 1)}
        moved = {row["id"]: numbers[key_of_sweep(row)] for row in rows}
        if all(old == new for old, new in moved.items()):
            return
        self._execute("CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
        for old, new in moved.items():
            self._execute("INSERT INTO renumbered VALUES (?, ?)", old, new)
        self._execute("UPDATE passes SET sweep = (SELECT new FROM renumbered WHERE old = sweep)")
        self._execute("DROP TABLE renumbered")
        self._execute("DELETE FROM sweeps")
        for key, row in joined.items():
            self._insert("sweeps", row | {"id": numbers[key]})

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        self._execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})", *row.values())


_SWEEPS_OF = "SELECT * FROM sweeps WHERE id IN (SELECT sweep FROM passes WHERE airfield = ?)"
_TURNS_OF = "SELECT rowid AS number, * FROM turns WHERE hit = ? ORDER BY rowid"
_DUE_TOO = "UPDATE airfields SET outputs_due = max(outputs_due, ?) WHERE id = ?"


def _rows_of(table: str) -> str:
    return f"SELECT * FROM {table} WHERE {BLOCK[table]} ORDER BY rowid"
