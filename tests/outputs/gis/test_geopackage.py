"""`hits.gpkg`, read by GDAL and by SQLite alone."""

import hashlib
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
from shapely import from_wkb
from shapely.geometry import MultiLineString, MultiPolygon, Point, box

from imagery_watch.model import RunResult
from imagery_watch.outputs.gis.evidence import list_outlines
from imagery_watch.outputs.gis.geopackage import STYLES, copy_out, to_geopackage
from imagery_watch.outputs.gis.icons import SHAPES
from imagery_watch.outputs.gis.layers import layers_of
from imagery_watch.outputs.properties import HIT_PROPERTIES, LOOK_COLUMNS, STAY_PROPERTIES
from outputs.builders import LAT, LON, make_airfield, make_hit, make_result, make_stay
from outputs.gis.dossiers import HALF, make_told_result

LAYERS = ["hits", "stays", "outlines", "aprons", "lines", "looks"]


def written(result: RunResult, folder: Path) -> Path:
    path = folder / "hits.gpkg"
    path.write_bytes(to_geopackage(layers_of(result, list_outlines(result))))
    return path


def read(path: Path, layer: str) -> tuple[list[Any], dict[str, list[Any]]]:
    """Shapes and columns."""
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer)
    named = dict(zip(meta["fields"], (column.tolist() for column in columns), strict=True))
    return ([] if shapes is None else [from_wkb(one) for one in shapes]), named


def test_it_is_a_geopackage_of_version_1_3(tmp_path: Path) -> None:
    path = written(make_told_result(2), tmp_path)
    assert path.read_bytes()[68:72] == b"GPKG"
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (10300,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        listed = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
    features = dict.fromkeys(LAYERS[:-1], "features")
    assert listed == features | {"looks": "attributes", "layer_styles": "attributes"}


def test_every_layer_is_read_with_its_fields_shapes_and_reference_system(tmp_path: Path) -> None:
    path = written(make_told_result(2), tmp_path)
    kinds = ["Point", "Point", "MultiPolygon", "MultiPolygon", "MultiLineString", None, None]
    assert [[*row] for row in pyogrio.list_layers(path)] == [
        [name, kind] for name, kind in zip([*LAYERS, "layer_styles"], kinds, strict=True)
    ]
    fields = {name: [*pyogrio.read_info(path, layer=name)["fields"]] for name in LAYERS}
    assert fields["hits"] == ["lon", "lat", *HIT_PROPERTIES]
    assert (fields["stays"], fields["looks"]) == ([*STAY_PROPERTIES], [*LOOK_COLUMNS])
    assert all(pyogrio.read_info(path, layer=name)["crs"] == "EPSG:4326" for name in LAYERS[:-1])


def test_hits_and_stays_are_points_at_their_places_and_times(tmp_path: Path) -> None:
    result = make_told_result(2)
    path = written(result, tmp_path)
    shapes, told = read(path, "hits")
    assert [(one.x, one.y) for one in shapes] == [(round(hit.lon, 7), round(hit.lat, 7)) for hit in result.hits]
    assert told["id"] == ["LIPB-0001", "LIPB-0002"]
    assert [one.isoformat() for one in told["before"]] == ["2022-03-01T10:21:09.024000", "2022-03-06T10:21:09.024000"]
    assert (told["simulated"], told["before_items"][0]) == ([False, False], "S2A_1 S2A_2")
    assert np.isnan(told["probability"]).all() and told["score"] == [12.346, 12.346]
    _, stays = read(path, "stays")
    assert (stays["arrival_hit"], stays["departure_hit"]) == (["LIPB-0001", "LIPB-0002"], [None, None])
    info = pyogrio.read_info(path, layer="stays")
    kinds = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert {kinds[name] for name in ("not_before", "seen_from", "seen_to", "not_after")} == {"datetime64[ms]"}


def test_outlines_lie_around_their_stay_and_shadows_below_them(tmp_path: Path) -> None:
    result = make_told_result(1)
    shapes, told = read(written(result, tmp_path), "outlines")
    assert (told["kind"], told["stay"]) == (["shadow", "object"], ["LIPB-stay-0001"] * 2)
    assert told["arrival_hit"] == ["LIPB-0001"] * 2
    shadow, outline = shapes
    stay = Point(result.stays[0].lon, result.stays[0].lat)
    assert outline.is_valid and outline.contains(stay) and outline.centroid.distance(stay) < 1e-6
    west, south, east, north = outline.bounds
    assert (east - west) * 76_700 == pytest.approx(48, rel=0.03) and (north - south) * 111_200 == pytest.approx(
        48, rel=0.03
    )
    assert shadow.centroid.y > outline.centroid.y and shadow.centroid.x < outline.centroid.x


def test_rings_within_rings_are_holes_and_what_is_no_area_is_left_out() -> None:
    result = make_told_result(1)
    view = result.dossiers[0].view
    assert view is not None
    outer, inner = (
        tuple((HALF + r * d, HALF + c * d) for r, c in ((-1, -1), (-1, 1), (1, 1), (1, -1))) for d in (4, 2)
    )
    line = ((0.0, 0.0), (0.0, 5.0), (0.0, 0.0))
    drawn = replace(view, outline=(outer, inner), shadow=(line, line[:2]))
    [outline] = list_outlines(replace(result, dossiers=(replace(result.dossiers[0], view=drawn),)))
    assert outline.kind == "object" and len(outline.shape.geoms[0].interiors) == 1
    assert outline.shape.geoms[0].exterior.is_ccw
    assert list_outlines(replace(result, dossiers=(replace(result.dossiers[0], view=None),))) == ()


def test_the_airfields_areas_and_lines_have_their_roles(tmp_path: Path) -> None:
    airfield = make_airfield(
        apron="=A\u202e", exclude=(box(LON, LAT, LON + 0.0001, LAT + 0.0001),), stands=(Point(LON, LAT),)
    )
    path = written(replace(make_result(), airfield=airfield), tmp_path)
    shapes, told = read(path, "aprons")
    assert (told["role"], told["name"]) == (["apron", "apron", "exclude"], ["=A", "West", None])
    assert all(isinstance(one, MultiPolygon) for one in shapes)
    lines, told = read(path, "lines")
    assert told["role"] == ["runway"] and isinstance(lines[0], MultiLineString)


def test_without_anything_found_every_layer_is_there_and_empty(tmp_path: Path) -> None:
    path = written(replace(make_result(0), looks=()), tmp_path)
    counts = {name: pyogrio.read_info(path, layer=name)["features"] for name in LAYERS}
    assert counts == dict.fromkeys(LAYERS, 0) | {"aprons": 2, "lines": 1}


def test_each_layer_says_what_it_is_and_that_it_is_simulated(tmp_path: Path) -> None:
    result = make_told_result()
    made = replace(result, provenance=replace(result.provenance, simulated=True, simulated_note="Made of dust."))
    about = {name: pyogrio.read_info(written(made, tmp_path), layer=name)["layer_metadata"] for name in LAYERS}
    assert "not sightings. Contains modified Copernicus Sentinel data 2022." in about["hits"]["DESCRIPTION"]
    simulated = [name for name in LAYERS if "SIMULATED: Made of dust." in about[name]["DESCRIPTION"]]
    assert simulated == ["hits", "stays", "outlines", "looks"]
    assert "drawn by hand" in about["aprons"]["DESCRIPTION"]


def test_text_that_utf8_cannot_hold_does_not_end_a_run(tmp_path: Path) -> None:
    hit = make_hit(summary="a\ud800b", apron="x'; DROP TABLE hits; --")
    _, told = read(written(replace(make_result(), hits=(hit,)), tmp_path), "hits")
    assert (told["summary"], told["apron"]) == (["a?b"], ["x'; DROP TABLE hits; --"])


def test_the_same_result_gives_the_same_bytes_here_and_in_another_process(tmp_path: Path) -> None:
    first, second = (written(make_told_result(3), tmp_path).read_bytes() for _ in range(2))
    assert first == second
    code = (
        "import hashlib, sys; from outputs.gis.dossiers import make_told_result as make\n"
        "from imagery_watch.outputs.gis.export import files_for_other_tools as files\n"
        "sys.stdout.write(hashlib.sha256(files(make(3), {}, {})['hits.gpkg']).hexdigest())"
    )
    tests = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tests, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == hashlib.sha256(first).hexdigest()


def test_an_old_sqlite_gives_a_database_by_way_of_a_file(tmp_path: Path) -> None:
    path = written(make_told_result(), tmp_path)
    with closing(sqlite3.connect(path)) as file:
        (tmp_path / "copy.gpkg").write_bytes(copy_out(file))
    assert str(read(tmp_path / "copy.gpkg", "hits")) == str(read(path, "hits"))
    assert (tmp_path / "copy.gpkg").read_bytes()[68:72] == b"GPKG"


def test_styles_are_the_default_of_their_layers_and_name_fields_that_are_there(tmp_path: Path) -> None:
    path = written(make_told_result(), tmp_path)
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault, update_time FROM layer_styles"
        ).fetchall()
    assert [row[0] for row in rows] == LAYERS[:-1] == sorted(LAYERS[:-1], key=LAYERS.index)
    assert {(row[1], row[3], row[4]) for row in rows} == {("geom", 1, "2000-01-01T00:00:00.000Z")}
    for name, _, style, *_ in rows:
        root = ElementTree.fromstring(style.partition(">")[2])
        fields = {*pyogrio.read_info(path, layer=name)["fields"]}
        texts = [value for node in root.iter() for value in (*node.attrib.values(), node.text or "")]
        named = {field for text in texts for field in re.findall(r'(?<![=\w])"(\w+)"', text)}
        named |= {node.get(end, "") for node in root.iter("temporal") for end in ("startField", "endField")}
        named |= {node.get("attr", "") for node in root.iter("renderer-v2") if node.get("attr")}
        assert named <= fields, (name, named - fields)
        assert name != "hits" or {"kind", "object", "status", "length_m", "before", "after", "simulated"} <= named


@pytest.mark.parametrize("kind", SHAPES)
def test_qgis_draws_a_kind_in_the_colour_that_google_earth_draws_it_in(kind: str) -> None:
    colour = ",".join(str(part) for part in SHAPES[kind][1])
    symbol = re.search(rf'symbol="(\d)"[^>]*\'{kind}\'', (STYLES / "hits.qml").read_text())
    assert symbol is not None
    drawn = (STYLES / "hits.qml").read_text().split(f'<symbol name="{symbol[1]}"')[1].split("</symbol>")[0]
    assert f'value="{colour},255"' in drawn and f"color_rgb({colour.replace(',', ', ')})" in drawn


def test_stays_without_evidence_have_no_outline() -> None:
    result = replace(make_result(), stays=(make_stay(),))
    assert list_outlines(result) == ()
    assert [one.name for one in layers_of(result, ())] == LAYERS
