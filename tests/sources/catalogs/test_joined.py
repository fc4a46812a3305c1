"""Several catalogues as one: each pass once, from whichever has it; one that is silent leaves a gap that is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.rasters import make_item, write_collection

from imagery_watch.errors import CatalogError, CatalogUnavailable
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.catalog import Catalog, Listing
from imagery_watch.sources.catalogs.named import open_catalog

HERE = (11.3, 46.4, 11.4, 46.5)
QUICK = Settings(timeout_s=1.0, retries=0)
NOBODY = "http://127.0.0.1:9"


def product(day: int, name: str) -> dict[str, Any]:
    uri = f"S2A_MSIL2A_202306{day:02d}T101601_N0509_R065_T32TPS_202306{day:02d}T162400.SAFE"
    return make_item(name, datetime=f"2023-06-{day:02d}T10:17:00Z", **{"s2:product_uri": uri})


@pytest.fixture
def two(tmp_path: Path) -> Callable[[list[dict[str, Any]], list[dict[str, Any]]], str]:
    """`two(features, features)`: both as files, named with a comma between them."""

    def write(*lists: list[dict[str, Any]]) -> str:
        paths = [write_collection(tmp_path / f"{n}.json", *features) for n, features in enumerate(lists)]
        return ",".join(map(str, paths))

    return write


def listed(where: str) -> Listing:
    return open_catalog(where, QUICK, SENTINEL_2).search(HERE, None, None)


def test_what_one_lacks_the_other_gives_and_one_pass_stays_one(two: Any) -> None:
    found = listed(two([product(1, "a1"), product(3, "a3")], [product(1, "b1"), product(2, "b2")]))
    assert (found.incomplete, found.warnings) == ("", ())
    passes = fold(found.items)
    assert [one.item_ids for one in passes] == [("a1",), ("b2",), ("a3",)]
    assert [[copy.id for copy in one.elsewhere] for one in passes] == [["b1"], [], []]


def test_the_first_named_is_preferred(two: Any) -> None:
    first, second = two([product(1, "a1")], [product(1, "b1")]).split(",")
    assert [one.item_ids for one in fold(listed(f"{second},{first}").items)] == [("b1",)]
    assert [one.item_ids for one in fold(listed(f"{first}, {second}").items)] == [("a1",)]


def test_each_item_is_read_by_the_rules_of_its_own_catalogue(two: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = write_collection(tmp_path / "elsewhere" / "2.json", product(2, "b2"))
    found = listed(f"{two([product(1, 'a1')])},{other}")
    roots = {one.id: one.origin.local_root for one in found.items if one.origin is not None}
    assert roots == {"a1": tmp_path.resolve(), "b2": (tmp_path / "elsewhere").resolve()}


def test_one_that_does_not_answer_leaves_the_listing_incomplete(two: Any) -> None:
    found = listed(f"{NOBODY},{two([product(1, 'a1')])}")
    assert [one.id for one in found.items] == ["a1"]
    assert NOBODY in found.incomplete and "passes may be missing" in found.incomplete


def test_none_that_answers_is_unavailable() -> None:
    with pytest.raises(CatalogUnavailable, match=r"127\.0\.0\.1:9 did not answer.*127\.0\.0\.1:10 did not answer"):
        listed(f"{NOBODY},http://127.0.0.1:10")


@pytest.mark.parametrize("where", ["{here},", ",{here}", "{here},nowhere.json", "earth-search,erth-search"])
def test_a_part_that_is_no_catalogue_is_a_usage_error(where: str, two: Any) -> None:
    with pytest.raises(CatalogError):
        open_catalog(where.format(here=two([product(1, "a1")])), QUICK, SENTINEL_2)


def test_a_file_whose_name_has_a_comma_is_one_file(tmp_path: Path) -> None:
    path = write_collection(tmp_path / "May, June.json", product(1, "a1"))
    assert [one.id for one in listed(str(path)).items] == ["a1"]


def test_the_name_is_all_of_their_names(two: Any) -> None:
    where = two([product(1, "a1")], [product(2, "b2")])
    catalog: Catalog = open_catalog(where, QUICK, SENTINEL_2)
    assert catalog.name == where and catalog.local_root is None


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("readable", ["first", "second"])
def test_the_copy_that_can_be_read_is_kept_whichever_catalogue_has_it(
    catalogue_server: Any, named: bool, readable: str
) -> None:
    """One id, collection and time in both, by https in one and on s3:// in the other; with a product's name or not."""
    item = product(1, "S2A_32TPS_20230601_0_L2A")
    if not named:
        del item["properties"]["s2:product_uri"]
    where = []
    for name in ("first", "second"):
        place = "https://store.example.com" if name == readable else "s3://bucket"
        assets = {key: {**asset, "href": f"{place}/{key}.tif"} for key, asset in item["assets"].items()}
        where.append(f"{catalogue_server([{**item, 'assets': assets}]).url}/earth-search")
    (found,) = fold(listed(",".join(where)).items)
    assert [one.href("red") for one in found.listed] == ["https://store.example.com/red.tif"]
    assert [one.href("red") for one in found.elsewhere] == ["s3://bucket/red.tif"]
    assert found.superseded == ()
