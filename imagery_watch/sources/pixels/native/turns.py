"""As many threads work as there are processors; the others wait for servers, or for their turn.

Python runs one thread at a time. Where dozens that have all they need take turns at that, much of what they do is
just that: a sixth of the processor's time went there when 60 scenes were read.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
_TURNS = SimpleQueue[None]()
for _ in range(max(2, os.cpu_count() or 1)):
    _TURNS.put(None)
_MINE = threading.local()


@contextmanager
def working() -> Iterator[None]:
    """Holds a turn, but for where `waiting` is entered within it."""
    _TURNS.get()
    _MINE.held = True
    try:
        yield
    finally:
        _MINE.held = False
        _TURNS.put(None)


@contextmanager
def waiting() -> Iterator[None]:
    """Lets another work while a server is waited for; nothing in a thread that holds no turn."""
    if not getattr(_MINE, "held", False):
        yield
        return
    _MINE.held = False
    _TURNS.put(None)
    try:
        yield
    finally:
        _TURNS.get()
        _MINE.held = True


def take_turn(work: Callable[..., Result], *arguments: object) -> Result:
    """What the work gives, done while a turn is held."""
    with working():
        return work(*arguments)
