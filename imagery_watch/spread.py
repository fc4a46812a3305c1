"""Work of many parts spread over processes: Python runs but one thread of a process at a time.

The processes are those of loky: they stay for the next call while they are wanted, import no main program of anybody,
and are replaced when one dies. Where there can be none, the work is done here, with the same result.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

Result = TypeVar("Result")

FEWEST_PARTS = 4
"""Fewer are done here: a process takes about a second to begin, as long as a look or two."""
AHEAD = 2
"""Parts for each process that are handed over before they can be begun."""
IDLE_S = 30.0
"""After so long without work the processes end."""
LOOKOUT_S = 1.0
"""Between two looks whether the program still runs."""
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""In each process, which shares the processors with its like."""


def spread(
    work: Callable[..., Result], parts: Iterable[tuple[Any, ...]], number: int, workers: int
) -> Iterator[Result]:
    """What `work` gives for the arguments of each of `number` parts, in their order, `workers` processes working on it.

    `work` is a function of a module, its arguments and results can be pickled, and parts are made as they are needed.
    Raises what `work` raises. Where a process dies, as one does that takes too much memory, its part is done here.
    """
    pool = _open_pool(workers) if workers > 1 and number >= FEWEST_PARTS else None
    if pool is None:
        yield from (work(*part) for part in parts)
        return
    asked = deque[tuple[Future[Result] | None, tuple[Any, ...]]]()
    try:
        for part in parts:
            asked.append((_submit(pool, work, part), part))
            if len(asked) >= AHEAD * workers:
                yield _await(work, *asked.popleft())
        while asked:
            yield _await(work, *asked.popleft())
    finally:
        for future, _ in asked:
            if future is not None:
                future.cancel()


def prepare(module: str, number: int, workers: int) -> None:
    """Begins the processes that so many parts will want, and has them load a module, while something else is done."""
    if workers > 1 and number >= FEWEST_PARTS and (pool := _open_pool(workers)) is not None:
        for _ in range(workers):
            _submit(pool, _load, (module,))


def _load(module: str) -> None:
    import_module(module)  # and does not give it back, which would load it where it is awaited


def _open_pool(workers: int) -> Executor | None:
    """The processes; None where the system has none for us, or this is one of somebody's own workers."""
    if multiprocessing.current_process().daemon:
        return None
    try:
        from loky import get_reusable_executor

        pool: Executor = get_reusable_executor(
            workers, timeout=IDLE_S, initializer=_begin, initargs=(os.getpid(),), env=ONE_THREAD
        )
    except (ImportError, OSError, NotImplementedError):  # no semaphores, no shared memory, no processes left
        return None
    return pool


def _begin(asker: int) -> None:
    """In a new process: who interrupts the program means the one that asks, without which there is nothing to do."""
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.name == "posix":  # elsewhere a process keeps its parent's number for good
        threading.Thread(target=_end_with, args=(asker,), daemon=True).start()


def _end_with(asker: int) -> None:
    """Ends this process when the one that asked is gone, as after `kill -9`: it would wait for work for ever."""
    while os.getppid() == asker:
        time.sleep(LOOKOUT_S)
    os._exit(0)


def _submit(pool: Executor, work: Callable[..., Result], part: tuple[Any, ...]) -> Future[Result] | None:
    try:
        return pool.submit(work, *part)
    except (BrokenProcessPool, RuntimeError):  # one of them died, or the pool is gone
        return None


def _await(work: Callable[..., Result], future: Future[Result] | None, part: tuple[Any, ...]) -> Result:
    if future is None:
        return work(*part)
    try:
        return future.result()
    except BrokenProcessPool:
        return work(*part)
