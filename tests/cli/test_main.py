"""The command line in processes of its own: exit codes, messages, JSON, signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from outputs.builders import make_look, make_occupancy, make_provenance, make_result
from support.catalogues import CONFORMS
from support.monitor import PASSES, QUICK, airfield_document, make_archive
from support.schemas import check_below
from support.starts import heed_ctrl_c, run_imagery_watch

from imagery_watch import __version__
from imagery_watch.model import AirfieldNote
from imagery_watch.outputs.files.export import write_outputs

HERE = Path(__file__).parents[1]
LIPB = HERE.parent / "aoi" / "LIPB.geojson"
ITEMS = HERE / "data" / "s2_120m" / "items.json"
"""Real items far from Bolzano: a run over them finds no pass, at once."""
NOT_JSON = HERE / "cli" / "test_main.py"
COMMANDS = (
    (),
    ("demo",),
    ("run",),
    ("monitor",),
    ("passes",),
    ("limits",),
    ("doctor",),
    ("airfields",),
    ("airfields", "list"),
    ("airfields", "find"),
    ("airfields", "draft"),
    ("airfields", "show"),
    ("airfields", "remove"),
    ("hits",),
    ("hits", "list"),
    ("hits", "show"),
    ("hits", "review"),
    ("hits", "export"),
    ("tracks",),
    ("tracks", "inspect"),
)
HEAVY = {
    *("numpy", "scipy", "rasterio", "pydantic", "pydantic_settings", "pystac", "pystac_client", "shapely", "pandas"),
    "rich",
}


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "IMAGERY_WATCH_RETRIES": "0", "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1", **changes}


def start(*arguments: str | Path, cwd: Path, **changes: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "imagery_watch", *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


def run(*arguments: str | Path, cwd: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    done = run_imagery_watch(*arguments, cwd=cwd, env=environment(**changes), timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    check_below(cwd)
    return done


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "command", [*COMMANDS, ("airfields", "check"), ("airfields", "add")], ids=lambda words: " ".join(words) or "main"
)
def test_every_command_explains_itself(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*command, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_added_airfield_that_hides_a_shipped_one_is_said_and_removed(tmp_path: Path) -> None:
    reply = HERE / "data" / "osm" / "LFPB_part.json"
    assert "note: it hides the LFPB that ships" in run("airfields", "add", "LFPB", "--osm", reply, cwd=tmp_path).stdout
    assert '"origin": "yours, instead of the shipped"' in run("airfields", "list", "--json", cwd=tmp_path).stdout
    done = run("run", "LFPB", "--catalog", ITEMS, "--out", tmp_path / "o", cwd=tmp_path)
    assert "LFPB is the airfield that you added, instead of the one that ships" in done.stdout
    assert "LFPB is now the one that ships" in run("airfields", "remove", "LFPB", cwd=tmp_path).stdout
    assert '"origin": "yours' not in run("airfields", "list", "--json", cwd=tmp_path).stdout


def test_a_run_of_which_every_pass_was_refused_says_so_where_nobody_overlooks_it(tmp_path: Path) -> None:
    real = HERE / "data" / "s2_120m"
    done = run("run", "--aoi", real / "aoi.geojson", "--catalog", ITEMS, "--out", "o", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert "No pass could be used, so nothing was compared: 5 of 5" in done.stderr
    assert "holds JPEG 2000, not a GeoTIFF" in done.stderr


def test_an_answer_without_a_list_of_items_is_told_in_run_json(script_server: Any, tmp_path: Path) -> None:
    link = {"rel": "search", "href": "{base}/search", "method": "POST", "type": "application/geo+json"}
    landing = {"type": "Catalog", "stac_version": "1.0.0", "id": "one", "description": "", "links": [link],
               "conformsTo": CONFORMS}  # fmt: skip
    red = {"code": "InternalServerError", "description": "the index is red"}
    server = script_server({"/": [{"body": landing}], "/search": [{"body": red}]})
    done = run("run", "LIPB", "--catalog", server.url, "--out", "o", cwd=tmp_path)
    assert done.returncode == 3
    told = json.loads((tmp_path / "o" / "run.json").read_text())["incomplete_listing"]
    assert "without a list of items (the index is red)" in told


def test_another_airfields_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    assert run("run", "LIPB", "--catalog", ITEMS, "--out", "o", cwd=tmp_path).returncode == 0
    done = run("run", "EDBF", "--catalog", "http://127.0.0.1:9", "--out", "o", cwd=tmp_path)
    assert (done.returncode, "holds a run of LIPB, not of EDBF" in done.stderr) == (2, True)
    assert run("run", "EDBF", "--catalog", ITEMS, "--out", "o", "--force", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("group", [(), ("airfields",), ("hits",)], ids=["main", "airfields", "hits"])
def test_no_summary_in_a_list_of_commands_is_cut(group: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*group, "--help", cwd=tmp_path, COLUMNS="80")
    summaries = done.stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    assert len(summaries) >= 4
    assert all(line.endswith(".") and not line.endswith("...") for line in summaries)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['imagery-watch', '--help']\n"
        "from imagery_watch.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert not HEAVY & set(done.stderr.split())


def test_the_package_itself_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, imagery_watch, imagery_watch.api; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert not HEAVY & set(done.stdout.split())


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"imagery-watch {__version__}\n")


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "unknown airfield": (("run", "LIPBX", "--catalog", str(ITEMS)), 2, "LIPB"),
    "unknown command": (("rnu",), 2, "rnu"),
    "unknown option": (("run", "LIPB", "--sinse", "30d"), 2, "--sinse"),
    "negative history": (("run", "LIPB", "--history", "-1"), 2, "--history"),
    "bad date": (("run", "LIPB", "--catalog", str(ITEMS), "--since", "yesterday"), 2, "2023-08-01"),
    "reversed dates": (
        ("run", "LIPB", "--catalog", str(ITEMS), "--since", "2023-08-02", "--until", "2023-08-01"),
        2,
        "not before",
    ),
    "no airfield file": (("run", "--aoi", "nowhere.geojson", "--catalog", str(ITEMS)), 2, "nowhere.geojson"),
    "bad airfield file": (("run", "--aoi", str(NOT_JSON), "--catalog", str(ITEMS)), 2, NOT_JSON.name),
    "no catalogue": (("run", "LIPB", "--catalog", "nowhere/items.json"), 2, "nowhere/items.json"),
    "a catalogue that is none": (("run", "LIPB", "--catalog", str(NOT_JSON)), 2, NOT_JSON.name),
    "a catalogue of something else": (("run", "LIPB", "--catalog", str(HERE / "data" / "s2_120m")), 0, ""),
    "neither name nor file": (("run",), 2, "--aoi"),
    "limits of neither name nor file": (("limits",), 2, "`limits --aoi FILE`"),
    "limits without plantings": (("limits", "LIPB", "--plantings", "0"), 2, "--plantings"),
    "both name and file": (("run", "LIPB", "--aoi", str(LIPB)), 2, "--aoi"),
    "no record yet": (("passes", "LIPB"), 2, "imagery-watch monitor LIPB"),
    "passes of an unknown airfield": (("passes", "LIPBX"), 2, "LIPB"),
    "passes of nothing": (("passes",), 2, "--run"),
    "passes of no run": (("passes", "--run", "nowhere"), 2, "run.json"),
    "passes from a bad date": (("passes", "LIPB", "--since", "soon"), 2, "--since"),
    "unknown airfield shown": (("airfields", "show", "LIPBX"), 2, "LIPB"),
    "bad file checked": (("airfields", "check", str(NOT_JSON), str(LIPB)), 2, NOT_JSON.name),
    "an airfield without aprons": (("run", "tromso", "--catalog", str(ITEMS)), 2, "airfields add ENTC"),
    "limits of an airfield without aprons": (("limits", "TOS"), 2, "airfields add ENTC"),
    "several airfields": (("monitor", "sunan"), 2, "ZSWX"),
    "exchanged coordinates": (("run", "11.33,46.46"), 2, "are the numbers exchanged?"),
    "southern coordinates": (("passes", "-33.97,18.6"), 2, "airfields add FACT"),
    "nothing found": (("airfields", "find", "no such place anywhere"), 2, "no such place"),
    "two ways to add": (("airfields", "add", "ENTC", "--osm", "x.json", "--print-query"), 2, "--print-query out"),
    "a file and a question": (("airfields", "add", "x.geojson", "--print-query"), 2, "--print-query out"),
    "a file and a mirror": (("airfields", "add", "x.kml", "--overpass", "http://127.0.0.1:9/"), 2, "--overpass and"),
    "no mirror": (("airfields", "add", "ENTC", "--overpass", "nowhere"), 2, "not a URL such as"),
    "a mirror that is closed": (("airfields", "add", "ENTC", "--overpass", "http://127.0.0.1:9/"), 3, "did not answer"),
    "no such airfield to add": (("airfields", "add", "QQQQ"), 2, "no airfield has this code"),
    "a draft of no runway": (("airfields", "draft", "LIPB", "--runway", "46.4,11.3"), 2, "LAT,LON,LAT,LON"),
    "a draft of a runway elsewhere": (
        ("airfields", "draft", "EHAM", "--catalog", str(ITEMS), "--runway", "10,10,10.01,10.01"),
        2,
        "the end 10,10",
    ),
    "a draft of a southern runway": (
        ("airfields", "draft", "FACT", "--catalog", str(ITEMS), "--runway", "-33.97,18.6,-33.95,18.61"),
        3,
        "no pass",
    ),
    "a draft without imagery": (("airfields", "draft", "LIPB", "--catalog", str(ITEMS)), 3, "lists no pass"),
    "no file to add": (("airfields", "add", "nowhere.geojson"), 2, "there is no such file"),
    "no data to add": (("airfields", "add", "XXXX", "--osm", "nowhere.json"), 2, "nowhere.json"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(name: str, tmp_path: Path) -> None:
    arguments, code, word = WRONG[name]
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    if code:
        assert [path.name for path in tmp_path.iterdir()] == []


def test_an_api_that_does_not_answer_is_worth_trying_again(tmp_path: Path) -> None:
    done = run("run", "LIPB", "--catalog", f"http://127.0.0.1:{closed_port()}", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "127.0.0.1" in done.stderr


@pytest.mark.parametrize("name", ["RETRIES", "MARGIN_M", "WORKERS"])
def test_a_bad_environment_variable_is_named(name: str, tmp_path: Path) -> None:
    done = run("run", "LIPB", "--catalog", ITEMS, cwd=tmp_path, **{f"IMAGERY_WATCH_{name}": "many"})
    assert done.returncode == 2
    assert f"IMAGERY_WATCH_{name}" in done.stderr


def test_a_folder_that_cannot_be_made_is_exit_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = run("run", "LIPB", "--catalog", ITEMS, "--out", "file", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "file" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_without_passes_is_done_and_writes_beside_the_caller(tmp_path: Path) -> None:
    done = run("run", "lipb", "--catalog", ITEMS, "--json", "--exit-code", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    collection = json.loads((tmp_path / "imagery-watch-LIPB" / "hits.geojson").read_text())
    assert told["hits"] == collection["features"] == []
    assert Path(told["files"]["run.json"]).name == "run.json"


def test_json_holds_the_hits_of_the_file_and_new_hits_have_their_own_exit_code(archive: Path, tmp_path: Path) -> None:
    aoi = tmp_path / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    arguments = ("run", "--aoi", aoi, "--catalog", archive, "--out", tmp_path / "out", "--json", "--exit-code")
    done = run(*arguments, cwd=tmp_path, **QUICK)
    assert done.returncode == 10, done.stderr
    told = json.loads(done.stdout)
    assert told["hits"] == json.loads((tmp_path / "out" / "hits.geojson").read_text())["features"]
    assert len(told["hits"]) == 2
    assert sum(told["looks"].values()) == PASSES


def test_a_damaged_record_has_its_own_exit_code(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "monitor.sqlite").write_text("once a record" * 500)
    done = run("passes", "LIPB", cwd=tmp_path, IMAGERY_WATCH_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stdout) == (4, "")
    assert "monitor.sqlite" in done.stderr


def test_passes_of_a_run_are_told_and_names_in_it_do_not_reach_the_terminal(tmp_path: Path) -> None:
    evil = "[red]apron\x1b[2J\x07\u202e"
    result = make_result(0, looks=(make_look(0, apron=evil), make_look(5, "not_observed", apron=evil, reason=evil)))
    note = make_provenance(airfield=AirfieldNote(f"LIPB{evil}"))
    write_outputs(replace(result, provenance=note, occupancy=(make_occupancy(0, 2, 1, evil),)), tmp_path)
    done = run("passes", "--run", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 more than usual stood on [red]apron" in done.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)
    told = json.loads(run("passes", "--run", tmp_path, "--json", "--until", "2022-03-02", cwd=tmp_path).stdout)
    assert [[look["surplus"] for look in one["looks"]] for one in told["passes"]] == [[1]]
    assert told["next"] == []


def test_airfields_are_listed_shown_and_checked(tmp_path: Path) -> None:
    table, listed = run("airfields", "list", cwd=tmp_path), run("airfields", "list", "--json", cwd=tmp_path)
    known = {airfield["id"]: airfield for airfield in json.loads(listed.stdout)}
    assert {"LIPB", "EDBF"} <= known.keys()
    assert all(name in table.stdout for name in known)
    shown = run("airfields", "show", "LIPB", "--json", cwd=tmp_path)
    assert json.loads(shown.stdout) == known["LIPB"]
    assert "main-apron" in run("airfields", "show", "LIPB", cwd=tmp_path).stdout
    checked = run("airfields", "check", LIPB, NOT_JSON, "--json", cwd=tmp_path)
    assert checked.returncode == 2
    assert [bool(file["error"]) for file in json.loads(checked.stdout)] == [False, True]
    assert run("airfields", "check", LIPB, cwd=tmp_path).returncode == 0


def test_an_airfield_may_be_named_in_any_way(tmp_path: Path) -> None:
    done = run("run", "46.46,11.33", "--catalog", ITEMS, cwd=tmp_path)
    assert (done.returncode, "taken as Bolzano (LIPB" in done.stderr) == (0, True)
    folder = tmp_path / "imagery-watch-LIPB"
    assert run("passes", "bozen", "--run", folder, cwd=tmp_path).returncode == 2
    assert run("passes", "bzo", "--run", folder, cwd=tmp_path).returncode == 0
    found = json.loads(run("airfields", "find", "Bolzano", "--json", cwd=tmp_path).stdout)
    assert [(one["id"], one["iata"], one["aprons"]) for one in found] == [("LIPB", "BZO", "shipped")]
    assert "Tromsø Airport" in run("airfields", "find", "tromso", cwd=tmp_path).stdout


def test_an_airfield_is_added_and_known_from_then_on(tmp_path: Path) -> None:
    reply = sorted((HERE / "data" / "osm").glob("*.json"))[0]
    first = run("airfields", "add", "ZZZZ", "--osm", reply, "--name", "A new field", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert run("airfields", "add", "ZZZZ", "--osm", reply, cwd=tmp_path).returncode == 2
    assert run("airfields", "add", "ZZZZ", "--osm", reply, "--overwrite", cwd=tmp_path).returncode == 0
    assert json.loads(run("airfields", "show", "ZZZZ", "--json", cwd=tmp_path).stdout)["id"] == "ZZZZ"


def test_control_characters_in_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    document = json.loads(LIPB.read_text())
    document |= {"id": "EVIL", "name": "\x1b[2JEvil\x07", "source": "\x1b]0;title\x07"}
    document["features"][0]["properties"]["name"] = "apron\x1b[31m\r\nimagery-watch: all is well"
    home = tmp_path / "home"
    (home / "aoi").mkdir(parents=True)
    (home / "aoi" / "EVIL.geojson").write_text(json.dumps(document))
    for arguments in (
        ("airfields", "list"),
        ("airfields", "show", "EVIL"),
        ("airfields", "check", home / "aoi" / "EVIL.geojson"),
        ("run", "EVIL", "--catalog", ITEMS),
        ("run", "\x1b[2J", "--catalog", ITEMS),
    ):
        done = run(*arguments, cwd=tmp_path, IMAGERY_WATCH_HOME=str(home))
        assert not {"\x1b", "\x07", "\r"} & set(done.stdout + done.stderr), arguments


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminated"])
def test_a_signal_ends_a_run_soon_and_leaves_no_half_result(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with start("run", "LIPB", "--catalog", url, cwd=tmp_path) as process:
            connection, _ = silent.accept()
            process.send_signal(sent)
            started = time.monotonic()
            _, err = process.communicate(timeout=20)
            connection.close()
    assert (process.returncode, time.monotonic() - started < 5) == (code, True), err
    assert "Traceback" not in err
    assert "imagery-watch: stopped; nothing was written to imagery-watch-LIPB; " in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminated"])
def test_a_signal_ends_the_comparing_of_passes_too(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    with start("demo", "-v", "--out", tmp_path / "out", cwd=tmp_path) as process:
        assert process.stderr is not None
        before = list(takewhile(lambda line: line != "comparing passes: 1 of 32\n", process.stderr))
        process.send_signal(sent)
        started = time.monotonic()
        _, err = process.communicate(timeout=60)
    assert "simulating passes: 16 of 16\n" in before
    assert process.returncode == code, err
    assert time.monotonic() - started < 5
    assert "Traceback" not in err
    [told] = [line for line in err.splitlines() if line.startswith("imagery-watch: ")]
    assert told.startswith(f"imagery-watch: stopped; nothing was written to {tmp_path / 'out'}; imagery")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("cli-archive"))
