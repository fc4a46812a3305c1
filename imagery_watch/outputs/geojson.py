"""`hits.geojson`: RFC 7946, one Point a hit, property for property the contract."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagery_watch.model import Hit, RunResult
from imagery_watch.outputs.credits import attribution
from imagery_watch.outputs.text import iso, rounded, slug


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
    if result.provenance.get("simulated"):
        collection["simulated_note"] = str(result.provenance.get("simulated_note") or "Simulated imagery.")
    return collection | {"features": features}


def hit_feature(hit: Hit) -> dict[str, Any]:
    """One Feature: a Point at the middle of the aircraft."""
    point = {"type": "Point", "coordinates": [rounded(hit.lon, 7), rounded(hit.lat, 7)]}
    return {"type": "Feature", "id": hit.id, "geometry": point, "properties": hit_properties(hit)}


def hit_properties(hit: Hit) -> dict[str, Any]:
    """The properties of one hit, in the contract's order."""
    return {
        "id": hit.id,
        "airfield": hit.airfield,
        "apron": hit.apron,
        "kind": hit.kind,
        "before": iso(hit.before),
        "after": iso(hit.after),
        "before_items": list(hit.before_items),
        "after_items": list(hit.after_items),
        "score": rounded(hit.score, 3),
        "false_alarms_per_year": rounded(hit.false_alarms_per_year, 4),
        "probability": rounded(hit.probability, 4),
        "length_m": rounded(hit.length_m, 1),
        "length_low_m": rounded(hit.length_low_m, 1),
        "length_high_m": rounded(hit.length_high_m, 1),
        "size_class": hit.size_class,
        "heading_deg": rounded(hit.heading_deg, 1),
        "sensor": hit.sensor,
        "status": hit.status,
        "chip": hit.chip,
        "summary": hit.summary,
    }


def dump_json(value: Any) -> str:
    """JSON as this package writes it: two spaces, real letters, a line end; NaN is refused."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def summary_of(result: RunResult, files: Mapping[str, Path]) -> dict[str, Any]:
    """What `--json` prints of a run: hits and stays as in their files, looks by result, warnings, the files."""
    from imagery_watch.outputs.stays import stays_geojson
    from imagery_watch.outputs.summaries import result_counts

    pictures = {hit.id: f"chips/{slug(hit.id)}.png" for hit in result.hits}
    hits = tuple(replace(hit, chip=pictures[hit.id] if pictures[hit.id] in files else None) for hit in result.hits)
    return {
        "airfield": result.airfield.id,
        "hits": hits_geojson(replace(result, hits=hits))["features"],
        "stays": stays_geojson(result)["features"],
        "looks": result_counts(result.looks),
        "warnings": list(result.provenance.get("warnings", [])),
        "incomplete": result.incomplete,
        "files": {name: str(path) for name, path in files.items()},
    }
