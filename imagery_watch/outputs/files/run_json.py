"""`run.json`: how a run came about and what was found in numbers; written, and read back."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from imagery_watch.model import Chance, Occupancy, Provenance, RunResult, SourceNote
from imagery_watch.outputs.values import dump, load, pick
from imagery_watch.outputs.wording.summaries import result_counts

SCHEMA_VERSION = 2
"""Of `run.json`; grows when a reader of it would have to change."""
PROVENANCE_ORDER = (
    "software",
    "created",
    "command",
    "airfield",
    "catalog",
    "sensor",
    "bands",
    "period",
    "grid",
    "ring_km2",
    "settings",
    "calibration",
    "counts",
    "passes",
    "warnings",
    "incomplete",
    "incomplete_listing",
    "simulated",
    "simulated_note",
    "truth",
)
FOUND = ("hits", "stays", "looks")
"""Members of `counts` that say what was found; the others are the run's own."""
OCCUPANCY: dict[str, int | None] = {"apron": None, "datetime": None, "standing": None, "usual": None, "surplus": None}
CHANCE: dict[str, int | None] = {"apron": None, "since": None, "until": None, "hours": None, "probability": 4}
SOURCE = ("pass_id", "item", "band", "href", "etag", "size", "sha256")
WHY_NOT = ("not_used", "reason_code")
"""Members of a pass that are absent where it was used."""


def run_record(result: RunResult, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """`run.json`: the provenance, what was found in numbers, surplus, chances, sources, hashes of the other files."""
    ours = {
        "hits": sum(hit.status != "withdrawn" for hit in result.hits),
        "stays": len(result.stays),
        "looks": result_counts(result.looks),
    }
    provenance = provenance_record(result.provenance)
    return {
        "schema_version": SCHEMA_VERSION,
        **provenance,
        "counts": provenance["counts"] | ours,
        "occupancy": [occupancy_properties(one) for one in result.occupancy],
        "chances": [chance_properties(one) for one in result.chances],
        "sources": [dump(one) for one in result.sources],
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())},
    }


def provenance_record(provenance: Provenance) -> dict[str, Any]:
    """How a run came about, as `run.json` says it."""
    told = dump(provenance) | {"incomplete": provenance.incomplete}
    passes = [
        {name: value for name, value in row.items() if value is not None or name not in WHY_NOT}
        for row in told["passes"]
    ]
    return {name: passes if name == "passes" else told[name] for name in PROVENANCE_ORDER}


def parse_provenance(record: Mapping[str, Any]) -> Provenance:
    """The provenance that a record holds, of an older version too.

    Raises ValueError, TypeError or AttributeError for what is none.
    """
    counts = {name: number for name, number in record.get("counts", {}).items() if name not in FOUND}
    return load(Provenance, {**record, "counts": counts})


def occupancy_properties(one: Occupancy) -> dict[str, Any]:
    """One row of `occupancy` in `run.json`."""
    return pick(dump(one) | {"surplus": one.surplus}, OCCUPANCY)


def chance_properties(one: Chance) -> dict[str, Any]:
    """One row of `chances` in `run.json`."""
    return pick(dump(one), CHANCE)


def parse_occupancy(record: Mapping[str, Any]) -> tuple[Occupancy, ...]:
    """The surplus that a record holds; none where an older version wrote it. Raises ValueError or TypeError."""
    return tuple(load(Occupancy, row) for row in _rows(record, "occupancy"))


def parse_chances(record: Mapping[str, Any]) -> tuple[Chance, ...]:
    """The chances that a record holds; none where an older version wrote it. Raises ValueError or TypeError."""
    return tuple(load(Chance, row) for row in _rows(record, "chances"))


def parse_sources(record: Mapping[str, Any]) -> tuple[SourceNote, ...]:
    """The windows that a record vouches for; none where an older version, or `monitor`, wrote it. Raises ValueError."""
    return tuple(load(SourceNote, row) for row in _rows(record, "sources"))


def _rows(record: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    rows: Iterable[Mapping[str, Any]] = record.get(name, ())
    return rows
