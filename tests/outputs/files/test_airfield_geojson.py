"""The polygons of a run: read as an airfield file they are the airfield again."""

from dataclasses import replace
from pathlib import Path

import pytest
from shapely import affinity
from shapely.geometry import Point, box

from imagery_watch.outputs.files.airfield_geojson import airfield_geojson
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.sources.airfields.geojson import aoi_hash, read_airfield
from imagery_watch.sources.airfields.known import check_files, shipped_dir
from outputs.builders import make_airfield, make_result

SHIPPED = sorted(shipped_dir().glob("*.geojson"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_airfield_comes_back_as_it_was(path: Path, tmp_path: Path) -> None:
    airfield = read_airfield(path)
    (tmp_path / "airfield.geojson").write_text(airfield_geojson(airfield))
    again = read_airfield(tmp_path / "airfield.geojson")
    assert again == airfield
    assert aoi_hash(again) == aoi_hash(airfield)


def test_every_role_is_kept(tmp_path: Path) -> None:
    middle = make_airfield().aprons[0].geometry.centroid
    inside = box(middle.x - 0.0002, middle.y - 0.0002, middle.x + 0.0002, middle.y + 0.0002)
    airfield = make_airfield(stands=(Point(middle.x, middle.y),), exclude=(inside,), notes=("drawn twice",))
    (tmp_path / "own.geojson").write_text(airfield_geojson(airfield))
    used = read_airfield(tmp_path / "own.geojson")
    assert (len(used.aprons), len(used.stands), len(used.runways), len(used.exclude)) == (2, 1, 1, 1)
    write_outputs(replace(make_result(), airfield=used), tmp_path)
    assert read_airfield(tmp_path / "airfield.geojson") == used
    assert [file.error for file in check_files([tmp_path / "airfield.geojson"])] == [None]


def test_an_airfield_on_the_antimeridian_comes_back(tmp_path: Path) -> None:
    airfield = make_airfield()
    west = airfield.aprons[0].geometry.bounds[0]
    there = affinity.translate(airfield.aprons[0].geometry, 179.999 - west)
    (tmp_path / "a.geojson").write_text(
        airfield_geojson(replace(airfield, runways=(), aprons=(replace(airfield.aprons[0], geometry=there),)))
    )
    first = read_airfield(tmp_path / "a.geojson")
    (tmp_path / "b.geojson").write_text(airfield_geojson(first))
    assert aoi_hash(read_airfield(tmp_path / "b.geojson")) == aoi_hash(first)
