"""From states of a stand to events."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from change.scenes import under
from imagery_watch.change.detection.aircraft_fit import AircraftFit, overlaps
from imagery_watch.change.detection.aircraft_templates import build_template_bank
from imagery_watch.change.detection.finder import Detection, non_max_suppression
from imagery_watch.change.tracking.events import Event, derive_events
from imagery_watch.change.tracking.objects import ParkedObject


def fit(row: float = 20.0, col: float = 20.0, length_m: float = 50.0, margin: float = 40.0) -> AircraftFit:
    template = build_template_bank(under(150.0, 45.0))[0]
    return AircraftFit(
        row,
        col,
        length_m,
        0.9 * length_m,
        1.1 * length_m,
        200.0,
        (0.6, 0.4),
        2 * margin,
        margin,
        margin,
        1.0,
        False,
        template,
    )


def track(pattern: str, found: AircraftFit | None = None) -> ParkedObject:
    """Over looks in which the object is there (J), is not (.), or nobody knows (?)."""
    first, last = pattern.index("J"), pattern.rindex("J")
    before, after = pattern.rfind(".", 0, first), pattern.find(".", last)
    sighting = Detection(first, found or fit(), 0)
    ends = (before if before >= 0 else None, after if after >= 0 else None)
    return ParkedObject(sighting, first, last, *ends, llr_vs_clutter=sighting.fit.llr_vs_clutter)


def numbered(tracks: Sequence[ParkedObject]) -> list[ParkedObject]:
    return [replace(one, id=number) for number, one in enumerate(tracks)]


def told(*tracks: ParkedObject) -> list[tuple[str, int, int]]:
    return [(event.kind, event.before, event.after) for event in derive_events(numbered(tracks), 4.0)]


STATES = [
    ("..J..", [("arrival", 1, 2), ("departure", 2, 3)]),
    (".JJJJ", [("arrival", 0, 1)]),
    ("JJJ..", [("departure", 2, 3)]),
    ("JJJJJ", []),
    ("J", []),
    (".?J?.", [("arrival", 0, 2), ("departure", 2, 4)]),
    ("..J??J..", [("arrival", 1, 2), ("departure", 5, 6)]),
    ("??J??", []),
    ("??J?.", [("departure", 2, 4)]),
    (".J??", [("arrival", 0, 1)]),
    (".??JJ??", [("arrival", 0, 3)]),
]


@pytest.mark.parametrize(("pattern", "expected"), STATES)
def test_states_to_events(pattern: str, expected: list[tuple[str, int, int]]) -> None:
    assert told(track(pattern)) == expected


TWO = [
    ("..JJ....", "....JJ..", [("arrival", 1, 2), ("replacement", 3, 4), ("departure", 5, 6)]),
    ("..JJ....", ".....JJ.", [("arrival", 1, 2), ("departure", 3, 4), ("arrival", 4, 5), ("departure", 6, 7)]),
    ("..JJ?...", "...?JJ..", [("arrival", 1, 2), ("replacement", 3, 4), ("departure", 5, 6)]),
    ("JJJ.....", "...JJJJJ", [("replacement", 2, 3)]),
]


@pytest.mark.parametrize(("one", "two", "expected"), TWO)
def test_two_objects_at_one_place(one: str, two: str, expected: list[tuple[str, int, int]]) -> None:
    assert sorted(told(track(one), track(two)), key=lambda change: change[1:]) == expected
    assert sorted(told(track(two), track(one)), key=lambda change: change[1:]) == expected


def test_two_objects_side_by_side_are_no_replacement() -> None:
    kinds = [kind for kind, _, _ in told(track("..JJ....", fit(20, 20)), track("....JJ..", fit(20, 32)))]
    assert sorted(kinds) == ["arrival", "arrival", "departure", "departure"]


def test_one_object_seen_twice_is_told_once() -> None:
    assert told(track("..JJ.."), track("..JJ..", fit(20.5, 20.4, margin=20.0))) == told(track("..JJ.."))


@pytest.mark.parametrize(("margin", "score"), [(0.0, 0.0), (-5.0, 0.0), (2.0, 2.0), (50.0, 10.0)])
def test_the_score_is_the_root_of_twice_the_margin(margin: float, score: float) -> None:
    assert Event("arrival", track(".J.", fit(margin=margin)), 0, 1).score == score


@pytest.mark.parametrize(("apart_px", "length_m", "expected"), [(2, 20, True), (3, 20, False), (4, 75, True)])
def test_near(apart_px: float, length_m: float, expected: bool) -> None:
    assert overlaps(fit(20, 20, length_m), fit(20, 20 + apart_px, length_m)) == expected


def test_of_sightings_too_near_the_strongest_stays() -> None:
    weak, strong, far = (Detection(0, fit(20, col, margin=m), 0) for col, m in ((20, 10.0), (21, 30.0), (40, 5.0)))
    assert non_max_suppression([weak, strong, far]) == [strong, far]


@pytest.mark.parametrize(("gone", "come"), [(60.0, 9.0), (9.0, 60.0)])
def test_a_replacement_is_of_what_came_and_as_sure_as_the_surer(gone: float, come: float) -> None:
    first, second = numbered(
        [
            track("JJJ.....", fit(length_m=50.0, margin=gone)),
            track("...JJJJJ", fit(length_m=30.0, margin=come)),
        ]
    )
    [event] = derive_events([first, second], 4.0)
    assert (event.kind, event.parked, event.gone) == ("replacement", second, first)
    assert event.llr_vs_clutter == 60.0 and event.score == pytest.approx((2 * 60.0) ** 0.5)


def test_what_is_hardly_more_than_noise_replaces_nothing() -> None:
    found = derive_events(
        numbered([track("JJJ.....", fit(margin=60.0)), track("...JJJJJ", fit(length_m=17.0, margin=3.1))]), 4.0
    )
    assert [(event.kind, event.score > 10) for event in found] == [("arrival", False), ("departure", True)]


@pytest.mark.parametrize("turn", [False, True])
def test_a_large_aircraft_after_a_row_hides_none_of_its_members(turn: bool) -> None:
    members = [
        track("JJJ.....", replace(fit(20.0, 20.0 + 2.2 * k, 22.0, 30.0), in_row=True, exclusion_radius_m=13.0))
        for k in range(4)
    ]
    jet = track("...JJJJJ", fit(20.0, 23.4, 70.0, 12.0))
    found = derive_events([jet, *members] if turn else [*members, jet], 4.0)
    assert sorted(event.kind for event in found) == ["departure"] * 3 + ["replacement"]
    [swap] = [event for event in found if event.kind == "replacement"]
    assert swap.parked is jet and swap.gone in members[1:3]
