"""Airfields ahead of the one that is judged: in order, and gone as soon as they are told of."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from imagery_watch.monitor.machines.ahead import AIRFIELDS_AHEAD, Here, look_ahead
from imagery_watch.sources.airfields.known import AirfieldFile

MANY = 3 * AIRFIELDS_AHEAD


class Pixels:
    """What is held of an airfield on its way."""

    def __init__(self, name: str) -> None:
        self.name, self.wanted = name, ()


@contextmanager
def no_collector() -> Iterator[None]:
    """What is in a circle stays: a long sweep's collector comes seldom, and knows nothing of the size of arrays."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def name_of(airfield: Any) -> Any:
    return airfield.id


def list_pixels(name: str, _: object) -> Pixels:
    return Pixels(name)


def test_pixels_of_an_airfield_go_with_its_answer() -> None:
    held = list[weakref.ref[Pixels]]()

    def judge(read: Any) -> Any:
        held.append(weakref.ref(read))
        return f"Pixels of {read.name}"

    here: Any = Here(list_pixels, lambda listed: listed, lambda one, _: one, judge, lambda *_: None)
    names = [f"AF{number}" for number in range(MANY)]
    airfields: list[Any] = [SimpleNamespace(id=name) for name in names]  # of an airfield only the id is asked
    files = [AirfieldFile(Path(one.id), one) for one in airfields]
    told = list[str]()
    with no_collector():
        for file, answer in look_ahead(files, name_of, here):
            assert file.airfield is not None
            told.append(answer(file.airfield))
            assert sum(one() is not None for one in held) <= 1
        del answer
        assert not [one for one in held if one() is not None]
    assert told == [f"Pixels of {name}" for name in names]
