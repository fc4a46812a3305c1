"""`monitor --every` as a process, and the end of what waits for a server that never answers."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

import pytest
from support.monitor import environment, listing, make_archive, make_home, write_listing
from support.starts import run_imagery_watch

from cli.test_signals import heed_ctrl_c
from imagery_watch.cli.station import _Station
from imagery_watch.cli.voice import Voice
from imagery_watch.errors import StoreError
from imagery_watch.monitor.sweep import locked
from imagery_watch.outputs.terminal.sweep_table import Outcome, SweepReport

PATIENT = {"IMAGERY_WATCH_TIMEOUT_S": "60", "IMAGERY_WATCH_RETRIES": "4"}
SOON_S = 10
"""Far less than the minutes for which such a server is borne, far more than what a busy machine takes."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("archive"))


@contextmanager
def mute_server() -> Iterator[str]:
    """The URL of a server whose connections are made, and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def words(catalog: str) -> list[str]:
    return ["monitor", "TSTA", "--catalog", catalog, "--since", "2022-06-01"]


def start(home: Path, catalog: str, *options: str, **changes: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "imagery_watch", *words(catalog), *options]
    return subprocess.Popen(command, env=environment(home, **changes), stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.PIPE, preexec_fn=heed_ctrl_c)  # fmt: skip


def read_beat(home: Path) -> tuple[str, int]:
    told = json.loads((home / "heartbeat.json").read_text())
    return told["state"], told["exit_code"]


@pytest.mark.parametrize(("hangs", "sent", "code"), [("pixels", signal.SIGTERM, 143), ("catalogue", signal.SIGINT, 130),
                                                     ("pixels", signal.SIGHUP, 143)])  # fmt: skip
def test_a_server_that_hangs_does_not_hold_a_process_that_is_ended(
    hangs: str, sent: signal.Signals, code: int, archive: Path, tmp_path: Path
) -> None:
    home, waits = make_home(tmp_path / "home", "TSTA"), "TSTA reading: 0" if hangs == "pixels" else "TSTA searching: 0"
    with mute_server() as url:
        text = json.dumps(listing(archive)).replace('"href": "./', f'"href": "{url}/')
        catalog = write_listing(archive, json.loads(text), f"{sent.name}.json")
        with start(home, str(catalog) if hangs == "pixels" else url, "-v", "--every", "1d", **PATIENT) as process:
            assert process.stderr is not None
            before = list(takewhile(lambda line: not line.startswith(waits), process.stderr))
            process.send_signal(sent)
            _, err = process.communicate(timeout=SOON_S)
    assert process.returncode == code, [*before, err]
    assert "imagery-watch: stopped; no airfield was finished, the record is as it was" in err
    assert "Traceback" not in err
    assert read_beat(home) == ("stopped", code)
    with locked(home):
        assert (home / "monitor.sqlite").is_file()


DEAF = """
import signal, time
from imagery_watch.cli import signals
signals.GRACE_S = 0.2
with signals.stopping(lambda: "all is kept"):
    if {blocked}:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        time.sleep(60)
"""


@pytest.mark.parametrize("blocked", [True, False], ids=["a call does not return", "what is put away takes for ever"])
def test_a_process_that_does_not_come_to_its_end_is_ended_all_the_same(blocked: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF.format(blocked=blocked)], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, preexec_fn=heed_ctrl_c) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=SOON_S)
    assert (process.returncode, err) == (143, "imagery-watch: stopped; all is kept\n")


def test_a_station_sweeps_at_once_frees_the_record_and_ends_when_it_is_told(archive: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "TSTA")
    with start(home, str(archive), "--every", "5m", "-o", str(tmp_path / "out")) as process:
        assert process.stdout is not None
        said = list(takewhile(lambda line: not line.startswith("next sweep: "), process.stdout))
        with locked(home):
            swept = read_beat(home)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SOON_S)
    assert (process.returncode, out.strip(), swept) == (143, "", ("success", 0)), err
    assert said[0].startswith("Sweep of 20") and any("TSTA" in line and "scored" in line for line in said)
    assert err == "imagery-watch: stopped; no sweep was under way, the record is whole; run it again to go on\n"
    assert read_beat(home) == ("stopped", 143)
    assert (tmp_path / "out" / "index.html").is_file()
    again = run_imagery_watch(*words(str(archive)), "-o", tmp_path / "out", env=environment(home))
    assert "1 nothing new" in again.stdout and read_beat(home) == ("success", 0)


@pytest.mark.parametrize(("options", "told"), [(("--every", "1m"), "no less than 5m"),
                                                (("--every", "6h", "--exit-code"), "one of them"),
                                                (("--every", "6h"), "neither a known name")])  # fmt: skip
def test_what_is_wrong_from_the_start_is_said_at_once(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    home = make_home(tmp_path, "TSTA")
    done = run_imagery_watch(*words("/no/such/file.json"), *options, env=environment(home), timeout=60)
    assert done.returncode == 2 and told in done.stderr


REPORT = SweepReport(datetime(2022, 4, 1, 6, 0, tzinfo=UTC), 2.0, (Outcome("LIPB", "scored"),), (), Path("out"))


@pytest.mark.parametrize(
    ("voice", "as_json", "said"),
    [(Voice.USUAL, False, ["Sweep of 2022-04-01 06:00 UTC", "the table", "next sweep: 20"]),
     (Voice.QUIET, False, ["the table"]), (Voice.USUAL, True, ['{"airfields": [{"airfield": "LIPB"'])],
    ids=["usual", "quiet", "json"],
)  # fmt: skip
def test_what_is_said_of_a_sweep_depends_on_the_voice(
    voice: Voice, as_json: bool, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    station = _Station(lambda _: REPORT, lambda _: print("the table"), voice, as_json=as_json)
    station.sweep()
    station.say_when(60.0)
    station.complain(StoreError("the disk is full"))
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if line]
    assert [line[: len(words)] for line, words in zip(lines, said, strict=True)] == said
    assert err.startswith("imagery-watch: 20") and err.endswith(" UTC: the disk is full\n")
