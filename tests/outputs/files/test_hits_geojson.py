import json
from dataclasses import replace

import pytest

from imagery_watch.model import Evidence
from imagery_watch.outputs.files.hits_geojson import hits_geojson
from imagery_watch.outputs.values import dump_json
from outputs.builders import make_airfield, make_hit, make_provenance, make_result

CONTRACT = {
    "id": "LIPB-0001",
    "airfield": "LIPB",
    "apron": "A",
    "kind": "arrival",
    "before": "2022-03-01T10:21:09.024000Z",
    "after": "2022-03-06T10:21:09.024000Z",
    "before_items": ["S2A_1", "S2A_2"],
    "after_items": ["S2B_1"],
    "score": 12.346,
    "false_alarms_per_year": None,
    "probability": None,
    "p_change": None,
    "object": None,
    "length_m": 50.0,
    "length_low_m": 40.0,
    "length_high_m": 62.5,
    "size_class": "large",
    "heading_deg": 40.0,
    "sensor": "sentinel-2",
    "status": "provisional",
    "chip": None,
    "summary": "A change consistent with the arrival of a large aircraft.",
    "simulated": False,
    "evidence": [],
    "late": False,
}


def test_every_property_of_the_contract_in_its_order() -> None:
    feature = json.loads(dump_json(hits_geojson(make_result())))["features"][0]
    assert list(feature["properties"].items()) == list(CONTRACT.items())
    assert feature["geometry"] == {"type": "Point", "coordinates": [11.3289823, 46.46289]}
    assert (feature["type"], feature["id"]) == ("Feature", "LIPB-0001")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("false_alarms_per_year", 0.123456, 0.1235),
        ("probability", 0.98765, 0.9877),
        ("heading_deg", None, None),
        ("score", float("nan"), None),
        ("length_m", 23.96, 24.0),
        ("chip", "chips/a.png", "chips/a.png"),
        ("kind", "replacement", "replacement"),
        ("p_change", 0.98765, 0.9877),
        ("object", "other", "other"),
        ("simulated", True, True),
        (
            "evidence",
            (Evidence("tracks.csv", "confirmed", "A flight landed."),),
            [{"source": "tracks.csv", "state": "confirmed", "statement": "A flight landed."}],
        ),
    ],
)
def test_what_is_known_is_shown_and_what_is_not_is_null(field: str, value: object, shown: object) -> None:
    result = replace(make_result(), hits=(make_hit(**{field: value}),))
    assert json.loads(dump_json(hits_geojson(result)))["features"][0]["properties"][field] == shown


def test_sorted_by_time_then_id() -> None:
    hits = (make_hit(3), make_hit(1, id="b"), make_hit(1, id="a"), make_hit(2))
    features = hits_geojson(replace(make_result(), hits=hits))["features"]
    assert [feature["id"] for feature in features] == ["a", "b", "LIPB-0002", "LIPB-0003"]


def test_no_crs_and_the_credits() -> None:
    collection = hits_geojson(make_result())
    assert list(collection) == ["type", "attribution", "features"]
    assert collection["attribution"] == "Contains modified Copernicus Sentinel data 2022"


def test_openstreetmap_is_credited_where_its_shapes_are_used() -> None:
    result = replace(make_result(), airfield=make_airfield(license="ODbL-1.0"))
    assert "© OpenStreetMap contributors" in hits_geojson(result)["attribution"]


def test_simulated_data_say_so() -> None:
    result = replace(make_result(), provenance=make_provenance(simulated=True, simulated_note="Painted."))
    assert hits_geojson(result)["simulated_note"] == "Painted."


def test_no_hits_is_an_empty_collection() -> None:
    assert hits_geojson(make_result(0))["features"] == []
