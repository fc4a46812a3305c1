"""A table as GeoParquet 1.1; needs pyarrow, which the extra `parquet` brings."""

import json
from io import BytesIO
from typing import Any

from imagery_watch.errors import UsageError
from imagery_watch.outputs.gis.tables import ColumnKind, Table
from imagery_watch.outputs.values import moment

SHAPES: dict[str | None, str] = {
    "POINT": "Point",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
}


def check_pyarrow() -> None:
    """Raises UsageError, saying how to get it, where pyarrow is not installed."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError(".parquet needs pyarrow: pip install 'imagery-watch[parquet]'; .gpkg needs nothing more")


def to_parquet(table: Table) -> bytes:
    """The rows with their shapes in `geometry`, OGC:CRS84; the same table and pyarrow give the same bytes.

    Raises UsageError where pyarrow is not installed.
    """
    check_pyarrow()
    import pyarrow
    from pyarrow.parquet import write_table
    from shapely import to_wkb

    types: dict[ColumnKind, Any] = {
        "text": pyarrow.string(),
        "number": pyarrow.float64(),
        "whole": pyarrow.int64(),
        "flag": pyarrow.bool_(),
        "time": pyarrow.timestamp("us", tz="UTC"),
    }
    columns = {
        name: pyarrow.array([_value(row[name], kind) for row in table.rows], types[kind])
        for name, kind in table.columns.items()
    }
    about = {b"description": table.about.encode("utf-8", errors="replace")}
    if table.shape_kind:
        columns["geometry"] = pyarrow.array([to_wkb(shape, byte_order=1) for shape in table.shapes], pyarrow.binary())
        about[b"geo"] = json.dumps(_describe_shapes(table)).encode()
    buffer = BytesIO()
    write_table(pyarrow.table(columns).replace_schema_metadata(about), buffer, compression="zstd")
    return buffer.getvalue()


def _describe_shapes(table: Table) -> dict[str, Any]:
    """GeoParquet's own metadata; without a `crs` the coordinates are longitude and latitude in WGS84."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": [SHAPES[table.shape_kind]]}
    if table.shapes:
        west, south, east, north = zip(*(shape.bounds for shape in table.shapes), strict=True)
        column["bbox"] = [min(west), min(south), max(east), max(north)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _value(value: Any, kind: ColumnKind) -> Any:
    if value is None:
        return None
    if kind == "text":
        return value.encode("utf-8", errors="replace").decode("utf-8")
    return moment(value) if kind == "time" else value
