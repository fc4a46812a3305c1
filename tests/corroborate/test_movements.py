"""What a track shows at an airfield, and what it does not: a table of cases, and what must not matter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corroborate.builders import (
    NAN,
    START,
    Row,
    approach,
    landing,
    make_test_field,
    make_track,
    passing,
    roll_and_taxi,
    stand,
    take_off,
    untold,
)
from imagery_watch.corroborate.movements import find_movements
from imagery_watch.model.flight import AIR, GROUND, Movement, TrackFormat, join_tracks

FIELD = make_test_field()
LANDED_AND_STOOD = ["landed", "parked"]
FALSE_FLAGS = [(*row[:4], GROUND, row[5]) for row in passing(6000)]
FAST_WITHOUT_HEIGHT = [(*row[:3], None, GROUND, 250.0) for row in passing(2500)]
KEPT_SPEED: list[Row] = [*approach(), *((*row[:5], 139.8) for row in (*roll_and_taxi(), *stand(10)))]
TOUCH_AND_GO: list[Row] = [
    *approach(),
    *roll_and_taxi()[:3],
    *((150.0 + 10 * n, 600.0, 1500.0 + 720 * n, 300.0 * n, AIR, 140.0) for n in range(8)),
]
ONE_GROUND_FIX: list[Row] = [*approach(), roll_and_taxi()[0]]
LOW_PASS: list[Row] = [
    *approach(),
    *((115.0 + 10 * n, 600.0, -700.0 + 720 * n, None, GROUND, 140.0) for n in range(3)),
    *((150.0 + 10 * n, 600.0, 2000.0 + 720 * n, 300.0 * n, AIR, 140.0) for n in range(8)),
]
ELSEWHERE: list[Row] = [(3000.0 + 10 * n, 40_000.0, 0.0, None, GROUND, 5.0) for n in range(4)]
AWAY: list[Row] = [(111.0 + 1900, 30_000.0, 0.0, 20_000.0, AIR, 400.0), (2100.0, 40_000.0, 0.0, 20_000.0, AIR, 400.0)]
SOON_AWAY: list[Row] = [(300.0, 3_000.0, 9_000.0, 3_500.0, AIR, 200.0), (500.0, 40_000.0, 0.0, 20_000.0, AIR, 400.0)]

CASES: list[tuple[str, Sequence[Row], list[str]]] = [
    ("comes, and stands", landing(), LANDED_AND_STOOD),
    ("leaves", take_off(), ["took_off"]),
    ("comes and leaves", [*landing(), *take_off(900)], ["landed", "parked", "took_off"]),
    ("its transponder is off for ten hours", [*landing(), *take_off(36_900)], ["landed", "parked", "took_off"]),
    ("stands all the time", stand(60), ["parked"]),
    ("touches, and goes again", TOUCH_AND_GO, ["landed", "took_off"]),
    ("is next heard on the ground elsewhere", [*landing(), *ELSEWHERE], ["landed", "parked", "took_off"]),
    ("ends on final, 4 km out", approach(until_m=3900), ["near"]),
    ("ends on final, and is heard again 32 minutes later", [*approach(until_m=3900), *AWAY], ["near"]),
    ("goes around, and leaves", [*approach(until_m=500), *SOON_AWAY], ["overflight"]),
    ("begins on its climb", take_off()[-9:], ["near"]),
    ("has false ground flags at 6,000 ft", FALSE_FLAGS, []),
    ("has false ground flags at speed, without heights", FAST_WITHOUT_HEIGHT, []),
    ("taxies with the speed of its approach kept", KEPT_SPEED, LANDED_AND_STOOD),
    ("has one fix on the ground", ONE_GROUND_FIX, ["near"]),
    ("has ground flags along the runway at 140 kt alone", LOW_PASS, ["near"]),
    ("has no word of the ground", untold(landing()), ["near"]),
    ("has no word of the ground, and ends on final", untold(approach()), ["near"]),
    ("passes high", passing(35_000), ["overflight"]),
    ("passes low", passing(1_000), ["overflight"]),
    ("is never within 10 km", [(*row[:2], row[2] + 15_000, *row[3:]) for row in passing(3000)], []),
]


def kinds(rows: Sequence[Row]) -> list[str]:
    return [one.kind.value for one in find_movements(make_track(rows), FIELD)]


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


def find(rows: Sequence[Row], kind: str) -> Movement:
    [one] = [one for one in find_movements(make_track(rows), FIELD) if one.kind.value == kind]
    return one


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_aircraft_that(rows: Sequence[Row], expected: list[str]) -> None:
    assert kinds(rows) == expected


def test_a_landing_lies_between_its_last_fix_in_the_air_and_its_first_on_the_ground() -> None:
    one = find(landing(), "landed")
    assert (one.not_before, one.not_after) == (moment(110), moment(115))
    assert (one.first_on_apron, one.last_on_apron) == (moment(195), moment(825))
    assert (one.aprons, one.apron, one.ground_fixes) == (("main",), "main", 22)
    assert one.stand is not None and one.place == pytest.approx((8.0, 47.0), abs=2e-4)
    assert (one.hex, one.callsign, one.type, one.tolerance_s) == ("4b1901", "TST1", "A320", 0.0)
    assert [fix.on_ground for fix in one.evidence] == [False, True, True]
    assert one.evidence[1].speed_kt == 122.0  # on the runway it is believed


def test_its_path_leads_from_the_runway_to_where_it_stands() -> None:
    path = find(landing(), "landed").path
    assert len(path) == 10
    assert path[-1] == pytest.approx((8.0, 47.0), abs=2e-4)
    assert path[0][1] < path[3][1] and path[0][0] == pytest.approx(path[3][0])


def test_a_take_off_tells_its_last_fix_on_the_apron() -> None:
    one = find(take_off(), "took_off")
    assert (one.not_before, one.not_after) == (moment(100), moment(105))
    assert one.last_on_apron == moment(20)


def test_parked_tells_how_long_it_was_not_heard() -> None:
    assert find([*landing(), *take_off(36_900)], "parked").silent_s == 36_900 - 825
    assert find(landing(), "parked").silent_s == 60


@pytest.mark.parametrize(("more", "silent_s"), [([], None), (AWAY, AWAY[0][0] - 50)])
def test_near_says_how_long_nothing_followed_or_that_the_file_ends(more: list[Row], silent_s: float | None) -> None:
    one = find([*approach(until_m=3900), *more], "near")
    assert (one.way, one.silent_s) == ("arrival", silent_s)
    assert one.distance_m == pytest.approx(5400, abs=100) and one.height_ft is not None and 600 < one.height_ft < 1000


def test_a_climb_that_begins_low_is_a_departure() -> None:
    assert find(take_off()[-9:], "near").way == "departure"


def test_an_overflight_tells_how_near_and_how_high() -> None:
    one = find(passing(35_000), "overflight")
    assert one.distance_m is not None and one.distance_m < 700
    assert one.height_ft == pytest.approx(35_000)


def test_without_a_known_runway_no_fast_fix_is_on_the_ground() -> None:
    found = find_movements(make_track(landing()), make_test_field(runway=False))
    assert [one.kind.value for one in found] == LANDED_AND_STOOD
    assert found[0].not_after == moment(135)  # the first slow one


@pytest.mark.parametrize("apart_s", [0.0, 30.0, 45.0])
def test_two_networks_that_tell_one_landing_apart_in_time_make_one_landing(apart_s: float) -> None:
    first = make_track(landing())
    second = make_track([(row[0] + apart_s + 1, *row[1:]) for row in landing()], formats=(TrackFormat.FR24_CSV,))
    found = find_movements(join_tracks([first, second]), FIELD)
    assert [one.kind.value for one in found] == LANDED_AND_STOOD
    assert {one.tolerance_s for one in found} == {45.0}


def test_joining_a_track_with_its_own_half_changes_nothing() -> None:
    whole = make_track([*landing(), *take_off(900)])
    half = make_track([*landing(), *take_off(900)][10:30])
    assert find_movements(join_tracks([whole, half]), FIELD) == find_movements(whole, FIELD)


@given(st.lists(st.booleans(), min_size=len(landing()), max_size=len(landing())))
def test_no_thinned_landing_ever_shows_more_than_the_whole(kept: list[bool]) -> None:
    rows = [row for row, keep in zip(landing(), kept, strict=True) if keep]
    if rows:
        found = find_movements(make_track(rows), FIELD)
        assert {one.kind.value for one in found} <= {"landed", "parked", "near", "overflight"}
        assert all(one.not_before <= one.not_after for one in found)
        assert all(one.not_before <= moment(115) <= one.not_after for one in found if one.kind == "landed"
                   and one.first_ground == moment(115))  # fmt: skip


@given(st.integers(-10_000_000, 10_000_000))
def test_another_day_moves_the_times_alone(seconds: int) -> None:
    track = make_track(landing())
    shifted = find_movements(replace(track, t=track.t + seconds), FIELD)
    for one, other in zip(find_movements(track, FIELD), shifted, strict=True):
        assert (other.not_before - one.not_before).total_seconds() == seconds
        assert (other.kind, other.place, other.apron) == (one.kind, one.place, one.apron)


def test_the_track_comes_back_as_it_was() -> None:
    track = make_track(landing())
    before = [np.copy(column) for column in (track.t, track.altitude_ft, track.state, track.speed_kt)]
    find_movements(track, FIELD)
    after = (track.t, track.altitude_ft, track.state, track.speed_kt)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(before, after, strict=True))
    assert NAN != NAN
