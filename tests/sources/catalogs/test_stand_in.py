"""The client against a stand-in with Earth Search's semantics, and that stand-in against what was recorded."""

import json
from typing import Any

import pytest
from conftest import DATA
from support.catalogues import CONFORMS, search
from support.rasters import utc
from support.servers import Server

from imagery_watch.errors import CatalogError
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.catalog import Listing
from imagery_watch.sources.catalogs.named import open_catalog
from imagery_watch.sources.catalogs.stac_api import ApiCatalog

SWABIA = (9.0, 47.0, 10.0, 48.0)
ASKED = {"bbox": [9, 47, 10, 48], "datetime": "2020-03-01T00:00:00Z/2020-03-05T23:59:59Z",
         "collections": ["sentinel-2-l2a"]}  # fmt: skip
SIZES = pytest.mark.parametrize("size", [1, 7, 8, 16, 100])


def recorded(name: str) -> Any:
    return json.loads((DATA / "stac" / f"{name}.json").read_text())


PAGES = [recorded("earth_search_page_1"), recorded("earth_search_page_2")]
SIXTEEN = [feature for page in PAGES for feature in page["features"]]


def ids(page: Any) -> list[str]:
    return [feature["id"] for feature in page["features"]]


def test_it_answers_the_recorded_question_as_earth_search_did() -> None:
    """Order, size, count and the body of each `next`, that of the last page with items among them."""
    asked: dict[str, Any] = ASKED
    for page in PAGES:
        answer = search(SIXTEEN[::-1], asked, "", counts=True)
        assert ids(answer) == ids(page) and answer["numberMatched"] == page["numberMatched"]
        asked = answer["links"][0]["body"]
        assert asked == page["links"][0]["body"]
    last = search(SIXTEEN, asked, "", counts=True)
    assert (ids(last), last["links"], last["numberMatched"]) == ([], [], 16)


def test_it_knows_the_query_extension() -> None:
    clear = search(SIXTEEN, {**ASKED, "query": {"eo:cloud_cover": {"lt": 96}}}, "", counts=True)
    assert ids(clear) == ["S2A_32TMT_20200302_0_L2A", "S2A_32UMU_20200302_0_L2A"]
    assert (
        ids(search(SIXTEEN, {**ASKED, "query": {"s2:sequence": {"eq": "1"}, "nothing": {"gt": 0}}}, "", counts=True))
        == []
    )


def listing_of(server: Server, size: int, kind: str = "earth-search", **options: Any) -> Listing:
    catalog = ApiCatalog(f"{server.url}/{kind}", Settings(timeout_s=5, retries=1), SENTINEL_2, size, **options)
    return catalog.search(SWABIA, utc("2020-03-01"), utc("2020-03-06"))


@SIZES
def test_every_page_is_followed_to_the_last(catalogue_server: Any, size: int) -> None:
    server = catalogue_server(SIXTEEN)
    found = listing_of(server, size)
    assert (len(found.items), found.incomplete, found.warnings) == (16, "", ())
    assert [len(one.listed) for one in fold(found.items)] == [4, 4]
    asked = [seen for seen in server.requests() if seen.path.endswith("/search")]
    assert len(asked) == -(-16 // size) + 1


@pytest.mark.parametrize("kind", ["planetary", "copernicus"])
def test_an_api_that_does_not_count_is_followed_to_the_last_page_too(catalogue_server: Any, kind: str) -> None:
    found = listing_of(catalogue_server(SIXTEEN), 5, kind)
    assert (len(found.items), found.incomplete) == (16, "")


def in_collection_1(feature: dict[str, Any]) -> dict[str, Any]:
    """The item as the other collection would name it: its own id, and the offset not yet applied."""
    stated = {key: value for key, value in feature["properties"].items() if not key.startswith("earthsearch:")}
    stated["updated"] = None
    name = feature["properties"]["s2:product_uri"].split("_")
    return {**feature, "id": f"S2A_{name[5]}_{name[2]}_L2A", "collection": "sentinel-2-c1-l2a", "properties": stated}


def at_mirror(server: Server) -> Listing:
    settings = Settings(earth_search=f"{server.url}/earth-search", timeout_s=5)
    return open_catalog("earth-search", settings, SENTINEL_2).search(SWABIA, utc("2020-03-01"), utc("2020-03-06"))


def test_earth_search_is_both_its_collections_and_each_pass_one(catalogue_server: Any) -> None:
    """One collection lacks the first day, the other half of the tiles: together nothing is lacking."""
    newest = [feature for feature in SIXTEEN if feature["id"].endswith("_1_L2A")]
    first = [in_collection_1(feature) for feature in newest if "20200305" in feature["id"]]
    second = [feature for feature in newest if "_32T" in feature["id"]]
    passes = fold(at_mirror(catalogue_server(first + second)).items)
    collections = [sorted({str(one.item.collection_id) for one in found.listed}) for found in passes]
    assert collections == [["sentinel-2-l2a"], ["sentinel-2-c1-l2a"]]
    assert [(len(one.listed), len(one.elsewhere)) for one in passes] == [(2, 0), (4, 2)]


@pytest.mark.parametrize("kept", ["sentinel-2-c1-l2a", "sentinel-2-l2a"])
def test_a_mirror_of_one_collection_is_enough(catalogue_server: Any, kept: str) -> None:
    features = [{**feature, "collection": kept} for feature in SIXTEEN]
    found = at_mirror(catalogue_server(features))
    assert (len(found.items), found.incomplete, found.warnings) == (16, "", ())


def test_a_mirror_that_refuses_a_collection_that_it_does_not_have_is_asked_for_the_other(script_server: Any) -> None:
    link = {"rel": "search", "href": "{base}/search", "method": "POST", "type": "application/geo+json"}
    landing = {"type": "Catalog", "stac_version": "1.0.0", "id": "mirror", "description": "", "links": [link],
               "conformsTo": CONFORMS}  # fmt: skip
    page = {"type": "FeatureCollection", "features": SIXTEEN, "links": []}
    answers = {"/": [{"body": landing}], "/collections": [{"body": {"collections": [{"id": "sentinel-2-l2a"}]}}],
               "/search": [{"status": 404, "body": "no collection sentinel-2-c1-l2a"}, {"body": page}]}  # fmt: skip
    settings = Settings(earth_search=script_server(answers).url, timeout_s=5, retries=0)
    found = open_catalog("earth-search", settings, SENTINEL_2).search(SWABIA, None, None)
    assert len(found.items) == 16


def test_a_mirror_of_neither_is_no_earth_search(catalogue_server: Any) -> None:
    with pytest.raises(
        CatalogError, match="no collection sentinel-2-c1-l2a or sentinel-2-l2a; its 1 collections: s2_l2a"
    ):
        at_mirror(catalogue_server([{**feature, "collection": "s2_l2a"} for feature in SIXTEEN]))
