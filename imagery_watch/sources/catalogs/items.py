"""From JSON features to pystac Items with absolute hrefs, each asked once for all that is ever asked of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from imagery_watch.model import ListedItem
from imagery_watch.sensors.protocol import Sensor

if TYPE_CHECKING:
    from pystac import Item


def parse_items(features: Iterable[Any], base: str | Path, sensor: Sensor) -> tuple[list[ListedItem], list[str]]:
    """Items of a list of GeoJSON features, asset hrefs made absolute against `base`, and a warning for each misfit.

    One broken item must not hide the others: it is passed over and named.
    """
    items: list[ListedItem] = []
    warnings: list[str] = []
    for number, feature in enumerate(features):
        name = feature.get("id", f"number {number}") if isinstance(feature, dict) else f"number {number}"
        try:
            items.append(parse_item(feature, base, sensor))
        except Exception as error:
            warnings.append(f"item {name}: not a usable STAC item ({type(error).__name__}: {error}); passed over")
    return items, warnings


def parse_item(feature: dict[str, Any], base: str | Path, sensor: Sensor) -> ListedItem:
    """One item; raises whatever makes it unusable.

    pystac resolves links over the network when asked to, so links are left out.
    """
    from pystac import Item

    item = Item.from_dict({**feature, "links": []}, migrate=False)
    if not isinstance(item.id, str) or not item.id:
        raise ValueError("no id")
    for asset in item.assets.values():
        asset.href = absolute_href(asset.href, base)
    assets = {key: asset.to_dict() for key, asset in item.assets.items()}
    return ListedItem(item, sensor.facts_of(item.id, sensing_time(item), item.properties, assets))


def sensing_time(item: "Item") -> datetime:
    """Aware UTC time of an item, the start where it has a range; raises ValueError where it has neither."""
    when = item.datetime or item.common_metadata.start_datetime
    if when is None:
        raise ValueError("no datetime")
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def absolute_href(href: str, base: str | Path) -> str:
    """A relative href against the URL, or the folder, of the file that names it; absolute ones as they are."""
    if len(urlsplit(href).scheme) > 1:
        return href
    if isinstance(base, Path):
        return str(base / href)
    return urljoin(base.rstrip("/") + "/", href)
