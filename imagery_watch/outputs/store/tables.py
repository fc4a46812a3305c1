"""An open record's connection, as the classes of its tables share it; and how hits and stays are written into it."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from imagery_watch.model import Hit, Stay
from imagery_watch.outputs.store.database import explained
from imagery_watch.outputs.values import load

UNKNOWN_PASSES = {"before_pass": "", "after_pass": "", "first_pass": "", "last_pass": ""}
"""What a hit or a stay says of its passes where an older version recorded it, and the passes are not recorded."""

_T = TypeVar("_T", Hit, Stay)


class Tables:
    """An open record; what the classes of its tables are made of. Raises StoreError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What a query gives, by column."""
        cursor = self._execute(sql, *values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

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


def to_text(told: dict[str, Any]) -> str:
    """The fields of a hit or a stay as the record holds them."""
    return json.dumps(told, sort_keys=True)


def parse(kind: type[_T], text: str) -> _T:
    """The hit or the stay of a text of the record. Raises ValueError, KeyError or TypeError for what is none."""
    return load(kind, UNKNOWN_PASSES | json.loads(text))
