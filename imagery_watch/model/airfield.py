"""What is watched: an airfield and its aprons, in WGS84 lon/lat."""

from dataclasses import dataclass
from typing import Literal

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

Quality = Literal["surveyed", "mapped", "approximate", "drafted"]
Origin = Literal["shipped", "yours", "yours, instead of the shipped", "a file"]


@dataclass(frozen=True)
class Apron:
    """One area where aircraft park."""

    name: str
    """Unique within its airfield."""
    geometry: Polygon | MultiPolygon
    """WGS84 lon/lat, two-dimensional, valid."""


@dataclass(frozen=True)
class Airfield:
    """One airfield file, checked: everything in it may be trusted."""

    id: str
    """The ICAO code where there is one; also the name of its file."""
    name: str
    quality: Quality
    """How well polygons fit the ground: `surveyed`, `mapped` (from a map), `approximate` or `drafted` (from images)."""
    source: str
    license: str
    """Who made the polygons, and on what terms: shown wherever the shapes are shown."""
    aprons: tuple[Apron, ...]
    stands: tuple[BaseGeometry, ...] = ()
    """Parking positions (points or lines), where known."""
    runways: tuple[BaseGeometry, ...] = ()
    exclude: tuple[BaseGeometry, ...] = ()
    """Areas inside the aprons where nothing is looked for, such as runway strips."""
    notes: tuple[str, ...] = ()
    """What was repaired while reading, for the person to see."""
    origin: Origin = "a file"
    """Who keeps the file."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the aprons, in degrees."""
        west, south, east, north = unary_union([apron.geometry for apron in self.aprons]).bounds
        return west, south, east, north
