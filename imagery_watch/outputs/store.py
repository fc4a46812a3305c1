"""`monitor`'s record: one SQLite file that survives being killed, and that says so when it was damaged."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from imagery_watch.model import Hit, Look, LookResult, Occupancy, Stay
from imagery_watch.outputs.record import AirfieldRun, PassRecord, PassState
from imagery_watch.outputs.store_file import BACKUP, FILE, copied, explained, opened, put_in_place, remove_database
from imagery_watch.outputs.text import iso

_TIMES = ("before", "after")
_STAY_TIMES = ("not_before", "seen_from", "seen_to", "not_after")
_LISTS = ("before_items", "after_items")


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


class Store:
    """An open record; every method that writes is one transaction. Raises StoreError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

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
        sql = (
            "SELECT id, datetime, versions, state, reason, settings_hash, relative_orbit FROM passes WHERE airfield = ?"
        )
        with explained(self.path):
            return {row[0]: _pass(*row) for row in self._execute(sql, airfield)}

    def hits(self, airfield: str) -> list[Hit]:
        """The airfield's hits, withdrawn ones included, sorted by time then id."""
        rows = self._execute("SELECT properties FROM hits WHERE airfield = ?", airfield)
        with explained(self.path):
            return sorted((_hit(row[0]) for row in rows), key=lambda hit: (hit.after, hit.id))

    def looks(self, airfield: str) -> list[tuple[str, Look, Occupancy | None]]:
        """The airfield's looks, sorted by time then as they were recorded, each with the id of its pass and how full.

        The items of a look are not recorded with it: they are those of its pass.
        """
        with explained(self.path):
            return [_look(airfield, *row) for row in self._execute(_LOOKS, airfield)]

    def stays(self, airfield: str) -> list[Stay]:
        """The airfield's stays, sorted by first look, then id; those of withdrawn hits too."""
        rows = self._execute("SELECT properties FROM stays WHERE airfield = ?", airfield)
        with explained(self.path):
            return sorted((_stay(row[0]) for row in rows), key=lambda stay: (stay.seen_from, stay.id))

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
                versions = json.dumps(one.versions)
                told = (iso(one.datetime), versions, one.state, one.reason, one.settings_hash, one.relative_orbit)
                self._execute(_UPSERT_PASS, run.airfield, one.id, *told, sweep)
            full = {(one.apron, one.datetime): (one.standing, one.usual) for one in run.occupancy}
            for pass_id, look in run.looks:
                seen = (look.visible_fraction, look.smallest_detectable_m, look.registration_error_px)
                counts = full.get((look.apron, look.datetime), (None, None))
                self._execute(_UPSERT_LOOK, run.airfield, pass_id, look.apron, look.result, *seen, look.reason, *counts)
            for hit in run.hits:
                self._execute(
                    _UPSERT_HIT,
                    *(hit.id, run.airfield, hit.kind, hit.status, hit.lon, hit.lat, hit.x, hit.y),
                    *(_hit_json(hit), run.attribution, iso(now)),
                )
            for stay in run.stays:
                self._execute(_UPSERT_STAY, stay.id, run.airfield, _stay_json(stay), iso(now))

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

    def outbox(self) -> list[tuple[Hit, str]]:
        """Hits that were not handed on yet, each with the credits that it owes, sorted by airfield, time and id."""
        rows = self._execute("SELECT properties, attribution FROM hits WHERE written_at IS NULL")
        with explained(self.path):
            found = [(_hit(properties), str(attribution)) for properties, attribution in rows]
        return sorted(found, key=lambda pair: (pair[0].airfield, pair[0].after, pair[0].id))

    def hit_written(self, hit_id: str, now: datetime) -> None:
        """Takes a hit out of the outbox."""
        self._execute("UPDATE hits SET written_at = ? WHERE id = ?", iso(now), hit_id)

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

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        with explained(self.path):
            return self._connection.execute(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._connection.rollback()
            raise


_UPSERT_AIRFIELD = """
INSERT INTO airfields (id, name, aoi_hash, scored_at, outputs_due) VALUES (?, ?, ?, ?, 1)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, aoi_hash = excluded.aoi_hash, scored_at = excluded.scored_at, outputs_due = 1
"""

_UPSERT_PASS = """
INSERT INTO passes (airfield, id, datetime, versions, state, reason, settings_hash, relative_orbit, sweep)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, id) DO UPDATE
SET datetime = excluded.datetime, versions = excluded.versions, state = excluded.state, reason = excluded.reason,
    settings_hash = excluded.settings_hash, sweep = excluded.sweep, gone = 0,
    relative_orbit = coalesce(excluded.relative_orbit, relative_orbit)
"""

_NOTE_ORBIT = "UPDATE passes SET relative_orbit = ? WHERE airfield = ? AND id = ? AND relative_orbit IS NULL"

# A look that could not be repeated does not wipe out what was seen before.
_UPSERT_LOOK = """
INSERT INTO looks
    (airfield, pass, apron, result, visible_fraction, smallest_detectable_m, registration_error_px, reason,
     standing, usual)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, pass, apron) DO UPDATE
SET result = excluded.result, visible_fraction = excluded.visible_fraction,
    smallest_detectable_m = excluded.smallest_detectable_m,
    registration_error_px = excluded.registration_error_px, reason = excluded.reason,
    standing = excluded.standing, usual = excluded.usual
WHERE excluded.result != 'failed'
"""

# First seen and written stay what they are.
_UPSERT_HIT = """
INSERT INTO hits (id, airfield, kind, status, lon, lat, x, y, properties, attribution, first_seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
SET status = excluded.status, lon = excluded.lon, lat = excluded.lat, x = excluded.x, y = excluded.y,
    properties = excluded.properties, attribution = excluded.attribution
"""

_UPSERT_STAY = """
INSERT INTO stays (id, airfield, properties, first_seen) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET properties = excluded.properties
"""

_LOOKS = """
SELECT pass, apron, datetime, relative_orbit, result, visible_fraction, smallest_detectable_m, registration_error_px,
    looks.reason, standing, usual
FROM looks JOIN passes ON passes.airfield = looks.airfield AND passes.id = looks.pass
WHERE looks.airfield = ? ORDER BY datetime, looks.rowid
"""


def _pass(
    pass_id: str, when: str, versions: str, state: str, reason: str, settings_hash: str, orbit: int | None
) -> PassRecord:
    items, time = tuple(json.loads(versions)), datetime.fromisoformat(when)
    return PassRecord(pass_id, time, items, cast(PassState, state), reason, settings_hash, orbit)


def _look(
    airfield: str, pass_id: str, apron: str, when: str, orbit: int | None, result: str, *rest: Any
) -> tuple[str, Look, Occupancy | None]:
    visible, smallest, error_px, reason, standing, usual = rest
    time, told = datetime.fromisoformat(when), cast(LookResult, result)
    look = Look(airfield, apron, time, (), "sentinel-2", orbit, told, visible, smallest, error_px, reason)
    return pass_id, look, None if standing is None else Occupancy(apron, time, standing, usual)


def _hit_json(hit: Hit) -> str:
    """Every field of a hit but its picture, which belongs to a folder, not to the record."""
    values = asdict(hit) | {"chip": None} | {name: iso(getattr(hit, name)) for name in _TIMES}
    return json.dumps(values, sort_keys=True)


def _hit(text: str) -> Hit:
    known = {field.name for field in fields(Hit)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    values |= {name: datetime.fromisoformat(values[name]) for name in _TIMES}
    values |= {name: tuple(values[name]) for name in _LISTS}
    return Hit(**values)


def _stay_json(stay: Stay) -> str:
    times = {name: getattr(stay, name) for name in _STAY_TIMES}
    told = {name: None if time is None else iso(time) for name, time in times.items()}
    return json.dumps(asdict(stay) | told, sort_keys=True)


def _stay(text: str) -> Stay:
    known = {field.name for field in fields(Stay)}
    values = {name: value for name, value in json.loads(text).items() if name in known}
    times = {name: values[name] for name in _STAY_TIMES}
    return Stay(**values | {name: time and datetime.fromisoformat(time) for name, time in times.items()})
