"""The history of passes from a run's folder: what is asked for, and folders of all kinds."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from outputs.builders import START, make_look, make_occupancy, make_provenance, make_result, pass_id

from imagery_watch.errors import AoiError, UsageError
from imagery_watch.history import PassHistory, pass_history
from imagery_watch.model import PassOutcome, PassState, PeriodNote
from imagery_watch.outputs.files.export import write_outputs

NOW = START + timedelta(days=20)
EARLIER = START - timedelta(days=30)


def noted(day: float, state: PassState = "scored") -> PassOutcome:
    when = START + timedelta(days=day)
    return PassOutcome(pass_id(when), state, when, 22, ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run over two looks of two aprons, and one pass that only served as history."""
    looks = tuple(make_look(day, apron=apron) for day in (0, 5) for apron in ("A", "West"))
    provenance = make_provenance(
        period=PeriodNote(START - timedelta(days=1)), passes=(noted(-30, "history"), noted(0), noted(5))
    )
    occupancy = tuple(make_occupancy(day, 2, 1, apron) for day in (0, 5) for apron in ("A", "West"))
    write_outputs(replace(make_result(0), looks=looks, provenance=provenance, occupancy=occupancy), tmp_path / "run")
    return tmp_path / "run"


def told(folder: Path, name: str | None = None, **dates: str) -> PassHistory:
    bounds: dict[str, Any] = {"since": None, "until": None, **dates}
    return pass_history(name, folder / "no home", run=folder, now=NOW, **bounds)


def test_a_folder_tells_of_its_passes(folder: Path) -> None:
    history = told(folder)
    assert [(one.state, len(one.looks), len(one.occupancy)) for one in history.passes] == [
        ("history", 0, 0),
        ("scored", 2, 2),
        ("scored", 2, 2),
    ]
    assert {one.platform for one in history.passes} == {"sentinel-2a"}
    assert {(one.since, one.until) for one in history.chances} == {
        (START - timedelta(days=1), START + timedelta(days=5))
    }
    assert [(one.relative_orbit, one.due) for one in history.due] == [(22, START + timedelta(days=25))]


def test_dates_bound_what_is_shown_but_not_what_is_next(folder: Path) -> None:
    history = told(folder, since="2022-03-01", until="2022-03-02")
    assert [one.datetime for one in history.passes] == [START]
    assert {one.until for one in history.chances} == {datetime(2022, 3, 3, tzinfo=UTC)}
    assert {one.since for one in history.chances} == {datetime(2022, 3, 1, tzinfo=UTC)}
    assert history.due == told(folder).due
    empty = told(folder, since="2022-03-10")
    assert (empty.passes, empty.chances, len(empty.due)) == ((), (), 1)
    assert {one.since for one in told(folder, since="2020-01-01").chances} == {START - timedelta(days=1)}


def test_the_airfield_of_a_run_may_be_named_and_must_be_right(folder: Path) -> None:
    assert told(folder, "lipb").airfield == "LIPB"
    with pytest.raises(UsageError, match="a run over LIPB, not over EDBF"):
        told(folder, "EDBF")


def test_a_folder_of_an_older_version_still_tells_its_looks(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    for name in ("passes", "occupancy", "chances", "period"):
        del record[name]
    (folder / "run.json").write_text(json.dumps(record))
    history = told(folder)
    assert [(one.platform, one.relative_orbit, len(one.looks)) for one in history.passes] == [("", 22, 2)] * 2
    assert (history.occupancy, history.due) == ((), ())


BROKEN = [{"passes": 3}, {"passes": [3]}, {"passes": [{"id": "x"}]}, {"period": {"since": "soon"}}, {"period": 3}]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_a_broken_record_is_named(folder: Path, change: dict[str, Any]) -> None:
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | change))
    with pytest.raises(UsageError, match=r"run\.json"):
        told(folder)


def test_no_folder_no_record_and_no_name_are_told_apart(tmp_path: Path) -> None:
    def asked(name: str | None, run: Path | None = None) -> None:
        pass_history(name, tmp_path, run=run, since=None, until=None, now=NOW)

    with pytest.raises(UsageError, match="no such file"):
        asked(None, tmp_path)
    with pytest.raises(UsageError, match="monitor LIPB"):
        asked("LIPB")
    with pytest.raises(AoiError, match="did you mean"):
        asked("LIPBX")
    with pytest.raises(UsageError, match="name an airfield"):
        asked(None)
    assert list(tmp_path.iterdir()) == []
