"""What speaks against a hit: said where the run is made, and told wherever the hit is."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from imagery_watch.model import Dossier, Hit, Period, Stay
from imagery_watch.outputs.alerts.feed import tell_content
from imagery_watch.outputs.gis.layers import hit_row
from imagery_watch.outputs.reconcile.record import reconcile
from imagery_watch.outputs.terminal.tables import print_summary
from imagery_watch.outputs.wording.doubts import (
    deny_hit,
    join_undecided,
    list_others,
    note_doubts,
    summarise,
    tell_doubt,
)
from imagery_watch.outputs.wording.summaries import headline
from outputs.builders import START, make_hit, make_result, make_stay
from outputs.dossiers import make_dossier

REPLACED = make_hit(2, kind="replacement", probability=0.99)
ENDED = make_stay(1, departure_hit=REPLACED.id, not_after=REPLACED.after)
BEGUN = make_stay(2, arrival_hit=REPLACED.id)


def seen(stay: str, pass_id: str, share: float | None) -> Dossier:
    """A dossier whose curve has, of that look, that share."""
    dossier = make_dossier(stay)
    curve = tuple(replace(one, pass_id=pass_id, share=share) for one in dossier.curve[:1])
    return replace(dossier, curve=curve)


@pytest.mark.parametrize(
    ("stay", "pass_id", "share", "said"),
    [
        (ENDED, REPLACED.after_pass, 0.96, "The look after it still shows 96 % of the signal of what stood"),
        (BEGUN, REPLACED.before_pass, 0.8, "The look before it already shows 80 % of the signal of what stands"),
        (BEGUN, REPLACED.before_pass, 0.79, ""),
        (BEGUN, REPLACED.before_pass, None, ""),
        (BEGUN, REPLACED.after_pass, 1.0, ""),
        (ENDED, REPLACED.before_pass, 1.0, ""),
    ],
)
def test_a_replacement_is_doubted_where_the_look_beyond_it_shows_the_same_again(
    stay: Stay, pass_id: str, share: float | None, said: str
) -> None:
    told = note_doubts([make_hit(1), REPLACED], (ENDED, BEGUN), [seen(stay.id, pass_id, share)])
    assert told[0] == make_hit(1)
    assert (said in tell_doubt(told[1])) if said else (told[1] == REPLACED)
    assert {(one.source, one.state) for one in told[1].evidence} <= {("light curve", "same_object_undecided")}


def doubted() -> Hit:
    dossiers = [seen(ENDED.id, REPLACED.after_pass, 0.96), seen(BEGUN.id, REPLACED.before_pass, 0.91)]
    return note_doubts([REPLACED], (ENDED, BEGUN), dossiers)[0]


def test_both_sides_are_told_in_one_sentence_and_kinds_of_one_look_are_not_doubted() -> None:
    assert "still shows 96 %" in tell_doubt(doubted()) and "and the look before it already shows 91 %" in tell_doubt(
        doubted()
    )
    arrival = replace(REPLACED, kind="arrival")
    assert note_doubts([arrival], (ENDED,), [seen(ENDED.id, REPLACED.after_pass, 0.96)]) == (arrival,)


def test_whoever_tells_the_hit_tells_the_doubt() -> None:
    hit, said = doubted(), tell_doubt(doubted())
    result = replace(make_result(1), hits=(make_hit(1), hit))
    assert hit_row(hit)["evidence"] == said
    assert said in tell_content(hit, 1)
    assert summarise(hit) == f"{hit.summary} {said}" and summarise(REPLACED) == REPLACED.summary
    assert "(1 possible arrival, 1 possible replacement, undecided)" in headline(result)
    two = replace(result, hits=(hit, replace(REPLACED, id="other")))
    assert "(2 possible replacements, 1 of them undecided)" in headline(two)
    print_summary(result, Console(file=(shown := StringIO()), width=200, force_terminal=False))
    assert said in " ".join(shown.getvalue().split())


def test_the_next_sweep_says_it_anew_or_keeps_what_was_said() -> None:
    recorded, anew = (
        deny_hit(doubted()),
        note_doubts([REPLACED], (ENDED,), [seen(ENDED.id, REPLACED.after_pass, 0.9)])[0],
    )

    def told(found: Hit) -> list[str]:
        return [
            one.statement for one in reconcile([recorded], [found], Period(None, None), lambda _: True).hits[0].evidence
        ]

    assert told(anew) == [recorded.evidence[1].statement, tell_doubt(anew)]
    assert told(REPLACED) == [one.statement for one in recorded.evidence]


def test_the_two_readings_of_a_stay_reach_over_all_that_may_be_one_object() -> None:
    third = make_stay(3, arrival_hit="LIPB-0003", not_after=None)
    between = replace(BEGUN, departure_hit="LIPB-0003")
    hits = (doubted(), replace(doubted(), id="LIPB-0003"))
    joined = join_undecided(between, hits, (ENDED, between, third))
    assert (joined.not_before, joined.seen_from, joined.seen_to, joined.not_after) == (
        START, ENDED.seen_from, third.seen_to, None,
    )  # fmt: skip
    assert join_undecided(between, (REPLACED,), (ENDED, between, third)) == between


def test_what_is_known_to_be_false_says_so_and_is_no_other_evidence() -> None:
    false = deny_hit(make_hit(1))
    assert [(one.source, one.state) for one in false.evidence] == [("what was planted", "false")]
    assert list_others(false) == list_others(doubted()) == ()
