"""Grids: where an airfield lies in UTM, and its shapes drawn on that."""

import math
from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from imagery_watch.errors import AoiError
from imagery_watch.model.airfield import Airfield
from imagery_watch.model.georeference import lonlat_transformer
from imagery_watch.model.grid import Areas, Grid

RESOLUTION_M = 10.0
EDGE_M = 20.0
"""Edges lie on whole multiples of the pixel of Sentinel-2's 20 m bands."""


def utm_epsg(lon: float, lat: float) -> int:
    """EPSG code of the UTM zone (WGS84) of a place in degrees, in zones of 6 degrees throughout.

    Norway and Svalbard have no zones of their own here: Sentinel-2's tiles there do, are warped like others.
    Raises AoiError nearer to the poles than UTM reaches.
    """
    if not (math.isfinite(lon) and -80 <= lat <= 84):
        raise AoiError(f"[{lon:.6g}, {lat:.6g}] is outside UTM (80 S to 84 N): are longitude and latitude exchanged?")
    zone = int((lon + 180) // 6) % 60 + 1
    return (32600 if lat >= 0 else 32700) + zone


def grid_for(airfield: Airfield, margin_m: float, max_grid_km2: float) -> Grid:
    """The airfield's Grid: UTM, 10 m pixels, edges on whole multiples of 20 m around aprons plus margin.

    Raises AoiError where it would be larger than `max_grid_km2`.
    """
    aprons = shapely.union_all([apron.geometry for apron in airfield.aprons])
    epsg = utm_epsg(aprons.centroid.x, aprons.centroid.y)
    west, south, east, north = _to_utm(aprons, epsg, airfield.id).bounds
    left, bottom = _edge(west - margin_m, math.floor), _edge(south - margin_m, math.floor)
    right, top = _edge(east + margin_m, math.ceil), _edge(north + margin_m, math.ceil)
    area_km2 = (right - left) * (top - bottom) / 1e6
    if area_km2 > max_grid_km2:
        raise AoiError(
            f"{airfield.id}: the aprons and a margin of {margin_m:.0f} m would make a grid of "
            f"{area_km2:.0f} km2, more than {max_grid_km2:.0f} km2: look for a coordinate that went astray, "
            "or split the airfield"
        )
    return Grid(epsg, left, top, round((right - left) / RESOLUTION_M), round((top - bottom) / RESOLUTION_M))


def draw_areas(airfield: Airfield, grid: Grid) -> Areas:
    """The airfield's shapes on its Grid: a pixel belongs to what holds its centre.

    Where aprons overlap, the smaller one has the pixel. Excludes are cut out, and count as ring. Raises
    AoiError for an apron that is left with no pixel.
    """
    index = _apron_index(airfield, grid)
    for apron, count in zip(airfield.aprons, _counts(index, len(airfield.aprons)), strict=True):
        if not count:
            raise AoiError(
                f"{airfield.id}: apron {apron.name} selects no pixel of {grid.resolution:.0f} m: it is too "
                "narrow, or wholly under other aprons or excluded areas; widen it or leave it out"
            )
    ring = index < 0
    ring_km2 = float(ring.sum()) * grid.resolution**2 / 1e6
    return Areas(tuple(apron.name for apron in airfield.aprons), index, ring, ring_km2)


def apron_pixels(airfield: Airfield, grid: Grid) -> tuple[int, ...]:
    """How many pixels each apron selects, in the airfield's order."""
    return _counts(_apron_index(airfield, grid), len(airfield.aprons))


def to_lonlat(grid: Grid, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude, degrees WGS84, of an easting and northing on the Grid. Raises AoiError."""
    lon, lat = lonlat_transformer(grid.epsg).transform(x, y, direction="INVERSE")
    return _finite(lon, lat, f"[{x}, {y}] in {grid.crs}")


def from_lonlat(grid: Grid, lon: float, lat: float) -> tuple[float, float]:
    """Easting and northing on the Grid of a place in degrees WGS84. Raises AoiError."""
    x, y = lonlat_transformer(grid.epsg).transform(lon, lat)
    return _finite(x, y, f"[{lon}, {lat}]")


def search_bbox(grid: Grid) -> tuple[float, float, float, float]:
    """West, south, east, north of the Grid in degrees, within -180..180 and never west > east.

    Of a Grid across the antimeridian it is the side that holds its middle: catalogues disagree about boxes
    that cross, and the tiles of one zone reach over the line.
    """
    left, bottom, right, top = grid.bounds
    outline = shapely.segmentize(shapely.box(left, bottom, right, top), 1000.0)
    places = np.array([to_lonlat(grid, x, y) for x, y in shapely.get_coordinates(outline)])
    middle, _ = to_lonlat(grid, (left + right) / 2, (bottom + top) / 2)
    lons = middle + (places[:, 0] - middle + 180) % 360 - 180  # continuous around the middle
    west, east = max(float(lons.min()), -180.0), min(float(lons.max()), 180.0)
    return west, float(places[:, 1].min()), east, float(places[:, 1].max())


def _apron_index(airfield: Airfield, grid: Grid) -> NDArray[np.int16]:
    """(y, x): index of the apron that holds the pixel's centre, -1 for none."""
    from rasterio.features import rasterize

    names = [apron.name for apron in airfield.aprons]
    shapes = [(_to_utm(apron.geometry, grid.epsg, airfield.id), index) for index, apron in enumerate(airfield.aprons)]
    shapes.sort(key=lambda shape: (-shape[0].area, names[shape[1]]))
    shapes += [(_to_utm(geometry, grid.epsg, airfield.id), -1) for geometry in airfield.exclude]
    index: NDArray[np.int16] = rasterize(
        shapes, out_shape=grid.shape, transform=grid.transform, fill=-1, dtype="int16", all_touched=False
    )
    return index


def _counts(index: NDArray[np.int16], aprons: int) -> tuple[int, ...]:
    return tuple(int(count) for count in np.bincount(index[index >= 0], minlength=aprons))


def _to_utm(geometry: BaseGeometry, epsg: int, airfield_id: str) -> BaseGeometry:
    transformer = lonlat_transformer(epsg)
    moved = shapely.transform(geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise AoiError(
            f"{airfield_id}: the shape at {shapely.get_coordinates(geometry)[0].tolist()} cannot be placed "
            f"in EPSG:{epsg}: are longitude and latitude exchanged?"
        )
    return moved


def _edge(value: float, towards: Callable[[float], int]) -> float:
    """The next whole multiple of 20 m; a millimetre of rounding does not make it the one after."""
    return towards(round(value, 3) / EDGE_M) * EDGE_M


def _finite(x: float, y: float, place: str) -> tuple[float, float]:
    if not (math.isfinite(x) and math.isfinite(y)):
        raise AoiError(f"{place} cannot be transformed between UTM and longitude/latitude")
    return float(x), float(y)
