"""A clock that is years ahead for a sweep, or goes back: nothing is lost, told twice, or put off until then."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from outputs.builders import make_hit
from support.desk import Watchman, ids_of
from support.sink import Sink, http_sink, in_turn

from imagery_watch.monitor.alerting.desk_view import make_silence, view_desk
from imagery_watch.outputs.alerts.config import FILE
from imagery_watch.sources.doubts import Doubts
from monitor.test_alerting import DOWN, HOOK, WELL, bodies, phases, turns

YEARS, DAY = timedelta(days=3652), timedelta(days=1)
JUMPS = pytest.mark.parametrize("jump", [YEARS, DAY - timedelta(hours=1)], ids=["ten years", "a day"])


def begin(home: Path, sink: Sink, text: str = HOOK) -> Watchman:
    one = Watchman(home, {"DESK": sink.url})
    one.configure(text)
    one.sweep()
    return one


@JUMPS
def test_hits_before_in_and_behind_a_jump_are_told_once_each(tmp_path: Path, jump: timedelta) -> None:
    with http_sink() as sink:
        one = begin(tmp_path, sink)
        one.sweep(make_hit(1))
        one.now += jump
        one.sweep(make_hit(2))
        one.now -= jump
        one.sweep(make_hit(3), make_hit(1, status="withdrawn"))
        one.sweep(make_hit(1, status="revised"))
        one.sweep()
    told = [turn for body in bodies(sink) for turn in turns(body)]
    assert sorted(told) == [("LIPB-0001", "came back", 3), ("LIPB-0001", "new", 1), ("LIPB-0001", "withdrawn", 2),
                            ("LIPB-0002", "new", 1), ("LIPB-0003", "new", 1)]  # fmt: skip
    feed = (one.out / "feed.atom").read_text()
    assert jump < YEARS or "2032" not in feed, "no entry is ahead for years"


@JUMPS
@pytest.mark.parametrize("refusal", [503, 404])
def test_what_failed_in_a_jump_is_tried_again_in_its_order(tmp_path: Path, jump: timedelta, refusal: int) -> None:
    with http_sink(in_turn(refusal, 200)) as sink:
        one = begin(tmp_path, sink)
        one.now += jump
        assert one.sweep(make_hit(1)).channels[0].waiting == 1
        one.now -= jump
        for _ in range(9):
            one.sweep(make_hit(1, status="withdrawn"))
    assert [turns(body)[0][1] for body in bodies(sink)] == ["new", "withdrawn"]
    assert one.sweep().channels[0].waiting == 0


def test_a_cool_down_does_not_last_for_years(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = begin(tmp_path, sink, HOOK + "cool_down_hours = 24\n")
        one.now += YEARS
        one.sweep(make_hit(1))
        one.now -= YEARS
        for _ in range(5):
            one.sweep(make_hit(2))
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0001"], ["LIPB-0002"]]


def test_a_silence_lasts_as_long_as_it_was_meant_to(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = begin(tmp_path, sink)
        one.now += YEARS
        make_silence(tmp_path, "LIPB", "works", one.now, one.now + timedelta(hours=10))
        one.now -= YEARS
        one.sweep(make_hit(1))
        assert [silence.note for silence in view_desk(tmp_path, one.now).silences] == ["works"]
        one.sweep()
        one.sweep(make_hit(2))
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0002"]]


@JUMPS
@pytest.mark.parametrize("ahead", [(0,), (0, 1), (1,), (1, 2), (2,), (3,)])
def test_a_trouble_begins_and_ends_once_whatever_the_clock_says(
    tmp_path: Path, jump: timedelta, ahead: tuple[int, ...]
) -> None:
    with http_sink() as sink:
        one = begin(tmp_path, sink, HOOK + "[troubles]\nrepeat_hours = 240\n")
        for number, outcomes in enumerate((DOWN, DOWN, WELL, WELL, WELL, WELL)):
            one.now += jump if number in ahead else timedelta()
            one.sweep(outcomes=outcomes)
            one.now -= jump if number in ahead else timedelta()
    told = [phase for body in bodies(sink) for _, phase in phases(body)]
    assert told == ["began", *["goes on"] * told.count("goes on"), "ended"] and told.count("goes on") <= 1


def test_the_heartbeat_does_not_boast_of_years_to_come(tmp_path: Path) -> None:
    beat = tmp_path / "heartbeat.json"
    with http_sink(in_turn(500)) as sink:
        one = begin(tmp_path, sink)
        one.now += YEARS
        one.sweep()
        assert json.loads(beat.read_text())["last_success"].startswith("2032")
        one.now -= YEARS
        assert one.sweep(make_hit(1)).failed
    assert json.loads(beat.read_text())["last_success"] is None
    assert (tmp_path / FILE).is_file()


def test_a_doubt_of_years_to_come_is_noted_anew(tmp_path: Path) -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    assert Doubts(tmp_path, now + YEARS).recall("pass", "zeros") is None
    assert Doubts(tmp_path, now).recall("pass", "zeros") is None
    assert Doubts(tmp_path, now + DAY).recall("pass", "zeros") == now.date()
