"""The airfields that are known, and adding one."""

import json
import os
from pathlib import Path

import pytest
from shapely.geometry import Point

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields import known as airfields
from imagery_watch.sources.airfields.grids import draw_areas, grid_for
from imagery_watch.sources.airfields.known import (
    add_airfield,
    check_files,
    find_airfield,
    list_airfields,
    remove_airfield,
    shipped_dir,
)

OSM = Path(__file__).parents[2] / "data" / "osm"
SHIPPED = {"EDBF": 1, "EHAM": 47, "ELLX": 43, "LFPB": 22, "LIPB": 2, "LSZH": 29, "ZKPY": 1}


def put(home, name, content):
    folder = home / "aoi"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def shipped(icao, **members):
    return json.loads((shipped_dir() / f"{icao}.geojson").read_text(encoding="utf-8")) | members


def test_who_keeps_an_airfield_is_told_and_what_is_added_can_be_removed(tmp_path):
    put(tmp_path, "LIPB.geojson", shipped("LIPB"))
    put(tmp_path, "XXXX.geojson", shipped("LIPB", id="XXXX"))
    origins = {file.airfield.id: file.airfield.origin for file in list_airfields(tmp_path)}
    assert (origins["LIPB"], origins["XXXX"]) == ("yours, instead of the shipped", "yours")
    assert origins["EHAM"] == "shipped"
    assert remove_airfield("lipb", tmp_path) == tmp_path / "aoi" / "LIPB.geojson"
    assert find_airfield("LIPB", tmp_path).origin == "shipped"
    remove_airfield("XXXX", tmp_path)
    assert list((tmp_path / "aoi").iterdir()) == []


def test_two_files_of_one_airfield_are_told(tmp_path):
    put(tmp_path, "XXXX.geojson", shipped("LIPB", id="XXXX"))
    put(tmp_path, "xxxx.geojson", shipped("EHAM", id="xxxx"))
    if len(list((tmp_path / "aoi").iterdir())) < 2:
        pytest.skip("this file system knows no case")
    with pytest.raises(AoiError, match=r"XXXX.geojson and xxxx.geojson are files of one airfield"):
        find_airfield("XXXX", tmp_path)


REMOVALS = {"EHAM": "ships, and stays; yours are LIPB", "XXXX": "yours are LIPB", "../aoi/LIPB": "no airfield"}


@pytest.mark.parametrize("name", REMOVALS)
def test_only_what_was_added_can_be_removed(name, tmp_path):
    path = put(tmp_path, "LIPB.geojson", shipped("LIPB"))
    with pytest.raises(AoiError, match=REMOVALS[name]):
        remove_airfield(name, tmp_path)
    assert path.exists()


@pytest.mark.parametrize("icao", SHIPPED)
def test_shipped_airfields(icao, tmp_path):
    airfield = find_airfield(icao, tmp_path)
    grid = grid_for(airfield, 1300, 400)
    areas = draw_areas(airfield, grid)
    assert (airfield.id, len(airfield.aprons)) == (icao, SHIPPED[icao])
    assert 8 < grid.area_km2 < 60
    assert areas.ring_km2 > 7
    assert "not stated" not in (airfield.source, airfield.license)
    if "OpenStreetMap" in airfield.source:
        assert shipped(icao)["attribution"] == "(c) OpenStreetMap contributors, ODbL 1.0"
        assert (airfield.license, airfield.quality) == ("ODbL 1.0", "mapped")
        assert airfield.stands
        assert airfield.runways


def test_sunan_box_holds_the_terminal_and_leaves_the_runways_out(tmp_path):
    airfield = find_airfield("ZKPY", tmp_path)
    assert airfield.aprons[0].geometry.contains(Point(125.670, 39.224))
    assert len(airfield.runways) == len(airfield.exclude) == 2
    assert all(strip.contains(line) for strip, line in zip(airfield.exclude, airfield.runways, strict=True))
    assert not any(strip.contains(Point(125.670, 39.224)) for strip in airfield.exclude)


def test_all_that_ships_is_listed(tmp_path):
    assert [item.airfield.id for item in list_airfields(tmp_path / "none")] == sorted(SHIPPED)


def test_wheel_and_checkout(tmp_path):
    package = tmp_path / "imagery_watch"
    package.mkdir()
    assert airfields._shipped_beside(package) == tmp_path / "aoi"
    (package / "aoi").mkdir()
    assert airfields._shipped_beside(package) == package / "aoi"


def test_the_users_own_file_is_found_first_in_any_case(tmp_path):
    put(tmp_path, "lipb.geojson", shipped("LIPB", name="Mine"))
    assert find_airfield("LIPB", tmp_path).name == find_airfield("lipb", tmp_path).name == "Mine"
    assert find_airfield("eham", tmp_path).id == "EHAM"


def test_a_bad_file_does_not_stop_the_list(tmp_path):
    put(tmp_path, "AAAA.geojson", "<html>")
    put(tmp_path, "BBBB.geojson", shipped("LIPB"))
    put(tmp_path, ".hidden.geojson", "x")
    listed = list_airfields(tmp_path)
    assert [bool(item.error) for item in listed] == [True, True] + [False] * 7
    assert "HTML" in str(listed[0].error)
    assert "should be called LIPB.geojson" in str(listed[1].error)


def test_check_goes_on_after_a_bad_file(tmp_path):
    bad = put(tmp_path, "x.geojson", "{")
    results = check_files([tmp_path / "gone", bad, shipped_dir() / "LIPB.geojson"])
    assert [result.airfield.id if result.airfield else None for result in results] == [None, None, "LIPB"]
    assert all(str(result.path) in str(result.error) for result in results[:2])


UNKNOWN = {
    "EHAN": "did you mean EHAM",
    "bolzanno": "did you mean LIPB",
    "QQQQ": "known are EDBF",
    "../../etc/passwd": "not an airfield's id",
    "..": "not an airfield's id",
    "a/b": "not an airfield's id",
    "": "not an airfield's id",
    "LIPB\n": "not an airfield's id",
    "LIPB.geojson": "not an airfield's id",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_names(name, tmp_path):
    with pytest.raises(AoiError, match=UNKNOWN[name]) as caught:
        find_airfield(name, tmp_path)
    assert "airfields add" in str(caught.value)


def test_exchanged_coordinates_of_a_known_airfield(tmp_path):
    document = shipped("LIPB")
    for item in document["features"]:
        rings = item["geometry"]["coordinates"]
        item["geometry"]["coordinates"] = [[point[::-1] for point in ring] for ring in rings]
    put(tmp_path, "LIPB.geojson", document)
    with pytest.raises(AoiError, match="looks like lat,lon"):
        find_airfield("LIPB", tmp_path)


def test_add(tmp_path):
    path = add_airfield("lfpb", OSM / "LFPB_part.json", tmp_path, name="Le Bourget")
    assert path == tmp_path / "aoi" / "LFPB.geojson"
    assert find_airfield("LFPB", tmp_path).name == "Le Bourget"
    with pytest.raises(AoiError, match="is there already"):
        add_airfield("LFPB", OSM / "LFPB_part.json", tmp_path)
    add_airfield("LFPB", OSM / "LFPB_part.json", tmp_path, overwrite=True)
    assert find_airfield("LFPB", tmp_path).name == "LFPB"
    assert [item.name for item in path.parent.iterdir()] == ["LFPB.geojson"]


@pytest.mark.parametrize("icao", ["../X", "A", "ABCDEFGHIJKLM", "AB CD", "ÄÖ", "", "AB\n"])
def test_add_refuses_odd_ids(icao, tmp_path):
    with pytest.raises(AoiError, match="airfield's id"):
        add_airfield(icao, OSM / "LFPB_part.json", tmp_path)


def test_add_names_the_file_that_is_bad(tmp_path):
    empty = tmp_path / "reply.json"
    empty.write_text('{"elements": []}')
    for source in (empty, tmp_path / "gone.json"):
        with pytest.raises(AoiError) as caught:
            add_airfield("LFPB", source, tmp_path)
        assert str(source) in str(caught.value)
    assert not (tmp_path / "aoi").exists()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = add_airfield("LFPB", OSM / "LFPB_part.json", tmp_path, name="old")

    def full(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AoiError, match="No space left"):
        add_airfield("LFPB", OSM / "LFPB_part.json", tmp_path, overwrite=True)
    assert find_airfield("LFPB", tmp_path).name == "old"
    assert [item.name for item in path.parent.iterdir()] == ["LFPB.geojson"]
