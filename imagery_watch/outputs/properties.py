"""What the files tell of hits, stays, looks and tracks: the contract's names in order, and values as JSON has them."""

import math
from collections.abc import Mapping
from typing import Any

from imagery_watch.model import Hit, Look, Stay
from imagery_watch.model.corroboration import Corroboration
from imagery_watch.outputs.values import dump, load, pick

HIT_PROPERTIES: dict[str, int | None] = {
    "id": None,
    "airfield": None,
    "apron": None,
    "kind": None,
    "before": None,
    "after": None,
    "before_items": None,
    "after_items": None,
    "score": 3,
    "false_alarms_per_year": 4,
    "probability": 4,
    "p_change": 4,
    "object": None,
    "length_m": 1,
    "length_low_m": 1,
    "length_high_m": 1,
    "size_class": None,
    "heading_deg": 1,
    "sensor": None,
    "status": None,
    "chip": None,
    "summary": None,
    "simulated": None,
    "evidence": None,
    "late": None,
}
"""The contract's properties in its order, and the digits of those that are rounded."""
STAY_PROPERTIES: dict[str, int | None] = {
    "id": None,
    "airfield": None,
    "apron": None,
    "arrival_hit": None,
    "not_before": None,
    "seen_from": None,
    "seen_to": None,
    "departure_hit": None,
    "not_after": None,
    "dwell_min_hours": None,
    "dwell_max_hours": None,
    "length_m": 1,
    "moved_from": None,
    "moved_to": None,
    "simulated": None,
    "evidence": None,
}
"""The contract's properties in its order, then what was added to them; the digits of what is rounded."""
LOOK_COLUMNS: dict[str, int | None] = {
    "airfield": None,
    "apron": None,
    "datetime": None,
    "item_ids": None,
    "sensor": None,
    "relative_orbit": None,
    "result": None,
    "visible_fraction": 3,
    "smallest_detectable_m": 1,
    "registration_error_px": 3,
    "reason": None,
    "reason_code": None,
}
"""The contract's columns in its order, and the digits of those that are rounded."""
CORROBORATION, CORROBORATION_VERSION = "corroboration.json", 1
"""The file of flight tracks held against a run, and the version of its schema."""


def hit_properties(hit: Hit) -> dict[str, Any]:
    """The properties of one hit, in the contract's order."""
    return pick(dump(hit) | {"size_class": hit.size_class}, HIT_PROPERTIES)


def stay_properties(stay: Stay) -> dict[str, Any]:
    """The properties of one stay, in the contract's order; the dwell times rounded outward, for they are bounds."""
    longest = stay.dwell_max_hours
    bounds = {
        "dwell_min_hours": math.floor(100 * stay.dwell_min_hours) / 100,
        "dwell_max_hours": None if longest is None else math.ceil(100 * longest) / 100,
    }
    return pick(dump(stay) | bounds, STAY_PROPERTIES)


def look_row(look: Look) -> dict[str, Any]:
    """The columns of one look, lists still lists."""
    return pick(dump(look) | {"reason_code": list(look.reason_codes)}, LOOK_COLUMNS)


def corroboration_record(told: Corroboration) -> dict[str, Any]:
    """The members of `corroboration.json`, the version of its schema first."""
    return {"schema_version": CORROBORATION_VERSION, **dump(told)}


def parse_corroboration(record: Mapping[str, Any]) -> Corroboration:
    """The value that such a file holds. Raises ValueError, TypeError or KeyError for what is none."""
    return load(Corroboration, record)
