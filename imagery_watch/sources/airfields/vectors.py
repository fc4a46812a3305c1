"""Vector files that a GIS or a globe saves, told by their first bytes and read with pyogrio as GeoJSON documents."""

import io
import json
import lzma
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from imagery_watch.errors import AoiError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MOST_FEATURES = 20_000
LARGEST_UNPACKED = 128_000_000
"""Bytes that an archive may unpack to: a large airport takes a tenth of a megabyte."""
READ_BYTES = 1 << 16
_NOT_UNPACKED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError)
"""What `zipfile` raises over what is damaged; NotImplementedError is its word for an unknown compression."""
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_PACKED = (*_SHAPEFILE, ".kml", ".gpkg", ".geojson", ".json", ".fgb")
_TO_GEOJSON = "save it as GeoJSON in WGS84 (EPSG:4326), for instance with QGIS or `ogr2ogr airfield.geojson FILE`"


class Format(NamedTuple):
    """What a file is, by its first bytes."""

    name: str = ""
    """With its article; empty for what is text, or unknown."""
    suffix: str = ""
    """How such a file's name must end to be read here; empty where it cannot be."""
    advice: str = _TO_GEOJSON

    @property
    def readable(self) -> bool:
        """Whether `read_vectors` reads it."""
        return bool(self.suffix)


_MAGIC = (
    (b"SQLite format 3\0", Format("a GeoPackage", ".gpkg")),
    (b"PK\x03\x04", Format("a ZIP archive", ".zip")),
    (b"\x00\x00\x27\x0a", Format("a Shapefile", ".shp")),
    (b"fgb\x03", Format("a FlatGeobuf file", ".fgb")),
    (b"PAR1", Format("a (Geo)Parquet file")),
    (b"ARROW1", Format("a (Geo)Arrow file")),
    (b"\x1f\x8b", Format("packed by gzip", advice="unpack it first")),
    (b"BZh", Format("packed by bzip2", advice="unpack it first")),
    (b"\xfd7zXZ", Format("packed by xz", advice="unpack it first")),
    (b"\x28\xb5\x2f\xfd", Format("packed by zstd", advice="unpack it first")),
    (b"7z\xbc\xaf\x27\x1c", Format("a 7z archive", advice="unpack it first")),
    (b"Rar!", Format("a RAR archive", advice="unpack it first")),
    (b"II*\0", Format("a TIFF image", advice="draw the aprons as polygons; imagery is given by --catalog")),
    (b"MM\0*", Format("a TIFF image", advice="draw the aprons as polygons; imagery is given by --catalog")),
    (b"\x89PNG", Format("a PNG picture", advice="draw the aprons as polygons")),
    (b"\xff\xd8\xff", Format("a JPEG picture", advice="draw the aprons as polygons")),
    (b"!table", Format("a MapInfo table")),
    (b"Version ", Format("a MapInfo interchange file")),
    (b"%PDF", Format("a PDF document", advice="draw the aprons as polygons")),
    (b"\xd0\xcf\x11\xe0", Format("an old Office document")),
)
_XML = (
    (b"<kml", Format("a KML file", ".kml")),
    (
        b"<osm",
        Format("OpenStreetMap's XML", advice="ask Overpass with [out:json]; out geom; for `airfields add --osm`"),
    ),
    (b"<gpx", Format("a GPX file")),
    (b"<gml", Format("a GML file")),
    (b"<svg", Format("an SVG drawing")),
)
_ZIPPED = {".kml": "a KMZ file", ".shp": "a zipped Shapefile", ".gpkg": "a zipped GeoPackage"}
_PARTS = {
    ".dbf": Format("a part of a Shapefile", advice="name the .shp beside it"),
    ".shx": Format("a part of a Shapefile", advice="name the .shp beside it"),
    ".prj": Format("a part of a Shapefile", advice="name the .shp beside it"),
}


def name_format(path: Path, data: bytes) -> Format:
    """What the file is; an empty name for text that may be JSON."""
    for magic, found in _MAGIC:
        if data.startswith(magic):
            return found
    if (part := _PARTS.get(path.suffix.lower())) is not None:
        return part
    start = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if not start.startswith(b"<"):
        return Format()
    return next((found for mark, found in _XML if mark in start and b"<ogrvrt" not in start), Format())


def read_vectors(path: Path, data: bytes, found: Format) -> dict[str, Any]:
    """The file's features as a GeoJSON document in WGS84, with notes on where they come from. Raises AoiError."""
    with _laid_out(path, data, found) as file:
        if file.suffix.lower() in (".geojson", ".json"):
            return _plain_json(path, file)
        try:
            layers = [layer for layer in _layers(file, path) if len(layer)]
        except AoiError:
            raise
        except Exception as error:  # pyogrio's, pyproj's and GDAL's own: one wording for a file that cannot be read
            why = " ".join(str(error).replace(str(file), path.name).split())[:200]
            raise AoiError(f"{path}: is {found.name} that cannot be read ({why}): {_TO_GEOJSON}") from error
    features = [feature for layer in layers for feature in _features(layer)]
    name = _ZIPPED.get(file.suffix, found.name) if found.suffix == ".zip" else found.name
    return {"type": "FeatureCollection", "notes": [f"read from {name}{_moved(layers)}"], "features": features}


@contextmanager
def _laid_out(path: Path, data: bytes, found: Format) -> Iterator[Path]:
    """The one file to open, alone in a folder of its own with what belongs to it: nothing else is within reach."""
    with TemporaryDirectory(prefix="imagery-watch-") as folder:
        if found.suffix == ".zip":
            yield _unpacked(path, data, Path(folder))
            return
        target = Path(folder) / f"airfield{found.suffix}"
        target.write_bytes(data)
        if found.suffix == ".shp":
            _bring_parts(path, target)
        if found.suffix == ".gpkg":
            _check_tables(path, target)
        yield target


def _unpacked(path: Path, data: bytes, folder: Path) -> Path:
    """Lays out an archive's vector files under plain names; the one to open. Raises AoiError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if Path(one.filename).suffix.lower() in _PACKED]
            if sum(one.file_size for one in members) > LARGEST_UNPACKED:
                raise AoiError(f"{path}: unpacks to more than {LARGEST_UNPACKED // 10**6} MB: keep the airfield's own")
            left = LARGEST_UNPACKED
            for one in members:
                name = Path(one.filename)
                left -= _lay_out(archive, one, folder / f"{_plain(name.stem)}{name.suffix.lower()}", left, path)
    except _NOT_UNPACKED as error:
        raise AoiError(f"{path}: is a ZIP archive that cannot be unpacked ({error}): unpack it first") from error
    wanted = [file for file in sorted(folder.iterdir()) if file.suffix not in _SHAPEFILE[1:]]
    if len(wanted) != 1:
        held = ", ".join(file.name for file in wanted[:5]) or "none"
        raise AoiError(f"{path}: is a ZIP archive in which one KML, Shapefile or GeoJSON is expected; it holds {held}")
    if wanted[0].suffix == ".shp":
        _check_parts(path, wanted[0])
    if wanted[0].suffix == ".gpkg":
        _check_tables(path, wanted[0])
    return wanted[0]


def _lay_out(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int, path: Path) -> int:
    """Bytes of a file of an archive, laid out: as many as come, not as many as it says. Raises AoiError."""
    with archive.open(member) as packed, target.open("wb") as file:
        written = 0
        while part := packed.read(min(READ_BYTES, most + 1 - written)):
            written += file.write(part)
            if written > most:
                raise AoiError(f"{path}: unpacks to more than {LARGEST_UNPACKED // 10**6} MB: keep the airfield's own")
    with target.open("rb") as file:
        found = name_format(target, file.read(READ_BYTES))
    if target.suffix in (".kml", ".gpkg", ".fgb", ".shp") and found.suffix != target.suffix:
        raise AoiError(f"{path}: is a ZIP archive whose {target.suffix} file is none: {_TO_GEOJSON}")
    return written


def _plain(stem: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in stem)[:60] or "airfield"


def _bring_parts(path: Path, target: Path) -> None:
    """The other files of a Shapefile, beside its copy."""
    for suffix in _SHAPEFILE[1:]:
        for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
            if name.is_file():
                target.with_suffix(suffix).write_bytes(name.read_bytes())
                break
    _check_parts(path, target)


def _check_parts(path: Path, target: Path) -> None:
    lost = [suffix for suffix in _SHAPEFILE[1:3] if not target.with_suffix(suffix).is_file()]
    if lost:
        raise AoiError(
            f"{path}: is a Shapefile without its {' and '.join(lost)}: keep all of its files together, zip them, or "
            f"{_TO_GEOJSON}"
        )


def _check_tables(path: Path, target: Path) -> None:
    """A view can make reading endless: only tables are read. Raises AoiError."""
    try:
        with closing(sqlite3.connect(target)) as database:
            views = database.execute("select name from sqlite_master where type = 'view'").fetchall()
            tables = database.execute("select count(*) from sqlite_master where name = 'gpkg_contents'").fetchone()
    except sqlite3.Error as error:
        raise AoiError(f"{path}: is a GeoPackage that cannot be read ({error}): {_TO_GEOJSON}") from error
    if not tables[0]:
        raise AoiError(f"{path}: is an SQLite database, but no GeoPackage: {_TO_GEOJSON}")
    if views:
        raise AoiError(
            f"{path}: is a GeoPackage with views ({str(views[0][0])[:40]}), which are not read: {_TO_GEOJSON}"
        )


def _plain_json(path: Path, file: Path) -> dict[str, Any]:
    """The GeoJSON of an archive."""
    try:
        document = json.loads(file.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise AoiError(f"{path}: {file.name} in it is not JSON ({error}): unpack it and look") from error
    if not isinstance(document, dict):
        raise AoiError(f"{path}: {file.name} in it is no GeoJSON object: unpack it and look")
    return document


def _layers(file: Path, path: Path) -> Iterator["GeoDataFrame"]:
    """Every layer that has shapes, as it is in the file."""
    import geopandas

    table = geopandas.list_layers(file)
    listed = [str(name) for name, kind in zip(table["name"], table["geometry_type"], strict=True) if kind is not None]
    if not listed:
        raise AoiError(f"{path}: holds no layer with shapes: draw at least one apron polygon")
    left = MOST_FEATURES
    for name in listed:
        frame = geopandas.read_file(file, layer=name, engine="pyogrio", rows=left + 1)
        left -= len(frame)
        if left < 0:
            raise AoiError(f"{path}: holds more than {MOST_FEATURES} features: keep the airfield's own")
        yield frame


def _features(frame: "GeoDataFrame") -> Iterator[dict[str, Any]]:
    """The features of a layer in WGS84, their properties' names in lower case, without what is no text or number."""
    moved = frame if frame.crs is None else frame.to_crs(4326)
    for row in moved.to_dict("records"):
        shape = row.pop(moved.geometry.name)
        kept = {str(key).lower(): _plain_value(value) for key, value in row.items()}
        geometry = None if shape is None else json.loads(json.dumps(shape.__geo_interface__))
        properties = {key: value for key, value in kept.items() if value not in (None, "")}
        yield {"type": "Feature", "properties": properties, "geometry": geometry}


def _plain_value(value: Any) -> str | int | float | None:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _moved(layers: list["GeoDataFrame"]) -> str:
    """What was done to the coordinates, for a note."""
    named = {"" if layer.crs is None else layer.crs.to_string()[:60] for layer in layers}
    if "" in named:
        return ", which states no CRS: taken as WGS84"
    others = sorted(named - {"EPSG:4326", "OGC:CRS84"})
    return f", moved from {', '.join(others)} to WGS84" if others else ""
