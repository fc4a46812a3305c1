"""STAC on disk: what is linked is found, what is broken is named, what lies outside the folder is left alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from support.rasters import make_item, utc, write_collection

from imagery_watch.errors import CatalogError, ExitCode, PassRefused
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.catalog import Listing
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.hrefs import check_href

HERE = (11.3, 46.4, 11.4, 46.5)


def listing(path: Path, *window: Any) -> Listing:
    return FileCatalog(path, SENTINEL_2).search(HERE, *(window or (None, None)))


def catalog_of(*hrefs: Any, kind: str = "Catalog") -> dict[str, Any]:
    links = [{"rel": "item", "href": href} for href in hrefs]
    return {"type": kind, "id": "c", "stac_version": "1.0.0", "description": "", "links": links}


def put(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


PLACES = ["plain", "with space", "Zürich", "100%", "a%20b", "a#b", "a?b"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", PLACES)
def test_file_uris_name_files(tmp_path: Path, place: str, name: str) -> None:
    """As `pathlib` writes them, in folders of any name, from items and from links."""
    folder = tmp_path / place
    item = make_item("one")
    (folder / name).mkdir(parents=True)
    for asset in item["assets"].values():
        asset["href"] = (folder / name / "B.tif").as_uri()
    (folder / name / "B.tif").touch()
    put(folder / name / "one.json", item)
    found = listing(put(folder / "catalog.json", catalog_of((folder / name / "one.json").as_uri())))
    (one,) = found.items
    assert check_href(one.href("red"), folder.resolve(), str(folder)) == str(folder / name / "B.tif")


@pytest.mark.parametrize("href", ["file:///etc/passwd", "file:///{folder}/%2e%2e/x.tif", "file://host/{folder}/B.tif"])
def test_file_uris_lead_nowhere_else(tmp_path: Path, href: str) -> None:
    (tmp_path / "B.tif").touch()
    with pytest.raises(PassRefused, match="is not read"):
        check_href(href.format(folder=str(tmp_path).lstrip("/")), tmp_path.resolve(), str(tmp_path))


@pytest.mark.parametrize("prefix", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
def test_an_item_collection(tmp_path: Path, prefix: str) -> None:
    path = write_collection(tmp_path / "items.json", make_item("one"), make_item("two"))
    path.write_text(prefix + path.read_text(), encoding="utf-8")
    found = listing(path)
    assert [item.id for item in found.items] == ["one", "two"]
    assert found.items[0].href("red") == str(tmp_path / "one" / "B04.tif")


def test_a_single_item(tmp_path: Path) -> None:
    assert [item.id for item in listing(put(tmp_path / "item.json", make_item("one"))).items] == ["one"]


def test_a_folder_means_its_catalog_json(tmp_path: Path) -> None:
    put(tmp_path / "catalog.json", catalog_of("./a/one.json"))
    put(tmp_path / "a" / "one.json", make_item("one"))
    found = listing(tmp_path)
    assert found.items[0].href("red") == str(tmp_path / "a" / "one" / "B04.tif")


def test_nested_catalogues_are_followed_once_even_in_circles(tmp_path: Path) -> None:
    child = {**catalog_of("./one.json", "./one.json"), "type": "Collection"}
    child["links"] += [{"rel": "child", "href": "../catalog.json"}, {"rel": "root", "href": "../never.json"}]
    top = catalog_of()
    top["links"] += [{"rel": "child", "href": "a/collection.json"}, {"rel": "child", "href": "./catalog.json"}, 7]
    put(tmp_path / "a" / "collection.json", child)
    put(tmp_path / "a" / "one.json", make_item("one"))
    found = listing(put(tmp_path / "catalog.json", top))
    assert ([item.id for item in found.items], found.warnings) == (["one"], ())


PASSED_OVER = {
    "a dangling link": ("gone.json", None),
    "broken json": ("broken.json", "{"),
    "not utf-8": ("latin.json", None),
    "not an object": ("list.json", "[]"),
    "not stac": ("other.json", {"type": "Topology"}),
    "a misfit": ("misfit.json", {"type": "Feature", "id": "misfit"}),
    "nested too deeply": ("deep.json", '{"type":' * 100_000),
}


@pytest.mark.parametrize("case", PASSED_OVER)
def test_one_broken_file_is_named_and_hides_no_other(tmp_path: Path, case: str) -> None:
    name, content = PASSED_OVER[case]
    put(tmp_path / "one.json", make_item("one"))
    if case == "not utf-8":
        (tmp_path / name).write_bytes(b'{"type": "Feature", "id": "\xe9"}')
    elif content is not None:
        put(tmp_path / name, content)
    found = listing(put(tmp_path / "catalog.json", catalog_of(name, "one.json")))
    assert [item.id for item in found.items] == ["one"]
    assert len(found.warnings) == 1 and "passed over" in found.warnings[0]


OUTSIDE = ["../outside.json", "{root}/outside.json", "file://{root}/outside.json", "a/../../outside.json", "link.json"]


@pytest.mark.parametrize("href", OUTSIDE)
def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path, href: str) -> None:
    put(tmp_path / "outside.json", make_item("outside"))
    inside = tmp_path / "catalogue"
    put(inside / "one.json", make_item("one"))
    (inside / "link.json").symlink_to(tmp_path / "outside.json")
    found = listing(put(inside / "catalog.json", catalog_of(href.format(root=tmp_path), "one.json")))
    assert [item.id for item in found.items] == ["one"]


@pytest.mark.parametrize("href", ["http://127.0.0.1:9/item.json", "s3://bucket/item.json", "", "\0", "x" * 5000])
def test_a_link_that_cannot_be_a_file_here_is_not_followed(tmp_path: Path, href: str) -> None:
    put(tmp_path / "one.json", make_item("one"))
    found = listing(put(tmp_path / "catalog.json", catalog_of(href, "one.json")))
    assert [item.id for item in found.items] == ["one"]


REFUSED = {
    "broken": "{",
    "empty": "",
    "a list": "[]",
    "geojson of something else": {"type": "FeatureCollection", "features": [{"type": "Feature", "id": "apron"}]},
    "not stac": {"type": "Topology"},
    "no type": {},
    "an error body": {"code": "NotFound"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_catalogue_is_a_usage_error(tmp_path: Path, case: str) -> None:
    with pytest.raises(CatalogError) as caught:
        listing(put(tmp_path / "items.json", REFUSED[case]))
    assert caught.value.exit_code == ExitCode.USAGE
    assert "items.json" in str(caught.value)


def test_a_folder_without_catalogue_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="name the STAC file itself"):
        FileCatalog(tmp_path, SENTINEL_2)


def test_an_empty_collection_is_no_error(tmp_path: Path) -> None:
    assert listing(write_collection(tmp_path / "items.json")).items == ()


def test_times_are_half_open(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "items.json", make_item(datetime="2023-06-01T00:00:00Z"))
    assert len(listing(path, utc("2023-06-01"), utc("2023-06-02")).items) == 1
    assert len(listing(path, utc("2023-05-01"), utc("2023-06-01")).items) == 0


def test_real_static_catalogue_with_dangling_links_and_its_collection_agree() -> None:
    box = (15.95, 45.09, 16.1, 45.2)
    static = FileCatalog(DATA / "s2_120m", SENTINEL_2).search(box, None, None)
    collected = FileCatalog(DATA / "s2_120m" / "items.json", SENTINEL_2).search(box, None, None)
    assert [item.id for item in static.items] == [item.id for item in collected.items]
    assert len(static.items) == 5 and len(static.warnings) == 5
    assert all("it is not there" in warning for warning in static.warnings)
    hrefs = [[item.href("red") for item in found.items] for found in (static, collected)]
    assert hrefs[0] == hrefs[1] and all(Path(href).is_file() for href in hrefs[0])
