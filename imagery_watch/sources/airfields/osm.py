"""Airfield files out of OpenStreetMap data: an Overpass reply (JSON) or aeroway features as GeoJSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

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

Document = dict[str, Any]
Nodes = dict[int, tuple[float, float]]

ROLES = {"apron": "apron", "parking_position": "stand", "runway": "runway"}
"""What OpenStreetMap calls an `aeroway`, and the role it has here."""
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
    try:
        found = sorted(_mapped(reply), key=lambda thing: (list(ROLES.values()).index(thing.role), thing.osm_id))
        label = name or _aerodrome_name(icao, reply) or icao
    except (AttributeError, KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise AoiError(f"OSM data of {icao}: is not as Overpass writes it ({error}): fetch it again") from error
    kept, notes = _usable(found)
    if not any(thing.role == "apron" for thing in kept):
        left_out = f" ({'; '.join(notes[:5])})" if notes else ""
        raise AoiError(f"OSM data of {icao}: holds no area with aeroway=apron that can be used{left_out}")
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


def _from_features(features: Iterable[Document]) -> Iterator[Mapped]:
    """Out of GeoJSON, as osmtogeojson and its kin write it."""
    for number, feature in enumerate(features, start=1):
        tags = feature.get("properties") or {}
        role = ROLES.get(str(tags.get("aeroway")))
        if role and feature.get("geometry"):
            osm_id = str(feature.get("id") or tags.get("@id") or f"feature/{number}")
            yield Mapped(osm_id, role, _tagged_name(tags), shapely.force_2d(shape(feature["geometry"])))


def _from_elements(elements: Iterable[Document]) -> Iterator[Mapped]:
    """Out of an Overpass reply, with `out geom` (coordinates in place) or nodes and ways listed beside."""
    listed = list(elements)
    nodes = {e["id"]: (e["lon"], e["lat"]) for e in listed if e["type"] == "node" and "lon" in e}
    ways = {e["id"]: e for e in listed if e["type"] == "way"}
    for element in listed:
        tags = element.get("tags") or {}
        role = ROLES.get(str(tags.get("aeroway")))
        if role and (geometry := _geometry(element, nodes, ways)):
            yield Mapped(f"{element['type']}/{element['id']}", role, _tagged_name(tags), geometry)


def _geometry(element: Document, nodes: Nodes, ways: dict[int, Document]) -> BaseGeometry | None:
    if element["type"] == "node":
        return Point(element["lon"], element["lat"])
    if element["type"] == "relation":
        return _relation(element, nodes, ways)
    points = _points(element, nodes)
    if len(points) >= 4 and points[0] == points[-1]:
        return Polygon(points)
    return LineString(points) if len(set(points)) >= 2 else None


def _points(way: Document, nodes: Nodes) -> list[tuple[float, float]]:
    """The way's corners; Overpass leaves out (as null) what lies outside the box that was asked for."""
    if "geometry" in way:
        return [(point["lon"], point["lat"]) for point in way["geometry"] if point]
    return [nodes[ref] for ref in way.get("nodes", ()) if ref in nodes]


def _relation(relation: Document, nodes: Nodes, ways: dict[int, Document]) -> BaseGeometry:
    """The outer rings of a multipolygon relation without its inner ones."""
    rings: dict[str, list[list[tuple[float, float]]]] = {"outer": [], "inner": []}
    for member in relation.get("members", ()):
        if member.get("type") == "way":
            way = member if "geometry" in member else ways.get(member["ref"], {})
            rings.setdefault(member.get("role") or "outer", []).append(_points(way, nodes))
    return shapely.difference(_area(rings["outer"]), _area(rings["inner"]))


def _area(lines: list[list[tuple[float, float]]]) -> BaseGeometry:
    """What the rings enclose; rings may be split over several open lines."""
    rings = [Polygon(line) for line in lines if len(line) >= 4 and line[0] == line[-1]]
    pieces = [LineString(line) for line in lines if len(line) >= 2 and line[0] != line[-1]]
    areas = [shapely.make_valid(ring) for ring in rings] + list(polygonize(pieces))
    return shapely.union_all(areas)


def _tagged_name(tags: Document) -> str | None:
    name = str(tags.get("name") or tags.get("ref") or "").strip()
    return name[:80] or None


def _usable(things: list[Mapped]) -> tuple[list[Mapped], list[str]]:
    """The things that can be drawn, and a note on each apron that was repaired or left out."""
    kept, notes = [], []
    for thing in things:
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
