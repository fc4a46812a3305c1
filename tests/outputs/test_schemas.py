"""The schemas in `docs/schema/`: made from the types, and able to tell right from wrong."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.schemas import SCHEMAS, check_folder, check_json, check_table, load_schema

from imagery_watch.model import Evidence, Hit
from imagery_watch.outputs.files.export import write_outputs
from imagery_watch.outputs.files.looks_csv import COLUMNS
from imagery_watch.outputs.properties import HIT_PROPERTIES
from imagery_watch.outputs.schemas import describe_fields, make_schemas, write_schemas
from imagery_watch.outputs.values import dump_json
from outputs.builders import make_chance, make_hit, make_look, make_occupancy, make_result, make_stay

COMMAND = "run: python -m imagery_watch.outputs.schemas docs/schema"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder in which everything is told."""
    hits = (make_hit(1, evidence=(Evidence("review", "confirmed", "Seen."),), probability=0.5, object="aircraft"),)
    found: dict[str, Any] = {"stays": (make_stay(),), "occupancy": (make_occupancy(),), "chances": (make_chance(),)}
    write_outputs(replace(make_result(1), hits=hits, **found), tmp_path)
    return tmp_path


def test_the_committed_schemas_are_those_of_the_types() -> None:
    made = {name: dump_json(schema) for name, schema in make_schemas().items()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")}
    assert kept == made, COMMAND


def test_they_are_written_to_a_folder(tmp_path: Path) -> None:
    assert sorted(path.name for path in write_schemas(tmp_path / "new")) == sorted(make_schemas())
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(make_schemas())


@pytest.mark.parametrize("stem", ["hits", "stays", "run", "corroboration"])
def test_each_is_a_schema_whose_every_member_is_described(stem: str) -> None:
    schema = load_schema(stem)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{stem}.schema.json"
    properties = schema["properties"]
    if stem in ("hits", "stays"):
        properties = properties["features"]["items"]["properties"]["properties"]["properties"]
    described = [properties, *(one["properties"] for one in schema.get("$defs", {}).values() if "properties" in one)]
    assert [name for group in described for name, one in group.items() if len(one.get("description", "")) < 4] == []


def test_the_table_names_the_contracts_columns_in_order() -> None:
    fields = load_schema("looks")["fields"]
    assert tuple(field["name"] for field in fields) == COLUMNS
    assert all(len(field["description"]) > 10 for field in fields)
    assert {field["name"]: field["type"] for field in fields}["datetime"] == "datetime"


def test_every_field_of_a_hit_has_its_sentence() -> None:
    told = describe_fields(Hit)
    assert all(told[name] for name in HIT_PROPERTIES)
    assert told["lon"] == "Degrees WGS84, of the middle of the object."


def test_what_is_written_is_what_they_say(folder: Path) -> None:
    check_folder(folder)


WRONG_HITS: list[dict[str, Any]] = [
    {"kind": "landing"},
    {"score": "high"},
    {"probability": "likely"},
    {"before": "2022-03-01T10:21:09"},
    {"before": "soon"},
    {"status": "gone"},
    {"object": "tank"},
    {"simulated": None},
    {"evidence": [{"source": "review"}]},
    {"before_items": None},
]


@pytest.mark.parametrize("wrong", WRONG_HITS, ids=str)
def test_a_wrong_property_is_told(wrong: dict[str, Any], folder: Path) -> None:
    path = folder / "hits.geojson"
    collection = json.loads(path.read_text())
    collection["features"][0]["properties"] |= wrong
    path.write_text(json.dumps(collection))
    with pytest.raises(AssertionError, match=next(iter(wrong))):
        check_json(path, "hits")


@pytest.mark.parametrize("name", ["id", "summary", "evidence", "p_change"])
def test_a_missing_property_is_told(name: str, folder: Path) -> None:
    path = folder / "hits.geojson"
    collection = json.loads(path.read_text())
    del collection["features"][0]["properties"][name]
    path.write_text(json.dumps(collection))
    with pytest.raises(AssertionError, match=name):
        check_json(path, "hits")


@pytest.mark.parametrize("name", ["schema_version", "grid", "occupancy", "files"])
def test_a_missing_member_of_the_record_is_told(name: str, folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    del record[name]
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(AssertionError, match=name):
        check_json(folder / "run.json", "run")


@pytest.mark.parametrize(
    ("column", "cell"), [("result", "maybe"), ("visible_fraction", "most"), ("apron", ""), ("reason_code", "because")]
)
def test_a_wrong_cell_is_told(column: str, cell: str) -> None:
    from imagery_watch.outputs.files.looks_csv import looks_csv

    rows = list(csv.reader(io.StringIO(looks_csv([make_look()]))))
    check_table("\n".join(",".join(row) for row in rows))
    rows[1][COLUMNS.index(column)] = cell
    with pytest.raises((AssertionError, ValueError)):
        check_table("\n".join(",".join(row) for row in rows))
