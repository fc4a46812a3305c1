"""Crops of rasters as GeoTIFFs, in the grid and type of the file that they were cut from."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from imagery_watch.model import SourceNote
from imagery_watch.sources.pixels.native.cutting import Cut


def write_crop(path: Path, cut: Cut) -> None:
    """Writes a cut as a Cloud-Optimised GeoTIFF; what is nothing is 0 in counts, NaN in floats."""
    import rasterio

    path.parent.mkdir(parents=True, exist_ok=True)
    floats = np.issubdtype(cut.pixels.dtype, np.floating)
    pixels = cut.pixels.astype("uint8") if cut.dtype == "uint8" else cut.pixels
    with rasterio.open(
        path,
        "w",
        driver="COG",
        crs=cut.crs,
        transform=cut.transform,
        width=pixels.shape[1],
        height=pixels.shape[0],
        count=1,
        dtype=pixels.dtype,
        nodata=np.nan if floats else 0,
        compress="DEFLATE",
        predictor="YES",
        blocksize=512,
        overviews="NONE",
    ) as target:
        target.write(pixels, 1)


def describe_crop(folder: Path, name: Path, note: SourceNote) -> dict[str, Any]:
    """What STAC says of a crop below the folder, and where it was cut from."""
    import rasterio

    path = folder / name
    content = path.read_bytes()
    with rasterio.open(path) as source:
        shape, transform, code = [source.height, source.width], list(source.transform)[:6], source.crs.to_epsg()
    return {
        "href": f"./{name.as_posix()}",
        "proj:shape": shape,
        "proj:transform": transform,
        **({} if code is None else {"proj:code": f"EPSG:{code}"}),
        "file:size": len(content),
        "file:checksum": f"1220{hashlib.sha256(content).hexdigest()}",
        "imagery_watch:window_sha256": note.sha256,
    }
