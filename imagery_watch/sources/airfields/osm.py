"""Airfield files out of OpenStreetMap data: an Overpass reply (JSON) or aeroway features as GeoJSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from imagery_watch.atomic import replace_whole
from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield
from imagery_watch.sources.airfields.checks import (
    LARGEST_AREA_CHANGE,
    SMALLEST_APRON_M2,
    area_m2,
    canonical,
    repaired,
)
from imagery_watch.sources.airfields.geojson import airfield_from_document
from imagery_watch.sources.airfields.geometry import quoted
from imagery_watch.sources.airfields.grids import apron_pixels, grid_for
from imagery_watch.sources.airfields.osm_shapes import NO_GEOMETRY, draw_element, find_area
from imagery_watch.sources.airfields.tags import ROLES, find_osm_id, flatten_tags

Document = dict[str, Any]

ATTRIBUTION = "(c) OpenStreetMap contributors, ODbL 1.0"
DIGITS = 7
"""Of a degree: OpenStreetMap's own precision, a centimetre."""


@dataclass(frozen=True)
class Mapped:
    """One mapped thing with a role."""

    osm_id: str
    """Such as `way/13869920`."""
    role: str
    name: str | None
    geometry: BaseGeometry
    lack: str = ""
    """What of its shape the data does not hold, and how to get it; empty where it is whole."""


def airfield_from_overpass(icao: str, reply: object, name: str | None = None) -> Airfield:
    """The airfield in an Overpass reply, or a GeoJSON of aeroway features, in WGS84. Raises AoiError."""
    return airfield_from_document(document_from_overpass(icao, reply, name), f"OSM data of {icao}", default_id=icao)


def document_from_overpass(icao: str, reply: object, name: str | None = None) -> Document:
    """The airfield file, as a GeoJSON document, of OpenStreetMap data: aprons, stands and runways.

    Aprons that cannot be drawn, or hold no pixel of 10 m, are left out, each with a note. Raises AoiError
    where no apron is left.
    """
    if not isinstance(reply, dict) or not ({"elements", "features"} & reply.keys()):
        raise AoiError(f"OSM data of {icao}: {quoted(reply)} is no Overpass reply: ask with [out:json]; out geom;")
    remarks = _remarks(icao, reply)
    try:
        found = sorted(_mapped(reply), key=lambda thing: (list(ROLES.values()).index(thing.role), thing.osm_id))
        label = name or _aerodrome_name(icao, reply) or icao
        aeroways = _count_aeroways(reply)
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise AoiError(f"OSM data of {icao}: is not as Overpass writes it ({error}): fetch it again") from error
    kept, notes = _usable(found)
    if not any(thing.role == "apron" for thing in kept):
        left_out = f" ({'; '.join(notes[:5])})" if notes else f" (found: {aeroways})"
        raise AoiError(f"OSM data of {icao}: holds no area with aeroway=apron that can be used{left_out}")
    notes = [*remarks, *notes]
    document = _document(icao, label, _base_time(reply), _distinct(kept), notes)
    return _without_unseen(document)


def write_document(document: Document, path: Path) -> None:
    """The document as a file, one feature a line, replaced whole. Raises OSError."""
    replace_whole(path, document_text(document).encode("utf-8"))


def document_text(document: Document) -> str:
    """GeoJSON with one member and one feature a line, so that differences read well."""
    members = [f"{json.dumps(key)}: {_json(document[key])}" for key in document if key != "features"]
    features = ",\n".join(_json(feature) for feature in document["features"])
    return "{" + ",\n".join(members) + ',\n"features": [\n' + features + "\n]}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _mapped(reply: Document) -> Iterator[Mapped]:
    """Everything with a role, coordinates rounded, not yet checked."""
    things = _from_features(reply["features"]) if "features" in reply else _from_elements(reply["elements"])
    for thing in things:
        rounded = shapely.transform(thing.geometry, lambda xy: xy.round(DIGITS))
        yield replace(thing, geometry=rounded)


def _remarks(icao: str, reply: Document) -> list[str]:
    """What Overpass remarks, as notes. Raises AoiError where it says that the answer is not whole (HTTP 200 though)."""
    remark = " ".join(str(reply.get("remark") or "").split())[:300]
    if "error" in remark.lower() or "timed out" in remark.lower():
        raise AoiError(
            f"OSM data of {icao}: the answer is not whole, Overpass remarks {quoted(remark, 300)}: ask again, "
            "with a longer [timeout:...] or a smaller area"
        )
    return [f"Overpass remarks: {remark}"] if remark else []


def _count_aeroways(reply: Document) -> str:
    """What the data holds, for a message: `2 hangar, 1 aerodrome`."""
    listed = [flatten_tags(feature.get("properties") or {}) for feature in reply.get("features") or ()]
    listed += [element.get("tags") or {} for element in reply.get("elements") or ()]
    counted = Counter(str(tags["aeroway"])[:40] for tags in listed if tags.get("aeroway"))
    return ", ".join(f"{number} {what}" for what, number in counted.most_common(6)) or "no aeroway at all"


def _from_features(features: Iterable[Document]) -> Iterator[Mapped]:
    """Out of GeoJSON, as osmtogeojson and its kin write it."""
    for number, feature in enumerate(features, start=1):
        tags = flatten_tags(feature.get("properties") or {})
        role = ROLES.get(str(tags.get("aeroway")))
        if not role:
            continue
        osm_id = find_osm_id(feature, tags) or str(feature.get("id") or f"feature/{number}")
        given = feature.get("geometry")
        shaped = shapely.force_2d(shape(given)) if given else Polygon()
        lack = "" if given else NO_GEOMETRY
        yield Mapped(osm_id, role, _tagged_name(tags), find_area(shaped) if role == "apron" else shaped, lack)


def _from_elements(elements: Iterable[Document]) -> Iterator[Mapped]:
    """Out of an Overpass reply, with `out geom` (coordinates in place) or nodes and ways listed beside."""
    listed = list(elements)
    nodes = {e["id"]: (e["lon"], e["lat"]) for e in listed if e["type"] == "node" and "lon" in e}
    ways = {e["id"]: e for e in listed if e["type"] == "way"}
    for element in listed:
        tags = element.get("tags") or {}
        if role := ROLES.get(str(tags.get("aeroway"))):
            geometry, lack = draw_element(element, nodes, ways)
            yield Mapped(f"{element['type']}/{element['id']}", role, _tagged_name(tags), geometry, lack)


def _tagged_name(tags: Document) -> str | None:
    name = str(tags.get("name") or tags.get("ref") or "").strip()
    return name[:80] or None


def _usable(things: list[Mapped]) -> tuple[list[Mapped], list[str]]:
    """The things that can be drawn, and a note on each apron that was repaired or left out."""
    kept, notes = [], []
    for thing in things:
        if thing.lack:
            notes.append(f"{thing.osm_id}: left out: {thing.lack}")
            continue
        if thing.role != "apron":
            if isinstance(thing.geometry, Point) or thing.geometry.length > 0:
                kept.append(thing)
            continue
        geometry, remark = _apron_area(thing.geometry)
        if remark:
            notes.append(f"{thing.osm_id}: {remark}")
        if geometry is not None:
            kept.append(replace(thing, geometry=geometry))
    return kept, notes


def _apron_area(geometry: BaseGeometry) -> tuple[BaseGeometry | None, str]:
    """The apron valid, or None; and what was done to it."""
    if not isinstance(geometry, Polygon | MultiPolygon) or geometry.is_empty:
        return None, "left out: its outline is not closed"
    remark = ""
    if not geometry.is_valid:
        geometry, change = repaired(geometry)
        if geometry.is_empty or change >= LARGEST_AREA_CHANGE:
            return None, "left out: its outline crosses itself"
        remark = "its outline was repaired"
    area = area_m2(geometry)
    if area < SMALLEST_APRON_M2:
        return None, f"left out: {area:.0f} m2 are less than four pixels"
    return canonical(geometry), remark


def _distinct(things: list[Mapped]) -> list[Mapped]:
    """The same things under names of which each apron has its own."""
    shared = Counter(thing.name for thing in things if thing.role == "apron")
    return [replace(thing, name=_apron_name(thing, shared)) if thing.role == "apron" else thing for thing in things]


def _apron_name(thing: Mapped, shared: Counter[str | None]) -> str:
    number = thing.osm_id.rpartition("/")[2]
    if thing.name is None:
        return f"apron-{number}"
    return f"{thing.name}-{number}" if shared[thing.name] > 1 else thing.name


def _base_time(reply: Document) -> str:
    overpass = reply.get("osm3s") or {}
    return str(overpass.get("timestamp_osm_base") or reply.get("osm_base") or reply.get("timestamp") or "not stated")


def _aerodrome_name(icao: str, reply: Document) -> str | None:
    """What OpenStreetMap calls the aerodrome, where the reply has it."""
    for tags in (element.get("tags") or {} for element in reply.get("elements", ())):
        if tags.get("aeroway") == "aerodrome" and tags.get("icao", icao) == icao:
            name = tags.get("name:en") or tags.get("name")
            return str(name) if name else None
    return None


def _document(icao: str, name: str, base: str, things: list[Mapped], notes: list[str]) -> Document:
    return {
        "type": "FeatureCollection",
        "id": icao,
        "name": name,
        "quality": "mapped",
        "source": f"OpenStreetMap contributors (OSM base {base})",
        "license": "ODbL 1.0",
        "attribution": ATTRIBUTION,
        "notes": notes,
        "features": [_feature(thing) for thing in things],
    }


def _feature(thing: Mapped) -> Document:
    properties = {"role": thing.role, "osm": thing.osm_id} | ({"name": thing.name} if thing.name else {})
    return {"type": "Feature", "properties": properties, "geometry": mapping(thing.geometry)}


def _without_unseen(document: Document) -> Document:
    """The document without aprons that select no pixel: slivers, and what lies wholly under other aprons."""
    plain = json.loads(_json(document))
    airfield = airfield_from_document(plain, f"OSM data of {document['id']}", default_id=document["id"])
    counts = apron_pixels(airfield, grid_for(airfield, margin_m=0.0, max_grid_km2=2500.0))
    unseen = {apron.name for apron, count in zip(airfield.aprons, counts, strict=True) if not count}
    kept = [f for f in plain["features"] if f["properties"]["role"] != "apron" or f["properties"]["name"] not in unseen]
    notes = [f"{name}: left out: no pixel of 10 m has its centre in it alone" for name in sorted(unseen)]
    return {**plain, "notes": plain["notes"] + notes, "features": kept}
