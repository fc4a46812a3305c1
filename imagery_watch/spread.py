"""Work of many parts spread over processes: Python runs but one thread of a process at a time.

The processes are asked, and answer, through pipes. They know nothing of the program that asks, are in a group of their
own, so that who interrupts the program does not interrupt them, and end when their pipes do, however that came about.
(Those of multiprocessing and loky run a script without a guard again, or leave semaphores behind and complain of them
where a program is stopped.) Where there can be none, the work is done here, with the same result.
"""

import atexit
import os
import pickle
import select
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO, TypeVar

Result = TypeVar("Result")

FEWEST_PARTS = 4
"""Fewer are done here: a process takes about a second to begin, as long as a look or two."""
AHEAD = 2
"""Parts for each process that are made before they can be begun."""
IDLE_S = 60.0
"""After so long without work a process ends."""
LOOKOUT_S = 0.5
"""Between two looks whether the program still runs."""
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""In each process, which shares the processors with its like."""
BEGIN = "import sys; module, *sys.path = sys.argv[1:]; from imagery_watch.spread import serve; serve(module)"
LENGTH = struct.Struct("!Q")
"""Of a message: it stands before it."""


def spread(
    work: Callable[..., Result], parts: Iterable[tuple[Any, ...]], number: int, workers: int
) -> Iterator[Result]:
    """What `work` gives for the arguments of each of `number` parts, in their order, `workers` processes working on it.

    `work` is a function of a module that can be imported, its arguments and results can be pickled, and parts are made
    as they are needed. Raises what `work` raises. What a process that dies had to do is done here.
    """
    if workers < 2 or number < FEWEST_PARTS:
        yield from (work(*part) for part in parts)
        return
    asking, asked = _Asking(work), deque[Future[Result]]()
    pool = ThreadPoolExecutor(min(workers, number), thread_name_prefix="spread")
    try:
        for part in parts:
            asked.append(pool.submit(asking.ask, part))
            if len(asked) >= AHEAD * workers:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        asking.stop()
        pool.shutdown(cancel_futures=True)


def prepare(module: str, number: int, workers: int) -> None:
    """Begins the processes that so many parts will want, and has them load a module, while something else is done."""
    if workers < 2 or number < FEWEST_PARTS:
        return
    with suppress(OSError, TypeError):
        for _ in range(min(workers, number) - IDLE.count()):
            IDLE.put(_Process(module))


class _Process:
    """One process, and the pipes to it. Raises OSError, TypeError where none can be had."""

    def __init__(self, module: str = "") -> None:
        path = [one or os.getcwd() for one in sys.path]  # noqa: PTH109 - text
        options: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        self._child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", BEGIN, module, *path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ONE_THREAD,
            **options,
        )

    @property
    def is_there(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def ask(self, message: bytes) -> bytes:
        """Its answer. Raises OSError, EOFError where it ended."""
        assert self._child.stdin is not None and self._child.stdout is not None
        _send(self._child.stdin, message)
        return _receive(self._child.stdout)

    def kill(self) -> None:
        """Ends it at once; whoever waits for its answer is told."""
        self._child.kill()

    def end(self) -> None:
        """Ends it, and all that belongs to it."""
        self._child.kill()
        self.let_go()
        self._child.wait()

    def let_go(self) -> None:
        """Closes this program's ends of its pipes, without which it ends by itself."""
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()


class _Idle:
    """Processes that wait for work; safe among threads."""

    def __init__(self) -> None:
        self._processes, self._lock = list[_Process](), threading.Lock()

    def count(self) -> int:
        """How many there are."""
        with self._lock:
            for one in [one for one in self._processes if not one.is_there]:
                self._processes.remove(one)
                one.end()
            return len(self._processes)

    def take(self) -> _Process:
        """One of them, or a new one. Raises OSError, TypeError."""
        with self._lock:
            while self._processes:
                if (one := self._processes.pop()).is_there:
                    return one
                one.end()
        return _Process()

    def put(self, process: _Process) -> None:
        """Keeps it for the next part."""
        with self._lock:
            self._processes.append(process)

    def end(self) -> None:
        """Ends them."""
        with self._lock:
            processes, self._processes = self._processes, []
        for one in processes:
            one.end()

    def forget(self) -> None:
        """In a copy of this program: the processes are the original's."""
        processes, self._processes, self._lock = self._processes, [], threading.Lock()
        for one in processes:
            one.let_go()


IDLE = _Idle()
"""Those of this program."""
atexit.register(IDLE.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=IDLE.forget)


class _Asking:
    """One call of `spread`: its threads wait for processes."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work, self._stopped = work, False
        self._busy, self._lock = set[_Process](), threading.Lock()

    def ask(self, part: tuple[Any, ...]) -> Any:
        """What the work gives for one part, or raises."""
        message = pickle.dumps((self._work, part), pickle.HIGHEST_PROTOCOL)
        try:
            process = self._begin()
        except (OSError, TypeError):  # no processes, no memory for one, or no interpreter that could be one
            return self._work(*part)
        try:
            answer = process.ask(message)
        except (OSError, EOFError, ValueError):
            self._release(process)
            process.end()
            if self._stopped:
                raise CancelledError from None
            return self._work(*part)
        self._release(process)
        IDLE.put(process)
        is_done, told = pickle.loads(answer)
        if not is_done:
            raise told
        return told

    def _begin(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise CancelledError
            process = IDLE.take()
            self._busy.add(process)
        return process

    def _release(self, process: _Process) -> None:
        with self._lock:
            self._busy.discard(process)

    def stop(self) -> None:
        """Nobody waits for what is not done yet: its processes end."""
        with self._lock:
            self._stopped = True
            for process in self._busy:
                process.kill()


def serve(module: str) -> None:
    """What a process does: loads a module, where one is named, and answers until nobody asks any more."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # what a library prints would be taken for an answer
    if os.name == "posix":  # elsewhere a process keeps its parent's number for good
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if module:
        import_module(module)
    while _is_asked(asked):
        try:
            message = _receive(asked)
        except EOFError:
            return
        _send(answers, _pack(_do(message)))


def _do(message: bytes) -> tuple[bool, Any]:
    """Whether it could be done, and what came out or was raised: whoever asked gets that."""
    try:
        work, part = pickle.loads(message)
        return True, work(*part)
    except BaseException as error:
        return False, error


def _end_with(asker: int) -> None:
    """Ends this process in the middle of its work when the one that asked is gone."""
    while os.getppid() == asker:
        time.sleep(LOOKOUT_S)
    os._exit(0)


def _is_asked(pipe: BinaryIO) -> bool:
    """Whether a question, or the pipe's end, comes in time."""
    return os.name != "posix" or bool(select.select([pipe], [], [], IDLE_S)[0])


def _pack(told: tuple[bool, Any]) -> bytes:
    try:
        return pickle.dumps(told, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((False, RuntimeError(f"what came out cannot be handed back: {error}")))


def _send(pipe: Any, message: bytes) -> None:
    pipe.write(LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: Any) -> bytes:
    """A message. Raises EOFError where the pipe ends."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    message: bytes = pipe.read(*LENGTH.unpack(head))
    if len(message) < LENGTH.unpack(head)[0]:
        raise EOFError
    return message
