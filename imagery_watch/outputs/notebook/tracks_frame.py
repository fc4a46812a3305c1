"""Flight tracks as a table of a notebook, each with its way over the ground."""

from typing import TYPE_CHECKING, Any

from imagery_watch.model.corroboration import Corroboration, GroundStay, TrackTold

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely.geometry import LineString, Point

COLUMNS = ("name", "type", "length_m", "hex", "callsign", "since", "until", "landed", "took_off", "apron", "state",
           "hits", "stays", "looks", "chance", "chance_any_time", "statement")  # fmt: skip
TIMES = ("since", "until")


def tracks_frame(told: Corroboration | None) -> "GeoDataFrame":
    """One row an aircraft on the ground, numbered from 1, in order of time; none where no tracks were given."""
    import pandas as pd
    from geopandas import GeoDataFrame, GeoSeries

    tracks = told.tracks if told is not None else ()
    table = pd.DataFrame([_row(one) for one in tracks], columns=[*COLUMNS])
    for name in TIMES:
        table[name] = pd.to_datetime(table[name], utc=True)
    table.index = pd.RangeIndex(1, len(tracks) + 1, name="number")
    shapes = GeoSeries([_shape(one.aircraft) for one in tracks], index=table.index, crs="EPSG:4326")
    return GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


def _row(one: TrackTold) -> dict[str, Any]:
    aircraft = one.aircraft
    return {
        "name": aircraft.name,
        "type": aircraft.type,
        "length_m": None if aircraft.size is None else aircraft.size.length_m,
        "hex": aircraft.hex,
        "callsign": aircraft.callsign,
        "since": aircraft.first_ground,
        "until": aircraft.last_ground,
        "landed": aircraft.landed is not None,
        "took_off": aircraft.took_off is not None,
        "apron": aircraft.apron,
        "state": one.state.value,
        "hits": one.hits,
        "stays": one.stays,
        "looks": len({look.datetime for look in one.looks}),
        "chance": one.chance,
        "chance_any_time": one.chance_any_time,
        "statement": one.statement,
    }


def _shape(one: GroundStay) -> "LineString | Point":
    """Its way over the ground, in and out, as far as it is shown; else where it stood."""
    from shapely.geometry import LineString, Point

    ways = [move.path for move in (one.landed, one.took_off) if move is not None]
    places = [place for way in ways for place in way]
    return LineString(places) if len(places) > 1 else Point(*one.place)
