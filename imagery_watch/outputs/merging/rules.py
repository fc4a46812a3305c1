"""What becomes of rows that two records have under one key: one of them is kept, chosen by what is in it alone.

So the order in which records are merged does not matter, and merging again changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""A table's row by column."""
SweepKey = tuple[str, str, str]
"""When a sweep began, the version and the catalogue: by that it is known wherever it is recorded."""


@dataclass(frozen=True)
class United:
    """A table of which the rows of all records are kept."""

    key: tuple[str, ...]
    """The columns by which two rows are one."""
    pick: Callable[[Row, Row], Row]
    """Which of two is kept."""
    own: tuple[str, ...] = ()
    """Columns that are each record's own numbers: what is added gets new ones."""


def pick_delivery(one: Row, other: Row) -> Row:
    """The earlier one: what was handed on stays handed on."""
    return min(one, other, key=lambda row: (row["sent_at"], row["message"] or ""))


def pick_message(one: Row, other: Row) -> Row:
    """The one that was taken, the earlier first; of two that wait the one that was tried more often."""
    return min(one, other, key=_rank_message)


def _rank_message(row: Row) -> tuple[Any, ...]:
    waits = row["sent_at"] is None
    return waits, row["sent_at"] or "", -row["tries"], row["next_try_at"], row["last_error"], row["body"]


def pick_trouble(one: Row, other: Row) -> Row:
    """The one that was seen last; of two that were seen together, the one that ended."""
    return max(one, other, key=_rank_trouble)


def _rank_trouble(row: Row) -> tuple[Any, ...]:
    return (row["last_seen"], *((row[name] or "") for name in ("ended_at", "told_at", "end_told_at")), row["text"])


def pick_silence(one: Row, other: Row) -> Row:
    """The one that ends earlier: a silence that was ended by hand stays ended."""
    return min(one, other, key=lambda row: row["ends_at"])


def pick_review(one: Row, other: Row) -> Row:
    """Of two that contradict each other, the one whose verdict, then note, comes last in the alphabet."""
    return max(one, other, key=lambda row: (row["verdict"], row["note"], row["airfield"]))


UNITED = {
    "deliveries": United(("event", "revision", "channel"), pick_delivery),
    "messages": United(("id",), pick_message),
    "troubles": United(("subject", "since"), pick_trouble),
    "silences": United(("airfield", "note", "made_at"), pick_silence, ("id",)),
    "reviews": United(("hit", "reviewer", "reviewed_at"), pick_review),
}
"""The tables that are united row by row."""


def key_of_sweep(row: Row) -> SweepKey:
    """By what a sweep is known."""
    return row["started_at"], row["version"], row["catalog"]


def join_sweeps(rows: Iterable[Row]) -> dict[SweepKey, dict[str, Any]]:
    """The sweeps by key, in their order of time; of those that share one, the largest of each number.

    Sweeps that began at the very same moment are so one: as long as the longest, with the worst exit code.
    """
    found: dict[SweepKey, dict[str, Any]] = {}
    for row in rows:
        known = found.setdefault(key_of_sweep(row), dict(row))
        for name in ("seconds", "exit_code", "new_hits"):
            known[name] = max((one for one in (known[name], row[name]) if one is not None), default=None)
    return dict(sorted(found.items()))
