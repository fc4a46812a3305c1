"""`monitor`'s record: one SQLite file that survives being killed, and that says so when it was damaged."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from imagery_watch.atomic import put_in_place
from imagery_watch.model import Hit, Look, Occupancy, Stay
from imagery_watch.outputs.reconcile.record import AirfieldRun, PassRecord
from imagery_watch.outputs.store.database import BACKUP, FILE, copied, explained, opened, remove_database
from imagery_watch.outputs.store.review_store import Judgements
from imagery_watch.outputs.store.tables import parse, to_text
from imagery_watch.outputs.values import dump, load
from imagery_watch.outputs.wording.text import iso
from imagery_watch.reasons import parse_codes


@contextmanager
def open_store(home: Path) -> Iterator["Store"]:
    """The record in `home`, checked; made where there never was one. The caller holds the lock.

    Raises StoreError where the file is damaged, foreign, newer than this version, lost, or cannot be written.
    """
    with opened(home) as connection:
        yield Store(home / FILE, connection)


@contextmanager
def read_store(home: Path) -> Iterator["Store | None"]:
    """The record in `home` as it is now, to read only; None where there never was one. Needs no lock.

    Raises StoreError where the file is damaged, foreign, newer than this version, or lost.
    """
    with copied(home) as connection:
        yield None if connection is None else Store(home / FILE, connection)


class Waiting(NamedTuple):
    """A hit that is to be handed on."""

    hit: Hit
    credit: str
    """The credits owed for its imagery and shapes."""
    revision: int
    """1 the first time that it is told; more where it was taken back, or came back."""


class Store(Judgements):
    """An open record; every method that writes is one transaction. Raises StoreError."""

    def start_sweep(self, started: datetime, version: str, catalog: str) -> int:
        """Notes that a sweep begins; returns its number."""
        sql = "INSERT INTO sweeps (started_at, version, catalog) VALUES (?, ?, ?)"
        return int(self._execute(sql, iso(started), version, catalog).lastrowid or 0)

    def finish_sweep(self, sweep: int, seconds: float, exit_code: int, new_hits: int) -> None:
        """Notes how a sweep ended."""
        sql = "UPDATE sweeps SET seconds = ?, exit_code = ?, new_hits = ? WHERE id = ?"
        self._execute(sql, round(seconds, 3), exit_code, new_hits, sweep)

    def passes(self, airfield: str) -> dict[str, PassRecord]:
        """The airfield's passes by id."""
        with explained(self.path):
            found = [_pass(row) for row in self._rows(_PASSES, airfield)]
            return {one.id: one for one in found}

    def hits(self, airfield: str) -> list[Hit]:
        """The airfield's hits, withdrawn ones included, sorted by time then id."""
        rows = self._execute("SELECT properties FROM hits WHERE airfield = ?", airfield)
        with explained(self.path):
            return sorted((parse(Hit, row[0]) for row in rows), key=lambda hit: (hit.after, hit.id))

    def looks(self, airfield: str) -> list[tuple[Look, Occupancy | None]]:
        """The airfield's looks, sorted by time then as they were recorded, each with how full the apron was.

        The items of a look are not recorded with it: they are those of its pass.
        """
        with explained(self.path):
            return [_look(row) for row in self._rows(_LOOKS, airfield)]

    def stays(self, airfield: str) -> list[Stay]:
        """The airfield's stays, sorted by first look, then id; those of withdrawn hits too."""
        rows = self._execute("SELECT properties FROM stays WHERE airfield = ?", airfield)
        with explained(self.path):
            return sorted((parse(Stay, row[0]) for row in rows), key=lambda stay: (stay.seen_from, stay.id))

    def outputs_due(self, airfield: str) -> bool:
        """Whether the airfield was scored and its files were not written since."""
        row = self._execute("SELECT outputs_due FROM airfields WHERE id = ?", airfield).fetchone()
        return row is not None and bool(row[0])

    def outputs_written(self, airfield: str) -> None:
        """Notes that the airfield's files hold what the record holds."""
        self._execute("UPDATE airfields SET outputs_due = 0 WHERE id = ?", airfield)

    def save(self, run: AirfieldRun, sweep: int, now: datetime) -> None:
        """Adds a scoring to the record, all of it or nothing; what it does not speak of stays as it was."""
        with self._transaction():
            self._execute(_UPSERT_AIRFIELD, run.airfield, run.name, run.aoi_hash, iso(now))
            for one in run.passes:
                self._save_pass(run.airfield, one, sweep)
            full = {(one.apron, one.datetime): one for one in run.occupancy}
            for look in run.looks:
                self._save_look(look, full.get((look.apron, look.datetime)))
            for hit in run.hits:
                self._save_hit(hit, run.attribution, now)
            for stay in run.stays:
                self._execute(_UPSERT_STAY, stay.id, run.airfield, to_text(dump(stay)), iso(now), run.sensor)
            self._save_judgements(run.turns, run.muted)

    def _save_pass(self, airfield: str, one: PassRecord, sweep: int) -> None:
        told = (iso(one.datetime), json.dumps(one.versions), one.state, one.reason, one.settings_hash)
        self._execute(_UPSERT_PASS, airfield, one.id, *told, one.relative_orbit, sweep, one.sensor, one.reason_code)

    def _save_look(self, look: Look, full: Occupancy | None) -> None:
        seen = (look.visible_fraction, look.smallest_detectable_m, look.registration_error_px, look.reason)
        counts = (None, None) if full is None else (full.standing, full.usual)
        place = (look.airfield, look.pass_id, look.apron)
        self._execute(_UPSERT_LOOK, *place, look.result, *seen, *counts, look.sensor, " ".join(look.reason_codes))

    def _save_hit(self, hit: Hit, attribution: str, now: datetime) -> None:
        """Every field of a hit but its picture, which belongs to a folder, not to the record."""
        place = (hit.lon, hit.lat, hit.x, hit.y)
        told = (to_text(dump(hit) | {"chip": None}), attribution, iso(now), hit.sensor)
        self._execute(_UPSERT_HIT, hit.id, hit.airfield, hit.kind, hit.status, *place, *told)

    def note_listing(self, airfield: str, *, gone: Iterable[str], listed: Mapping[str, int | None]) -> None:
        """Marks passes that the catalogue no longer has, and unmarks those that it lists; their history stays.

        `listed` has their relative orbits, which records of the first version did not hold.
        """
        sql = "UPDATE passes SET gone = ? WHERE airfield = ? AND gone != ? AND id IN (SELECT value FROM json_each(?))"
        with self._transaction():
            self._execute(sql, 1, airfield, 1, json.dumps(sorted(gone)))
            self._execute(sql, 0, airfield, 0, json.dumps(sorted(listed)))
            for pass_id, orbit in listed.items():
                self._execute(_NOTE_ORBIT, orbit, airfield, pass_id)

    def outbox(self, channel: str) -> list[Waiting]:
        """Hits that were not handed on by a channel yet, by airfield, time and id.

        Waiting is what has no delivery of its revision, which is another one where a hit is withdrawn and where it
        comes back; but what was withdrawn before anyone was told of it is no message, nor what lies at a rejected
        place (`muted_by`).
        """
        rows = self._execute(_OUTBOX, channel, channel)
        with explained(self.path):
            found = [Waiting(parse(Hit, properties), str(credit), int(number)) for properties, credit, number in rows]
        return sorted(found, key=lambda one: (one.hit.airfield, one.hit.after, one.hit.id))

    def note_delivery(self, hit_id: str, channel: str, now: datetime) -> None:
        """Takes a hit, as it now is, out of a channel's outbox."""
        self._execute(_NOTE_DELIVERY, channel, iso(now), hit_id)

    def back_up(self) -> None:
        """Replaces the copy beside the record, whole."""
        target = self.path.with_name(BACKUP)
        temporary = target.with_name(f".{BACKUP}.part")
        with explained(target):
            remove_database(temporary)
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            put_in_place(temporary, target)


_UPSERT_AIRFIELD = """
INSERT INTO airfields (id, name, aoi_hash, scored_at, outputs_due) VALUES (?, ?, ?, ?, 1)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, aoi_hash = excluded.aoi_hash, scored_at = excluded.scored_at, outputs_due = 1
"""

_UPSERT_PASS = """
INSERT INTO passes
    (airfield, id, datetime, versions, state, reason, settings_hash, relative_orbit, sweep, sensor, reason_code)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, id) DO UPDATE
SET datetime = excluded.datetime, versions = excluded.versions, state = excluded.state, reason = excluded.reason,
    settings_hash = excluded.settings_hash, sweep = excluded.sweep, gone = 0,
    sensor = excluded.sensor, reason_code = excluded.reason_code,
    relative_orbit = coalesce(excluded.relative_orbit, relative_orbit)
"""

_NOTE_ORBIT = "UPDATE passes SET relative_orbit = ? WHERE airfield = ? AND id = ? AND relative_orbit IS NULL"

# A look that could not be repeated does not wipe out what was seen before.
_UPSERT_LOOK = """
INSERT INTO looks
    (airfield, pass, apron, result, visible_fraction, smallest_detectable_m, registration_error_px, reason,
     standing, usual, sensor, reason_code)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, pass, apron) DO UPDATE
SET result = excluded.result, visible_fraction = excluded.visible_fraction,
    smallest_detectable_m = excluded.smallest_detectable_m,
    registration_error_px = excluded.registration_error_px, reason = excluded.reason,
    standing = excluded.standing, usual = excluded.usual,
    sensor = excluded.sensor, reason_code = excluded.reason_code
WHERE excluded.result != 'failed'
"""

# When it was first seen stays what it is. Taken back, or told again after that, it is another revision.
_UPSERT_HIT = """
INSERT INTO hits (id, airfield, kind, status, lon, lat, x, y, properties, attribution, first_seen, sensor, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (id) DO UPDATE
SET status = excluded.status, lon = excluded.lon, lat = excluded.lat, x = excluded.x, y = excluded.y,
    properties = excluded.properties, attribution = excluded.attribution, sensor = excluded.sensor,
    revision = revision + ((excluded.status = 'withdrawn') != (status = 'withdrawn'))
"""

_UPSERT_STAY = """
INSERT INTO stays (id, airfield, properties, first_seen, sensor) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET properties = excluded.properties, sensor = excluded.sensor
"""

_PASSES = """
SELECT id, datetime, versions, state, reason, settings_hash, relative_orbit, sensor, reason_code
FROM passes WHERE airfield = ?
"""

_LOOKS = """
SELECT looks.airfield, pass AS pass_id, apron, datetime, looks.sensor, relative_orbit, result, visible_fraction,
    smallest_detectable_m, registration_error_px, looks.reason, looks.reason_code, standing, usual
FROM looks JOIN passes ON passes.airfield = looks.airfield AND passes.id = looks.pass
WHERE looks.airfield = ? ORDER BY datetime, looks.rowid
"""

_OUTBOX = """
SELECT properties, attribution, hits.revision FROM hits LEFT JOIN deliveries
ON deliveries.event = hits.id AND deliveries.revision = hits.revision AND deliveries.channel = ?
WHERE deliveries.event IS NULL AND hits.muted_by IS NULL AND (
    hits.status != 'withdrawn'
    OR EXISTS (SELECT 1 FROM deliveries AS earlier WHERE earlier.event = hits.id AND earlier.channel = ?)
)
"""

_NOTE_DELIVERY = """
INSERT INTO deliveries (event, revision, channel, sent_at) SELECT id, revision, ?, ? FROM hits WHERE id = ?
ON CONFLICT (event, revision, channel) DO UPDATE SET sent_at = excluded.sent_at
"""


def _pass(row: dict[str, Any]) -> PassRecord:
    return load(PassRecord, row | {"versions": json.loads(row["versions"])})


def _look(row: dict[str, Any]) -> tuple[Look, Occupancy | None]:
    look = load(Look, row | {"item_ids": (), "reason_codes": parse_codes(row["reason_code"])})
    return look, None if row["standing"] is None else load(Occupancy, row)
