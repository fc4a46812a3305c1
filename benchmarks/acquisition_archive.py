"""Made scenes for an object store: sparse COG-like files of 10,980 x 10,980 pixels, and their items. SIMULATED imagery.

Blocks of 1024 pixels, DEFLATE, predictor 2, as Earth Search's are; no overviews. Counts are smoothed noise, of which a
tile takes 1.4 MB; classes are patches, 60 kB a tile.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import ndimage

EPSG, LEFT, TOP, EDGE, TILE = 32632, 600_000, 5_100_000, 10_980, 1024
BANDS = ("blue", "green", "red", "nir", "scl")
CLASSES = np.array([4, 5, 6, 7], np.uint8)
"""Vegetation, bare ground, water, unclassified: nothing that would be refused."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a tile's name: I and O are not among them."""
Place = Callable[[int], tuple[int, int]]
"""Left and top edge of a scene by its number."""


def everywhere_alike(_number: int) -> tuple[int, int]:
    """All scenes show the same ground."""
    return LEFT, TOP


def many_tiles(number: int) -> tuple[int, int]:
    """Each scene is a tile of its own, beside which no other reaches, all in zone 32."""
    return 300_000 + 130_000 * (number % 3), 2_600_000 + 120_000 * (number // 3)


class Ground:
    """Noise that packs as real ground does."""

    def __init__(self, seed: int = 20230801) -> None:
        self.rng = np.random.default_rng(seed)
        smooth = ndimage.gaussian_filter(self.rng.normal(size=(2 * TILE, 2 * TILE)), 3)
        self._counts = (1800 + 700 * smooth / smooth.std()).astype(np.float32)
        patches = ndimage.gaussian_filter(self.rng.normal(size=(2 * TILE, 2 * TILE)), 12)
        self._classes = CLASSES[np.digitize(patches / patches.std(), (-0.7, 0.0, 0.7))]

    def cut(self, *, coarse: bool) -> NDArray[Any]:
        """One tile of counts, or of classes, from some place of the noise."""
        row, col = self.rng.integers(0, TILE, 2)
        cut = np.s_[row : row + TILE, col : col + TILE]
        if coarse:
            return self._classes[cut]
        noisy = self._counts[cut] + self.rng.normal(0, 18, (TILE, TILE))
        return np.clip(noisy, 1, 20_000).astype(np.uint16)


def write_archive(root: Path, scenes: int, place: Place = everywhere_alike, bands: Sequence[str] = BANDS, *,
                  whole: bool = False) -> None:  # fmt: skip
    """The files of all scenes, each band of each scene with a ground of its own in its first tile, or in all."""
    ground = Ground()
    for scene in range(scenes):
        for band in bands:
            path = root / f"scene-{scene:03d}" / f"{band}.tif"
            write_band(path, place(scene), ground, coarse=band == "scl", whole=whole)


def write_band(path: Path, corner: tuple[int, int], ground: Ground, *, coarse: bool, whole: bool) -> None:
    """One file; sparse but for its first tile, unless it is to be whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    edge, pixel = (EDGE // 2, 20) if coarse else (EDGE, 10)
    profile = {"driver": "GTiff", "width": edge, "height": edge, "count": 1, "dtype": "uint8" if coarse else "uint16",
               "crs": f"EPSG:{EPSG}", "transform": rasterio.Affine(pixel, 0, corner[0], 0, -pixel, corner[1]),
               "nodata": 0, "tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "DEFLATE",
               "predictor": 2}  # fmt: skip
    starts = range(0, edge, TILE) if whole else (0,)
    with rasterio.open(path, "w", SPARSE_OK="TRUE", **profile) as target:
        for row in starts:
            for col in starts:
                tall, wide = min(TILE, edge - row), min(TILE, edge - col)
                target.write(ground.cut(coarse=coarse)[:tall, :wide], 1, window=Window(col, row, wide, tall))


def write_items(path: Path, base: str, scenes: int, place: Place = everywhere_alike, bands: Sequence[str] = BANDS,
                folder: str = "scene-{:03d}") -> None:  # fmt: skip
    """The scenes as Earth Search lists them."""
    features = [
        make_item(number, f"{base}/{folder.format(number)}", place(number), bands, one_day=place is many_tiles)
        for number in range(scenes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def outline(left: float, top: float) -> list[list[float]]:
    """Corners in degrees of a scene, closed, counter-clockwise."""
    from pyproj import Transformer

    to_lonlat = Transformer.from_crs(EPSG, 4326, always_xy=True)
    right, bottom = left + EDGE * 10, top - EDGE * 10
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return [list(to_lonlat.transform(*corner)) for corner in corners]


def make_item(
    number: int, base: str, corner: tuple[int, int], bands: Sequence[str], *, one_day: bool
) -> dict[str, Any]:
    """One scene as a feature; scenes of one place are five days apart."""
    when = datetime(2023, 1, 2, 10, 20, 30, tzinfo=UTC) + timedelta(days=0 if one_day else 5 * number)
    tile = f"32T{LETTERS[number // len(LETTERS)]}{LETTERS[number % len(LETTERS)]}" if one_day else "32TPS"
    stamp = f"{when:%Y%m%dT%H%M%S}"
    (left, top), assets = corner, {}
    for band in bands:
        edge, pixel = (EDGE // 2, 20) if band == "scl" else (EDGE, 10)
        assets[band] = {
            "href": f"{base}/{band}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
            "proj:shape": [edge, edge],
            "proj:transform": [pixel, 0, left, 0, -pixel, top],
            "raster:bands": [{"nodata": 0, "data_type": "uint8" if band == "scl" else "uint16"}],
        }
    ring = outline(left, top)
    lon, lat = zip(*ring, strict=True)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"S2A_{tile}_{when:%Y%m%d}_0_L2A",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [min(lon), min(lat), max(lon), max(lat)],
        "properties": {
            "datetime": when.isoformat().replace("+00:00", "Z"),
            "platform": "sentinel-2a",
            "constellation": "sentinel-2",
            "proj:epsg": EPSG,
            "s2:processing_baseline": "05.11",
            "s2:product_uri": f"S2A_MSIL2A_{stamp}_N0511_R065_T{tile}_{stamp}.SAFE",
            "earthsearch:boa_offset_applied": True,
        },
        "links": [],
        "assets": assets,
        "collection": "sentinel-2-l2a",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"],
    }
