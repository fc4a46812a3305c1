"""`stays.geojson`, and what `run.json` holds of surplus and chances: written, and read back."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from imagery_watch.model import Chance, Occupancy, RunResult, Stay
from imagery_watch.outputs.geojson import collection_of
from imagery_watch.outputs.text import iso, rounded

_TIMES = ("not_before", "seen_from", "seen_to", "not_after")


def stays_geojson(result: RunResult) -> dict[str, Any]:
    """The FeatureCollection of the stays, sorted by first look then id, with the members of `hits.geojson`'s."""
    stays = sorted(result.stays, key=lambda stay: (stay.seen_from, stay.id))
    return collection_of(result, [stay_feature(stay) for stay in stays])


def stay_feature(stay: Stay) -> dict[str, Any]:
    """One Feature: a Point at the middle of the aircraft."""
    point = {"type": "Point", "coordinates": [rounded(stay.lon, 7), rounded(stay.lat, 7)]}
    return {"type": "Feature", "id": stay.id, "geometry": point, "properties": stay_properties(stay)}


def stay_properties(stay: Stay) -> dict[str, Any]:
    """The properties of one stay, in the contract's order; `moved_from` and `moved_to` come after it."""
    return {
        "id": stay.id,
        "airfield": stay.airfield,
        "apron": stay.apron,
        "arrival_hit": stay.arrival_hit,
        "not_before": _iso(stay.not_before),
        "seen_from": iso(stay.seen_from),
        "seen_to": iso(stay.seen_to),
        "departure_hit": stay.departure_hit,
        "not_after": _iso(stay.not_after),
        "dwell_min_hours": math.floor(100 * stay.dwell_min_hours) / 100,  # rounded outward: they are bounds
        "dwell_max_hours": None if stay.dwell_max_hours is None else math.ceil(100 * stay.dwell_max_hours) / 100,
        "length_m": rounded(stay.length_m, 1),
        "moved_from": stay.moved_from,
        "moved_to": stay.moved_to,
    }


def stay_of(feature: Mapping[str, Any]) -> Stay:
    """The stay of a Feature. Raises what a mapping, a number or a date that is none raises."""
    lon, lat = (float(value) for value in feature["geometry"]["coordinates"][:2])
    told = {name: value for name, value in feature["properties"].items() if name in Stay.__dataclass_fields__}
    told |= {name: None if told[name] is None else moment(told[name]) for name in _TIMES}
    return Stay(**{**told, "lon": lon, "lat": lat})


def occupancy_properties(one: Occupancy) -> dict[str, Any]:
    """One row of `occupancy` in `run.json`."""
    counts = {"standing": one.standing, "usual": one.usual, "surplus": one.surplus}
    return {"apron": one.apron, "datetime": iso(one.datetime), **counts}


def occupancy_of(row: Mapping[str, Any]) -> Occupancy:
    """The other way of `occupancy_properties`."""
    return Occupancy(str(row["apron"]), moment(row["datetime"]), int(row["standing"]), int(row["usual"]))


def chance_properties(one: Chance) -> dict[str, Any]:
    """One row of `chances` in `run.json`."""
    span = {"since": iso(one.since), "until": iso(one.until)}
    return {"apron": one.apron, **span, "hours": one.hours, "probability": rounded(one.probability, 4)}


def chance_of(row: Mapping[str, Any]) -> Chance:
    """The other way of `chance_properties`."""
    since, until = moment(row["since"]), moment(row["until"])
    return Chance(str(row["apron"]), since, until, int(row["hours"]), float(row["probability"]))


def moment(text: str) -> datetime:
    """An aware UTC time as the files write it. Raises ValueError for one without a zone."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text}: a time without a zone")
    return when.astimezone(UTC)


def _iso(time: datetime | None) -> str | None:
    return None if time is None else iso(time)
