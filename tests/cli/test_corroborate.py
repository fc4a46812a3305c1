"""`corroborate` as a user calls it: a run's folder or the record, files of tracks, and what may be wrong with them."""

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import DATA
from outputs.builders import make_hit, make_result
from support.desk import Watchman
from support.schemas import check_folder, check_json
from typer.testing import CliRunner, Result

from imagery_watch.cli.main import app
from imagery_watch.errors import ImageryWatchError, UsageError
from imagery_watch.model import Hit
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.simulate.flight import Way, find_touchdown, fly_in, to_fr24_csv

ZURICH = (8.55, 47.46)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGERY_WATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def hit() -> Hit:
    return make_hit(1)


@pytest.fixture
def folder(home: Path) -> Path:
    write_outputs(make_result(1), home / "run")
    return home / "run"


@pytest.fixture
def flight(home: Path, hit: Hit) -> Path:
    """Someone who lands in the bracket of the hit and taxies to where it is."""
    lon, lat = hit.lon, hit.lat
    threshold, turn = (lon - 0.012, lat - 0.012), (lon - 0.004, lat - 0.004)
    points = fly_in(Way(ZURICH, (threshold, turn, (lon, lat))), 789.0)
    start = hit.after - timedelta(hours=5) - timedelta(seconds=find_touchdown(points))
    path = home / "flight.csv"
    path.write_text(to_fr24_csv(points, start, "TST7"))
    return path


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["corroborate", *map(str, arguments)])


def told(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return " ".join(re.sub(r"[│┃]", " ", result.stdout).split())


def test_a_run_is_held_against_a_flight_and_its_files_say_so(folder: Path, flight: Path, hit: Hit) -> None:
    said = told(call("--run", folder, "--tracks", flight, "--aircraft", "TST7=HB-IOK:A321"))
    assert "Consistent with the arrival of HB-IOK (Airbus A321" in said
    assert "On the word of who ran this: that TST7 is HB-IOK (A321)." in said
    assert "Flightradar24: its terms forbid passing the file on." in said
    check_folder(folder)
    [feature] = json.loads((folder / "hits.geojson").read_text())["features"]
    [evidence] = feature["properties"]["evidence"]
    assert (evidence["source"], evidence["state"]) == ("flight tracks: flight.csv", "seen_landing")
    assert "HB-IOK" in (folder / "report.html").read_text()
    assert "HB-IOK" in (folder / "hits.csv").read_text()


def test_the_record_of_the_run_vouches_for_what_was_written_again(folder: Path, flight: Path) -> None:
    before = json.loads((folder / "run.json").read_text())
    assert call("--run", folder, "--tracks", flight).exit_code == 0
    after = json.loads((folder / "run.json").read_text())
    assert {**after, "files": 0} == {**before, "files": 0}
    assert after["files"].keys() - before["files"].keys() == {"corroboration.json"}
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in after["files"]}
    assert found == after["files"]


def test_asked_again_it_says_the_same_and_nothing_twice(folder: Path, flight: Path) -> None:
    assert call("--run", folder, "--tracks", flight).exit_code == 0
    once = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert call("--run", folder, "--tracks", flight).exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == once


def test_a_run_without_tracks_into_the_folder_takes_their_file_away(folder: Path, flight: Path) -> None:
    assert call("--run", folder, "--tracks", flight).exit_code == 0
    write_outputs(make_result(1), folder)
    assert not (folder / "corroboration.json").exists()
    check_folder(folder)


def test_with_another_place_for_it_the_run_stays_as_it_is(folder: Path, flight: Path, home: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert call("--run", folder, "--tracks", flight, "-o", home / "said").exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    check_json(home / "said" / "corroboration.json", "corroboration")


def test_quiet_prints_what_can_be_quoted_and_no_more(folder: Path, flight: Path) -> None:
    lines = call("--run", folder, "--tracks", flight, "-q").stdout.splitlines()
    assert len(lines) == 2 and lines[0].startswith("LIPB-0001 (possible arrival")
    assert lines[1].startswith("These tracks show TST7 (type not told) on the ground")


def test_the_record_is_read_and_stays_as_it_is(home: Path, flight: Path, hit: Hit) -> None:
    Watchman(home / "home").sweep(hit)
    before = (home / "home" / "record.sqlite").read_bytes() if (home / "home" / "record.sqlite").exists() else b""
    said = told(call("LIPB", "--tracks", flight))
    assert "seen landing" in said and "imagery-watch-LIPB-tracks/corroboration.json" in said
    check_json(home / "imagery-watch-LIPB-tracks" / "corroboration.json", "corroboration")
    assert not before or (home / "home" / "record.sqlite").read_bytes() == before


WRONG = {
    "no tracks": (["--run", "run"], "name the flight tracks"),
    "no airfield": (["--tracks", "flight.csv"], "name one airfield of the record"),
    "another airfield's run": (["EDBF", "--run", "run", "--tracks", "flight.csv"], "is a run of LIPB, not of EDBF"),
    "no run": (["--run", "nowhere", "--tracks", "flight.csv"], "nowhere/run.json: there is no such file"),
    "no file of tracks": (["--run", "run", "--tracks", "gone.csv"], "gone.csv: there is no such file"),
    "no tracks in it": (["--run", "run", "--tracks", "run/looks.csv"], "looks.csv"),
    "half a name": (["--run", "run", "--tracks", "flight.csv", "--aircraft", "TST7"], "CALLSIGN=REGISTRATION:TYPE"),
    "no type": (["--run", "run", "--tracks", "flight.csv", "--aircraft", "TST7=X:Q9Q9"], "Q9Q9 is no type"),
    "no zone": (["--run", "run", "--tracks", "flight.csv", "--zone", "Mars"], "a zone such as UTC"),
    "not in the record": (["LIPB", "--tracks", "flight.csv"], "LIPB is not in the record"),
}


@pytest.mark.usefixtures("flight")
@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_nothing_is_written(arguments: list[str], words: str, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ImageryWatchError, match=re.escape(words)) as raised:
        CliRunner().invoke(app, ["corroborate", *arguments], catch_exceptions=False)
    assert raised.value.exit_code == UsageError.exit_code
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_run_holds_what_it_finds_against_tracks_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGERY_WATCH_LIMIT_PLANTINGS", "0")
    arguments = ["run", "EDBF", "--catalog", str(DATA / "fehrbellin" / "items.json"), "-o", "out"]
    result = CliRunner().invoke(app, [*arguments, "--tracks", str(DATA / "readsb_2023")])
    assert result.exit_code == 0, result.output
    assert "The files show no aircraft on the ground here." in " ".join(result.stdout.split())
    check_folder(home / "out")
    told = json.loads((home / "out" / "corroboration.json").read_text())
    assert (told["airfield"], told["hits"], told["tracks"]) == ("EDBF", [], [])
    assert "Flight tracks" in (home / "out" / "report.html").read_text()


def test_run_with_names_and_no_tracks_says_what_is_missing(home: Path) -> None:
    with pytest.raises(ImageryWatchError, match="name the flight tracks"):
        CliRunner().invoke(app, ["run", "EDBF", "--aircraft", "X=Y:A320", "-o", "out"], catch_exceptions=False)
    assert not (home / "out").exists()
