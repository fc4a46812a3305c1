"""Small rasters and the STAC items that name them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from imagery_watch.model import Grid

GRID = Grid(32632, 678_000.0, 5_148_000.0, 64, 48)
"""East of Bolzano, at the far side of its zone: 20 m edges."""

BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir"}


def pattern(height: int, width: int, seed: int = 0) -> NDArray[np.uint16]:
    """Counts between 500 and 4000, no two neighbours alike, none zero."""
    return np.random.default_rng(seed).integers(500, 4000, (height, width)).astype(np.uint16)


def write_raster(
    path: Path,
    counts: NDArray[Any],
    left: float,
    top: float,
    *,
    resolution: float = 10.0,
    epsg: int | None = 32632,
    driver: str = "COG",
    **options: Any,
) -> Path:
    """A raster of one band (y, x) or of several (band, y, x); a COG in 128 px blocks if not told otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    layers = counts if counts.ndim == 3 else counts[None]
    usual = {"blocksize": 128, "compress": "DEFLATE", "predictor": 2, "overviews": "NONE"} if driver == "COG" else {}
    options = {"transform": Affine(resolution, 0, left, 0, -resolution, top), **usual, **options}
    with rasterio.open(
        path,
        "w",
        driver=driver,
        crs=None if epsg is None else f"EPSG:{epsg}",
        width=layers.shape[2],
        height=layers.shape[1],
        count=layers.shape[0],
        dtype=layers.dtype,
        **options,
    ) as target:
        target.write(layers)
    return path


def make_item(name: str = "S2A_32TPS_20230601_0_L2A", **properties: Any) -> dict[str, Any]:
    """A feature in Earth Search's form, over the Grid, with assets `./<name>/B02.tif` and so on."""
    stated = {
        "datetime": "2023-06-01T10:17:00Z",
        "platform": "sentinel-2a",
        "grid:code": "MGRS-32TPS",
        "proj:epsg": 32632,
        "s2:processing_baseline": "05.09",
        "earthsearch:boa_offset_applied": True,
        "view:sun_azimuth": 150.0,
        "view:sun_elevation": 60.0,
        **properties,
    }
    west, south, east, north = 11.2, 46.3, 11.5, 46.6
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    reflectance = {"type": "image/tiff; application=geotiff", "roles": ["data", "reflectance"]}
    assets = {key: {"href": f"./{name}/{band}.tif", **reflectance} for band, key in BANDS.items()}
    assets["scl"] = {"href": f"./{name}/SCL.tif", **reflectance}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {key: value for key, value in stated.items() if value is not None},
        "links": [],
        "assets": assets,
    }


def write_pass(
    folder: Path, item: dict[str, Any], grid: Grid = GRID, counts: dict[str, NDArray[Any]] | None = None
) -> dict[str, Any]:
    """The item's rasters below the folder: plain counts, or those given by band; returns the item."""
    given = counts or {}
    coarse = (-(-grid.height // 2), -(-grid.width // 2))
    for number, band in enumerate(BANDS):
        image = given.get(band, pattern(*grid.shape, seed=number))
        write_raster(folder / item["id"] / f"{band}.tif", image, grid.left, grid.top, epsg=grid.epsg)
    classes = given.get("SCL", np.full(coarse, 4, np.uint8))
    write_raster(folder / item["id"] / "SCL.tif", classes, grid.left, grid.top, resolution=20, epsg=grid.epsg)
    return item


def write_collection(path: Path, *features: dict[str, Any]) -> Path:
    """An ItemCollection."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def utc(text: str) -> datetime:
    """Aware UTC of an ISO date or time."""
    from datetime import UTC

    return datetime.fromisoformat(text).replace(tzinfo=UTC)
