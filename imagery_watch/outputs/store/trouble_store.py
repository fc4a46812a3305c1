"""Troubles and silences in the record, and what is known of how well an airfield can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imagery_watch.outputs.store.database import explained
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.values import load, moment
from imagery_watch.outputs.wording.text import iso

EVERYWHERE = ""
"""The airfield of a silence that holds for all."""


@dataclass(frozen=True)
class Trouble:
    """What keeps the watch from looking, or telling."""

    subject: str
    """What is in trouble: `catalogue NAME`, `airfield ID`, `sight ID`, `channel NAME`."""
    since: datetime
    text: str
    last_seen: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class ToldTrouble:
    """What a channel was told of one trouble, and when."""

    subject: str
    since: datetime
    phase: str
    told_at: datetime


@dataclass(frozen=True)
class Silence:
    """An airfield of which no message is sent for a time."""

    airfield: str
    """Empty: all."""
    note: str
    made_at: datetime
    ends_at: datetime

    def covers(self, airfield: str) -> bool:
        """Whether it holds for an airfield."""
        return self.airfield in (EVERYWHERE, airfield)


class TroubleStore(Store):
    """The record, as those see it who tell of troubles; what writes is one transaction. Raises StoreError."""

    @staticmethod
    def over(store: Store) -> "TroubleStore":
        """The same open record."""
        return TroubleStore(store.path, store._connection)

    def note_trouble(self, subject: str, text: str, now: datetime) -> None:
        """Notes a trouble: that it goes on, with what is said of it now, or that it begins."""
        with self._transaction():
            changed = self._execute(_GOES_ON, text, iso(now), subject)
            if not changed.rowcount:
                self._execute(_BEGINS, subject, iso(now), text, iso(now))

    def end_trouble(self, subject: str, now: datetime) -> None:
        """Notes that a trouble is over, where it went on."""
        self._execute("UPDATE troubles SET ended_at = ? WHERE subject = ? AND ended_at IS NULL", iso(now), subject)

    def list_troubles(self, ended_since: datetime | None = None) -> list[Trouble]:
        """The troubles that go on, and those that ended since a time, the oldest first."""
        with explained(self.path):
            rows = self._rows(_TROUBLES, "9999" if ended_since is None else iso(ended_since))
            return [load(Trouble, row) for row in rows]

    def list_told_troubles(self, channel: str, since: datetime) -> list[ToldTrouble]:
        """What a channel was told of troubles in messages composed since a time, the newest last."""
        with explained(self.path):
            return [load(ToldTrouble, row) for row in self._rows(_TOLD_TROUBLES, channel, iso(since))]

    def silence(self, airfield: str, note: str, now: datetime, ends_at: datetime) -> None:
        """Notes that no message is sent of an airfield, or of all, for a time."""
        sql = "INSERT INTO silences (airfield, note, made_at, ends_at) VALUES (?, ?, ?, ?)"
        self._execute(sql, airfield, note, iso(now), iso(ends_at))

    def unsilence(self, airfield: str, now: datetime) -> int:
        """Ends the silences of an airfield, or of all; returns how many there were."""
        sql = "UPDATE silences SET ends_at = ? WHERE airfield = ? AND ends_at > ?"
        return int(self._execute(sql, iso(now), airfield, iso(now)).rowcount)

    def list_silences(self, now: datetime) -> list[Silence]:
        """The silences that hold now, in the order in which they were made."""
        sql = "SELECT airfield, note, made_at, ends_at FROM silences WHERE ends_at > ? ORDER BY id"
        with explained(self.path):
            return [load(Silence, row) for row in self._rows(sql, iso(now))]

    def list_seen(self, airfield: str) -> list[tuple[datetime, bool]]:
        """The times of an airfield's passes, sorted, and whether any of its aprons was seen well enough to judge."""
        rows: Sequence[Any] = self._execute(_SEEN, airfield).fetchall()
        with explained(self.path):
            return [(moment(when), bool(seen)) for when, seen in rows]

    def list_recorded(self) -> list[str]:
        """Ids of the airfields that were ever scored, sorted."""
        return [str(row[0]) for row in self._execute("SELECT id FROM airfields ORDER BY id")]


_GOES_ON = "UPDATE troubles SET text = ?, last_seen = ? WHERE subject = ? AND ended_at IS NULL"

_BEGINS = """
INSERT INTO troubles (subject, since, text, last_seen) VALUES (?, ?, ?, ?)
ON CONFLICT (subject, since) DO UPDATE SET ended_at = NULL, text = excluded.text, last_seen = excluded.last_seen
"""

_TROUBLES = """
SELECT subject, since, text, last_seen, ended_at FROM troubles
WHERE ended_at IS NULL OR ended_at >= ? ORDER BY since, subject
"""

_TOLD_TROUBLES = """
SELECT json_extract(item.value, '$.subject') AS subject, json_extract(item.value, '$.since') AS since,
    json_extract(item.value, '$.phase') AS phase, messages.composed_at AS told_at
FROM messages, json_each(messages.body, '$.troubles') AS item
WHERE messages.channel = ? AND messages.composed_at >= ? ORDER BY messages.rowid
"""

_SEEN = """
SELECT passes.datetime, coalesce(max(looks.result IN ('change', 'no_change')), 0)
FROM passes LEFT JOIN looks ON looks.airfield = passes.airfield AND looks.pass = passes.id
WHERE passes.airfield = ? AND passes.state != 'history' GROUP BY passes.id ORDER BY passes.datetime
"""
