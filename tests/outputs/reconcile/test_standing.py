"""How a hit stands: tables of every turn, what bears a hit out, and what is no news."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Evidence, Hit, Period, Review, Status, Turn, Verdict, judge
from imagery_watch.model.review import VERDICTS
from imagery_watch.outputs.reconcile.record import Reconciled, reconcile
from imagery_watch.outputs.reconcile.standing import (
    CLEARLY_STRONGER,
    STRONGER_TIMES,
    Found,
    Past,
    Settled,
    find_base,
    find_later_looks,
    find_muted,
    is_clearly_stronger,
    list_steps,
    restand,
    settle,
    show_status,
)
from imagery_watch.reasons import TurnCode
from outputs.builders import START, make_hit, make_look, make_stay

NOW = datetime(2022, 9, 1, tzinfo=UTC)
EVER = Period(None, None)
GONE = Found(False)
SAME, ELSE = Found(True), Found(True, says_else=True, seen_again=True, afresh=True)
AGAIN, AFRESH = Found(True, seen_again=True), Found(True, seen_again=True, afresh=True)


def review(verdict: Verdict, hit: str = "LIPB-0001", by: str = "Ann", hours: float = 0.0, note: str = "") -> Review:
    return Review(hit, "LIPB", verdict, note, by, NOW + timedelta(hours=hours))


def turn(was: str, became: Status, code: TurnCode) -> Turn:
    return Turn("LIPB-0001", NOW, was, became, code, None, 1.0)


@pytest.mark.parametrize(
    ("base", "found", "steps"),
    [
        ("", SAME, "provisional first_seen"),
        ("", AGAIN, "provisional first_seen, confirmed seen_again"),
        ("provisional", SAME, ""),
        ("provisional", AGAIN, "confirmed seen_again"),
        ("provisional", ELSE, "revised says_else"),
        ("provisional", GONE, "withdrawn not_seen_again"),
        ("confirmed", SAME, ""),
        ("confirmed", AFRESH, ""),
        ("confirmed", ELSE, "revised says_else"),
        ("confirmed", GONE, "withdrawn not_seen_again"),
        ("revised", SAME, ""),
        ("revised", AGAIN, ""),
        ("revised", AFRESH, "confirmed seen_again"),
        ("revised", ELSE, "revised says_else"),
        ("revised", GONE, "withdrawn not_seen_again"),
        ("withdrawn", SAME, "revised came_back"),
        ("withdrawn", AFRESH, "revised came_back"),
        ("withdrawn", GONE, ""),
    ],
)
def test_what_a_sweep_makes_of_a_status(base: str, found: Found, steps: str) -> None:
    told = ", ".join(f"{status} {code}" for status, code in list_steps(base, found))
    assert told == steps


@pytest.mark.parametrize(
    ("said", "judgement", "statuses"),
    [
        ([], "unreviewed", ("provisional", "revised", "withdrawn")),
        (["Ann confirmed"], "confirmed", ("confirmed", "confirmed", "withdrawn")),
        (["Ann rejected"], "rejected", ("provisional", "revised", "withdrawn")),
        (["Ann unsure"], "unsure", ("provisional", "revised", "withdrawn")),
        (["Ann confirmed", "Bob unsure"], "confirmed", ("confirmed", "confirmed", "withdrawn")),
        (["Ann confirmed", "Bob rejected"], "disputed", ("provisional", "revised", "withdrawn")),
        (["Ann rejected", "Ann confirmed"], "confirmed", ("confirmed", "confirmed", "withdrawn")),
        (["Ann confirmed", "Ann unsure"], "unsure", ("provisional", "revised", "withdrawn")),
        (["Ann unsure", "Bob rejected"], "rejected", ("provisional", "revised", "withdrawn")),
    ],
)
def test_what_reviewers_make_of_a_status(said: list[str], judgement: str, statuses: tuple[Status, ...]) -> None:
    reviews = [review(one.split()[1], by=one.split()[0], hours=at) for at, one in enumerate(said)]
    assert judge(reviews) == judge(reversed(reviews)) == judgement
    bases: tuple[Status, ...] = ("provisional", "revised", "withdrawn")
    assert tuple(show_status(base, judge(reviews)) for base in bases) == statuses


@pytest.mark.parametrize(
    ("status", "turns", "base"),
    [
        ("provisional", [], "provisional"),
        ("confirmed", [turn("provisional", "confirmed", TurnCode.REVIEWED)], "provisional"),
        ("confirmed", [turn("revised", "confirmed", TurnCode.REVIEWED)], "revised"),
        ("confirmed", [turn("", "provisional", TurnCode.FIRST_SEEN)], "provisional"),
        (
            "confirmed",
            [turn("confirmed", "revised", TurnCode.SAYS_ELSE), turn("revised", "confirmed", TurnCode.REVIEWED)],
            "revised",
        ),
        ("confirmed", [turn("provisional", "confirmed", TurnCode.SEEN_AGAIN)], "confirmed"),
        ("withdrawn", [], "withdrawn"),
    ],
)
def test_the_status_without_reviews_is_known_from_the_turns(status: Status, turns: list[Turn], base: Status) -> None:
    assert find_base(status, turns) == base


def test_a_verdict_that_is_taken_back_gives_the_status_back() -> None:
    hit = make_hit(status="revised")
    said = [review("confirmed")]
    confirmed, turns = restand(hit, said, (), NOW)
    assert [(one.was, one.became, one.reason_code) for one in turns] == [("revised", "confirmed", TurnCode.REVIEWED)]
    assert [(one.source, one.state) for one in confirmed.evidence] == [("review", "confirmed")]
    back, more = restand(confirmed, [*said, review("unsure", hours=1)], turns, NOW)
    assert (back.status, len(more), [one.state for one in back.evidence]) == ("revised", 1, ["unsure"])
    assert restand(back, [*said, review("unsure", hours=1)], (*turns, *more), NOW) == (back, ())


ARRIVED, LEFT = make_hit(1), make_hit(2, kind="departure")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("hit", "look", "stays", "borne_out"),
    [
        (ARRIVED, None, [make_stay(1)], False),  # it was there in one look alone
        (ARRIVED, None, [make_stay(1, seen_to=ARRIVED.after + 5 * DAY)], True),
        (ARRIVED, None, [make_stay(1, arrival_hit="other", seen_to=ARRIVED.after + 5 * DAY)], False),
        (ARRIVED, make_look(10), [], False),  # another look of the apron says nothing of the place
        (replace(ARRIVED, kind="replacement"), None, [make_stay(1, seen_to=ARRIVED.after + DAY)], True),
        (LEFT, make_look(15), [], True),
        (LEFT, make_look(15, "change"), [], True),
        (LEFT, make_look(10), [], False),  # its own look
        (LEFT, make_look(15, "not_observed"), [], False),
        (LEFT, make_look(15, "failed", visible_fraction=None), [], False),
        (LEFT, make_look(15, visible_fraction=0.6), [], False),  # the place may have been hidden
        (LEFT, make_look(15, apron="West"), [], False),
        (LEFT, make_look(15), [make_stay(3, seen_from=START + 15 * DAY)], False),  # something stands there again
        (LEFT, make_look(15), [make_stay(4, seen_from=START + 20 * DAY)], True),
        (LEFT, make_look(15), [make_stay(3, seen_from=START + 15 * DAY, lon=LEFT.lon + 0.01)], True),
    ],
)
def test_what_bears_a_hit_out(hit: Hit, look: object, stays: list[object], borne_out: bool) -> None:
    assert bool(find_later_looks(hit, [] if look is None else [look], stays)) == borne_out


FALSE = make_hit(1, score=6.0)


@pytest.mark.parametrize(
    ("change", "verdicts", "is_muted"),
    [
        ({}, ["rejected"], True),
        ({}, [], False),
        ({}, ["confirmed"], False),
        ({}, ["unsure"], False),
        ({}, ["rejected", "confirmed"], False),  # the newest counts
        ({"kind": "departure"}, ["rejected"], True),
        ({"kind": "replacement"}, ["rejected"], False),
        ({"lon": FALSE.lon + 0.0003}, ["rejected"], True),  # 23 m
        ({"lon": FALSE.lon + 0.0005}, ["rejected"], False),  # 38 m
        ({"score": 6.0 * STRONGER_TIMES}, ["rejected"], True),
        ({"score": 6.01 * STRONGER_TIMES}, ["rejected"], False),
    ],
)
def test_what_comes_out_at_a_rejected_place_is_no_news(
    change: dict[str, object], verdicts: Sequence[Verdict], is_muted: bool
) -> None:
    fresh = make_hit(5, **{"score": 6.0, "lon": FALSE.lon, **change})
    said = [review(verdict, hours=at) for at, verdict in enumerate(verdicts)]
    assert find_muted([fresh], [FALSE], {FALSE.id: said}) == ({fresh.id: FALSE.id} if is_muted else {})


@pytest.mark.parametrize("rejected", [3.0, 4.6, 4.7, 54.0])
def test_clearly_stronger_is_more_than_the_noise_of_a_score_and_than_that_of_its_unit(rejected: float) -> None:
    bar = max(rejected + CLEARLY_STRONGER, rejected * STRONGER_TIMES)
    assert [is_clearly_stronger(bar + more, rejected) for more in (-0.01, 0.01)] == [False, True]
    assert bar >= rejected + 2.0


def swept(found: list[Hit], recorded: list[Hit], past: Past = Past()) -> Settled:  # noqa: B008
    told = reconcile(recorded, found, EVER, lambda _: True)
    return settle(told, recorded, past, [make_look(5 * number) for number in range(9)], [], NOW)


def test_a_muted_hit_is_told_with_its_reason_and_is_not_new() -> None:
    past = Past(reviews={FALSE.id: [review("rejected")]})
    fresh = replace(make_hit(5, score=6.0), lon=FALSE.lon)
    told = swept([FALSE, fresh], [FALSE], past)
    assert (told.hits.new, told.hits.late, told.muted) == ((), (), {fresh.id: FALSE.id})
    [silent] = [hit for hit in told.hits.hits if hit.id == fresh.id]
    assert [one.state for one in silent.evidence] == ["rejected place"] and FALSE.id in silent.evidence[0].statement
    again = swept([FALSE, fresh], list(told.hits.hits), past)
    assert (again.hits.hits, again.turns) == (told.hits.hits, ()), "and goes on saying so"


def test_no_later_look_confirms_a_replacement_that_may_be_one_and_the_same_object() -> None:
    hit = make_hit(1, kind="replacement")
    stands_on = make_stay(1, arrival_hit=hit.id, seen_to=hit.after + timedelta(days=5))
    assert find_later_looks(hit, [], [stands_on])
    doubt = Evidence("light curve", "same_object_undecided", "It may be one and the same object.")
    assert not find_later_looks(replace(hit, evidence=(doubt,)), [], [stands_on])


def test_no_later_look_confirms_what_reviewers_reject_and_a_new_word_may() -> None:
    left = make_hit(1, kind="departure")
    known = swept([left], [], Past(reviews={left.id: [review("rejected")]}))
    assert [(hit.status, [one.state for one in hit.evidence]) for hit in known.hits.hits] == [
        ("provisional", ["seen again", "rejected"])
    ]
    past = Past(reviews={left.id: [review("rejected"), review("unsure", hours=1)]}, turns={left.id: known.turns})
    assert [hit.status for hit in swept([left], list(known.hits.hits), past).hits.hits] == ["confirmed"]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("sweep"), st.sampled_from(["same", "else", "gone"])),
            st.tuples(st.just("review"), st.sampled_from(VERDICTS), st.sampled_from(["Ann", "Bob"])),
        ),
        max_size=8,
    )
)
def test_any_story_of_sweeps_and_reviews_ends_in_what_its_turns_say(story: list[tuple[str, ...]]) -> None:
    """Each turn begins where the one before ended; a sweep that finds the same changes nothing; no review is lost."""
    hit = make_hit(1, kind="departure")
    told = swept([hit], [])
    [recorded], turns, reviews = told.hits.hits, [*told.turns], list[Review]()
    for at, (what, how, *who) in enumerate(story):
        past = Past({hit.id: reviews}, {hit.id: turns})
        if what == "review":
            reviews = [*reviews, review(how, by=who[0], hours=at)]
            recorded, more = restand(recorded, reviews, turns, NOW)
            turns += more
            continue
        found = {"same": [recorded], "else": [replace(recorded, apron=f"{at}")], "gone": []}[how]
        told = swept(found, [recorded], past)
        turns += told.turns
        [recorded] = [*told.hits.hits, *told.hits.withdrawn]
        again = swept(
            [] if how == "gone" else [recorded], [recorded], Past({hit.id: reviews}, {hit.id: turns}, all_passes())
        )
        assert ([*again.hits.hits, *again.hits.withdrawn], again.turns) == ([recorded], ())
    assert turns[-1].became == recorded.status
    assert all(one.became == other.was for one, other in pairwise(turns))
    stated = {one.state for one in recorded.evidence if one.source == "review"}
    assert stated == {
        next(one.verdict for one in reversed(reviews) if one.reviewer == by) for by in {r.reviewer for r in reviews}
    }


def all_passes() -> set[str]:
    return {make_look(5 * number).pass_id for number in range(9)}


def test_hits_that_could_not_be_judged_are_left_alone() -> None:
    kept = reconcile([make_hit()], [], EVER, lambda _: False)
    told = settle(kept, [make_hit()], Past(), [], [], NOW)
    assert isinstance(kept, Reconciled) and told.hits == kept and told.turns == ()
