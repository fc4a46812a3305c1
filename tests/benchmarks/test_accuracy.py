"""The accuracy benchmark counts what it should, and the detector holds wide bounds on a few worlds."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import accuracy
import accuracy_tables as tables
import numpy as np
import pytest
import roc
import tallies
from peers import PEERS
from shapely.geometry import box
from tallies import OURS, ByDefault, Threshold
from underneath import lies_on as what_lies
from worlds import (
    CASES,
    LOWEST_SUN,
    SEED_STEP,
    SEEDS,
    SHORT_SEEDS,
    Job,
    Promise,
    Told,
    Watched,
    Wrong,
    jobs,
    load,
    save,
    setting,
)

from imagery_watch.evaluate.verdicts import Change, Claim
from imagery_watch.simulate.clutter import Thing
from imagery_watch.simulate.daylight import sun_position
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.layout import FINE, SIZE, Layout
from imagery_watch.simulate.scenario import Stay, Story
from imagery_watch.simulate.simulator import Setting, World

CHANGE = Change("arrival", "Il-62M", 3, 4, 10.0, 10.0, 40.0, "alone", 1)
CLAIM = Claim(3, 4, 10.3, 10.4, 6.0, "arrival", 58.41, 50.0)
TRAFFIC, NULL = Job("concrete", 1, True), Job("concrete", 2, False)
PROMISE = Promise(5.0, 0.2, 0.5)
SECONDS = {"simulation": 4.0, "detection": 10.0, "peers": 2.0}


def told(score: float | None, stand: str = "alone", peers: dict[str, float] | None = None, **change: Any) -> Told:
    happened = replace(CHANGE, **change)
    claim = None if score is None else replace(CLAIM, score=score)
    return Told(happened, stand, claim, score is not None and score >= PROMISE.score, peers or {})


def traffic(*some: Told, job: Job = TRAFFIC, sun: float = 50.0, hidden: float = 0.0) -> Watched:
    return Watched(job, PROMISE, 10.0, hidden, 16, sun, some, (), {}, SECONDS, 500.0)


def null(*scores: float, on: str = "vehicle", peers: dict[str, tuple[float, ...]] | None = None) -> Watched:
    wrong = tuple(Wrong(replace(CLAIM, score=float(s)), bool(s >= 5), float(1 / s), on) for s in scores)
    return Watched(NULL, PROMISE, 10.0, 0.0, 16, 50.0, (), wrong, peers or {}, SECONDS, 600.0)


TEN_FALSE = null(*np.linspace(2.1, 3.0, 10).round(2))


@pytest.mark.parametrize(
    ("rate", "score", "extrapolated"),
    [(0.3, 2.7, False), (0.5, 2.5, False), (1.0, 0.0, True), (5.0, 0.0, True)],
)
def test_thresholds_are_counted_on_the_null_worlds(rate: float, score: float, extrapolated: bool) -> None:
    at = tallies.threshold([traffic(told(9.0)), TEN_FALSE], rate)
    assert (at.score, at.extrapolated) == (pytest.approx(score), extrapolated)


def test_a_rare_rate_is_extrapolated_and_marked() -> None:
    at = tallies.threshold([TEN_FALSE], 0.01)
    assert at.mark == "*" and at.score > 3.0


def test_every_method_has_its_own_threshold_and_scores() -> None:
    watched = [null(2.5, peers={"CVA": tuple(float(n) for n in range(10))})]
    assert tallies.threshold(watched, 0.4, "CVA").score == 5.0
    assert tallies.threshold(watched, 0.4, "RX").score == 0.0
    one = told(2.0, peers={"CVA": 7.0})
    assert [tallies.score_of(one, method) for method in (OURS, "CVA", "RX")] == [2.0, 7.0, None]


def test_only_what_is_above_the_threshold_is_found() -> None:
    some = [told(None), told(3.0), told(5.0), told(7.0)]
    assert tallies.found(some, Threshold(OURS, 5.0, False)) == 1
    assert tallies.found(some, ByDefault()) == 2


def test_the_headline_is_of_aircraft_on_stands_of_their_own() -> None:
    some = (told(5.0), told(5.0, "row"), told(5.0, "busy"), told(5.0, kind="replacement"), told(5.0, aircraft="A320"))
    assert tallies.told([traffic(*some)], tallies.alone(">= 42 m")) == [some[0]]
    assert tallies.told([traffic(*some)], tallies.alone("34-42 m")) == [some[4]]


def test_a_row_is_noticed_by_any_of_its_members() -> None:
    members = [
        told(score, "row", aircraft="Su-30", kind=kind) for kind in ("arrival", "departure") for score in (None, 4)
    ]
    watched = [traffic(*members, told(9.0)), traffic(told(None, "row"), job=replace(TRAFFIC, seed=9))]
    assert tallies.rows_noticed(watched, Threshold(OURS, 3.0, False)) == (2, 3)
    assert tallies.rows_noticed(watched, Threshold(OURS, 4.0, False)) == (0, 3)


def test_shares_have_their_intervals() -> None:
    assert tallies.share(0, 20) == "0.00 (0.00-0.16)"
    assert tallies.share(0, 0) == "-"


@pytest.mark.parametrize(
    ("one", "other", "turn"), [(10, 20, -10), (175, 5, -10), (5, 355, 10), (50, 230, 0), (0, 271, -91 + 180 - 180)]
)
def test_headings_are_axes(one: float, other: float, turn: float) -> None:
    assert (tallies.turned(one, other) - turn) % 180 == pytest.approx(0)
    assert -90 <= tallies.turned(one, other) <= 90


def test_errors_are_of_place_length_and_heading() -> None:
    off = tallies.errors([told(6.0), told(None)])
    assert off.count == 1 and off.heading_right == 1.0
    assert (off.place_m, off.length, off.heading_deg) == pytest.approx((5.0, 0.1, 10.0))
    assert math.isnan(tallies.errors([]).place_m)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_counts_have_the_intervals_of_the_tables(count: int, low: float, high: float) -> None:
    assert tables.poisson(count) == pytest.approx((low, high), abs=0.005)  # Garwood 1936, as in every table since


def watched() -> list[Watched]:
    some = (
        told(8.0, peers={"CVA": 3.0}),
        told(None, kind="departure", looks=4),
        told(6.0, "row", aircraft="Su-30"),
        told(6.0, kind="replacement"),
        told(2.5, "busy", aircraft="A320"),
    )
    return [
        traffic(*some),
        traffic(told(4.0), sun=30.0, hidden=0.1),
        null(*np.linspace(2.1, 6.0, 12), peers={"CVA": (4.0,)}),
    ]


def test_the_tables_say_what_happened() -> None:
    lines = tables.report(watched())
    text = "\n".join(lines)
    assert lines[0].startswith("SIMULATED") and "imagery-watch" in lines[0]
    assert all(f"\n{number}. " in text for number in range(1, 7))
    assert max(map(len, lines)) <= 180
    row = next(line.split() for line in lines if line.strip().startswith(">= 42 m   "))
    assert row[3] == "3"
    assert "vehicle" in text and "600 MiB" in text and "0.25" in text
    assert "2 worlds with traffic, 1 without: 10 km2 x pass without" in text


def test_sun_and_cloud_can_be_crossed() -> None:
    worlds = [traffic(told(6.0), sun=30.0 + n, hidden=0.1 * (n % 2)) for n in range(6)]
    lines = list(tables.crossed([*worlds, null(2.0)]))
    assert lines[0].count("hidden") == 3 and lines[0].count("clear") == 3
    assert lines[1].split()[1:] == ["1"] * 6
    assert lines[2].count("n=1") == 6
    assert tables.report(worlds, cross=True) != tables.report(worlds)


def test_few_worlds_are_crossed_under_all_suns() -> None:
    worlds = [traffic(told(6.0), sun=50.0, hidden=hidden) for hidden in (0.0, 0.1)]
    names, counts, heavy = list(tables.crossed([*worlds, null(2.0)]))[:3]
    assert names.count("all suns, ") == 2 and "hiddenall" not in names
    assert counts.split()[1:] == ["1", "1"] and heavy.count("n=1") == 2
    assert list(tables.crossed([null(2.0)]))


def test_tables_can_be_made_of_anything() -> None:
    for some in ([], [traffic()], [null()], [traffic(told(None)), null()]):
        assert tables.report(some)[0].startswith("SIMULATED")


def test_gains_are_over_three_rivals_at_the_same_rate() -> None:
    line = list(tables.beside_peers(watched()))[-1]
    assert line.startswith("gain in Pd at >= 42 m over CVA ") and "IR-MAD" in line and "RX" in line


def test_what_was_promised_stands_beside_what_came() -> None:
    some = [null(2.0, 4.0, 5.0), null(10.0)]  # promised 0.5, 0.25, 0.2 and 0.1
    assert [tallies.promised(some, rate) for rate in (0.1, 0.25, 1.0)] == [(1, 2.0), (3, 5.0), (4, 10.0)]
    assert tables.realised(1, 2.0, 10.0) == (
        "1 in 10 km2 x pass = 0.100 (0.003-0.557); promised 0.200, realised / promised 0.50 (0.01-2.79)"
    )
    lines = list(tables.false_alarms(some))
    assert lines[0].startswith("reported by default, without traffic: 2 in 20 km2 x pass = 0.100")
    assert lines[-3].endswith("they lie on: vehicle 2") and lines[-2].endswith("they lie on: -")


def test_claims_are_kept_and_read_again(tmp_path: Path) -> None:
    save(watched(), tmp_path / "claims.json")
    assert load(tmp_path / "claims.json") == watched()


def test_kept_claims_give_the_same_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(watched(), tmp_path / "claims.json")
    accuracy.main(["--from", str(tmp_path / "claims.json"), "--roc", str(tmp_path / "roc.png")])
    assert capsys.readouterr().out.splitlines() == tables.report(watched())
    assert (tmp_path / "roc.png").stat().st_size > 10_000


def test_a_curve_rises_with_the_false_alarms() -> None:
    some = [traffic(told(5.0), told(2.5), told(None)), null(3.0, 2.0)]
    assert roc.curve(some, ">= 42 m") == ([0.1, 0.2], pytest.approx([1 / 3, 2 / 3]))
    assert roc.curve([null()], ">= 42 m") == ([], [])


def test_no_two_worlds_share_a_seed() -> None:
    seeds = [job.seed for some in (SEEDS, SHORT_SEEDS) for job in jobs(["concrete"], 200, 200, some)]
    assert len(set(seeds)) == 800
    assert np.diff(sorted(seeds)).min() >= SEED_STEP


def test_worlds_lie_between_the_latitudes_and_have_sun_enough() -> None:
    made = [setting(job) for job in jobs(CASES, 20, 20)]
    for one in made:
        assert 30 <= one.latitude <= 64
        assert sun_position(one.latitude, one.start)[1] >= LOWEST_SUN
    suns = [sun_position(one.latitude, one.start)[1] for one in made]
    assert min(suns) < 32 and max(suns) > 58
    assert {(one.pavement, one.noise) for one in made} == set(CASES.values())
    assert setting(Job("asphalt", 7, True)) == setting(Job("asphalt", 7, True))


def lies_on(*lying: Stay | Thing, at: float = 10.0) -> str:
    stays = tuple(one for one in lying if isinstance(one, Stay))
    things = tuple(one for one in lying if isinstance(one, Thing))
    flat = np.zeros((SIZE, SIZE), np.float32)
    heights = np.zeros((SIZE * FINE, SIZE * FINE), np.float32)
    heights[100 * FINE : 104 * FINE, : 20 * FINE] = 20.0
    layout = Layout(0.0, flat[None], heights, flat.astype(np.int16), flat, flat.astype(np.int32))
    passes: Any = (SimpleNamespace(sun_azimuth=180.0, sun_elevation=40.0),) * 8
    world = World(Setting(0), layout, Story(stays, things, 1.0), passes)
    return what_lies(replace(CLAIM, row=at, col=10.0), world)


JET = Placement("A320", 10.0, 10.0, 0.0, 0.5, 0.5)


def vehicle(first: int, gone: int, kind: str = "vehicle", col: float = 11.0) -> Thing:
    return Thing(kind, box(-5, -2, 5, 2), 10.0, col, first, gone)


@pytest.mark.parametrize(
    ("lying", "expected"),
    [
        ((), "nothing"),
        ((vehicle(4, 5),), "vehicle"),
        ((vehicle(3, 4),), "vehicle"),
        ((vehicle(5, 6),), "nothing"),
        ((vehicle(0, 9),), "nothing"),
        ((vehicle(0, 4, "stain"),), "stain"),
        ((vehicle(4, 5, "wet", 12.0), vehicle(4, 5)), "vehicle"),
        ((vehicle(4, 5, col=13.0),), "nothing"),
        ((Stay(JET, 4, 5, "taxiing"), vehicle(4, 5)), "taxiing aircraft"),
        ((Stay(JET, 0, 9, "parked"),), "parked aircraft"),
        ((Stay(JET, 0, 9, "parked"), vehicle(4, 5)), "vehicle"),
        ((Stay(replace(JET, row=16.0), 0, 9),), "beside an aircraft"),
        ((Stay(replace(JET, row=19.0), 0, 9),), "nothing"),
        ((Stay(JET, 6, 9),), "nothing"),
    ],
)
def test_false_claims_lie_on_what_came_or_went_there(lying: tuple[Stay | Thing, ...], expected: str) -> None:
    assert lies_on(*lying) == expected


@pytest.mark.parametrize(
    ("row", "expected"), [(98.0, "shadow of a building"), (94.0, "nothing"), (107.0, "nothing"), (120.0, "nothing")]
)
def test_shadows_fall_north_of_buildings(row: float, expected: str) -> None:
    assert lies_on(at=row) == expected


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> list[Watched]:
    """Half of the short run: one world with traffic and one without."""
    kept = tmp_path_factory.mktemp("claims") / "claims.json"
    accuracy.main(["--short", "--worlds", "1", "--nulls", "1", "--json", str(kept)])
    assert all(one["told"] or not one["job"]["traffic"] for one in json.loads(kept.read_text()))
    return load(kept)


@pytest.mark.slow
def test_large_aircraft_on_concrete_are_found_by_default(short: list[Watched]) -> None:
    large = tallies.told(short, tallies.alone(">= 42 m"))
    assert len(large) >= 4
    assert tallies.found(large, ByDefault()) >= 0.8 * len(large)


@pytest.mark.slow
def test_little_is_taken_for_aircraft_where_none_comes(short: list[Watched]) -> None:
    without = tallies.nulls(short)
    false = sum(wrong.reported for one in without for wrong in one.wrong)
    assert 10 < tallies.area(without) < 13.5
    assert false <= 0.5 * tallies.area(without)


@pytest.mark.slow
def test_every_peer_looked_too(short: list[Watched]) -> None:
    assert all(set(one.wrong_of_peers) == set(PEERS) for one in short)
    assert all(all(one.wrong_of_peers.values()) for one in short)
