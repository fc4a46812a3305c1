"""Which asset of an item holds which band, and which offset its words call for.

Sources: the STAC records of Earth Search v1, Planetary Computer and the Copernicus Data Space.
"""

import math
from collections.abc import Mapping
from typing import Any

from imagery_watch.model.href import RASTER_SUFFIXES, find_file_path
from imagery_watch.sensors.sentinel2.counts import BOA_ADD_OFFSET, FIRST_BASELINE_WITH_OFFSET, QUANTIFICATION
from imagery_watch.sensors.sentinel2.names import Properties, baseline_of

BANDS = ("B02", "B03", "B04", "B08")
"""The 10 m bands: blue, green, red, near infrared."""

_COMMON_NAMES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
_SCL_KEYS = ("scl", "scl_20m")
_RASTER_TYPES = ("tiff", "x-tiff", "geotiff", "x-geotiff", "vnd.stac.geotiff", "jp2", "jpx", "jpeg2000", "x-jp2")
"""Media types that a GeoTIFF or a JPEG 2000 goes by, without `image/` or `application/`."""
_OTHER_KINDS = ("image/", "text/", "video/", "application/json", "application/geo+json", "application/xml")
"""How media types begin that tell of something else, whatever the file's name."""


def band_assets(assets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Asset key of each 10 m band that the item has, in the order of `BANDS`.

    Known by key (`blue`, `B02`, `B02_10m`), else by the band's own or common name, in whatever case. An item whose only
    raster is none of these is read as one unnamed band, `mono`.
    """
    found = {band: key for band in BANDS if (key := _asset_of(band, assets)) is not None}
    if found:
        return found
    rasters = [key for key, asset in assets.items() if _is_raster(asset) and key.lower() not in _SCL_KEYS]
    return {"mono": rasters[0]} if len(rasters) == 1 else {}


def scl_asset(assets: Mapping[str, Any]) -> str | None:
    """Asset key of the scene classification, or None."""
    keys = _by_lower(assets)
    return next((keys[key] for key in _SCL_KEYS if key in keys), None)


def _by_lower(assets: Mapping[str, Any]) -> dict[str, str]:
    """Each key by its lower-case form, the first of several."""
    return {key.lower(): key for key in reversed(list(assets))}


def _asset_of(band: str, assets: Mapping[str, Mapping[str, Any]]) -> str | None:
    common = next(name for name, code in _COMMON_NAMES.items() if code == band)
    keys = _by_lower(assets)
    for name in (common, band, f"{band}_10m", band.replace("0", "")):
        if (key := keys.get(name.lower())) is not None and _is_raster(assets[key]):
            return key
    for names in ({band, band.replace("0", "")}, {common}):
        for key, asset in assets.items():
            if _is_raster(asset) and _band_names(asset) & {name.lower() for name in names}:
                return key
    return None


def _band_names(asset: Mapping[str, Any]) -> set[str]:
    """What an asset of one band calls it, in lower case; none of an asset of several."""
    listed = [asset.get(key) for key in ("eo:bands", "bands")]
    named = [entry for one in listed if isinstance(one, list) for entry in one if isinstance(entry, dict)]
    told = {str(entry.get(key) or "").lower() for entry in named for key in ("name", "common_name", "eo:common_name")}
    return told - {""} if max((len(one) for one in listed if isinstance(one, list)), default=0) == 1 else set()


def _is_raster(asset: Mapping[str, Any]) -> bool:
    """GeoTIFFs and JPEG 2000; not thumbnails, true-colour pictures or metadata.

    Media types are compared without case or parameters (RFC 6838); one that tells nothing leaves it to the name.
    """
    media = str(asset.get("type") or "").partition(";")[0].strip().lower()
    named = find_file_path(str(asset.get("href", ""))).lower().endswith(RASTER_SUFFIXES)
    typed = media.partition("/")[2] in _RASTER_TYPES
    roles = {str(role).lower() for role in asset.get("roles") or ()}
    looks_like = typed or (named and not media.startswith(_OTHER_KINDS))
    return looks_like and not roles & {"thumbnail", "overview", "visual", "metadata"}


def declared_gain(asset: Mapping[str, Any]) -> float:
    """What an asset's counts are multiplied by to be the product's own: 1 where it states the product's scale or none.

    A scale of 1 is what tools write who know of none. Raises ValueError for what is no scale of counts.
    """
    gains = set[float]()
    for stated in _stated("scale", asset):
        scale = float(stated)
        if scale == 1.0:
            continue
        if not 0.0 < scale < 1.0:
            raise ValueError(f"its words state a scale of {stated!r}: counts of reflectance have 0.0001, or near it")
        gain = scale * QUANTIFICATION
        gains.add(1.0 if math.isclose(gain, 1.0, rel_tol=1e-3) else gain)
    if len(gains) > 1:
        raise ValueError(
            f"its words state scales of {', '.join(f'{gain / QUANTIFICATION:g}' for gain in sorted(gains))}"
        )
    return gains.pop() if gains else 1.0


def _stated(what: str, asset: Mapping[str, Any]) -> list[Any]:
    """Every scale or offset that an asset states: itself, and in its bands, as STAC 1.0 and 1.1 have them."""
    listed = [asset.get(key) for key in ("raster:bands", "bands")]
    bands = [entry for one in listed if isinstance(one, list) for entry in one if isinstance(entry, dict)]
    values = [place.get(key) for place in (asset, *bands) for key in (f"raster:{what}", what)]
    return [value for value in values if value is not None]


def declared_offset(item_id: str, properties: Properties, asset: Mapping[str, Any]) -> float:
    """Reflectance offset (0 or -0.1) that the item's words call for; the pixels have the last word (`offset_guard`).

    Earth Search states whether it has applied the offset already; where it has, the asset's `raster:bands` still says
    -0.1 (seen on real items), so that statement comes first, then the asset's own offset, then the baseline. Raises
    ValueError for an offset that the product never had.
    """
    applied = properties.get("earthsearch:boa_offset_applied")
    stated = [float(value) for value in _stated("offset", asset)]
    for offset in stated:
        if not any(math.isclose(offset, known, rel_tol=1e-3, abs_tol=1e-6) for known in _OFFSETS):
            raise ValueError(f"its words state an offset of {offset:g}: this product's is 0 or {BOA_ADD_OFFSET}")
    if applied is True:
        return 0.0
    if stated and applied is None:
        return BOA_ADD_OFFSET if stated[0] <= BOA_ADD_OFFSET / 2 else 0.0
    return BOA_ADD_OFFSET if baseline_of(item_id, properties) >= FIRST_BASELINE_WITH_OFFSET else 0.0


_OFFSETS = (0.0, BOA_ADD_OFFSET, BOA_ADD_OFFSET * QUANTIFICATION)
"""What may be stated as the product's: in reflectance, or in counts."""
