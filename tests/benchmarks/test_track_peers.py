"""The peers of flight tracks are asked about made tracks: who is right is counted, and their known faults show."""

import numpy as np
import pytest
import track_cases
import track_peers
from corroborate.builders import landing, make_test_field, make_track, stand
from corroborate.test_movements import CASES
from track_cases import LANDED, PERHAPS, TOOK_OFF

from imagery_watch.model.flight import Track

FIELD = make_test_field()


def test_every_made_track_of_the_tests_has_a_truth() -> None:
    assert set(track_cases.MADE) == {name for name, *_ in CASES}


def test_the_made_tracks_are_asked_of_all_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    methods = {"ours": track_peers.ask_ours, "adsbtrack": track_peers.ask_adsbtrack, "radius": track_peers.ask_radius}
    cases = list(track_cases.make_cases())
    counts = track_peers.compare(cases, methods)
    assert {told.total() for told in counts.values()} == {len(cases)}
    assert counts["ours"]["false"] == counts["ours"]["missed"] == 0
    assert counts["radius"]["false"] > 0 and counts["adsbtrack"]["missed"] > 0
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("lands in a meadow")]
    assert row.split()[-6:] == ["-", "-", "?", "hedged", "L", "false"]


def test_the_airport_nearest_to_a_parked_aircraft_is_one_where_it_landed() -> None:
    airports = track_peers.Airports()
    parked = make_track(stand(30))
    assert track_peers.ask_nearest(parked, FIELD, airports) == {LANDED, TOOK_OFF}
    assert track_peers.ask_ours(parked, FIELD) == frozenset()


def without_speed(track: Track) -> Track:
    track.speed_kt[:] = np.nan
    return track


def test_without_a_speed_adsbtrack_waits_for_a_second_fix_on_the_ground() -> None:
    flown = [row for row in landing() if row[0] <= 115]
    one = without_speed(make_track(flown))
    two = without_speed(make_track([*flown, (125.0, *flown[-1][1:])]))
    assert track_peers.ask_adsbtrack(one, FIELD) == frozenset()
    assert track_peers.ask_adsbtrack(two, FIELD) == {LANDED}


@pytest.mark.parametrize(
    ("answer", "truth", "graded"),
    [
        ({LANDED}, {LANDED}, "right"),
        ({LANDED, TOOK_OFF}, {LANDED}, "false"),
        ({LANDED}, {PERHAPS}, "false"),
        ({PERHAPS}, {LANDED}, "hedged"),
        ({PERHAPS}, set(), "hedged"),
        ({LANDED}, {LANDED, TOOK_OFF}, "missed"),
        (set(), {PERHAPS}, "missed"),
        (set(), set(), "right"),
    ],
)
def test_how_an_answer_is_graded(answer: set[str], truth: set[str], graded: str) -> None:
    assert track_peers.grade(frozenset(answer), frozenset(truth)) == graded
