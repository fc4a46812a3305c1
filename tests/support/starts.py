"""`imagery-watch` in a process of its own, from its start to its end, at a tenth of the cost of loading its libraries.

A start is forked from a process that has loaded them (`support.ready`). Two such take turns, each with a hash seed
of its own, so that what depends on the order of a set still differs between a start and the next one.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

READY = Path(__file__).with_name("ready.py")
TURNS = 2
LIGHT = {"--help", "--version"}
"""Options with which nothing heavy is loaded."""
TOLD_TO_PYTHON = ("PYTHON", "LC_", "LANG", "LD_", "OMP_", "OPENBLAS_")
"""Beginnings of the variables that are read as Python or a library is loaded: a start with others loads them itself."""


class Ready:
    """A process that has loaded them, and forks one start after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(READY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, preexec_fn=heed_ctrl_c,
        )  # fmt: skip
        self.at_work = False

    @property
    def answers(self) -> IO[bytes]:
        """Where it answers when what it has started is at its end."""
        assert self._process.stdout is not None
        return self._process.stdout

    def begin(
        self,
        arguments: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        out: Path | str,
        err: Path | str,
        given: Path | str = os.devnull,
    ) -> None:
        """Starts one that writes to these files and reads what is given; `answers` tells of its end."""
        asked = {"arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}
        files = {"files": [str(given), str(out), str(err)]}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**asked, **files}).encode() + b"\n")
        self._process.stdin.flush()
        self.at_work = True

    def finish(self) -> int:
        """The exit code of what it has started, minus the number of the signal that ended it."""
        told = self.answers.readline()
        assert told, "the process that was to start it has ended"
        self.at_work = False
        return int(told)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Ends it, with what it has started."""
        with self._process, suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def heed_ctrl_c() -> None:
    """Whoever starts the tests in the background may have had SIGINT ignored, which children inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


_waiting: deque[Ready] = deque()
"""Those that are not at work, longest first. There are as many as starts were under way at once, and two at least."""


def run_imagery_watch(
    *arguments: str | Path,
    cwd: Path | str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """`python -m imagery_watch` with these arguments, to its end: as `subprocess.run` tells it, with text captured.

    It is just that where nothing heavy is to be loaded, or where the environment says something to Python itself.
    """
    words, environment = [str(word) for word in arguments], dict(os.environ if env is None else env)
    command, folder = [sys.executable, "-m", "imagery_watch", *words], Path(cwd or ".").resolve()
    if not LIGHT.isdisjoint(words) or _says_to_python(environment) != LOADED_WITH:
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout)
    with tempfile.TemporaryDirectory(prefix="start-") as place, _taken() as ready:
        out, err = (Path(place, name) for name in ("out", "err"))
        out.touch()
        err.touch()
        ready.begin(words, folder, environment, out, err)
        if not select.select([ready.answers], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(command, timeout, out.read_bytes(), err.read_bytes())
        return subprocess.CompletedProcess(command, ready.finish(), out.read_text(), err.read_text())


@contextmanager
def _taken() -> Iterator[Ready]:
    """The one whose turn it is, ended with what it has started where that did not end by itself."""
    ready = _waiting.popleft() if len(_waiting) >= TURNS else Ready()
    try:
        yield ready
    finally:
        if ready.at_work:
            ready.end(signal.SIGKILL)
        else:
            _waiting.append(ready)


def start_on_terminal(
    arguments: Sequence[str], cwd: Path, env: Mapping[str, str], ours: int, theirs: str, timeout: float
) -> tuple[int, bytes]:
    """The exit code, and all that `imagery-watch` writes on a terminal: our end of it, and the path of the other."""
    said = bytearray()
    with _taken() as ready:
        ready.begin(arguments, cwd.resolve(), env, theirs, theirs, theirs)
        deadline = time.monotonic() + timeout
        while ours in (some := select.select([ours, ready.answers], [], [], max(0.0, deadline - time.monotonic()))[0]):
            said += os.read(ours, 65536)
        assert some, f"it did not end within {timeout} s, and said {said!r}"
        return ready.finish(), bytes(said)


def _says_to_python(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(TOLD_TO_PYTHON)}


LOADED_WITH = _says_to_python(os.environ)


@atexit.register
def _end_all() -> None:
    while _waiting:
        _waiting.popleft().end()
