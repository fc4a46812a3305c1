"""`tracks inspect` as a user calls it."""

import json
import re
from pathlib import Path

import pytest
from sources.flights import files
from test_tracks import REAL, write_departure, zurich
from typer.testing import CliRunner, Result

from imagery_watch.cli.main import app
from imagery_watch.errors import TrackError, UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGERY_WATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["tracks", "inspect", *map(str, arguments)])


def told(result: Result) -> str:
    assert result.exit_code == 0, result.output
    assert all(len(line) <= 80 for line in result.stdout.splitlines() if "/" not in line)
    return " ".join(result.stdout.split())


def test_it_says_what_a_folder_holds_and_whose_data_it_is() -> None:
    said = told(call(REAL))
    assert "a4068e" in said and "Black Rock" in said and "5 ground fixes above 80 kt" in said
    assert "Terms: adsb.lol gives its traces under the ODbL 1.0" in said
    assert "never shows that others were absent" not in said


def test_a_file_of_one_aircraft_says_what_it_cannot_show(home: Path) -> None:
    said = told(call(write_departure(home / "a.csv", zurich(home)), "--airfield", "LSZH"))
    assert "One aircraft: a file like this never shows that others were absent" in said
    assert "took off" in said and "last on an apron 00:10:00" in re.sub(r"[│ ]+", " ", said)
    assert "silence says nothing here" in said
    assert "non-commercial use" in said and "© OpenStreetMap contributors" in said


def test_json_has_all_of_it(home: Path) -> None:
    result = call(write_departure(home / "a.csv", zurich(home)), "--airfield", "zurich", "--json")
    report = json.loads(result.stdout)
    [contents] = report["contents"]
    assert contents["formats"] == ["opensky"] and contents["aircraft"][0]["hex"] == "4b0001"
    [movement] = [one for one in report["at"]["movements"] if one["kind"] == "took_off"]
    assert movement["not_after"] == "2023-11-15T00:18:20Z"
    assert movement["evidence"][-1]["on_ground"] is False


def test_coverage_is_told_where_others_were_heard(home: Path) -> None:
    for number in range(3):
        (home / f"trace_{number}.json").write_bytes(files.trace(files.ROWS, icao=f"4b000{number}"))
    (home / "day").mkdir()
    for path in home.glob("trace_*"):
        path.rename(home / "day" / path.name)
    said = told(call("day", "--airfield", "LSZH"))
    assert "2023-11-15 00:00 to 06:00: 3 on the ground, 3 low" in said


def test_a_long_silence_on_the_ground_is_told(home: Path) -> None:
    stands = [(second, 47.4520, 8.5581, "ground", 0.0) for second in (0.0, 60.0, 40_000.0, 40_060.0)]
    (home / "t").write_bytes(files.trace(stands))
    said = re.sub(r"[│ ]+", " ", told(call("t", "--airfield", "LSZH")))
    assert "on the ground" in said and "11.1 hours: it may have left meanwhile" in said


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (files.SBS, (), "--zone UTC"),
        (files.OPENSKY.replace("47.50", "north"), (), "row 2: lat is 'north': a number was expected"),
        ("hello", (), "its first line is 'hello'"),
    ],
)
def test_bad_files_are_refused(text: str, arguments: tuple[str, ...], words: str, home: Path) -> None:
    (home / "f").write_text(text)
    result = call("f", *arguments)
    assert isinstance(result.exception, TrackError) and result.exception.exit_code == 2
    assert words in str(result.exception) and str(result.exception).startswith("f: ")


def test_a_log_with_its_zone_is_read(home: Path) -> None:
    (home / "f").write_text(files.SBS)
    assert "2023-11-14 23:00" in told(call("f", "--zone", "Europe/Zurich"))
    assert "2023-11-15 00:00" in told(call("f", "--zone", "utc"))
    assert isinstance(call("f", "--zone", "here").exception, UsageError)


def test_names_of_strangers_reach_no_terminal_raw(home: Path) -> None:
    (home / "f").write_text(files.FR24.replace("TST1", "T\x1b[31m1"))
    assert "\x1b" not in call("f").output
