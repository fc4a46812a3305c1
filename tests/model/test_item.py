"""What is asked of one item."""

import pytest
from outputs.builders import START
from pystac import Item

from imagery_watch.model import ListedItem
from imagery_watch.model.access import Origin


def listed(catalog: str | None, collection: str | None, name: str = "S2A_1") -> ListedItem:
    item = Item(name, None, None, START, {}, collection=collection)
    return ListedItem(item, None, None if catalog is None else Origin(catalog, None))


@pytest.mark.parametrize(
    ("one", "link"),
    [
        (listed("https://stac.example.com/v1", "c"), "https://stac.example.com/v1/collections/c/items/S2A_1"),
        (listed("https://stac.example.com/v1/", "c"), "https://stac.example.com/v1/collections/c/items/S2A_1"),
        (listed("https://s.example", "a/b", "x?y z"), "https://s.example/collections/a%2Fb/items/x%3Fy%20z"),
        (listed("/data/items.json", "c"), None),
        (listed("C:/data/items.json", "c"), None),
        (listed("https://s.example", None), None),
        (listed(None, "c"), None),
    ],
)
def test_an_item_of_an_api_is_where_every_api_has_it(one: ListedItem, link: str | None) -> None:
    assert one.link == link
