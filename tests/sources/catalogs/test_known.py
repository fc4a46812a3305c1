"""The table of catalogues is true of their recorded items, and told in docs/catalogues.md."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA

from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.items import parse_item
from imagery_watch.sources.catalogs.known import KNOWN_CATALOGS, KnownCatalog
from imagery_watch.sources.catalogs.named import open_known

PAGE = (Path(__file__).parents[3] / "docs" / "catalogues.md").read_text(encoding="utf-8")
ROWS = pytest.mark.parametrize("known", KNOWN_CATALOGS, ids=lambda known: known.name)


def recorded(known: KnownCatalog) -> list[dict[str, Any]]:
    """Real items of a catalogue."""
    files = {
        "earth_search": ["earth_search_mixed.json", "earth_search_page_1.json"],
        "planetary_computer": ["planetary_computer.json"],
        "copernicus": ["copernicus_data_space.json"],
    }[known.address]
    pages = [json.loads((DATA / "stac" / name).read_text()) for name in files]
    features = [feature for page in pages for feature in page.get("features", [page])]
    return [feature for feature in features if feature["collection"] in known.collections]


@ROWS
def test_the_assets_of_recorded_items_are_found_under_the_names_of_the_table(known: KnownCatalog) -> None:
    items = [parse_item(feature, "https://stac.example.com", SENTINEL_2) for feature in recorded(known)]
    assert {one.item.collection_id for one in items} == set(known.collections)
    for one in items:
        found = {band: asset.key for band, asset in one.facts.bands.items()} | {"SCL": one.facts.classes}
        assert found == known.bands


@ROWS
def test_every_row_is_told(known: KnownCatalog) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{known.name}` |")]
    assert all(f"`{name}`" in row for name in known.collections) and known.needs in row
    for quirk in known.quirks:
        assert quirk.issue in PAGE and quirk.what in PAGE


@ROWS
def test_every_row_opens_at_the_address_of_the_settings(known: KnownCatalog) -> None:
    settings = Settings.model_validate({known.address: "https://mirror.example.com/stac"})
    assert open_known(known, settings, SENTINEL_2).name == "https://mirror.example.com/stac"
    assert getattr(Settings(), known.address).startswith("https://")
