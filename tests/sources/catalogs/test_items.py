"""JSON features become items: hrefs absolute, misfits named, nothing fetched."""

from pathlib import Path
from typing import Any

import pytest
from support.rasters import make_item

from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.items import absolute_href, parse_item, parse_items

FOLDER = Path("/archive/june")

HREFS = [
    ("./a/B04.tif", FOLDER, "/archive/june/a/B04.tif"),
    ("B04.tif", FOLDER, "/archive/june/B04.tif"),
    ("../B04.tif", FOLDER, "/archive/june/../B04.tif"),
    ("/elsewhere/B04.tif", FOLDER, "/elsewhere/B04.tif"),
    ("https://host/B04.tif", FOLDER, "https://host/B04.tif"),
    ("s3://bucket/B04.tif", FOLDER, "s3://bucket/B04.tif"),
    ("file:///etc/passwd", FOLDER, "file:///etc/passwd"),
    ("./a/B04.tif", "https://host/v1", "https://host/v1/a/B04.tif"),
    ("/a/B04.tif", "https://host/v1", "https://host/a/B04.tif"),
    ("https://other/B04.tif", "https://host/v1", "https://other/B04.tif"),
    ("./S2A%20one/B04.tif", FOLDER, "/archive/june/S2A one/B04.tif"),
    ("./Z%C3%BCrich/B04.tif", FOLDER, "/archive/june/Zürich/B04.tif"),
    ("./100%/B04.tif", FOLDER, "/archive/june/100%/B04.tif"),
    ("./a%00b.tif", FOLDER, "/archive/june/a%00b.tif"),
    ("./S2A%20one/B04.tif", "https://host/v1", "https://host/v1/S2A%20one/B04.tif"),
]


@pytest.mark.parametrize(("href", "base", "expected"), HREFS)
def test_hrefs_are_made_absolute(href: str, base: str | Path, expected: str) -> None:
    assert absolute_href(href, base) == expected


def test_a_file_that_is_called_just_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a%20b.tif").touch()
    assert absolute_href("./a%20b.tif", tmp_path) == str(tmp_path / "a%20b.tif")
    (tmp_path / "c.tif").touch()
    assert absolute_href("./c.tif?v=1", tmp_path) == str(tmp_path / "c.tif")
    (tmp_path / "c.tif?v=1").touch()
    assert absolute_href("./c.tif?v=1", tmp_path) == str(tmp_path / "c.tif?v=1")
    (tmp_path / "a b.tif").touch()
    assert absolute_href("./a%20b.tif", tmp_path) == str(tmp_path / "a b.tif")


def test_asset_hrefs_of_an_item_are_absolute() -> None:
    assert parse_item(make_item("one"), FOLDER, SENTINEL_2).href("red") == "/archive/june/one/B04.tif"


MISFITS: dict[str, Any] = {
    "null": None,
    "a string": "item",
    "a list": [],
    "empty": {},
    "no properties": {**make_item("x"), "properties": None},
    "no datetime": {**make_item("x"), "properties": {}},
    "a datetime that is none": {**make_item("x"), "properties": {"datetime": "yesterday"}},
    "no id": {key: value for key, value in make_item("x").items() if key != "id"},
    "assets of another kind": {**make_item("x"), "assets": [1, 2]},
    "an asset without href": {**make_item("x"), "assets": {"red": {"type": "image/tiff"}}},
    "an href that is a number": {**make_item("x"), "assets": {"red": {"href": 7}}},
    "a collection": {"type": "Collection", "id": "x"},
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_misfit_is_named_and_hides_no_other(case: str) -> None:
    items, warnings = parse_items([make_item("before"), MISFITS[case], make_item("after")], FOLDER, SENTINEL_2)
    assert [item.id for item in items] == ["before", "after"]
    assert len(warnings) == 1 and "passed over" in warnings[0]


def test_many_misfits_of_one_kind_are_one_warning() -> None:
    composites = [
        {**make_item(f"c{day}"), "properties": {"datetime": None, "start_datetime": f"2023-05-0{day}T00:00:00Z",
                                               "end_datetime": f"2023-06-0{day}T00:00:00Z"}}
        for day in range(1, 6)
    ]  # fmt: skip
    items, warnings = parse_items(composites, FOLDER, SENTINEL_2)
    assert items == []
    assert warnings == ["5 items (c1, c2, c3, ...): it covers 31 days: a composite, not one pass; passed over"]


WORDS = [({"scale": 10_000}, "a scale of 10000"), ({"scale": 0}, "a scale of 0"), ({"offset": 0.3}, "an offset of 0.3")]


@pytest.mark.parametrize(("words", "reason"), WORDS)
def test_a_scale_that_is_none_is_told(words: dict[str, float], reason: str) -> None:
    item = make_item("one")
    item["assets"]["red"]["raster:bands"] = [words]
    items, warnings = parse_items([item], FOLDER, SENTINEL_2)
    assert items == [] and len(warnings) == 1 and f"red: its words state {reason}" in warnings[0]


def test_links_are_never_resolved() -> None:
    links = [{"rel": "collection", "href": "http://203.0.113.1/never"}, {"rel": "root", "href": "file:///etc/passwd"}]
    assert parse_item({**make_item(), "links": links}, FOLDER, SENTINEL_2).item.links == []


@pytest.mark.parametrize("version", ["0.9.0", "1.0.0", "1.1.0"])
def test_old_and_new_versions_of_stac(version: str) -> None:
    assert parse_item({**make_item(), "stac_version": version}, FOLDER, SENTINEL_2).id == make_item()["id"]
