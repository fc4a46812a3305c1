"""The tables of a run: hits, stays, looks, the airfield's shapes, and the outlines of the objects that were fitted."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from imagery_watch.model import Airfield, Hit, RunResult, Stay
from imagery_watch.outputs.gis.tables import ColumnKind, ShapeKind, Table, columns_of, flatten
from imagery_watch.outputs.lonlat import split_shape
from imagery_watch.outputs.properties import (
    HIT_PROPERTIES,
    LOOK_COLUMNS,
    STAY_PROPERTIES,
    hit_properties,
    look_row,
    stay_properties,
)
from imagery_watch.outputs.wording.credits import airfield_credit, imagery_credit
from imagery_watch.outputs.wording.text import clean, iso, rounded

if TYPE_CHECKING:
    from shapely import Point
    from shapely.geometry.base import BaseGeometry

    from imagery_watch.outputs.gis.evidence import Outline

HIT_COLUMNS: dict[str, ColumnKind] = {"lon": "number", "lat": "number", **columns_of(HIT_PROPERTIES)}
"""Those of `hits.csv`, and of the hits wherever else they are a table."""
APRON_COLUMNS: dict[str, ColumnKind] = {"airfield": "text", "role": "text", "name": "text"}
OUTLINE_COLUMNS: dict[str, ColumnKind] = {
    "kind": "text",
    "stay": "text",
    "airfield": "text",
    "apron": "text",
    "arrival_hit": "text",
    "departure_hit": "text",
    "datetime": "time",
    "seen_from": "time",
    "seen_to": "time",
    "length_m": "number",
    "simulated": "flag",
}


class Drawn(NamedTuple):
    """One area or line of the airfield."""

    role: str
    name: str | None
    shape: "BaseGeometry"
    """Of several parts, WGS84 lon/lat."""


def layers_of(result: RunResult, outlines: Sequence["Outline"]) -> tuple[Table, ...]:
    """All tables of a run, each there though it is empty, in the order in which a person wants to see them."""
    credit, drawn = _about(result), airfield_credit(result.airfield)
    return (
        hits_table(result.hits, f"Changes consistent with aircraft; not sightings. {credit}"),
        _stays(result, f"How long each object stood, at least and at most. {credit}"),
        _outlines(outlines, f"Shapes that were fitted to the pixels: no aircraft's own outline. {credit}"),
        _drawn(result.airfield, "MULTIPOLYGON", "aprons", f"Areas of the airfield as they were used. {drawn}"),
        _drawn(result.airfield, "MULTILINESTRING", "lines", f"Runways and stands that are lines. {drawn}"),
        Table(
            "looks",
            f"What every pass could say about every apron. {credit}",
            columns_of(LOOK_COLUMNS),
            tuple(flatten(look_row(look)) for look in result.looks),
        ),
    )


def hits_table(hits: Iterable[Hit], about: str) -> Table:
    """The hits by time, then id: one row and one point each."""
    ordered = sorted(hits, key=lambda hit: (hit.after, hit.id))
    rows = tuple(hit_row(hit) for hit in ordered)
    return Table("hits", about, HIT_COLUMNS, rows, tuple(place_of(hit) for hit in ordered), "POINT")


def hit_row(hit: Hit) -> dict[str, Any]:
    """The columns of one hit, without lists."""
    return {"lon": rounded(hit.lon, 7), "lat": rounded(hit.lat, 7), **flatten(hit_properties(hit))}


def _about(result: RunResult) -> str:
    note = result.provenance.simulated_note or "The imagery is simulated: nothing here was observed."
    return " ".join([f"{imagery_credit(result)}.", *([f"SIMULATED: {note}"] if result.provenance.simulated else [])])


def _stays(result: RunResult, about: str) -> Table:
    stays = sorted(result.stays, key=lambda stay: (stay.seen_from, stay.id))
    rows = tuple(flatten(stay_properties(stay)) for stay in stays)
    shapes = tuple(place_of(stay) for stay in stays)
    return Table("stays", about, columns_of(STAY_PROPERTIES), rows, shapes, "POINT")


def _outlines(outlines: Sequence["Outline"], about: str) -> Table:
    rows = tuple(
        {
            "kind": one.kind,
            "stay": one.stay.id,
            "airfield": one.stay.airfield,
            "apron": one.stay.apron,
            "arrival_hit": one.stay.arrival_hit,
            "departure_hit": one.stay.departure_hit,
            "datetime": iso(one.datetime),
            "seen_from": iso(one.stay.seen_from),
            "seen_to": iso(one.stay.seen_to),
            "length_m": rounded(one.stay.length_m, 1),
            "simulated": one.stay.simulated,
        }
        for one in outlines
    )
    return Table("outlines", about, OUTLINE_COLUMNS, rows, tuple(one.shape for one in outlines), "MULTIPOLYGON")


def _drawn(airfield: Airfield, kind: ShapeKind, name: str, about: str) -> Table:
    shapes = [one for one in list_shapes(airfield) if one.shape.geom_type.upper() == kind]
    rows = tuple({"airfield": airfield.id, "role": one.role, "name": one.name} for one in shapes)
    return Table(name, about, APRON_COLUMNS, rows, tuple(one.shape for one in shapes), kind)


def list_shapes(airfield: Airfield) -> Iterator[Drawn]:
    """Areas and lines, aprons first, so that they lie below; points, which stands may be, are left out."""
    for apron in airfield.aprons:
        yield Drawn("apron", clean(apron.name), _several(apron.geometry))
    for role, geometries in (("exclude", airfield.exclude), ("runway", airfield.runways), ("stand", airfield.stands)):
        for geometry in geometries:
            if not geometry.geom_type.endswith("Point"):
                yield Drawn(role, None, _several(geometry))


def _several(shape: "BaseGeometry") -> "BaseGeometry":
    """The shape as one of several parts, cut at the antimeridian."""
    from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon

    shape = split_shape(shape)
    if isinstance(shape, Polygon):
        return MultiPolygon([shape])
    return MultiLineString([shape]) if isinstance(shape, LineString) else shape


def place_of(one: Hit | Stay) -> "Point":
    """Its point, to about a centimetre."""
    from shapely.geometry import Point

    return Point(round(one.lon, 7), round(one.lat, 7))
