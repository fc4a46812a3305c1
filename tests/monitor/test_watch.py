"""A watch lived sweep by sweep: only what is new is read and judged, what was judged stays, and news is told once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import rasterio
import support.monitor
from support.monitor import (
    NAME,
    NOW,
    SINCE,
    environment,
    listing,
    live_hits,
    make_archive,
    make_home,
    record,
    write_listing,
)

from imagery_watch.monitor.keeping.watch import INDEX
from imagery_watch.monitor.opening import WATCHES
from imagery_watch.monitor.sweep import SweepReport, sweep
from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.settings import Settings
from monitor.test_sweep import SURE, ids, states, statuses, sweep_once

PASSES, HISTORY = 15, 10
STANDS = (2, 3, 11, 12)
ARRIVES, LEAVES = 11, 13
"""The passes that first show each of the two changes that come after the history."""


class Lived(NamedTuple):
    """A home after its history, and what each sweep reported from then on."""

    home: Path
    catalog: Path
    begun: Path
    """A copy of the home as it was after the history."""
    reports: list[SweepReport]


def up_to(catalog: Path, count: int) -> Path:
    """A catalogue of the first passes, beside the archive's files."""
    return write_listing(catalog, listing(catalog, range(count)), f"first-{count}.json")


@contextmanager
def without_pixels_of(catalog: Path, features: Sequence[dict[str, Any]]) -> Iterator[None]:
    """The files of these items are not there for a while."""
    found = [path for one in features for path in (catalog.parent / one["id"]).glob("*.tif")]
    assert found
    for path in found:
        path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        for path in found:
            path.with_suffix(".away").rename(path)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """One pass after another; of those that were judged nobody can read a pixel any more."""
    catalog = make_archive(tmp_path_factory.mktemp("story"), PASSES, STANDS)
    home, begun = make_home(tmp_path_factory.mktemp("lived")), tmp_path_factory.mktemp("begun") / "home"
    reports = [sweep_once(home, up_to(catalog, HISTORY))]
    shutil.copytree(home, begun)
    for count in range(HISTORY + 1, PASSES + 1):
        with without_pixels_of(catalog, listing(catalog, range(count - 1))):
            reports.append(sweep_once(home, up_to(catalog, count)))
    return Lived(home, catalog, begun, reports)


@pytest.fixture
def home(lived: Lived, tmp_path: Path) -> Path:
    """A copy of the home after the history, to go on from."""
    return Path(shutil.copytree(lived.begun, tmp_path / "home"))


def told(report: SweepReport) -> tuple[int, int, int, int]:
    [one] = report.outcomes
    return one.new, one.late, one.revised, one.withdrawn


def test_each_change_is_news_in_the_sweep_that_first_could_see_it_and_only_there(lived: Lived) -> None:
    assert told(lived.reports[0]) == (2, 0, 0, 0)
    expected = [(int(newest in (ARRIVES, LEAVES)), 0, 0, 0) for newest in range(HISTORY, PASSES)]
    assert [told(report) for report in lived.reports[1:]] == expected
    assert [hit.kind for report in lived.reports[1:] for hit in report.new_hits] == ["arrival", "departure"]
    assert len(list((lived.home / "runs" / "new-hits").glob("*.geojson"))) == 4
    assert states(lived.home) == ["scored"] * PASSES


def test_one_sweep_over_all_of_it_finds_the_same(lived: Lived, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    sweep_once(home, lived.catalog)
    names = [(hit["kind"], hit["before"], hit["after"]) for hit in live_hits(home)]
    assert names == [(hit["kind"], hit["before"], hit["after"]) for hit in live_hits(lived.home)]


def kept(home: Path) -> dict[str, Any]:
    """The index of the watch."""
    found: dict[str, Any] = json.loads(zlib.decompress((home / WATCHES / NAME / INDEX).read_bytes()))
    return found


DAMAGE = {
    "all is lost": lambda folder: shutil.rmtree(folder),
    "the index is no index": lambda folder: (folder / "watch.json.z").write_bytes(b"nothing"),
    "a look is lost": lambda folder: next(folder.rglob("looks/*.f4")).unlink(),
    "a look is cut": lambda folder: next(folder.rglob("looks/*.f4")).write_bytes(b"\0" * 8),
    "looks are damaged": lambda folder: [damage(path) for path in folder.rglob("looks/*.f4")],
    "the frame is damaged": lambda folder: damage(folder / "frame.f4"),
}


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\x3f" * 64
    path.write_bytes(content)


@pytest.mark.parametrize("what", DAMAGE)
def test_what_was_lost_or_damaged_is_judged_anew_and_nothing_is_told_twice(lived: Lived, home: Path, what: str) -> None:
    DAMAGE[what](home / WATCHES / NAME)
    report = sweep_once(home, up_to(lived.catalog, ARRIVES + 1))
    assert told(report) == (1, 0, 0, 0)
    assert [hit.kind for hit in report.new_hits] == ["arrival"]
    looks = kept(home)["looks"]
    assert len(looks) == ARRIVES + 1
    assert all((home / WATCHES / NAME / one["file"]).stat().st_size == one["bytes"] for one in looks)


def test_a_damaged_watch_begins_anew_once(home: Path, lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged anew takes the place of what was damaged: the sweep after that goes on from it."""
    damage(next((home / WATCHES / NAME).rglob("looks/*.f4")))
    sweep_once(home, up_to(lived.catalog, HISTORY + 1))
    monkeypatch.setattr("imagery_watch.monitor.scoring.begin_watch", None)
    sweep_once(home, up_to(lived.catalog, HISTORY + 2))
    assert states(home) == ["scored"] * (HISTORY + 2)


def test_no_file_of_a_watch_stays_open(home: Path, lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some systems allow a process 256 open files, and Windows replaces none that is mapped."""
    resource = pytest.importorskip("resource")
    limits, opened = resource.getrlimit(resource.RLIMIT_NOFILE), len(os.listdir("/dev/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + HISTORY + 5, limits[1]))
    monkeypatch.setattr("imagery_watch.monitor.scoring.begin_watch", None)
    try:
        report = sweep_once(home, up_to(lived.catalog, HISTORY + 1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert [one.state for one in report.outcomes] == ["scored"]


@pytest.mark.parametrize("number", [1, 3])
def test_killed_while_it_keeps_the_watch(lived: Lived, home: Path, number: int) -> None:
    catalog, whole = up_to(lived.catalog, ARRIVES + 1), shutil.copytree(home, home.with_name("whole"))
    sweep_once(whole, catalog)
    command = [sys.executable, support.monitor.__file__, str(catalog), str(home), f"/{WATCHES}/", str(number)]
    done = subprocess.run(command, env=environment(home), capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    sweep_once(home, catalog)
    assert live_hits(home) == live_hits(whole)
    again = up_to(lived.catalog, LEAVES + 1)
    sweep_once(home, again)
    sweep_once(whole, again)
    assert record(home)["hits"] == record(whole)["hits"]


def test_what_an_earlier_sweep_could_have_seen_is_a_late_find_and_no_news(lived: Lived, tmp_path: Path) -> None:
    """Two passes are processed anew, and only now show an aircraft."""
    home, empty = make_home(tmp_path / "home"), make_archive(tmp_path / "empty", HISTORY, ())
    assert told(sweep_once(home, empty)) == (0, 0, 0, 0)
    for feature in listing(lived.catalog, STANDS[:2]):
        shutil.copytree(lived.catalog.parent / feature["id"], empty.parent / feature["id"], dirs_exist_ok=True)
    anew = listing(empty)
    for number in STANDS[:2]:
        anew[number]["properties"]["s2:processing_baseline"] = "05.12"
    report = sweep_once(home, write_listing(empty, anew, "anew.json"))
    assert told(report) == (0, 2, 0, 0) and report.new_hits == ()
    runs = home / "runs"
    assert not list((runs / "new-hits").glob("*"))
    late = [json.loads(path.read_text()) for path in (runs / "late-finds").glob("*.geojson")]
    assert [one["features"][0]["properties"]["late"] for one in late] == [True, True]
    hits = json.loads((runs / NAME / "hits.geojson").read_text())["features"]
    assert all(hit["properties"]["summary"].startswith("Found late: ") for hit in hits)
    assert all(hit["late"] for hit in live_hits(home))


def test_a_pass_that_comes_late_is_judged_by_itself(lived: Lived, home: Path) -> None:
    features = listing(lived.catalog, range(ARRIVES + 2))
    without = write_listing(lived.catalog, [*features[:HISTORY], features[ARRIVES + 1]], "late-without.json")
    first = sweep_once(home, without)
    assert told(first) == (1, 0, 0, 0) and first.new_hits[0].kind == "arrival"
    with without_pixels_of(lived.catalog, [*features[:HISTORY], features[ARRIVES + 1]]):
        later = sweep_once(home, write_listing(lived.catalog, features, "late-with.json"))
    [one] = later.outcomes
    assert (one.new, one.withdrawn) == (0, 0), "the bracket is narrower: the same hit, revised"
    assert len(ids(home)) == 3 and statuses(home) <= {"confirmed", "revised"}


def test_a_pass_with_the_bytes_of_one_judged_earlier_is_no_look(lived: Lived, home: Path) -> None:
    features = listing(lived.catalog, range(HISTORY + 1))
    copied = json.loads(json.dumps(features))
    copied[HISTORY]["assets"] = features[2]["assets"]
    report = sweep_once(home, write_listing(lived.catalog, copied, "copied.json"))
    assert told(report) == (0, 0, 0, 0) and states(home)[-1] == "refused"
    assert all(hit["score"] > SURE for hit in live_hits(home))


def looks_of_pass(home: Path, number: int) -> list[tuple[Any, ...]]:
    """What the record says of one pass: result, visible fraction, registration error, reason and code."""
    passes = sorted(row[1] for row in record(home)["passes"])
    return [row[3:] for row in record(home)["looks"] if row[1] == sorted(passes, key=lambda one: one[12:])[number]]


def hide(catalog: Path, feature: dict[str, Any]) -> None:
    """Thick cloud over all of a pass."""
    [path] = (catalog.parent / feature["id"]).glob("*[sS][cC][lL]*")
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as scl:
        scl.write(np.full((1, scl.height, scl.width), 9, np.uint8))


def test_a_pass_that_says_nothing_stays_as_it_was_told_and_leaves_with_the_history(
    tmp_path: Path, lived: Lived
) -> None:
    home = make_home(tmp_path / "home")
    archive = Path(shutil.copytree(lived.catalog.parent, tmp_path / "cloudy")) / lived.catalog.name
    hide(archive, listing(archive)[0])
    sweep_once(home, up_to(archive, HISTORY + 1))
    [told_first] = looks_of_pass(home, 0)
    assert told_first[:2] == ("not_observed", 0.0) and told_first[-1]
    sweep_once(home, up_to(archive, HISTORY + 2))
    assert looks_of_pass(home, 0) == [told_first]
    assert (len(kept(home)["unusable"]), len(kept(home)["looks"])) == (1, HISTORY + 1)
    assert sweep_a_year_later(home, up_to(archive, HISTORY + 3), "2023-06-05").state == "scored"
    assert (len(kept(home)["unusable"]), len(kept(home)["looks"])) == (0, HISTORY + 2)


def test_a_watch_whose_first_passes_are_all_older_than_the_history_begins_anew(home: Path, lived: Lived) -> None:
    assert (home / WATCHES / NAME / INDEX).is_file()
    assert sweep_a_year_later(home, lived.catalog, "2023-07-25").state == "scored"
    assert not (home / WATCHES / NAME / INDEX).exists(), "four passes are too few for another watch"


def sweep_a_year_later(home: Path, catalog: Path, since: str) -> Outcome:
    settings = Settings(home=home, margin_m=300, retries=0, limit_plantings=0)
    [outcome] = sweep([NAME], settings, catalog=str(catalog), since=since, now=NOW + timedelta(days=365)).outcomes
    return outcome


def test_a_pass_that_cannot_be_read_any_more_says_why(home: Path, lived: Lived) -> None:
    features = listing(lived.catalog, range(HISTORY))
    features[4]["properties"]["s2:processing_baseline"] = "05.12"
    with without_pixels_of(lived.catalog, features[4:5]):
        sweep_once(home, write_listing(lived.catalog, features, "unreadable.json"))
    [(result, *_, reason, code)] = looks_of_pass(home, 4)
    assert result == "not_observed" and reason and code
    assert len(kept(home)["looks"]) == HISTORY - 1, "what it showed is shown by nothing that the catalogue has"


def test_looks_of_the_history_have_limits_once_they_are_told(lived: Lived, tmp_path: Path) -> None:
    home, catalog = make_home(tmp_path / "home"), up_to(lived.catalog, HISTORY)
    settings = Settings(home=home, margin_m=300, retries=0, limit_plantings=1)
    limits = []
    for since in ("2022-07-10", SINCE):
        [one] = sweep([NAME], settings, catalog=str(catalog), since=since, now=NOW).outcomes
        limits.append([look.smallest_detectable_m for look in one.looks])
    assert len(limits[0]) < len(limits[1]) == HISTORY
    assert None not in limits[1] and limits[1][-len(limits[0]) :] == limits[0]


def test_a_pass_under_another_id_is_the_same_pass(lived: Lived, tmp_path: Path) -> None:
    """Of items that name no product the id is the time, which moves when another tile arrives."""
    home, features = make_home(tmp_path / "home"), listing(lived.catalog, range(HISTORY + 1))
    for one in features:
        del one["properties"]["s2:product_uri"]
    sweep_once(home, write_listing(lived.catalog, features[:HISTORY], "unnamed.json"))
    before = live_hits(home)
    moved = datetime.fromisoformat(features[3]["properties"]["datetime"]) - timedelta(seconds=4)
    features[3]["properties"]["datetime"] = moved.isoformat()
    report = sweep_once(home, write_listing(lived.catalog, features, "moved.json"))
    assert told(report)[:2] == (0, 0) and len(live_hits(home)) == len(before)
    assert set(states(home)) == {"scored"} and len(kept(home)["looks"]) == HISTORY + 1
