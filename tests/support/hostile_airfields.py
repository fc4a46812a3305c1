"""Airfield files that mean harm, made where they are needed."""

import json
from collections.abc import Callable
from typing import Any

from support.hostile import Place, gzipped, laughs, xxe, zip_bomb, zipped

MODEL = "<Placemark><Model><Link><href>{}</href></Link></Model></Placemark>"
OGR_VRT = """<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{file}</SrcDataSource></OGRVRTLayer>
</OGRVRTDataSource>"""
RING = [[11.32, 46.46], [11.33, 46.46], [11.33, 46.465], [11.32, 46.465], [11.32, 46.46]]


def airfield(**members: Any) -> bytes:
    """A good one, but for what is given."""
    feature = {"type": "Feature", "properties": {"role": "apron", "name": "main"},
               "geometry": {"type": "Polygon", "coordinates": [RING]}}  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": [feature], **members}).encode()


def ogr_vrt(source: object) -> bytes:
    """Vectors that are another file's."""
    return OGR_VRT.format(file=source).encode()


def kml(inside: str) -> bytes:
    """A KML with an apron, and something else."""
    ring = " ".join(f"{x},{y}" for x, y in RING)
    return (f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}<Placemark><name>main</name><Polygon>'
            f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
            "</Placemark></Document></kml>").encode()  # fmt: skip


def geopackage(place: Place, *statements: str) -> bytes:
    """A good GeoPackage, after some statements of SQL."""
    import sqlite3
    from contextlib import closing

    import geopandas
    from shapely.geometry import Polygon

    path = place.folder / "made.gpkg"
    path.unlink(missing_ok=True)
    frame = geopandas.GeoDataFrame({"role": ["apron"], "name": ["main"]}, geometry=[Polygon(RING)], crs=4326)
    frame.to_file(path, driver="GPKG")
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute("pragma writable_schema = on")
            database.execute(statement)
        database.commit()
    data = path.read_bytes()
    path.unlink()
    return data


VIRTUAL = (
    "insert into sqlite_master (type, name, tbl_name, rootpage, sql) values ('table', 'stolen', 'stolen', 0, "
    "'create virtual table stolen using VirtualOGR(''{file}'')')"
)
ENDLESS = "create view endless as with recursive n(x) as (select 1 union all select x + 1 from n) select x from n"
AIRFIELDS: dict[str, tuple[str, Callable[[Place], bytes]]] = {
    "id that climbs": ("a.geojson", lambda _: airfield(id="../../../etc/x")),
    "id that is a path": ("a.geojson", lambda _: airfield(id="/etc/passwd")),
    "name that climbs": ("a.geojson", lambda _: airfield(name="../../x/../y", id="A")),
    "id with a null": ("a.geojson", lambda _: airfield(id="A\0B")),
    "CRS at an address": ("a.geojson", lambda p: airfield(crs={"type": "link", "properties": {"href": p.url}})),
    "OGR VRT as GeoJSON": ("a.geojson", lambda p: ogr_vrt(p.vector)),
    "OGR VRT as KML": ("a.kml", lambda p: ogr_vrt(p.vector)),
    "OGR VRT behind a comment": ("a.kml", lambda p: b"<!-- <kml> -->" + ogr_vrt(p.vector)),
    "OGR VRT far behind one": ("a.kml", lambda p: b"<!-- <kml>" + b" " * 5000 + b"-->" + ogr_vrt(p.vector)),
    "KML that laughs": ("a.kml", lambda _: laughs()),
    "KML that names a file": ("a.kml", lambda p: xxe(p.vector.as_uri())),
    "KML that names an address": ("a.kml", lambda p: xxe(p.url)),
    "KML with a link": ("a.kml", lambda p: kml(f"<NetworkLink><Link><href>{p.url}</href></Link></NetworkLink>")),
    "KML with a picture": ("a.kml", lambda p: kml(f"<GroundOverlay><Icon><href>{p.url}</href></Icon></GroundOverlay>")),
    "KML with a style elsewhere": ("a.kml", lambda p: kml(f"<Style id='x'/><styleUrl>{p.url}#x</styleUrl>")),
    "KML with a model": ("a.kml", lambda p: kml(MODEL.format(p.raster))),
    "KMZ that climbs": ("a.kmz", lambda _: zipped({"../../../doc.kml": kml(""), "../x": b"x"})),
    "KMZ that unpacks to half a gigabyte": ("a.kmz", lambda _: zip_bomb()),
    "KMZ in a KMZ": ("a.kmz", lambda _: zipped({"doc.kmz": zipped({"doc.kml": kml("")})})),
    "KMZ of 20 000 files": ("a.kmz", lambda _: zipped({f"{number}.kml": b"" for number in range(20_000)})),
    "GeoPackage with an endless view": ("a.gpkg", lambda p: geopackage(p, ENDLESS)),
    "GeoPackage with another file's table": ("a.gpkg", lambda p: geopackage(p, VIRTUAL.format(file=p.vector))),
    "GeoPackage with a trigger": ("a.gpkg", lambda p: geopackage(
        p, "create trigger t after insert on made begin select load_extension('/tmp/x.so'); end")),
    "gzip of half a gigabyte": ("a.geojson", lambda _: gzipped()),
    "brackets, 100 000 deep": ("a.geojson", lambda _: b"[" * 100_000),
    "a number of 10 000 digits": ("a.geojson", lambda _: airfield(id="A").replace(b"11.32", b"1" * 10_000)),
}  # fmt: skip
ZIPPED_VRT = {
    "KMZ": ("a.kmz", lambda p: zipped({"doc.kml": ogr_vrt(p.vector)})),
    "KMZ, of an address": ("a.kmz", lambda p: zipped({"doc.kml": ogr_vrt(f"/vsicurl/{p.url}")})),
    "zipped FlatGeobuf": ("a.zip", lambda p: zipped({"doc.fgb": ogr_vrt(p.vector)})),
    "zipped Shapefile": ("a.zip", lambda p: zipped(
        {"d.shp": ogr_vrt(p.vector), "d.shx": b"x", "d.dbf": b"x"})),
}  # fmt: skip
