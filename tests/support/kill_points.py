"""Every point at which a sweep writes, and a copy of its home at some of them.

What `kill -9` leaves behind is what lies on the disk at that moment: a copy made there is that home, and one story
gives as many killed ones as are wanted. Only real kills show that the lock is freed; `monitor.test_sweep` has those.
"""

import io
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock, current_thread, main_thread
from typing import Any, NamedTuple

import pytest


def always(*_: object) -> bool:
    return True


def is_there(path: str | Path, *_: object) -> bool:
    return Path(path).exists()


def is_not_there(path: str | Path, *_: object) -> bool:
    return not Path(path).exists()


def is_ours(*_: object) -> bool:
    """Whether it is the sweep that sends: the receiver answers in a thread of the same process."""
    return current_thread() is main_thread()


WRITES = ("INSERT", "UPDATE", "DELETE")


class Point(NamedTuple):
    number: int
    what: str


@dataclass
class KillPoints:
    """Counts what writes below `home`; where `chosen` wants it, keeps the home as it is just before that."""

    home: Path
    chosen: Callable[[Point], bool]
    keep: Callable[[Point, Path], None]
    points: list[Point] = field(default_factory=list)
    _lock: Any = field(default_factory=RLock)
    _is_copying: bool = False

    def reach(self, what: str) -> None:
        with self._lock:
            if self._is_copying:
                return
            self.points.append(Point(len(self.points), what))
            if self.chosen(self.points[-1]):
                copy = self.home.with_name(f"killed-{len(self.points)}")
                self._is_copying = True
                shutil.copytree(self.home, copy)
                self._is_copying = False
                self.keep(self.points[-1], copy)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Within it files that are opened to write, synced, renamed and removed, commits, and sends are counted."""
        with pytest.MonkeyPatch.context() as patch:
            for name, counts in (("replace", always), ("fsync", always), ("unlink", is_there), ("mkdir", is_not_there)):
                patch.setattr(os, name, self._before(getattr(os, name), name, counts))
            patch.setattr(os, "open", self._before(os.open, "open", lambda _path, flags=0, *_: flags & os.O_CREAT))
            patch.setattr(io, "open", self._before(io.open, "open", lambda _path, mode="r", *_: "w" in mode))
            patch.setattr(socket.socket, "sendall", self._before(socket.socket.sendall, "send", is_ours))
            patch.setattr(sqlite3, "connect", self._connect(sqlite3.connect))
            yield

    def _before(
        self, real: Callable[..., Any], what: str, counts: Callable[..., object] = always
    ) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if counts(*arguments):
                self.reach(what)
            return real(*arguments, **named)

        return call

    def _connect(self, real: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
        reach = self.reach

        class Counted(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql == "COMMIT" or (not self.in_transaction and sql.lstrip().startswith(WRITES)):
                    reach("commit")
                return super().execute(sql, *values)

            def executescript(self, sql: str) -> sqlite3.Cursor:
                reach("commit")
                return super().executescript(sql)

        return lambda *arguments, **named: real(*arguments, **{"factory": Counted, **named})
