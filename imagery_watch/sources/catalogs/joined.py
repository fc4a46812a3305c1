"""Several catalogues as one: what one lacks the others give."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from imagery_watch.errors import CatalogUnavailable
from imagery_watch.model import ListedItem
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sources.catalogs.catalog import BBox, Catalog, Listing

MOST_COLLECTIONS = 100
"""More than any catalogue has in one search: orders of catalogues are that far apart."""


class JoinedCatalog:
    """Catalogues of one sensor, the preferred one first; each item keeps its own origin."""

    def __init__(self, catalogs: Sequence[Catalog]) -> None:
        self._catalogs = tuple(catalogs)
        self.name = ",".join(one.name for one in catalogs)
        self.local_root: Path | None = catalogs[0].local_root if len(catalogs) == 1 else None
        self.sensor: Sensor = catalogs[0].sensor

    def search(self, bbox: BBox, start: datetime | None, end: datetime | None) -> Listing:
        """What any of them has; see `Catalog.search`. One that does not answer leaves the listing incomplete.

        An item that several list is there several times: which copy is read is decided where passes are folded.
        Raises CatalogUnavailable where none answers, CatalogError where one is no catalogue of the sensor.
        """
        found, silent = [], []
        for number, catalog in enumerate(self._catalogs):
            try:
                listing = catalog.search(bbox, start, end)
            except CatalogUnavailable as error:
                silent.append(f"{error}")
                continue
            found.append(replace(listing, items=tuple(_after(one, number) for one in listing.items)))
        if not found:
            raise CatalogUnavailable("; ".join(silent))
        items = [one for listing in found for one in listing.items]
        lacks = [*(listing.incomplete for listing in found), *(f"{why}; passes may be missing" for why in silent)]
        return Listing(
            tuple(sorted(items, key=lambda one: (one.facts.datetime, one.id))),
            tuple(dict.fromkeys(warning for listing in found for warning in listing.warnings)),
            "" if items else "; ".join(filter(None, (listing.coverage for listing in found))),
            "; ".join(filter(None, lacks)),
        )


def _after(one: ListedItem, catalogs: int) -> ListedItem:
    """The item, preferred less than those of as many catalogues before its own."""
    if one.origin is None:
        return one
    return replace(one, origin=replace(one.origin, order=one.origin.order + MOST_COLLECTIONS * catalogs))
