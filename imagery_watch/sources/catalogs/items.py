"""From JSON features to pystac Items with absolute hrefs, each asked once for all that is ever asked of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from imagery_watch.model import ListedItem
from imagery_watch.model.filename import find_share
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sources.catalogs.times import is_doubted, reconcile_time, sensing_time

if TYPE_CHECKING:
    from pystac import Asset

Remark = tuple[str, str]
"""Name of an item, and what is to be said of it."""
MOST_NAMES = 3
"""Items that a warning about many of them names."""


def parse_items(features: Iterable[Any], base: str | Path, sensor: Sensor) -> tuple[list[ListedItem], list[str]]:
    """Items of a list of GeoJSON features, asset hrefs made absolute against `base`, and a warning for each misfit.

    One broken item must not hide the others: it is passed over and named.
    """
    items, remarks = parse_each(features, base, sensor)
    return items, tell_remarks(remarks)


def parse_each(features: Iterable[Any], base: str | Path, sensor: Sensor) -> tuple[list[ListedItem], list[Remark]]:
    """As `parse_items`, what is to be said not yet put into words."""
    items: list[ListedItem] = []
    remarks: list[Remark] = []
    for number, feature in enumerate(features):
        name = str(feature.get("id", f"number {number}") if isinstance(feature, dict) else f"number {number}")[:100]
        try:
            one = parse_item(feature, base, sensor)
            if is_doubted(one.item):
                remarks.append((name, "its datetime lies outside its own start and end, so the start is taken"))
            items.append(one)
        except ValueError as error:
            remarks.append((name, f"{error}; passed over"))
        except Exception as error:
            remarks.append((name, f"not a usable STAC item ({type(error).__name__}: {error}); passed over"))
    return items, remarks


def tell_remarks(remarks: Iterable[Remark]) -> list[str]:
    """One warning for all items of which the same is to be said."""
    names = defaultdict[str, list[str]](list)
    for name, what in remarks:
        names[what].append(name)
    return [
        f"item {which[0]}: {what}"
        if len(which) == 1
        else f"{len(which)} items ({', '.join(which[:MOST_NAMES])}{', ...' if len(which) > MOST_NAMES else ''}): {what}"
        for what, which in names.items()
    ]


def parse_item(feature: dict[str, Any], base: str | Path, sensor: Sensor) -> ListedItem:
    """One item; raises whatever makes it unusable, ValueError with a sentence where its words contradict one another.

    pystac resolves links over the network when asked to, so links are left out.
    """
    from pystac import Item

    item = Item.from_dict({**feature, "links": []}, migrate=False)
    if not isinstance(item.id, str) or not item.id:
        raise ValueError("no id")
    for asset in item.assets.values():
        asset.href = absolute_href(find_open_href(asset), base)
    assets = {key: asset.to_dict() for key, asset in item.assets.items()}
    facts = sensor.facts_of(item.id, sensing_time(item), item.properties, assets)
    return ListedItem(item, replace(facts, datetime=reconcile_time(facts.datetime, facts.named_time)))


def find_open_href(asset: "Asset") -> str:
    """The asset's address, or its alternate on https where it is on a store that wants keys and the other does not.

    As in the alternate-assets extension; one that states `auth:refs` is not open.
    """
    alternates = asset.extra_fields.get("alternate")
    if not asset.href.startswith("s3://") or not isinstance(alternates, dict):
        return asset.href
    named = [one for one in alternates.values() if isinstance(one, dict) and not one.get("auth:refs")]
    return next((href for one in named if (href := str(one.get("href"))).startswith("https://")), asset.href)


def absolute_href(href: str, base: str | Path) -> str:
    """A relative href against the URL, or the folder, of the file that names it; absolute ones as they are.

    Hrefs are URIs: `%20` in one is a space in the file's name, unless a file is called just that.
    """
    if len(urlsplit(href).scheme) > 1:
        return href
    if isinstance(base, Path):
        return str(base / find_local_name(href, base))
    return urljoin(base.rstrip("/") + "/", href)


def find_local_name(href: str, folder: Path) -> str:
    """The file that a relative URI names: decoded, unless only the undecoded one, or one without query, is there."""
    if find_share(href):  # to look whether it is there would ask another machine
        return href
    decoded, plain = unquote(href), unquote(href.partition("#")[0].partition("?")[0])
    if "\0" in decoded or decoded == href == plain:
        return href
    try:
        return next((name for name in (decoded, href, plain) if name and (folder / name).exists()), decoded)
    except (OSError, ValueError):
        return href
