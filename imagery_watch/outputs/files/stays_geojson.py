"""`stays.geojson`: one Point a stay, property for property the contract; written, and read back."""

import math
from collections.abc import Mapping
from typing import Any

from imagery_watch.model import RunResult, Stay
from imagery_watch.outputs.files.hits_geojson import collection_of, point_feature
from imagery_watch.outputs.values import dump, load, pick

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
}
"""The contract's properties in its order, then where it may have been moved; the digits of what is rounded."""


def stays_geojson(result: RunResult) -> dict[str, Any]:
    """The FeatureCollection of the stays, sorted by first look then id, with the members of `hits.geojson`'s."""
    stays = sorted(result.stays, key=lambda stay: (stay.seen_from, stay.id))
    return collection_of(result, [stay_feature(stay) for stay in stays])


def stay_feature(stay: Stay) -> dict[str, Any]:
    """One Feature: a Point at the middle of the aircraft."""
    return point_feature(stay.id, stay.lon, stay.lat, stay_properties(stay))


def stay_properties(stay: Stay) -> dict[str, Any]:
    """The properties of one stay, in the contract's order; the dwell times rounded outward, for they are bounds."""
    longest = stay.dwell_max_hours
    bounds = {
        "dwell_min_hours": math.floor(100 * stay.dwell_min_hours) / 100,
        "dwell_max_hours": None if longest is None else math.ceil(100 * longest) / 100,
    }
    return pick(dump(stay) | bounds, STAY_PROPERTIES)


def parse_stay(feature: Mapping[str, Any], passes: Mapping[str, str]) -> Stay:
    """The stay of a Feature; `passes` has the ids of passes by time, as the file writes it, as far as they are known.

    Raises ValueError, KeyError or TypeError for what is no stay.
    """
    lon, lat = feature["geometry"]["coordinates"][:2]
    told = feature["properties"]
    ids = {"first_pass": passes.get(told["seen_from"], ""), "last_pass": passes.get(told["seen_to"], "")}
    return load(Stay, {**told, **ids, "lon": lon, "lat": lat})
