"""What the files of a run hold, as tables for notebooks: the same columns and types with rows or without."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imagery_watch.model import Chance, Hit, Look, Occupancy, Stay
from imagery_watch.outputs.files.curves_csv import CURVE_COLUMNS, CurveRow, curve_values
from imagery_watch.outputs.files.hits_geojson import HIT_PROPERTIES, hit_properties
from imagery_watch.outputs.files.looks_csv import COLUMNS, look_row
from imagery_watch.outputs.files.run_json import CHANCE, OCCUPANCY, chance_properties, occupancy_properties
from imagery_watch.outputs.files.stays_geojson import STAY_PROPERTIES, stay_properties

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

_HIT_TIMES = ("before", "after")
_HIT_NUMBERS = tuple(name for name, digits in HIT_PROPERTIES.items() if digits is not None)
_LOOK_NUMBERS = ("visible_fraction", "smallest_detectable_m", "registration_error_px")
_STAY_TIMES = ("not_before", "seen_from", "seen_to", "not_after")
_STAY_NUMBERS = ("dwell_min_hours", "dwell_max_hours", "length_m")
_COUNTS = ("standing", "usual", "surplus")


def hits_frame(hits: Sequence[Hit]) -> "GeoDataFrame":
    """One row a hit, EPSG:4326, with the properties of `hits.geojson`, numbered from 1."""
    rows = [hit_properties(hit) for hit in hits]
    return _placed(_table(rows, [*HIT_PROPERTIES], times=_HIT_TIMES, numbers=_HIT_NUMBERS), hits)


def stays_frame(stays: Sequence[Stay]) -> "GeoDataFrame":
    """One row a stay, EPSG:4326, with the properties of `stays.geojson`, numbered from 1."""
    rows = [stay_properties(stay) for stay in stays]
    return _placed(_table(rows, [*STAY_PROPERTIES], times=_STAY_TIMES, numbers=_STAY_NUMBERS), stays)


def looks_frame(looks: Sequence[Look]) -> "DataFrame":
    """One row for each pass and apron, with the columns of `looks.csv`."""
    rows = [look_row(look) for look in looks]
    for row in rows:
        row |= {"item_ids": tuple(row["item_ids"]), "reason_code": " ".join(row["reason_code"])}
    return _table(rows, [*COLUMNS], times=("datetime",), numbers=_LOOK_NUMBERS).astype({"relative_orbit": "Int64"})


def occupancy_frame(occupancy: Sequence[Occupancy]) -> "DataFrame":
    """One row for each pass and apron that it saw, as `run.json` has them."""
    rows = [occupancy_properties(one) for one in occupancy]
    return _table(rows, [*OCCUPANCY], times=("datetime",), numbers=()).astype(dict.fromkeys(_COUNTS, "int64"))


def chances_frame(chances: Sequence[Chance]) -> "DataFrame":
    """One row for each apron and length of stay, as `run.json` has them."""
    rows = [chance_properties(one) for one in chances]
    table = _table(rows, [*CHANCE], times=("since", "until"), numbers=("probability",))
    return table.astype({"hours": "int64"})


def curve_frame(rows: Sequence[CurveRow]) -> "DataFrame":
    """One row for each stay and look, with the columns of `curves.csv`."""
    columns = [*CURVE_COLUMNS]
    told = [dict(zip(columns, (row.stay, *curve_values(row.measurement)), strict=True)) for row in rows]
    return _table(told, columns, times=("datetime",), numbers=("share", "sigma"))


def _placed(table: "DataFrame", found: Sequence[Hit] | Sequence[Stay]) -> "GeoDataFrame":
    """The table with its rows numbered from 1, each at its place."""
    from geopandas import GeoDataFrame, points_from_xy
    from pandas import RangeIndex

    table.index = RangeIndex(1, len(found) + 1, name="number")
    points = points_from_xy([one.lon for one in found], [one.lat for one in found])
    return GeoDataFrame(table, geometry=points, crs="EPSG:4326")


def _table(
    rows: list[dict[str, Any]], columns: list[str], *, times: tuple[str, ...], numbers: tuple[str, ...]
) -> "DataFrame":
    """The rows with these columns and types, also where there are none."""
    from pandas import DataFrame, to_datetime

    table = DataFrame(rows, columns=columns)
    for name in times:
        table[name] = to_datetime(table[name], utc=True, format="ISO8601").astype("datetime64[us, UTC]")
    return table.astype(dict.fromkeys(numbers, "float64"))
