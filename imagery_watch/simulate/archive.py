"""Writes simulated passes as what the ordinary code reads: COGs and a STAC ItemCollection in Earth Search's form."""

import json
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Grid
from imagery_watch.simulate.overpass import SimulatedPass

SIMULATED = "The imagery was made by this program: nothing in it was observed."
"""What each item of an archive says, and whatever is made from it."""
KEYS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir"}


def write_archive(
    passes: Sequence[SimulatedPass], bands: tuple[str, ...], grid: Grid, folder: Path, *, tile: str = "32TPS"
) -> Path:
    """The passes below `folder`; returns the path of the ItemCollection. Items say that they are simulated."""
    features = []
    for number, simulated in enumerate(passes):
        item_id = f"{_code(simulated)}_{tile}_{simulated.when:%Y%m%d}_{number % 2}_L2A"
        (folder / item_id).mkdir(parents=True, exist_ok=True)
        for band, image in zip(bands, simulated.reflectance, strict=True):
            counts = np.clip(np.rint(image * 10_000), 1, 65_000).astype(np.uint16)
            _write_cog(folder / item_id / f"{band}.tif", counts, grid)
        _write_cog(folder / item_id / "SCL.tif", simulated.scl[::2, ::2], _coarse(grid))
        features.append(_item(item_id, simulated, bands, grid, tile))
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, indent=1))
    return path


def _code(simulated: SimulatedPass) -> str:
    return "S" + simulated.platform.removeprefix("sentinel-").upper()


def _coarse(grid: Grid) -> Grid:
    return Grid(grid.epsg, grid.left, grid.top, -(-grid.width // 2), -(-grid.height // 2), grid.resolution * 2)


def _write_cog(path: Path, counts: NDArray[Any], grid: Grid) -> None:
    import rasterio

    with rasterio.open(
        path,
        "w",
        driver="COG",
        crs=grid.crs,
        transform=grid.transform,
        width=counts.shape[1],
        height=counts.shape[0],
        count=1,
        dtype=counts.dtype,
        nodata=0,
        compress="DEFLATE",
        predictor=2,
        blocksize=256,
        overviews="NONE",
    ) as target:
        target.write(counts, 1)


def _item(item_id: str, simulated: SimulatedPass, bands: tuple[str, ...], grid: Grid, tile: str) -> dict[str, Any]:
    ring = _outline(grid)
    start = f"{simulated.when:%Y%m%dT%H%M%S}"
    code = _code(simulated)
    reflectance = {"nodata": 0, "data_type": "uint16", "spatial_resolution": 10, "scale": 0.0001, "offset": 0}
    assets = {
        KEYS.get(band, band): {
            "href": f"./{item_id}/{band}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "raster:bands": [reflectance],
            "roles": ["data", "reflectance"],
        }
        for band in bands
    }
    assets["scl"] = {**next(iter(assets.values())), "href": f"./{item_id}/SCL.tif", "raster:bands": [{"nodata": 0}]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [min(p[0] for p in ring), min(p[1] for p in ring), max(p[0] for p in ring), max(p[1] for p in ring)],
        "properties": {
            "datetime": simulated.when.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "platform": simulated.platform,
            "constellation": "sentinel-2",
            "description": "SIMULATED pass for a demonstration or a test",
            "imagery_watch:simulated": SIMULATED,
            "proj:epsg": grid.epsg,
            "grid:code": f"MGRS-{tile}",
            "view:sun_azimuth": simulated.sun_azimuth,
            "view:sun_elevation": simulated.sun_elevation,
            "s2:processing_baseline": "05.11",
            "s2:product_uri": f"{code}_MSIL2A_{start}_N0511_R{simulated.relative_orbit:03d}_T{tile}_{start}.SAFE",
            "earthsearch:boa_offset_applied": True,
        },
        "links": [],
        "assets": assets,
        "collection": "sentinel-2-l2a",
    }


def _outline(grid: Grid) -> list[list[float]]:
    """The Grid's corners in lon/lat, closed, counter-clockwise."""
    from pyproj import Transformer

    left, bottom, right, top = grid.bounds
    to_lonlat = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return [list(to_lonlat.transform(*corner)) for corner in corners]
