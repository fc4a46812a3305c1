"""One after another on one stand: each track ends where the next begins, and only where the next is surely another."""

from dataclasses import replace
from functools import cache

import pytest

from change.scenes import JET
from change.test_screen import COL, ROW, parked, seen
from imagery_watch.change.explain import Fit, explain
from imagery_watch.change.hits import events
from imagery_watch.change.screen import Look
from imagery_watch.change.stands import in_turn
from imagery_watch.change.tracks import Sighting, Track

AIRLINER = replace(JET, aircraft="A320", fuselage_paint=0.5, wing_paint=0.45)
TURNED = replace(AIRLINER, heading_deg=AIRLINER.heading_deg + 80)


@cache
def looks() -> tuple[Look, ...]:
    """One for the first three looks, another from then on."""
    return tuple(seen(parked(one), seed=seed) for seed, one in enumerate([AIRLINER] * 3 + [TURNED] * 3))


@cache
def fit_in(number: int) -> Fit:
    found = explain(looks()[number], ROW, COL)
    assert found is not None and found.margin > 10
    return found


def track(look: int, pattern: str, fit: Fit | None = None, steps: tuple[float, float] = (0.9, 0.9)) -> Track:
    """Seen best in one look; there (J), not there (.) or nobody knows (?)."""
    fit = fit or fit_in(look)
    first, last = pattern.index("J"), pattern.rindex("J")
    before, after = pattern.rfind(".", 0, first), pattern.find(".", last)
    ends = (before if before >= 0 else None, after if after >= 0 else None)
    told = tuple(index for index in range(first, last + 1) if pattern[index] == "J")
    best = Sighting(look, fit, 0)
    others = tuple(Sighting(index, replace(fit, margin=1.0), 0) for index in told if index != look)
    return Track(best, first, last, *ends, fit.margin, (best, *others), told, steps)


def ends(one: Track) -> tuple[int | None, int, int, int | None]:
    return one.before, one.first, one.last, one.after


@pytest.mark.parametrize(
    ("early", "late", "expected"),
    [
        ("JJJ???", "???JJJ", [(None, 0, 2, 3), (2, 3, 5, None)]),
        ("JJ????", "..?JJJ", [(None, 0, 1, 3), (1, 3, 5, None)]),
        ("JJJ.??", "??.JJJ", [(None, 0, 2, 3), (2, 3, 5, None)]),
        ("JJ.???", "??.JJJ", [(None, 0, 1, 2), (2, 3, 5, None)]),
        (".JJJJ.", ".?JJJJ", [(0, 1, 2, 3), (2, 3, 5, None)]),
        ("JJJJ??", "?JJJJJ", [(None, 0, 2, 3), (2, 3, 5, None)]),
        ("JJJJJJ", "???JJJ", [(None, 0, 5, None), (None, 3, 5, None)]),
    ],
    ids=["unknown", "not yet", "known", "seen empty", "both claim it", "both claim two", "there all along"],
)
def test_one_ends_where_the_next_begins(early: str, late: str, expected: list[tuple[int | None, ...]]) -> None:
    assert [ends(one) for one in in_turn([track(1, early), track(4, late)], looks())] == expected


def test_each_keeps_the_sightings_and_the_evidence_of_its_own_looks() -> None:
    early, late = in_turn([track(1, "JJJJ??"), track(4, "?JJJJJ")], looks())
    assert sorted(one.look for one in early.sightings) == [0, 1, 2] and early.told == (0, 1, 2)
    assert sorted(one.look for one in late.sightings) == [3, 4, 5] and late.told == (3, 4, 5)
    assert early.margin == pytest.approx(fit_in(1).margin + 2) and late.margin == pytest.approx(fit_in(4).margin + 2)


def test_what_crept_away_before_the_next_one_came_has_still_crept_away() -> None:
    early, late = in_turn([track(1, ".JJ.??", steps=(0.9, 0.4)), track(4, "?..?JJ", steps=(0.3, 0.9))], looks())
    assert (ends(early), early.steps) == ((0, 1, 2, 3), (0.9, 0.4))
    assert (ends(late), late.steps) == ((2, 4, 5, None), (1.0, 0.9))


def test_the_order_of_the_tracks_changes_nothing_and_is_kept() -> None:
    pair = [track(1, "JJJ???"), track(4, "???JJJ")]
    assert in_turn(pair[::-1], looks()) == in_turn(pair, looks())[::-1]


def test_a_departure_and_an_arrival_that_crept_are_told_as_a_replacement() -> None:
    creeping = [track(1, ".JJJ??", steps=(0.9, 0.4)), track(4, "..?JJJ", steps=(0.4, 0.0))]
    assert [one.kind for one in events(creeping)] == ["arrival"]
    assert [one.kind for one in events(in_turn(creeping, looks()))] == ["arrival", "replacement"]


@pytest.mark.parametrize(
    "other",
    [
        lambda fit: replace(fit, margin=3.9),
        lambda fit: replace(fit, row=fit.row + 8),
        lambda fit: replace(fit, room_m=9.0),
        lambda fit: replace(fit_in(0), margin=fit.margin),
    ],
    ids=["unsure", "elsewhere", "of a row", "alike"],
)
def test_what_is_no_other_aircraft_on_the_stand_ends_nothing(other) -> None:
    pair = [track(1, "JJJ???"), track(4, "???JJJ", other(fit_in(4)))]
    assert in_turn(pair, looks()) == pair
