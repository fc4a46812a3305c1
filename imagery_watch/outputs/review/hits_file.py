"""The hits of the record, with their reviews, or of a run as one file: its suffix says in which format."""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery_watch.errors import UsageError
from imagery_watch.model import RecordedHit, Review
from imagery_watch.outputs.files.atomic import write_bytes
from imagery_watch.outputs.files.hits_geojson import SIMULATED, hit_feature, point_feature
from imagery_watch.outputs.files.saved_run import Saved
from imagery_watch.outputs.gis.geopackage import to_geopackage
from imagery_watch.outputs.gis.layers import HIT_COLUMNS, hit_row, hits_table, place_of
from imagery_watch.outputs.gis.parquet import check_pyarrow, to_parquet
from imagery_watch.outputs.gis.table_csv import to_csv
from imagery_watch.outputs.gis.tables import Table, columns_of
from imagery_watch.outputs.properties import hit_properties
from imagery_watch.outputs.values import dump, dump_json
from imagery_watch.outputs.wording.text import iso

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SUFFIXES = (".geojson", ".csv", ".gpkg", ".parquet")
ADDED = ("first_seen", "review", "muted_by", "reviews")
"""What is told of a hit beside the contract's properties."""
KINDS = HIT_COLUMNS | columns_of(ADDED)
COLUMNS = tuple(KINDS)
NUMBERS = tuple(name for name, kind in KINDS.items() if kind == "number")
FLAGS = tuple(name for name, kind in KINDS.items() if kind == "flag")


def write_hits(path: Path, hits: Sequence[RecordedHit]) -> None:
    """Writes the record's hits in their order, replacing the file whole; the same hits give the same bytes.

    Raises UsageError for a suffix that says no format, StoreError where it cannot be written.
    """
    suffix = check_suffix(path)
    write_bytes(path, _encode(make_table(hits), suffix) if suffix != ".geojson" else _utf8(dump_json(collect(hits))))


def write_hits_of_run(path: Path, saved: Saved) -> None:
    """The same for the hits of a run's folder, which nobody has reviewed; their pictures stay where they are."""
    suffix, credit, provenance = check_suffix(path), saved.attribution, saved.provenance
    hits = [replace(hit, chip=None) for hit in saved.hits]
    note = {"simulated_note": provenance.simulated_note or SIMULATED} if provenance.simulated else {}
    told = {"type": "FeatureCollection", "attribution": credit, **note, "features": [hit_feature(hit) for hit in hits]}
    table = hits_table(hits, " ".join([f"{credit}.", *note.values()]))
    write_bytes(path, _encode(table, suffix) if suffix != ".geojson" else _utf8(dump_json(told)))


def check_suffix(path: Path) -> str:
    """The suffix. Raises UsageError for one that says no format, or a format that needs what is not installed."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: hits are exported as {', '.join(SUFFIXES)}; end the name in one of them")
    if suffix == ".parquet":
        check_pyarrow()
    return suffix


def is_export(path: Path) -> bool:
    """Whether a file is an earlier export of hits, as far as its columns tell: what has others is somebody's own."""
    suffix = path.suffix.lower()
    try:
        columns = _READ_COLUMNS[suffix](path) - {"fid", "geom", "geometry"}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, sqlite3.Error, ImportError):
        return False
    known = {*COLUMNS, "lon", "lat"}
    return columns <= known and (columns >= {"id", "airfield", "kind", "score"} or columns == _EMPTY)


_EMPTY = frozenset[str]()
"""Columns of a collection without hits, which has none."""


def _columns_of_geojson(path: Path) -> set[str]:
    told = json.loads(path.read_bytes())
    if told["type"] != "FeatureCollection" or not isinstance(told["attribution"], str):
        raise ValueError("no collection of hits")
    return {name for feature in told["features"] for name in feature["properties"]}


def _columns_of_csv(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {*next(csv.reader(file), ["nothing"])}


def _columns_of_geopackage(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as held:
        tables = {name for (name,) in held.execute("SELECT table_name FROM gpkg_contents")}
        if not tables <= {"hits", "layer_styles"}:
            raise ValueError("other layers are in it")
        return {str(row[1]) for row in held.execute("PRAGMA table_info(hits)")} or {"nothing"}


def _columns_of_parquet(path: Path) -> set[str]:
    import pyarrow.parquet

    return {*pyarrow.parquet.read_schema(path).names}


_READ_COLUMNS: dict[str, Callable[[Path], set[str]]] = {
    ".geojson": _columns_of_geojson,
    ".csv": _columns_of_csv,
    ".gpkg": _columns_of_geopackage,
    ".parquet": _columns_of_parquet,
}


def collect(hits: Iterable[RecordedHit]) -> dict[str, Any]:
    """The FeatureCollection of the hits, with the credits that whoever shows them owes."""
    told = list(hits)
    features = [point_feature(one.hit.id, one.hit.lon, one.hit.lat, describe(one)) for one in told]
    return {"type": "FeatureCollection", "attribution": credits_of(told), "features": features}


def credits_of(hits: Iterable[RecordedHit]) -> str:
    """The credits owed for the hits, each once."""
    return " ".join(dict.fromkeys(one.credit for one in hits if one.credit))


def describe(one: RecordedHit) -> dict[str, Any]:
    """The contract's properties of a hit, and what the record has beside them; no picture, for there is none here."""
    reviews = [
        {name: value for name, value in dump(said).items() if name not in ("hit", "airfield")} for said in one.reviews
    ]
    added = {"first_seen": iso(one.first_seen), "review": one.judgement, "muted_by": one.muted_by, "reviews": reviews}
    return hit_properties(one.hit) | {"chip": None} | added


def make_table(hits: Sequence[RecordedHit]) -> Table:
    """One row and one point a hit, in their order, with the columns of the CSV file."""
    shapes = tuple(place_of(one.hit) for one in hits)
    return Table("hits", credits_of(hits), KINDS, tuple(_row(one) for one in hits), shapes, "POINT")


def make_frame(hits: Sequence[RecordedHit]) -> "GeoDataFrame":
    """One row a hit, EPSG:4326: the columns of the CSV file, numbers as numbers; the same columns without hits."""
    from geopandas import GeoDataFrame, points_from_xy
    from pandas import DataFrame

    rows = DataFrame([_row(one) for one in hits], columns=list(COLUMNS))
    table = rows.astype({**dict.fromkeys(NUMBERS, "float64"), **dict.fromkeys(FLAGS, "bool")})
    return GeoDataFrame(table, geometry=points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


def _row(one: RecordedHit) -> dict[str, Any]:
    """One hit without lists: items with a space between, sentences with `; `."""
    added = {name: value for name, value in describe(one).items() if name in ADDED}
    said = "; ".join(_say(review) for review in one.reviews)
    return hit_row(one.hit) | {"chip": None} | added | {"reviews": said}


def _say(one: Review) -> str:
    note = f" ({one.note})" if one.note else ""
    return f"{one.verdict} by {one.reviewer} at {iso(one.reviewed_at)}{note}"


def _encode(table: Table, suffix: str) -> bytes:
    if suffix == ".gpkg":
        return to_geopackage([table])
    return to_parquet(table) if suffix == ".parquet" else _utf8(to_csv(table))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")
