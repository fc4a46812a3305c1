"""Times in the record that a wrong clock noted: what lies ahead of now would hold up the watch until it comes."""

from datetime import datetime, timedelta

from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.wording.text import iso

AHEAD = timedelta(days=1)
"""So far ahead a right clock notes a time (the next try of what was refused); what lies farther is a wrong clock's."""
NOTED = {
    "airfields": ("scored_at",),
    "hits": ("first_seen",),
    "sweeps": ("started_at",),
    "deliveries": ("sent_at",),
    "messages": ("composed_at", "sent_at", "next_try_at"),
    "troubles": ("last_seen", "told_at", "ended_at", "end_told_at"),
}
"""Columns of times that a sweep notes. Keys are left as they are: since when a trouble is, when a review was made."""


class ClockStore(Store):
    """The record, as those see it who doubt its times; what writes is one transaction. Raises StoreError."""

    @staticmethod
    def over(store: Store) -> "ClockStore":
        """The same open record."""
        return ClockStore(store.path, store._connection)

    def mend_times(self, now: datetime) -> None:
        """Has what was noted more than a day ahead be noted now; a silence lasts as long as it was meant to, from now.

        What was told stays told, and what waits is tried again at once.
        """
        limit = iso(now + AHEAD)
        with self._transaction():
            for table, columns in NOTED.items():
                for column in columns:
                    self._execute(f"UPDATE {table} SET {column} = ? WHERE {column} > ?", iso(now), limit)
            for row in self._rows("SELECT id, made_at, ends_at FROM silences WHERE made_at > ?", limit):
                made, ends = (datetime.fromisoformat(row[name]) for name in ("made_at", "ends_at"))
                sql = "UPDATE silences SET made_at = ?, ends_at = ? WHERE id = ?"
                self._execute(sql, iso(now), iso(now + (ends - made)), row["id"])
