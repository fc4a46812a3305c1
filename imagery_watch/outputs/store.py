"""`monitor`'s record: one SQLite file that survives being killed, and that says so when it was damaged."""

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from imagery_watch.errors import StoreError
from imagery_watch.model import Hit
from imagery_watch.outputs.record import AirfieldRun, PassRecord, PassState
from imagery_watch.outputs.store_schema import APPLICATION_ID, SCHEMA_VERSION, TABLES
from imagery_watch.outputs.text import iso

FILE = "monitor.sqlite"
BACKUP = "monitor.sqlite.bak"
MARKER = "monitor.started"
"""Its presence says that there is a record: a missing one is then a loss, not a beginning."""
_TIMES = ("before", "after")
_LISTS = ("before_items", "after_items")


@contextmanager
def open_store(home: Path) -> Iterator["Store"]:
    """The record in `home`, checked; made where there never was one. The caller holds the lock.

    Raises StoreError where the file is damaged, foreign, newer than this version, lost, or cannot be written.
    """
    path = home / FILE
    with contextlib.ExitStack() as stack:
        with _explained(path):
            _check_file(path)
            connection = stack.enter_context(contextlib.closing(_connect(path)))
            _check_content(connection, path)
            _mark(home)
        yield Store(path, connection)


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
        sql = "SELECT id, datetime, versions, state, reason, settings_hash FROM passes WHERE airfield = ?"
        with _explained(self.path):
            return {row[0]: _pass(*row) for row in self._execute(sql, airfield)}

    def hits(self, airfield: str) -> list[Hit]:
        """The airfield's hits, withdrawn ones included, sorted by time then id."""
        rows = self._execute("SELECT properties FROM hits WHERE airfield = ?", airfield)
        with _explained(self.path):
            return sorted((_hit(row[0]) for row in rows), key=lambda hit: (hit.after, hit.id))

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
                when, state, reason = iso(one.datetime), one.state, one.reason
                self._execute(
                    _UPSERT_PASS, run.airfield, one.id, when, versions, state, reason, one.settings_hash, sweep
                )
            for pass_id, look in run.looks:
                seen = (look.visible_fraction, look.smallest_detectable_m, look.registration_error_px)
                self._execute(_UPSERT_LOOK, run.airfield, pass_id, look.apron, look.result, *seen, look.reason)
            for hit in run.hits:
                self._execute(
                    _UPSERT_HIT,
                    *(hit.id, run.airfield, hit.kind, hit.status, hit.lon, hit.lat, hit.x, hit.y),
                    *(_hit_json(hit), run.attribution, iso(now)),
                )

    def note_listing(self, airfield: str, *, gone: Iterable[str], listed: Iterable[str]) -> None:
        """Marks passes that the catalogue no longer has, and unmarks those that it lists; their history stays."""
        sql = "UPDATE passes SET gone = ? WHERE airfield = ? AND gone != ? AND id IN (SELECT value FROM json_each(?))"
        with self._transaction():
            self._execute(sql, 1, airfield, 1, json.dumps(sorted(gone)))
            self._execute(sql, 0, airfield, 0, json.dumps(sorted(listed)))

    def outbox(self) -> list[tuple[Hit, str]]:
        """Hits that were not handed on yet, each with the credits that it owes, sorted by airfield, time and id."""
        rows = self._execute("SELECT properties, attribution FROM hits WHERE written_at IS NULL")
        with _explained(self.path):
            found = [(_hit(properties), str(attribution)) for properties, attribution in rows]
        return sorted(found, key=lambda pair: (pair[0].airfield, pair[0].after, pair[0].id))

    def hit_written(self, hit_id: str, now: datetime) -> None:
        """Takes a hit out of the outbox."""
        self._execute("UPDATE hits SET written_at = ? WHERE id = ?", iso(now), hit_id)

    def back_up(self) -> None:
        """Replaces the copy beside the record, whole."""
        target = self.path.with_name(BACKUP)
        temporary = target.with_name(f".{BACKUP}.part")
        with _explained(target):
            _remove_database(temporary)
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
                self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            _replace(temporary, target)

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        with _explained(self.path):
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
INSERT INTO passes (airfield, id, datetime, versions, state, reason, settings_hash, sweep)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, id) DO UPDATE
SET datetime = excluded.datetime, versions = excluded.versions, state = excluded.state, reason = excluded.reason,
    settings_hash = excluded.settings_hash, sweep = excluded.sweep, gone = 0
"""

# A look that could not be repeated does not wipe out what was seen before.
_UPSERT_LOOK = """
INSERT INTO looks
    (airfield, pass, apron, result, visible_fraction, smallest_detectable_m, registration_error_px, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (airfield, pass, apron) DO UPDATE
SET result = excluded.result, visible_fraction = excluded.visible_fraction,
    smallest_detectable_m = excluded.smallest_detectable_m,
    registration_error_px = excluded.registration_error_px, reason = excluded.reason
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


def _check_file(path: Path) -> None:
    """Makes a new record where there never was one. Raises StoreError for one that was lost or emptied."""
    home = path.parent
    if path.exists():
        if path.stat().st_size == 0:
            raise StoreError(f"{path} is empty, but a record never is: it was damaged. {_advice(home)}")
        return
    traces = [home / name for name in (BACKUP, MARKER) if (home / name).exists()]
    if traces:
        raise StoreError(f"{path} is missing, but {traces[0].name} beside it says that it was there. {_advice(home)}")
    home.mkdir(parents=True, exist_ok=True)
    _create(path)


def _create(path: Path) -> None:
    """A new, empty record: complete under another name first, so that no half-made one is ever found."""
    temporary = path.with_name(f".{path.name}.part")
    _remove_database(temporary)
    with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
        ours = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
        connection.executescript(f"BEGIN; {ours} {TABLES} COMMIT;")
    _replace(temporary, path)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that never makes a file, and commits only what it was told to."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=5.0)


def _check_content(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreError for what is not ours, newer, or damaged; only then is anything set."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not a record of imagery-watch. {_advice(path.parent)}")
    version = _pragma(connection, "user_version")
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has the schema {version}, this version of imagery-watch knows {SCHEMA_VERSION}: "
            "update imagery-watch, or name another folder in IMAGERY_WATCH_HOME."
        )
    problem = _pragma(connection, "quick_check")
    if problem != "ok":
        raise StoreError(f"{path} is damaged ({problem}). {_advice(path.parent)}")
    for setting in ("foreign_keys = ON", "trusted_schema = OFF", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}").fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _mark(home: Path) -> None:
    marker = home / MARKER
    if not marker.exists():
        marker.write_text(f"{FILE} beside this file is imagery-watch's record; do not delete one without the other.\n")


def _advice(home: Path) -> str:
    remedy = f"Delete {FILE}, {FILE}-wal and {FILE}-shm in {home}, then"
    backup = f"copy {BACKUP} to {FILE}" if (home / BACKUP).exists() else "restore your own backup"
    return f"{remedy} {backup}; or delete {MARKER} and {BACKUP} too and begin anew: every hit is then new again."


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Failures of SQLite and of the disk as StoreErrors that name the file, the space left and what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{path} could not be used: {error} ({_free(path)}). Make room, or make the folder writable."
        ) from error
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged ({error}). {_advice(path.parent)}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path} could not be written: {error.strerror or error}.") from error


def _free(path: Path) -> str:
    with contextlib.suppress(OSError):
        return f"{shutil.disk_usage(path.parent).free} bytes free there"
    return "free space unknown"


def _remove_database(path: Path) -> None:
    """Removes what a killed run left of a temporary database."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _replace(temporary: Path, target: Path) -> None:
    """Renames a closed, synced database into place, and syncs the folder where that can be done."""
    temporary.replace(target)
    if os.name == "posix":
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _pass(pass_id: str, when: str, versions: str, state: str, reason: str, settings_hash: str) -> PassRecord:
    items = tuple(json.loads(versions))
    return PassRecord(pass_id, datetime.fromisoformat(when), items, cast(PassState, state), reason, settings_hash)


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
