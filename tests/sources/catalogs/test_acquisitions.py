"""Items fold into passes: one pass, however many tiles, zones, versions and orders it comes in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st
from support.rasters import make_item, utc

from imagery_watch.model import Acquisition
from imagery_watch.model.access import Origin
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.acquisitions import current_versions, fold
from imagery_watch.sources.catalogs.items import parse_item


def fold_features(*features: dict[str, Any]) -> tuple[Acquisition, ...]:
    return fold(parse_item(feature, Path(), SENTINEL_2) for feature in features)


def tile(name: str, square: str, when: str, baseline: str = "05.09", **properties: Any) -> dict[str, Any]:
    return make_item(
        name,
        datetime=f"2023-06-{when}Z",
        **{"grid:code": f"MGRS-{square}", "s2:processing_baseline": baseline, **properties},
    )


def summary(acquisition: Acquisition) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return acquisition.id, acquisition.item_ids, acquisition.superseded


PASSES = {
    "nothing": ([], []),
    "one tile": ([tile("a", "32TPS", "01T10:17:00")], [("sentinel-2a_20230601T101700", ("a",), ())]),
    "two tiles of one pass": (
        [tile("b", "32TPT", "01T10:16:50"), tile("a", "32TPS", "01T10:17:05")],
        [("sentinel-2a_20230601T101650", ("a", "b"), ())],
    ),
    "two UTM zones of one pass": (
        [tile("a", "51TXN", "01T02:10:00", **{"proj:epsg": 32651}),
         tile("b", "52TCT", "01T02:10:03", **{"proj:epsg": 32652})],
        [("sentinel-2a_20230601T021000", ("a", "b"), ())],
    ),
    "a reprocessing": (
        [tile("old", "32TPS", "01T10:17:00", "02.14"), tile("new", "32TPS", "01T10:17:00")],
        [("sentinel-2a_20230601T101700", ("new",), ("old",))],
    ),
    "another platform at the same time": (
        [tile("a", "32TPS", "01T10:17:00"), tile("b", "32TPS", "01T10:17:00", platform="sentinel-2c")],
        [("sentinel-2a_20230601T101700", ("a",), ()), ("sentinel-2c_20230601T101700", ("b",), ())],
    ),
    "the next orbit": (
        [tile("a", "32TPS", "01T10:17:00"), tile("b", "32TPS", "01T11:57:00")],
        [("sentinel-2a_20230601T101700", ("a",), ()), ("sentinel-2a_20230601T115700", ("b",), ())],
    ),
    "across midnight UTC": (
        [tile("a", "01TPS", "01T23:59:55"), tile("b", "01TPT", "02T00:00:10")],
        [("sentinel-2a_20230601T235955", ("a", "b"), ())],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PASSES)
def test_passes(case: str) -> None:
    features, expected = PASSES[case]
    assert [summary(acquisition) for acquisition in fold_features(*features)] == expected


def test_a_reprocessing_does_not_change_the_identity() -> None:
    recorded = [json.loads((DATA / "stac" / f"earth_search_page_{n}.json").read_text()) for n in (1, 2)]
    features = [feature for page in recorded for feature in page["features"]]
    old = [feature for feature in features if feature["id"].endswith("_0_L2A")]
    first, both = fold_features(*old), fold_features(*features)
    assert [acquisition.id for acquisition in first] == [acquisition.id for acquisition in both]
    assert all(set(new.superseded) == set(before.item_ids) for before, new in zip(first, both, strict=True))


def test_one_pass_has_one_identity_in_every_catalogue() -> None:
    planetary = json.loads((DATA / "stac" / "planetary_computer.json").read_text())
    copernicus = json.loads((DATA / "stac" / "copernicus_data_space.json").read_text())["features"]
    ids = {acquisition.id for acquisition in fold_features(planetary, *copernicus[:2])}
    assert ids == {"sentinel-2b_20200705T101559"}


def test_real_passes_have_their_time_and_orbit() -> None:
    features = json.loads((DATA / "s2_120m" / "items.json").read_text())["features"]
    assert [(a.platform, a.relative_orbit, a.datetime.date().day) for a in fold_features(*features)] == [
        ("sentinel-2b", 79, 10),
        ("sentinel-2b", 122, 13),
        ("sentinel-2a", 79, 15),
        ("sentinel-2a", 122, 18),
        ("sentinel-2b", 79, 20),
    ]


def test_the_time_is_the_earliest_of_the_items_that_are_read() -> None:
    features = [tile("old", "32TPS", "01T10:16:00", "02.14"), tile("a", "32TPS", "01T10:17:00"),
                tile("b", "32TPT", "01T10:16:50")]  # fmt: skip
    assert fold_features(*features)[0].datetime == utc("2023-06-01T10:16:50")


def version(name: str, baseline: str, square: str = "32TMT", **properties: Any) -> dict[str, Any]:
    return tile(name, square, "01T10:17:00", baseline, **properties)


def test_items_that_name_different_days_are_different_passes() -> None:
    """Put into a catalogue one after the other: their times are a minute apart, and not when they were taken."""
    features = [tile(f"32TPS-2023-06-0{day}", "32TPS", f"01T10:1{day}:00") for day in (1, 2)]
    assert [summary(one)[1] for one in fold_features(*features)] == [("32TPS-2023-06-01",), ("32TPS-2023-06-02",)]


def test_days_on_both_sides_of_midnight_are_one_pass() -> None:
    names = ("S2A_01TPS_20230601_0_L2A", "S2A_01TPT_20230602_0_L2A")
    features = [tile(names[0], "01TPS", "01T23:59:55"), tile(names[1], "01TPT", "02T00:00:10")]
    assert [summary(one)[1] for one in fold_features(*features)] == [names]


def test_no_two_passes_have_one_id() -> None:
    features = [tile(f"32TPS-2023-06-0{day}", "32TPS", "01T10:17:00") for day in (1, 2)]
    ids = [one.id for one in fold_features(*features)]
    assert len(set(ids)) == 2 and all(one.startswith("sentinel-2a_20230601T101700") for one in ids)


VERSIONS = {
    "newest baseline wins": ([version("a", "02.14"), version("b", "05.00")], ["b"], ["a"]),
    "each tile by itself": ([version("a", "05.00"), version("b", "02.14", "32TNT")], ["a", "b"], []),
    "halves of a split tile": ([version("a", "05.00"), version("b", "05.00")], ["b", "a"], []),
    "newest generation first": (
        [
            version("a", "05.00", **{"s2:generation_time": "2023-06-30T02:24:13Z"}),
            version("b", "05.00", **{"s2:generation_time": "2023-06-30T01:24:13Z"}),
        ],
        ["a", "b"],
        [],
    ),
    "level 1C beside level 2A": ([version("a_L1C", "05.11"), version("a_L2A", "05.09")], ["a_L2A"], ["a_L1C"]),
    "level 1C alone": ([version("a_L1C", "05.11")], ["a_L1C"], []),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_which_versions_are_read(case: str) -> None:
    features, read, superseded = VERSIONS[case]
    chosen, rest = current_versions([parse_item(feature, Path(), SENTINEL_2) for feature in features])
    assert ([one.id for one in chosen], [one.id for one in rest]) == (read, superseded)


URI = "S2A_MSIL2A_20230601T101601_N0509_R065_T32TPS_20230601T162400.SAFE"


def copy(name: str, *, order: int = 0, scheme: str = "https", lacks: str = "", **properties: Any) -> Any:
    """An item of the product `URI`, as a catalogue of that order of preference lists it."""
    feature = version(name, "05.09", "32TPS", **{"s2:product_uri": URI, **properties})
    feature["assets"] = {
        key: {**asset, "href": f"{scheme}://store.example.com/{name}/{key}.{'jp2' if scheme == 's3' else 'tif'}"}
        for key, asset in feature["assets"].items()
        if key != lacks
    }
    one = parse_item(feature, "https://stac.example.com", SENTINEL_2)
    return replace(one, origin=Origin("https://stac.example.com", None, order=order))


OLDER = {"s2:product_uri": "", "s2:processing_baseline": "05.00"}
NEWER = {"s2:product_uri": URI.replace("N0509", "N0511"), "s2:processing_baseline": "05.11"}
COPIES = {
    "the preferred collection": (["c1", "l2a"], {"c1": {}, "l2a": {"order": 1}}, ["c1"], ["l2a"], []),
    "the newer of one collection": (
        ["new", "old"], {"new": {"s2:generation_time": "2"}, "old": {"s2:generation_time": "1"}}, ["new"], ["old"], []),
    "JPEG 2000 on s3 beside its COG": (
        ["jp2", "cog"], {"jp2": {"scheme": "s3"}, "cog": {"order": 1}}, ["cog"], ["jp2"], []),
    "JPEG 2000 on s3 of a newer baseline": (
        ["jp2", "cog"], {"jp2": {"scheme": "s3", **NEWER}, "cog": {}}, ["cog"], [], ["jp2"]),
    "JPEG 2000 on s3 alone": (["jp2"], {"jp2": {"scheme": "s3"}}, ["jp2"], [], []),
    "a band that is not there": (
        ["c1", "l2a"], {"c1": {"lacks": "red"}, "l2a": {"order": 1}}, ["l2a"], ["c1"], []),
    "a newer baseline without a band": (
        ["c1", "l2a"], {"c1": {"lacks": "red", **NEWER}, "l2a": {"order": 1}}, ["l2a"], [], ["c1"]),
    "a newer baseline in the other collection": (
        ["c1", "l2a"], {"c1": OLDER, "l2a": {"order": 1}}, ["l2a"], [], ["c1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", COPIES)
def test_what_one_lacks_the_other_gives(case: str) -> None:
    names, options, read, elsewhere, superseded = COPIES[case]
    items = [copy(name, **options[name]) for name in names]
    for order in (items, items[::-1]):
        (one,) = fold(order)
        assert (list(one.item_ids), [other.id for other in one.elsewhere]) == (read, elsewhere)
        assert list(one.superseded) == superseded


def test_one_datatake_is_one_pass_whatever_time_a_catalogue_states() -> None:
    """Copernicus and the Planetary Computer state when the datatake began, Earth Search when the tile was sensed."""
    began = tile("S2A_MSIL2A_20230601T101601_N0509_R065_T32TPS_20230601T162400", "32TPS", "01T10:16:01")
    sensed = tile("S2A_32TPS_20230601_0_L2A", "32TPS", "01T10:40:00", **{"s2:product_uri": URI})
    assert [one.id for one in fold_features(began, sensed)] == ["sentinel-2a_20230601T101601"]
    assert len(fold_features(began, tile("b", "32TPS", "01T10:40:00"))) == 2


def test_both_collections_of_earth_search_name_one_pass() -> None:
    recorded = json.loads((DATA / "stac" / "earth_search_mixed.json").read_text())["features"]
    level_2a = [feature for feature in recorded if feature["collection"].endswith("l2a")]
    (one,) = fold_features(*level_2a)
    assert (len(one.listed), len(one.elsewhere), one.relative_orbit) == (1, 1, 95)


def test_a_pass_keeps_its_items_as_pystac_made_them() -> None:
    listed = parse_item(make_item(), Path(), SENTINEL_2)
    (acquisition,) = fold([listed])
    assert acquisition.items == (listed.item,) and acquisition.listed == (listed,)
    assert acquisition.sensor == "sentinel-2"


EVERYTHING = [feature for features, _ in PASSES.values() for feature in features]


@given(st.permutations(range(len(EVERYTHING))))
def test_the_order_of_the_items_does_not_matter(order: list[int]) -> None:
    named = [{**feature, "id": f"{feature['id']}-{number}"} for number, feature in enumerate(EVERYTHING)]
    shuffled = fold_features(*(named[index] for index in order))
    assert [summary(a) for a in shuffled] == [summary(a) for a in fold_features(*named)]


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("one", {"grid:code": "MGRS-4QFJ"}),
        ("one", {"grid:code": None, "s2:mgrs_tile": "4QFJ"}),
        ("one", {"grid:code": None, "mgrs:utm_zone": 4, "mgrs:latitude_band": "Q", "mgrs:grid_square": "FJ"}),
        ("S2A_4QFJ_20230601_0_L2A", {"grid:code": None}),
        ("S2A_T04QFJ_20230601T101601_L2A", {"grid:code": None}),
    ],
)
def test_tiles_of_the_zones_1_to_9_have_one_name(name: str, stated: dict[str, Any]) -> None:
    one = parse_item(make_item(name, **stated), Path(), SENTINEL_2)
    assert one.facts.tile == "04QFJ"


def test_copies_of_a_product_are_one_whatever_their_tile_is_called() -> None:
    (found,) = fold([copy("a"), copy("b", order=1, **{"grid:code": "MGRS-PS"})])
    assert (found.item_ids, [one.id for one in found.elsewhere]) == (("a",), ["b"])
