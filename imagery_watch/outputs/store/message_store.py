"""Messages in the record: what each channel was told, what waits to be sent, and what the feed has."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from imagery_watch.model import Hit
from imagery_watch.outputs.store.database import explained
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.store.tables import parse
from imagery_watch.outputs.values import load, moment
from imagery_watch.outputs.wording.text import iso

KNOWN = ""
"""In place of a hit's id in `deliveries`: since when a channel is known. What was recorded before is no news to it."""


class Told(NamedTuple):
    """What a channel was told of a hit before."""

    revision: int | None
    """The last one that was in a message; None where none was."""
    held_back: bool
    """Whether a revision was passed over."""


@dataclass(frozen=True)
class Kept:
    """A message that waits to be sent."""

    id: str
    channel: str
    body: str
    composed_at: datetime
    tries: int
    next_try_at: datetime
    last_error: str


class FedRow(NamedTuple):
    """A hit that was handed on, as the feed wants it."""

    hit: Hit
    credit: str
    revision: int
    published: datetime
    updated: datetime


class MessageStore(Store):
    """The record, as those see it who send messages; every method that writes is one transaction. Raises StoreError."""

    @staticmethod
    def over(store: Store) -> "MessageStore":
        """The same open record."""
        return MessageStore(store.path, store._connection)

    def greet(self, channels: Iterable[str], now: datetime) -> None:
        """Notes channels that were not known; what is recorded by then is no news to them, and does not wait.

        Channels that are not among them are forgotten: one that comes back is a new one.
        """
        named = list(channels)
        with self._transaction():
            self._execute(_FORGET, KNOWN, json.dumps(named))
            for channel in named:
                if not self._execute(_IS_KNOWN, KNOWN, channel).fetchone():
                    self._execute(_HOLD_BACK_ALL, channel, iso(now))
                    self._execute(_NOTE, KNOWN, 0, channel, iso(now), None)

    def list_told(self, channel: str, hits: Iterable[str]) -> dict[str, Told]:
        """What a channel was told of each of the hits, where there is anything to tell."""
        rows = self._execute(_TOLD, channel, json.dumps(list(hits)))
        with explained(self.path):
            return {str(hit): Told(None if last is None else int(last), bool(held)) for hit, last, held in rows}

    def find_last_composed(self, channel: str) -> datetime | None:
        """When the newest message to a channel was composed."""
        row = self._execute("SELECT max(composed_at) FROM messages WHERE channel = ?", channel).fetchone()
        with explained(self.path):
            return None if row[0] is None else moment(row[0])

    def hold_back(self, channel: str, hits: Sequence[tuple[str, int]], now: datetime) -> None:
        """Takes revisions of hits out of a channel's outbox that it will not be told of."""
        with self._transaction():
            for hit, revision in hits:
                self._execute(_NOTE, hit, revision, channel, iso(now), None)

    def keep(
        self, message: Kept, hits: Sequence[tuple[str, int]], troubles: Mapping[tuple[str, datetime], bool]
    ) -> None:
        """Keeps a new message and what it tells, all of it or nothing.

        `hits` are ids with revisions; `troubles` are subjects with the time since when, and whether their end is told.
        """
        now, first = iso(message.composed_at), iso(message.next_try_at)
        with self._transaction():
            self._execute(_KEEP, message.id, message.channel, message.body, now, first, message.channel)
            for hit, revision in hits:
                self._execute(_NOTE, hit, revision, message.channel, now, message.id)
            for (subject, since), ended in troubles.items():
                column = "end_told_at" if ended else "told_at"
                sql = f"UPDATE troubles SET {column} = ? WHERE subject = ? AND since = ?"
                self._execute(sql, now, subject, iso(since))

    def list_waiting(self, channel: str | None = None) -> list[Kept]:
        """Messages of one channel, or of all, that were not taken yet, in the order in which they were composed."""
        with explained(self.path):
            return [load(Kept, row) for row in self._rows(_WAITING, channel, channel)]

    def note_sent(self, message: str, now: datetime) -> None:
        """Notes that a message was taken."""
        self._execute(
            "UPDATE messages SET sent_at = ?, tries = tries + 1, last_error = '' WHERE id = ?", iso(now), message
        )

    def note_failed(self, message: str, error: str, next_try: datetime) -> None:
        """Notes that a message was not taken, and when it is tried again."""
        sql = "UPDATE messages SET tries = tries + 1, last_error = ?, next_try_at = ? WHERE id = ?"
        self._execute(sql, error, iso(next_try), message)

    def postpone(self, channel: str, until: datetime) -> None:
        """Has all that waits for a channel wait at least until then, so that the order stays."""
        sql = "UPDATE messages SET next_try_at = max(next_try_at, ?) WHERE channel = ? AND sent_at IS NULL"
        self._execute(sql, iso(until), channel)

    def list_fed(self, most: int) -> list[FedRow]:
        """The hits that were handed on to files, the newest first: what the feed has."""
        rows = self._execute(_FED, most)
        with explained(self.path):
            return [
                FedRow(parse(Hit, told), credit, int(revision), moment(first), moment(last))
                for told, credit, revision, first, last in rows
            ]

    def find_beginning(self) -> datetime | None:
        """When the first sweep began."""
        row = self._execute("SELECT started_at FROM sweeps ORDER BY id LIMIT 1").fetchone()
        with explained(self.path):
            return None if row is None else moment(row[0])


_FORGET = "DELETE FROM deliveries WHERE event = ? AND channel NOT IN (SELECT value FROM json_each(?))"

_IS_KNOWN = "SELECT 1 FROM deliveries WHERE event = ? AND channel = ?"

_HOLD_BACK_ALL = """
INSERT INTO deliveries (event, revision, channel, sent_at, message)
SELECT id, revision, ?, ?, NULL FROM hits WHERE true
ON CONFLICT (event, revision, channel) DO NOTHING
"""

# What waits behind a message that failed waits with it, and so does what is new.
_KEEP = """
INSERT INTO messages (id, channel, body, composed_at, next_try_at)
SELECT ?, ?, ?, ?, max(?, coalesce((SELECT min(next_try_at) FROM messages WHERE channel = ? AND sent_at IS NULL), ''))
"""

_NOTE = """
INSERT INTO deliveries (event, revision, channel, sent_at, message) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (event, revision, channel) DO NOTHING
"""

_TOLD = """
SELECT event, max(CASE WHEN message IS NOT NULL THEN revision END), max(message IS NULL)
FROM deliveries WHERE channel = ? AND event IN (SELECT value FROM json_each(?)) GROUP BY event
"""

# By their rows, not by their times: the clock may have been put back in between.
_WAITING = """
SELECT id, channel, body, composed_at, tries, next_try_at, last_error FROM messages
WHERE sent_at IS NULL AND (channel = ? OR ? IS NULL) ORDER BY rowid
"""

_FED = """
SELECT hits.properties, hits.attribution, hits.revision, min(deliveries.sent_at), max(deliveries.sent_at) AS updated
FROM deliveries JOIN hits ON hits.id = deliveries.event
WHERE deliveries.channel = 'file' GROUP BY hits.id ORDER BY updated DESC, hits.id DESC LIMIT ?
"""
