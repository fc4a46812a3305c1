"""The schemas in `docs/schema/`, made from the types and their docstrings: `python -m ...schemas docs/schema`.

JSON Schema 2020-12 for the JSON files of a run, a Frictionless Table Schema for `looks.csv`.
"""

import ast
import inspect
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from textwrap import dedent
from typing import Any, get_type_hints

from imagery_watch.model import (
    AirfieldNote,
    CalibrationNote,
    Chance,
    Evidence,
    GridNote,
    Hit,
    Look,
    Occupancy,
    PassOutcome,
    PeriodNote,
    Provenance,
    SourceNote,
    Stay,
)
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import (
    Corroborated,
    Corroboration,
    GroundStay,
    LookAt,
    Match,
    Segment,
    TrackFile,
    TrackTold,
)
from imagery_watch.model.flight import CoverageCell, Fix, Movement
from imagery_watch.outputs.files.atomic import write_text
from imagery_watch.outputs.files.run_json import CHANCE, OCCUPANCY, PROVENANCE_ORDER, SCHEMA_VERSION, SOURCE, WHY_NOT
from imagery_watch.outputs.properties import CORROBORATION, HIT_PROPERTIES, LOOK_COLUMNS, STAY_PROPERTIES
from imagery_watch.outputs.properties import CORROBORATION_VERSION as JOINED_VERSION
from imagery_watch.outputs.values import dump_json, json_schema_of
from imagery_watch.outputs.wording.summaries import RESULTS
from imagery_watch.reasons import ReasonCode

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NESTED = (
    Evidence,
    AirfieldNote,
    CalibrationNote,
    GridNote,
    PassOutcome,
    PeriodNote,
    AircraftSize,
    Corroborated,
    CoverageCell,
    Fix,
    GroundStay,
    LookAt,
    Match,
    Movement,
    Segment,
    TrackFile,
    TrackTold,
)
"""Types that are fields of others."""
SPACED = "; several are separated by a space"
NEVER_EMPTY = ("airfield", "apron", "datetime", "item_ids", "sensor", "result")
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def write_schemas(folder: Path) -> list[Path]:
    """Writes the five schemas into a folder and returns their paths. Raises StoreError where one cannot be written."""
    paths = []
    for name, schema in make_schemas().items():
        write_text(folder / name, dump_json(schema))
        paths.append(folder / name)
    return paths


def make_schemas() -> dict[str, Schema]:
    """The schemas by file name."""
    return {
        "hits.schema.json": _collection(Hit, HIT_PROPERTIES, "hits", "hits.geojson"),
        "stays.schema.json": _collection(Stay, STAY_PROPERTIES, "stays", "stays.geojson"),
        "looks.schema.json": _table(),
        "run.schema.json": _run(),
        "corroboration.schema.json": _corroboration(),
    }


def describe_fields(kind: type[Any]) -> dict[str, str]:
    """The docstring of each field and property of a class, on one line."""
    [body] = [node.body for node in ast.parse(dedent(inspect.getsource(kind))).body if isinstance(node, ast.ClassDef)]
    told = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(after, ast.Expr):
            told[node.target.id] = str(ast.literal_eval(after.value))
        elif isinstance(node, ast.FunctionDef):
            told[node.name] = ast.get_docstring(node) or ""
    return {name: " ".join(text.split()) for name, text in told.items()}


def _collection(kind: type[Any], columns: Iterable[str], noun: str, file: str) -> Schema:
    """The schema of a GeoJSON file with one Point for each value of a type."""
    properties, definitions = _object(kind, columns)
    position = {"type": "array", "prefixItems": [_number(-180, 180), _number(-90, 90)], "minItems": 2, "maxItems": 2}
    point = _members({"type": {"const": "Point"}, "coordinates": position})
    feature = _members(
        {"type": {"const": "Feature"}, "id": {"type": "string"}, "geometry": point, "properties": properties}
    )
    note = {"type": "string", "description": "Present where any pixel was made: what was made, and from what."}
    members = _members(
        {
            "type": {"const": "FeatureCollection"},
            "attribution": {"type": "string", "description": f"The credits that whoever shows the {noun} owes."},
            "features": {"type": "array", "items": feature},
        }
    )
    members["properties"]["simulated_note"] = note
    return _document(file, _first_line(kind), members, definitions)


def _run() -> Schema:
    """The schema of `run.json`."""
    provenance, definitions = _object(Provenance, PROVENANCE_ORDER)
    definitions["PassOutcome"]["required"] = [
        name for name in definitions["PassOutcome"]["required"] if name not in WHY_NOT
    ]
    occupancy, chance = _object(Occupancy, OCCUPANCY)[0], _object(Chance, CHANCE)[0]
    source = _object(SourceNote, SOURCE)[0]
    looks = _members({name: {"type": "integer"} for name in RESULTS})
    counts = _members({"hits": {"type": "integer"}, "stays": {"type": "integer"}, "looks": looks})
    about = provenance["properties"]["counts"]["description"].rstrip(".")
    members = {
        "schema_version": {"const": SCHEMA_VERSION, "description": "Grows when a reader would have to change."},
        **provenance["properties"],
        "counts": {
            **counts,
            "additionalProperties": {"type": "integer"},
            "description": f"{about}; hits and stays found, and looks by result.",
        },
        "occupancy": {"type": "array", "items": occupancy, "description": "How full the aprons were, look by look."},
        "chances": {"type": "array", "items": chance, "description": "How likely a stay was to be seen at all."},
        "sources": {
            "type": "array",
            "items": source,
            "description": "Every window of pixels that was read, and its file; none of what `monitor` writes.",
        },
        "files": {
            "type": "object",
            "additionalProperties": SHA256,
            "description": "SHA-256 of every other file of the folder, by its name.",
        },
    }
    return _document("run.json", _first_line(Provenance), _members(members), definitions)


def _corroboration() -> Schema:
    """The schema of `corroboration.json`."""
    whole, definitions = _object(Corroboration, [one.name for one in fields(Corroboration)])
    version = {"const": JOINED_VERSION, "description": "Grows when a reader would have to change."}
    return _document(
        CORROBORATION,
        _first_line(Corroboration),
        _members({"schema_version": version, **whole["properties"]}),
        definitions,
    )


def _table() -> Schema:
    """The Table Schema of `looks.csv`."""
    described, _ = _object(Look, [name for name in LOOK_COLUMNS if name != "reason_code"])
    codes = "|".join(code.value for code in ReasonCode)
    code = {
        "name": "reason_code",
        "type": "string",
        "description": describe_fields(Look)["reason_codes"].rstrip(".") + f"{SPACED}.",
        "constraints": {"pattern": f"^(({codes})( ({codes}))*)?$"},
    }
    fields = [_column(name, schema) for name, schema in described["properties"].items()]
    return {
        "$id": "looks.schema.json",
        "title": "looks.csv",
        "description": _first_line(Look),
        "fields": [*fields, code],
        "missingValues": [""],
        "primaryKey": ["apron", "datetime", "item_ids"],
    }


def _column(name: str, schema: Schema) -> Schema:
    """One column of a table out of the JSON Schema of the same field."""
    kinds = [member for member in schema.get("anyOf", [schema]) if member.get("type") != "null"]
    kind = kinds[0]
    listed = kind["type"] == "array"
    text = "string" if listed else "datetime" if kind.get("format") == "date-time" else kind["type"]
    constraints = {"required": name in NEVER_EMPTY} | ({"enum": kind["enum"]} if "enum" in kind else {})
    description = schema["description"].rstrip(".") + (f"{SPACED}." if listed else ".")
    return {"name": name, "type": text, "description": description, "constraints": constraints}


def _object(kind: type[Any], names: Iterable[str]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of an object with these fields and properties of a type, all of them there; and its definitions."""
    whole = _plain(json_schema_of(kind))
    told = describe_fields(kind)
    known = {name: whole["properties"].get(name) or _of_property(kind, name) for name in names}
    members = {name: {**schema, "description": told[name]} for name, schema in known.items()}
    return _members(members), {name: _described(name, schema) for name, schema in whole.get("$defs", {}).items()}


def _described(name: str, schema: Schema) -> Schema:
    """A definition with the docstrings of its type, every member of which is there."""
    kind = next((kind for kind in NESTED if kind.__name__ == name), None)
    if kind is None:
        return schema
    told = describe_fields(kind)
    members = {field: {**one, "description": told[field]} for field, one in schema["properties"].items()}
    return {**_members(members), "description": _first_line(kind)}


def _of_property(kind: type[Any], name: str) -> Schema:
    """The schema of what a property of a class returns."""
    getter = getattr(kind, name).fget
    return _plain(json_schema_of(get_type_hints(getter)["return"]))


def _plain(schema: Any) -> Any:
    """The schema without titles, which say a name again, and without defaults, which no written file leaves out."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _plain(one) for name, one in value.items()} if key in ("properties", "$defs") else _plain(value)
        for key, value in schema.items()
        if key not in ("title", "default")
    }


def _members(properties: dict[str, Schema]) -> Schema:
    """An object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


def _first_line(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").splitlines()[0]


def _document(file: str, description: str, members: Schema, definitions: dict[str, Schema]) -> Schema:
    stem = file.partition(".")[0]
    head = {"$schema": DRAFT, "$id": f"{stem}.schema.json", "title": file, "description": description}
    return head | members | ({"$defs": definitions} if definitions else {})


if __name__ == "__main__":
    for written in write_schemas(Path(sys.argv[1])):
        sys.stdout.write(f"{written}\n")
