import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from imagery_watch.errors import StoreError
from imagery_watch.outputs.files.export import write_outputs
from outputs.builders import make_hit, make_provenance, make_result


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_written_and_vouched_for(tmp_path: Path) -> None:
    written = write_outputs(make_result(2), tmp_path / "out")
    files = tree(tmp_path / "out")
    assert set(files) == set(written)
    assert set(files) == {
        "hits.geojson", "stays.geojson", "looks.csv", "curves.csv", "airfield.geojson", "report.html", "run.json",
        "chips/LIPB-0001.png", "chips/LIPB-0002.png",
    }  # fmt: skip
    record = json.loads(files.pop("run.json"))
    assert record["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    assert list(written)[-1] == "run.json"


def test_the_record_holds_provenance_and_counts(tmp_path: Path) -> None:
    result = replace(make_result(2), provenance=make_provenance(catalog="x", counts={"items": 3}))
    record = json.loads(write_outputs(result, tmp_path)["run.json"].read_text())
    assert record["schema_version"] == 2
    assert record["catalog"] == "x"
    looks = {"change": 1, "no_change": 1, "not_observed": 1, "failed": 1}
    assert record["counts"] == {"items": 3, "hits": 2, "stays": 0, "looks": looks}
    assert (record["sensor"], record["bands"]) == ("sentinel-2", ["B02", "B03", "B04", "B08"])
    assert record["airfield"]["polygons_sha256"] == record["files"]["airfield.geojson"]


def test_hits_name_their_pictures(tmp_path: Path) -> None:
    result = make_result(2)
    result = replace(result, chips=result.chips[:1], hits=(make_hit(1, chip="old.png"), make_hit(2, chip="old.png")))
    written = write_outputs(result, tmp_path)
    first, second = json.loads(written["hits.geojson"].read_text())["features"]
    assert first["properties"]["chip"] == "chips/LIPB-0001.png"
    assert (written["hits.geojson"].parent / first["properties"]["chip"]).is_file()
    assert second["properties"]["chip"] is None
    assert result.hits[0].chip == "old.png"


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    write_outputs(make_result(2), tmp_path / "a")
    write_outputs(make_result(2), tmp_path / "b")
    write_outputs(make_result(2), tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_old_pictures_of_ours_go_and_files_of_others_stay(tmp_path: Path) -> None:
    write_outputs(make_result(3), tmp_path)
    (tmp_path / "chips" / "mine.png").write_bytes(b"mine")
    (tmp_path / "notes.txt").write_text("mine")
    write_outputs(make_result(1), tmp_path)
    assert sorted(path.name for path in (tmp_path / "chips").iterdir()) == ["LIPB-0001.png", "mine.png"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "record",
    [
        "", "{", "[]", "null", '{"files": 3}', '{"files": ["chips/a.png"]}', "[" * 100000,
        '{"files": {"../victim.png": "", "chips/../../victim.png": "", "chips/..": "", "/etc/x.png": ""}}',
    ],
)  # fmt: skip
def test_a_record_that_was_tampered_with_removes_nothing(tmp_path: Path, record: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "victim.png").write_text("keep")
    (out / "run.json").write_text(record)
    write_outputs(make_result(1), out)
    assert (tmp_path / "victim.png").read_text() == "keep"


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_that_leads_out_is_not_followed_to_remove(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.png").write_text("keep")
    (out / "chips").symlink_to(elsewhere)
    (out / "run.json").write_text('{"files": {"chips/a.png": ""}}')
    write_outputs(make_result(0), out)
    assert (elsewhere / "a.png").read_text() == "keep"


def test_a_failure_leaves_the_old_record_in_place(tmp_path: Path) -> None:
    """`run.json` is last: while it is old, its hashes show that the folder is not whole."""
    write_outputs(make_result(1), tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    (tmp_path / "report.html").unlink()
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StoreError, match=r"report\.html"):
        write_outputs(make_result(2), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before
    assert not list(tmp_path.glob(".iw-*"))


def test_hostile_ids_stay_in_the_folder(tmp_path: Path) -> None:
    ids = ["../../x", "/etc/x", "..", "n" * 300, "a\0b", "飞机", "a\ud800"]
    base = make_result(len(ids))
    hits = tuple(replace(hit, id=name) for hit, name in zip(base.hits, ids, strict=True))
    chips = tuple(replace(chip, hit_id=name) for chip, name in zip(base.chips, ids, strict=True))
    write_outputs(replace(base, hits=hits, chips=chips), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len(list((tmp_path / "out" / "chips").iterdir())) == len(ids)
