"""Values as JSON knows them, and back: one pydantic adapter a type, the only place where fields are spelled out.

`hits.geojson`, `stays.geojson`, `looks.csv`, `run.json` and the record all take their values from here.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from imagery_watch.outputs.wording.text import BIDI, rounded

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")


_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029" + "".join(sorted(BIDI)) + "]")
"""What JSON may hold as it is, and a terminal must not: DEL and the C1 controls, line ends, directions."""

_ADAPTERS: dict[type[Any], "TypeAdapter[Any]"] = {}


def _adapter(kind: type[Any]) -> "TypeAdapter[Any]":
    """The adapter of a type, made on first use, for pydantic takes its time."""
    if kind not in _ADAPTERS:
        from pydantic import TypeAdapter

        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def dump(value: Any) -> dict[str, Any]:
    """The fields of a model's value by name, in its order: times as UTC ISO 8601 text, tuples as lists, NaN as null."""
    told = _adapter(type(value)).dump_python(_in_utc(value), mode="json", warnings=False)
    return cast(dict[str, Any], _finite(told))


def load(kind: type[_T], told: Mapping[str, Any]) -> _T:
    """The value with these fields, checked; names that the type does not have are passed over.

    Raises ValueError for a field that is missing, of another type, or a time without a zone.
    """
    value: _T = _in_utc(_adapter(kind).validate_python(dict(told)))
    return value


def moment(text: str) -> datetime:
    """An aware UTC time as the files write it. Raises ValueError for one without a zone."""
    return _aware(datetime.fromisoformat(text))


def pick(told: Mapping[str, Any], columns: Mapping[str, int | None]) -> dict[str, Any]:
    """The named members in the columns' order, numbers rounded to the column's digits where it has any."""
    return {
        name: told[name] if digits is None or told[name] is None else rounded(told[name], digits)
        for name, digits in columns.items()
    }


def json_schema_of(kind: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a type as `dump` writes its values."""
    return _adapter(kind).json_schema(mode="serialization")


def dump_json(value: Any) -> str:
    """JSON as this package writes it: two spaces, real letters, a line end; NaN is refused.

    Controls beyond ASCII, which terminals obey, and what turns the order of reading are written as escapes.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _finite(value: Any) -> Any:
    """The value with None for every number in it that JSON has no word for."""
    if isinstance(value, dict):
        return {name: _finite(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_finite(member) for member in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _in_utc(value: Any) -> Any:
    """The value with every time in it in UTC, however deep."""
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, tuple):
        return tuple(_in_utc(member) for member in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    told = {field.name: getattr(value, field.name) for field in fields(value)}
    changed = {name: new for name, member in told.items() if (new := _in_utc(member)) is not member}
    return replace(value, **changed) if changed else value


def _aware(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"{when}: a time without a zone")
    return when.astimezone(UTC)
