"""What every catalogue gives: a listing of items for one place and time."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from imagery_watch.model import ListedItem
from imagery_watch.model.href import strip_signature
from imagery_watch.sensors.protocol import Sensor

if TYPE_CHECKING:
    from pystac import Item
    from shapely.geometry.base import BaseGeometry

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east across the antimeridian."""


@dataclass(frozen=True)
class Listing:
    """What a catalogue holds for one place and time."""

    items: tuple[ListedItem, ...]
    """With absolute asset hrefs, each once, sorted by time then id."""
    warnings: tuple[str, ...] = ()
    """What was passed over, such as items that are not STAC."""
    coverage: str = ""
    """What the catalogue covers, for where it has nothing here; empty where that is not known."""
    incomplete: str = ""
    """Why passes may be missing that are worth asking for again; empty where the listing is whole."""


class Catalog(Protocol):
    """Anything that lists items."""

    name: str
    """What a person would call it: for messages and `run.json`."""
    local_root: Path | None
    """The only folder whose files may be read; None where assets are remote."""
    sensor: Sensor
    """Whose items are listed."""

    def search(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Listing:
        """Items that touch the box with `start` <= time < `end` (aware UTC; None is open)."""


def tidy(
    items: Sequence[ListedItem], bbox: BBox, start: datetime | None, end: datetime | None
) -> tuple[ListedItem, ...]:
    """Each item once, inside the box and the half-open time range, sorted by time then id.

    Catalogues repeat items across pages and ignore sort orders, and some ignore the box: so this is decided here. Items
    that share an id are the same only where they are of one collection, satellite, time and tile.
    """
    near = [one for one in items if in_time(one.facts.datetime, start, end) and touches(one.item, bbox)]
    wanted = {_identity(one): one for one in sorted(near, key=_fullness)}
    return tuple(sorted(wanted.values(), key=lambda one: (one.facts.datetime, one.id, _identity(one))))


def tell_namesakes(items: Sequence[ListedItem]) -> list[str]:
    """What is to be said of items that share an id and are not the same, or are the same and name other files."""
    told = []
    identities = defaultdict[str, set[tuple[str, ...]]](set)
    files = defaultdict[tuple[str, ...], set[str]](set)
    for one in items:
        identities[one.id].add(_identity(one))
        hrefs = {band: strip_signature(one.href(asset.key)) for band, asset in one.facts.bands.items()}
        files[_identity(one)].add(json.dumps(hrefs, sort_keys=True))
    shared = {name: len(which) for name, which in identities.items() if len(which) > 1}
    if shared:
        name, number = next(iter(shared.items()))
        told.append(f"{number} different items share the id {name}: each is looked at by itself")
    twice = sorted({key[0] for key, which in files.items() if len(which) > 1})
    if twice:
        told.append(f"{len(twice)} items are listed more than once with other files ({twice[0]}): the newest is read")
    return told


def _identity(one: ListedItem) -> tuple[str, ...]:
    facts = one.facts
    collection = str(one.item.collection_id or "")
    return one.id, collection, facts.platform, facts.datetime.isoformat(), facts.tile


def _fullness(one: ListedItem) -> tuple[object, ...]:
    """Sorts items of one id so that the newest and fullest comes last, whatever order they came in."""
    content = json.dumps(one.item.to_dict(include_self_link=False), sort_keys=True, default=str)
    return one.facts.version, len(one.item.assets), content


def in_time(when: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether start <= when < end."""
    return (start is None or when >= start) and (end is None or when < end)


def touches(item: "Item", bbox: BBox) -> bool:
    """Whether the item's footprint meets the box.

    Items without a usable footprint, or with one that spans the globe because it was not cut at the antimeridian,
    are kept: their pixels will tell.
    """
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        if item.geometry:
            footprint = shape(item.geometry)
        elif item.bbox:
            footprint = _outline(item.bbox)
        else:
            return True
        bounds = [part.bounds for part in getattr(footprint, "geoms", [footprint])]
        uncut = any(east - west > 180.0 for west, _, east, _ in bounds)
        return bool(uncut or footprint.intersects(_outline(bbox)))
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError):
        return True


def describe_coverage(items: Sequence[ListedItem]) -> str:
    """Where and when the items are, in words; empty where there is none."""
    boxes = [box for one in items if (box := _box(one.item)) is not None]
    if not items or not boxes:
        return ""
    west, south, east, north = (pick(box[n] for box in boxes) for n, pick in enumerate((min, min, max, max)))
    days = sorted(one.facts.datetime for one in items)
    return (
        f"its {len(items)} items lie between [{west:.2f}, {south:.2f}] and [{east:.2f}, {north:.2f}] (lon, lat), "
        f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    )


def _box(item: "Item") -> tuple[float, float, float, float] | None:
    """West, south, east, north of an item, by its box or its footprint; None where neither can be used."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        if item.bbox:
            half = len(item.bbox) // 2
            return item.bbox[0], item.bbox[1], item.bbox[half], item.bbox[half + 1]
        return shape(item.geometry).bounds if item.geometry else None
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None


def _outline(bbox: Sequence[float]) -> "BaseGeometry":
    """The polygon of a box of four or six numbers, cut in two where it crosses the antimeridian."""
    from shapely.geometry import MultiPolygon, box

    half = len(bbox) // 2
    (west, south), (east, north) = bbox[:2], bbox[half : half + 2]
    if west <= east:
        return box(west, south, east, north)
    return MultiPolygon([box(west, south, 180.0, north), box(-180.0, south, east, north)])


def describe_extent(collection: Any) -> str:
    """Where and when a collection has items, as it says itself."""
    try:
        extent = collection["extent"]
        west, south, east, north = _flat(extent["spatial"]["bbox"][0])
        first, last = extent["temporal"]["interval"][0]
    except (LookupError, TypeError, ValueError):
        return ""
    if east - west >= 359 and north - south >= 100:
        return ""
    days = f"{str(first or 'the beginning')[:10]} to {str(last or 'now')[:10]}"
    return f"its collection covers [{west:.2f}, {south:.2f}] to [{east:.2f}, {north:.2f}] (lon, lat), {days}"


def _flat(bbox: Any) -> tuple[float, float, float, float]:
    """West, south, east, north of a box of four or six numbers."""
    numbers = [float(number) for number in bbox]
    half = len(numbers) // 2
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def split_box(bbox: BBox) -> list[BBox]:
    """The box, or its two sides of the antimeridian."""
    west, south, east, north = bbox
    return [bbox] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]
