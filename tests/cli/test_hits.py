"""`hits` as a person types it: listed, shown, judged, exported and imported, and what is wrong said in a line."""

import csv
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet
import pyogrio
import pytest
from outputs.builders import make_hit, make_look, make_result, make_stay
from outputs.reconcile.test_standing import review
from outputs.store.test_store import NOW, make_run
from support.starts import run_imagery_watch
from support.terminal import on_terminal

from cli.test_widths import check
from imagery_watch import api
from imagery_watch.cli.main import app
from imagery_watch.errors import ExitCode, ImageryWatchError, UsageError
from imagery_watch.monitor.sweep import locked
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.store.store import open_store

Hits = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose record has three hits of Bolzano; one is rejected, one has a picture."""
    home = tmp_path / "home"
    hits = (make_hit(1), make_hit(2, score=20.0, kind="departure"), make_hit(13, status="withdrawn"))
    with open_store(home) as store:
        run = make_run(*hits)
        look = make_look(5, "change", pass_id=run.passes[0].id)
        store.save(replace(run, looks=(look,), stays=(make_stay(1),)), store.start_sweep(NOW, "0", "test"), NOW)
        store.add_reviews([review("rejected", note="[red]van\x1b[2J")], NOW)
    chips = home / "runs" / "LIPB" / "chips"
    chips.mkdir(parents=True)
    (chips / "LIPB-0001.png").write_bytes(b"")
    return home


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hits:
    """`hits(home, ...)`: what `imagery-watch hits ...` prints there, in this process. Raises its errors."""

    def typed(home: Path, *arguments: str | Path, **changes: str) -> str:
        monkeypatch.chdir(home)
        for name, value in {"IMAGERY_WATCH_HOME": str(home), "LOGNAME": "tester", "COLUMNS": "80", **changes}.items():
            monkeypatch.setenv(name, value)
        app(["hits", *map(str, arguments)], standalone_mode=False)
        return capsys.readouterr().out

    return typed


def run(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The real line, as a process of its own."""
    environment = {**os.environ, "IMAGERY_WATCH_HOME": str(home)}
    return run_imagery_watch("hits", *arguments, cwd=home, env=environment, timeout=60)


def test_hits_are_listed_newest_first_and_chosen(home: Path, hits: Hits) -> None:
    def listed(home: Path, *arguments: str) -> list[str]:
        told: dict[str, Any] = json.loads(hits(home, "list", "--json", *arguments))
        return [feature["id"] for feature in told["hits"]]

    assert listed(home) == ["LIPB-0013", "LIPB-0002", "LIPB-0001"]
    assert listed(home, "lipb", "--unreviewed", "--min-score", "12.4") == ["LIPB-0002"]
    assert listed(home, "--until", "2022-03-10") == ["LIPB-0001"]
    assert listed(home, "--status", "withdrawn", "--since", "2022-03-20") == ["LIPB-0013"]
    assert listed(home, "EDBF") == []


@pytest.mark.parametrize("width", [40, 80])
def test_nothing_is_broken_on_a_narrow_terminal(width: int, home: Path) -> None:
    place = {"IMAGERY_WATCH_HOME": str(home)}
    code, said = on_terminal(width, "hits", "list", cwd=home, **place)
    assert code == 0
    check(said, width, "LIPB-0013", "2022-03-01", "2022-03-06", "withdrawn", "rejected", "3 hits; 2 not reviewed")
    said = on_terminal(width, "hits", "show", "LIPB-0001", cwd=home, **place)[1]
    check(said, width, "LIPB-0001", "2022-03-06 10:21", "46.46289,", "50 m", "Looks around it", "LIPB-stay-0001")
    check(said, width, str(home / "runs" / "LIPB" / "chips" / "LIPB-0001.png"))
    assert "[red]van" in said and "\x1b" not in said


def test_one_hit_is_told_whole_by_the_beginning_of_its_id(home: Path, hits: Hits) -> None:
    told = json.loads(hits(home, "show", "lipb-0001", "--json"))
    assert told["hit"]["properties"]["review"] == "rejected"
    assert (told["stays"][0]["id"], told["looks"][0]["result"]) == ("LIPB-stay-0001", "change")
    assert told["picture"].endswith("LIPB-0001.png") and told["turns"] == []
    assert json.loads(hits(home, "show", "LIPB-001", "--json"))["hit"]["id"] == "LIPB-0013"


def test_a_verdict_is_noted_under_a_name(home: Path, hits: Hits) -> None:
    said = hits(home, "review", "LIPB-0002", "--verdict", "confirmed", "--note", "a tail", "--by", "Ann")
    assert said == "LIPB-0002: confirmed by Ann; its status is confirmed; until now it was provisional\n"
    assert "by tester; its status is provisional" in hits(home, "review", "LIPB-0002", "--verdict", "rejected")
    assert "by Bob; its status" in hits(
        home, "review", "LIPB-0002", "--verdict", "unsure", IMAGERY_WATCH_REVIEWER="Bob"
    )
    told = json.loads(hits(home, "show", "LIPB-0002", "--json"))
    assert (told["hit"]["properties"]["review"], len(told["hit"]["properties"]["reviews"])) == ("disputed", 3)
    assert [one["reason_code"] for one in told["turns"]] == ["reviewed", "reviewed"]


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.json"])
def test_reviews_go_from_one_record_to_another_and_nothing_is_there_twice(
    name: str, home: Path, tmp_path: Path, hits: Hits
) -> None:
    assert "1 review\n" in hits(home, "export", "--reviews", name)
    other = tmp_path / "other"
    with open_store(other) as store:
        store.save(make_run(make_hit(2)), store.start_sweep(NOW, "0", "test"), NOW)
    assert "1 review added; 1 of hits that this record does not have, kept" in (
        hits(other, "review", "--import", home / name)
    )
    assert hits(other, "review", "--import", home / name) == "0 reviews added; 1 was there already\n"
    hits(other, "export", "--reviews", name)
    assert (other / name).read_bytes() == (home / name).read_bytes()


def test_hits_are_exported_and_are_a_table_in_a_notebook(home: Path, hits: Hits) -> None:
    assert "3 hits" in hits(home, "export", "lipb", "-o", "hits.csv")
    rows = list(csv.DictReader((home / "hits.csv").read_text().splitlines()))
    assert [row["id"] for row in rows] == ["LIPB-0001", "LIPB-0002", "LIPB-0013"]
    table = api.hits("LIPB")
    assert [*table["id"]] == [row["id"] for row in reversed(rows)] and table.crs.to_epsg() == 4326
    assert [*table["review"]] == ["unreviewed", "unreviewed", "rejected"]


EXPORTS = [".geojson", ".csv", ".gpkg", ".parquet"]


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_earlier_export_is_written_over_and_nothing_else_is(suffix: str, home: Path, hits: Hits) -> None:
    name = f"hits{suffix}"
    hits(home, "export", "-o", name)
    hits(home, "export", "EDBF", "-o", name)  # none of that airfield
    assert "3 hits" in hits(home, "export", "-o", name)
    for content in (b"", b"{}", b"my,own,table\n1,2,3\n", (home / "monitor.sqlite").read_bytes()):
        (home / name).write_bytes(content)
        with pytest.raises(UsageError, match="is there already, and is not what this command wrote earlier"):
            hits(home, "export", "-o", name)
        assert (home / name).read_bytes() == content
    assert "3 hits" in hits(home, "export", "-o", name, "--force")


@pytest.mark.parametrize("suffix", EXPORTS)
def test_an_export_with_columns_of_somebody_s_own_is_kept(suffix: str, home: Path, hits: Hits) -> None:
    path = home / f"hits{suffix}"
    hits(home, "export", "-o", path)
    table = geopandas.GeoDataFrame(api.hits("LIPB"))
    table["mine"] = "seen by me"
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix == ".csv":
        table.drop(columns="geometry").to_csv(path, index=False)
    else:
        path.unlink()
        table.to_file(path, layer="hits")
    with pytest.raises(UsageError, match="is there already"):
        hits(home, "export", "-o", path)


def test_reviews_that_the_record_does_not_have_are_not_written_over(home: Path, hits: Hits) -> None:
    assert "1 review\n" in hits(home, "export", "--reviews", "r.csv")
    hits(home, "export", "--reviews", "r.csv")
    kept = (home / "r.csv").read_text() + "LIPB-0002,LIPB,unsure,,Zoe,2026-01-01T00:00:00Z\n"
    (home / "r.csv").write_text(kept)
    with pytest.raises(UsageError, match="is there already"):
        hits(home, "export", "--reviews", "r.csv")
    assert (home / "r.csv").read_text() == kept
    hits(home, "review", "--import", "r.csv")
    assert "2 reviews\n" in hits(home, "export", "--reviews", "r.csv")


def test_a_folder_is_no_file_to_export_to(home: Path, hits: Hits) -> None:
    (home / "h.csv").mkdir()
    with pytest.raises(UsageError, match="is a folder; name a file"):
        hits(home, "export", "-o", "h.csv", "--force")


@pytest.mark.parametrize("suffix", EXPORTS)
def test_the_hits_of_a_run_are_exported_without_a_record(suffix: str, tmp_path: Path, hits: Hits) -> None:
    note = replace(make_result().provenance, simulated=True, simulated_note="Made.")
    write_outputs(replace(make_result(2), provenance=note), tmp_path / "run")
    assert hits(tmp_path, "export", "--run", "run", "-o", f"hits{suffix}").endswith(f"hits{suffix}: 2 hits\n")
    path, layer = tmp_path / f"hits{suffix}", {".csv": "hits", ".gpkg": "hits"}.get(suffix)
    table = pyarrow.parquet.read_table(path) if suffix == ".parquet" else pyogrio.read_dataframe(path, layer=layer)
    assert [str(one) for one in table["id"]] == ["LIPB-0001", "LIPB-0002"]
    assert (b"Made." in path.read_bytes()) is (suffix != ".csv")
    assert not (tmp_path / "monitor.sqlite").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("export --run r", "--run FOLDER takes -o FILE"),
        ("export LIPB --run r -o h.csv", "--run FOLDER takes -o FILE"),
        ("export --run nowhere -o h.csv", "there is no such file"),
        ("show LIPB-0003", "has no hit 'LIPB-0003': the nearest are LIPB-00"),
        ("show LIPB-00", "3 hits have an id that begins with LIPB-00: LIPB-0001, LIPB-0002, LIPB-0013"),
        ("review LIPB-0003 --verdict unsure", "has no hit"),
        ("review LIPB-0001", "name a hit and a verdict"),
        ("review LIPB-0001 --verdict unsure --by ?", "--by NAME"),
        ("review LIPB-0001 --import r.csv", "takes the place of"),
        ("review --import r.csv", "r.csv cannot be read"),
        ("export", "give -o FILE"),
        ("export -o h.csv --reviews r.csv", "give -o FILE"),
        ("export -o h.shp", "end the name in one of them"),
        ("list Atlantis", "no airfield has this code"),
        ("list --since soon", "soon"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    line: str, words: str, home: Path, hits: Hits, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (home / "monitor.sqlite").read_bytes()
    with pytest.raises(ImageryWatchError) as error:
        hits(home, *("" if word == "?" else word for word in line.split()))
    assert error.value.exit_code == ExitCode.USAGE and words in str(error.value)
    assert (capsys.readouterr().out, (home / "monitor.sqlite").read_bytes()) == ("", before)


def test_a_sweep_under_way_keeps_reviews_out_and_readers_in(home: Path, hits: Hits) -> None:
    with locked(home):
        done = run(home, "review", "LIPB-0001", "--verdict", "unsure")
        assert (done.returncode, done.stdout) == (ExitCode.LOCKED, "")
        assert "3 hits" in hits(home, "list")


def test_without_a_record_one_line_says_how_to_make_it(tmp_path: Path) -> None:
    done = run(tmp_path, "review", "x", "--verdict", "unsure")
    assert (done.returncode, "there is no record below" in done.stderr) == (ExitCode.USAGE, True)
    assert list(tmp_path.iterdir()) == []
