"""A run as a notebook sees it, and the notebook that ships."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jupytext
import numpy as np
import pandas as pd
import pytest
from outputs.builders import make_chance, make_hit, make_occupancy, make_result, make_stay
from outputs.dossiers import make_evident_result
from PIL import Image
from support.demonstration import Demonstrated
from support.monitor import PASSES, airfield_document, make_archive
from support.notebooks import execute, outputs
from support.rasters import write_collection
from support.schemas import check_folder

import imagery_watch as iw
from imagery_watch import errors
from imagery_watch.errors import AoiError, CatalogError, UsageError
from imagery_watch.monitor.reviewing import import_reviews
from imagery_watch.outputs.files.airfield_geojson import airfield_geojson
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.files.looks_csv import COLUMNS
from imagery_watch.outputs.properties import hit_properties, stay_properties
from imagery_watch.outputs.wording.summaries import headline

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
TIMES = {"before", "after"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a run with two hits wrote."""
    write_outputs(make_result(2), tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """What a run without hits and looks wrote."""
    write_outputs(make_result(0, looks=()), tmp_path / "empty")
    return tmp_path / "empty"


ARGUMENTS = [
    ({"since": 30}, "since"),
    ({"until": [2022]}, "until"),
    ({"history": "365"}, "history='365': expected days"),
    ({"history": None}, "history=None"),
    ({"history": -1}, "history=-1"),
    ({"history": 1.5}, "history=1.5"),
    ({"min_length": "20"}, "min_length='20': expected metres"),
    ({"min_length": float("nan")}, "min_length=nan"),
    ({"false_alarms_per_year": "4"}, "false_alarms_per_year='4'"),
    ({"aoi": {"type": "FeatureCollection"}}, "aoi=dict: expected the path"),
]


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS)
def test_arguments_of_another_type_are_told(tmp_path: Path, arguments: dict[str, Any], words: str) -> None:
    items = write_collection(tmp_path / "items.json")
    place = {} if "aoi" in arguments else {"airfield": "LIPB"}
    with pytest.raises(UsageError, match=re.escape(words)):
        iw.run(**place, catalog=items, out=tmp_path / "o", **arguments)


@pytest.mark.parametrize(
    "since", [date(2022, 6, 1), datetime(2022, 6, 1, tzinfo=UTC), pd.Timestamp("2022-06-01"), "2022-06-01"]
)
def test_a_day_may_be_a_date(tmp_path: Path, since: Any) -> None:
    items = write_collection(tmp_path / "items.json")
    run = iw.run("LIPB", catalog=items, out=tmp_path / "o", since=since, history=np.int64(0), min_length=np.float32(20))
    assert run.provenance["period"]["since"] == "2022-06-01T00:00:00Z"


def test_hits_are_a_table_with_the_contracts_columns(folder: Path) -> None:
    hits = iw.open_run(folder).hits
    assert list(hits.columns) == [*hit_properties(make_hit(1)), "geometry"]
    assert hits.crs.to_epsg() == 4326
    assert list(hits.index) == [1, 2]
    assert str(hits.before.dtype) == "datetime64[us, UTC]"
    assert hits.score.dtype == hits.probability.dtype == np.float64
    written = json.loads((folder / "hits.geojson").read_text())["features"]
    assert [feature["properties"] for feature in written] == [
        {
            name: None if value is None or value is pd.NaT or value != value else told(name, value)
            for name, value in row.items()
        }
        for row in hits.drop(columns="geometry").to_dict("records")
    ]
    assert [feature["geometry"]["coordinates"] for feature in written] == [[p.x, p.y] for p in hits.geometry]


def told(name: str, value: object) -> object:
    """A cell as the file has it."""
    return value.isoformat().replace("+00:00", "Z") if name in TIMES and isinstance(value, pd.Timestamp) else value


def test_empty_tables_keep_their_columns_and_types(empty: Path, folder: Path) -> None:
    nothing, something = iw.open_run(empty), iw.open_run(folder)
    assert len(nothing.hits) == len(nothing.looks) == 0
    assert list(nothing.hits.columns) == list(something.hits.columns)
    assert nothing.hits.crs == something.hits.crs
    numeric = [name for name in something.hits if something.hits[name].dtype.kind in "fM"]
    assert all(nothing.hits[name].dtype == something.hits[name].dtype for name in [*numeric, "before"])
    assert list(nothing.looks.columns) == list(COLUMNS)
    assert nothing.looks.datetime.dtype == something.looks.datetime.dtype
    with pytest.raises(UsageError, match="no timeline"):
        nothing.timeline()


def test_stays_surplus_and_chances_are_tables(tmp_path: Path) -> None:
    stays = (make_stay(1), make_stay(2, not_after=None, moved_from="LIPB-stay-0001"))
    occupancy, chances = (make_occupancy(0, 3, 1), make_occupancy(5, 0, 1)), (make_chance(),)
    write_outputs(make_result(2, stays=stays, occupancy=occupancy, chances=chances), tmp_path)
    run = iw.open_run(tmp_path)
    assert list(run.stays.columns) == [*stay_properties(make_stay()), "geometry"]
    assert run.stays.crs.to_epsg() == 4326
    assert run.stays.id.tolist() == [stay.id for stay in stays]
    assert run.stays.dwell_max_hours.tolist()[0] == 240.0 and np.isnan(run.stays.dwell_max_hours.tolist()[1])
    assert str(run.stays.not_after.dtype) == "datetime64[us, UTC]" and pd.isna(run.stays.not_after.iloc[1])
    assert run.occupancy.surplus.tolist() == [2, -1]
    assert run.chances[["apron", "hours", "probability"]].values.tolist() == [["A", 36, 0.41]]


def test_empty_stays_keep_their_columns_and_types(empty: Path) -> None:
    run = iw.open_run(empty)
    assert list(run.stays.columns) == [*stay_properties(make_stay()), "geometry"]
    assert (len(run.stays), len(run.occupancy), len(run.chances)) == (0, 0, 0)
    assert run.stays.length_m.dtype == np.float64 and run.occupancy.surplus.dtype == np.int64


def test_looks_are_a_table(folder: Path) -> None:
    looks = iw.open_run(folder).looks
    assert str(looks.datetime.dtype) == "datetime64[us, UTC]"
    assert str(looks.relative_orbit.dtype) == "Int64"
    assert set(looks.result) == {"no_change", "change", "not_observed", "failed"}
    assert looks.visible_fraction.dtype == np.float64
    assert looks.item_ids.map(type).eq(tuple).all()


def test_a_hit_is_shown_and_an_unknown_one_is_not(folder: Path) -> None:
    run = iw.open_run(folder)
    known = run.hits.id[1]
    assert run.show(known).size[0] > 600
    with pytest.raises(UsageError, match=known):
        run.show(known[:-1] + "?")
    (folder / run.hits.chip[1]).unlink()
    with pytest.raises(UsageError, match="cannot be opened"):
        run.show(known)


def test_a_picture_outside_the_folder_is_not_opened(folder: Path) -> None:
    text = (folder / "hits.geojson").read_text()
    run = iw.open_run(folder)
    (folder.parent / "secret.png").write_bytes((folder / run.hits.chip[1]).read_bytes())
    (folder / "hits.geojson").write_text(text.replace(run.hits.chip[1], "../secret.png"))
    with pytest.raises(UsageError, match="outside"):
        iw.open_run(folder).show(run.hits.id[1])


def test_the_drawings_are_svg(folder: Path) -> None:
    run = iw.open_run(folder)
    for drawing in (run.map(), run.timeline()):
        assert ElementTree.fromstring(drawing._repr_svg_()).tag == "{http://www.w3.org/2000/svg}svg"
    assert run.map().svg.count('class="dot"') == 1
    assert ">1, 2</text>" in run.map().svg


def test_the_aprons_are_those_of_the_file_that_is_given_else_those_of_the_run(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "own.geojson").write_text(json.dumps(airfield_document("LIPB")))
    assert iw.open_run(folder, aoi=tmp_path / "own.geojson").map().svg.count('class="apron"') == 1
    assert iw.open_run(folder).map().svg.count('class="apron"') == 2
    assert (folder / "airfield.geojson").read_bytes() == airfield_geojson(make_result().airfield).encode()
    (folder / "airfield.geojson").write_text(json.dumps(airfield_document("LIPB")))
    assert iw.open_run(folder).changed == ("airfield.geojson",)
    assert iw.open_run(folder).map().svg.count('class="apron"') == 1


def test_the_folder_of_an_older_version_has_the_aprons_of_the_known_airfield(folder: Path, empty: Path) -> None:
    for old in (folder, empty):
        record = json.loads((old / "run.json").read_text())
        del record["files"]["airfield.geojson"]
        (old / "run.json").write_text(json.dumps(record, indent=2))
        (old / "airfield.geojson").unlink()
    assert iw.open_run(folder).changed == ()
    assert "main-apron" in iw.open_run(folder).map().svg
    record = (empty / "run.json").read_text().replace('"id": "LIPB"', '"id": "QQQQ"')
    (empty / "run.json").write_text(record)
    with pytest.raises(UsageError, match="aoi=FILE"):
        iw.open_run(empty).map()


def test_the_summary_is_hedged_and_escaped(tmp_path: Path) -> None:
    result = make_result(1)
    note = replace(result.provenance, simulated=True)
    write_outputs(replace(result, provenance=note), tmp_path / "<b>run")
    run = iw.open_run(tmp_path / "<b>run")
    assert "1 change consistent with aircraft" in run.summary
    assert run.summary.startswith("Simulated data")
    assert "&lt;b&gt;run" in run._repr_html_()
    assert "<b>" not in run._repr_html_()
    assert "consistent with" in repr(run)


def test_withdrawn_hits_are_not_counted_as_found() -> None:
    withdrawn = replace(make_hit(1), status="withdrawn")
    both = make_result(2)
    assert headline(replace(both, hits=(withdrawn, both.hits[1]))).startswith("1 change consistent")
    assert headline(replace(both, hits=(withdrawn,))).startswith("No change of aircraft size")
    unseen = tuple(look for look in both.looks if look.result == "not_observed")
    assert headline(replace(both, hits=(withdrawn,), looks=unseen)).startswith("Nothing can be said")


def test_a_file_that_was_changed_is_named(folder: Path) -> None:
    assert iw.open_run(folder).changed == ()
    (folder / "looks.csv").write_text((folder / "looks.csv").read_text() + "\n")
    run = iw.open_run(folder)
    assert run.changed == ("looks.csv",)
    assert "Changed since the run wrote them: looks.csv" in run.summary


BROKEN = {
    "no folder": (None, "", "run.json"),
    "no hits": ("hits.geojson", None, "hits.geojson"),
    "no JSON": ("run.json", "{", "run.json"),
    "another JSON": ("run.json", "[]", "run.json"),
    "no features": ("hits.geojson", "{}", "hits.geojson"),
    "no times": ("hits.geojson", '{"features": [{"geometry": {"coordinates": [1, 2]}, "properties": {}}]}', "hits"),
    "another table": ("looks.csv", "a,b\n1,2\n", "looks.csv"),
    "no text": ("looks.csv", "\udcff", "looks.csv"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_a_run_is_said_by_file(name: str, folder: Path) -> None:
    file, content, word = BROKEN[name]
    if file is None:
        shutil.rmtree(folder)
    elif content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=word):
        iw.open_run(folder)


def test_what_is_wrong_with_a_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    items = write_collection(tmp_path / "items.json")
    with pytest.raises(UsageError, match="one airfield"):
        iw.run()
    with pytest.raises(AoiError, match="LIPB"):
        iw.run("LIPBX", catalog=items)
    with pytest.raises(UsageError, match="2023-08-01"):
        iw.run("LIPB", catalog=items, since="soon")
    with pytest.raises(UsageError, match="below zero"):
        iw.run("LIPB", catalog=items, history=-1)
    with pytest.raises(CatalogError, match="nowhere"):
        iw.run("LIPB", catalog="nowhere")
    assert list(tmp_path.iterdir()) == [items]
    run = iw.run("LIPB", catalog=items)
    assert run.folder == Path("imagery-watch-LIPB")
    assert len(run.hits) == 0
    assert "nothing can be said" in run.summary
    assert "main-apron" in run.map().svg


SCRIPT = """
import sys
import imagery_watch as iw
run = iw.run(aoi=sys.argv[1], catalog=sys.argv[2], out=sys.argv[3])
print(len(run.hits), len(run.looks))
"""


def test_a_run_and_the_notebook_that_looks_at_it(tmp_path: Path) -> None:
    aoi = tmp_path / "TSTA.geojson"
    aoi.write_text(json.dumps(airfield_document("TSTA")))
    (tmp_path / "archive").mkdir()
    arguments = [str(aoi), str(make_archive(tmp_path / "archive")), str(tmp_path / "out")]
    quick = {"OPENBLAS_NUM_THREADS": "1", "IMAGERY_WATCH_MARGIN_M": "300", "IMAGERY_WATCH_MIN_SCORE": "5"}
    command = [sys.executable, "-W", "error::UserWarning", "-c", SCRIPT, *arguments]
    done = subprocess.run(command, env={**os.environ, **quick}, capture_output=True, text=True, timeout=100)
    assert done.stdout.split() == ["2", str(PASSES)], done.stderr
    check_folder(tmp_path / "out")
    shown = execute(NOTEBOOKS / "inspect_hits.ipynb", tmp_path, IMAGERY_WATCH_RUN=str(tmp_path / "out"))
    pictures = [Image.open(io.BytesIO(base64.b64decode(data))) for data in outputs(shown, "image/png")]
    assert len(pictures) == 1, "a departure has the film of its arrival"
    assert all(picture.width > 600 and len(set(picture.convert("L").tobytes())) > 20 for picture in pictures)
    assert len(outputs(shown, "image/svg+xml")) == 1, "the timeline; the map is the report's own"
    assert outputs(shown, "stderr") == []
    assert any("SIMULATED DATA" in text for text in outputs(shown, "text/markdown")), "its items say so"


def test_each_notebook_is_its_script_with_outputs_of_the_demonstration() -> None:
    scripts = sorted(NOTEBOOKS.glob("*.py"))
    assert [path.with_suffix(".ipynb") for path in scripts] == sorted(NOTEBOOKS.glob("*.ipynb"))
    for script in scripts:
        notebook, source = jupytext.read(script.with_suffix(".ipynb")), jupytext.read(script)
        cells = [[(cell.cell_type, cell.source, cell.metadata) for cell in one.cells] for one in (notebook, source)]
        assert cells[0] == cells[1], "run: make notebooks"
        assert any("SIMULATED DATA" in text for text in outputs(notebook, "text/markdown"))
        assert outputs(notebook, "stderr") == []
        text = script.with_suffix(".ipynb").read_text()
        assert "/tmp/" not in text and str(NOTEBOOKS.parent) not in text
        assert len(text) < 2_500_000


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["one_airfield", "how_sure"])
def test_the_other_notebooks_run_over_the_demonstration(name: str, demonstration: Demonstrated, tmp_path: Path) -> None:
    shown = execute(NOTEBOOKS / f"{name}.ipynb", tmp_path, IMAGERY_WATCH_RUN=str(demonstration.out))
    assert len(outputs(shown, "image/png")) >= 2
    assert outputs(shown, "stderr") == []


def test_a_notebook_runs_where_nothing_was_found(tmp_path: Path) -> None:
    write_outputs(make_result(0), tmp_path / "empty")
    shown = execute(NOTEBOOKS / "one_airfield.ipynb", tmp_path, IMAGERY_WATCH_RUN=str(tmp_path / "empty"))
    assert outputs(shown, "stderr") == []


@pytest.fixture(scope="module")
def evident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run with all of its evidence wrote."""
    out = tmp_path_factory.mktemp("evident")
    write_outputs(make_evident_result(2), out)
    return out


def test_a_film_and_a_curve_are_had_by_hit_or_stay(evident: Path) -> None:
    run = iw.open_run(evident)
    assert run.film("LIPB-0001").stay_id == run.film("LIPB-stay-0001").stay_id == "LIPB-stay-0001"
    curve = run.curve("LIPB-0001")
    assert list(curve.columns) == ["stay", "pass", "datetime", "share", "sigma", "presence"]
    assert list(curve["presence"][:3]) == ["not there", "there", "hidden"]
    assert curve["share"].isna().sum() == 1
    assert str(curve["datetime"].dt.tz) == "UTC"
    with pytest.raises(UsageError, match="did you mean LIPB-000"):
        run.film("LIPB-0009")


def test_a_hit_without_a_stay_has_neither(folder: Path) -> None:
    with pytest.raises(UsageError, match="no stay of it"):
        iw.open_run(folder).curve("LIPB-0001")


def test_all_that_is_raised_on_purpose_can_be_caught_at_once() -> None:
    raised = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]
    assert len(raised) > 10 and all(issubclass(one, iw.ImageryWatchError) for one in raised)
    with pytest.raises(iw.ImageryWatchError):
        iw.open_run("nowhere")
    assert {"ImageryWatchError", "UsageError"} <= set(iw.__all__)


def test_the_map_of_geopandas_says_what_it_needs(evident: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "folium", None)
    with pytest.raises(UsageError, match="pip install folium mapclassify matplotlib; without arguments"):
        iw.open_run(evident).hits.explore("kind")


def test_explore_needs_no_network(evident: Path) -> None:
    page = iw.open_run(evident).hits.explore().page
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page.split("<body>")[1].split("<script>")[0])


def test_verdicts_are_kept_beside_the_run_and_go_into_the_record(
    evident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(evident, tmp_path / "run")
    run = iw.open_run(tmp_path / "run")
    assert len(run.reviews) == 0
    run.review("LIPB-0001", "unsure", by="A")
    panel = run.buttons("LIPB-0001", by="B")
    assert "no verdict" not in panel.said.value
    panel.note.value = "a truck <b>"
    panel.buttons[1].click()
    assert "<b>rejected</b> by B" in panel.said.value and "a truck &lt;b&gt;" in panel.said.value
    assert list(run.reviews["verdict"]) == ["unsure", "rejected"]
    monkeypatch.setenv("IMAGERY_WATCH_REVIEWER", "C")
    assert run.review("LIPB-0002", "confirmed").reviewer == "C"
    with pytest.raises(UsageError, match="expected confirmed, rejected, unsure"):
        run.review("LIPB-0001", "maybe")
    added = import_reviews(tmp_path / "run" / "reviews.json", tmp_path / "home", datetime.now(UTC))
    assert (added.new, added.unknown_hits) == (3, 3)
    (tmp_path / "run" / "reviews.json").write_text("{}")
    panel.buttons[0].click()
    assert "not noted" in panel.said.value
