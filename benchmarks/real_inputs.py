"""Inputs for `real.py` that are made or fetched: noisier copies of a stack, and passes over Bolzano."""

import json
import shutil
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

SAMPLE = "https://raw.githubusercontent.com/Open-EO/openeo-localprocessing-data/main/sample_netcdf/S2_L2A_sample.nc"
COUNTS = 10_000
EPOCH, MANY_DAYS = datetime(1990, 1, 1, tzinfo=UTC), 1000
"""openEO counts the days from then; a smaller number is the place in the file."""
BANDS = ("B02", "B03", "B04", "B08")


def add_noise(source: Path, target: Path, noise: float, present: float, day: str) -> None:
    """A copy of a folder of items, each band with so much noise in all that `noise` is its one sigma, reflectance.

    All passes but that of `day` have `present` already. The same seed gives the same noise, scaled: levels compare.
    """
    import rasterio

    shutil.copytree(source, target, dirs_exist_ok=True)
    for path in sorted(target.glob("*/*.tif")):
        held = 0.0 if day.replace("-", "") in path.parent.name else present
        added = np.sqrt(max(0.0, noise**2 - held**2)) * COUNTS
        seed = sum(path.parent.name.encode()) * 1000 + sum(path.name.encode())
        with rasterio.open(path) as image:
            counts, profile = image.read(1), {**image.profile, "driver": "GTiff"}
        moved = counts + np.random.default_rng(seed).normal(0, 1, counts.shape) * added
        noisy = np.where(counts > 0, np.clip(moved, 1, 65534), 0).astype(counts.dtype)
        path.unlink()
        with rasterio.open(path, "w", **profile) as image:
            image.write(noisy, 1)


def fetch_bolzano(target: Path) -> Path:
    """A folder with items and aprons of Bolzano (LIPB), from openEO's samples; ends with a message where offline."""
    path = target / "sample.nc"
    try:
        urllib.request.urlretrieve(SAMPLE, path)
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"{SAMPLE}: cannot be fetched ({error}); --fetch needs a network, --data does not")
    import rasterio

    features = []
    for band in BANDS:
        with rasterio.open(f"netcdf:{path}:{band}") as image:
            start = datetime(2022, 6, 1, tzinfo=UTC)
            for number in range(1, image.count + 1):
                days = float(image.tags(number).get("NETCDF_DIM_t", number - 1))
                when = (
                    datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=days)
                    if days > 1000
                    else start + timedelta(days=days)
                )
                folder = target / f"S2A_32TPS_{when:%Y%m%d}"
                folder.mkdir(exist_ok=True)
                profile = image.profile | {"driver": "GTiff", "count": 1, "dtype": "uint16", "nodata": 0}
                with rasterio.open(folder / f"{band}.tif", "w", **profile) as out:
                    out.write(np.nan_to_num(image.read(number)).clip(0, 65535).astype("uint16"), 1)
                features.append((folder.name, when))
    items = [_item(name, when) for name, when in sorted(set(features))]
    (target / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    shutil.copy(Path(__file__).parent.parent / "aoi" / "LIPB.geojson", target / "aoi.geojson")
    return target


def _item(name: str, when: datetime) -> dict[str, object]:
    corners = [[11.2, 46.4], [11.5, 46.4], [11.5, 46.6], [11.2, 46.6], [11.2, 46.4]]
    assets = {band: {"href": f"./{name}/{band}.tif", "type": "image/tiff; application=geotiff"} for band in BANDS}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "bbox": [11.2, 46.4, 11.5, 46.6],
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {"datetime": f"{when:%Y-%m-%dT10:10:00Z}", "platform": "sentinel-2a"},
        "links": [],
        "assets": assets,
    }
