"""What OpenStreetMap's tags say of a feature, in whichever of the usual forms they were exported."""

import re
from collections.abc import Mapping
from typing import Any

ROLES = {"apron": "apron", "parking_position": "stand", "runway": "runway"}
"""What OpenStreetMap calls an `aeroway`, and the role it has here."""

_OSM_ID = re.compile(r"(?:node|way|relation)/\d+", re.ASCII)
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_ID_KEYS = ("@id", "full_id", "osm_id", "osm_way_id")


def flatten_tags(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties and the tags in them: side by side, below `tags`, or in GDAL's `other_tags`."""
    flat = dict(properties)
    nested = properties.get("tags")
    if isinstance(nested, Mapping):
        flat |= nested
    other = properties.get("other_tags")
    if isinstance(other, str):
        flat |= {_unescaped(key): _unescaped(value) for key, value in _PAIR.findall(other)}
    return flat


def find_role(feature: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[str | None, str]:
    """The role of an airfield file's feature, or None and why it has none.

    As it states it; else as its `aeroway` tells. Everything else that OpenStreetMap knows is no apron, and everything
    that is not out of OpenStreetMap is one.
    """
    if role := properties.get("role"):
        return str(role) if isinstance(role, str) else repr(role), ""
    tags = flatten_tags(properties)
    if (aeroway := tags.get("aeroway")) is not None:
        role = ROLES.get(str(aeroway))
        return role, "" if role else f"left out: aeroway={str(aeroway)[:40]} is no apron, stand or runway"
    if find_osm_id(feature, tags) is not None:
        return None, "left out: out of OpenStreetMap, without aeroway=apron"
    return "apron", ""


def find_osm_id(feature: Mapping[str, Any], tags: Mapping[str, Any]) -> str | None:
    """Such as `way/13869920`; None for what is not out of OpenStreetMap."""
    for value in (feature.get("id"), tags.get("id")):
        if isinstance(value, str) and _OSM_ID.fullmatch(value):
            return value
    return next((str(tags[key]) for key in _ID_KEYS if tags.get(key) not in (None, "")), None)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
