"""A drafted airfield as a GeoJSON document and as a picture."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from imagery_watch.draft.pavement import Image, Mask
from imagery_watch.draft.runways import Runway
from imagery_watch.model import Grid
from imagery_watch.model.georeference import lonlat_transformer

SIMPLIFY_M = 8.0
"""Less than a pixel: steps of the grid go, corners stay."""
DIGITS = 6
WHITE_POINT = 0.4
"""Reflectance that is drawn white."""
ZOOM = 3
COLOURS = {"apron": (255, 60, 60), "taxiway": (255, 200, 0), "runway": (0, 220, 255)}


def make_document(
    icao: str, name: str, source: str, aprons: NDArray[np.int32], runways: Sequence[Runway], grid: Grid
) -> dict[str, Any]:
    """The airfield file, WGS84: an apron of each number of (y, x), a line of each runway, `quality: drafted`."""
    features = [
        _feature(outline, {"role": "apron", "name": f"drafted-{number}"}, grid)
        for number, outline in enumerate(_outlines(aprons, grid), start=1)
    ]
    for one in runways:
        line = LineString([grid.xy(*one.start), grid.xy(*one.end)])
        features.append(_feature(line, {"role": "runway"}, grid))
    return {
        "type": "FeatureCollection",
        "id": icao,
        "name": name,
        "quality": "drafted",
        "source": source,
        "license": "Contains modified Copernicus Sentinel data",
        "features": features,
    }


def draw_picture(image: Image, aprons: NDArray[np.int32], taxiways: Mask, runways: Sequence[Runway]) -> bytes:
    """A PNG, three pixels for one: what is known of the image in its colours, north up, with the outlines on it."""
    from PIL import Image as Picture
    from PIL import ImageDraw

    visible = np.nan_to_num(np.clip(np.moveaxis(image[[2, 1, 0]], 0, -1) / WHITE_POINT, 0, 1)) ** 0.7
    pixels = np.kron((visible * 255).astype(np.uint8), np.ones((ZOOM, ZOOM, 1), np.uint8))
    for mask, colour in ((taxiways, COLOURS["taxiway"]), (aprons > 0, COLOURS["apron"])):
        pixels[_rim(np.kron(mask, np.ones((ZOOM, ZOOM), bool)))] = colour
    picture = Picture.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    for one in runways:
        ends = [((col + 0.5) * ZOOM, (row + 0.5) * ZOOM) for row, col in (one.start, one.end)]
        pen.line(ends, fill=COLOURS["runway"], width=2)
    file = io.BytesIO()
    picture.crop(_box_of(np.asarray(np.isfinite(image).all(axis=0)))).save(file, "PNG")
    return file.getvalue()


def _box_of(known: Mask) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is known, in the picture's pixels; the whole where nothing is."""
    rows, cols = (np.flatnonzero(known.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, known.shape[1] * ZOOM, known.shape[0] * ZOOM
    return int(cols[0]) * ZOOM, int(rows[0]) * ZOOM, int(cols[-1] + 1) * ZOOM, int(rows[-1] + 1) * ZOOM


def _rim(mask: Mask) -> Mask:
    from scipy import ndimage

    rim: Mask = mask & ~ndimage.binary_erosion(mask)
    return rim


def _outlines(aprons: NDArray[np.int32], grid: Grid) -> list[BaseGeometry]:
    """The outline of each numbered area, metres, by number."""
    from rasterio.features import shapes

    found: dict[int, list[BaseGeometry]] = {}
    for outline, number in shapes(aprons, mask=aprons > 0, transform=grid.transform):
        found.setdefault(int(number), []).append(shape(outline))
    return [_smooth(shapely.union_all(parts)) for _, parts in sorted(found.items())]


def _smooth(outline: BaseGeometry) -> BaseGeometry:
    """Without the steps of the grid; the largest part, where smoothing makes several."""
    simple = shapely.make_valid(outline.simplify(SIMPLIFY_M))
    parts = [part for part in getattr(simple, "geoms", [simple]) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area)


def _feature(geometry: BaseGeometry, properties: dict[str, str], grid: Grid) -> dict[str, Any]:
    """In degrees, continuous over the antimeridian."""
    transformer = lonlat_transformer(grid.epsg)

    def to_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude and latitude, (n, 2), of eastings and northings."""
        lon, lat = transformer.transform(xy[:, 0], xy[:, 1], direction="INVERSE")
        if np.ptp(lon) > 180:
            lon = np.where(lon < 0, lon + 360, lon)
        return np.column_stack([lon, lat]).round(DIGITS)

    return {"type": "Feature", "properties": properties, "geometry": mapping(shapely.transform(geometry, to_degrees))}
