"""`stac/`: a static STAC 1.1.0 collection of the run with one Item a hit, which names the items it was derived from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from imagery_watch.model import Hit, RunResult
from imagery_watch.outputs.gis.rasters import Raster
from imagery_watch.outputs.lonlat import join_boxes, split_shape
from imagery_watch.outputs.properties import hit_properties
from imagery_watch.outputs.values import dump_json
from imagery_watch.outputs.wording.credits import airfield_credit, copernicus_credit, imagery_credit
from imagery_watch.outputs.wording.summaries import headline
from imagery_watch.outputs.wording.text import clean, iso, rounded, slug

VERSION = "1.1.0"
PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
LEGAL_NOTICE = "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice"
JSON, GEOJSON = "application/json", "application/geo+json"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
OURS = "imagery_watch"
"""What stands before the names of properties that no STAC extension knows."""
SAID = ("id", "airfield", "chip", "summary")
"""Properties of a hit that an Item says in another place."""
LINEAGE = (
    "Passes of one sensor over one airfield, brought to one place and one light, compared with the empty apron; what "
    "differs was explained by the shape of an aircraft better than by anything plainer."
)
FILES: dict[str, tuple[str, str, str]] = {
    "hits.geojson": (GEOJSON, "Hits", "data"),
    "hits.gpkg": (
        "application/geopackage+sqlite3",
        "Hits, stays, looks, aprons and outlines, with styles for QGIS",
        "data",
    ),
    "hits.kmz": ("application/vnd.google-earth.kmz", "Hits with pictures, for Google Earth", "overview"),
    "report.html": ("text/html", "Report", "overview"),
}
"""Files of the folder that are of the whole collection: media type, title, role."""


def to_stac(result: RunResult, rasters: Mapping[str, Sequence[Raster]]) -> dict[str, str]:
    """The files below `stac/` by name; `rasters` by the hit's id. Their links hold wherever the folder is taken."""
    items = {hit.id: _item(hit, result, rasters.get(hit.id, ())) for hit in result.hits}
    names = {hit_id: f"{slug(hit_id)}.json" for hit_id in items}
    files = {f"stac/items/{names[hit_id]}": dump_json(item) for hit_id, item in items.items()}
    return {"stac/collection.json": dump_json(_collection(result, list(items.values()), names)), **files}


def _item(hit: Hit, result: RunResult, rasters: Sequence[Raster]) -> dict[str, Any]:
    geometry, bbox = _footprint(hit, rasters)
    links = [_link("root", "../collection.json"), _link("parent", "../collection.json")]
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [PROCESSING, *([PROJECTION] if rasters else [])],
        "id": hit.id,
        "geometry": geometry,
        "bbox": bbox,
        "properties": _properties(hit, result, rasters),
        "links": [*links, _link("collection", "../collection.json"), *_sources(hit, result)],
        "assets": _assets(hit, rasters),
        "collection": _name(result),
    }


def _properties(hit: Hit, result: RunResult, rasters: Sequence[Raster]) -> dict[str, Any]:
    told = {f"{OURS}:{name}": value for name, value in hit_properties(hit).items() if name not in SAID}
    software = result.provenance.software
    versions = {name: number for name, number in software.items() if name not in ("name", "version")}
    start = "SIMULATED, not observed. " if hit.simulated else ""
    placed = {"proj:code": rasters[0].where.grid.crs} if rasters else {}
    return {
        "title": f"{start}{hit.airfield}: possible {hit.kind}, a change consistent with an aircraft",
        "description": clean(hit.summary) or "A change consistent with an aircraft.",
        "datetime": None,
        "start_datetime": iso(hit.before),
        "end_datetime": iso(hit.after),
        "constellation": hit.sensor,
        "gsd": result.grid.resolution,
        "license": "other",
        "attribution": copernicus_credit([hit.before, hit.after]),
        "processing:lineage": LINEAGE,
        "processing:software": {"imagery-watch": software.get("version", "unknown"), **versions},
        **placed,
        **told,
        f"{OURS}:center": [rounded(hit.lon, 7), rounded(hit.lat, 7)],
    }


def _sources(hit: Hit, result: RunResult) -> list[dict[str, str]]:
    """A link to each item of either look whose place in a catalogue is known."""
    passes = {one.id: one for one in result.provenance.passes}
    found: dict[str, str] = {}
    for pass_id, items in ((hit.before_pass, hit.before_items), (hit.after_pass, hit.after_items)):
        known = passes.get(pass_id)
        links = {} if known is None else dict(zip(known.items, known.links, strict=False))
        found |= {name: href for name in items if (href := links.get(name)) is not None}
    return [{"rel": "derived_from", "href": href, "type": GEOJSON, "title": name} for name, href in found.items()]


def _assets(hit: Hit, rasters: Sequence[Raster]) -> dict[str, Any]:
    picture = {
        "href": f"../../{hit.chip}",
        "type": "image/png",
        "title": "Before, after and difference",
        "roles": ["overview"],
    }
    return {**({"picture": picture} if hit.chip else {}), **{one.asset: _asset(one) for one in rasters}}


def _asset(raster: Raster) -> dict[str, Any]:
    shared = {"data_type": "float32", "nodata": "nan", "unit": raster.unit}
    return {
        "href": f"../../{raster.file}",
        "type": COG,
        "title": raster.asset.capitalize(),
        "description": raster.about,
        "roles": ["data"],
        "datetime": iso(raster.datetime),
        "bands": [{"name": name, **shared} for name in raster.bands],
        "proj:code": raster.where.grid.crs,
        "proj:shape": list(raster.shape),
        "proj:transform": list(raster.transform),
    }


def _footprint(hit: Hit, rasters: Sequence[Raster]) -> tuple[dict[str, Any], list[float | None]]:
    """The square that the images show, cut at the antimeridian; the hit's place where there are none."""
    from shapely.geometry import Polygon, mapping

    if not rasters:
        place = [rounded(hit.lon, 7), rounded(hit.lat, 7)]
        return {"type": "Point", "coordinates": place}, place * 2
    square = Polygon(rasters[0].corners())
    box = join_boxes([square.bounds])
    return mapping(split_shape(square)), [rounded(edge, 7) for edge in box]


def _collection(result: RunResult, items: Sequence[dict[str, Any]], names: Mapping[str, str]) -> dict[str, Any]:
    simulated = "SIMULATED, nothing here was observed. " if result.provenance.simulated else ""
    thanks = f"{imagery_credit(result)}. {airfield_credit(result.airfield)}."
    links = [_link("root", "./collection.json"), {"rel": "license", "href": LEGAL_NOTICE, "type": "text/html"}]
    children = [_link("item", f"./items/{names[item['id']]}", GEOJSON) for item in items]
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "id": _name(result),
        "title": clean(f"{result.airfield.name}: changes consistent with aircraft"),
        "description": clean(f"{simulated}{headline(result)} {thanks}"),
        "license": "other",
        "providers": [{"name": "European Union, ESA: Copernicus Sentinel data", "roles": ["producer", "licensor"]}],
        "extent": {
            "spatial": {"bbox": [_whole_box(result, items)]},
            "temporal": {"interval": [_interval(result)]},
        },
        "links": [*links, *children],
        "assets": {
            name: {"href": f"../{name}", "type": kind, "title": title, "roles": [role]}
            for name, (kind, title, role) in FILES.items()
        },
    }


def _name(result: RunResult) -> str:
    return f"{OURS}-{slug(result.airfield.id)}"


def _whole_box(result: RunResult, items: Iterable[dict[str, Any]]) -> list[float]:
    """The aprons and all items; west > east across the antimeridian."""
    boxes = [result.airfield.bounds, *(item["bbox"] for item in items)]
    return [rounded(edge, 7) or 0.0 for edge in join_boxes(boxes)]


def _interval(result: RunResult) -> list[str | None]:
    """From the first look to the last, and what hits reach beyond it; open where there are none."""
    times: list[datetime] = [look.datetime for look in result.looks]
    times += [time for hit in result.hits for time in (hit.before, hit.after)]
    return [iso(min(times)), iso(max(times))] if times else [None, None]


def _link(rel: str, href: str, kind: str = JSON) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": kind}
