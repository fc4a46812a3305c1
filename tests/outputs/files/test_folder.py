"""The folder of a run is looked at before the work."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from shapely import affinity

from imagery_watch.errors import ExitCode, StoreError, UsageError
from imagery_watch.model import Airfield
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.files.folder import check_folder
from outputs.builders import make_airfield, make_result


def moved(airfield: Airfield, degrees: float) -> Airfield:
    aprons = tuple(replace(one, geometry=affinity.translate(one.geometry, degrees)) for one in airfield.aprons)
    return replace(airfield, aprons=aprons)


def test_a_new_folder_an_empty_one_and_the_same_airfields_are_fine(tmp_path: Path) -> None:
    airfield = make_result().airfield
    check_folder(tmp_path / "a" / "b", airfield)
    assert not (tmp_path / "a").exists()
    check_folder(tmp_path, airfield)
    write_outputs(make_result(), tmp_path)
    check_folder(tmp_path, airfield)
    check_folder(tmp_path, moved(airfield, 0.001))


def test_another_airfields_run_is_not_written_over(tmp_path: Path) -> None:
    result = make_result()
    write_outputs(result, tmp_path)
    others = {
        "of another id": replace(result.airfield, id="XXXX"),
        "of the same id, elsewhere": moved(make_airfield(), 5.0),
    }
    for case, other in others.items():
        with pytest.raises(UsageError, match="--force") as caught:
            check_folder(tmp_path, other)
        assert result.airfield.id in str(caught.value), case
        check_folder(tmp_path, other, force=True)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"airfield": 7}', "[" * 100_000, '{"airfield": {"id": null}}'])
def test_a_folder_that_holds_no_run_is_fine(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    (tmp_path / "airfield.geojson").write_text(content)
    check_folder(tmp_path, make_airfield())


@pytest.mark.parametrize("name", ["file", "file/below", "dangling"])
def test_what_cannot_be_a_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises((UsageError, StoreError), match="cannot be written"):
        check_folder(tmp_path / name, make_airfield())


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        check_folder(tmp_path / "out", make_airfield())
    assert caught.value.exit_code == ExitCode.STORE
