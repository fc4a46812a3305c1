"""`stays.geojson` and its neighbours in `run.json`: the contract, and there and back again."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.errors import UsageError
from imagery_watch.model import RunResult, Stay
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.files.saved_run import read_saved
from imagery_watch.outputs.files.stays_geojson import parse_stay, stay_feature, stays_geojson
from imagery_watch.outputs.properties import stay_properties
from imagery_watch.outputs.values import dump_json
from outputs.builders import START, make_chance, make_occupancy, make_result, make_stay

CONTRACT = {
    "id": "LIPB-stay-0001",
    "airfield": "LIPB",
    "apron": "A",
    "arrival_hit": "LIPB-0001",
    "not_before": "2022-03-01T10:21:09.024000Z",
    "seen_from": "2022-03-06T10:21:09.024000Z",
    "seen_to": "2022-03-06T10:21:09.024000Z",
    "departure_hit": None,
    "not_after": "2022-03-11T10:21:09.024000Z",
    "dwell_min_hours": 0.0,
    "dwell_max_hours": 240.0,
    "length_m": 50.0,
    "moved_from": None,
    "moved_to": None,
    "simulated": False,
    "evidence": [],
}


def with_stays(*stays: Stay) -> RunResult:
    occupancy = (make_occupancy(0), make_occupancy(5, 0))
    return replace(make_result(2), stays=stays, occupancy=occupancy, chances=(make_chance(), make_chance(48, 0.5)))


def test_every_property_of_the_contract_in_its_order() -> None:
    feature = json.loads(dump_json(stays_geojson(with_stays(make_stay()))))["features"][0]
    assert list(feature["properties"].items()) == list(CONTRACT.items())
    assert feature["geometry"] == {"type": "Point", "coordinates": [11.3289823, 46.46289]}
    assert (feature["type"], feature["id"]) == ("Feature", "LIPB-stay-0001")


@pytest.mark.parametrize("end", ["not_before", "not_after"])
def test_an_open_end_is_null_and_so_is_the_longest_dwell(end: str) -> None:
    told = stay_properties(make_stay(**{end: None}))
    assert (told[end], told["dwell_max_hours"], told["dwell_min_hours"]) == (None, None, 0.0)


def test_sorted_by_first_look_then_id_with_the_credits_of_the_hits() -> None:
    collection = stays_geojson(with_stays(make_stay(3), make_stay(1, id="b"), make_stay(1, id="a")))
    assert [feature["id"] for feature in collection["features"]] == ["a", "b", "LIPB-stay-0003"]
    assert list(collection) == ["type", "attribution", "features"]


def test_there_and_back_again() -> None:
    stay = make_stay(moved_to="LIPB-stay-0002")
    passes = {"2022-03-06T10:21:09.024000Z": stay.first_pass}
    back = parse_stay(json.loads(dump_json(stay_feature(stay))), passes)
    assert back == replace(stay, lon=back.lon, lat=back.lat, length_m=50.0)
    assert parse_stay(stay_feature(stay), {}).first_pass == ""


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_dwell_bounds_enclose_what_is_consistent_with_the_looks(before: float, seen: float, after: float) -> None:
    first = START + timedelta(hours=before)
    last = first + timedelta(hours=seen)
    stay = make_stay(not_before=START, seen_from=first, seen_to=last, not_after=last + timedelta(hours=after))
    assert stay.dwell_max_hours is not None
    assert 0 <= stay.dwell_min_hours <= stay.dwell_max_hours
    assert stay.dwell_max_hours == pytest.approx(before + seen + after, abs=1e-6)


def told(folder: Path) -> Path:
    """A run's folder with what every real run's record says."""
    write_outputs(with_stays(make_stay(), make_stay(2)), folder)
    return folder


def test_a_folder_is_read_back_with_stays_surplus_and_chances(tmp_path: Path) -> None:
    saved, result = read_saved(told(tmp_path)), with_stays(make_stay(), make_stay(2))
    assert [stay.id for stay in saved.stays] == [stay.id for stay in result.stays]
    assert (saved.occupancy, saved.chances, saved.changed) == (result.occupancy, result.chances, ())


def test_a_folder_of_an_older_version_has_none(tmp_path: Path) -> None:
    record = json.loads((told(tmp_path) / "run.json").read_text())
    for name in ("occupancy", "chances"):
        del record[name]
    del record["files"]["stays.geojson"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "stays.geojson").unlink()
    saved = read_saved(tmp_path)
    assert (saved.stays, saved.occupancy, saved.chances, saved.changed) == ((), (), (), ())


def test_a_file_that_is_vouched_for_and_gone_is_named_as_changed(tmp_path: Path) -> None:
    (told(tmp_path) / "stays.geojson").unlink()
    assert read_saved(tmp_path).changed == ("stays.geojson",)


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{}]}', '{"features": 3}', "null"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (told(tmp_path) / "stays.geojson").write_text(text)
    with pytest.raises(UsageError, match=r"stays\.geojson"):
        read_saved(tmp_path)


@pytest.mark.parametrize("rows", ["3", "[3]", '[{"apron": "A"}]', '[{"apron": 1, "datetime": "x"}]'])
def test_a_broken_record_is_named(tmp_path: Path, rows: str) -> None:
    record = json.loads((told(tmp_path) / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(record | {"occupancy": json.loads(rows)}))
    with pytest.raises(UsageError, match=r"run\.json"):
        read_saved(tmp_path)
