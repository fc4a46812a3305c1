"""The README is true: every command in it runs, its transcript is what the command prints, its files exist."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.demonstration import Demonstrated
from support.servers import Server, serve
from support.starts import run_imagery_watch

from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.overpass import Weather, simulate

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.+?)(?:\s+#.*)?$", README, flags=re.MULTILINE)
TOLD_IN_ORDER = README.split("<!-- another airfield -->")[1].split("<!-- /another")[0]  # by `test_first_contact`
OURS = [command for command in COMMANDS if command.startswith("imagery-watch ") and command not in TOLD_IN_ORDER]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few passes over Bolzano in June 2024, as the live catalogue would have them."""
    ground, folder = bolzano(), tmp_path_factory.mktemp("june")
    passes = [
        simulate(
            ground.reflectance,
            ground.scl,
            BANDS,
            [],
            Weather(temporal_noise=0.005),
            when=datetime(2024, 6, 3, 10, 20, 29, tzinfo=UTC) + timedelta(days=5 * number),
            platform="sentinel-2a",
            relative_orbit=65,
            sun=(150.0, 62.0),
            seed=number,
        )
        for number in range(4)
    ]
    return write_archive(passes, BANDS, ground.grid, folder)


@pytest.fixture(scope="module")
def pixels(archive: Path) -> Iterator[Server]:
    with serve("files", archive.parent) as server:
        yield server


@pytest.fixture(scope="module")
def overpass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An Overpass API that knows one airfield: the aprons of Luxembourg, moved to where Tromsø's airfield is."""
    reply = (ROOT / "tests" / "data" / "osm" / "ELLX_overpass.json").read_text(encoding="utf-8")
    moved = json.loads(reply.replace('"ELLX"', '"ENTC"'), object_hook=move_to_tromso)
    script = tmp_path_factory.mktemp("overpass") / "script.json"
    script.write_text(json.dumps({"/api": [{"body": moved}]}))
    with serve("script", script) as server:
        yield server


def move_to_tromso(member: dict[str, Any]) -> dict[str, Any]:
    if member.keys() == {"lat", "lon"}:
        return {"lat": member["lat"] + 20.06, "lon": member["lon"] + 12.71}
    return member


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like the checkout, to run the commands in without writing into it."""
    for name in ("tests", "aoi"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def features(archive: Path, base: str) -> list[dict[str, Any]]:
    collection = json.loads(archive.read_text())
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            asset["href"] = f"{base}/{asset['href'].removeprefix('./')}"
    return list(collection["features"])


def ran(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    arguments = command.split()
    assert arguments[0] == "imagery-watch"
    changed = {**os.environ, "COLUMNS": "120", **environment}
    return run_imagery_watch(*arguments[1:], cwd=folder, env=changed, timeout=150)


def test_it_names_the_two_commands_that_do_everything() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert [c.split()[1] for c in COMMANDS if c.startswith("make ")] == ["demo", "test"]
    assert {"demo", "test"} <= set(targets)


def is_long(command: str) -> bool:
    """Whether it does again what another test has seen done: a whole run of the demonstration."""
    return command.split()[1] == "replay"


@pytest.mark.parametrize(
    "command", [pytest.param(one, marks=pytest.mark.slow) if is_long(one) else one for one in OURS]
)
@pytest.mark.timeout(400)
def test_every_command_in_it_runs(
    command: str,
    folder: Path,
    demonstration: Demonstrated,
    sunan: Demonstrated,
    archive: Path,
    pixels: Server,
    overpass: Server,
    stac_server: Callable[[list[dict[str, Any]]], str],
) -> None:
    packing = [earlier for earlier in OURS if "--pack" in earlier and "--run" in earlier and earlier != command]
    before = packing if command.split()[-1].endswith(".zip") else []
    made = read_by(" ".join((command, *before)))
    first = [earlier for earlier in OURS if made and earlier.endswith(f"--out {made}")]
    if command.split()[1] == "hits" and made is None:
        first = [earlier for earlier in OURS if earlier.startswith("imagery-watch monitor EDBF")]
    if made and not first:
        shown = sunan if made.startswith(sunan.out.name) else demonstration
        assert made.split("/")[0] == shown.out.name
        shutil.copytree(shown.out, folder / shown.out.name)
    asking = ("run", "monitor", "draft")
    live = any("--catalog" not in line and {*line.split()[1:3]} & {*asking} for line in (command, *first))
    place = {"IMAGERY_WATCH_EARTH_SEARCH": stac_server(features(archive, pixels.url))} if live else {}
    place["IMAGERY_WATCH_OVERPASS"] = f"{overpass.url}/api"
    for earlier in (*first, *before):
        assert ran(earlier, folder, **place).returncode == 0
    done = ran(command, folder, **place)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    out = re.search(r"--out (\S+)", command)
    if out and command.split()[1] == "run":
        written = {path.name for path in (folder / out.group(1)).iterdir()}
        files = {"hits.geojson", "stays.geojson", "looks.csv", "run.json", "report.html", "airfield.geojson"}
        files |= {"hits.csv", "hits.gpkg", "hits.kmz", "stac"}
        assert files <= written
        assert not json.loads((folder / out.group(1) / "hits.geojson").read_text())["features"]


def read_by(command: str) -> str | None:
    """The folder of a run that a command reads: another command makes it."""
    found = re.search(r"--run (\S+)", command)
    return found.group(1) if found else None


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ["demo", "story"])
def test_its_transcripts_are_what_is_printed(name: str, demonstration: Demonstrated, sunan: Demonstrated) -> None:
    shown = README.split(f"<!-- transcript: {name} -->")[1].split("<!-- /transcript -->")[0]
    printed = {"demo": demonstration.said, "story": sunan.said}[name]
    assert skeleton(shown.strip().removeprefix("```text").removesuffix("```")) == skeleton(printed)


def skeleton(text: str) -> str:
    """Words in their order: no numbers, rules, spaces or names made from hashes, which may differ by rounding."""
    return " ".join(re.sub(r"[^A-Za-z]+", " ", text).split())


def test_files_and_pictures_that_it_names_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target
    assert "notebooks/inspect_hits.ipynb" in README and (ROOT / "notebooks" / "inspect_hits.ipynb").is_file()


def test_it_credits_and_hedges() -> None:
    for words in ("Contains modified Copernicus Sentinel data", "OpenStreetMap contributors", "consistent with"):
        assert words in README
