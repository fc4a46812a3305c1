"""Hits, stays and tracks held against one another: a table of cases with the truth, and what must not matter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corroborate.builders import (
    START,
    Row,
    approach,
    at,
    landing,
    make_test_field,
    make_track,
    passing,
    roll_and_taxi,
    stand,
    take_off,
)
from imagery_watch.corroborate.ground_stays import Named
from imagery_watch.corroborate.joining import Watched, hear, join_both_ways
from imagery_watch.corroborate.terms import ONE_DATATAKE, may_be_late
from imagery_watch.model import Hit, Look, Stay
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import Corroboration, LookState, TrackState, Verdict
from imagery_watch.model.flight import GROUND, Track, TrackFormat
from imagery_watch.model.results import Kind

FIELD = make_test_field()
SIZES = {
    name: AircraftSize(name, name, length, 30.0, 10.0, length, length, "a test")
    for name, length in (("IL62", 53.1), ("A320", 37.6), ("A124", 69.1), ("C172", 8.3))
}
HOUR = 3600.0
DAY = 24 * HOUR
PLACE = at(0.0, 0.0)


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


def make_hit(kind: Kind = "arrival", before: float = -10 * HOUR, after: float = 30 * HOUR, low: float = 44.0,
             high: float = 56.0, x: float = 20.0) -> Hit:  # fmt: skip
    """A change some 20 m east of the apron's middle, where aircraft of the builders stand."""
    lon, lat = at(x, 0.0)
    return Hit(
        id=f"XXXX-{kind}", airfield="XXXX", apron="main", kind=kind, lon=lon, lat=lat, x=0.0, y=0.0,
        before=moment(before), after=moment(after), before_pass="", after_pass="", before_items=(), after_items=(),
        score=30.0, length_m=(low + high) / 2, length_low_m=low, length_high_m=high, heading_deg=None, summary="",
    )  # fmt: skip


def make_stay(since: float, until: float, before: float | None = -10 * HOUR, after: float | None = None) -> Stay:
    lon, lat = at(20.0, 0.0)
    return Stay(
        id="XXXX-stay", airfield="XXXX", apron="main", lon=lon, lat=lat,
        arrival_hit=None if before is None else "XXXX-arrival", not_before=None if before is None else moment(before),
        seen_from=moment(since), seen_to=moment(until), first_pass="", last_pass="",
        departure_hit=None if after is None else "XXXX-departure", not_after=None if after is None else moment(after),
        length_m=50.0,
    )  # fmt: skip


def make_look(second: float, limit: float | None = 20.0, visible: float = 1.0, apron: str = "main") -> Look:
    result = "no_change" if visible else "not_observed"
    return Look("XXXX", apron, "", moment(second), (), "sentinel-2", 65, result, visible, limit, 0.1, "")


def aircraft(rows: Sequence[Row], hex_: str | None = "896180", kind: str = "IL62", origin: str = "day") -> Track:
    return replace(make_track(rows, hex_=hex_, origin=origin), type=kind)


def others(start: float, end: float, origin: str = "day", height: float | None = None) -> list[Track]:
    """Two aircraft of the same file, in every six hours: standing 3 km south on the ground, or as high as is said."""
    tracks = []
    for hex_ in ("400001", "400002"):
        rows: list[Row] = []
        second = start
        while second <= end:
            step = int((second - start) // HOUR)
            if height is None:
                rows.append((second, 0.0, -400.0 - 5 * step, None, GROUND, 3.0))
            else:
                rows.append((second, 3000.0 + 900 * (step % 5), 0.0, height, 0, 400.0))
            second += HOUR
        tracks.append(replace(make_track(rows, hex_=hex_, origin=origin), type="C172"))
    return tracks


def join(tracks: Sequence[Track], hits: Sequence[Hit] = (), stays: Sequence[Stay] = (), looks: Sequence[Look] = (),
         named: Sequence[Named] = ()) -> Corroboration:  # fmt: skip
    heard = hear(tracks, tracks, FIELD, lambda text: SIZES.get(text), named)
    return join_both_ways("XXXX", Watched(tuple(hits), tuple(stays), tuple(looks)), heard)


def shifted(rows: Sequence[Row], seconds: float) -> list[Row]:
    return [(row[0] + seconds, *row[1:]) for row in rows]


def beside_the_runway(rows: Sequence[Row]) -> list[Row]:
    """The same, its stand beside the runway, a kilometre from the apron."""
    return [(row[0], 480.0, -900.0, *row[3:]) if row[4] == GROUND and (row[5] or 0.0) < 13 else row for row in rows]


LANDS = landing()
LEAVES = take_off(36 * HOUR)
FAR: list[Row] = [
    (40 * HOUR, 500_000.0, 0.0, 33_000.0, 0, 450.0),
    (40 * HOUR + 600, 590_000.0, 0.0, 33_000.0, 0, 450.0),
]
ON_FINAL = approach(until_m=3900)
TAXIES = [*approach(), *roll_and_taxi()[:6]]
SINGLE = "one flight.csv"


HIT = make_hit()


@dataclass(frozen=True)
class Case:
    what: str
    state: TrackState
    tracks: Callable[[], list[Track]]
    hit: Hit = HIT
    stay: Stay | None = None
    matches: int = 0


CASES = [
    Case("lands in the bracket, 20 m from the hit, as long as it", TrackState.SEEN_LANDING,
         lambda: [aircraft(LANDS)], matches=1),
    Case("leaves in the bracket", TrackState.SEEN_DEPARTING, lambda: [aircraft(LEAVES)],
         make_hit("departure", 30 * HOUR, 60 * HOUR), matches=1),
    Case("ends on final, 4 km out", TrackState.NEAR, lambda: [aircraft(ON_FINAL)], matches=1),
    Case("is an A320 under a hit of 44 to 56 m", TrackState.CONTRADICTED_SIZE,
         lambda: [aircraft(LANDS, kind="A320")], matches=1),
    Case("lands three hours after the look after", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft(shifted(LANDS, 33 * HOUR), origin=SINGLE)]),
    Case("a day's archive, others on the ground in every six hours, none fits", TrackState.SILENT_COVERED,
         lambda: others(-10 * HOUR, 30 * HOUR)),
    Case("the same with a gap of a night", TrackState.SILENT_UNCOVERED, lambda: others(-10 * HOUR, 10 * HOUR)),
    Case("others above 10,000 ft only", TrackState.SILENT_UNCOVERED,
         lambda: others(-10 * HOUR, 30 * HOUR, height=12_000.0)),
    Case("a file of one flight elsewhere", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft(passing(35_000), origin=SINGLE)]),
    Case("a day's archive of another day", TrackState.NOT_ASSESSABLE, lambda: others(90 * HOUR, 130 * HOUR)),
    Case("two that fit equally well", TrackState.AMBIGUOUS,
         lambda: [aircraft(LANDS), aircraft(shifted(LANDS, 2 * HOUR), "896181")], matches=2),
    Case("one at the hit, one that stood a kilometre away", TrackState.SEEN_LANDING,
         lambda: [aircraft(LANDS), aircraft(beside_the_runway(shifted(LANDS, HOUR)), "896181")], matches=1),
    Case("one at the hit, one whose stand is not shown", TrackState.SEEN_LANDING,
         lambda: [aircraft(LANDS), aircraft(shifted(TAXIES, HOUR), "896181")], matches=1),
    Case("lands, and where it parks is not shown", TrackState.SEEN_LANDING, lambda: [aircraft(TAXIES)], matches=1),
    Case("stood a kilometre away, and nobody else was heard", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft(beside_the_runway(LANDS), origin=SINGLE)]),
    Case("has false ground flags at 6,000 ft", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft([(*row[:4], GROUND, row[5]) for row in passing(6000)], origin=SINGLE)]),
    Case("its type is not in the table", TrackState.SEEN_LANDING, lambda: [aircraft(LANDS, kind="ZZZZ")], matches=1),
    Case("its type is not told", TrackState.SEEN_LANDING, lambda: [aircraft(LANDS, kind="")], matches=1),
    Case("is longer by less than hits read short", TrackState.SEEN_LANDING,
         lambda: [aircraft(LANDS, kind="A124")], matches=1),
    Case("came and went before the look that shows the object", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft([*LANDS, *take_off(3 * HOUR)], origin=SINGLE)]),
    Case("is over another place while a look still shows the object", TrackState.CONTRADICTED_ELSEWHERE,
         lambda: [aircraft([*LANDS, *FAR])], stay=make_stay(30 * HOUR, 60 * HOUR), matches=1),
    Case("stands on the apron, its way in not shown", TrackState.NEAR, lambda: [aircraft(stand(30))], matches=1),
    Case("stood there already before the bracket", TrackState.NOT_ASSESSABLE,
         lambda: [aircraft(stand(30, start=-40 * HOUR), origin=SINGLE)]),
    Case("one came in place of another", TrackState.SEEN_LANDING,
         lambda: [aircraft(take_off(-5 * HOUR), "896181"), aircraft(LANDS)], make_hit("replacement"), matches=2),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_what_tracks_say_of_a_hit(case: Case) -> None:
    told = join(case.tracks(), [case.hit], [case.stay] if case.stay else [])
    [one] = told.hits
    assert (one.state, len(one.matches)) == (case.state, case.matches)


def test_every_state_of_a_hit_is_in_the_table_or_of_stays_alone() -> None:
    assert {case.state for case in CASES} | {TrackState.SEEN_BOTH} == set(TrackState)


def test_the_nearest_is_named_where_none_fits() -> None:
    [one] = join([aircraft(shifted(LANDS, 33 * HOUR), origin=SINGLE)], [make_hit()]).hits
    assert one.nearest is not None and one.nearest.time == Verdict.DISAGREES
    assert one.nearest.apart_s == pytest.approx(3 * HOUR + 110, abs=10)


def test_terms_are_told_apart() -> None:
    [one] = join([aircraft(LANDS, kind="A320")], [make_hit()]).hits
    [match] = one.matches
    assert (match.time, match.place, match.size_fits) == (Verdict.AGREES, Verdict.AGREES, Verdict.DISAGREES)
    assert match.distance_m == pytest.approx(14, abs=1)  # from where the antenna first stood still


def test_both_ends_of_a_stay_by_one_aircraft() -> None:
    hits = [make_hit(after=12 * HOUR), make_hit("departure", 30 * HOUR, 60 * HOUR)]
    stay = make_stay(12 * HOUR, 30 * HOUR, after=60 * HOUR)
    told = join([aircraft([*LANDS, *LEAVES])], hits, [stay])
    assert told.stays[0].state == TrackState.SEEN_BOTH
    assert [one.end for one in told.stays[0].matches] == ["arrival", "departure"]


def test_two_aircraft_at_the_ends_of_one_stay_are_ambiguous() -> None:
    hits = [make_hit(after=12 * HOUR), make_hit("departure", 30 * HOUR, 60 * HOUR)]
    stay = make_stay(12 * HOUR, 30 * HOUR, after=60 * HOUR)
    told = join([aircraft(LANDS), aircraft(LEAVES, "896181")], hits, [stay])
    assert told.stays[0].state == TrackState.AMBIGUOUS


NAMES = [Named("OUT1", "RA-86559", "IL62"), Named("BACK2", "RA-86559", "IL62")]


def one_flight(rows: Sequence[Row], callsign: str) -> Track:
    track = make_track(rows, hex_=None, origin=f"{callsign}.csv", formats=(TrackFormat.FR24_CSV,))
    return replace(track, type="", callsigns=(callsign,))


def test_two_files_of_one_flight_each_are_joined_by_the_registration_that_a_person_gives() -> None:
    tracks = [one_flight(LANDS, "OUT1"), one_flight(LEAVES, "BACK2")]
    assert len(join(tracks).tracks) == 2
    [one] = join(tracks, named=NAMES).tracks
    assert (one.aircraft.name, one.aircraft.type) == ("RA-86559", "IL62")
    assert one.aircraft.landed is not None and one.aircraft.took_off is not None
    assert one.aircraft.told_by == "that OUT1 and BACK2 are RA-86559 (IL62)"


@dataclass(frozen=True)
class Reverse:
    what: str
    state: LookState
    looks: tuple[Look, ...]
    kind: str = "IL62"
    hits: tuple[Hit, ...] = ()
    chance: float = 0.0


AROUND = (make_look(-30 * HOUR), make_look(90 * HOUR))
REVERSE = [
    Reverse("no look in between", LookState.UNSEEN, AROUND),
    Reverse("a look that saw all of it, and nothing found", LookState.EXPECTED,
         (*AROUND, make_look(20 * HOUR)), chance=0.8),
    Reverse("a look that could show larger ones only", LookState.UNSEEN, (*AROUND, make_look(20 * HOUR, limit=60.0))),
    Reverse("a look under cloud", LookState.UNSEEN, (*AROUND, make_look(20 * HOUR, visible=0.0))),
    Reverse("a look that saw half", LookState.UNSEEN, (*AROUND, make_look(20 * HOUR, visible=0.5)), chance=0.4),
    Reverse("two looks that saw half", LookState.EXPECTED,
            (*AROUND, make_look(20 * HOUR, visible=0.5), make_look(25 * HOUR, visible=0.5)), chance=0.64),
    Reverse("a hit at its place", LookState.SEEN, (*AROUND, make_look(20 * HOUR)), hits=(make_hit(),), chance=0.8),
    Reverse("a small one", LookState.UNSEEN, (*AROUND, make_look(20 * HOUR)), kind="C172"),
    Reverse("one of a size that nobody knows", LookState.OUTSIDE, (*AROUND, make_look(20 * HOUR)), kind=""),
    Reverse("no look before", LookState.OUTSIDE, AROUND[1:]),
    Reverse("a look of another apron", LookState.UNSEEN, (*AROUND, make_look(20 * HOUR, apron="other"))),
]  # fmt: skip


@pytest.mark.parametrize("case", REVERSE, ids=[case.what for case in REVERSE])
def test_what_looks_say_of_a_track(case: Reverse) -> None:
    [one] = join([aircraft([*LANDS, *LEAVES], kind=case.kind)], case.hits, looks=case.looks).tracks
    assert (one.state, one.chance) == (case.state, pytest.approx(case.chance))


def test_every_state_of_a_track_is_in_the_table() -> None:
    assert {case.state for case in REVERSE} == set(LookState)


def test_a_track_is_cut_into_what_the_aircraft_did() -> None:
    [one] = join([aircraft([*LANDS, *LEAVES])]).tracks
    doing = [segment.doing for segment in one.segments]
    assert doing == ["flying", "here", "silent", "here", "flying"]
    silent = one.segments[2]
    assert silent.end - silent.start > timedelta(hours=30)


TRAFFIC = st.lists(
    st.tuples(st.floats(-40 * HOUR, 60 * HOUR), st.booleans(), st.integers(0, 8)), min_size=0, max_size=6
)


@settings(max_examples=40, deadline=None)
@given(TRAFFIC)
def test_more_traffic_never_turns_covered_into_uncovered(more: list[tuple[float, bool, int]]) -> None:
    base = others(-10 * HOUR, 30 * HOUR)
    extra = [
        aircraft(shifted(passing(20_000.0 if high else 2_000.0), start), f"50000{number}", "C172")
        for start, high, number in more
    ]
    [one] = join([*base, *extra], [make_hit()]).hits
    assert one.state != TrackState.SILENT_UNCOVERED and one.covered == one.cells


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(CASES), st.integers(-400, 400))
def test_when_it_all_was_does_not_matter(case: Case, days: int) -> None:
    """Hits, stays and tracks moved by whole days: the states are the same."""
    by = timedelta(days=days)
    hit = replace(case.hit, before=case.hit.before + by, after=case.hit.after + by)
    stays = []
    if case.stay is not None:
        stays = [
            replace(
                case.stay,
                not_before=case.hit.before + by,
                seen_from=case.stay.seen_from + by,
                seen_to=case.stay.seen_to + by,
            )
        ]
    tracks = [replace(one, t=one.t + days * DAY) for one in case.tracks()]
    assert join(tracks, [hit], stays).hits[0].state == case.state


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([case for case in CASES if case.state != TrackState.SILENT_COVERED]), st.floats(-600, 600))
def test_states_do_not_hang_on_minutes(case: Case, seconds: float) -> None:
    """Tracks whose times are off by ten minutes, in brackets of days: the states are the same, none is at an edge."""
    tracks = [replace(one, t=one.t + seconds) for one in case.tracks()]
    assert join(tracks, [case.hit], [case.stay] if case.stay else []).hits[0].state == case.state


def test_a_hit_that_fits_in_part_is_named_with_the_track() -> None:
    looks = (*AROUND, make_look(20 * HOUR))
    [one] = join([aircraft([*LANDS, *LEAVES], kind="A320")], [make_hit()], looks=looks).tracks
    assert (one.state, one.hits, one.doubted) == (LookState.EXPECTED, (), ("XXXX-arrival",))


def test_the_other_aircraft_of_a_replacement_is_not_told_of_this_stay() -> None:
    """One that left in the bracket ended the stay before; of the one after it says nothing."""
    swap = make_hit("replacement", 30 * HOUR, 60 * HOUR)
    before = replace(make_stay(12 * HOUR, 30 * HOUR, None, 60 * HOUR), id="before", departure_hit=swap.id)
    after = replace(make_stay(60 * HOUR, 90 * HOUR), id="after", arrival_hit=swap.id, not_before=moment(30 * HOUR))
    told = join([aircraft([*shifted(stand(30), -HOUR), *LEAVES], origin=SINGLE)], [swap], [before, after])
    assert {one.id: one.state for one in told.stays} == {
        "before": TrackState.SEEN_DEPARTING,
        "after": TrackState.NOT_ASSESSABLE,
    }


def test_of_a_replacement_the_end_that_is_elsewhere_is_contradicted() -> None:
    swap = make_hit("replacement", before=2 * HOUR)
    ended = make_stay(-60 * HOUR, 2 * HOUR, None)
    ended = replace(ended, departure_hit=swap.id, not_after=moment(30 * HOUR))
    rows = [*LANDS, *take_off(3 * HOUR)]
    [one] = join([aircraft(rows, origin=SINGLE)], [swap], [ended]).hits
    assert one.state == TrackState.CONTRADICTED_ELSEWHERE


def test_who_is_back_before_the_look_is_not_elsewhere() -> None:
    back = [*LANDS, *take_off(33 * HOUR), *shifted(LANDS, 40 * HOUR)]
    stay = make_stay(30 * HOUR, 60 * HOUR)
    assert join([aircraft(back)], [make_hit()], [stay]).hits[0].state == TrackState.SEEN_LANDING


def test_bounds_wider_than_the_bracket_are_near_at_best() -> None:
    late = [*approach(), *shifted([*roll_and_taxi(), *stand(10)], 40 * HOUR)]
    [one] = join([aircraft(late, origin=SINGLE)], [make_hit(before=20 * HOUR, after=22 * HOUR)]).hits
    assert one.state == TrackState.NEAR and one.matches[0].shown and one.matches[0].time == Verdict.NEAR


def test_one_landing_is_no_evidence_for_three_arrivals() -> None:
    hits = [replace(make_hit(x=x), id=f"hit-{number}") for number, x in enumerate((-190.0, 20.0, 190.0))]
    told = join([aircraft(TAXIES, kind="")], hits)
    assert {one.state for one in told.hits} == {TrackState.AMBIGUOUS}
    shown = join([aircraft(LANDS, kind="")], [hits[1], replace(make_hit(x=60.0), id="beside")])
    assert [one.state for one in shown.hits].count(TrackState.SEEN_LANDING) <= 1


def test_one_flight_in_two_files_is_one_aircraft() -> None:
    tracks = [one_flight(LANDS, "OUT1"), replace(one_flight(LANDS, "OUT1"), origin="again.kml")]
    [one] = join(tracks, [make_hit()]).hits
    assert (one.state, len(one.matches)) == (TrackState.SEEN_LANDING, 1)


def test_a_size_that_contradicts_is_told_beside_somebody_who_was_near() -> None:
    tracks = [aircraft(LANDS, kind="A320"), aircraft(ON_FINAL, "896190", kind="")]
    assert join(tracks, [make_hit()]).hits[0].state == TrackState.CONTRADICTED_SIZE


def test_of_silence_at_two_ends_the_weaker_counts() -> None:
    hits = [make_hit(after=12 * HOUR), make_hit("departure", 30 * HOUR, 60 * HOUR)]
    told = join(others(-10 * HOUR, 12 * HOUR), hits, [make_stay(12 * HOUR, 30 * HOUR, after=60 * HOUR)])
    assert [one.state for one in told.hits] == [TrackState.SILENT_COVERED, TrackState.NOT_ASSESSABLE]
    assert told.stays[0].state == TrackState.NOT_ASSESSABLE


@pytest.mark.parametrize(
    "looks", [(make_look(20 * HOUR),), (*AROUND, make_look(20 * HOUR))], ids=["always there", "off"]
)
def test_who_could_not_be_seen_to_change_is_not_expected(looks: tuple[Look, ...]) -> None:
    rows = [*LANDS, *LEAVES] if len(looks) == 1 else beside_the_runway([*LANDS, *LEAVES])
    [one] = join([aircraft(rows)], looks=looks).tracks[:1]
    assert one.state == LookState.OUTSIDE


def test_a_look_is_late_where_its_time_is_the_datatakes() -> None:
    told = moment(0).replace(microsecond=0)
    product = f"S2A_MSIL2A_{told:%Y%m%dT%H%M%S}_N0509_R003_T51SYD_20230801T080000"
    assert may_be_late([product], told) == ONE_DATATAKE
    assert may_be_late([product], told + timedelta(minutes=7)) == timedelta(0)
    assert may_be_late(["S2A_51SYD_20230801_0_L2A"], told) == timedelta(0)
