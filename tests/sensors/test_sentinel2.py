"""What Sentinel-2's items and counts mean: truth tables, with real records of three catalogues."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from conftest import DATA

from imagery_watch.model import BandAsset, ItemFacts
from imagery_watch.sensors.sentinel2.assets import BANDS, band_assets, declared_offset
from imagery_watch.sensors.sentinel2.counts import implausible_counts, to_reflectance
from imagery_watch.sensors.sentinel2.facts import DECISIVE, facts_of, rank_of, stated_epsg, stated_sun
from imagery_watch.sensors.sentinel2.names import platform_of, relative_orbit_of, tile_of
from imagery_watch.sensors.sun import solar_position

WHEN = datetime(2023, 6, 1, 10, tzinfo=UTC)


def ask(feature: dict[str, Any]) -> ItemFacts:
    return facts_of(feature["id"], WHEN, feature["properties"], feature["assets"])


def recorded(name: str) -> list[dict[str, Any]]:
    content = json.loads((DATA / "stac" / f"{name}.json").read_text())
    features: list[dict[str, Any]] = content.get("features", [content])
    return features


EARTH_SEARCH = recorded("earth_search_page_1") + recorded("earth_search_page_2")
SENTINEL_1, COLLECTION_1, LEVEL_2A, LEVEL_1C = recorded("earth_search_mixed")
COPERNICUS = recorded("copernicus_data_space")
PLANETARY = recorded("planetary_computer")[0]
SLOVENIA = json.loads((DATA / "s2_120m" / "items.json").read_text())["features"]

REAL = {
    "Earth Search, 2.14, offset not applied": (
        EARTH_SEARCH[1], "sentinel-2a", "20200305T103021", 108, "32TMT", "02.14", 0.0, "blue", "scl"),
    "Earth Search, 5.00, offset applied": (
        EARTH_SEARCH[0], "sentinel-2a", "20200305T103021", 108, "32TMT", "05.00", 0.0, "blue", "scl"),
    "Earth Search, 5.11, offset applied": (
        LEVEL_2A, "sentinel-2b", "20250731T131909", 95, "20EPT", "05.11", 0.0, "blue", "scl"),
    "Earth Search Collection 1": (
        COLLECTION_1, "sentinel-2b", "20250731T131909", 95, "20EPT", "05.11", -0.1, "blue", "scl"),
    "Earth Search, flags that contradict": (
        SLOVENIA[0], "sentinel-2b", "20230810T094549", 79, "33TWL", "05.09", 0.0, "blue", "scl"),
    "Copernicus Data Space": (
        COPERNICUS[0], "sentinel-2b", "20200705T101559", 65, "32TNT", "05.00", -0.1, "B02_10m", "SCL_20m"),
    "Planetary Computer, 2.12": (
        PLANETARY, "sentinel-2b", "20200705T101559", 65, "32TMT", "02.12", 0.0, "B02", "SCL"),
}  # fmt: skip


@pytest.mark.parametrize("case", REAL)
def test_real_items_of_three_catalogues(case: str) -> None:
    feature, platform, start, orbit, tile, baseline, offset, blue, scl = REAL[case]
    facts = ask(feature)
    assert (facts.sensor, facts.platform, facts.datetime) == ("sentinel-2", platform, WHEN)
    assert facts.sensing_start == start
    assert facts.relative_orbit == orbit
    assert facts.tile == tile
    assert facts.processing_baseline == baseline
    assert tuple(facts.bands) == BANDS and facts.bands["B02"] == BandAsset(blue, offset)
    assert facts.classes == scl
    assert facts.rank == (1, baseline) and facts.version[0] == baseline


SIGNED = {"visual": {"href": "https://host/a.jpg?sig=1"}, "red": {"href": "/archive/B04.tif", "type": "image/tiff"}}


def test_what_decides_is_told_without_signatures() -> None:
    stated = {"updated": "2023-06-02", "s2:generation_time": "2023-06-01", "view:sun_azimuth": 1}
    facts = facts_of("x", WHEN, stated, SIGNED)
    assert facts.decisive == {
        "hrefs": {"visual": "https://host/a.jpg", "red": "/archive/B04.tif"},
        **dict.fromkeys(DECISIVE),
        "updated": "2023-06-02",
        "s2:generation_time": "2023-06-01",
    }


STAMPS = [({"updated": "u", "s2:generation_time": "g"}, "u"), ({"s2:generation_time": "g"}, "g"), ({}, "")]


@pytest.mark.parametrize(("properties", "expected"), STAMPS)
def test_the_stamp_of_a_file_is_its_own_or_its_making(properties: dict[str, Any], expected: str) -> None:
    assert facts_of("x", WHEN, properties, {}).stamp == expected


CODES = [({"proj:code": "EPSG:32632"}, 32632), ({"proj:epsg": 32632}, 32632), ({"proj:epsg": None}, None),
         ({"proj:code": "EPSG:None"}, None), ({"proj:code": "IAU_2015:30100"}, None), ({}, None)]  # fmt: skip


@pytest.mark.parametrize(("properties", "expected"), CODES)
def test_stated_crs(properties: dict[str, Any], expected: int | None) -> None:
    assert stated_epsg(properties) == expected


RANKS = [("S2A_32TPS_20230601_0_L2A", {}, 1), ("S2A_32TPS_20230601_0_L1C", {}, 0), ("S2A_MSIL1C_20230601T1", {}, 0),
         ("x", {"s2:product_uri": "S2A_MSIL1C_20230601T101601.SAFE"}, 0), ("x", {}, 1)]  # fmt: skip


@pytest.mark.parametrize(("item_id", "properties", "expected"), RANKS)
def test_level_1c_ranks_below_level_2a(item_id: str, properties: dict[str, Any], expected: int) -> None:
    assert rank_of(item_id, properties)[0] == expected


@pytest.mark.parametrize("feature", [*EARTH_SEARCH, *SLOVENIA], ids=lambda feature: feature["id"])
def test_the_orbit_from_the_datatake_is_that_of_the_product_name(feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    only_datatake = {"s2:datatake_id": properties["s2:datatake_id"]}
    assert relative_orbit_of("", only_datatake) == relative_orbit_of(feature["id"], properties)


@pytest.mark.parametrize("feature", [*COPERNICUS, PLANETARY], ids=lambda feature: feature["id"])
def test_the_orbit_from_the_name_is_the_stated_one(feature: dict[str, Any]) -> None:
    properties = {k: v for k, v in feature["properties"].items() if k != "sat:relative_orbit"}
    assert relative_orbit_of(feature["id"], properties) == feature["properties"]["sat:relative_orbit"]


ORBITS = [
    ({"sat:relative_orbit": 22}, 22),
    ({"sat:relative_orbit": 0}, None),
    ({"sat:relative_orbit": 144}, None),
    ({"sat:relative_orbit": "22"}, None),
    ({"s2:product_uri": "S2C_MSIL2A_20250731T131909_N0511_R095_T20EPT_20250731T143919.SAFE"}, 95),
    # three real products of S2C: the datatake's absolute orbit, and the relative one of the product's name
    ({"s2:datatake_id": "GS2C_20250612T112131_004011_N05.11"}, 37),
    ({"s2:datatake_id": "GS2C_20251010T162221_005730_N05.11"}, 40),
    ({"s2:datatake_id": "GS2C_20251201T102411_006470_N05.11"}, 65),
    ({"s2:datatake_id": "GS2D_20280101T102411_000470_N05.11"}, None),
    ({"s2:product_uri": "S2D_MSIL2A_20280101T131909_N0511_R095_T20EPT_20280101T143919.SAFE"}, 95),
    ({}, None),
]


@pytest.mark.parametrize(("properties", "expected"), ORBITS)
def test_relative_orbit(properties: dict[str, Any], expected: int | None) -> None:
    assert relative_orbit_of("some-id", properties) == expected


PLATFORMS = [
    ("x", "sentinel-2a", "sentinel-2a"),
    ("x", "Sentinel-2B", "sentinel-2b"),
    ("x", "SENTINEL 2C", "sentinel-2c"),
    ("x", "S2A", "sentinel-2a"),
    ("x", "2d", "sentinel-2d"),
    ("S2B_32TMT_20200305_0_L2A", None, "sentinel-2b"),
    ("S2A_MSIL2A_20200305T103021", "", "sentinel-2a"),
    ("S2B_32TMT_20200305_0_L2A", "sentinel-2", "sentinel-2b"),
    ("x", "landsat-8", "landsat-8"),
    ("x", None, "unknown"),
]


@pytest.mark.parametrize(("item_id", "stated", "expected"), PLATFORMS)
def test_platform(item_id: str, stated: str | None, expected: str) -> None:
    assert platform_of(item_id, {"platform": stated}) == expected


TILES = [
    ("x", {"grid:code": "MGRS-32TMT"}, "32TMT"),
    ("x", {"s2:mgrs_tile": "32TMT"}, "32TMT"),
    ("x", {"mgrs:utm_zone": 4, "mgrs:latitude_band": "T", "mgrs:grid_square": "MT"}, "04TMT"),
    ("S2A_MSIL2A_20200305T103021_N0500_R108_T32TMT_20230630T022413", {}, "32TMT"),
    ("S2A_32TMT_20200305_1_L2A", {}, "32TMT"),
    ("S2B_T20EPT_20250731T131905_L2A", {}, "20EPT"),
    ("fehrbellin", {}, "fehrbellin"),
]


@pytest.mark.parametrize(("item_id", "properties", "expected"), TILES)
def test_tile(item_id: str, properties: dict[str, Any], expected: str) -> None:
    assert tile_of(item_id, properties) == expected


OLD, NEW = {"s2:processing_baseline": "03.01"}, {"s2:processing_baseline": "04.00"}
APPLIED, PENDING = {"earthsearch:boa_offset_applied": True}, {"earthsearch:boa_offset_applied": False}
SAYS_OFFSET, SAYS_NONE = {"raster:bands": [{"offset": -0.1}]}, {"raster:bands": [{"offset": 0}]}
OFFSETS = [
    (OLD, {}, 0.0),
    (NEW, {}, -0.1),
    (OLD | APPLIED, SAYS_OFFSET, 0.0),
    (NEW | APPLIED, SAYS_OFFSET, 0.0),
    (NEW | APPLIED, {}, 0.0),
    (OLD | PENDING, SAYS_NONE, 0.0),
    (NEW | PENDING, SAYS_NONE, -0.1),
    (NEW | PENDING, SAYS_OFFSET, -0.1),
    (NEW, SAYS_OFFSET, -0.1),
    (NEW, SAYS_NONE, 0.0),
    (OLD, SAYS_OFFSET, -0.1),
    (NEW, {"raster:offset": -0.1}, -0.1),
    (NEW, {"raster:offset": 0}, 0.0),
    (NEW, {"raster:bands": [{}]}, -0.1),
    ({}, {}, 0.0),
    ({}, SAYS_OFFSET, -0.1),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "asset", "expected"), OFFSETS)
def test_offset_by_flag_asset_and_baseline(properties: dict[str, Any], asset: dict[str, Any], expected: float) -> None:
    assert declared_offset("some-id", properties, asset) == expected


def raster(**members: Any) -> dict[str, Any]:
    return {"href": "x.tif", "type": "image/tiff; application=geotiff", **members}


ASSETS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"blue": raster(), "green": raster(), "red": raster(), "nir": raster()},
     {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir"}),
    ({"B04": raster(), "B08": raster(), "B11": raster()}, {"B04": "B04", "B08": "B08"}),
    ({"b04": raster(type=None)}, {"B04": "b04"}),
    ({"red": raster(), "B04": raster()}, {"B04": "red"}),
    ({"first": raster(**{"eo:bands": [{"common_name": "red"}]})}, {"B04": "first"}),
    ({"first": raster(bands=[{"eo:common_name": "nir"}])}, {"B08": "first"}),
    ({"visual": raster(roles=["visual"], **{"eo:bands": [{"common_name": "red"}]})}, {}),
    ({"red": raster(type="application/json")}, {}),
    ({"pan": raster(type=None, href="x.jp2")}, {"mono": "pan"}),
    ({"pan": raster(), "scl": raster(), "thumbnail": raster(roles=["thumbnail"])}, {"mono": "pan"}),
    ({"one": raster(), "two": raster()}, {}),
    ({}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("assets", "expected"), ASSETS)
def test_which_asset_holds_which_band(assets: dict[str, Any], expected: dict[str, str]) -> None:
    assert band_assets(assets) == expected


def test_counts_become_reflectance_and_zero_is_no_data() -> None:
    counts = np.array([[0, 1, 1000, 10_000, 65_535]], np.uint16)
    expected = np.array([[np.nan, -0.0999, 0.0, 0.9, 6.4535]], np.float32)
    reflectance = to_reflectance(counts, -0.1)
    assert reflectance.dtype == np.float32
    np.testing.assert_allclose(reflectance, expected, atol=1e-6)


PLAUSIBLE = [
    (np.full(100, 1500), True),
    (np.zeros(100), True),
    (np.full(100, 64_500), False),
    (np.r_[np.full(85, 1500), np.full(15, 30_000)], True),
    (np.r_[np.full(75, 1500), np.full(25, 30_000)], False),
    (np.r_[np.zeros(90), np.full(10, 64_500)], False),
]


@pytest.mark.parametrize(("counts", "expected"), PLAUSIBLE)
def test_garbled_counts_are_known(counts: Any, expected: bool) -> None:
    assert (implausible_counts(counts.astype(np.uint16)) == "") is expected


@pytest.mark.parametrize("feature", [*EARTH_SEARCH[::4], *SLOVENIA[::2]])
def test_the_computed_sun_stands_where_real_items_say(feature: dict[str, Any]) -> None:
    """Earth Search names the tile's own time and mean angles; other catalogues the datatake's start, 11 minutes off."""
    ring = np.array(feature["geometry"]["coordinates"][0])
    lon, lat = (ring.min(axis=0) + ring.max(axis=0)) / 2
    when = datetime.fromisoformat(feature["properties"]["datetime"].replace("Z", "+00:00"))
    assert solar_position(lon, lat, when) == pytest.approx(ask(feature).sun, abs=1.0)


SUN = [
    ({"view:sun_azimuth": 150.0, "view:sun_elevation": 60.0}, (150.0, 60.0)),
    ({"s2:mean_solar_azimuth": 150.0, "s2:mean_solar_zenith": 30.0}, (150.0, 60.0)),
    ({"view:sun_azimuth": -10.0, "view:sun_elevation": 60.0}, (350.0, 60.0)),
    ({}, None),
    ({"view:sun_azimuth": 1.0}, None),
    ({"view:sun_azimuth": "NaN", "view:sun_elevation": 3}, None),
]


@pytest.mark.parametrize(("properties", "expected"), SUN)
def test_stated_sun(properties: dict[str, Any], expected: tuple[float, float] | None) -> None:
    assert stated_sun(properties) == expected


BROKEN: list[dict[str, Any]] = [{"view:sun_azimuth": "east", "view:sun_elevation": 60},
                                {"s2:mean_solar_zenith": "high"}, {"mgrs:utm_zone": "x", "mgrs:latitude_band": "T",
                                 "mgrs:grid_square": "MT"}]  # fmt: skip


@pytest.mark.parametrize("properties", BROKEN)
def test_words_that_break_are_found_when_asked_first(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        facts_of("x", WHEN, properties, {})
