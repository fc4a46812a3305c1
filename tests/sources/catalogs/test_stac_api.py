"""STAC APIs: a real one (rustac), recorded pages of Earth Search, and servers that misbehave."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from support.rasters import make_item, utc

from imagery_watch.errors import CatalogError, CatalogUnavailable, ExitCode
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_api import ApiCatalog

HERE = (11.3, 46.4, 11.4, 46.5)
ELSEWHERE = (11.6, 46.4, 11.7, 46.5)
QUICK = Settings(timeout_s=1.0, retries=1)

LANDING = {
    "type": "Catalog",
    "id": "scripted",
    "stac_version": "1.0.0",
    "description": "for tests",
    "conformsTo": ["https://api.stacspec.org/v1.0.0/core", "https://api.stacspec.org/v1.0.0/item-search"],
    "links": [
        {"rel": "self", "href": "{base}/", "type": "application/json"},
        {"rel": "root", "href": "{base}/", "type": "application/json"},
        {"rel": "search", "href": "{base}/search", "type": "application/geo+json", "method": "POST"},
    ],
}


def page(*features: Any, following: str | None = None, **members: Any) -> dict[str, Any]:
    links = [{"rel": "next", "href": following, "method": "POST", "body": {}}] if following else []
    return {"body": {"type": "FeatureCollection", "features": list(features), "links": links, **members}}


def api(*pages: dict[str, Any], landing: dict[str, Any] | None = None) -> dict[str, list[dict[str, Any]]]:
    return {"/": [landing or {"body": LANDING}], "/search": list(pages)}


def daily(count: int) -> list[dict[str, Any]]:
    return [
        make_item(f"S2A_32TPS_202306{day:02d}_0_L2A", datetime=f"2023-06-{day:02d}T10:17:00Z")
        for day in range(1, count + 1)
    ]


def noon(day: int) -> datetime:
    """Of one in July 2023."""
    return datetime(2023, 7, day, 12, tzinfo=UTC)


def ids(catalog: ApiCatalog, *window: Any, bbox: tuple[float, float, float, float] = HERE) -> list[str]:
    start, end = window or (None, None)
    return [item.id for item in catalog.search(bbox, start, end).items]


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_every_page_of_a_real_api_arrives_in_order(stac_server: Any, page_size: int) -> None:
    items = daily(10)
    catalog = ApiCatalog(stac_server(items[::-1]), QUICK, SENTINEL_2, page_size)
    assert ids(catalog) == [item["id"] for item in items]


def test_place_and_half_open_time_are_cut_on_our_side(stac_server: Any) -> None:
    catalog = ApiCatalog(stac_server(daily(10)), QUICK, SENTINEL_2)
    tenth = utc("2023-06-10T10:17:00")
    assert ids(catalog, utc("2023-06-09T10:17:00"), tenth) == ["S2A_32TPS_20230609_0_L2A"]
    assert ids(catalog, tenth, None) == ["S2A_32TPS_20230610_0_L2A"]
    assert ids(catalog, None, utc("2023-06-02")) == ["S2A_32TPS_20230601_0_L2A"]
    assert ids(catalog, tenth + timedelta(seconds=1), None) == []
    assert ids(catalog, bbox=ELSEWHERE) == []


def test_consecutive_windows_neither_overlap_nor_leave_a_gap(stac_server: Any) -> None:
    catalog = ApiCatalog(stac_server(daily(9)), QUICK, SENTINEL_2)
    cut = utc("2023-06-05T10:17:00")
    start, end = utc("2023-06-01"), utc("2023-07-01")
    assert ids(catalog, start, cut) + ids(catalog, cut, end) == ids(catalog, start, end)


def test_a_server_that_ignores_box_and_dates_is_corrected(script_server: Any) -> None:
    server = script_server(api(page(*daily(4))))
    catalog = ApiCatalog(server.url, QUICK, SENTINEL_2)
    assert ids(catalog, utc("2023-06-02"), utc("2023-06-03")) == ["S2A_32TPS_20230602_0_L2A"]
    assert ids(catalog, bbox=ELSEWHERE) == []


def test_recorded_pages_of_earth_search_fold_into_two_passes(script_server: Any) -> None:
    recorded = [json.loads((DATA / "stac" / f"earth_search_page_{number}.json").read_text()) for number in (1, 2)]
    landing = json.loads((DATA / "stac" / "earth_search_landing.json").read_text())
    text = json.dumps([landing, *recorded]).replace("https://earth-search.aws.element84.com/v1", "{base}")
    landing, *recorded = json.loads(text)
    server = script_server(
        {
            "/": [{"body": landing}],
            "/search": [*({"body": answer} for answer in recorded), page(numberMatched=16)],
        }
    )
    listing = ApiCatalog(server.url, QUICK, SENTINEL_2).search(
        (9.0, 47.0, 10.0, 48.0), utc("2020-03-01"), utc("2020-03-06")
    )
    assert (len(listing.items), listing.warnings) == (16, ())
    assert [(a.id, a.relative_orbit, len(a.items), len(a.superseded)) for a in fold(listing.items)] == [
        ("sentinel-2a_20200302T102021", 65, 4, 4),
        ("sentinel-2a_20200305T103021", 108, 4, 4),
    ]


def test_the_same_item_on_two_pages_counts_once(script_server: Any) -> None:
    first, second, third = daily(3)
    server = script_server(api(page(first, second, following="{base}/search"), page(second, third)))
    assert ids(ApiCatalog(server.url, QUICK, SENTINEL_2)) == [item["id"] for item in (first, second, third)]


def test_a_misfit_is_passed_over_and_named(script_server: Any) -> None:
    nameless = {**make_item("timeless"), "properties": {"datetime": None}}
    server = script_server(api(page(make_item(), None, nameless)))
    listing = ApiCatalog(server.url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert [item.id for item in listing.items] == [make_item()["id"]]
    assert [warning.split(":")[0] for warning in listing.warnings] == ["item number 1", "item timeless"]


def test_the_sensors_own_collection_is_asked_for(stac_server: Any) -> None:
    url = stac_server(daily(2))
    assert len(ids(ApiCatalog(url, QUICK, SENTINEL_2))) == 2
    with pytest.raises(CatalogError, match=r"has no collection another; its 1 collections: sentinel-2-l2a"):
        ids(ApiCatalog(url, QUICK, replace(SENTINEL_2, collection="another")))


COLLECTIONS = {
    "others": ([{"id": "sentinel-2-c1-l2a"}, {"id": "s2_l2a"}], "its 2 collections: s2_l2a, sentinel-2-c1-l2a"),
    "none": ([], ""),
    "its own": ([{"id": "sentinel-2-l2a"}], ""),
    "nonsense": ("?", ""),
    "others without an id": ([{}, None], ""),
}


@pytest.mark.parametrize("status", [200, 400, 404])
@pytest.mark.parametrize("case", COLLECTIONS)
def test_a_collection_that_is_not_there_is_told(script_server: Any, case: str, status: int) -> None:
    collections, said = COLLECTIONS[case]
    search = page() if status == 200 else {"status": status, "body": "no"}
    server = script_server({**api(search), "/collections": [{"body": {"collections": collections}}]})
    catalog = ApiCatalog(server.url, QUICK, SENTINEL_2)
    if said:
        with pytest.raises(CatalogError, match=said):
            ids(catalog)
    elif status != 200:
        with pytest.raises(CatalogUnavailable, match=f"HTTP {status}"):
            ids(catalog)
    else:
        assert ids(catalog) == []


def test_what_its_collection_covers_is_told_where_nothing_is_here(script_server: Any) -> None:
    extent = {
        "spatial": {"bbox": [[5.9, 45.8, 10.5, 47.8]]},
        "temporal": {"interval": [["2017-01-01T00:00:00Z", None]]},
    }
    collections = {"body": {"collections": [{"id": "sentinel-2-l2a", "extent": extent}]}}
    server = script_server({**api(page()), "/collections": [collections]})
    listing = ApiCatalog(server.url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert listing.coverage == "its collection covers [5.90, 45.80] to [10.50, 47.80] (lon, lat), 2017-01-01 to now"


NEXT = "{base}/search"
EMPTY_MIDDLE = [page(*daily(2), following=NEXT), page(following=f"{NEXT}?2"), page(*daily(4)[2:])]
WHOLE = {
    "two pages": [page(*daily(2), following=NEXT), page(*daily(4)[2:])],
    "an empty page in the middle": EMPTY_MIDDLE,
    "two empty pages in the middle": [*EMPTY_MIDDLE[:2], page(following=f"{NEXT}?3"), EMPTY_MIDDLE[2]],
    "counted right": [page(*daily(4), numberMatched=4, context={"matched": 4, "returned": 4})],
    "counted as text": [page(*daily(4), numberMatched="4")],
    "repeated across pages": [page(*daily(3), following=NEXT, numberMatched=4), page(*daily(4)[2:], numberMatched=4)],
    "an empty page that names itself": [page(*daily(4), following=NEXT), page(following=NEXT, numberMatched=4)],
    "a count that is none": [page(*daily(4), numberMatched=None, context="?")],
}  # fmt: skip
LACKING = {
    "more counted": ([page(*daily(4), numberMatched=9)], "counts 9 items and delivered 4"),
    "more counted, as text": ([page(*daily(4), numberMatched="9")], "counts 9 items and delivered 4"),
    "more matched": ([page(*daily(4), context={"matched": 9, "returned": 4})], "counts 9 items and delivered 4"),
    "more matched, as text": ([page(*daily(4), context={"matched": "9"})], "counts 9 items and delivered 4"),
    "more matched, in old words": ([page(*daily(4), **{"search:metadata": {"matched": 9}})], "counts 9 items"),
    "some of them twice": ([page(*daily(4), *daily(4), numberMatched=8)], "counts 8 items and delivered 4"),
    "more returned": ([page(*daily(4), numberReturned=5)], "counts 5 items and holds 4"),
    "an error beside items": ([page(*daily(4), code="Timeout", description="half of it")], "half of it"),
    "an error on the second page": (
        [page(*daily(4), following=NEXT), page(error="index is red")], "index is red"),
    "errors": ([page(*daily(4), errors=["shard 3"])], "shard 3"),
    "timed out": ([page(*daily(4), timed_out=True)], "timed_out"),
    "empty pages without end": (
        [page(*daily(4), following=NEXT), *(page(following=f"{NEXT}?{n}") for n in range(9))], "ends in empty pages"),
}  # fmt: skip


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_list_is_whole(script_server: Any, case: str) -> None:
    listing = ApiCatalog(script_server(api(*WHOLE[case])).url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert [item.id for item in listing.items] == [item["id"] for item in daily(4)]
    assert listing.incomplete == ""


@pytest.mark.parametrize("case", LACKING)
def test_a_list_that_is_not_whole_is_said(script_server: Any, case: str) -> None:
    pages, said = LACKING[case]
    listing = ApiCatalog(script_server(api(*pages)).url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert len(listing.items) == 4 and said in listing.incomplete


DEEP = {"body": '{"type": "FeatureCollection", "features": ' + "[" * 100_000}
LONG_NUMBER = {"body": '{"type": "FeatureCollection", "features": [{"proj:epsg": ' + "9" * 5000 + "}]}"}


def endless(content: Any) -> list[dict[str, Any]]:
    """Pages of the same content, each with another next."""
    return [
        {
            "body": {
                "type": "FeatureCollection",
                "features": [content],
                "links": [{"rel": "next", "href": f"{NEXT}?{n}"}],
            }
        }
        for n in range(600)
    ]


ERROR_BODY = {"body": {"code": "InternalServerError", "description": "the index is red"}}
HTML = {"body": "<!doctype html><title>Sign in</title>", "type": "text/html"}

NONSENSE = {
    "html instead of items": (api(HTML), "not the answer of a STAC API"),
    "cut json": (api({"body": '{"type": "FeatureCollection", "featu'}), "not the answer of a STAC API"),
    "html landing page": (api(page(), landing=HTML), "is the URL its landing page"),
    "a landing page without search": (api(page(), landing={"body": {**LANDING, "conformsTo": []}}), "STAC API"),
    "a looping next": (api(page(make_item(), following="{base}/search")), "repeat without end"),
    "a next to another host": (api(page(make_item(), following="http://localhost:9/search")), "another host"),
    "a redirect to another host": (
        api({"status": 302, "headers": {"location": "http://localhost:9/search"}, "body": ""}),
        "another host",
    ),
    "a next to a file": (api(page(make_item(), following="file:///etc/passwd")), "another host or port"),
    "403": (api({"status": 403, "body": "no"}), "HTTP 403"),
    "404": (api({"status": 404, "body": "no"}), "HTTP 404"),
    "503 for ever": (api({"status": 503, "body": "busy"}), "HTTP 503"),
    "503 on the second page": (
        api(page(make_item(), following="{base}/search"), {"status": 503, "body": "busy"}),
        "HTTP 503",
    ),
    "json nested without end": (api(DEEP), "not the answer of a STAC API"),
    "a number without end": (api(LONG_NUMBER), "not the answer of a STAC API"),
    "a landing page that is a list of items": (api(page(), landing=page(make_item())), "landing page"),
    "a landing page without type": (
        api(page(), landing={"body": {key: value for key, value in LANDING.items() if key != "type"}}),
        "landing page",
    ),
    "a landing page nested without end": (api(page(), landing=DEEP), "landing page"),
    "a landing page that is a number": (api(page(), landing={"body": "7"}), "landing page"),
    "pages of nulls without end": (api(*endless(None)), "repeat without end|took more than"),
    "pages of strings without end": (api(*endless("x")), "repeat without end|took more than"),
    "links that are none": (
        api({"body": {"type": "FeatureCollection", "features": [make_item()], "links": 7}}),
        "STAC API",
    ),
    "silence": (api({"delay_s": 30, "body": ""}), "did not answer"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_never_taken_for_an_empty_list(script_server: Any, case: str) -> None:
    answers, said = NONSENSE[case]
    with pytest.raises(CatalogUnavailable, match=said) as caught:
        ApiCatalog(script_server(answers).url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert caught.value.exit_code == ExitCode.INCOMPLETE


NO_LIST = {
    "an error with 200": ([ERROR_BODY], 0, "the index is red"),
    "an error with 200 on the second page": ([page(make_item(), following=NEXT), ERROR_BODY], 1, "the index is red"),
    "no features": ([{"body": {"type": "FeatureCollection"}}], 0, "no reason given"),
    "features is null": ([{"body": {"type": "FeatureCollection", "features": None}}], 0, "no reason given"),
    "a list": ([{"body": []}], 0, "no reason given"),
}


@pytest.mark.parametrize("case", NO_LIST)
def test_an_answer_without_a_list_of_items_is_no_empty_list(script_server: Any, case: str) -> None:
    pages, number, said = NO_LIST[case]
    listing = ApiCatalog(script_server(api(*pages)).url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert len(listing.items) == number
    assert "without a list of items" in listing.incomplete and said in listing.incomplete


def over_counting(number: int) -> Any:
    return [page(*daily(4), numberMatched=number)]


def test_a_catalogue_that_always_counts_too_many_is_whole_from_the_second_day_on(
    script_server: Any, tmp_path: Path
) -> None:
    settings = QUICK.model_copy(update={"cache": tmp_path})
    server = script_server(api(*over_counting(9)))
    listings = [
        ApiCatalog(server.url, settings, SENTINEL_2, now=noon(day)).search(HERE, None, None) for day in (1, 1, 2)
    ]
    assert [bool(one.incomplete) for one in listings] == [True, True, False]
    (said,) = listings[2].warnings
    assert "counts 9 items and delivered 4, as on 2023-07-01" in said and "taken for wrong" in said


@pytest.mark.parametrize("oldest", [False, True])
def test_a_catalogue_that_cuts_its_answers_short_is_never_whole(
    catalogue_server: Any, tmp_path: Path, oldest: bool
) -> None:
    """Two items an answer, no `next`, and a true count of ten: what the parts bring speaks against it for ever."""
    settings = QUICK.model_copy(update={"cache": tmp_path})
    server = catalogue_server(daily(10), cap=2, oldest=oldest)
    for day in (1, 2, 3):
        now = noon(day)
        listing = ApiCatalog(f"{server.url}/earth-search", settings, SENTINEL_2, now=now).search(HERE, None, None)
        assert 2 < len(listing.items) < 10
        assert "counts 10 items" in listing.incomplete


def test_a_doubt_of_one_question_and_count_says_nothing_of_another(script_server: Any, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"cache": tmp_path})
    spring, june = (utc("2023-05-01"), utc("2023-07-01")), (utc("2023-06-01"), utc("2023-07-01"))
    told = []
    for day, number, (start, end) in ((1, 9, spring), (2, 9, june), (3, 8, spring), (4, 8, spring)):
        server = script_server(api(*over_counting(number)))
        catalog = ApiCatalog(server.url, settings, SENTINEL_2, now=noon(day))
        catalog.name = "https://stac.example.com"
        told.append(bool(catalog.search(HERE, start, end).incomplete))
    assert told == [True, True, True, False]


def test_numbers_and_links_that_are_none_are_borne(script_server: Any) -> None:
    least = json.dumps(page(*daily(1), numberMatched=0)["body"]).replace(
        '"numberMatched": 0', '"numberMatched": -1e999'
    )
    assert ids(ApiCatalog(script_server(api({"body": least})).url, QUICK, SENTINEL_2)) == [daily(1)[0]["id"]]
    answers = {**api(page()), "/collections": [{"body": {"collections": [{"id": "sentinel-2-l2a"}], "links": 5}}]}
    assert ids(ApiCatalog(script_server(answers).url, QUICK, SENTINEL_2)) == []


BOTH = ("sentinel-2-c1-l2a", "sentinel-2-l2a")


@pytest.mark.parametrize("more", [False, True])
def test_a_collection_is_left_out_where_the_whole_list_lacks_it_and_that_is_said(
    script_server: Any, more: bool
) -> None:
    """A list of collections with a `next`: the other one may come behind it."""
    links = [{"rel": "next", "href": "{base}/collections?page=2"}] if more else []
    answers = api({"status": 404, "body": "unknown collection"}, page(*daily(1)))
    answers["/collections"] = [{"body": {"collections": [{"id": BOTH[1]}], "links": links}}]
    catalog = ApiCatalog(script_server(answers).url, QUICK, SENTINEL_2, collections=BOTH)
    if more:
        with pytest.raises(CatalogUnavailable, match="HTTP 404"):
            catalog.search(HERE, None, None)
        return
    listing = catalog.search(HERE, None, None)
    assert len(listing.items) == 1
    (said,) = listing.warnings
    assert "has no collection sentinel-2-c1-l2a: only sentinel-2-l2a is searched" in said


def test_a_whole_listing_in_between_makes_the_next_doubt_a_new_one(script_server: Any, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"cache": tmp_path})
    told = []
    for day, number in ((1, 9), (2, 4), (3, 9)):
        script = {**api(*over_counting(number))}
        catalog = ApiCatalog(script_server(script).url, settings, SENTINEL_2, now=noon(day))
        catalog.name = "https://stac.example.com"
        told.append(bool(catalog.search(HERE, None, None).incomplete))
    assert told == [True, False, True]


def test_what_a_list_lacks_is_asked_for_in_halves_of_the_time(script_server: Any) -> None:
    """A list that ends early without a `next`: what is left out of it is in the halves."""
    short, *halves = page(*daily(4)[2:], numberMatched=4), page(*daily(2)), page(*daily(4)[2:])
    server = script_server(api(short, *halves))
    listing = ApiCatalog(server.url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert [item.id for item in listing.items] == [item["id"] for item in daily(4)]
    assert (listing.incomplete, listing.warnings) == ("", ())


def test_an_answer_that_is_too_long_is_not_read(script_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagery_watch.sources.network.one_host.MAX_ANSWER_BYTES", 2**16)
    server = script_server(api(page(*daily(1), padding="x" * 2**17)))
    with pytest.raises(CatalogUnavailable, match="in one answer, which is not read"):
        ApiCatalog(server.url, QUICK, SENTINEL_2).search(HERE, None, None)
    assert len(ids(ApiCatalog(script_server(api(page(*daily(4)))).url, QUICK, SENTINEL_2))) == 4


def test_no_imagery_is_an_empty_list(script_server: Any) -> None:
    assert ids(ApiCatalog(script_server(api(page())).url, QUICK, SENTINEL_2)) == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(script_server: Any, status: int) -> None:
    busy = {"status": status, "headers": {"retry-after": "1"}, "body": "busy"}
    server = script_server(api(busy, page(make_item())))
    assert len(ids(ApiCatalog(server.url, QUICK, SENTINEL_2))) == 1
    assert [seen.path for seen in server.requests()].count("/search") == 2


def test_an_unreachable_server_is_said_at_once() -> None:
    with pytest.raises(CatalogUnavailable, match="did not answer"):
        ApiCatalog("http://127.0.0.1:9", QUICK, SENTINEL_2).search(HERE, None, None)


def test_the_query_of_a_url_is_not_repeated_in_the_reason() -> None:
    with pytest.raises(CatalogUnavailable) as caught:
        ApiCatalog("http://127.0.0.1:9/v1?sig=CANARY", QUICK, SENTINEL_2).search(HERE, None, None)
    assert "CANARY" not in str(caught.value)


def test_both_sides_of_the_antimeridian_are_asked_for(script_server: Any) -> None:
    server = script_server(api(page()))
    ApiCatalog(server.url, QUICK, SENTINEL_2).search((179.9, 50.0, -179.9, 51.0), None, None)
    assert [seen.path for seen in server.requests()].count("/search") == 2
