"""Stays keep their names from sweep to sweep."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Hit, Period, Stay
from imagery_watch.outputs.reconcile.record import Reconciled, reconcile
from imagery_watch.outputs.reconcile.stay_record import is_same, reconcile_stays
from outputs.builders import LAT, make_hit, make_stay

HOUR = timedelta(hours=1)
DAYS = 24 * HOUR


def hits(recorded: list[Hit], found: list[Hit], *, judged: bool = True) -> Reconciled:
    return reconcile(recorded, found, Period(None, None), lambda hit: judged)


def named(recorded: list[Stay], found: list[Stay], known: Reconciled | None = None) -> tuple[Stay, ...]:
    every = [make_hit(number) for number in range(1, 6)]
    return reconcile_stays(recorded, found, known or hits(every, every))


def test_a_stay_found_again_keeps_its_name_and_refers_to_the_kept_hit() -> None:
    again = make_stay(1, id="other", arrival_hit="own", seen_to=make_stay().seen_to + 5 * DAYS)
    known = hits([make_hit(1)], [make_hit(1, id="own")])
    assert named([make_stay(1)], [again], known) == (replace(again, id="LIPB-stay-0001", arrival_hit="LIPB-0001"),)


def test_another_place_or_time_is_another_stay() -> None:
    stay = make_stay(1)
    assert not is_same(stay, make_stay(2))
    assert not is_same(stay, make_stay(1, lat=LAT + 31 / 111_195))
    assert is_same(stay, make_stay(1, lat=LAT + 29 / 111_195))
    assert [one.id for one in named([make_stay(2, id=stay.id)], [stay])] == [f"{stay.id}-2"]


def test_moves_follow_the_names() -> None:
    left, came = make_stay(1, id="a", moved_to="b"), make_stay(2, id="b", moved_from="a")
    first, second = named([make_stay(1), make_stay(2)], [left, came])
    assert (first.moved_to, second.moved_from) == ("LIPB-stay-0002", "LIPB-stay-0001")
    [alone] = named([], [replace(left, moved_to=None)])
    assert (alone.moved_from, alone.moved_to) == (None, None)


def test_the_hit_of_an_end_before_the_period_is_remembered_while_it_stands() -> None:
    cut = make_stay(1, arrival_hit=None, departure_hit="LIPB-0002")
    assert named([make_stay(1)], [cut])[0].arrival_hit == "LIPB-0001"
    assert named([make_stay(1)], [replace(cut, not_before=None)])[0].arrival_hit is None
    gone = hits([make_hit(1), make_hit(2)], [make_hit(2)])
    assert [hit.id for hit in gone.withdrawn] == ["LIPB-0001"]
    assert named([make_stay(1)], [cut], gone)[0].arrival_hit is None


def test_a_stay_whose_hit_could_not_be_judged_stays_as_it_was() -> None:
    assert named([make_stay(1)], [], hits([make_hit(1)], [], judged=False)) == (make_stay(1),)
    assert named([make_stay(1)], [], hits([make_hit(1)], [])) == ()


@given(st.lists(st.integers(1, 5), unique=True), st.randoms())
def test_it_is_idempotent_and_blind_to_order(numbers: list[int], rng: Random) -> None:
    found = [make_stay(number) for number in numbers]
    first = named([], found)
    shuffled = found.copy()
    rng.shuffle(shuffled)
    assert named([], shuffled) == first
    assert named(list(first), shuffled) == first
