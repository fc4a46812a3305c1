"""Why a catalogue may have nothing over an airfield: what it covers, or coordinates that were exchanged."""

from datetime import datetime, timedelta

from imagery_watch.errors import CatalogError, CatalogUnavailable
from imagery_watch.sources.catalogs.catalog import BBox, Catalog, Listing

LONG_ENOUGH = timedelta(days=12)
"""Two of the five days in which Sentinel-2 comes back to any land, and some: in less, no pass proves nothing."""


def explain_absence(
    catalog: Catalog, listing: Listing, bbox: BBox, start: datetime | None, end: datetime | None
) -> tuple[str, ...]:
    """What is to be said of a listing without items; nothing of one that has some, or that is not whole."""
    if listing.items or listing.incomplete:
        return ()
    told = (
        [f"The catalogue has nothing over this airfield in this time: {listing.coverage}."] if listing.coverage else []
    )
    told += _suspect_exchange(catalog, bbox, start, end)
    return tuple(told)


def _suspect_exchange(catalog: Catalog, bbox: BBox, start: datetime | None, end: datetime | None) -> list[str]:
    """Whether there is imagery where the airfield would be with its longitude and latitude exchanged."""
    west, south, east, north = bbox
    if max(abs(west), abs(east)) > 84 or east < west:
        return []
    if start is not None and end is not None and end - start < LONG_ENOUGH:
        return []
    try:
        found = catalog.search((south, west, north, east), start, end)
    except (CatalogError, CatalogUnavailable):
        return []
    if not found.items:
        return []
    return [
        f"No item is near [{west:.4f}, {south:.4f}] (lon, lat), and {len(found.items)} are near "
        f"[{south:.4f}, {west:.4f}]: are longitude and latitude exchanged in the airfield's file?"
    ]
