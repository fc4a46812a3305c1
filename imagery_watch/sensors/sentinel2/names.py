"""Who looked, when, and at which tile: from an item's properties, else from the names of its product and datatake."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

PRODUCT = re.compile(
    r"^(?P<sat>S2[A-D])_MSIL\d[AC]_(?P<start>\d{8}T\d{6})_N(?P<baseline>\d{4})_R(?P<orbit>\d{3})_T(?P<tile>\w{5})"
)
"""Name of a product (Sentinel-2 Products Specification Document)."""
WHOLE_PRODUCT = re.compile(PRODUCT.pattern + r"_\d{8}T\d{6}")
"""The same with what tells products of one tile and datatake apart."""
DATATAKE = re.compile(r"^G(?P<sat>S2[A-D])_(?P<start>\d{8}T\d{6})_(?P<absolute_orbit>\d{6})")
TILE_IN_ID = re.compile(r"(?:^|_)T?(\d{1,2}[C-X][A-Z]{2})(?:_|$)", re.ASCII)
SHORT_TILE = re.compile(r"\d[C-X][A-Z]{2}", re.ASCII)
"""A tile of the zones 1 to 9 as the grid extension has it, without the leading 0 of products' names."""
DAY = re.compile(r"(?<!\d)(20\d\d)(?:-?)(\d\d)(?:-?)(\d\d)(?!\d)", re.ASCII)
LAUNCH = 2015
"""Year of the first satellite: a number that reads as an earlier day is none."""
ORBITS = 143
"""Orbits in a repeat cycle."""
ORBIT_SHIFTS = {"S2A": 2, "S2B": -27, "S2C": 29}
"""Relative orbit = (absolute orbit + shift) mod 143 + 1, fitted to real products that name both (in the tests).

For S2C: absolute orbit 4011 flew relative orbit 37 (12 June 2025), 6470 flew 65 (1 December 2025). No product of S2D
is public yet: its orbit is the one that the item or the product's name states.
"""

Properties = Mapping[str, Any]
"""The `properties` of a STAC item."""


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


def named_time(item_id: str, properties: Properties) -> str | None:
    """When the item's names say that it was sensed: `YYYYmmddTHHMMSS`, or `YYYYmmdd` where they tell the day alone.

    Of an id that names no product, the one day in it; with two days in it, nobody knows which.
    """
    start = sensing_start(item_id, properties)
    if start is not None:
        return start
    days = {"".join(found.groups()) for found in DAY.finditer(item_id) if _is_day(*found.groups())}
    return days.pop() if len(days) == 1 else None


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return date(int(year), int(month), int(day)).year >= LAUNCH
    except ValueError:
        return False


def relative_orbit_of(item_id: str, properties: Properties) -> int | None:
    """Relative orbit, 1..143: stated, or from the product's name, or from the absolute orbit in the datatake.

    See `ORBIT_SHIFTS`. None where nothing tells.
    """
    stated = properties.get("sat:relative_orbit")
    if isinstance(stated, int | float) and 1 <= stated <= ORBITS:
        return int(stated)
    for text, pattern in _names(item_id, properties):
        match = pattern.match(text)
        if match is None:
            continue
        if pattern is PRODUCT:
            return int(match.group("orbit"))
        if (shift := ORBIT_SHIFTS.get(match.group("sat"))) is not None:
            return (int(match.group("absolute_orbit")) + shift) % ORBITS + 1
    return None


def product_of(item_id: str, properties: Properties) -> str:
    """Name of the product without `.SAFE`, from `s2:product_uri` or an id that is one; empty where neither tells it."""
    for name in (str(properties.get("s2:product_uri") or ""), item_id):
        if found := WHOLE_PRODUCT.match(name):
            return found.group()
    return ""


def _names(item_id: str, properties: Properties) -> list[tuple[str, re.Pattern[str]]]:
    product = str(properties.get("s2:product_uri") or "")
    datatake = str(properties.get("s2:datatake_id") or properties.get("eopf:datatake_id") or "")
    return [(product, PRODUCT), (item_id, PRODUCT), (datatake, DATATAKE)]


def tile_of(item_id: str, properties: Properties) -> str:
    """MGRS tile such as `32TMT`; the item's id where nothing names a tile (each item is then a tile of its own)."""
    stated = properties.get("grid:code") or properties.get("s2:mgrs_tile")
    if stated:
        return _in_full(str(stated).removeprefix("MGRS-"))
    parts = [properties.get(f"mgrs:{name}") for name in ("utm_zone", "latitude_band", "grid_square")]
    if all(parts):
        return f"{int(str(parts[0])):02d}{parts[1]}{parts[2]}"
    match = PRODUCT.match(str(properties.get("s2:product_uri") or "")) or PRODUCT.match(item_id)
    if match:
        return match.group("tile")
    found = TILE_IN_ID.search(item_id)
    return _in_full(found.group(1)) if found else item_id


def _in_full(tile: str) -> str:
    """The tile with two digits of its zone, as products' names have it."""
    return f"0{tile}" if SHORT_TILE.fullmatch(tile) else tile


def baseline_of(item_id: str, properties: Properties) -> str:
    """Processing baseline as `05.09`; `00.00` where unstated."""
    stated = properties.get("s2:processing_baseline") or properties.get("processing:version")
    if stated and re.fullmatch(r"\d\d\.\d\d", str(stated)):
        return str(stated)
    match = PRODUCT.match(str(properties.get("s2:product_uri") or "")) or PRODUCT.match(item_id)
    digits = match.group("baseline") if match else "0000"
    return f"{digits[:2]}.{digits[2:]}"
