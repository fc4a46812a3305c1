"""Ctrl-C, SIGTERM and SIGHUP end the process soon, with one line that says what was kept and how to go on.

Before the work, and behind it, there is nothing to put away: the process ends where it is. That holds while modules
are imported, too, where an exception may get lost in somebody else's hands. Within the work a signal is an exception;
where that does not come through, because of a call that does not return or a thread that is waited for, a guard ends
the process.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from imagery_watch.atomic import UNFINISHED
from imagery_watch.errors import ExitCode, ImageryWatchError, StopAsked

MOST_NAMED = 4
"""Files that are named; there may be hundreds of pictures."""
CLOCK_S = 0.02
"""A file system's clock may be that much behind."""
GRACE_S = 4.0
"""How long the work has to put away what is half done; behind that the process ends where it is."""
NOTHING = "stopped; nothing was written"
CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
if hasattr(signal, "SIGHUP"):  # the terminal is gone; Windows knows no such thing
    CODES[signal.SIGHUP] = ExitCode.TERMINATED


class Stopped(ImageryWatchError):
    """The user, or the system, ended the work; the message says what was kept."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = code


def heed_signals(told: str = NOTHING) -> None:
    """From here on a signal ends the process at once, with its exit code and a line."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        """Says it, and is gone."""
        os.write(2, f"imagery-watch: {told}\n".encode(errors="replace"))
        os._exit(int(CODES[signal.Signals(number)]))

    for number in _heeded():
        signal.signal(number, leave)


def _heeded() -> list[signal.Signals]:
    """All but those that who started us has us ignore: a shell's Ctrl-C is not for what it runs in the background."""
    return [number for number in CODES if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def stopping(kept: Callable[[], str]) -> Iterator[None]:
    """Within it a signal puts away what is half done. Raises Stopped, which says what `kept` finds then.

    A second signal does not wait for that, nor does the guard for more than `GRACE_S`.
    """
    with _guarded(kept):
        yield from _stop_softly(kept)


def _stop_softly(kept: Callable[[], str]) -> Iterator[None]:
    """Within it a signal is a StopAsked, and behind it a Stopped."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> NoReturn:
        """Notes which signal came: the exception may get lost, or be taken for another."""
        asked.append(number)
        heed_signals("stopped at once")
        raise StopAsked(CODES[signal.Signals(number)])

    try:
        for number in _heeded():
            signal.signal(number, ask)
        yield
    except BaseException:
        if not asked:
            raise
        raise Stopped(f"stopped; {kept()}", CODES[signal.Signals(asked[0])]) from None
    finally:
        heed_signals(f"stopped; {kept()}")


@contextmanager
def _guarded(kept: Callable[[], str]) -> Iterator[None]:
    """Within it the process ends `GRACE_S` after a signal, whatever it waits for."""
    told, heard = socket.socketpair()
    told.setblocking(False)
    done = threading.Event()
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)  # written to whatever the process does
    guard = threading.Thread(target=_guard, args=(heard, done, kept), name="guard", daemon=True)
    guard.start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        told.close()
        guard.join()
        heard.close()


def _guard(heard: socket.socket, done: threading.Event, kept: Callable[[], str]) -> None:
    """Waits for a signal that ends the work, and then for its end; where that does not come, it is made."""
    while number := heard.recv(1):
        if number[0] in CODES and not done.wait(GRACE_S):
            try:
                os.write(2, f"imagery-watch: stopped; {kept()}\n".encode(errors="replace"))
            finally:
                os._exit(int(CODES[signal.Signals(number[0])]))


def end_process(code: ExitCode) -> NoReturn:
    """Ends the process without waiting for threads that still read: their servers may hang for minutes."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(int(code))


def name_kept(folder: Path, started: float) -> str:
    """What of a run that began at `started`, in seconds of the epoch, is in its folder, and how to go on."""
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if _is_newer(path, started))
    if "run.json" in written:
        return f"the run is complete in {folder}"
    if written:
        named = ", ".join(written[:MOST_NAMED]) + (", ..." if len(written) > MOST_NAMED else "")
        return f"{len(written)} files are in {folder} ({named}), run.json is not: run the same again to complete them"
    return f"nothing was written to {folder}; imagery that was fetched is kept: run the same again to go on from there"


def name_files(paths: Sequence[Path], started: float) -> str:
    """Which of the files were written since `started`, and how to go on."""
    written = [str(path) for path in paths if _is_newer(path, started)]
    if len(written) == len(paths):
        return f"all is written: {', '.join(written)}"
    kept = f"{', '.join(written)} is written" if written else "nothing was written"
    return f"{kept}; imagery that was fetched is kept: run the same again to go on from there"


def _is_newer(path: Path, started: float) -> bool:
    try:
        return path.is_file() and not path.match(UNFINISHED) and path.stat().st_mtime >= started - CLOCK_S
    except OSError:
        return False
