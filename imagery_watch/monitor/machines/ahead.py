"""Airfields judged one after the other, while the catalogue and the stores are asked for the next ones meanwhile."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from imagery_watch.model import Airfield
from imagery_watch.model.progress import Progress
from imagery_watch.monitor.looking import Answer, Gathered, Question
from imagery_watch.sources.airfields.known import AirfieldFile

Ask = Callable[[Airfield], Question]
Found = tuple[AirfieldFile, Callable[[Airfield], Answer]]
"""An airfield file, and what gives the answer for its airfield, or raises what kept it from being found."""

AIRFIELDS_AHEAD = 16
"""With five windows of one new pass each, they keep 32 to 64 requests under way."""
MOST_PASSES_AHEAD = 4
"""Of an airfield with more new passes than a week brings, the windows alone are enough to keep the line busy: it is
read when its turn comes, so that no more than some 64 passes are ever held, of 2 to 3 MB each."""


class Here(NamedTuple):
    """What this process itself does of a look."""

    gather: Callable[[Question, Progress, int | None], Gathered]
    """What comes from elsewhere; told how many passes may be read at the most."""
    judge: Callable[[Gathered], Answer]


def look_ahead(files: Sequence[AirfieldFile], ask: Ask, here: Here) -> Iterator[Found]:
    """Each of the files in turn with what gives its answer; for the next ones things are gathered meanwhile.

    Questions are asked by the thread that takes the answers: the record is its own.
    """
    pool = ThreadPoolExecutor(AIRFIELDS_AHEAD, thread_name_prefix="ahead")
    waiting, coming = deque[tuple[AirfieldFile, Future[Gathered]]](), iter(files)
    try:
        while True:
            while len(waiting) < AIRFIELDS_AHEAD and (file := next(coming, None)) is not None:
                waiting.append((file, _begin(file, ask, here, pool)))
            if not waiting:
                return
            file, gathering = waiting.popleft()
            yield file, partial(_answer, gathering, here)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(file: AirfieldFile, ask: Ask, here: Here, pool: ThreadPoolExecutor) -> "Future[Gathered]":
    """What is gathered for an airfield, or what kept it from being asked for."""
    if file.airfield is None:
        return Future()
    try:
        question = ask(file.airfield)
    except Exception as error:  # whoever takes the answer is told
        failed = Future[Gathered]()
        failed.set_exception(error)
        return failed
    return pool.submit(here.gather, question, _say_nothing, MOST_PASSES_AHEAD)


def _say_nothing(_stage: str, _done: int, _total: int) -> None:
    """Several airfields at once have no progress that a person could follow."""


def _answer(gathering: "Future[Gathered]", here: Here, _airfield: Airfield) -> Answer:
    return here.judge(gathering.result())
