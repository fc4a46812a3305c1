"""How what a run found is told to be what the record already has: one to one, the likest together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """Unique among the recorded ones, and among the found ones."""
        ...


_T = TypeVar("_T", bound=Named)
Unlikeness = tuple[tuple[bool, ...], float]
"""How little a recorded and a found one are alike: what differs, the gravest first, and the distance in metres."""


def match(
    recorded: Iterable[_T],
    found: Iterable[_T],
    is_same: Callable[[_T, _T], bool],
    unlikeness: Callable[[_T, _T], Unlikeness],
    farthest_m: float,
) -> dict[str, _T]:
    """By the found one's id, the recorded one that it is; each is used once, and their order does not matter.

    Only pairs for which `is_same` holds, which are at most `farthest_m` apart. Of all ways to pair them: the one with
    the most pairs; of those the one in which the fewest differ in the gravest respect, then in the next, and so on;
    then the shortest distances in all; of what is still equal, the same every time.
    """
    old, new = (sorted(ones, key=lambda one: one.id) for ones in (recorded, found))
    same = [(row, col) for row, one in enumerate(old) for col, other in enumerate(new) if is_same(one, other)]
    pairs: dict[str, _T] = {}
    for cluster in _clusters(same):
        told = {(row, col): unlikeness(old[row], new[col]) for row, col in cluster}
        pairs |= {new[col].id: old[row] for row, col in _assign(told, farthest_m)}
    return pairs


def _clusters(edges: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The edges in groups that share no end, so that a record of many years is many small questions."""
    left: dict[int, list[tuple[int, int]]] = {}
    right: dict[int, list[tuple[int, int]]] = {}
    for row, col in edges:
        left.setdefault(row, []).append((row, col))
        right.setdefault(col, []).append((row, col))
    waiting = dict.fromkeys(edges)
    while waiting:
        cluster: dict[tuple[int, int], None] = {}
        reached = [next(iter(waiting))]
        while reached:
            edge = reached.pop()
            if edge not in cluster:
                cluster[edge] = None
                reached += left[edge[0]] + right[edge[1]]
        waiting = {edge: None for edge in waiting if edge not in cluster}
        yield sorted(cluster)


def _assign(told: dict[tuple[int, int], Unlikeness], farthest_m: float) -> list[tuple[int, int]]:
    """The best pairs of one cluster.

    A preference in ranks becomes a sum thus: in units of `farthest_m` the distances of n pairs are together at most n,
    so what differs at the lowest rank weighs n + 1, at the next (n + 1)^2, and so on, and a pair that is no pair more
    than all of them. No sum of lower ranks then reaches one of a higher.
    """
    if len(told) == 1:
        return list(told)
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    rows, cols = sorted({row for row, _ in told}), sorted({col for _, col in told})
    base = min(len(rows), len(cols)) + 1
    ranks = len(next(iter(told.values()))[0])
    never = float(base ** (ranks + 2))
    costs = np.full((len(rows), len(cols)), never)
    for (row, col), (differences, distance_m) in told.items():
        weight = sum(base ** (ranks - rank) for rank, differs in enumerate(differences) if differs)
        costs[rows.index(row), cols.index(col)] = weight + distance_m / farthest_m
    chosen = zip(*linear_sum_assignment(costs), strict=True)
    return [(rows[row], cols[col]) for row, col in chosen if costs[row, col] < never]
