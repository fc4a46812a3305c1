"""Which evidence belongs to which hit, and where its pixels and shapes lie on the earth."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from imagery_watch.model import Chip, Dossier, Georeference, Grid, Hit, RunResult, Stay
from imagery_watch.model.dossier import Ring

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Outline:
    """The shape that was fitted to an object, or the shadow of that shape."""

    kind: Literal["object", "shadow"]
    stay: Stay
    datetime: datetime
    """UTC: the look whose shadow it is, the strongest."""
    shape: "MultiPolygon"
    """WGS84 lon/lat."""


def dossiers_by_hit(result: RunResult) -> dict[str, Dossier]:
    """The dossier of each hit that has one, by the hit's id: of the stay that it began, else that it ended."""
    known = {one.stay_id: one for one in result.dossiers}
    told = [stay for stay in result.stays if stay.id in known]
    ended = {stay.departure_hit: known[stay.id] for stay in told if stay.departure_hit is not None}
    return ended | {stay.arrival_hit: known[stay.id] for stay in told if stay.arrival_hit is not None}


def list_outlines(result: RunResult) -> tuple[Outline, ...]:
    """The shapes of all stays whose dossier has them, a shadow before its object, so that it lies below."""
    known = {one.stay_id: one for one in result.dossiers}
    found = []
    for stay in sorted(result.stays, key=lambda one: (one.seen_from, one.id)):
        view = known[stay.id].view if stay.id in known else None
        if view is None:
            continue
        where = known[stay.id].georeference
        for shape in _placed(view.shadow, where):
            found.append(Outline("shadow", stay, view.datetime, shape))
        for shape in _placed(view.outline, where):
            found.append(Outline("object", stay, view.datetime, shape))
    return tuple(found)


def locate_chip(chip: Chip, hit: Hit, grid: Grid) -> Georeference:
    """The window of the Grid that a chip shows: the hit lies at the same place in both."""
    row, col = grid.rowcol(hit.x, hit.y)
    return Georeference(grid, round(row - chip.row), round(col - chip.col))


def _placed(rings: tuple[Ring, ...], where: Georeference) -> Iterable["MultiPolygon"]:
    """The area within rings as one shape in lon/lat; a ring within another is a hole, and nothing has no shape."""
    from shapely.geometry import MultiPolygon, Polygon

    whole: BaseGeometry = Polygon()
    for ring in rings:
        if len(ring) >= 3:
            whole = whole.symmetric_difference(_mended(Polygon(_lonlat(ring, where))))
    parts = [_wound(part) for part in getattr(whole, "geoms", [whole]) if isinstance(part, Polygon) and part.area > 0]
    return [MultiPolygon(parts)] if parts else []


def _lonlat(ring: Ring, where: Georeference) -> list[tuple[float, float]]:
    places = [where.locate(row, col) for row, col in ring]
    return [(round(place.lon, 7), round(place.lat, 7)) for place in places]


def _mended(polygon: "Polygon") -> "BaseGeometry":
    from shapely import make_valid

    return make_valid(polygon, method="structure", keep_collapsed=False)


def _wound(polygon: "Polygon") -> "Polygon":
    """Its outer ring anticlockwise, as KML and GeoJSON want it."""
    from shapely.geometry.polygon import orient

    return orient(polygon)
