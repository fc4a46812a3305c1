"""The record at a glance: every airfield in a few queries, however many looks it has."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from imagery_watch.model import Hit, Judgement, Pass, judge
from imagery_watch.outputs.store.database import explained
from imagery_watch.outputs.store.store import Store
from imagery_watch.outputs.store.tables import parse
from imagery_watch.outputs.values import moment
from imagery_watch.outputs.wording.text import iso


class Scored(NamedTuple):
    """An airfield that was ever scored."""

    name: str
    when: datetime
    """When it was last."""


class LastLook(NamedTuple):
    """The last pass that saw enough of an apron."""

    when: datetime
    smallest_m: tuple[float, float] | None
    """Length of the smallest aircraft that it would likely have shown: on the best apron and on the worst."""


class Standing(NamedTuple):
    """How a hit stands."""

    id: str
    airfield: str
    status: str
    judgement: Judgement
    is_muted: bool
    """Whether it lies at a place that a review rejected."""
    after: datetime
    """The first look after the change."""


class OverviewStore(Store):
    """The record, as the page over all airfields sees it. Raises StoreError."""

    @staticmethod
    def over(store: Store) -> "OverviewStore":
        """The same open record."""
        return OverviewStore(store.path, store._connection)

    def list_scored(self) -> dict[str, Scored]:
        """The airfields that were ever scored, by id."""
        rows = self._execute("SELECT id, name, scored_at FROM airfields ORDER BY id")
        with explained(self.path):
            return {str(name): Scored(str(title), moment(when)) for name, title, when in rows}

    def list_last_looks(self) -> dict[str, LastLook]:
        """By airfield, its last look."""
        rows = self._execute(_LAST_LOOKS)
        with explained(self.path):
            return {
                str(name): LastLook(moment(when), None if low is None else (float(low), float(high)))
                for name, when, low, high in rows
            }

    def list_standings(self) -> list[Standing]:
        """How every hit stands, the newest change first."""
        reviews = self.reviews()
        rows = self._execute(_STANDINGS)
        with explained(self.path):
            found = [
                Standing(name, airfield, status, judge(reviews.get(name, ())), bool(muted), moment(after))
                for name, airfield, status, muted, after in rows
            ]
        return sorted(found, key=lambda one: (one.after, one.id), reverse=True)

    def list_passes_since(self, since: datetime) -> dict[str, list[Pass]]:
        """By airfield, its passes since a time, without their looks and without those that the catalogue took back."""
        found: dict[str, list[Pass]] = {}
        rows = self._execute(_PASSES_SINCE, iso(since))
        with explained(self.path):
            for airfield, name, when, orbit, state in rows:
                found.setdefault(airfield, []).append(Pass(name, moment(when), orbit, state))
        return found

    def read_hits(self, names: Iterable[str]) -> list[Hit]:
        """The hits with these ids, in their order; those that are not recorded are left out."""
        found = list[Hit]()
        for name in names:
            rows = self._execute("SELECT properties FROM hits WHERE id = ?", name)
            with explained(self.path):
                found += [parse(Hit, row[0]) for row in rows]
        return found


# SQLite takes the columns beside max() from the row that has it.
_LAST_LOOKS = """
WITH seen AS (
    SELECT looks.airfield, passes.datetime, min(smallest_detectable_m) AS low, max(smallest_detectable_m) AS high
    FROM looks JOIN passes ON passes.airfield = looks.airfield AND passes.id = looks.pass
    WHERE looks.result IN ('change', 'no_change') AND passes.state != 'history' GROUP BY looks.airfield, looks.pass
)
SELECT airfield, max(datetime), low, high FROM seen GROUP BY airfield
"""

_STANDINGS = "SELECT id, airfield, status, muted_by IS NOT NULL, json_extract(properties, '$.after') FROM hits"

_PASSES_SINCE = "SELECT airfield, id, datetime, relative_orbit, state FROM passes WHERE datetime >= ? AND gone = 0"
