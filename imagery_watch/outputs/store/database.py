"""The record's file: made, checked, brought up to date, opened; what is wrong with it said by name."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from imagery_watch.atomic import put_in_place
from imagery_watch.errors import StoreError
from imagery_watch.outputs.store.migrations import MIGRATIONS
from imagery_watch.outputs.store.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES

FILE = "monitor.sqlite"
BACKUP = "monitor.sqlite.bak"
MARKER = "monitor.started"
"""Its presence says that there is a record: a missing one is then a loss, not a beginning."""


@contextmanager
def opened(home: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the record in `home`, checked and of this version; made where there never was one.

    The caller holds the lock. Raises StoreError where the file is damaged, foreign, newer than this version, lost, or
    cannot be written.
    """
    path = home / FILE
    with contextlib.ExitStack() as stack:
        with explained(path):
            if not is_there(path):
                home.mkdir(parents=True, exist_ok=True)
                _create(path)
            connection = stack.enter_context(contextlib.closing(_connect(path, "rw")))
            _check_content(connection, path)
            for setting in ("foreign_keys = ON", "trusted_schema = OFF", "journal_mode = WAL", "synchronous = FULL"):
                connection.execute(f"PRAGMA {setting}").fetchall()
            migrate(connection)
            _mark(home)
        yield connection


def copied(home: Path) -> AbstractContextManager[sqlite3.Connection | None]:
    """A copy in memory of the record in `home`, checked and of this version; None where there never was one.

    The file stays as it is, and no lock is needed. Raises StoreError where it is damaged, foreign, newer, or lost.
    """
    return copied_file(home / FILE)


@contextmanager
def copied_file(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The same of a record by whatever name."""
    with contextlib.ExitStack() as stack:
        with explained(path):
            connection = stack.enter_context(contextlib.closing(_snapshot(path))) if is_there(path) else None
            if connection is not None:
                _check_content(connection, path)
                migrate(connection)
        yield connection


def _snapshot(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _fill(copy, path)
    except BaseException:
        copy.close()
        raise
    return copy


def _fill(copy: sqlite3.Connection, path: Path) -> None:
    try:
        _copy(path, "ro", copy)
    except sqlite3.OperationalError:
        # In a folder that cannot be written SQLite cannot keep its notes beside the file; without a log nobody writes.
        if path.with_name(f"{path.name}-wal").exists():
            raise
        _copy(path, "ro&immutable=1", copy)


def _copy(path: Path, mode: str, target: sqlite3.Connection) -> None:
    with contextlib.closing(_connect(path, mode)) as source:
        source.backup(target)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings an older record to this version, in one transaction: killed in between, it is still the older one."""
    version = _pragma(connection, "user_version")
    if version < SCHEMA_VERSION:
        steps = "".join(MIGRATIONS[number] for number in range(version, SCHEMA_VERSION))
        connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def is_there(path: Path) -> bool:
    """Whether there is a record. Raises StoreError for one that was lost or emptied."""
    home = path.parent
    if path.exists():
        if path.stat().st_size == 0:
            raise StoreError(f"{path} is empty, but a record never is: it was damaged. {_advice(home)}")
        return True
    traces = [home / name for name in (BACKUP, MARKER) if (home / name).exists()]
    if traces:
        raise StoreError(f"{path} is missing, but {traces[0].name} beside it says that it was there. {_advice(home)}")
    return False


def _create(path: Path) -> None:
    """A new, empty record: complete under another name first, so that no half-made one is ever found."""
    temporary = path.with_name(f".{path.name}.part")
    remove_database(temporary)
    with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
        ours = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
        connection.executescript(f"BEGIN; {ours} {TABLES} COMMIT;")
    put_in_place(temporary, path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that never makes a file, and commits only what it was told to."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=5.0)


def _check_content(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreError for what is not ours, newer, or damaged."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(f"{path} is a database, but not a record of imagery-watch. {_advise(path)}")
    version = _pragma(connection, "user_version")
    if not min(MIGRATIONS) <= version <= SCHEMA_VERSION:
        raise StoreError(
            f"{path} has the schema {version}, this version of imagery-watch knows {SCHEMA_VERSION}: "
            "update imagery-watch, or name another folder in IMAGERY_WATCH_HOME."
        )
    problem = _pragma(connection, "quick_check")
    if problem != "ok":
        raise StoreError(f"{path} is damaged ({problem}). {_advise(path)}")


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _mark(home: Path) -> None:
    marker = home / MARKER
    if not marker.exists():
        marker.write_text(f"{FILE} beside this file is imagery-watch's record; do not delete one without the other.\n")


def _advise(path: Path) -> str:
    """What to do about a file that cannot be used: the record of a home, or somebody's copy of one."""
    return _advice(path.parent) if path.name == FILE else "It is a copy of a record: leave it out, or take another."


def _advice(home: Path) -> str:
    remedy = f"Delete {FILE}, {FILE}-wal and {FILE}-shm in {home}, then"
    backup = f"copy {BACKUP} to {FILE}" if (home / BACKUP).exists() else "restore your own backup"
    return f"{remedy} {backup}; or delete {MARKER} and {BACKUP} too and begin anew: every hit is then new again."


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Failures of SQLite and of the disk as StoreErrors that name the file, the space left and what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{path} could not be used: {error} ({_free(path)}). Make room, or make the folder writable."
        ) from error
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged ({error}). {_advise(path)}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path} could not be written: {error.strerror or error}.") from error


def _free(path: Path) -> str:
    with contextlib.suppress(OSError):
        return f"{shutil.disk_usage(path.parent).free} bytes free there"
    return "free space unknown"


def remove_database(path: Path) -> None:
    """Removes what a killed run left of a temporary database."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
