"""`airfield.geojson`: the polygons that a run used, in the form of the airfield files that `run --aoi` reads."""

import json
from collections.abc import Iterator
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from imagery_watch.model import Airfield


def airfield_geojson(airfield: Airfield) -> str:
    """The airfield as GeoJSON, one member and one feature a line, coordinates as they were used.

    Every role is named, so that the file, read as an airfield, gives the same aprons, stands, runways and excludes.
    """
    members = {
        "type": "FeatureCollection",
        "id": airfield.id,
        "name": airfield.name,
        "quality": airfield.quality,
        "source": airfield.source,
        "license": airfield.license,
        "notes": list(airfield.notes),
    }
    lines = ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in members.items())
    features = ",\n".join(_json(feature) for feature in _features(airfield))
    return "{" + lines + ',\n"features": [\n' + features + "\n]}\n"


def _features(airfield: Airfield) -> Iterator[dict[str, Any]]:
    for apron in airfield.aprons:
        yield _feature("apron", apron.geometry, name=apron.name)
    for role, geometries in (("stand", airfield.stands), ("runway", airfield.runways), ("exclude", airfield.exclude)):
        for geometry in geometries:
            yield _feature(role, geometry)


def _feature(role: str, geometry: BaseGeometry, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"role": role, **properties}, "geometry": mapping(geometry)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
