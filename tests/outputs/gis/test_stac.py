"""`stac/`: read by pystac, and held against the schemas of STAC 1.1.0 that pystac ships."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pystac
import pytest
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from imagery_watch.model import PassOutcome, RunResult
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.gis.rasters import rasters_of
from imagery_watch.outputs.gis.stac import to_stac
from outputs.builders import make_hit, make_provenance, make_result
from outputs.gis.dossiers import make_told_result

API = "https://stac.example.com/v1/collections/c/items"


def told(result: RunResult) -> dict[str, dict[str, Any]]:
    return {name: json.loads(text) for name, text in to_stac(result, rasters_of(result)).items()}


def item_of(result: RunResult) -> dict[str, Any]:
    return told(result)["stac/items/LIPB-0001.json"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_outputs(make_told_result(2), tmp_path)
    return tmp_path


def test_pystac_walks_it_and_every_asset_is_there(folder: Path) -> None:
    collection = pystac.Collection.from_file(str(folder / "stac" / "collection.json"))
    items = [*collection.get_items()]
    assert [item.id for item in items] == ["LIPB-0001", "LIPB-0002"]
    for item in items:
        assert item.get_collection() == collection == item.get_parent() == item.get_root()
        assert [*item.assets] == ["picture", "before", "after", "residual"]
        assert all(Path(str(asset.get_absolute_href())).is_file() for asset in item.assets.values())
    assert all(Path(str(asset.get_absolute_href())).is_file() for asset in collection.assets.values())


def test_it_is_what_the_schemas_of_stac_say(folder: Path) -> None:
    validator = JsonSchemaSTACValidator()
    paths = [folder / "stac" / "collection.json", *sorted((folder / "stac" / "items").iterdir())]
    assert len(paths) == 3
    for path in paths:
        content = json.loads(path.read_text())
        kind = pystac.STACObjectType(content["type"])
        validator.validate_core(content, kind, content["stac_version"], str(path))


def test_an_item_is_a_hit_between_its_looks() -> None:
    item, hit = item_of(make_told_result()), make_hit()
    said = item["properties"]
    assert (said["datetime"], said["start_datetime"]) == (None, "2022-03-01T10:21:09.024000Z")
    assert (said["end_datetime"], item["stac_version"]) == ("2022-03-06T10:21:09.024000Z", "1.1.0")
    assert said["description"] == hit.summary and said["imagery_watch:kind"] == "arrival"
    assert said["processing:software"] == {"imagery-watch": "unknown", "numpy": "2"}
    assert said["imagery_watch:before_items"] == ["S2A_1", "S2A_2"]
    assert said["attribution"] == "Contains modified Copernicus Sentinel data 2022"
    assert not item["properties"]["title"].startswith("SIMULATED")


def test_its_place_is_the_square_that_the_images_show() -> None:
    result = make_told_result()
    item, hit = item_of(result), result.hits[0]
    west, south, east, north = item["bbox"]
    assert west < hit.lon < east and south < hit.lat < north
    [ring] = item["geometry"]["coordinates"]
    assert ring[0] == ring[-1] and len(ring) == 5
    image = item["assets"]["before"]
    left, top = image["proj:transform"][2], image["proj:transform"][5]
    assert (hit.x - left, top - hit.y) == (pytest.approx(105), pytest.approx(105))
    assert (image["proj:code"], image["proj:shape"]) == ("EPSG:32632", [21, 21])


def test_it_is_derived_from_the_items_whose_place_is_known() -> None:
    result = make_told_result()
    hit = result.hits[0]
    before = PassOutcome(hit.before_pass, "scored", hit.before, 22, ("S2A_1", "S2A_2"), (f"{API}/S2A_1", None))
    after = PassOutcome(hit.after_pass, "scored", hit.after, 22, ("S2B_1",), (f"{API}/S2B_1",))
    known = replace(result, provenance=make_provenance(passes=(before, after)))
    links = [link for link in item_of(known)["links"] if link["rel"] == "derived_from"]
    assert [(link["href"], link["title"]) for link in links] == [
        (f"{API}/S2A_1", "S2A_1"), (f"{API}/S2B_1", "S2B_1"),
    ]  # fmt: skip
    unknown = replace(known, provenance=make_provenance(passes=(replace(before, links=()),)))
    assert not [link for link in item_of(unknown)["links"] if link["rel"] == "derived_from"]


def test_a_hit_without_images_is_a_point() -> None:
    item = item_of(replace(make_result(), chips=()))
    assert item["geometry"]["type"] == "Point" and item["bbox"][:2] == item["bbox"][2:]
    assert item["assets"] == {} and "proj:code" not in item["properties"]


def test_the_collection_covers_looks_aprons_and_items_and_says_what_was_made() -> None:
    result = make_told_result()
    made = replace(result, provenance=make_provenance(simulated=True))
    collection = told(made)["stac/collection.json"]
    assert collection["description"].startswith("SIMULATED, nothing here was observed.")
    assert collection["extent"]["temporal"]["interval"] == [
        ["2022-03-01T10:21:09.024000Z", "2022-03-16T10:21:09.024000Z"]
    ]
    [box] = collection["extent"]["spatial"]["bbox"]
    west, south, east, north = result.airfield.bounds
    assert (
        box[0] <= round(west, 7)
        and box[1] <= round(south, 7)
        and box[2] >= round(east, 7)
        and box[3] >= round(north, 7)
    )
    empty = told(replace(make_result(0), looks=()))["stac/collection.json"]
    assert empty["extent"]["temporal"]["interval"] == [[None, None]]
    simulated = replace(make_result(), hits=(make_hit(simulated=True),))
    assert item_of(simulated)["properties"]["title"].startswith("SIMULATED")


def test_hostile_ids_stay_below_the_items_folder() -> None:
    result = replace(make_result(), hits=(make_hit(id="../../collection"),))
    names = [*to_stac(result, {})]
    assert [name.count("/") for name in names] == [1, 2] and ".." not in names[1]
