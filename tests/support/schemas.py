"""Every folder that a test's run writes is held against the schemas in `docs/schema/`."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"
KINDS: dict[str, Any] = {"string": str, "integer": int, "number": float, "datetime": datetime.fromisoformat}


@cache
def load_schema(stem: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{stem}.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator(stem: str) -> jsonschema.Draft202012Validator:
    checker = jsonschema.FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(_is_utc)
    return jsonschema.Draft202012Validator(_closed(load_schema(stem)), format_checker=checker)


def _closed(schema: Any) -> Any:
    """The schema, its objects without members that it does not name: the contract is open, what we write is not."""
    if isinstance(schema, list):
        return [_closed(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(member) for name, member in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def _is_utc(text: object) -> bool:
    return not isinstance(text, str) or (text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None)


def check_json(path: Path, stem: str) -> None:
    """Asserts that a file is what its schema says."""
    errors = list(_validator(stem).iter_errors(json.loads(path.read_text(encoding="utf-8"))))
    assert not errors, f"{path}: " + "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors[:5])


def check_table(text: str) -> None:
    """Asserts that a table is what the schema of looks says, cell by cell."""
    fields = load_schema("looks")["fields"]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == [field["name"] for field in fields]
    for row in rows[1:]:
        for field, cell in zip(fields, row, strict=True):
            _check_cell(field, cell)


def _check_cell(field: dict[str, Any], cell: str) -> None:
    constraints, name = field["constraints"], field["name"]
    assert cell or not constraints.get("required"), f"{name} is empty"
    if cell:
        KINDS[field["type"]](cell)
        assert cell in constraints.get("enum", [cell]), f"{name}: {cell}"
        assert re.fullmatch(constraints.get("pattern", ".*"), cell), f"{name}: {cell}"


def check_folder(folder: Path) -> None:
    """Asserts that every file of a run's folder is what its schema says."""
    for stem, name in (("hits", "hits.geojson"), ("stays", "stays.geojson"), ("run", "run.json")):
        check_json(folder / name, stem)
    if (folder / "corroboration.json").exists():
        check_json(folder / "corroboration.json", "corroboration")
    check_table((folder / "looks.csv").read_text(encoding="utf-8"))


def check_below(folder: Path) -> None:
    """Asserts the same of every run's folder below one, and of every new hit that was handed on."""
    for path in folder.rglob("run.json"):
        check_folder(path.parent)
    for path in folder.rglob("new-hits/*.geojson"):
        check_json(path, "hits")


@contextmanager
def checking_what_is_written() -> Iterator[None]:
    """While it is open, whatever `write_outputs` completes in this process, and new hits, are checked at once."""
    from imagery_watch.monitor import dispatch
    from imagery_watch.outputs.files import export

    write_bytes, write_text = export.write_bytes, dispatch.write_text

    def write_and_check(path: Path, data: bytes) -> None:
        write_bytes(path, data)
        if path.name == "run.json":  # the last file of a folder
            check_folder(path.parent)

    def hand_on_and_check(path: Path, text: str) -> None:
        write_text(path, text)
        check_json(path, "hits")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "write_bytes", write_and_check)
        patch.setattr(dispatch, "write_text", hand_on_and_check)
        yield
