"""Short options, quiet and verbose, examples in the help that work, and the report opened in a browser."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from support.monitor import PASSES, QUICK, airfield_document, make_archive, make_home
from support.starts import run_imagery_watch
from support.terminal import on_terminal

from imagery_watch.cli.main import app
from imagery_watch.sources.places.coordinates import shield_minus

HERE = Path(__file__).parents[1]
ITEMS = HERE / "data" / "s2_120m" / "items.json"
GROUP: Any = typer.main.get_command(app)
FAST_S = 0.5
HASTE = 5
"""Times that the machine may be slower than a quiet one while tests run beside."""


def commands(group: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words, groups included."""
    yield names, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *names, name)


COMMANDS = dict(commands(GROUP))
EXAMPLES = {line: names for names, command in COMMANDS.items()
            for line in re.findall(r"\$ imagery-watch (.*)", command.epilog or "")}  # fmt: skip


def run(*arguments: str | Path, cwd: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    return run_imagery_watch(*arguments, cwd=cwd, env={**os.environ, **QUICK, "COLUMNS": "120", **changes})


def parse(group: Any, arguments: list[str]) -> None:
    """Parses a command line as the program does, to the last option, and runs nothing."""
    with group.make_context("imagery-watch", list(arguments)) as context:
        words = [*getattr(context, "_protected_args", []), *context.args]
        name, command, rest = group.resolve_command(context, words)
        if hasattr(command, "commands"):
            parse(command, rest)
        else:
            command.make_context(name, rest, parent=context).close()


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_has_examples_of_itself(names: tuple[str, ...]) -> None:
    own = [line for line, of in EXAMPLES.items() if of == names or line.split()[: len(names)] == [*names]]
    assert len(own) >= 2 or names in [("airfields", "remove")], names
    assert all(line.split()[: len(names)] == [*names] for line in own)


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_a_command_line_of_this_program(line: str) -> None:
    parse(GROUP, shield_minus(line.split()))
    assert len(line) < 70


@pytest.mark.parametrize("line", ["run LIPB --sinse 30d", "demo extra", "airfields fnid x", "passes --run"])
def test_what_is_no_command_line_is_not_taken_for_one(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|unexpected|requires an argument"):
        parse(GROUP, line.split())


OFFLINE = [line for line in EXAMPLES if line.split()[0] == "airfields" and not {"draft", "add"} & {*line.split()[:2]}]


@pytest.mark.parametrize("line", [*OFFLINE, "airfields add tromso --print-query"])
def test_examples_that_need_no_network_work(line: str, tmp_path: Path) -> None:
    aoi = tmp_path / "my.geojson"
    aoi.write_text(json.dumps(airfield_document("ENTC")))
    for name in ("aprons.kmz", "yards.gpkg"):
        line = line.replace(name, "my.geojson")
    home = make_home(tmp_path / "home", "ENTC")
    done = run(*line.split(), cwd=tmp_path, IMAGERY_WATCH_HOME=str(home))
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_examples_stand_in_the_help_on_lines_of_their_own(tmp_path: Path) -> None:
    said = run("run", "--help", cwd=tmp_path, COLUMNS="60").stdout
    assert all(f"    $ imagery-watch {line}\n" in said for line, names in EXAMPLES.items() if names == ("run",))


def test_help_is_there_at_once(tmp_path: Path) -> None:
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        assert run("run", "--help", cwd=tmp_path).returncode == 0
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < FAST_S * HASTE


OPTIONS = {
    "-o": ("demo", "run", "monitor", "airfields draft", "hits export", "corroborate"),
    "-v": ("demo", "run", "monitor", "limits", "airfields draft", "replay", "tracks inspect", "corroborate"),
    "-q": ("demo", "run", "monitor", "limits", "airfields draft", "replay", "corroborate"),
    "--open": ("demo", "run", "airfields draft"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_option_means_the_same_wherever_it_is(option: str) -> None:
    having = {" ".join(names) for names, command in COMMANDS.items()
              if any(option in getattr(one, "opts", ()) for one in command.params)}  # fmt: skip
    assert having == {*OPTIONS[option]}
    long = {names for names, command in COMMANDS.items() for one in command.params if "--out" in one.opts}
    assert option != "-o" or {" ".join(names) for names in long} == having


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("manners-archive"))


@pytest.fixture
def look(archive: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """A run that finds two hits, and in which the first pass cannot be read."""
    collection = json.loads(archive.read_text())
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            asset["href"] = str(archive.parent / asset["href"])
    for asset in collection["features"][0]["assets"].values():
        asset["href"] = f"{asset['href']}.gone.tif"
    copied = archive.parent / "one_gone.json"
    copied.write_text(json.dumps(collection))
    aoi = tmp_path / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    return ("run", "--aoi", aoi, "--catalog", copied, "-o", tmp_path / "out")


def test_quiet_is_one_line_and_nothing_else(look: tuple[str | Path, ...], tmp_path: Path) -> None:
    done = run(*look, "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert done.stdout.startswith("2 changes consistent with aircraft")
    assert (tmp_path / "out" / "report.html").is_file()


def test_verbose_tells_what_is_read_and_what_was_passed_over(look: tuple[str | Path, ...], tmp_path: Path) -> None:
    usual, verbose = run(*look, cwd=tmp_path), run(*look, "-v", cwd=tmp_path)
    assert (usual.returncode, usual.stderr) == (0, "")
    assert verbose.stdout == usual.stdout
    assert f"reading: {PASSES - 1} of {PASSES}, " in verbose.stderr
    assert "reading: 0 of 7, S2A_32TPS_20220602_0_L2A\n" in verbose.stderr
    assert f"comparing passes: {2 * (PASSES - 1)} of {2 * (PASSES - 1)}" in verbose.stderr
    assert re.search(r"2022-06-02 10:20 not observed: .*the file is not there", verbose.stderr)


def test_verbose_tells_where_an_error_came_from_and_only_then(tmp_path: Path) -> None:
    broken = ("run", "LIPB", "--catalog", HERE / "cli" / "test_manners.py")
    assert "Traceback" not in run(*broken, cwd=tmp_path).stderr
    done = run(*broken, "-v", cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("imagery-watch: catalogue ")


def test_a_reader_that_has_enough_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has its lines
    place = os.environ | {"IMAGERY_WATCH_HOME": str(tmp_path)}
    try:
        done = subprocess.run([sys.executable, "-m", "imagery_watch", "airfields", "list"], stdout=writing,
                              stderr=subprocess.PIPE, text=True, env=place, timeout=60)  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_quiet_and_verbose_are_not_both(tmp_path: Path) -> None:
    done = run("demo", "-q", "-v", cwd=tmp_path)
    assert (done.returncode, "one of them, not both" in done.stderr) == (2, True)


def test_quiet_leaves_out_how_a_name_was_taken(tmp_path: Path) -> None:
    arguments = ("run", "46.46,11.33", "--catalog", ITEMS)
    assert "taken as Bolzano" in run(*arguments, cwd=tmp_path).stderr
    assert run(*arguments, "-q", cwd=tmp_path).stderr == ""


def test_a_quiet_sweep_says_new_hits_once_and_then_nothing(archive: Path, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "TSTA")
    arguments = ("monitor", "TSTA", "--catalog", archive, "--since", "2022-06-01", "-o", "sweeps", "-q")
    first, second = (run(*arguments, cwd=tmp_path, IMAGERY_WATCH_HOME=str(home)) for _ in range(2))
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == ["TSTA", "TSTA"]
    assert (first.stderr, second.stdout, second.stderr, second.returncode) == ("", "", "", 0)


def test_the_live_line_names_what_it_waits_for(look: tuple[str | Path, ...], tmp_path: Path) -> None:
    code, said = on_terminal(100, *look, cwd=tmp_path, TERM="xterm", **QUICK)
    assert code == 0
    assert re.search(r"searching .*one_gone\.json", said) and re.search(r"reading .*S2[AB]_32TPS_2022", said)
    quiet = on_terminal(100, *look, "-q", cwd=tmp_path, TERM="xterm", **QUICK)[1]
    assert "reading" not in quiet and quiet.count("\n") <= 2


def test_the_report_is_opened_in_the_browser(tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    arguments = ("run", "LIPB", "--catalog", ITEMS, "--open", "--out", "o u t")
    assert run(*arguments, cwd=tmp_path, BROWSER=str(browser)).returncode == 0
    deadline = time.monotonic() + 20
    while not (seen.exists() and seen.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert seen.read_text().strip() == (tmp_path / "o u t" / "report.html").as_uri()


def test_without_a_browser_one_line_says_so(tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "TERM": ""}
    done = run("run", "LIPB", "--catalog", ITEMS, "--open", "-o", "o", cwd=tmp_path, **bare)
    assert done.returncode == 0
    assert done.stderr == f"note: there is no browser to open {Path('o', 'report.html')} in\n"
