"""What every catalogue gives: a listing of items for one place and time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from imagery_watch.model import ListedItem
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
    """With absolute asset hrefs, each id once, sorted by time then id."""
    warnings: tuple[str, ...] = ()
    """What was passed over, such as items that are not STAC."""


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
    """Each id once, inside the box and the half-open time range, sorted by time then id.

    Catalogues repeat items across pages and ignore sort orders, and some ignore the box: so this is decided here.
    """
    near = [one for one in items if touches(one.item, bbox) and in_time(one.facts.datetime, start, end)]
    wanted = {one.id: one for one in sorted(near, key=_fullness)}
    return tuple(sorted(wanted.values(), key=lambda one: (one.facts.datetime, one.id)))


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


def _outline(bbox: Sequence[float]) -> "BaseGeometry":
    """The polygon of a box of four or six numbers, cut in two where it crosses the antimeridian."""
    from shapely.geometry import MultiPolygon, box

    half = len(bbox) // 2
    (west, south), (east, north) = bbox[:2], bbox[half : half + 2]
    if west <= east:
        return box(west, south, east, north)
    return MultiPolygon([box(west, south, 180.0, north), box(-180.0, south, east, north)])
