"""Tables as a GeoPackage 1.3, each with the style that QGIS opens it in; the same tables give the same bytes.

Written by SQLite alone: GDAL would stamp the time of the day into it, and pyogrio bring pandas into every run.
"""

import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from imagery_watch.outputs.gis.tables import ColumnKind, Table
from imagery_watch.outputs.values import moment

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

THEN = "2000-01-01T00:00:00.000Z"
"""What it says of the time of its making, so that the same tables give the same bytes."""
WGS84 = 4326
_HEAD_AND_BOUNDS = 40
"""Bytes before the WKB of a shape that is no point."""
STYLES = Path(__file__).parent / "styles"
STYLE_NAME = "imagery_watch"
_TYPES: dict[ColumnKind, str] = {
    "text": "TEXT",
    "number": "REAL",
    "whole": "INTEGER",
    "flag": "BOOLEAN",
    "time": "DATETIME",
}
_WGS84_WKT = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    ("WGS 84 geodetic", WGS84, "EPSG", WGS84, _WGS84_WKT, "longitude/latitude coordinates in decimal degrees"),
)
_FRAME = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""
_INSERT_CONTENTS = "INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_STYLE_TABLE = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
  styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""


def to_geopackage(tables: Sequence[Table]) -> bytes:
    """The tables as layers, in their order; those with a style in `styles/` have it as their default."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
        _write(file, tables)
        return file.serialize() if hasattr(file, "serialize") else copy_out(file)


def read_shapes(content: bytes, table: str) -> list[tuple[dict[str, Any], "BaseGeometry"]]:
    """The rows of a layer of areas or lines that `to_geopackage` wrote, by column, each with its shape.

    Raises sqlite3.Error or a shapely error where the file is none; SQLite before 3.36 reads nothing.
    """
    from shapely import from_wkb

    with closing(sqlite3.connect(":memory:")) as file:
        if not hasattr(file, "deserialize"):
            return []
        file.deserialize(content)
        file.row_factory = sqlite3.Row
        rows = [dict(row) for row in file.execute(f'SELECT * FROM "{table}" ORDER BY fid')]
    return [(row, from_wkb(row["geom"][_HEAD_AND_BOUNDS:])) for row in rows]


def copy_out(file: sqlite3.Connection) -> bytes:
    """What a database holds, by way of a temporary file: SQLite before 3.36 gives it no other way."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.gpkg"
        with closing(sqlite3.connect(path)) as copy:
            file.backup(copy)
        return path.read_bytes()


def _write(file: sqlite3.Connection, tables: Sequence[Table]) -> None:
    file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;")
    file.executescript(f"PRAGMA application_id = {int.from_bytes(b'GPKG', 'big')}; PRAGMA user_version = 10300;")
    file.executescript(f"BEGIN; {_FRAME}")
    file.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _SYSTEMS)
    for table in tables:
        _write_table(file, table)
    _write_styles(file, [table for table in tables if (STYLES / f"{table.name}.qml").exists()])
    file.execute("COMMIT")


def _write_table(file: sqlite3.Connection, table: Table) -> None:
    shape = f', "geom" {table.shape_kind}' if table.shape_kind else ""
    columns = "".join(f', "{name}" {_TYPES[kind]}' for name, kind in table.columns.items())
    file.execute(f'CREATE TABLE "{table.name}" ("fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{shape}{columns})')
    kind = "features" if table.shape_kind else "attributes"
    place = (*_bounds(table.shapes), WGS84) if table.shape_kind else (None,) * 5
    file.execute(_INSERT_CONTENTS, (table.name, kind, table.name, _text(table.about), THEN, *place))
    if table.shape_kind:
        shapes = (table.name, "geom", table.shape_kind, WGS84, 0, 0)
        file.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", shapes)
    marks = ", ".join("?" * (len(table.columns) + bool(table.shape_kind) + 1))
    file.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', _values(table))


def _values(table: Table) -> Iterator[list[Any]]:
    """The rows as the table's columns take them, numbered from 1."""
    for index, row in enumerate(table.rows):
        shape = [_encode(table.shapes[index])] if table.shape_kind else []
        yield [index + 1, *shape, *(_value(row[name], kind) for name, kind in table.columns.items())]


def _value(value: Any, kind: ColumnKind) -> Any:
    """A value as SQLite keeps it: times in UTC to the millisecond, booleans as 0 and 1, text that UTF-8 can hold."""
    if value is None:
        return None
    if kind == "time":
        return moment(value).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    if kind == "flag":
        return int(value)
    return _text(value) if kind == "text" else value


def _text(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _encode(shape: "BaseGeometry") -> bytes:
    """GeoPackage's own header, little-endian, with the bounds where it is no point; then the shape as WKB."""
    from shapely import to_wkb

    west, south, east, north = shape.bounds
    point = shape.geom_type == "Point"
    head = struct.pack("<2sBBi", b"GP", 0, 1 if point else 3, WGS84)
    return head + (b"" if point else struct.pack("<4d", west, east, south, north)) + to_wkb(shape, byte_order=1)


def _bounds(shapes: Iterable["BaseGeometry"]) -> tuple[float | None, ...]:
    """West, south, east and north of all shapes; None where there are none."""
    boxes = [shape.bounds for shape in shapes]
    if not boxes:
        return (None,) * 4
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _write_styles(file: sqlite3.Connection, tables: Sequence[Table]) -> None:
    """The table in which QGIS looks for the style of a layer."""
    if not tables:
        return
    file.execute(_STYLE_TABLE)
    about = "How QGIS draws the layers"
    listed = ("layer_styles", "attributes", "layer_styles", about, THEN, *(None,) * 5)
    file.execute(_INSERT_CONTENTS, listed)
    for number, table in enumerate(tables, start=1):
        told = (number, "", "", table.name, "geom", STYLE_NAME, _read_style(table.name), "", 1, about, "", None, THEN)
        file.execute(f"INSERT INTO layer_styles VALUES ({', '.join('?' * len(told))})", told)


@cache
def _read_style(name: str) -> str:
    return (STYLES / f"{name}.qml").read_text(encoding="utf-8")
