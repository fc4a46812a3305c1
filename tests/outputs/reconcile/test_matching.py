"""Who is whom: the most pairs, then rank by rank, then the shortest way."""

from dataclasses import dataclass
from itertools import permutations
from math import dist
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.outputs.reconcile.matching import Unlikeness, match

REACH = 30.0


@dataclass(frozen=True)
class Thing:
    id: str
    place: float
    marks: tuple[bool, bool] = (False, False)


def unlikeness(old: Thing, new: Thing) -> Unlikeness:
    first, second = (one != other for one, other in zip(old.marks, new.marks, strict=True))
    return (first, second), abs(old.place - new.place)


def is_same(one: Thing, other: Thing) -> bool:
    return dist((one.place,), (other.place,)) <= REACH


def matched(old: list[Thing], new: list[Thing]) -> dict[str, str]:
    return {name: one.id for name, one in match(old, new, is_same, unlikeness, REACH).items()}


def by_hand(old: list[Thing], new: list[Thing]) -> tuple[float, ...]:
    """The best that any pairing reaches: pairs that it lacks, differences by rank, metres."""
    padded: list[Thing | None] = [*old, *[None] * len(new)]
    return min(judge(list(zip(order, new, strict=False))) for order in permutations(padded, len(new)))


def judge(pairs: list[tuple[Thing | None, Thing]]) -> tuple[float, ...]:
    told = [unlikeness(one, other) for one, other in pairs if one is not None and is_same(one, other)]
    ranks = [sum(differences[rank] for differences, _ in told) for rank in range(2)]
    return (-len(told), *ranks, round(sum(distance for _, distance in told), 6))


def test_none_is_lost_that_could_be_kept() -> None:
    old, new = [Thing("A", 0), Thing("B", 25)], [Thing("a", 20), Thing("b", 45)]
    assert matched(old, new) == {"a": "A", "b": "B"}


def test_a_grave_difference_outweighs_any_distance_and_any_number_of_lesser_ones() -> None:
    old = [Thing("grave", 0, (True, False)), Thing("lesser", 30, (False, True))]
    assert matched(old, [Thing("x", 0)]) == {"x": "lesser"}


def test_nothing_is_the_same_as_what_is_far_away() -> None:
    assert matched([Thing("A", 0)], [Thing("a", 31)]) == {}
    assert matched([], [Thing("a", 0)]) == matched([Thing("A", 0)], []) == {}


THINGS = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.booleans()), max_size=4)


@given(THINGS, THINGS, st.randoms())
def test_as_good_as_every_pairing_tried_and_blind_to_order(
    first: list[tuple[int, bool, bool]], second: list[tuple[int, bool, bool]], rng: Random
) -> None:
    old, new = (
        [Thing(f"{letter}{k}", place, marks) for k, (place, *marks) in enumerate(plan)]
        for letter, plan in (("A", [(p, x, y) for p, x, y in first]), ("a", [(p, x, y) for p, x, y in second]))
    )
    old = [Thing(one.id, one.place, (one.marks[0], one.marks[1])) for one in old]
    new = [Thing(one.id, one.place, (one.marks[0], one.marks[1])) for one in new]
    found = match(old, new, is_same, unlikeness, REACH)
    assert judge([(found.get(one.id), one) for one in new]) == by_hand(old, new)
    shuffled_old, shuffled_new = old.copy(), new.copy()
    rng.shuffle(shuffled_old)
    rng.shuffle(shuffled_new)
    assert match(shuffled_old, shuffled_new, is_same, unlikeness, REACH) == found
    assert len({one.id for one in found.values()}) == len(found)
