"""Airfield files: one GeoJSON FeatureCollection in, one checked Airfield out."""

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import cast, get_args

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield, Apron, Quality
from imagery_watch.model.filename import find_path, is_reserved
from imagery_watch.sources.airfields.checks import (
    Shape,
    check_apron_size,
    check_extent,
    check_runway_headings,
    checked_polygon,
    unwrapped,
)
from imagery_watch.sources.airfields.documents import parse_document, read_bytes
from imagery_watch.sources.airfields.geometry import GeometryReader, quoted
from imagery_watch.sources.airfields.tags import find_role, flatten_tags
from imagery_watch.sources.airfields.vectors import name_format

Document = dict[str, object]

LARGEST_FILE_MB = 32
"""A large airport with every stand takes a tenth of a megabyte."""
MOST_FEATURES = 20_000
ROLES = ("apron", "stand", "runway", "exclude")
AREAS = ("apron", "exclude")
HOW_TO_SAY = (
    "say what each feature is by its property `role` (apron if absent, stand, runway, exclude), or, where it is "
    "OpenStreetMap data, let `imagery-watch airfields add ICAO --osm FILE` choose"
)
LONGEST_NAME = 100
LONGEST_ID = 64
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_WGS84 = re.compile(r"(urn:ogc:def:crs:)?(OGC:[\d.]*:?CRS84h?|EPSG:[\d.]*:?(4326|4979))", re.IGNORECASE)


def read_airfield(path: Path) -> Airfield:
    """The airfield that one file describes, checked, in WGS84 lon/lat; what was repaired is in its notes.

    Members that are absent have defaults: `id` the file's name, `quality` approximate. Raises AoiError, which
    names the file, the feature, the coordinate and the likely cause.
    """
    path = Path(find_path(str(path)))
    data = read_bytes(path, LARGEST_FILE_MB)
    if name_format(path, data).readable:  # a table's files beside it belong to it
        return _make_airfield(path, data)
    return _remember_airfield(path, data)


def _make_airfield(path: Path, data: bytes) -> Airfield:
    return airfield_from_document(parse_document(path, data), str(path), default_id=_id_from(path.stem))


_remember_airfield = lru_cache(maxsize=64)(_make_airfield)
"""The last ones: a sweep, a name, a list of what is known ask for the same files again."""


def airfield_from_document(document: object, where: str, *, default_id: str) -> Airfield:
    """The airfield in a GeoJSON document that came from `where`. Raises AoiError."""
    collection = _as_collection(document, where)
    _check_crs(collection, where)
    shapes, notes = _shapes(collection, where)
    check_extent(shapes)
    check_runway_headings(shape for shape in shapes if shape.role == "runway")
    areas, repairs = _checked_areas(shapes)
    identifier = _identifier(collection, where, default_id)
    return Airfield(
        id=identifier,
        name=_text(collection.get("name"), f"{where}: `name`") or identifier,
        quality=_quality(collection, where),
        source=_text(collection.get("source"), f"{where}: `source`", longest=1000) or "not stated",
        license=_text(collection.get("license"), f"{where}: `license`", longest=1000) or "not stated",
        aprons=_aprons(areas, where),
        stands=tuple(shape.geometry for shape in shapes if shape.role == "stand"),
        runways=tuple(shape.geometry for shape in shapes if shape.role == "runway"),
        exclude=tuple(shape.geometry for shape in areas if shape.role == "exclude"),
        notes=(*_stated_notes(collection, where), *notes, *repairs),
    )


def aoi_hash(airfield: Airfield) -> str:
    """Sixteen hex digits that stay the same while the same ground is watched under the same names."""
    areas: list[tuple[str, BaseGeometry]] = [(apron.name, apron.geometry) for apron in airfield.aprons]
    areas += [("", geometry) for geometry in airfield.exclude]
    lines = sorted(f"{name}\t{shapely.to_wkb(geometry, hex=True)}" for name, geometry in areas)
    return hashlib.sha256("\n".join([airfield.id, *lines]).encode()).hexdigest()[:16]


def _as_collection(document: object, where: str) -> Document:
    """A FeatureCollection, which may have to be made around a single feature or geometry."""
    if not isinstance(document, dict):
        raise AoiError(f"{where}: holds {quoted(document)}; expected a GeoJSON FeatureCollection")
    kind = document.get("type")
    if kind == "FeatureCollection":
        if any(isinstance(part, dict) and "assets" in part for part in document.get("features") or ()):
            raise AoiError(f"{where}: a STAC ItemCollection, not an airfield; did you mean `--catalog`?")
        return document
    if kind == "Feature":
        return {"type": "FeatureCollection", "features": [document]}
    if kind in ("Polygon", "MultiPolygon", "GeometryCollection"):
        feature = {"type": "Feature", "properties": {}, "geometry": document}
        return {"type": "FeatureCollection", "features": [feature], "crs": document.get("crs")}
    raise AoiError(
        f"{where}: its type is {quoted(kind)}; expected a GeoJSON FeatureCollection of aprons{_other_json(document)}"
    )


def _other_json(document: Document) -> str:
    """What a JSON object of another kind is, and the way out; for the end of a sentence."""
    if "elements" in document:
        return ": this is an Overpass reply, which `imagery-watch airfields add ICAO --osm FILE` reads"
    if document.get("type") == "Topology":
        return ": this is TopoJSON, save it as GeoJSON"
    if {"geometryType", "rings"} & document.keys():
        return ": this is Esri JSON, save it as GeoJSON"
    return ""


def _check_crs(collection: Document, where: str) -> None:
    """Coordinates are WGS84; a file that says otherwise is not guessed at."""
    crs = collection.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else crs
    if not (isinstance(name, str) and _WGS84.fullmatch(name)):
        raise AoiError(
            f"{where}: its `crs` is {quoted(name)}, but airfield files are WGS84 lon/lat: "
            "export it as EPSG:4326, or delete the member if the coordinates already are"
        )


def _shapes(collection: Document, where: str) -> tuple[list[Shape], list[str]]:
    """Every feature as a shape, on one side of the antimeridian, and what was noticed."""
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise AoiError(f"{where}: holds no features: draw at least one apron polygon")
    if len(features) > MOST_FEATURES:
        raise AoiError(f"{where}: holds {len(features)} features, more than {MOST_FEATURES}: keep the airfield's own")
    shapes, notes = [], []
    for number, feature in enumerate(features, start=1):
        shape, remarks = _shape(feature, number, where)
        if shape is not None:
            shapes.append(shape)
        here = f"feature {number}" if shape is None else shape.where.removeprefix(f"{where}: ")
        notes += [f"{here}: {remark}" for remark in remarks]
    if not shapes:
        raise AoiError(f"{where}: none of its {len(features)} features is an apron ({notes[0]}): {HOW_TO_SAY}")
    return unwrapped(_distinct_names(shapes)), notes


def _shape(feature: object, number: int, where: str) -> tuple[Shape | None, list[str]]:
    """One feature, None where it has no role here, and what was noticed."""
    here = f"{where}: feature {number}"
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise AoiError(f"{here}: is {quoted(feature)}; expected a GeoJSON Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise AoiError(f"{here}: its properties are {quoted(properties)}; expected a JSON object")
    role, remark = find_role(feature, properties)
    if role is None:
        return None, [remark]
    tags = flatten_tags(properties)
    mapped = "aeroway" in tags and not properties.get("role")
    given = (tags.get("name"), tags.get("ref") if mapped else None, properties.get("id"), feature.get("id"))
    name = next((text for value in given if (text := _text(value, f"{here}: its name"))), None)
    here += f" ({name})" if name else ""
    if role not in ROLES:
        raise AoiError(f"{here}: its role is {quoted(properties['role'])}; expected one of {', '.join(ROLES)}")
    reader = GeometryReader(here)
    geometry = reader.read(feature.get("geometry"))
    if role in AREAS and isinstance(geometry, LineString) and geometry.is_ring:
        geometry = Polygon(geometry.coords)
        reader.notes.append("its closed line is taken for its outline")
    _check_kind(geometry, role, here)
    return Shape(here, role, name, geometry, mapped=mapped), reader.notes


def _distinct_names(shapes: list[Shape]) -> list[Shape]:
    """The shapes, those out of OpenStreetMap that share a name numbered: there, the areas of one apron do."""
    shared = Counter(shape.name for shape in shapes if shape.role == "apron")
    number = Counter[str | None]()
    named = []
    for shape in shapes:
        if shape.mapped and shape.role == "apron" and shape.name and shared[shape.name] > 1:
            number[shape.name] += 1
            shape = replace(shape, name=f"{shape.name}-{number[shape.name]}")
        named.append(shape)
    return named


def _check_kind(geometry: BaseGeometry, role: str, here: str) -> None:
    """Aprons and excludes are areas; stands may be anything; runways are lines or areas."""
    area, line = (Polygon, MultiPolygon), (LineString, MultiLineString)
    allowed = {"stand": (*area, *line, Point, MultiPoint), "runway": (*area, *line)}.get(role, area)
    if not isinstance(geometry, allowed):
        names = ", ".join(kind.__name__ for kind in allowed)
        raise AoiError(
            f"{here}: is a {geometry.geom_type}, which cannot have the role {role}; expected {names}: {HOW_TO_SAY}"
        )


def _checked_areas(shapes: list[Shape]) -> tuple[list[Shape], list[str]]:
    """Aprons and excludes, valid, and what was repaired."""
    areas, notes = [], []
    for shape in shapes:
        if shape.role not in ("apron", "exclude"):
            continue
        geometry, repairs = checked_polygon(shape.geometry, shape.where)
        if shape.role == "apron":
            check_apron_size(geometry, shape.where)
        areas.append(Shape(shape.where, shape.role, shape.name, geometry))
        notes += [f"{shape.where.rpartition(': ')[2]}: {repair}" for repair in repairs]
    return areas, notes


def _aprons(areas: list[Shape], where: str) -> tuple[Apron, ...]:
    """The aprons under unique names; those without a name are called apron-1, apron-2 ..."""
    shapes = [shape for shape in areas if shape.role == "apron"]
    if not shapes:
        raise AoiError(f"{where}: has no apron: give at least one polygon the role apron (or no role)")
    taken: dict[str, str] = {}
    for shape in shapes:
        if shape.name in taken:
            raise AoiError(f"{shape.where}: has the same name as {taken[shape.name]}: every apron needs its own")
        if shape.name:
            taken[shape.name] = shape.where.rpartition(": ")[2]
    free = (name for n in range(1, 2 * len(shapes) + 1) if (name := f"apron-{n}") not in taken)
    return tuple(Apron(shape.name or next(free), cast(Polygon | MultiPolygon, shape.geometry)) for shape in shapes)


def _text(value: object, what: str, *, longest: int = LONGEST_NAME) -> str:
    """The value as one printable line; empty where there is none. Raises AoiError for what is no text."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise AoiError(f"{what} is {quoted(value)}; expected text")
    words = " ".join(unicodedata.normalize("NFC", str(value)).split())
    text = "".join(character for character in words if character.isprintable())
    if len(text) > longest:
        raise AoiError(f"{what} is {len(text)} characters long; at most {longest} can be shown")
    return text


def _identifier(collection: Document, where: str, default: str) -> str:
    text = _text(collection.get("id"), f"{where}: `id`") or default
    if not _ID.fullmatch(text):
        raise AoiError(f"{where}: `id` is {quoted(text)}; expected letters, digits, - and _, such as LIPB")
    if is_reserved(text):
        raise AoiError(f"{where}: `id` is {quoted(text)}, a name of which Windows makes no file; choose another")
    return text


def _id_from(stem: str) -> str:
    """A file's name as an id; where letters of it cannot stand in one, a mark tells it from others of the like."""
    whole = unicodedata.normalize("NFC", stem)
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    text = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")
    lost = any(letter.isalnum() and not letter.isascii() for letter in whole)
    if text and not lost and len(text) <= LONGEST_ID and not is_reserved(text):
        return text
    mark = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{text[: LONGEST_ID - 9].strip('-_') or 'airfield'}-{mark}"


def _quality(collection: Document, where: str) -> Quality:
    value = collection.get("quality", "approximate")
    if value not in get_args(Quality):
        raise AoiError(f"{where}: `quality` is {quoted(value)}; expected one of {', '.join(get_args(Quality))}")
    return cast(Quality, value)


def _stated_notes(collection: Document, where: str) -> list[str]:
    """What the file itself has to say about how it was made."""
    notes = collection.get("notes") or []
    if not isinstance(notes, list):
        raise AoiError(f"{where}: `notes` is {quoted(notes)}; expected a list of texts")
    return [_text(note, f"{where}: a note", longest=1000) for note in notes[:1000]]
