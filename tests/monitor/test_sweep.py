"""One sweep after another over real archives, with real kills, a real lock and a real record."""

import json
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sources.catalogs.test_stac_api import api, page
from support.monitor import (
    FIRST,
    NAME,
    NOW,
    PASSES,
    SINCE,
    airfield_document,
    command,
    environment,
    files,
    listing,
    live_hits,
    make_archive,
    make_home,
    record,
    run_monitor,
    write_listing,
)

from imagery_watch.errors import AoiError, CatalogError, ExitCode, LockedError, StoreError, UsageError
from imagery_watch.history import pass_history
from imagery_watch.monitor.sweep import SweepReport, locked, show_sweep, sweep
from imagery_watch.settings import Settings

VERSION_2 = Path(__file__).parents[1] / "data" / "record_v2.sql"


class Swept(NamedTuple):
    """A home after one sweep over the whole archive."""

    home: Path
    catalog: Path
    report: SweepReport


SURE = 5.0
"""Between the scores of the weak hit that comes when a look is lost (2.9) and of the aircraft (over 40)."""


def sweep_once(home: Path, catalog: Path | str, *names: str, since: str = SINCE, budget: float = 4.0) -> SweepReport:
    settings = Settings(
        home=home, margin_m=300, retries=0, timeout_s=2, false_alarms_per_year=budget, limit_plantings=0
    )
    return sweep(names or (NAME,), settings, catalog=str(catalog), since=since, now=NOW)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    catalog = make_archive(tmp_path_factory.mktemp("archive"))
    home = make_home(tmp_path_factory.mktemp("swept"))
    return Swept(home, catalog, sweep_once(home, catalog))


@pytest.fixture
def home(swept: Swept, tmp_path: Path) -> Path:
    """A copy of the swept home, to go on from."""
    return Path(shutil.copytree(swept.home, tmp_path / "home"))


@pytest.fixture
def listed(swept: Swept, tmp_path: Path) -> Callable[[list[dict[str, Any]]], Path]:
    """`listed(features)`: a catalogue of those items, beside the archive's files."""
    return lambda features: write_listing(swept.catalog, features, f"{tmp_path.name}-{random.random()}.json")


@contextmanager
def without_pixels(catalog: Path) -> Iterator[None]:
    """No GeoTIFF of the archive is there for a while."""
    hidden = [(path, path.with_suffix(".hidden")) for path in catalog.parent.rglob("*.tif")]
    for path, away in hidden:
        path.rename(away)
    try:
        yield
    finally:
        for path, away in hidden:
            away.rename(path)


def ids(home: Path) -> set[str]:
    return {row[0] for row in record(home)["hits"]}


def states(home: Path) -> list[str]:
    return [row[4] for row in sorted(record(home)["passes"], key=lambda row: row[2])]


def statuses(home: Path) -> set[str]:
    return {row[3] for row in record(home)["hits"]}


def unreadable(feature: dict[str, Any]) -> dict[str, Any]:
    """The item with its red band behind a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    broken = json.loads(json.dumps(feature))
    broken["assets"]["red"]["href"] = f"http://127.0.0.1:{port}/B04.tif"
    return broken


def test_a_first_sweep_finds_both_changes_and_writes_each_once(swept: Swept) -> None:
    outcome = swept.report.outcomes[0]
    assert (outcome.state, outcome.new, swept.report.exit_code) == ("scored", 2, ExitCode.DONE)
    assert [hit.kind for hit in swept.report.new_hits] == ["arrival", "departure"]
    assert states(swept.home) == ["scored"] * PASSES
    for hit in swept.report.new_hits:
        collection = json.loads((swept.report.folder / f"{hit.id}.geojson").read_text())
        [feature] = collection["features"]
        assert feature["id"] == feature["properties"]["id"] == hit.id
        assert (swept.report.folder / feature["properties"]["chip"]).read_bytes().startswith(b"\x89PNG")
        assert collection["attribution"].startswith("Contains modified Copernicus")
    published = json.loads((swept.home / "runs" / NAME / "hits.geojson").read_text())["features"]
    assert {feature["id"] for feature in published} == ids(swept.home)
    assert all((swept.home / "runs" / NAME / feature["properties"]["chip"]).is_file() for feature in published)


def stays(home: Path) -> list[dict[str, Any]]:
    collection = json.loads((home / "runs" / NAME / "stays.geojson").read_text())
    return [feature["properties"] for feature in collection["features"]]


def test_a_stay_refers_to_the_recorded_hits(swept: Swept) -> None:
    [stay] = stays(swept.home)
    arrival, departure = swept.report.new_hits
    assert (stay["arrival_hit"], stay["departure_hit"]) == (arrival.id, departure.id)
    assert stay["not_before"] == arrival.before.isoformat().replace("+00:00", "Z")
    assert stay["dwell_min_hours"] == pytest.approx(24 * 5, abs=0.3)
    assert stay["dwell_max_hours"] == pytest.approx(24 * 15, abs=0.3)


def test_a_stay_keeps_its_name_and_its_hits_from_sweep_to_sweep(
    swept: Swept, tmp_path: Path, listed: Callable[..., Path]
) -> None:
    home = make_home(tmp_path)
    sweep_once(home, listed(listing(swept.catalog, (0, 1, 3))))
    [first] = stays(home)
    assert (first["departure_hit"], first["not_after"], first["dwell_max_hours"]) == (None, None, None)
    sweep_once(home, swept.catalog)
    [whole] = stays(home)
    assert (whole["id"], whole["arrival_hit"]) == (first["id"], first["arrival_hit"])
    assert whole["id"] != stays(swept.home)[0]["id"], "minted from the late pass, and kept"
    sweep_once(home, swept.catalog, since="2022-06-14")
    [late] = stays(home)
    assert (late["id"], late["arrival_hit"], late["departure_hit"]) == (
        whole["id"],
        whole["arrival_hit"],
        whole["departure_hit"],
    )


def test_the_record_tells_of_its_passes(swept: Swept) -> None:
    history = pass_history(NAME.lower(), swept.home, run=None, since=None, until=None, now=NOW)
    assert [len(one.looks) for one in history.passes] == [1] * PASSES
    assert [one.occupancy[0].surplus for one in history.passes] == [0, 0, 1, 1, 0, 0, 0]
    assert {(one.platform, one.relative_orbit) for one in history.passes} == {("sentinel-2a", 65), ("sentinel-2b", 22)}
    assert [one.hours for one in history.chances if one.probability > 0.99] == [120, 240]
    assert history.due == (), "the newest pass is 61 days old"
    soon = pass_history(NAME, swept.home, run=None, since=None, until=None, now=FIRST + timedelta(days=33))
    assert [(one.platform, one.due.day) for one in soon.due] == [("sentinel-2b", 7), ("sentinel-2a", 12)]
    with locked(swept.home):
        assert pass_history(NAME, swept.home, run=None, since=None, until="2022-06-10", now=NOW).passes


def test_a_second_sweep_reads_no_pixel_and_changes_nothing(swept: Swept, home: Path) -> None:
    with without_pixels(swept.catalog):
        report = sweep_once(home, swept.catalog)
    assert [outcome.state for outcome in report.outcomes] == ["nothing new"]
    assert (report.new_hits, report.exit_code) == ((), ExitCode.DONE)
    assert record(home) == record(swept.home)
    assert files(home) == files(swept.home)


@pytest.mark.parametrize("first", [(0, 1, 2, 3), (6, 4, 1, 0)], ids=["in order", "late passes"])
def test_the_order_of_arrival_does_not_matter(
    swept: Swept, tmp_path: Path, listed: Callable[..., Path], first: tuple[int, ...]
) -> None:
    home = make_home(tmp_path)
    early = sweep_once(home, listed(listing(swept.catalog, first)))
    minted = ids(home)
    late = sweep_once(home, swept.catalog)
    assert minted <= ids(home)
    found_late = {row[0] for row in record(home)["hits"] if json.loads(row[6])["late"]}
    assert {hit.id for hit in early.new_hits} | {hit.id for hit in late.new_hits} | found_late == ids(home)
    assert not {hit.id for hit in early.new_hits} & {hit.id for hit in late.new_hits}
    of_one_sweep, of_two = ([hit | {"late": False} for hit in live_hits(one)] for one in (swept.home, home))
    assert of_one_sweep == of_two
    assert record(home)["passes"] == record(swept.home)["passes"]
    assert record(home)["looks"] == record(swept.home)["looks"]


def changed(home: Path) -> dict[str, str]:
    """The messages about hits that had been told of: their names, and the status that they tell."""
    files = (home / "runs" / "changed-hits").glob("*.geojson")
    return {path.stem: json.loads(path.read_text())["features"][0]["properties"]["status"] for path in files}


def test_what_was_taken_back_before_anyone_was_told_is_no_message(swept: Swept, home: Path) -> None:
    with sqlite3.connect(home / "monitor.sqlite") as connection:
        connection.execute("DELETE FROM deliveries")
    connection.close()
    assert sweep_once(home, swept.catalog, budget=1e-200).new_hits == ()
    assert statuses(home) == {"withdrawn"} and changed(home) == {}


def test_new_settings_withdraw_and_bring_back_without_renaming(swept: Swept, home: Path) -> None:
    strict = sweep_once(home, swept.catalog, budget=1e-200)
    assert (strict.outcomes[0].withdrawn, strict.new_hits, statuses(home)) == (2, (), {"withdrawn"})
    published = json.loads((home / "runs" / NAME / "hits.geojson").read_text())["features"]
    assert {feature["properties"]["status"] for feature in published} == {"withdrawn"}
    assert all(feature["properties"]["summary"].startswith("Withdrawn") for feature in published)
    taken_back = changed(home)
    assert set(taken_back) == {f"{name}-2" for name in ids(home)} and set(taken_back.values()) == {"withdrawn"}
    again = sweep_once(home, swept.catalog)
    assert (again.outcomes[0].new, again.outcomes[0].revised, again.new_hits) == (0, 2, ())
    assert changed(home) == taken_back | {f"{name}-3": "revised" for name in ids(home)}
    assert (ids(home), statuses(home)) == (ids(swept.home), {"revised"})
    assert live_hits(home) == live_hits(swept.home)


def test_a_reprocessed_pass_makes_no_second_hit(swept: Swept, home: Path, listed: Callable[..., Path]) -> None:
    newer = json.loads(json.dumps(listing(swept.catalog, [2])[0]))
    newer["id"] = newer["id"].replace("_0_L2A", "_1_L2A")
    uri = newer["properties"]["s2:product_uri"]
    newer["properties"] |= {"s2:processing_baseline": "05.12", "s2:product_uri": uri.replace("_N0511_", "_N0512_")}
    report = sweep_once(home, listed([*listing(swept.catalog), newer]))
    assert (report.outcomes[0].state, report.outcomes[0].new, report.outcomes[0].revised) == ("scored", 0, 0)
    assert ids(home) == ids(swept.home)
    assert any(newer["id"] in hit["after_items"] for hit in live_hits(home))


def test_a_failed_pass_is_tried_again(swept: Swept, tmp_path: Path, listed: Callable[..., Path]) -> None:
    home = make_home(tmp_path)
    features = listing(swept.catalog)
    report = sweep_once(home, listed([*features[:5], unreadable(features[5]), features[6]]))
    assert (report.exit_code, report.outcomes[0].state) == (ExitCode.INCOMPLETE, "scored")
    assert states(home)[5] == "failed"
    assert "failed" in report.outcomes[0].reason
    fixed = sweep_once(home, swept.catalog)
    assert (fixed.exit_code, fixed.outcomes[0].new) == (ExitCode.DONE, 0)
    assert states(home) == ["scored"] * PASSES
    assert live_hits(home) == live_hits(swept.home)
    assert record(home)["looks"] == record(swept.home)["looks"]


def test_failure_is_not_change(swept: Swept, home: Path, listed: Callable[..., Path]) -> None:
    features = listing(swept.catalog)
    report = sweep_once(home, listed([*features[:3], unreadable(features[3]), *features[4:]]))
    assert report.exit_code == ExitCode.INCOMPLETE
    assert all(hit.score < SURE for hit in report.new_hits)  # with a look less, a weak one may reach the threshold
    before, after = (
        [hit for hit in live_hits(where) if hit["kind"] == "departure" and hit["score"] > SURE]
        for where in (swept.home, home)
    )
    assert len(before) == 1 and after == before
    assert record(home)["looks"][3] == record(swept.home)["looks"][3]  # what was seen once is still known


def test_a_catalogue_that_loses_a_pass_takes_nothing_back(
    swept: Swept, home: Path, listed: Callable[..., Path]
) -> None:
    with without_pixels(swept.catalog):
        report = sweep_once(home, listed(listing(swept.catalog, [0, 1, 2, 4, 5, 6])))
        assert report.outcomes[0].state == "nothing new"
        assert record(home)["hits"] == record(swept.home)["hits"]
        assert [row[7] for row in sorted(record(home)["passes"], key=lambda row: row[2])] == [0, 0, 0, 1, 0, 0, 0]
        sweep_once(home, swept.catalog)
    assert record(home) == record(swept.home)


def test_a_list_that_is_not_whole_is_asked_for_again_and_takes_nothing_back(
    swept: Swept, home: Path, script_server: Any, range_server: Any
) -> None:
    """Five of seven passes are listed: all that is known stays known, and nothing counts as gone."""
    pixels = range_server(swept.catalog.parent)
    features = json.loads(json.dumps(listing(swept.catalog)).replace('"./', f'"{pixels.url}/'))
    server = script_server(api(page(*features[:5], numberMatched=7)))
    for state in ("scored", "nothing new"):
        report = sweep_once(home, server.url)
        assert (report.exit_code, report.outcomes[0].state) == (ExitCode.INCOMPLETE, state)
        assert "counts 7 items and delivered 5" in report.outcomes[0].reason
    assert [row[7] for row in record(home)["passes"]] == [0] * PASSES
    assert ids(home) == ids(swept.home) and "withdrawn" not in statuses(home)
    told = json.loads((home / "runs" / NAME / "run.json").read_text())
    assert told["incomplete"] and "counts 7 items" in told["incomplete_listing"]


def test_a_longer_period_tells_of_what_was_only_history(swept: Swept, tmp_path: Path) -> None:
    home = make_home(tmp_path)
    assert sweep_once(home, swept.catalog, since="2022-06-26").outcomes[0].new == 0
    assert states(home) == ["history"] * 5 + ["scored"] * 2
    sweep_once(home, swept.catalog)
    assert record(home)["hits"] == record(swept.home)["hits"]
    with without_pixels(swept.catalog):  # and a shorter one forgets nothing
        assert sweep_once(home, swept.catalog, since="2022-06-26").outcomes[0].state == "nothing new"
    assert record(home) == record(swept.home)


def test_a_hit_that_was_not_noted_as_written_is_written_again_under_its_name(swept: Swept, home: Path) -> None:
    with sqlite3.connect(home / "monitor.sqlite") as connection:
        arrival = "SELECT id FROM hits WHERE properties LIKE '%arrival%'"
        connection.execute(f"DELETE FROM deliveries WHERE event IN ({arrival})")
    connection.close()
    report = sweep_once(home, swept.catalog)
    assert [hit.kind for hit in report.new_hits] == ["arrival"]
    assert files(home) == files(swept.home)
    assert sweep_once(home, swept.catalog).new_hits == ()


def test_a_record_of_the_second_version_goes_on_under_its_names_and_hands_on_what_waited(
    swept: Swept, tmp_path: Path
) -> None:
    home = make_home(tmp_path)
    connection = sqlite3.connect(home / "monitor.sqlite")
    connection.executescript(VERSION_2.read_text())
    waiting = {name for (name,) in connection.execute("SELECT id FROM hits WHERE written_at IS NULL")}
    known = {name for (name,) in connection.execute("SELECT id FROM hits")}
    stays_known = {name for (name,) in connection.execute("SELECT id FROM stays WHERE airfield = ?", (NAME,))}
    connection.close()
    report = sweep_once(home, swept.catalog)
    assert (report.outcomes[0].state, report.outcomes[0].new) == ("scored", 0)
    assert ({hit.id for hit in report.new_hits}, len(waiting)) == (waiting, 2)
    assert (ids(home), {stay["id"] for stay in stays(home)}) == (known, stays_known)
    assert {path.stem for path in report.folder.glob("*.geojson")} == waiting
    assert sweep_once(home, swept.catalog).new_hits == ()


def test_one_bad_airfield_does_not_stop_the_others(swept: Swept, home: Path) -> None:
    (home / "aoi" / "BADA.geojson").write_text("{")
    report = sweep_once(home, swept.catalog, "bada", NAME, "BADA")
    assert [(outcome.airfield, outcome.state) for outcome in report.outcomes] == [
        ("BADA", "failed"),
        (NAME, "nothing new"),
    ]
    assert report.exit_code == ExitCode.USAGE
    assert "BADA.geojson" in report.outcomes[0].reason


def test_a_catalogue_that_does_not_answer_is_worth_trying_again(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    before = record(home)
    report = sweep_once(home, f"http://127.0.0.1:{port}")
    assert (report.outcomes[0].state, report.exit_code) == ("failed", ExitCode.INCOMPLETE)
    assert record(home) == before


def test_what_is_wrong_with_the_call_is_said_before_anything(swept: Swept, tmp_path: Path) -> None:
    with pytest.raises(AoiError, match="NONE"):
        sweep_once(tmp_path, swept.catalog, "NONE")
    with pytest.raises(CatalogError):
        sweep_once(tmp_path, tmp_path / "nothing.json", "LIPB")
    with pytest.raises(UsageError):
        sweep_once(tmp_path, swept.catalog, "LIPB", since="soon")
    assert list(tmp_path.iterdir()) == []


def test_the_table_cannot_be_forged_by_names(swept: Swept, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    from rich.console import Console

    evil = replace(swept.report.outcomes[0], reason="[red]\x1b[2Jred[/red]")
    show_sweep(replace(swept.report, outcomes=(evil,)), Console(width=160))
    text = capsys.readouterr().out
    assert "[red]" in text
    assert "\x1b" not in text
    assert swept.report.new_hits[0].summary[:60] in text
    assert json.loads(json.dumps(swept.report.as_dict()))["new_hits"][0]["id"] == swept.report.new_hits[0].id


def test_only_one_sweep_at_a_time(swept: Swept, home: Path) -> None:
    with locked(home):
        started = time.monotonic()
        second = run_monitor(home, swept.catalog)
        assert (second.returncode, second.stdout) == (ExitCode.LOCKED, "")
        assert time.monotonic() - started < 10
        with pytest.raises(LockedError):
            sweep_once(home, swept.catalog)
    assert run_monitor(home, swept.catalog).returncode == ExitCode.DONE


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    code = "import sys, time\nfrom pathlib import Path\nfrom imagery_watch.monitor.sweep import locked\n"
    code += "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockedError), locked(tmp_path):
        pass
    holder.kill()
    holder.wait(10)
    holder.stdout.close()
    with locked(tmp_path):
        pass


def test_a_home_that_cannot_be_made_is_named(swept: Swept, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        sweep_once(tmp_path / "file" / "home", swept.catalog, "LIPB")


@pytest.mark.parametrize("damage", ["emptied", "lost", "foreign"])
def test_a_damaged_record_is_refused_with_advice(swept: Swept, home: Path, damage: str) -> None:
    path = home / "monitor.sqlite"
    {
        "emptied": lambda: path.write_bytes(b""),
        "lost": path.unlink,
        "foreign": lambda: path.write_text("not a database, but long enough to be read as one" * 20),
    }[damage]()
    outcome = run_monitor(home, swept.catalog)
    assert outcome.returncode == ExitCode.STORE
    assert "monitor.sqlite.bak" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    shutil.copy(home / "monitor.sqlite.bak", path)  # as the advice says
    with without_pixels(swept.catalog):
        assert sweep_once(home, swept.catalog).outcomes[0].state == "nothing new"
    assert ids(home) == ids(swept.home)


def assert_as_never_killed(home: Path, swept: Swept) -> None:
    assert record(home) == record(swept.home)
    ours, theirs = files(home), files(swept.home)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name] and not name.endswith("report.html")] == []


def test_killed_at_random_moments(swept: Swept, tmp_path: Path) -> None:
    home = make_home(tmp_path)
    rng = random.Random(20220612)
    for _ in range(3):
        process = subprocess.Popen(
            command(swept.catalog), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(rng.uniform(0.7, 5.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait(10)
    last = run_monitor(home, swept.catalog)
    assert last.returncode == ExitCode.DONE, last.stderr
    assert_as_never_killed(home, swept)


KILLS = {
    "recorded, no file written yet": ("chips", 1),
    "a hit written, not yet noted": ("new-hits", 6),
    "all done but the backup": (".bak.part", 5),
}


def test_killed_between_the_record_and_the_files(swept: Swept, tmp_path: Path) -> None:
    script = str(Path(__file__).parents[1] / "support" / "monitor.py")
    homes = [make_home(tmp_path / str(number)) for number in range(len(KILLS))]
    killed = []
    for home, (part, number) in zip(homes, KILLS.values(), strict=True):
        arguments = [sys.executable, script, str(swept.catalog), str(home), part, str(number)]
        killed.append(subprocess.Popen(arguments, env=environment(home)))
    assert [process.wait(90) for process in killed] == [-signal.SIGKILL] * len(KILLS)
    for home in homes:
        sweep_once(home, swept.catalog)
        assert_as_never_killed(home, swept)
        assert not list(home.rglob(".iw-*")), "half-written files are cleared away"


def test_a_term_signal_ends_cleanly(swept: Swept, tmp_path: Path) -> None:
    home = make_home(tmp_path)
    process = subprocess.Popen(command(swept.catalog), env=environment(home), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not (home / "monitor.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == ExitCode.TERMINATED
    with locked(home):
        assert record(home)["hits"] == []


def test_all_known_airfields_are_swept_where_none_is_named(tmp_path: Path) -> None:
    from imagery_watch.monitor.sweep import wanted_airfields

    (tmp_path / "aoi").mkdir()
    (tmp_path / "aoi" / "TSTA.geojson").write_text(json.dumps(airfield_document("TSTA")))
    names = [file.path.stem for file in wanted_airfields([], tmp_path)]
    assert names == sorted(names)
    assert {"LIPB", "TSTA"} <= set(names)
