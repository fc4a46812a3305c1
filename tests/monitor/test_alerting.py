"""Sweeps that tell: what each channel hears, once or again, and what happens to what was not taken."""

import json
import logging
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from outputs.builders import make_hit
from outputs.reconcile.test_standing import review
from support.desk import CATALOG, LOOKED, NOW, Watchman, hit_at, ids_of
from support.monitor import make_archive, make_home, run_monitor
from support.sink import Script, Sink, http_sink, in_turn, mail_sink

from imagery_watch.errors import ExitCode, StopAsked, StoreError, UsageError
from imagery_watch.monitor.alerting.desk import end_unwatched, note_troubles, open_desk
from imagery_watch.monitor.alerting.desk_view import end_silences, make_silence, view_desk
from imagery_watch.outputs.store.store import open_store
from imagery_watch.outputs.store.trouble_store import TroubleStore
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.settings import Settings

HOOK = '[[channel]]\nname = "desk"\nkind = "webhook"\nurl_env = "DESK"\n'
CANARY = "CANARY-7f3a"


def watchman(home: Path, sink: Sink, text: str = HOOK) -> Watchman:
    """One that has made a first sweep over nothing, so that its channels are known."""
    one = Watchman(home, {"DESK": f"{sink.url}/{CANARY}", "SECRET": CANARY})
    one.configure(text)
    one.sweep()
    return one


def bodies(sink: Sink) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in sink.taken]


def turns(told: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(one["id"], one["turn"], one["revision"]) for one in told["hits"]]


def test_one_message_a_sweep_and_none_where_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1), make_hit(2), hit_at("EDBF", 3))
        one.sweep()
        one.sweep(make_hit(2, score=99.0))  # other numbers are no news
    [told] = bodies(sink)
    assert told["title"] == "imagery_watch: 3 new hits (EDBF, LIPB)"
    assert turns(told) == [("EDBF-0003", "new", 1), ("LIPB-0001", "new", 1), ("LIPB-0002", "new", 1)]


def test_a_channel_that_is_new_hears_of_what_comes_not_of_what_was(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = Watchman(tmp_path, {"DESK": sink.url})
        one.sweep(make_hit(1))
        one.configure(HOOK)
        one.sweep(make_hit(2))
        one.sweep(make_hit(1, status="withdrawn"))
        one.sweep(make_hit(1, status="revised"))
        one.configure(HOOK.replace("desk", "renamed"))
        one.sweep(make_hit(3))
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0002"], ["LIPB-0003"]]


def test_a_channel_that_comes_back_is_a_new_one(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1))
        one.configure("")
        one.sweep(make_hit(2))
        one.configure(HOOK)
        one.sweep(make_hit(3))
        one.sweep(make_hit(4))
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0001"], ["LIPB-0003"], ["LIPB-0004"]]


def test_what_people_rejected_is_no_news_but_what_was_told_is_taken_back(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + "cool_down_hours = 12\n")
        one.sweep(make_hit(1))
        one.sweep(make_hit(2), make_hit(3))  # they wait
        with open_store(tmp_path) as store:
            store.add_reviews([review("rejected", hit=f"LIPB-000{number}") for number in (1, 2)], one.now)
        one.sweep(hours=24)
        one.sweep(make_hit(1, status="withdrawn"), hours=24)
        one.sweep(make_hit(1, status="revised"))
    assert [turns(told) for told in bodies(sink)] == [
        [("LIPB-0001", "new", 1)],
        [("LIPB-0003", "new", 1)],
        [("LIPB-0001", "withdrawn", 2)],
    ]


def test_a_feed_that_cannot_be_written_is_a_trouble_and_holds_up_no_message(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + '[feed]\npath = "taken/feed.atom"\n')
        one.sweep(make_hit(1))
        one.configure(HOOK)
        one.sweep()
    assert [(turns(told), phases(told)) for told in bodies(sink)] == [
        ([], [("feed", "began")]),
        ([("LIPB-0001", "new", 1)], []),
        ([], [("feed", "ended")]),
    ]


def test_what_is_watched_no_more_is_in_no_trouble_after_a_sweep_over_all(tmp_path: Path) -> None:
    store_of = TroubleStore.over
    failed = [replace(DOWN[0], trouble="airfield", airfield="EDBF"), WELL[0]]
    with open_store(tmp_path) as store:
        note_troubles(store_of(store), failed, "one", NOW)
        note_troubles(store_of(store), DOWN, "one", NOW)
        known = {one.subject for one in store_of(store).list_troubles()}
        assert known >= {"airfield EDBF", "catalogue one"}
        end_unwatched(store_of(store), [WELL[0]], "another", NOW)
        left = {one.subject for one in store_of(store).list_troubles()}
    assert not left & {"airfield EDBF", "catalogue one"}


def test_what_was_told_and_turns_is_told_and_what_was_not_is_not(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1), make_hit(2, late=True))
        one.sweep(make_hit(1, status="withdrawn"), make_hit(2, late=True, status="withdrawn"))
        one.sweep(make_hit(1, status="revised"))
    assert [turns(told) for told in bodies(sink)] == [
        [("LIPB-0001", "new", 1)],
        [("LIPB-0001", "withdrawn", 2)],
        [("LIPB-0001", "came back", 3)],
    ]
    assert [told["late_finds"] for told in bodies(sink)] == [1, 0, 0]
    assert bodies(sink)[1]["hits"][0]["feature"]["properties"]["summary"].startswith("Withdrawn: ")


def test_late_finds_alone_are_no_message_and_are_counted_in_the_next(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1, late=True))
        assert not sink.got
        one.sweep(make_hit(2, late=True), make_hit(3))
    [told] = bodies(sink)
    assert (told["late_finds"], turns(told)) == (2, [("LIPB-0003", "new", 1)])
    assert "2 late finds" in told["text"]


def test_what_turns_twice_while_it_waits_is_as_it_was(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + "cool_down_hours = 24\n")
        one.sweep(make_hit(1))
        one.sweep(make_hit(1, status="withdrawn"))
        one.sweep(make_hit(1, status="revised"))
        one.sweep(hours=24)
        one.sweep()
    assert [turns(told) for told in bodies(sink)] == [[("LIPB-0001", "new", 1)]]


def test_a_group_hears_of_its_airfields_alone_also_when_it_grows(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + 'airfields = ["edbf"]\n')
        one.sweep(make_hit(1), hit_at("EDBF", 1))
        one.configure(HOOK)
        one.sweep(make_hit(2))
    assert [ids_of(got.body) for got in sink.got] == [["EDBF-0001"], ["LIPB-0002"]]


def test_a_group_of_an_airfield_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    one = Watchman(tmp_path, {"DESK": "http://127.0.0.1:9"})
    one.configure(HOOK + 'airfields = ["LIPX"]\n')
    with pytest.raises(UsageError, match=r"channel 'desk': airfield LIPX is not known; did you mean LIPB\?"):
        one.sweep()


def test_silenced_hits_are_in_files_and_feed_alone_and_a_retraction_waits(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1))
        make_silence(tmp_path, "LIPB", "works", one.now, one.now + timedelta(hours=10))
        one.sweep(make_hit(2), hit_at("EDBF", 3), make_hit(1, status="withdrawn"))
        one.sweep()
        one.sweep(make_hit(4))
    assert [turns(told) for told in bodies(sink)] == [
        [("LIPB-0001", "new", 1)],
        [("EDBF-0003", "new", 1)],
        [("LIPB-0001", "withdrawn", 2), ("LIPB-0004", "new", 1)],
    ]
    assert b"hit:LIPB-0002" in (one.out / "feed.atom").read_bytes()
    assert (one.out / "new-hits" / "LIPB-0002.geojson").is_file()
    with sqlite3.connect(tmp_path / "monitor.sqlite") as record:
        held = record.execute(
            "SELECT message FROM deliveries WHERE event = 'LIPB-0002' AND channel = 'desk'"
        ).fetchall()
    record.close()
    assert held == [(None,)]


def test_a_silence_ends_early_and_one_for_all_is_for_all(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        make_silence(tmp_path, "", "moving", one.now, one.now + timedelta(days=90))
        one.sweep(make_hit(1), hit_at("EDBF", 1))
        assert end_silences(tmp_path, "LIPB", one.now) == 0
        assert [row.note for row in view_desk(tmp_path, one.now).silences] == ["moving"]
        assert end_silences(tmp_path, "", one.now) == 1
        one.sweep(make_hit(2))
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0002"]]


def test_what_is_not_taken_is_tried_again_as_it_was_and_in_order(tmp_path: Path) -> None:
    with http_sink(in_turn(503, 503, 200)) as sink:
        one = watchman(tmp_path, sink)
        first = one.sweep(make_hit(1))
        again = one.sweep(make_hit(2))
        well = one.sweep()
    assert (first.failed, again.failed, well.failed) == (True, True, False)
    assert [channel.waiting for result in (first, again, well) for channel in result.channels] == [1, 2, 0]
    assert first.list_lines() == [
        "channel desk: 1 waits and will be tried again: answered HTTP 503 (Service Unavailable)"
    ]
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0001"]] * 3 + [["LIPB-0002"]]
    assert len({got.body for got in sink.got[:3]}) == len({got.headers["Idempotency-Key"] for got in sink.got[:3]}) == 1


def test_a_receiver_is_left_alone_as_long_as_it_asks_and_nothing_new_overtakes(tmp_path: Path) -> None:
    with http_sink(in_turn(Script(429, {"Retry-After": "36000"}), 200)) as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1))
        assert one.sweep(make_hit(2)).channels[0].waiting == 2 and len(sink.got) == 1
        assert one.sweep().channels[0].sent == 2
    assert [ids_of(got.body) for got in sink.taken] == [["LIPB-0001"], ["LIPB-0002"]]


def test_a_refusal_is_not_tried_again_for_a_day_and_does_not_keep_others_back_for_ever(tmp_path: Path) -> None:
    with http_sink(lambda number: Script(413 if number in (0, 1) else 200)) as sink:
        one = watchman(tmp_path, sink)
        refused = one.sweep(make_hit(1))
        for number in range(2, 5):
            assert one.sweep(make_hit(number)).channels[0].sent == 0
        assert len(sink.got) == 1
        one.sweep()
    assert "does not want this" in refused.list_lines()[0]
    assert [ids_of(got.body)[0] for got in sink.got] == ["LIPB-0001", "LIPB-0001", *(f"LIPB-000{n}" for n in (2, 3, 4))]


def test_a_kill_between_sent_and_noted_sends_the_same_once_more(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        script = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from support.desk import NOW, Watchman\n"
            "from outputs.builders import make_hit\n"
            "from datetime import timedelta\n"
            "from imagery_watch.outputs.store.message_store import MessageStore\n"
            "MessageStore.note_sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
            "Watchman(Path(sys.argv[1]), {'DESK': sys.argv[2]}, NOW + timedelta(hours=6)).sweep(make_hit(1))\n"
        )
        tests = Path(__file__).parents[1]
        done = subprocess.run([sys.executable, "-c", script, tmp_path, sink.url], cwd=tests, timeout=60, check=False)
        assert done.returncode == -signal.SIGKILL and len(sink.got) == 1
        assert json.loads((tmp_path / "heartbeat.json").read_text())["state"] == "running", "nobody said it ended"
        one.now += timedelta(hours=6)
        assert one.sweep().channels[0].sent == 1
        assert one.sweep().channels[0].sent == 0
    assert len(sink.got) == 2 and sink.got[0].body == sink.got[1].body
    assert sink.got[0].headers["Idempotency-Key"] == sink.got[1].headers["Idempotency-Key"]


def test_a_kill_while_it_is_composed_leaves_all_or_nothing(tmp_path: Path) -> None:
    """The message and the notes of what it tells are one transaction."""
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        with sqlite3.connect(tmp_path / "monitor.sqlite") as record:
            record.execute("CREATE TRIGGER stop BEFORE INSERT ON deliveries WHEN NEW.message IS NOT NULL AND "
                           "NEW.event = 'LIPB-0002' BEGIN SELECT RAISE(ABORT, 'stopped'); END")  # fmt: skip
        record.close()
        with pytest.raises(Exception, match="stopped"):
            one.sweep(make_hit(1), make_hit(2))
        with sqlite3.connect(tmp_path / "monitor.sqlite") as record:
            assert record.execute("SELECT count(*) FROM messages").fetchone() == (0,)
            record.execute("DROP TRIGGER stop")
        record.close()
        one.sweep()
    assert [ids_of(got.body) for got in sink.got] == [["LIPB-0001", "LIPB-0002"]]


def copy_hit(home: Path, numbers: range) -> None:
    """Adds copies of the record's first hit under other names, faster than a sweep does."""
    with sqlite3.connect(home / "monitor.sqlite") as record:
        columns = "airfield, kind, status, lon, lat, x, y, attribution, first_seen, sensor, revision"
        sql = f"INSERT INTO hits (id, properties, {columns}) "
        sql += f"SELECT :id, json_set(properties, '$.id', :id), {columns} FROM hits WHERE id = 'LIPB-0000'"
        record.executemany(sql, [{"id": f"LIPB-{number:04d}"} for number in numbers])
    record.close()


def test_none_of_ten_thousand_is_lost_on_a_receiver_that_fails_half_of_the_time(tmp_path: Path) -> None:
    with http_sink(lambda number: Script(500 if (number * 7919) % 4 < 2 else 200)) as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(0), files=False)
        for sweep in range(50):
            copy_hit(tmp_path, range(200 * sweep + 1, 200 * sweep + 201))
            one.sweep(files=False)
        left = [one.sweep(files=False).channels[0].waiting for _ in range(40)]
        assert left[-1] == 0
    told = Counter(hit for got in sink.taken for hit in ids_of(got.body))
    assert len(told) == 10_001 and set(told.values()) == {1}
    by_id: dict[str, set[bytes]] = {}
    for got in sink.got:
        by_id.setdefault(got.headers["Idempotency-Key"], set()).add(got.body)
    assert all(len(same) == 1 for same in by_id.values()) and len(sink.got) > len(by_id)


DOWN = tuple(Outcome(name, "failed", reason="did not answer", trouble="catalogue") for name in ("LIPB", "EDBF", "ZKPY"))
WELL = tuple(replace(one, state="nothing new", reason="", trouble="") for one in DOWN)


def phases(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["subject"], one["phase"]) for one in told["troubles"]]


def test_a_catalogue_that_is_down_is_one_trouble_told_once_repeated_and_ended(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink)
        for _ in range(5):
            one.sweep(outcomes=DOWN)
        one.sweep(outcomes=WELL)
        one.sweep(outcomes=WELL)
    name = f"catalogue {CATALOG}"
    assert [phases(told) for told in bodies(sink)] == [[(name, "began")], [(name, "goes on")], [(name, "ended")]]
    assert "3 of 3 airfields" in bodies(sink)[0]["text"]
    assert [told["title"] for told in bodies(sink)] == [f"imagery_watch: trouble: {name}"] * 2 + [
        f"imagery_watch: over: {name}"
    ]


def test_troubles_of_an_airfield_are_for_those_who_hear_of_it(tmp_path: Path) -> None:
    alone = [replace(WELL[0]), replace(DOWN[1], trouble="airfield"), WELL[2]]
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + 'airfields = ["LIPB"]\n')
        one.sweep(outcomes=alone)
        assert not sink.got
        one.configure(HOOK + 'tell = ["hits"]\n')
        one.sweep(outcomes=alone)
        assert not sink.got
        one.configure(HOOK)
        make_silence(tmp_path, "EDBF", "", one.now, one.now + timedelta(hours=1))
        one.sweep(outcomes=alone)
        assert not sink.got
        one.sweep(outcomes=alone)
    assert [phases(told) for told in bodies(sink)] == [[("airfield EDBF", "began")]]


def test_a_channel_that_fails_is_a_trouble_that_the_others_hear_of(tmp_path: Path) -> None:
    other = HOOK.replace("desk", "other").replace("DESK", "OTHER")
    with http_sink() as sink, http_sink(in_turn(500, 500, 200)) as broken:
        one = watchman(tmp_path, sink, HOOK + other)  # OTHER is not set: it cannot be opened
        assert "environment variable OTHER is not set" in one.sweep(make_hit(1)).list_lines()[-1]
        one.environment["OTHER"] = broken.url
        for _ in range(4):
            one.sweep()
        one.sweep()
    assert phases(bodies(sink)[0]) == [("channel other", "began")]
    assert phases(bodies(sink)[-1]) == [("channel other", "ended")]
    assert [ids_of(got.body) for got in broken.taken] == [["LIPB-0001"]]
    assert not any(phases(told) for told in bodies(broken))


def test_a_channel_that_is_given_up_is_in_no_trouble(tmp_path: Path) -> None:
    with http_sink() as sink:
        one = watchman(tmp_path, sink, HOOK + HOOK.replace("desk", "other").replace("DESK", "OTHER"))
        assert [trouble.subject for trouble in view_desk(tmp_path, one.now).troubles] == ["channel other"]
        one.configure(HOOK)
        one.sweep()
    assert not view_desk(tmp_path, one.now).troubles
    assert [phases(told) for told in bodies(sink)] == [[("channel other", "began")], [("channel other", "ended")]]


def test_the_heartbeat_says_how_it_goes_and_a_ping_that_fails_fails_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beat = tmp_path / "heartbeat.json"
    text = HOOK + '[heartbeat]\nping_url_env = "PING"\n'
    with http_sink() as sink, http_sink(in_turn(200, 200, 200, 200, 500)) as pings:
        one = Watchman(tmp_path, {"DESK": sink.url, "PING": f"{pings.url}/{CANARY}?k=v"})
        one.configure(text)
        assert not one.sweep().failed
        assert json.loads(beat.read_text()) == {
            "state": "success", "started": "2022-04-01T06:00:00Z", "ended": "2022-04-01T06:00:00Z", "exit_code": 0,
            "sweep": 1, "last_success": "2022-04-01T06:00:00Z"}  # fmt: skip
        one.environment["DESK"] = "http://127.0.0.1:9"
        assert one.sweep(make_hit(1)).failed
        told = json.loads(beat.read_text())
        assert (told["state"], told["exit_code"], told["last_success"]) == ("fail", 3, "2022-04-01T06:00:00Z")
        assert [(got.method, got.path.removeprefix(f"/{CANARY}")) for got in pings.got] == [
            ("GET", "/start?k=v"), ("GET", "?k=v"), ("GET", "/start?k=v"), ("GET", "/fail?k=v")]  # fmt: skip
        with caplog.at_level(logging.DEBUG):
            one.sweep()
    assert [line for line in caplog.messages if "heartbeat" in line] == [
        "heartbeat: the ping was answered HTTP 500; the sweep goes on"
    ]
    assert CANARY not in caplog.text


def test_no_secret_is_in_the_record_the_logs_or_what_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = HOOK + 'secret_env = "SECRET"\n[heartbeat]\nping_url_env = "DESK"\n'
    said = []
    with caplog.at_level(logging.DEBUG), http_sink(in_turn(500, 404, 200)) as sink:
        one = watchman(tmp_path, sink, text)
        for number in range(3):
            said.append(repr(one.sweep(make_hit(number + 1), hours=30)))
    one.sweep(make_hit(9))
    assert CANARY not in caplog.text + "".join(said) + repr(view_desk(tmp_path, one.now).as_dict())
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes(), path


def test_a_subscriber_reads_the_same_story_on_every_channel(tmp_path: Path) -> None:
    """Six sweeps, from first to last: webhook, mail and feed say the same."""
    mail = '[[channel]]\nname = "mail"\nkind = "mail"\nhost = "127.0.0.1"\ntls = "none"\n'
    mail += 'from = "a@b.org"\nto = ["c@d.org"]\n'
    with http_sink(in_turn(200, 503, 200)) as sink, mail_sink(answers=["250", "250", "451 busy"]) as box:
        one = watchman(tmp_path, sink, f"{HOOK}{mail}port = {box.port}\n")
        one.sweep(make_hit(1), make_hit(2))
        one.sweep(make_hit(1, status="withdrawn"))
        one.sweep(make_hit(3), make_hit(4, late=True))
        one.sweep(outcomes=DOWN)
        before = (one.out / "feed.atom").read_bytes()
        one.sweep(outcomes=WELL)
        assert (one.out / "feed.atom").read_bytes() == before, "nothing of it changed"
    heard = [[(one["id"], one["turn"]) for one in told["hits"]] for told in bodies(sink)]
    assert heard == [
        [("LIPB-0001", "new"), ("LIPB-0002", "new")],
        [("LIPB-0001", "withdrawn")],
        [("LIPB-0003", "new")],
        [],
        [],
    ]
    titles = [told["title"] for told in bodies(sink)]
    assert titles == [str(got["Subject"]).strip() for got in box.mails] == [
        "imagery_watch: 2 new hits (LIPB)", "imagery_watch: 1 hit taken back (LIPB)", "imagery_watch: 1 new hit (LIPB)",
        f"imagery_watch: trouble: catalogue {CATALOG}", f"imagery_watch: over: catalogue {CATALOG}"]  # fmt: skip
    assert len({got["Message-ID"] for got in box.mails}) == 5
    names = {"a": "http://www.w3.org/2005/Atom"}
    entries = ET.fromstring(before).findall("a:entry", names)
    standing = {str(entry.findtext("a:id", "", names)).rpartition(":")[2]: str(entry.findtext("a:title", "", names))
                for entry in entries}  # fmt: skip
    assert standing.keys() == {f"LIPB-000{number}" for number in range(1, 5)}
    assert [name for name, title in standing.items() if "withdrawn: " in title] == ["LIPB-0001"]
    assert [name for name, title in standing.items() if "late find: " in title] == ["LIPB-0004"]


def test_the_list_shows_what_waits_and_why(tmp_path: Path) -> None:
    with http_sink(in_turn(500)) as sink:
        one = watchman(tmp_path, sink)
        one.sweep(make_hit(1))
        assert not view_desk(tmp_path, one.now).troubles, "one failure may be an accident"
        one.sweep()
        view = view_desk(tmp_path, one.now)
        one.configure("")
        gone = view_desk(tmp_path, one.now)
    [channel] = view.channels
    assert (channel.name, channel.kind, len(channel.waiting)) == ("desk", "webhook", 1)
    assert channel.last_error == "answered HTTP 500 (Internal Server Error)"
    assert [one.subject for one in view.troubles] == ["channel desk"]
    assert [(one.name, one.kind) for one in gone.channels] == [("desk", "")]
    json.dumps(view.as_dict())


def test_without_a_configuration_there_is_a_feed_and_a_pulse(tmp_path: Path) -> None:
    one = Watchman(tmp_path)
    result = one.sweep(make_hit(1), outcomes=LOOKED)
    assert result.channels == () and not result.failed
    assert b"hit:LIPB-0001" in (one.out / "feed.atom").read_bytes()
    assert json.loads((tmp_path / "heartbeat.json").read_text())["state"] == "success"
    with open_store(tmp_path) as store:
        assert store.outbox("file") == []


def test_a_sweep_that_is_stopped_says_so_in_its_file_and_asks_nobody(tmp_path: Path) -> None:
    with http_sink() as pings:
        one = Watchman(tmp_path, {"PING": pings.url})
        one.configure('[heartbeat]\nping_url_env = "PING"\n')
        desk = open_desk(Settings(home=tmp_path), one.out, one.environment, lambda: one.now)
        with pytest.raises(KeyboardInterrupt), desk.beating(one.now):
            raise KeyboardInterrupt
        told = json.loads((tmp_path / "heartbeat.json").read_text())
        with pytest.raises(StoreError), desk.beating(one.now):
            raise StoreError("the disk is full")
        last = json.loads((tmp_path / "heartbeat.json").read_text())
        with pytest.raises(StopAsked), desk.beating(one.now):
            raise StopAsked(ExitCode.TERMINATED)
        ended = json.loads((tmp_path / "heartbeat.json").read_text())
    assert (told["state"], told["exit_code"], told["last_success"]) == ("stopped", 130, None)
    assert (last["state"], last["exit_code"]) == ("fail", 4)
    assert (ended["state"], ended["exit_code"]) == ("stopped", 143)
    assert [got.path for got in pings.got] == ["/start", "/start", "/fail", "/start"]


def test_a_heartbeat_that_cannot_be_written_or_asked_fails_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = Watchman(tmp_path)
    (tmp_path / "file").write_text("")
    one.configure('[heartbeat]\nfile = "file/below.json"\nping_url_env = "PING"\n')
    assert not one.sweep().failed
    assert ["PING is not set" in line for line in caplog.messages if "heartbeat" in line] == [True], "said once"


def test_a_real_sweep_tells_through_its_channels(tmp_path: Path) -> None:
    catalog, home = make_archive(tmp_path / "archive"), make_home(tmp_path / "home")
    with http_sink(in_turn(503, 200)) as sink, mail_sink() as box:
        mail = '[[channel]]\nname = "mail"\nkind = "mail"\nhost = "127.0.0.1"\ntls = "none"\n'
        mail += f'from = "a@b.org"\nto = ["c@d.org"]\nport = {box.port}\ntell = ["hits"]\n'
        (home / "alerts.toml").write_text(f'{HOOK}tell = ["hits"]\n{mail}')
        done = run_monitor(home, catalog, DESK=f"{sink.url}/{CANARY}")
        assert done.returncode == 3, done.stderr
        told = json.loads(done.stdout)
        with sqlite3.connect(home / "monitor.sqlite") as record:
            record.execute("UPDATE messages SET next_try_at = '2000-01-01T00:00:00Z'")
        record.close()
        again = run_monitor(home, catalog, DESK=f"{sink.url}/{CANARY}")
    assert told["alerts"]["channels"] == [
        {"channel": "desk", "composed": True, "sent": 0, "waiting": 1, "failed": True,
         "error": "answered HTTP 503 (Service Unavailable)"},
        {"channel": "mail", "composed": True, "sent": 1, "waiting": 0, "failed": False, "error": ""},
    ]  # fmt: skip
    assert [channel["sent"] for channel in json.loads(again.stdout)["alerts"]["channels"]] == [1, 0]
    assert again.returncode == 0 and CANARY not in done.stdout + done.stderr + again.stderr
    new = [hit["id"] for hit in told["new_hits"]]
    assert len(new) == 2 and sorted(new) == sorted(ids_of(sink.taken[0].body))
    assert len([part for part in box.mails[0].walk() if part.get_content_type() == "image/png"]) == 2
    assert all(name in (home / "runs" / "feed.atom").read_text() for name in new)
