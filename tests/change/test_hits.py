"""From states of a stand to events, and from events to what a person reads."""

import re
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from change.scenes import JET, look_for, series, stand
from imagery_watch.change.detect import UNKNOWN, Detection
from imagery_watch.change.explain import Fit
from imagery_watch.change.hits import Event, events, hit_id, summary, to_hit, without_ghosts
from imagery_watch.change.templates import dictionary
from imagery_watch.change.tracks import Sighting, Track, apart, near
from imagery_watch.evaluate.aircraft import TYPES
from imagery_watch.model import Hit


def fit(row: float = 20.0, col: float = 20.0, length_m: float = 50.0, margin: float = 40.0) -> Fit:
    template = dictionary(150.0, 45.0)[0]
    return Fit(
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


def track(pattern: str, found: Fit | None = None) -> Track:
    """Over looks in which the object is there (J), is not (.), or nobody knows (?)."""
    first, last = pattern.index("J"), pattern.rindex("J")
    before, after = pattern.rfind(".", 0, first), pattern.find(".", last)
    sighting = Sighting(first, found or fit(), 0)
    ends = (before if before >= 0 else None, after if after >= 0 else None)
    return Track(sighting, first, last, *ends, margin=sighting.fit.margin)


def told(*tracks: Track) -> list[tuple[str, int, int]]:
    return [(event.kind, event.before, event.after) for event in events(tracks)]


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
    assert near(fit(20, 20, length_m), fit(20, 20 + apart_px, length_m)) == expected


def test_of_sightings_too_near_the_strongest_stays() -> None:
    weak, strong, far = (Sighting(0, fit(20, col, margin=m), 0) for col, m in ((20, 10.0), (21, 30.0), (40, 5.0)))
    assert apart([weak, strong, far]) == [strong, far]


@lru_cache(maxsize=1)
def detection() -> Detection:
    return look_for(series(stand("..JJ.", J=JET)))


def hits(**item_ids: tuple[str, ...]) -> list[Hit]:
    passes = detection().stack.passes
    named = [replace(item, scene=replace(item.scene, **item_ids)) for item in passes]
    return [
        to_hit(event, named, "XXXX", ("north",), lambda row, col: (11.0, 46.0, 10 * col, -10 * row), UNKNOWN)
        for event in detection().events
    ]


def test_a_hit_carries_what_the_event_says() -> None:
    arrival, departure = hits()
    assert (arrival.kind, departure.kind) == ("arrival", "departure")
    assert arrival.before < arrival.after < departure.after and arrival.apron == "north"
    assert arrival.before_items == ("item-1",) and arrival.after_items == ("item-2",)
    assert arrival.length_low_m <= 0.9 * arrival.length_m and arrival.length_high_m >= 1.1 * arrival.length_m
    assert arrival.heading_deg is not None and 0 <= arrival.heading_deg < 180
    assert arrival.false_alarms_per_year is not None and arrival.false_alarms_per_year >= 0
    assert arrival.probability is not None and 0 < arrival.probability < 1


def test_ids_depend_on_place_and_passes_not_on_the_catalogue() -> None:
    assert [hit.id for hit in hits()] == [hit.id for hit in hits(item_ids=("another-catalogue",))]
    assert len({hit.id for hit in hits()}) == 2


IDS = {"airfield": "YYYY", "kind": "departure", "x": 130.0, "y": 130.0, "before": "s_20230101", "after": "s_20230201"}


@pytest.mark.parametrize("changed", IDS)
def test_each_part_of_an_id_matters(changed: str) -> None:
    known = {
        "airfield": "XXXX",
        "kind": "arrival",
        "x": 101.0,
        "y": 99.0,
        "before": "a_20220101",
        "after": "a_20220106",
    }
    assert hit_id(**known) != hit_id(**{**known, changed: IDS[changed]})
    assert hit_id(**known) == hit_id(**{**known, "x": 103.0, "y": 97.0})
    assert re.fullmatch(r"XXXX-20220106-[0-9a-f]{10}", hit_id(**known))


@pytest.mark.parametrize("kind", ["arrival", "departure", "replacement"])
@pytest.mark.parametrize(("length_m", "size"), [(15.0, "small"), (37.0, "medium"), (53.0, "large")])
def test_the_summary_is_hedged(kind: str, length_m: float, size: str) -> None:
    before, after = detection().stack.passes[:2]
    text = summary(kind, length_m, "the north apron", before, after)
    assert text.startswith("A change consistent with ") and f" a {size} aircraft (about {length_m:.0f} m long)" in text
    told = {
        "arrival": "the arrival of a",
        "departure": "the departure of a",
        "replacement": "taking the place of another",
    }
    assert told[kind] in text
    assert "the north apron" in text and "2023-06-06 10:20 UTC" in text and "2023-06-01 10:20 UTC" in text
    assert not any(name in text for name in TYPES)


def test_nothing_is_said_of_pixels_never_seen() -> None:
    image = detection().stack.passes[0].image
    assert np.isfinite(image[:, detection().stack.passes[0].visible]).all()


@pytest.mark.parametrize(("gone", "come"), [(60.0, 9.0), (9.0, 60.0)])
def test_a_replacement_is_of_what_came_and_as_sure_as_the_surer(gone: float, come: float) -> None:
    first, second = (
        track("JJJ.....", fit(length_m=50.0, margin=gone)),
        track("...JJJJJ", fit(length_m=30.0, margin=come)),
    )
    [event] = events([first, second])
    assert (event.kind, event.track, event.gone) == ("replacement", second, first)
    assert event.margin == 60.0 and event.score == pytest.approx((2 * 60.0) ** 0.5)


def test_what_is_hardly_more_than_noise_replaces_nothing() -> None:
    found = events([track("JJJ.....", fit(margin=60.0)), track("...JJJJJ", fit(length_m=17.0, margin=3.1))])
    assert [(event.kind, event.score > 10) for event in found] == [("arrival", False), ("departure", True)]


@pytest.mark.parametrize("turn", [False, True])
def test_a_large_aircraft_after_a_row_hides_none_of_its_members(turn: bool) -> None:
    members = [track("JJJ.....", replace(fit(20.0, 20.0 + 2.2 * k, 22.0, 30.0), room_m=13.0)) for k in range(4)]
    jet = track("...JJJJJ", fit(20.0, 23.4, 70.0, 12.0))
    found = events([jet, *members] if turn else [*members, jet])
    assert sorted(event.kind for event in found) == ["departure"] * 3 + ["replacement"]
    [swap] = [event for event in found if event.kind == "replacement"]
    assert swap.track is jet and swap.gone in members[1:3]


def test_a_replacement_by_a_weak_object_is_no_ghost() -> None:
    """With few looks: beside a departure half as strong as what the replacement's other object was."""
    swap = [track("JJ..", fit(margin=60.0)), track("..JJ", fit(margin=5.0))]
    beside = track("JJ..", fit(27.0, 20.0, margin=20.0))
    found = without_ghosts(events([*swap, beside]))
    assert "replacement" in [event.kind for event in found]
