"""`stays.geojson`: one Point a stay, property for property the contract; written, and read back."""

from collections.abc import Mapping
from typing import Any

from imagery_watch.model import RunResult, Stay
from imagery_watch.outputs.files.hits_geojson import collection_of, point_feature
from imagery_watch.outputs.properties import stay_properties
from imagery_watch.outputs.values import load


def stays_geojson(result: RunResult) -> dict[str, Any]:
    """The FeatureCollection of the stays, sorted by first look then id, with the members of `hits.geojson`'s."""
    stays = sorted(result.stays, key=lambda stay: (stay.seen_from, stay.id))
    return collection_of(result, [stay_feature(stay) for stay in stays])


def stay_feature(stay: Stay) -> dict[str, Any]:
    """One Feature: a Point at the middle of the aircraft."""
    return point_feature(stay.id, stay.lon, stay.lat, stay_properties(stay))


def parse_stay(feature: Mapping[str, Any], passes: Mapping[str, str]) -> Stay:
    """The stay of a Feature; `passes` has the ids of passes by time, as the file writes it, as far as they are known.

    Raises ValueError, KeyError or TypeError for what is no stay.
    """
    lon, lat = feature["geometry"]["coordinates"][:2]
    told = feature["properties"]
    ids = {"first_pass": passes.get(told["seen_from"], ""), "last_pass": passes.get(told["seen_to"], "")}
    return load(Stay, {**told, **ids, "lon": lon, "lat": lat})
