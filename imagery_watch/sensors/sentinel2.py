"""Sentinel-2 Level-2A: which asset holds which band, and what its counts mean.

Sources: Sentinel-2 Products Specification Document (counts, BOA_ADD_OFFSET since processing baseline 04.00,
scene classification), and the STAC records of Earth Search v1, Planetary Computer and the Copernicus Data Space.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

BANDS = ("B02", "B03", "B04", "B08")
"""The 10 m bands: blue, green, red, near infrared."""

QUANTIFICATION = 10_000.0
"""Counts per unit of reflectance (QUANTIFICATION_VALUE of the product specification)."""

BOA_ADD_OFFSET = -0.1
"""Reflectance added to count/10000 since processing baseline 04.00 (25 January 2022)."""

FIRST_BASELINE_WITH_OFFSET = "04.00"

_COMMON_NAMES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
_SCL_KEYS = ("scl", "SCL", "SCL_20m")
_PRODUCT = re.compile(
    r"^(?P<sat>S2[A-D])_MSIL\d[AC]_(?P<start>\d{8}T\d{6})_N(?P<baseline>\d{4})_R(?P<orbit>\d{3})_T(?P<tile>\w{5})"
)
_DATATAKE = re.compile(r"^G(?P<sat>S2[A-D])_(?P<start>\d{8}T\d{6})_(?P<absolute_orbit>\d{6})")
_TILE_IN_ID = re.compile(r"(?:^|_)T?(\d{2}[C-X][A-Z]{2})(?:_|$)")

Properties = Mapping[str, Any]
"""The `properties` of a STAC item."""


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


def platform_of(item_id: str, properties: Properties) -> str:
    """`sentinel-2a` and the like, `unknown` where neither the properties nor the id tell."""
    stated = str(properties.get("platform") or "").strip().lower().replace(" ", "-")
    if match := re.fullmatch(r"(?:sentinel-?)?s?2([a-d])", stated) or re.fullmatch(r"sentinel-2([a-d])", stated):
        return f"sentinel-2{match.group(1)}"
    if match := re.match(r"S2([A-D])[_-]", item_id):
        return f"sentinel-2{match.group(1).lower()}"
    return stated or "unknown"


def sensing_start(item_id: str, properties: Properties) -> str | None:
    """Start of the datatake, `YYYYmmddTHHMMSS` UTC, None if unstated: the same for every tile and reprocessing."""
    for text, pattern in _names(item_id, properties):
        if match := pattern.match(text):
            return match.group("start")
    return None


def relative_orbit_of(item_id: str, properties: Properties) -> int | None:
    """Relative orbit, 1..143: stated, or from the product's name, or from the absolute orbit in the datatake.

    Relative orbit = (absolute orbit + 2) mod 143 + 1 for S2A, (absolute orbit - 27) mod 143 + 1 for S2B: checked in
    the tests against real products that name both. S2C and S2D are only known from what the item states.
    """
    stated = properties.get("sat:relative_orbit")
    if isinstance(stated, int | float) and 1 <= stated <= 143:
        return int(stated)
    for text, pattern in _names(item_id, properties):
        match = pattern.match(text)
        if match is None:
            continue
        if pattern is _PRODUCT:
            return int(match.group("orbit"))
        if (shift := {"S2A": 2, "S2B": -27}.get(match.group("sat"))) is not None:
            return (int(match.group("absolute_orbit")) + shift) % 143 + 1
    return None


def _names(item_id: str, properties: Properties) -> list[tuple[str, re.Pattern[str]]]:
    product = str(properties.get("s2:product_uri") or "")
    datatake = str(properties.get("s2:datatake_id") or properties.get("eopf:datatake_id") or "")
    return [(product, _PRODUCT), (item_id, _PRODUCT), (datatake, _DATATAKE)]


def tile_of(item_id: str, properties: Properties) -> str:
    """MGRS tile such as `32TMT`; the item's id where nothing names a tile (each item is then a tile of its own)."""
    stated = properties.get("grid:code") or properties.get("s2:mgrs_tile")
    if stated:
        return str(stated).removeprefix("MGRS-")
    parts = [properties.get(f"mgrs:{name}") for name in ("utm_zone", "latitude_band", "grid_square")]
    if all(parts):
        return f"{int(str(parts[0])):02d}{parts[1]}{parts[2]}"
    match = _PRODUCT.match(str(properties.get("s2:product_uri") or "")) or _PRODUCT.match(item_id)
    if match:
        return match.group("tile")
    found = _TILE_IN_ID.search(item_id)
    return found.group(1) if found else item_id


def baseline_of(item_id: str, properties: Properties) -> str:
    """Processing baseline as `05.09`; `00.00` where unstated."""
    stated = properties.get("s2:processing_baseline") or properties.get("processing:version")
    if stated and re.fullmatch(r"\d\d\.\d\d", str(stated)):
        return str(stated)
    match = _PRODUCT.match(str(properties.get("s2:product_uri") or "")) or _PRODUCT.match(item_id)
    digits = match.group("baseline") if match else "0000"
    return f"{digits[:2]}.{digits[2:]}"


def version_key(item_id: str, properties: Properties) -> tuple[str, str, str, str]:
    """Sorts the versions of one tile of one pass, the newest last: baseline, generation time, sequence, id."""
    generated = properties.get("s2:generation_time") or properties.get("processing:datetime") or ""
    stamp = generated or properties.get("created") or properties.get("updated") or ""
    return baseline_of(item_id, properties), str(stamp), str(properties.get("s2:sequence", "")), item_id


def declared_offset(item_id: str, properties: Properties, asset: Mapping[str, Any]) -> float:
    """Reflectance offset (0 or -0.1) that the item's words call for; the pixels have the last word (`change.offsets`).

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


def to_reflectance(counts: NDArray[np.uint16], offset: float) -> NDArray[np.float32]:
    """Reflectance of counts, any shape; NaN where the count is 0 (no data, by the product specification)."""
    reflectance = counts.astype(np.float32) / np.float32(QUANTIFICATION) + np.float32(offset)
    return np.where(counts > 0, reflectance, np.float32(np.nan))


def implausible_counts(counts: NDArray[np.uint16]) -> str:
    """Why these counts cannot be reflectance, or an empty string.

    A reflectance beyond 2 is rare even on snow and cloud; a fifth of a chip beyond it means wrapped or garbled
    counts (Earth Search issue 78: counts of 64000-65000 in all bands).
    """
    data = counts[counts > 0]
    if data.size == 0:
        return ""
    share = float(np.mean(data > 2.2 * QUANTIFICATION))
    return f"{share:.0%} of the counts lie beyond reflectance 2.2 (garbled or wrapped counts)" if share > 0.2 else ""


def sun_angles(properties: Properties, lon: float, lat: float, when: datetime) -> tuple[float, float, bool]:
    """Azimuth and elevation of the sun in degrees, and whether the item stated them (else they are computed)."""
    azimuth = properties.get("view:sun_azimuth", properties.get("s2:mean_solar_azimuth"))
    elevation = properties.get("view:sun_elevation")
    if elevation is None and properties.get("s2:mean_solar_zenith") is not None:
        elevation = 90.0 - float(properties["s2:mean_solar_zenith"])
    if azimuth is not None and elevation is not None and np.isfinite([float(azimuth), float(elevation)]).all():
        return float(azimuth) % 360.0, float(elevation), True
    return *solar_position(lon, lat, when), False


def solar_position(lon: float, lat: float, when: datetime) -> tuple[float, float]:
    """Azimuth (clockwise from north) and elevation of the sun in degrees, good to 0.05 degrees between 1950 and 2050.

    The Astronomical Almanac's low-precision formulas, after Michalsky, Solar Energy 40 (1988) 227-235; no refraction.
    """
    days = (when.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * days)
    right_ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal = np.radians((280.46061837 + 360.98564736629 * days + lon) % 360.0)
    hour_angle, phi = sidereal - right_ascension, np.radians(lat)
    elevation = np.arcsin(np.sin(declination) * np.sin(phi) + np.cos(declination) * np.cos(phi) * np.cos(hour_angle))
    azimuth = np.arctan2(-np.sin(hour_angle), np.cos(phi) * np.tan(declination) - np.sin(phi) * np.cos(hour_angle))
    return float(np.degrees(azimuth) % 360.0), float(np.degrees(elevation))


def current_versions(versions: Sequence[tuple[str, Properties]]) -> tuple[list[int], list[int]]:
    """Indices of the items to read (by tile, each tile's newest first), and of the superseded rest.

    Only an older processing baseline, or Level-1C beside Level-2A, is superseded: two items of one tile and baseline
    may be the two halves of a tile that was split between datastrips, so both are kept and the reader takes the second
    where the first is empty.
    """
    newest: dict[str, tuple[bool, str]] = {}
    for version in versions:
        tile = tile_of(*version)
        newest[tile] = max(_rank(*version), newest.get(tile, (False, "")))
    kept = [i for i, version in enumerate(versions) if _rank(*version) == newest[tile_of(*version)]]
    kept.sort(key=lambda i: version_key(*versions[i]), reverse=True)
    kept.sort(key=lambda i: tile_of(*versions[i]))
    return kept, [i for i in range(len(versions)) if i not in kept]


def _rank(item_id: str, properties: Properties) -> tuple[bool, str]:
    """Atmospherically corrected before not, then the processing baseline."""
    level_1c = any("MSIL1C" in name or name.endswith("_L1C") for name in (item_id, _product_name(properties)))
    return not level_1c, baseline_of(item_id, properties)


def _product_name(properties: Properties) -> str:
    return str(properties.get("s2:product_uri") or "")


def check_item(item_id: str, properties: Properties, assets: Mapping[str, Mapping[str, Any]]) -> None:
    """Asks an item everything that is asked of it later; raises whatever its words break on."""
    platform_of(item_id, properties)
    sensing_start(item_id, properties)
    relative_orbit_of(item_id, properties)
    version_key(item_id, properties)
    tile_of(item_id, properties)
    scl_asset(assets)
    for key in band_assets(assets).values():
        declared_offset(item_id, properties, assets[key])
    sun_angles(properties, 0.0, 0.0, datetime(2020, 1, 1, tzinfo=UTC))
