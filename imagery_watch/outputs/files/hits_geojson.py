"""`hits.geojson`: RFC 7946, one Point a hit, property for property the contract; written, and read back."""

from collections.abc import Mapping
from typing import Any

from imagery_watch.model import Hit, RunResult
from imagery_watch.outputs.properties import hit_properties
from imagery_watch.outputs.values import load
from imagery_watch.outputs.wording.credits import attribution
from imagery_watch.outputs.wording.text import rounded

SIMULATED = "Simulated imagery."
_NOWHERE = float("nan")


def hits_geojson(result: RunResult) -> dict[str, Any]:
    """The FeatureCollection of the hits, sorted by time then id; WGS84 lon/lat; null where nothing is known.

    Members beside `type` and `features`: `attribution`, and `simulated_note` where the imagery is simulated,
    so that a file that is passed on alone still says what it is.
    """
    hits = sorted(result.hits, key=lambda hit: (hit.after, hit.id))
    return collection_of(result, [hit_feature(hit) for hit in hits])


def collection_of(result: RunResult, features: list[dict[str, Any]]) -> dict[str, Any]:
    """A FeatureCollection with what a file that is passed on alone must say of itself."""
    collection: dict[str, Any] = {"type": "FeatureCollection", "attribution": attribution(result)}
    if result.provenance.simulated:
        collection["simulated_note"] = result.provenance.simulated_note or SIMULATED
    return collection | {"features": features}


def hit_feature(hit: Hit) -> dict[str, Any]:
    """One Feature: a Point at the middle of the aircraft."""
    return point_feature(hit.id, hit.lon, hit.lat, hit_properties(hit))


def point_feature(feature_id: str, lon: float, lat: float, properties: dict[str, Any]) -> dict[str, Any]:
    """A Feature that is a Point, to about a centimetre."""
    point = {"type": "Point", "coordinates": [rounded(lon, 7), rounded(lat, 7)]}
    return {"type": "Feature", "id": feature_id, "geometry": point, "properties": properties}


def parse_hit(feature: Mapping[str, Any], passes: Mapping[str, str]) -> Hit:
    """The hit of a Feature; `passes` has the ids of passes by time, as the file writes it, as far as they are known.

    The place on the Grid is not in the file. Raises ValueError, KeyError or TypeError for what is no hit.
    """
    lon, lat = feature["geometry"]["coordinates"][:2]
    told = feature["properties"]
    ids = {f"{end}_pass": passes.get(told[end], "") for end in ("before", "after")}
    return load(Hit, {**told, **ids, "lon": lon, "lat": lat, "x": _NOWHERE, "y": _NOWHERE})
