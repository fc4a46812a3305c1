"""Which asset of an item holds which band, and which offset its words call for.

Sources: the STAC records of Earth Search v1, Planetary Computer and the Copernicus Data Space.
"""

from collections.abc import Mapping
from typing import Any

from imagery_watch.sensors.sentinel2.counts import BOA_ADD_OFFSET, FIRST_BASELINE_WITH_OFFSET
from imagery_watch.sensors.sentinel2.names import Properties, baseline_of

BANDS = ("B02", "B03", "B04", "B08")
"""The 10 m bands: blue, green, red, near infrared."""

_COMMON_NAMES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
_SCL_KEYS = ("scl", "SCL", "SCL_20m")


def band_assets(assets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Asset key of each 10 m band that the item has, in the order of `BANDS`.

    Known by key (`blue`, `B02`, `B02_10m`), else by the band's common name. An item whose only raster is none of these
    is read as one unnamed band, `mono`.
    """
    found = {band: key for band in BANDS if (key := _asset_of(band, assets)) is not None}
    if found:
        return found
    rasters = [key for key, asset in assets.items() if _is_raster(asset) and key not in _SCL_KEYS]
    return {"mono": rasters[0]} if len(rasters) == 1 else {}


def scl_asset(assets: Mapping[str, Any]) -> str | None:
    """Asset key of the scene classification, or None."""
    return next((key for key in _SCL_KEYS if key in assets), None)


def _asset_of(band: str, assets: Mapping[str, Mapping[str, Any]]) -> str | None:
    common = next(name for name, code in _COMMON_NAMES.items() if code == band)
    for key in (common, band, f"{band}_10m", band.lower()):
        if key in assets and _is_raster(assets[key]):
            return key
    for key, asset in assets.items():
        named = [*asset.get("eo:bands", ()), *asset.get("bands", ())]
        names = {entry.get("common_name") or entry.get("eo:common_name") for entry in named}
        if len(named) == 1 and common in names and _is_raster(asset):
            return key
    return None


def _is_raster(asset: Mapping[str, Any]) -> bool:
    """GeoTIFFs and JPEG 2000; not thumbnails, true-colour pictures or metadata."""
    media = str(asset.get("type") or "")
    href = str(asset.get("href", "")).split("?")[0].lower()
    roles = set(asset.get("roles") or ())
    looks_like = media.startswith(("image/tiff", "image/vnd.stac.geotiff", "image/jp2")) or (
        not media and href.endswith((".tif", ".tiff", ".jp2"))
    )
    return looks_like and not roles & {"thumbnail", "overview", "visual", "metadata"}


def declared_offset(item_id: str, properties: Properties, asset: Mapping[str, Any]) -> float:
    """Reflectance offset (0 or -0.1) that the item's words call for; the pixels have the last word (`offset_guard`).

    Earth Search states whether it has applied the offset already; where it has, the asset's `raster:bands` still says
    -0.1 (seen on real items), so that statement comes first, then the asset's own offset, then the baseline.
    """
    applied = properties.get("earthsearch:boa_offset_applied")
    if applied is True:
        return 0.0
    stated = asset.get("raster:offset")
    if stated is None:
        stated = next((band.get("offset") for band in asset.get("raster:bands") or ()), None)
    if stated is not None and applied is None:
        return BOA_ADD_OFFSET if float(stated) <= BOA_ADD_OFFSET / 2 else 0.0
    return BOA_ADD_OFFSET if baseline_of(item_id, properties) >= FIRST_BASELINE_WITH_OFFSET else 0.0
