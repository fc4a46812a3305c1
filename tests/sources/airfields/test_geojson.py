"""Airfield files: what is read, what is repaired, and what is refused with which words."""

import json
import math
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields import geojson as aoi
from imagery_watch.sources.airfields.geojson import _id_from, airfield_from_document, aoi_hash, read_airfield
from imagery_watch.sources.airfields.grids import draw_areas, grid_for

W, S, E, N = 11.328, 46.462, 11.331, 46.464
SQUARE = [[W, S], [E, S], [E, N], [W, N], [W, S]]


def ring(*points):
    return [[W + dx * 1e-3, S + dy * 1e-3] for dx, dy in points]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings or [SQUARE])}


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features, **members):
    return {"type": "FeatureCollection", "features": list(features), **members}


def good(**members):
    return collection(feature(polygon(), name="main"), **members)


def write(path: Path, content) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def with_coordinate(text: str) -> str:
    return json.dumps(good()).replace(json.dumps(SQUARE[1]), text)


def apron(*rings, **properties):
    return collection(feature(polygon(*rings), **({"name": "west"} | properties)))


def swapped(value):
    return value[::-1] if isinstance(value[0], float) else [swapped(part) for part in value]


BOW_TIE = ring((0, 0), (3, 2), (3, 0), (0, 2), (0, 0))
HOLE = ring((1, 0.5), (2, 0.5), (2, 1), (1, 0.5))
FAR_HOLE = ring((5, 5), (6, 5), (6, 6), (5, 5))
LINE = {"type": "LineString", "coordinates": SQUARE[:2]}
MULTI_OVERLAP = {
    "type": "MultiPolygon",
    "coordinates": [[SQUARE], [ring((1, 1), (5, 1), (5, 3), (1, 3), (1, 1))]],
}
TOKYO = [[139.77, 35.55], [139.78, 35.55], [139.78, 35.56], [139.77, 35.55]]
UTM = [[677000.0, 5148000.0], [677100.0, 5148000.0], [677100.0, 5148100.0], [677000.0, 5148000.0]]
WIDE = [[170.0, 10.0], [-170.0, 10.0], [-170.0, 10.1], [170.0, 10.1], [170.0, 10.0]]
POLE = [[10.0, 89.0], [10.1, 89.0], [10.1, 89.1], [10.0, 89.0]]
STRAY = [[W, S], [E, S], [E, N], [W, 64.46], [W, S]]
SLIVER = ring((0, 0), (0.01, 0), (0.01, 0.01), (0, 0))
SPIRAL = [*SQUARE[:4], *SQUARE]
NESTED = ring((1, 1), (1.5, 1), (1.5, 1.5), (1, 1))

F1 = ["feature 1"]
WEST = ["feature 1 (west)"]
BAD = {
    # the text
    "empty file": ("", ["empty"]),
    "blank file": (" \n", ["empty"]),
    "html": ("<!DOCTYPE html><html>", ["HTML", "raw file"]),
    "kml": ('<?xml version="1.0"?><kml/>', ["KML", "GeoJSON"]),
    "trailing comma": ('{"type": "FeatureCollection", "features": [],}', ["line 1, column", "comma"]),
    "cut short": (json.dumps(good())[:-20], ["cut short"]),
    "nested": ("[" * 100_000, ["nested"]),
    "nested geometry": ('{"type":"Feature","geometry":' * 100_000, ["nested"]),
    "latin-1": (json.dumps(good(name="Zürich"), ensure_ascii=False).encode("latin-1"), ["UTF-8", "at byte"]),
    "cut archive": (b"PK\x03\x04\xff\xfe", ["ZIP archive"]),
    "binary": (b"\x7fELF\xff\xfe", ["UTF-8"]),
    "overpass": ({"elements": []}, ["Overpass reply", "airfields add ICAO --osm"]),
    "endless number": ('{"type": ' + "9" * 5000 + "}", ["number"]),
    # the collection
    "null": ("null", ["FeatureCollection", "null"]),
    "bool": ("true", ["FeatureCollection", "true"]),
    "list": ([SQUARE], ["FeatureCollection"]),
    "topology": ({"type": "Topology", "objects": {}}, ['"Topology"']),
    "no type": ({"features": []}, ["null", "FeatureCollection"]),
    "no features": (collection(), ["no features"]),
    "features null": ({"type": "FeatureCollection", "features": None}, ["no features"]),
    "no apron": (collection(feature(LINE, role="runway")), ["no apron"]),
    "too many features": (collection(*[{}] * 20_001), ["20001 features"]),
    "crs utm": (good(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}), ["32632"]),
    "crs nonsense": (good(crs=12), ["`crs`"]),
    "quality": (good(quality="superb"), ['"superb"', "surveyed"]),
    "id with path": (good(id="../../etc/x"), ["`id`", "letters"]),
    "id list": (good(id=["LIPB"]), ["`id`"]),
    "name object": (good(name={"en": "x"}), ["`name`"]),
    "notes": (good(notes="x"), ["`notes`"]),
    # the features
    "feature null": (collection(None), [*F1, "null"]),
    "feature is a geometry": (collection(polygon()), [*F1, "Feature"]),
    "second feature bad": (collection(feature(polygon()), 3), ["feature 2", "3"]),
    "properties list": (collection({"type": "Feature", "properties": [1], "geometry": polygon()}), [*F1, "properties"]),
    "role": (apron(role="taxiway"), [*WEST, '"taxiway"', "exclude"]),
    "long name": (apron(name="x" * 101), [*F1, "101 characters"]),
    "name bool": (apron(name=True), [*F1, "true"]),
    "duplicate names": (
        collection(feature(polygon(), name="a"), feature(polygon(), name="a")),
        ["feature 2 (a)", "feature 1 (a)"],
    ),
    "null geometry": (collection(feature(None, name="west")), [*WEST, "no geometry"]),
    "geometry text": (collection(feature("POLYGON((0 0))", name="west")), [*WEST, "POLYGON"]),
    "geometry type": (collection(feature({"type": "Circle"}, name="west")), [*WEST, '"Circle"']),
    "apron is a line": (collection(feature(LINE, name="west")), [*WEST, "LineString", "Polygon"]),
    "exclude is a point": (
        collection(feature({"type": "Point", "coordinates": SQUARE[0]}, role="exclude")),
        [*F1, "Point", "exclude"],
    ),
    "collection of two": (
        collection(feature({"type": "GeometryCollection", "geometries": [polygon(), polygon()]}, name="west")),
        [*WEST, "one geometry"],
    ),
    # the coordinates
    "no coordinates": (collection(feature({"type": "Polygon"}, name="west")), [*WEST, "null"]),
    "empty coordinates": (collection(feature({"type": "Polygon", "coordinates": []}, name="west")), [*WEST, "empty"]),
    "empty ring": (apron([]), [*WEST, "empty"]),
    "ring too shallow": (apron(*SQUARE), [*WEST, "not a position"]),
    "strings": (with_coordinate('["11.331", "46.462"]'), ["feature 1 (main)", "11.331", "quotes"]),
    "null number": (with_coordinate("[null, 46.462]"), ["feature 1 (main)", "null"]),
    "bool number": (with_coordinate("[11.3, true]"), ["feature 1 (main)", "true"]),
    "one number": (with_coordinate("[11.3]"), ["feature 1 (main)", "[11.3]", "position"]),
    "NaN": (with_coordinate("[NaN, 46.462]"), ["feature 1 (main)", "finite"]),
    "1e400": (with_coordinate("[1e400, 46.462]"), ["feature 1 (main)", "finite"]),
    "huge integer": (with_coordinate("[1" + "0" * 400 + ", 46]"), ["feature 1 (main)", "metres"]),
    "metres": (apron(UTM), [*WEST, "677000", "metres", "EPSG:4326"]),
    "swapped beyond 90": (apron(swapped(TOKYO)), [*WEST, "139.77", "lat,lon"]),
    "latitude 200": (apron([[120.0, 200.0], *SQUARE]), [*WEST, "[120, 200]", "latitudes"]),
    "longitude 190": (apron([[190.0, 10.0], *SQUARE]), [*WEST, "[190, 10]", "-180 to 180"]),
    "pole": (apron(POLE), [*WEST, "[10, 89]", "80 S to 84 N"]),
    # the shape
    "unclosed": (apron(SQUARE[:-1]), [*WEST, "not closed", "[11.328, 46.462]", "[11.328, 46.464]"]),
    "two points": (apron([SQUARE[0], SQUARE[1], SQUARE[0]]), [*WEST, "no area", "[11.328, 46.462]"]),
    "one point": (apron([SQUARE[0]] * 5), [*WEST, "no area"]),
    "single position": (apron([SQUARE[0]]), [*WEST, "not closed"]),
    "collinear": (apron([[W, S], [W, N], [W, 46.47], [W, S]]), [*WEST, "no area", "on a line"]),
    "nearly collinear": (apron(ring((0, 0), (1, 1), (2, 2), (0, 0))), [*WEST, "[11.328, 46.462]", "m2"]),
    "bow-tie": (apron(BOW_TIE), [*WEST, "bow-tie", "[11.3295, 46.463]"]),
    "hole outside": (apron(SQUARE, FAR_HOLE), [*WEST, "hole", "outside"]),
    "hole twice": (apron(SQUARE, HOLE, HOLE), [*WEST]),
    "twice around": (apron(SPIRAL), [*WEST, "itself"]),
    "overlapping parts": (collection(feature(MULTI_OVERLAP, name="west")), [*WEST, "overlap"]),
    "nested parts": (
        collection(feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [NESTED]]}, name="west")),
        [*WEST, "overlap"],
    ),
    "sub-pixel": (apron(SLIVER), [*WEST, "m2", "four pixels"]),
    "340 degrees": (apron(WIDE), [*WEST, "340", "antimeridian"]),
    "stray corner": (apron(STRAY), [*WEST, "[11.328, 64.46]", "went astray", "km"]),
    "two airfields": (
        collection(feature(polygon(), name="a"), feature(polygon(TOKYO), name="b")),
        ["feature 2 (b)", "feature 1 (a)", "[139.77, 35.55]"],
    ),
    "swapped with runways": (
        collection(
            feature(polygon(swapped(SQUARE))),
            feature({"type": "LineString", "coordinates": [[S, W], [S + 0.01, W]]}, role="runway", name="18/36"),
        ),
        ["feature 2 (18/36)", "lat,lon", "exchanged"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_is_refused_with_words_to_act_on(case, tmp_path):
    content, words = BAD[case]
    path = write(tmp_path / "LIPB.geojson", content)
    with pytest.raises(AoiError) as caught:
        read_airfield(path)
    message = str(caught.value)
    missing = [word for word in [str(path), *words] if word not in message]
    assert not missing, message
    assert "\n" not in message
    assert len(message) < 600


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(AoiError, match="no such file"):
        read_airfield(tmp_path / "gone.geojson")
    with pytest.raises(AoiError, match="is not a file"):
        read_airfield(tmp_path)
    monkeypatch.setattr(aoi, "LARGEST_FILE_MB", 0)
    with pytest.raises(AoiError, match="larger than 0 MB"):
        read_airfield(write(tmp_path / "big.geojson", good()))


def test_intricate_outline_is_refused_quickly():
    corners = [[W + (i * 7919 % 4001) * 1e-6, S + (i * 104729 % 3989) * 1e-6] for i in range(3000)]
    with pytest.raises(AoiError, match="crosses itself"):
        airfield_from_document(apron([*corners, corners[0]]), "x", default_id="x")


def test_two_hundred_thousand_vertices_are_fine():
    circle = [[11 + math.cos(i * math.pi / 1e5) / 100, 46 + math.sin(i * math.pi / 1e5) / 100] for i in range(200_000)]
    airfield = airfield_from_document(apron([*circle, circle[0]]), "x", default_id="x")
    assert airfield.aprons[0].geometry.is_valid


def test_members_and_roles(tmp_path):
    runway = feature({"type": "LineString", "coordinates": [[W, S], [W + 0.01, S]]}, role="runway", name="09/27")
    stand = feature({"type": "Point", "coordinates": [W, S]}, role="stand", name="1")
    exclude = feature(polygon(HOLE), role="exclude")
    members = {"id": "LIPB", "name": "Bolzano", "quality": "surveyed", "source": "me", "license": "CC0"}
    path = write(tmp_path / "x.geojson", collection(feature(polygon()), runway, stand, exclude, **members))
    airfield = read_airfield(path)
    assert (airfield.id, airfield.name, airfield.quality) == ("LIPB", "Bolzano", "surveyed")
    assert (airfield.source, airfield.license, airfield.notes) == ("me", "CC0", ())
    assert [item.name for item in airfield.aprons] == ["apron-1"]
    assert (len(airfield.stands), len(airfield.runways), len(airfield.exclude)) == (1, 1, 1)


def test_a_file_made_by_hand_has_defaults(tmp_path):
    airfield = read_airfield(write(tmp_path / "my field.geojson", good()))
    assert (airfield.id, airfield.name, airfield.quality) == ("my-field", "my-field", "approximate")
    assert (airfield.source, airfield.license) == ("not stated", "not stated")


IDS = {
    "LIPB": "LIPB",
    "my field": "my-field",
    "my_field.v2": "my_field-v2",
    "Zürich": "Zurich-",
    "Шереметьево": "airfield-",
    "Внуково": "airfield-",
    "机场": "airfield-",
    "LIPB Шереметьево": "LIPB-",
    "x" * 80: "x" * 55 + "-",
    "x" * 80 + "y": "x" * 55 + "-",
    "-.-": "airfield-",
}


def test_every_files_name_makes_an_id_of_its_own():
    ids = {stem: _id_from(stem) for stem in IDS}
    assert len(set(ids.values())) == len(IDS)
    assert all(identifier.startswith(IDS[stem]) and len(identifier) <= 64 for stem, identifier in ids.items())
    assert _id_from("Zu\u0308rich") == _id_from("Z\u00fcrich")


def mapped(geometry, number, **tags):
    return {"type": "Feature", "properties": {"@id": f"way/{number}", **tags}, "geometry": geometry}


def test_an_export_of_openstreetmap_has_its_roles_from_its_tags():
    closed = {"type": "LineString", "coordinates": SQUARE}
    line = {"type": "LineString", "coordinates": [[W, S], [W + 0.01, S]]}
    document = collection(
        mapped(polygon(), 1, aeroway="aerodrome", name="Bolzano"),
        mapped(polygon(), 2, aeroway="apron", name="Main"),
        mapped(closed, 3, aeroway="apron", name="Main"),
        mapped(polygon(), 4, aeroway="hangar"),
        mapped(polygon(), 5, building="terminal"),
        mapped(line, 6, aeroway="parking_position", ref="12"),
        mapped(line, 7, aeroway="runway", ref="09/27"),
        mapped(line, 8, aeroway="taxiway"),
    )
    airfield = airfield_from_document(document, "x", default_id="x")
    assert [apron.name for apron in airfield.aprons] == ["Main-1", "Main-2"]
    assert (len(airfield.stands), len(airfield.runways)) == (1, 1)
    assert [note.partition(":")[0] for note in airfield.notes if "left out" in note] == [
        "feature 1", "feature 4", "feature 5", "feature 8"]  # fmt: skip


def test_an_export_without_an_apron_is_told_the_way_out():
    with pytest.raises(AoiError, match="airfields add ICAO --osm FILE"):
        airfield_from_document(collection(mapped(polygon(), 1, aeroway="aerodrome")), "x", default_id="x")


def test_names_come_from_name_then_id_then_a_number():
    numbered = feature(polygon())
    document = collection(
        feature(polygon(), name="a"),
        feature(polygon(), id="b"),
        {**feature(polygon()), "id": 7},
        numbered,
        feature(polygon(), name="apron-1"),
        numbered,
        feature(polygon(), name=" evil\x1b[31m\n name\u202e "),
    )
    aprons = airfield_from_document(document, "x", default_id="x").aprons
    names = [item.name for item in aprons]
    assert names == ["a", "b", "7", "apron-2", "apron-1", "apron-3", "evil[31m name"]


MULTI = {"type": "MultiPolygon", "coordinates": [[SQUARE]]}
GOOD_FORMS = {
    "bare feature": feature(polygon(), name="main"),
    "bare polygon": polygon(),
    "bare multi": MULTI,
    "collection of one": {"type": "GeometryCollection", "geometries": [MULTI]},
    "collection in collection": collection(
        feature({"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [MULTI]}]})
    ),
    "crs84": good(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}),
    "epsg 4326": good(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}),
    "epsg short": good(crs={"type": "name", "properties": {"name": "EPSG:4326"}}),
    "crs null": good(crs=None),
    "properties null": collection({"type": "Feature", "properties": None, "geometry": polygon()}),
}


@pytest.mark.parametrize("form", GOOD_FORMS)
def test_forms_of_the_same_apron(form, tmp_path):
    airfield = read_airfield(write(tmp_path / "f.geojson", GOOD_FORMS[form]))
    assert airfield.aprons[0].geometry.equals(shapely.geometry.shape(polygon()))
    assert airfield.aprons[0].geometry.geom_type == "Polygon"


def test_byte_order_mark(tmp_path):
    path = write(tmp_path / "f.geojson", b"\xef\xbb\xbf" + json.dumps(good()).encode())
    assert read_airfield(path).aprons[0].name == "main"


REPAIRS = {
    "heights": ([[*point, 260.0] for point in SQUARE], "heights"),
    "closing gap": ([*SQUARE[:-1], [W + 5e-10, S]], "closed over a gap"),
    "spike": ([*SQUARE[:2], [E + 0.001, S], *SQUARE[1:]], "repaired"),
}


@pytest.mark.parametrize("case", REPAIRS)
def test_harmless_faults_are_repaired_and_noted(case):
    outline, word = REPAIRS[case]
    airfield = airfield_from_document(apron(outline), "x", default_id="x")
    assert airfield.aprons[0].geometry.equals_exact(
        airfield_from_document(apron(), "x", default_id="x").aprons[0].geometry
    )
    assert any(word in note and "feature 1 (west)" in note for note in airfield.notes)


def test_parts_that_touch_are_joined():
    right = [[E, S], [E + 0.001, S], [E + 0.001, N], [E, N], [E, S]]
    document = collection(feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [right]]}))
    airfield = airfield_from_document(document, "x", default_id="x")
    assert airfield.aprons[0].geometry.geom_type == "Polygon"
    assert "repaired" in airfield.notes[0]


def box(west, east):
    return [[west, -16.7], [east, -16.7], [east, -16.69], [west, -16.69], [west, -16.7]]


ACROSS = {
    "running on": collection(feature(polygon(box(179.995, 180.005)))),
    "running on westward": collection(feature(polygon(box(-180.005, -179.995)))),
    "cut in two": collection(
        feature({"type": "MultiPolygon", "coordinates": [[box(179.995, 180.0)], [box(-180.0, -179.995)]]})
    ),
}


@pytest.mark.parametrize("form", ACROSS)
def test_antimeridian(form):
    airfield = airfield_from_document(ACROSS[form], "x", default_id="x")
    assert airfield.bounds == pytest.approx((179.995, -16.7, 180.005, -16.69))
    grid = grid_for(airfield, 100, 400)
    areas = draw_areas(airfield, grid)
    assert int(areas.aprons.sum()) == pytest.approx(1.066e6 * 1.1067 / 100, rel=0.01)


def test_true_runway_headings_are_no_swap():
    runway = {"type": "LineString", "coordinates": [[W, S], [W + 0.01, S + 0.001]]}
    for name in ("09/27", "08L/26R", "18/36x", None):
        airfield_from_document(
            collection(feature(polygon()), feature(runway, role="runway", name=name)), "x", default_id="x"
        )


corners = st.lists(
    st.tuples(st.floats(0, 2 * math.pi), st.floats(1, 3)),
    min_size=5,
    max_size=12,
    unique_by=lambda corner: round(corner[0], 1),
)


@settings(max_examples=40, deadline=None)
@given(
    corners=corners,
    turn=st.integers(0, 11),
    backwards=st.booleans(),
    doubled=st.integers(0, 11),
    height=st.booleans(),
    wrap=st.sampled_from(["Polygon", "MultiPolygon", "GeometryCollection"]),
    gap=st.booleans(),
)
def test_the_same_ground_gives_the_same_mask_and_hash(corners, turn, backwards, doubled, height, wrap, gap):
    """I11: start vertex, direction, closing point, repeated vertices, Z, wrapping."""
    outline = [[round(W + r * math.cos(a) * 1e-3, 7), round(S + r * math.sin(a) * 1e-3, 7)] for a, r in sorted(corners)]
    plain = polygon([*outline, outline[0]])
    if not shapely.geometry.shape(plain).is_valid or shapely.geometry.shape(plain).area < 1e-6:
        return
    turn, doubled = turn % len(outline), doubled % len(outline)
    other = outline[turn:] + outline[:turn]
    other = other[::-1] if backwards else other
    other = [*other[: doubled + 1], *other[doubled:]]
    other.append([other[0][0] + (4e-10 if gap else 0.0), other[0][1]])
    other = [[*point, 12.5] for point in other] if height else other
    geometry = polygon(other)
    if wrap != "Polygon":
        geometry = {"type": "MultiPolygon", "coordinates": [[other]]}
    if wrap == "GeometryCollection":
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    one, two = (airfield_from_document(collection(feature(g)), "x", default_id="x") for g in (plain, geometry))
    grids = grid_for(one, 100, 400), grid_for(two, 100, 400)
    assert grids[0] == grids[1]
    assert (draw_areas(one, grids[0]).apron_index == draw_areas(two, grids[1]).apron_index).all()
    assert aoi_hash(one) == aoi_hash(two)


def test_hash_follows_name_and_ground():
    one = airfield_from_document(apron(), "x", default_id="x")
    renamed = airfield_from_document(apron(name="east"), "x", default_id="x")
    moved = airfield_from_document(apron([[x + 1e-6, y] for x, y in SQUARE]), "x", default_id="x")
    assert len({aoi_hash(one), aoi_hash(renamed), aoi_hash(moved)}) == 3
