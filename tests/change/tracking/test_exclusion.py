"""One after another on one stand: each track ends where the next begins, and only where the next is surely another."""

from dataclasses import replace
from functools import cache

import pytest

from change.detection.test_matched_filter import COL, ROW, parked, seen
from change.scenes import JET
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit, fit_aircraft
from imagery_watch.change.detection.finder import Detection
from imagery_watch.change.tracking.events import derive_events
from imagery_watch.change.tracking.exclusion import enforce_exclusive_occupancy
from imagery_watch.change.tracking.objects import ParkedObject

AIRLINER = replace(JET, aircraft="A320", fuselage_paint=0.5, wing_paint=0.45)
TURNED = replace(AIRLINER, heading_deg=AIRLINER.heading_deg + 80)


@cache
def looks() -> tuple[ResidualImage, ...]:
    """One for the first three looks, another from then on."""
    return tuple(seen(parked(one), seed=seed) for seed, one in enumerate([AIRLINER] * 3 + [TURNED] * 3))


@cache
def fit_in(number: int) -> AircraftFit:
    found = fit_aircraft(looks()[number], ROW, COL)
    assert found is not None and found.llr_vs_clutter > 10
    return found


def track(
    look: int, pattern: str, fit: AircraftFit | None = None, steps: tuple[float, float] = (0.9, 0.9)
) -> ParkedObject:
    """Seen best in one look; there (J), not there (.) or nobody knows (?)."""
    fit = fit or fit_in(look)
    first, last = pattern.index("J"), pattern.rindex("J")
    before, after = pattern.rfind(".", 0, first), pattern.find(".", last)
    ends = (before if before >= 0 else None, after if after >= 0 else None)
    told = tuple(index for index in range(first, last + 1) if pattern[index] == "J")
    best = Detection(look, fit, 0)
    others = tuple(Detection(index, replace(fit, llr_vs_clutter=1.0), 0) for index in told if index != look)
    return ParkedObject(best, first, last, *ends, fit.llr_vs_clutter, (best, *others), told, steps)


def ends(one: ParkedObject) -> tuple[int | None, int, int, int | None]:
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
    assert [
        ends(one) for one in enforce_exclusive_occupancy([track(1, early), track(4, late)], looks(), 4.0)
    ] == expected


def test_each_keeps_the_sightings_and_the_evidence_of_its_own_looks() -> None:
    early, late = enforce_exclusive_occupancy([track(1, "JJJJ??"), track(4, "?JJJJJ")], looks(), 4.0)
    assert sorted(one.look for one in early.detections) == [0, 1, 2] and early.observed_in == (0, 1, 2)
    assert sorted(one.look for one in late.detections) == [3, 4, 5] and late.observed_in == (3, 4, 5)
    assert early.llr_vs_clutter == pytest.approx(fit_in(1).llr_vs_clutter + 2) and late.llr_vs_clutter == pytest.approx(
        fit_in(4).llr_vs_clutter + 2
    )


def test_what_crept_away_before_the_next_one_came_has_still_crept_away() -> None:
    early, late = enforce_exclusive_occupancy(
        [track(1, ".JJ.??", steps=(0.9, 0.4)), track(4, "?..?JJ", steps=(0.3, 0.9))], looks(), 4.0
    )
    assert (ends(early), early.steps) == ((0, 1, 2, 3), (0.9, 0.4))
    assert (ends(late), late.steps) == ((2, 4, 5, None), (1.0, 0.9))


def test_the_order_of_the_tracks_changes_nothing_and_is_kept() -> None:
    pair = [track(1, "JJJ???"), track(4, "???JJJ")]
    assert (
        enforce_exclusive_occupancy(pair[::-1], looks(), 4.0) == enforce_exclusive_occupancy(pair, looks(), 4.0)[::-1]
    )


def test_a_departure_and_an_arrival_that_crept_are_told_as_a_replacement() -> None:
    creeping = [track(1, ".JJJ??", steps=(0.9, 0.4)), track(4, "..?JJJ", steps=(0.4, 0.0))]
    assert [one.kind for one in derive_events(creeping, 4.0)] == ["arrival"]
    assert [one.kind for one in derive_events(enforce_exclusive_occupancy(creeping, looks(), 4.0), 4.0)] == [
        "arrival",
        "replacement",
    ]


@pytest.mark.parametrize(
    "other",
    [
        lambda fit: replace(fit, llr_vs_clutter=3.9),
        lambda fit: replace(fit, row=fit.row + 8),
        lambda fit: replace(fit, in_row=True, exclusion_radius_m=9.0),
        lambda fit: replace(fit_in(0), llr_vs_clutter=fit.llr_vs_clutter),
    ],
    ids=["unsure", "elsewhere", "of a row", "alike"],
)
def test_what_is_no_other_aircraft_on_the_stand_ends_nothing(other) -> None:
    pair = [track(1, "JJJ???"), track(4, "???JJJ", other(fit_in(4)))]
    assert enforce_exclusive_occupancy(pair, looks(), 4.0) == pair
