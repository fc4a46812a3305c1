"""Every command on a narrow terminal: no code, time, length, id or path is broken across lines."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from outputs.builders import make_hit
from support.demonstration import Demonstrated
from support.desk import Watchman
from support.monitor import QUICK, airfield_document, make_archive, make_home
from support.sink import http_sink, in_turn
from support.starts import run_imagery_watch
from support.terminal import on_terminal

from imagery_watch.monitor.alerting.desk_view import make_silence
from imagery_watch.outputs.terminal.sweep_table import Outcome

HERE = Path(__file__).parents[1]
WIDTHS = (40, 60, 80)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("width-archive"))


def check(said: str, width: int, *tokens: str) -> None:
    """Each token is there, whole; lines fit, or are one long word; none begins with the end of a time or length."""
    for token in tokens:
        assert token in said, f"{token!r} is broken or missing at {width}:\n{said}"
    for line in said.splitlines():
        assert len(line) <= width or " " not in line.strip(), f"too wide for {width}: {line!r}"
        cells = [cell.strip() for cell in re.split("[│┃]", line)]
        assert not any(re.fullmatch(r"\d\d:\d\d.*|m|%|UTC|km2|days|hours", cell) for cell in cells), line


@pytest.mark.parametrize("width", WIDTHS)
def test_airfields(width: int, tmp_path: Path) -> None:
    listed = on_terminal(width, "airfields", "list", cwd=tmp_path)[1]
    check(listed, width, "LIPB", "ZKPY", "approximate", "Apache-2.0", "52.3088", "125.67")
    check(on_terminal(width, "airfields", "find", "tromso", cwd=tmp_path)[1], width, "ENTC", "TOS", "69.6833")
    check(on_terminal(width, "airfields", "show", "ZKPY", cwd=tmp_path)[1], width, "OurAirports", "airfield-box")
    code, said = on_terminal(width, "airfields", "check", HERE / "data" / "osm", tmp_path / "no.kml", cwd=tmp_path)
    assert code == 2
    check(said, width, str(HERE / "data" / "osm"), str(tmp_path / "no.kml"))


@pytest.mark.parametrize("width", [80])
def test_a_run_and_what_its_record_tells(width: int, archive: Path, tmp_path: Path) -> None:
    aoi = tmp_path / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    arguments = ("run", "--aoi", aoi, "--catalog", archive, "--since", "2022-06-01", "--out", "o")
    code, said = on_terminal(width, *arguments, cwd=tmp_path, **QUICK)
    assert code == 0, said
    check(said, width, "2022-06-07 10:30", "2022-06-12 10:20", "2022-06-22 10:20", "o/report.html", "East")
    check(said, width, "61 m", "(90 %:", "51–72 m)")
    told = on_terminal(width, "passes", "--run", "o", cwd=tmp_path, **QUICK)[1]
    check(told, width, "2022-06-02 10:20", "sentinel-2a", "100%", "36 h", "East")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_demonstration_afterwards(width: int, demonstration: Demonstrated, tmp_path: Path) -> None:
    said = on_terminal(width, "passes", "--run", demonstration.out, cwd=tmp_path)[1]
    check(said, width, "2022-08-21 10:20", "sentinel-2b", "main-apron", "west-apron", "32 m", "12 h")


@pytest.mark.parametrize("width", [60])
def test_monitor(width: int, archive: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "TSTA")
    arguments = ("monitor", "TSTA", "EDBF", "--catalog", archive, "--since", "2022-06-01", "-o", "sweeps")
    code, said = on_terminal(width, *arguments, cwd=tmp_path, IMAGERY_WATCH_HOME=str(home), **QUICK)
    assert code == 0, said
    check(said, width, "TSTA", "EDBF", "scored", "2022-06-07 10:30", "sweeps/new-hits")


@pytest.mark.parametrize("width", [40])
def test_limits(width: int, archive: Path, tmp_path: Path) -> None:
    aoi = tmp_path / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    arguments = ("limits", "--aoi", aoi, "--catalog", archive, "--since", "2022-06-20", "--plantings", "1")
    code, said = on_terminal(width, *arguments, cwd=tmp_path, **QUICK)
    assert code == 0, said
    check(said, width, "East", "Measured", "38 m", "0.71 km2")


@pytest.mark.parametrize("width", [60])
def test_doctor(width: int, tmp_path: Path) -> None:
    places = {f"IMAGERY_WATCH_{name}": "http://127.0.0.1:9/v1" for name in ("EARTH_SEARCH", "PLANETARY_COMPUTER",
                                                                          "COPERNICUS")}  # fmt: skip
    code, said = on_terminal(width, "doctor", cwd=tmp_path, **places)
    assert code == 3, said
    check(said, width, "imagery-watch", "127.0.0.1", "HTTPS_PROXY=http://HOST:PORT")
    assert re.search(r"\d+\.\d GB free", said)


@pytest.mark.parametrize("width", WIDTHS)
def test_errors(width: int, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "items.json"
    code, said = on_terminal(width, "run", "LIPB", "--catalog", file, cwd=tmp_path)
    assert code == 2
    check(said, width, str(file)[:200], "earth-search")


@pytest.mark.parametrize("width", (60, 80))
def test_a_table_in_a_pipe_is_as_wide_as_columns_says(width: int, script_columns: Callable[[int], str]) -> None:
    check(script_columns(width), width, "LIPB", "approximate", "Apache-2.0", "52.3088")


@pytest.fixture
def script_columns(tmp_path: Path) -> Callable[[int], str]:
    import os

    def said(width: int) -> str:
        return run_imagery_watch("airfields", "list", env={**os.environ, "COLUMNS": str(width)}, cwd=tmp_path).stdout

    return said


@pytest.mark.parametrize("width", WIDTHS)
def test_alerts(width: int, tmp_path: Path) -> None:
    """A channel that cannot be reached, a trouble, a silence: a sweep's foot, and the list."""
    with http_sink(in_turn(503)) as sink:
        one = Watchman(tmp_path, {"DESK": sink.url})
        one.configure('[[channel]]\nname = "desk"\nkind = "webhook"\nurl_env = "DESK"\n')
        one.sweep()
        lines = one.sweep(
            make_hit(1), outcomes=[Outcome("LIPB", "failed", reason="x", trouble="airfield")]
        ).list_lines()
    make_silence(tmp_path, "LIPB", "works", one.now, one.now + timedelta(days=9999))
    said = on_terminal(width, "alerts", "list", cwd=tmp_path, IMAGERY_WATCH_HOME=str(tmp_path))[1]
    check(said, width, "desk", "webhook", "2022-04-01 12:05", "silence: LIPB", "airfield LIPB")
    assert "Service Unavailable" in lines[0]
