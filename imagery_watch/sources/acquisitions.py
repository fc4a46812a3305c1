"""Items fold into Acquisitions: one pass, however many tiles, zones and reprocessings it comes in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from imagery_watch.model import Acquisition
from imagery_watch.sensors import sentinel2
from imagery_watch.sources.catalog import sensing_time

if TYPE_CHECKING:
    from pystac import Item

SAME_PASS = timedelta(minutes=15)
"""A satellite comes back over a place after 100 minutes at the earliest, and crosses an airfield in seconds."""


def fold(items: Iterable["Item"]) -> tuple[Acquisition, ...]:
    """The passes that the items belong to, sorted by time then id; the order of the items does not matter."""
    by_platform = sorted(items, key=lambda item: (_platform(item), sensing_time(item), item.id))
    passes = [
        _acquisition(platform, group)
        for platform, ours in groupby(by_platform, key=_platform)
        for group in _cut(list(ours))
    ]
    return tuple(sorted(passes, key=lambda acquisition: (acquisition.datetime, acquisition.id)))


def _platform(item: "Item") -> str:
    return sentinel2.platform_of(item.id, item.properties)


def _cut(items: Sequence["Item"]) -> list[list["Item"]]:
    """Splits items of one platform, sorted by time, wherever more than `SAME_PASS` lies between two."""
    groups: list[list[Item]] = []
    for item in items:
        if groups and sensing_time(item) - sensing_time(groups[-1][-1]) <= SAME_PASS:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _acquisition(platform: str, items: Sequence["Item"]) -> Acquisition:
    versions = [(item.id, item.properties) for item in items]
    chosen, superseded = sentinel2.current_versions(versions)
    used = tuple(items[index] for index in chosen)
    starts = sorted({start for version in versions if (start := sentinel2.sensing_start(*version)) is not None})
    orbits = [orbit for version in versions if (orbit := sentinel2.relative_orbit_of(*version)) is not None]
    when = min(sensing_time(item) for item in used)
    return Acquisition(
        id=f"{platform}_{starts[0] if starts else _minute(when)}",
        platform=platform,
        datetime=when,
        relative_orbit=orbits[0] if orbits else None,
        items=used,
        superseded=tuple(sorted(items[index].id for index in superseded)),
    )


def _minute(when: datetime) -> str:
    return when.strftime("%Y%m%dT%H%M%S")
