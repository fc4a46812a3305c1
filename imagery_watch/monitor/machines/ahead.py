"""Airfields judged one after the other, while the catalogue and the stores are asked for the next ones meanwhile."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from imagery_watch.model import Airfield
from imagery_watch.model.progress import Progress
from imagery_watch.monitor.looking import Answer, Listed, Question, Ready
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
    """The steps of one look, as this process takes them; those that wait for servers are taken by threads."""

    ask_list: Callable[[Question, Progress], Listed]
    """What the catalogue has; waits."""
    open_kept: Callable[[Listed], Ready]
    """What was kept, and what has to be read."""
    read: Callable[[Ready, Progress], Ready]
    """The same with its pixels; waits."""
    judge: Callable[[Ready], Answer]
    progress: Progress
    """What is told of the airfield whose turn it is; of those behind it nothing is."""


class _Coming:
    """One airfield on its way; nothing that is wrong with it is raised before its turn."""

    def __init__(self, file: AirfieldFile, ask: Ask, here: Here, pool: ThreadPoolExecutor) -> None:
        self.file, self._here, self._pool = file, here, pool
        self._said = SimpleQueue[tuple[str, int, int] | None]()
        self._opened = False
        self._ready: Ready | None = None
        self._reading: Future[Ready] | None = None
        self._listing = Future[Listed]()
        if file.airfield is not None:
            try:
                self._listing = pool.submit(here.ask_list, ask(file.airfield), self._note)
            except Exception as error:  # of the record; whoever takes the answer is told
                self._listing.set_exception(error)
        _tell_end(self._listing, self._said)

    def _note(self, stage: str, done: int, total: int) -> None:
        """Keeps a step of its progress for when its turn comes."""
        self._said.put((stage, done, total))

    def advance(self) -> None:
        """Has its pixels read where the catalogue has answered, and they are few."""
        if self._opened or not self._listing.done() or self._listing.exception() is not None:
            return
        self._opened = True
        with suppress(Exception):  # it comes again when the airfield's turn does
            self._ready = self._here.open_kept(self._listing.result())
        if self._ready is not None and len(self._ready.wanted) <= MOST_PASSES_AHEAD:
            self._read(self._ready)

    def _read(self, ready: Ready) -> "Future[Ready]":
        reading = self._reading = self._pool.submit(self._here.read, ready, self._note)
        _tell_end(reading, self._said)
        return reading

    def answer(self) -> Answer:
        """Waits for what is missing, and tells of it: in the thread that a signal comes to. Raises what was raised."""
        self._tell()
        ready = self._ready or self._here.open_kept(self._listing.result())
        reading = self._reading or self._read(ready)
        self._tell()
        return self._here.judge(reading.result())

    def _tell(self) -> None:
        """Progress, until the step that is under way is done."""
        while (step := self._said.get()) is not None:
            self._here.progress(*step)


def _tell_end(step: "Future[Any]", said: "SimpleQueue[tuple[str, int, int] | None]") -> None:
    """Has the end of a step told. Nothing that belongs to its airfield is held on to: pixels would stay for long."""
    step.add_done_callback(lambda _: said.put(None))


def look_ahead(files: Sequence[AirfieldFile], ask: Ask, here: Here) -> Iterator[Found]:
    """Each of the files in turn with what gives its answer; for the next ones servers are asked meanwhile.

    Questions are asked, and what was kept is opened, by the thread that takes the answers: the record is its own.
    """
    pool = ThreadPoolExecutor(AIRFIELDS_AHEAD, thread_name_prefix="ahead")
    waiting, coming = deque[_Coming](), iter(files)
    try:
        while True:
            while len(waiting) < AIRFIELDS_AHEAD and (file := next(coming, None)) is not None:
                waiting.append(_Coming(file, ask, here, pool))
            if not waiting:
                return
            for one in waiting:
                one.advance()
            first = waiting.popleft()
            yield first.file, partial(_answer, first)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _answer(coming: _Coming, _airfield: Airfield) -> Answer:
    return coming.answer()
