"""Tables of one kind of thing each, as every format takes them: columns with their kinds, rows without lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

ColumnKind = Literal["text", "number", "whole", "flag", "time"]
ShapeKind = Literal["POINT", "MULTILINESTRING", "MULTIPOLYGON"]

_KINDS: dict[str, ColumnKind] = {
    **dict.fromkeys(("before", "after", "datetime", "first_seen"), "time"),
    **dict.fromkeys(("not_before", "seen_from", "seen_to", "not_after"), "time"),
    **dict.fromkeys(("lon", "lat", "dwell_min_hours", "dwell_max_hours"), "number"),
    **dict.fromkeys(("simulated", "late"), "flag"),
    "relative_orbit": "whole",
}
"""Of columns whose numbers are not rounded, or that are no numbers; all others are text."""


@dataclass(frozen=True)
class Table:
    """Rows with or without a shape, WGS84 lon/lat."""

    name: str
    about: str
    """What is in it, and whom to thank."""
    columns: Mapping[str, ColumnKind]
    rows: tuple[Mapping[str, Any], ...]
    """By column: text, numbers, booleans, times as ISO 8601 text with a zone; None where nothing is known."""
    shapes: tuple[BaseGeometry, ...] = ()
    """One a row; none where `shape_kind` is None."""
    shape_kind: ShapeKind | None = None


def columns_of(names: Mapping[str, int | None] | Sequence[str]) -> dict[str, ColumnKind]:
    """Names with their kinds; a name that has a number of digits is a number."""
    digits = names if isinstance(names, Mapping) else dict.fromkeys(names)
    return {name: "number" if digits[name] is not None else _KINDS.get(name, "text") for name in digits}


def flatten(told: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a hit, a stay or a look without lists: names with a space between, sentences with `; `."""
    return {name: _flat(value) for name, value in told.items()}


def _flat(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if all(isinstance(one, dict) for one in value):
        return "; ".join(one["statement"] for one in value)
    return " ".join(value)
