"""Airfield files as people have them: any encoding of JSON, sequences, and what a GIS saves."""

import gzip
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas
import pytest
from shapely.geometry import Point, Polygon

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.checks import area_m2
from imagery_watch.sources.airfields.geojson import read_airfield

CORNERS = [(11.328, 46.462), (11.331, 46.462), (11.331, 46.464), (11.328, 46.464), (11.328, 46.462)]
AREA = area_m2(Polygon(CORNERS))
FEATURE = {
    "type": "Feature",
    "properties": {"name": "Süd"},
    "geometry": {"type": "Polygon", "coordinates": [[list(corner) for corner in CORNERS]]},
}
COLLECTION = {"type": "FeatureCollection", "features": [FEATURE]}
PLAIN = json.dumps(COLLECTION, ensure_ascii=False)
KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><Placemark>
<name>Süd</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{corners}</coordinates></LinearRing></outerBoundaryIs>
</Polygon></Placemark></Folder></Document></kml>""".format(corners=" ".join(f"{x},{y},0" for x, y in CORNERS))


def put(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def check(path: Path) -> tuple[str, ...]:
    """That the file is the one apron; what is noted of it."""
    airfield = read_airfield(path)
    (apron,) = airfield.aprons
    assert apron.name == "Süd"
    assert area_m2(apron.geometry) == pytest.approx(AREA, rel=1e-4)
    return airfield.notes


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("escaped", [True, False])
def test_json_in_every_encoding_that_is_json(tmp_path, encoding, escaped):
    assert check(put(tmp_path / "a.geojson", json.dumps(COLLECTION, ensure_ascii=escaped).encode(encoding))) == ()


SEQUENCES = {
    "RFC 8142": f"\x1e{json.dumps(FEATURE)}\n",
    "RFC 8142, spread over lines": f"\x1e{json.dumps(FEATURE, indent=1)}\n",
    "RFC 8142, of a collection": f"\x1e{json.dumps(COLLECTION)}\n",
}


@pytest.mark.parametrize("case", SEQUENCES)
def test_a_sequence(tmp_path, case):
    assert check(put(tmp_path / "a.geojsons", SEQUENCES[case])) == ()


def test_a_feature_a_line(tmp_path):
    stand = {
        "type": "Feature",
        "properties": {"role": "stand"},
        "geometry": {"type": "Point", "coordinates": CORNERS[0]},
    }
    path = put(tmp_path / "a.geojsonl", "\n".join(json.dumps(one) for one in (FEATURE, stand)))
    assert check(path) == () and len(read_airfield(path).stands) == 1


def test_a_broken_line_of_a_sequence_is_told(tmp_path):
    with pytest.raises(AoiError, match="one feature a line"):
        read_airfield(put(tmp_path / "a.geojsonl", f'{json.dumps(FEATURE)}\n{{"type": "Feature",}}'))


def frame(epsg: int = 4326, **columns: object) -> geopandas.GeoDataFrame:
    data = {"name": ["Süd"], **columns, "geometry": [Polygon(CORNERS)]}
    return geopandas.GeoDataFrame(data, crs=4326).to_crs(epsg)


def zipped(path: Path, *files: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, f"{inside}{file.name}")
    return path


def shapefile(folder: Path, epsg: int = 4326) -> list[Path]:
    folder.mkdir()
    frame(epsg).to_file(folder / "apron.shp", encoding="UTF-8")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("epsg", [4326, 25832, 3857, 4258])
@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "shp"])
def test_what_a_gis_saves_in_any_projection(tmp_path, suffix, epsg):
    frame(epsg).to_file(tmp_path / f"a.{suffix}", **({"encoding": "UTF-8"} if suffix == "shp" else {}))
    (note,) = check(tmp_path / f"a.{suffix}")
    assert (f"moved from EPSG:{epsg}" in note) is (epsg != 4326)


def test_what_a_globe_saves(tmp_path):
    assert "read from a KML file" in check(put(tmp_path / "a.kml", KML))
    packed = zipped(tmp_path / "a.kmz", put(tmp_path / "doc.kml", KML))
    assert "read from a KMZ file" in check(packed)


def test_a_name_tells_nothing(tmp_path):
    frame().to_file(tmp_path / "a.gpkg")
    shutil.move(tmp_path / "a.gpkg", tmp_path / "a.geojson")
    assert "read from a GeoPackage" in check(tmp_path / "a.geojson")
    assert "read from a KML file" in check(put(tmp_path / "b.json", "\ufeff" + KML))


@pytest.mark.parametrize("inside", ["", "Zürich/aprons/"])
def test_a_zipped_shapefile(tmp_path, inside):
    files = shapefile(tmp_path / "s", 25832)
    assert "moved from EPSG:25832" in check(zipped(tmp_path / "a.zip", *files, inside=inside))[0]


def test_a_zipped_geojson(tmp_path):
    assert (
        check(zipped(tmp_path / "a.zip", put(tmp_path / "a.geojson", PLAIN), put(tmp_path / "readme.txt", "x"))) == ()
    )


def test_a_shapefile_without_a_projection_is_taken_as_degrees(tmp_path):
    files = [file for file in shapefile(tmp_path / "s") if file.suffix != ".prj"]
    assert "states no CRS: taken as WGS84" in check(zipped(tmp_path / "a.zip", *files))[0]


def test_layers_and_roles_of_a_geopackage(tmp_path):
    frame().to_file(tmp_path / "a.gpkg", layer="aprons")
    stands = geopandas.GeoDataFrame({"role": ["stand"], "geometry": [Point(CORNERS[0])]}, crs=4326)
    stands.to_file(tmp_path / "a.gpkg", layer="stands")
    airfield = read_airfield(tmp_path / "a.gpkg")
    assert (len(airfield.aprons), len(airfield.stands)) == (1, 1)


def refusal(path: Path) -> str:
    with pytest.raises(AoiError) as caught:
        read_airfield(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


NAMES = {
    "a.parquet": (b"PAR1\x15\x04", "Parquet"),
    "a.arrow": (b"ARROW1\0\0", "Arrow"),
    "a.geojson.gz": (gzip.compress(PLAIN.encode()), "packed by gzip"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    "a.tif": (b"II*\0" + bytes(99), "TIFF image"),
    "a.png": (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    "a.pdf": (b"%PDF-1.7", "PDF document"),
    "a.osm": (b'<?xml version="1.0"?><osm version="0.6"></osm>', "OpenStreetMap's XML"),
    "a.gpx": (b'<?xml version="1.0"?><gpx version="1.1"></gpx>', "GPX"),
    "a.dbf": (b"\x03\x5f\x07\x1a", "part of a Shapefile"),
    "a.wkt": (b"POLYGON((11 46, 12 46, 12 47, 11 46))", "WKT"),
    "a.topojson": (b'{"type": "Topology", "objects": {}}', "TopoJSON"),
    "a.json": (b'{"geometryType": "esriGeometryPolygon", "features": []}', "Esri JSON"),
    "broken.gpkg": (b"SQLite format 3\0" + bytes(200), "GeoPackage that cannot be read"),
    "broken.kml": (b"<kml><Document>", "KML file that cannot be read"),
    "empty.kml": (b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', ""),
    "a.vrt": (b'<OGRVRTDataSource><OGRVRTLayer name="kml"/></OGRVRTDataSource>', "XML of another kind"),
    "b.kml": (b'<OGRVRTDataSource><!-- <kml --></OGRVRTDataSource>', "XML of another kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_read_is_refused_by_its_right_name(tmp_path, name):
    content, words = NAMES[name]
    assert words in refusal(put(tmp_path / name, content))


def test_a_shapefile_alone_is_told_what_it_lacks(tmp_path):
    (lone,) = (file for file in shapefile(tmp_path / "s") if file.suffix == ".shp")
    assert "without its .shx and .dbf" in refusal(Path(shutil.move(lone, tmp_path / "lone.shp")))


def test_archives_without_one_vector_file_are_told_what_they_hold(tmp_path):
    assert "it holds none" in refusal(zipped(tmp_path / "a.zip", put(tmp_path / "readme.txt", "x")))
    two = [put(tmp_path / name, PLAIN) for name in ("a.geojson", "b.geojson")]
    assert "it holds a.geojson, b.geojson" in refusal(zipped(tmp_path / "b.zip", *two))


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.kml", bytes(200_000_000))
    assert "unpacks to more than" in refusal(tmp_path / "bomb.zip")


def test_archives_cannot_write_elsewhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../../../evil.kml", KML)
    check(tmp_path / "a.zip")
    assert not list(tmp_path.parent.glob("**/evil.kml"))


def test_views_of_a_geopackage_are_not_read(tmp_path):
    frame().to_file(tmp_path / "a.gpkg", layer="aprons")
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as database:
        database.execute(
            "create view endless as with recursive n(i) as (select 1 union all select i from n) select i from n"
        )
        database.commit()
    assert "GeoPackage with views (endless)" in refusal(tmp_path / "a.gpkg")
