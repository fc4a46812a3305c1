import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest

from imagery_watch.errors import StoreError
from imagery_watch.outputs.files.export import write_outputs
from outputs.builders import make_hit, make_provenance, make_result
from outputs.dossiers import make_evident_result
from outputs.gis.dossiers import make_told_result

GIS = ("hits.csv", "hits.gpkg", "hits.kmz")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_written_and_vouched_for(tmp_path: Path) -> None:
    written = write_outputs(make_result(2), tmp_path / "out")
    files = tree(tmp_path / "out")
    assert set(files) == set(written)
    assert set(files) == {
        "hits.geojson", "stays.geojson", "looks.csv", "curves.csv", "airfield.geojson", "report.html", "run.json",
        "chips/LIPB-0001.png", "chips/LIPB-0002.png",
        "chips/LIPB-0001-before.tif", "chips/LIPB-0001-after.tif", "chips/LIPB-0002-before.tif",
        "chips/LIPB-0002-after.tif", "hits.csv", "hits.gpkg", "hits.kmz", "stac/collection.json",
        "stac/items/LIPB-0001.json", "stac/items/LIPB-0002.json",
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


def test_old_files_of_our_hits_go_and_files_of_others_stay(tmp_path: Path) -> None:
    write_outputs(make_result(3), tmp_path)
    for name in ("chips/mine.png", "chips/mine.tif", "stac/items/mine.json"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "notes.txt").write_text("mine")
    write_outputs(make_result(1), tmp_path)
    assert sorted(path.name for path in (tmp_path / "chips").iterdir()) == [
        "LIPB-0001-after.tif", "LIPB-0001-before.tif", "LIPB-0001.png", "mine.png", "mine.tif",
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "stac" / "items").iterdir()) == ["LIPB-0001.json", "mine.json"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "record",
    [
        "", "{", "[]", "null", '{"files": 3}', '{"files": ["chips/a.png"]}', "[" * 100000,
        '{"files": {"../victim.png": "", "chips/../../victim.png": "", "chips/..": "", "/etc/x.png": ""}}',
        '{"files": {"stac/items/../../../victim.png": "", "stac/../../victim.png": "", "chips/victim.json": ""}}',
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
    (out / "stac").symlink_to(elsewhere)
    (elsewhere / "items").mkdir()
    (elsewhere / "items" / "a.json").write_text("keep")
    (out / "run.json").write_text('{"files": {"chips/a.png": "", "stac/items/a.json": ""}}')
    write_outputs(make_result(0), out)
    assert (elsewhere / "a.png").read_text() == (elsewhere / "items" / "a.json").read_text() == "keep"


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
    assert len(list((tmp_path / "out" / "chips").iterdir())) == 3 * len(ids)
    assert len(list((tmp_path / "out" / "stac" / "items").iterdir())) == len(ids)


def test_films_and_curves_of_stays_that_are_not_gathered_anew_are_kept(tmp_path: Path) -> None:
    whole = make_evident_result(2)
    write_outputs(whole, tmp_path)
    before = tree(tmp_path)
    write_outputs(replace(whole, dossiers=whole.dossiers[1:]), tmp_path)
    after = tree(tmp_path)
    films = {name for name in before if name.endswith(("-film.png", "-film.webp"))}
    assert len(films) == 4
    assert {name: after.get(name) for name in films} == {name: before[name] for name in films}
    assert sorted(after["curves.csv"].splitlines()) == sorted(before["curves.csv"].splitlines())
    record = json.loads(after["run.json"])
    assert record["files"]["curves.csv"] == hashlib.sha256(after["curves.csv"]).hexdigest()
    write_outputs(replace(whole, stays=whole.stays[1:], dossiers=whole.dossiers[1:]), tmp_path)
    assert {name for name in tree(tmp_path) if "-film" in name} == {name for name in films if "0002" in name}
    assert b"LIPB-stay-0001" not in tree(tmp_path)["curves.csv"]


def test_a_curve_that_was_edited_is_not_carried_on(tmp_path: Path) -> None:
    whole = make_evident_result(2)
    write_outputs(whole, tmp_path)
    (tmp_path / "curves.csv").write_text("mine")
    write_outputs(replace(whole, dossiers=whole.dossiers[1:]), tmp_path)
    assert {line.split(b",")[0] for line in tree(tmp_path)["curves.csv"].splitlines()} == {b"stay", b"LIPB-stay-0002"}


def test_outlines_and_residuals_of_stays_that_are_not_gathered_anew_are_kept(tmp_path: Path) -> None:
    whole = make_told_result(2)
    write_outputs(whole, tmp_path)
    before = tree(tmp_path)
    write_outputs(replace(whole, dossiers=whole.dossiers[1:]), tmp_path)
    after = tree(tmp_path)
    names = [*GIS, *(name for name in before if name.startswith(("chips/LIPB-000", "stac/")))]
    assert sum(name.endswith("-residual.tif") for name in names) == 2
    assert {name: after.get(name) for name in names} == {name: before[name] for name in names}
    write_outputs(replace(whole, stays=whole.stays[1:], dossiers=whole.dossiers[1:]), tmp_path)
    assert {name for name in tree(tmp_path) if name.endswith("-residual.tif")} == {"chips/LIPB-0002-residual.tif"}


@pytest.mark.parametrize("what", ["edited", "garbage", "another kind"])
def test_evidence_that_the_record_does_not_vouch_for_or_that_is_none_is_not_carried_on(
    what: str, tmp_path: Path
) -> None:
    whole = make_told_result(2)
    write_outputs(whole, tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    names = ["hits.gpkg", "chips/LIPB-0001-residual.tif"]
    for name, other in zip(names, names[::-1], strict=True):
        data = (tmp_path / name).read_bytes()
        content = {"edited": data + b" ", "garbage": b"mine", "another kind": (tmp_path / other).read_bytes()}[what]
        (tmp_path / f"{name}.new").write_bytes(content)
        if what != "edited":
            record["files"][name] = hashlib.sha256(content).hexdigest()
    for name in names:
        (tmp_path / f"{name}.new").replace(tmp_path / name)
    (tmp_path / "run.json").write_text(json.dumps(record))
    write_outputs(replace(whole, dossiers=whole.dossiers[1:]), tmp_path)
    assert "chips/LIPB-0001-residual.tif" not in tree(tmp_path)
    assert pyogrio.read_info(tmp_path / "hits.gpkg", layer="outlines")["features"] == 2
