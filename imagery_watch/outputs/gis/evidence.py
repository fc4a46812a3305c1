"""Which evidence belongs to which hit, and where its pixels and shapes lie on the earth."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from imagery_watch.model import Chip, Dossier, Georeference, Grid, Hit, RunResult, Stay
from imagery_watch.model.dossier import Ring
from imagery_watch.outputs.gis.geopackage import read_shapes
from imagery_watch.outputs.lonlat import run_on, split_shape
from imagery_watch.outputs.values import moment

if TYPE_CHECKING:
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry


OutlineKind = Literal["object", "shadow"]
_KINDS: dict[str, OutlineKind] = {"object": "object", "shadow": "shadow"}


@dataclass(frozen=True)
class Outline:
    """The shape that was fitted to an object, or the shadow of that shape."""

    kind: OutlineKind
    stay: Stay
    datetime: datetime
    """UTC: the look whose shadow it is, the strongest."""
    shape: "BaseGeometry"
    """WGS84 lon/lat."""


def dossiers_by_hit(result: RunResult) -> dict[str, Dossier]:
    """The dossier of each hit that has one, by the hit's id: of the stay that it began, else that it ended."""
    known = {one.stay_id: one for one in result.dossiers}
    told = [stay for stay in result.stays if stay.id in known]
    ended = {stay.departure_hit: known[stay.id] for stay in told if stay.departure_hit is not None}
    return ended | {stay.arrival_hit: known[stay.id] for stay in told if stay.arrival_hit is not None}


def list_outlines(result: RunResult, held: bytes | None = None) -> tuple[Outline, ...]:
    """The shapes of all stays that have them, by first look; a shadow before its object, so that it lies below.

    Of stays without a dossier they are those of `held`, an earlier run's GeoPackage.
    """
    known = {one.stay_id: one for one in result.dossiers}
    others = {stay.id: stay for stay in result.stays if stay.id not in known}
    found = [one for stay in result.stays if stay.id in known for one in _outlines_of(stay, known[stay.id])]
    kept = _read_outlines(held, others) if held is not None and others else []
    return tuple(sorted([*found, *kept], key=lambda one: (one.stay.seen_from, one.stay.id, one.kind == "object")))


def _outlines_of(stay: Stay, dossier: Dossier) -> list[Outline]:
    view, where = dossier.view, dossier.georeference
    if view is None:
        return []
    shadows = [Outline("shadow", stay, view.datetime, shape) for shape in _placed(view.shadow, where)]
    return shadows + [Outline("object", stay, view.datetime, shape) for shape in _placed(view.outline, where)]


def _read_outlines(held: bytes, stays: Mapping[str, Stay]) -> list[Outline]:
    """The shapes of these stays, by id, in a GeoPackage; none where it is not as a run writes it."""
    from shapely.errors import ShapelyError

    try:
        return [
            Outline(_KINDS[row["kind"]], stays[row["stay"]], moment(row["datetime"]), shape)
            for row, shape in read_shapes(held, "outlines")
            if row["stay"] in stays
        ]
    except (sqlite3.Error, ShapelyError, ValueError, TypeError, LookupError):
        return []


def locate_chip(chip: Chip, hit: Hit, grid: Grid) -> Georeference:
    """The window of the Grid that a chip shows: the hit lies at the same place in both."""
    row, col = grid.rowcol(*(chip.place or (hit.x, hit.y)))
    return Georeference(grid, round(row - chip.row), round(col - chip.col))


def _placed(rings: tuple[Ring, ...], where: Georeference) -> Iterable["BaseGeometry"]:
    """The area within rings as one shape in lon/lat; a ring within another is a hole, and nothing has no shape."""
    from shapely.geometry import MultiPolygon, Polygon

    whole: BaseGeometry = Polygon()
    for ring in rings:
        if len(ring) >= 3:
            whole = whole.symmetric_difference(_mended(Polygon(_lonlat(ring, where))))
    parts = [_wound(part) for part in getattr(whole, "geoms", [whole]) if isinstance(part, Polygon) and part.area > 0]
    return [split_shape(MultiPolygon(parts))] if parts else []


def _lonlat(ring: Ring, where: Georeference) -> list[tuple[float, float]]:
    places = [where.locate(row, col) for row, col in ring]
    return run_on([(round(place.lon, 7), round(place.lat, 7)) for place in places])


def _mended(polygon: "Polygon") -> "BaseGeometry":
    from shapely import make_valid

    return make_valid(polygon, method="structure", keep_collapsed=False)


def _wound(polygon: "Polygon") -> "Polygon":
    """Its outer ring anticlockwise, as KML and GeoJSON want it."""
    from shapely.geometry.polygon import orient

    return orient(polygon)
