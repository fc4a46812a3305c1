"""Values kept because they are asked for again and again, and values made only when they are asked for."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from threading import Lock
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class Kept(Generic[T]):
    """The values made last, by their keys; the least recently asked for is dropped first. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most, self._values, self._lock = most, OrderedDict[Hashable, T](), Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made by `make` where it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return made

    def __reduce__(self) -> tuple[type["Kept[T]"], tuple[int]]:
        """For another process, in which nothing is kept yet."""
        return Kept, (self._most,)

    def clear(self) -> None:
        """Drops them all."""
        with self._lock:
            self._values.clear()


class Later(Sequence[T]):
    """A sequence whose values are made when they are first asked for; it is never changed. Threads may share it."""

    def __init__(self, makers: Sequence[Callable[[], T]]) -> None:
        """`makers` make the values, each called once."""
        self._cells: tuple[_Cell[T], ...] = tuple(_Cell(make) for make in makers)

    @classmethod
    def of(cls, values: Sequence[T]) -> "Later[T]":
        """The values, which are made already."""
        return cls([_give(value) for value in values])

    def __len__(self) -> int:
        return len(self._cells)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "Later[T]": ...
    def __getitem__(self, index: int | slice) -> "T | Later[T]":
        return self._of_cells(self._cells[index]) if isinstance(index, slice) else self._cells[index].value()

    def inserted(self, index: int, value: T) -> "Later[T]":
        """The same with one value more, before the one at `index`."""
        return self._of_cells((*self._cells[:index], _Cell(_give(value)), *self._cells[index:]))

    def without(self, index: int) -> "Later[T]":
        """The same without the value at `index`."""
        return self._of_cells((*self._cells[:index], *self._cells[index + 1 :]))

    def made(self) -> Iterator[T]:
        """The values that were asked for."""
        return (cell.value() for cell in self._cells if cell.is_made)

    @classmethod
    def _of_cells(cls, cells: "tuple[_Cell[T], ...]") -> "Later[T]":
        other = cls([])
        other._cells = cells
        return other


def _give(value: T) -> Callable[[], T]:
    """A function that gives the value."""
    return lambda: value


class _Cell(Generic[T]):
    """One value that is made when it is first asked for."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._lock, self.is_made = make, Lock(), False

    def value(self) -> T:
        """The value, the same every time."""
        with self._lock:
            if not self.is_made:
                self._value, self.is_made = self._make(), True
        return self._value
