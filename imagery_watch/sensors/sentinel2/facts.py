"""Everything that is asked of a Sentinel-2 item, answered at once."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from imagery_watch.model import BandAsset, ItemFacts, Sun
from imagery_watch.model.href import strip_signature
from imagery_watch.sensors.sentinel2.assets import band_assets, declared_gain, declared_offset, scl_asset
from imagery_watch.sensors.sentinel2.names import (
    Properties,
    baseline_of,
    named_time,
    platform_of,
    product_of,
    relative_orbit_of,
    sensing_start,
    tile_of,
)

NAME = "sentinel-2"
"""The mission, as in the files."""

DECISIVE = ("updated", "s2:generation_time", "s2:processing_baseline", "earthsearch:boa_offset_applied")
"""Properties that change where an item's pixels, or what is said of them, may have changed."""


def facts_of(
    item_id: str, when: datetime, properties: Properties, assets: Mapping[str, Mapping[str, Any]]
) -> ItemFacts:
    """What the item says, its time being `when`; raises whatever its words break on."""
    keys = band_assets(assets)
    return ItemFacts(
        sensor=NAME,
        platform=platform_of(item_id, properties),
        datetime=when,
        sensing_start=sensing_start(item_id, properties),
        relative_orbit=relative_orbit_of(item_id, properties),
        tile=tile_of(item_id, properties),
        processing_baseline=baseline_of(item_id, properties),
        rank=rank_of(item_id, properties),
        version=version_key(item_id, properties),
        epsg=stated_epsg(properties),
        sun=stated_sun(properties),
        bands={band: _band(key, item_id, properties, assets[key]) for band, key in keys.items()},
        classes=scl_asset(assets),
        stamp=str(properties.get("updated") or properties.get("s2:generation_time") or ""),
        decisive=_decisive(properties, assets),
        named_time=named_time(item_id, properties),
        product=product_of(item_id, properties),
    )


def _band(key: str, item_id: str, properties: Properties, asset: Mapping[str, Any]) -> BandAsset:
    try:
        return BandAsset(key, declared_offset(item_id, properties, asset), declared_gain(asset))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def rank_of(item_id: str, properties: Properties) -> tuple[int, str]:
    """Atmospherically corrected before not, then the processing baseline."""
    names = (item_id, str(properties.get("s2:product_uri") or ""))
    level_1c = any("MSIL1C" in name or name.endswith("_L1C") for name in names)
    return int(not level_1c), baseline_of(item_id, properties)


def version_key(item_id: str, properties: Properties) -> tuple[str, str, str, str]:
    """Sorts the versions of one tile of one pass, the newest last: baseline, generation time, sequence, id."""
    generated = properties.get("s2:generation_time") or properties.get("processing:datetime") or ""
    stamp = generated or properties.get("created") or properties.get("updated") or ""
    return baseline_of(item_id, properties), str(stamp), str(properties.get("s2:sequence", "")), item_id


def stated_epsg(properties: Properties) -> int | None:
    """Code of the pixels' CRS, None where the item does not state one."""
    code = properties.get("proj:code") or properties.get("proj:epsg")
    digits = re.fullmatch(r"(?:EPSG:)?([0-9]{1,6})", str(code)[:20], flags=re.IGNORECASE) if code else None
    return int(digits[1]) if digits else None


def stated_sun(properties: Properties) -> Sun | None:
    """The sun's angles, None where the item does not state both."""
    azimuth = properties.get("view:sun_azimuth", properties.get("s2:mean_solar_azimuth"))
    elevation = properties.get("view:sun_elevation")
    if elevation is None and properties.get("s2:mean_solar_zenith") is not None:
        elevation = 90.0 - float(properties["s2:mean_solar_zenith"])
    if azimuth is None or elevation is None or not np.isfinite([float(azimuth), float(elevation)]).all():
        return None
    return Sun(float(azimuth) % 360.0, float(elevation))


def _decisive(properties: Properties, assets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    hrefs = {key: strip_signature(str(asset["href"])) for key, asset in assets.items()}
    return {"hrefs": hrefs, **{name: properties.get(name) for name in DECISIVE}}
