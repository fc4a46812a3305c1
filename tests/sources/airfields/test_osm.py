"""Airfields out of OpenStreetMap data."""

import json
from pathlib import Path

import pytest

from imagery_watch.errors import AoiError
from imagery_watch.sources.airfields.checks import area_m2
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.osm import (
    ATTRIBUTION,
    airfield_from_overpass,
    document_from_overpass,
    document_text,
    write_document,
)

DATA = Path(__file__).parents[2] / "data" / "osm"


def reply(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def way(number, points, **tags):
    return {
        "type": "way",
        "id": number,
        "tags": {"aeroway": "apron"} | tags,
        "geometry": [{"lon": 11.32 + x * 1e-3, "lat": 46.46 + y * 1e-3} for x, y in points],
    }


def square(x, y, size=1.0):
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]


def names(airfield):
    return [apron.name for apron in airfield.aprons]


def test_real_reply_with_a_relation_and_shared_names():
    airfield = airfield_from_overpass("EHAM", reply("EHAM_part.json"), "Amsterdam")
    assert sorted(names(airfield)) == ["K-apron", "M-apron", "S-apron-714516897", "S-apron-8587744", "apron-23016780"]
    k_apron = next(apron.geometry for apron in airfield.aprons if apron.name == "K-apron")
    assert len(k_apron.interiors) == 2
    assert (len(airfield.stands), len(airfield.runways)) == (1, 1)
    assert (airfield.name, airfield.quality, airfield.license) == ("Amsterdam", "mapped", "ODbL 1.0")
    assert airfield.source == "OpenStreetMap contributors (OSM base 2025-01-02T22:51:45Z)"


def test_real_geojson():
    airfield = airfield_from_overpass("LSZH", reply("LSZH_part.geojson"))
    assert sorted(names(airfield)) == ["Holding Bay 10", "Sector 2"]
    assert (airfield.name, len(airfield.stands), len(airfield.runways)) == ("LSZH", 1, 1)
    assert "2025-01-02T22:45:45Z" in airfield.source


def test_the_file_carries_attribution_names_and_seven_digits(tmp_path):
    document = document_from_overpass("LFPB", reply("LFPB_part.json"))
    path = tmp_path / "LFPB.geojson"
    write_document(document, path)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(document_text(document))
    assert json.loads(text)["attribution"] == ATTRIBUTION
    assert '"role":"runway","osm":"way/219449506","name":"03/21"' in text
    assert len(text.splitlines()) == len(document["features"]) + 10
    assert read_airfield(path).notes == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["LFPB.geojson"]


def test_the_same_reply_in_another_order_gives_the_same_file():
    data = reply("LFPB_part.json")
    shuffled = data | {"elements": data["elements"][::-1]}
    assert document_text(document_from_overpass("LFPB", data)) == document_text(
        document_from_overpass("LFPB", shuffled)
    )


def test_ways_by_node_and_relations_by_member_reference():
    nodes = [
        {"type": "node", "id": i, "lon": 11.32 + x / 1e3, "lat": 46.46 + y / 1e3}
        for i, (x, y) in enumerate(square(0, 0)[:4] + square(3, 0, 2)[:4])
    ]
    ways = [
        {"type": "way", "id": 1, "nodes": [0, 1, 2, 3, 0], "tags": {"aeroway": "apron", "ref": "A"}},
        {"type": "way", "id": 2, "nodes": [4, 5, 6]},
        {"type": "way", "id": 3, "nodes": [6, 7, 4]},
    ]
    members = [{"type": "way", "ref": 2, "role": "outer"}, {"type": "way", "ref": 3, "role": "outer"}]
    relation = {"type": "relation", "id": 9, "tags": {"aeroway": "apron", "name": "B"}, "members": members}
    airfield = airfield_from_overpass("LIPB", {"elements": [*nodes, *ways, relation]})
    assert names(airfield) == ["B", "A"]
    assert area_m2(airfield.aprons[0].geometry) == pytest.approx(4 * area_m2(airfield.aprons[1].geometry), rel=1e-3)


BOW_TIE = [(5, 0), (7, 2), (7, 0), (5, 2), (5, 0)]
LEFT_OUT = {
    "bow-tie": (way(2, BOW_TIE), "way/2: left out: its outline crosses itself"),
    "open": (way(2, square(5, 0)[:4]), "way/2: left out: its outline is not closed"),
    "sliver": (way(2, square(5, 0, 0.1)), "four pixels"),
    "needle": (way(2, [(5.02, 0), (5.05, 0), (5.05, 1.7), (5.02, 1.7), (5.02, 0)]), "apron-2: left out: no pixel"),
    "covered": (way(2, square(0, 0)), "left out: no pixel"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_cannot_be_used_is_left_out_with_a_note(case):
    element, note = LEFT_OUT[case]
    airfield = airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0)), element]})
    assert len(airfield.aprons) == 1
    assert any(note in text for text in airfield.notes)


def test_overlapping_aprons_are_kept():
    airfield = airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0, 3)), way(2, square(1, 1))]})
    assert names(airfield) == ["apron-1", "apron-2"]


def test_the_aerodrome_gives_the_name():
    aerodrome = way(3, square(0, 0, 9), aeroway="aerodrome", icao="LIPB", name="Bolzano")
    assert airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0)), aerodrome]}).name == "Bolzano"


def mapped(geometry, properties, **members):
    features = [{"type": "Feature", "id": "way/2", "properties": properties, "geometry": geometry}]
    return {"type": "FeatureCollection", "features": features, **members}


CORNERS = [[11.32 + x * 1e-3, 46.46 + y * 1e-3] for x, y in square(0, 0)]
AREA = {"type": "Polygon", "coordinates": [CORNERS]}
APRON = {"aeroway": "apron", "name": "Main"}
EXPORTS = {
    "overpass turbo": mapped(AREA, {"@id": "way/2", **APRON}),
    "tags below": mapped(AREA, {"type": "way", "id": 2, "tags": APRON}),
    "GDAL": mapped(AREA, {"osm_way_id": "2", "name": "Main", "other_tags": '"aeroway"=>"apron"'}),
    "a closed line": mapped({"type": "LineString", "coordinates": CORNERS}, APRON),
    "closed lines": mapped({"type": "MultiLineString", "coordinates": [CORNERS[:3], CORNERS[2:]]}, APRON),
    "a collection of one": mapped({"type": "GeometryCollection", "geometries": [AREA]}, APRON),
    "a collection of a line": mapped(
        {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": CORNERS}]}, APRON
    ),
    "heights": mapped({"type": "Polygon", "coordinates": [[[*corner, 240.0] for corner in CORNERS]]}, APRON),
}


@pytest.mark.parametrize("case", EXPORTS)
def test_the_usual_exports_are_read(case):
    airfield = airfield_from_overpass("LIPB", EXPORTS[case])
    assert names(airfield) == ["Main"] and area_m2(airfield.aprons[0].geometry) > 8000


REMARKS = [
    'runtime error: Query timed out in "query" at line 4 after 26 seconds.',
    'runtime error: Query run out of memory in "recurse" at line 5 using about 512 MB of RAM.',
    "runtime error: open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::timeout.",
]


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("elements", [[], [way(1, square(0, 0))]], ids=["empty", "partial"])
def test_an_answer_that_is_not_whole_is_refused_in_overpass_words(remark, elements):
    with pytest.raises(AoiError, match="not whole") as caught:
        airfield_from_overpass("LIPB", {"elements": elements, "remark": remark})
    assert remark[:40].replace('"', '\\"') in str(caught.value) and "ask again" in str(caught.value)


def test_other_remarks_are_kept_as_notes():
    airfield = airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0))], "remark": "a  mirror\nof 2024"})
    assert airfield.notes == ("Overpass remarks: a mirror of 2024",)


BODY = {"type": "way", "id": 2, "nodes": [1, 2, 3, 1], "tags": {"aeroway": "apron"}}
CUT = way(2, square(5, 0))
CUT = CUT | {"geometry": [None, *CUT["geometry"][1:-1], None]}
MEMBERS = [{"type": "way", "ref": 7, "role": "outer"}]
RELATION = {"type": "relation", "id": 2, "tags": {"aeroway": "apron"}, "members": MEMBERS}
INCOMPLETE = {
    "out body": (BODY, "has no geometry: ask with out geom"),
    "out center": (BODY | {"center": {"lat": 46.46, "lon": 11.32}}, "has no geometry: ask with out geom"),
    "out tags": ({"type": "way", "id": 2, "tags": {"aeroway": "apron"}}, "has no geometry: ask with out geom"),
    "cut by the box": (CUT, "2 of its 5 corners are missing"),
    "a relation whose ways are elsewhere": (RELATION, "its member way/7: has no geometry"),
    "a relation without members": (RELATION | {"members": []}, "has no geometry"),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_what_is_not_all_there_is_left_out_and_told(case):
    element, note = INCOMPLETE[case]
    with pytest.raises(AoiError, match="can be used") as caught:
        airfield_from_overpass("LIPB", {"elements": [element]})
    assert note in str(caught.value)
    airfield = airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0)), element]})
    assert len(airfield.aprons) == 1 and any(note in told for told in airfield.notes)


def test_missing_nodes_of_a_way_are_told():
    nodes = [{"type": "node", "id": n, "lon": 11.32 + x / 1e3, "lat": 46.46} for n, x in ((1, 0), (2, 1))]
    airfield = airfield_from_overpass("LIPB", {"elements": [way(1, square(0, 0)), *nodes, BODY | {"id": 3}]})
    assert any("way/3: left out: 1 of its 4 corners are missing" in note for note in airfield.notes)


def test_what_was_found_instead_of_aprons_is_told():
    hangar = way(2, square(0, 0), aeroway="hangar")
    with pytest.raises(AoiError, match=r"found: 2 hangar, 1 aerodrome"):
        airfield_from_overpass("LIPB", {"elements": [hangar, hangar, way(3, square(0, 0), aeroway="aerodrome")]})


BAD = {
    "not a reply": ([1], "no Overpass reply"),
    "other json": ({"a": 1}, "no Overpass reply"),
    "no aprons": ({"elements": []}, "holds no area with aeroway=apron"),
    "only bad aprons": ({"elements": [way(2, BOW_TIE)]}, "crosses itself"),
    "elements null": ({"elements": None}, "fetch it again"),
    "element a number": ({"elements": [3]}, "fetch it again"),
    "node without place": ({"elements": [{"type": "node", "id": 1, "tags": {"aeroway": "apron"}}]}, "fetch it again"),
    "geometry text": ({"elements": [way(1, square(0, 0)) | {"geometry": "x"}]}, "fetch it again"),
    "off the Earth": ({"elements": [way(1, square(0, 80_000))]}, "lat,lon"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_replies(case):
    data, words = BAD[case]
    with pytest.raises(AoiError, match=words) as caught:
        airfield_from_overpass("LIPB", data)
    assert "LIPB" in str(caught.value)
