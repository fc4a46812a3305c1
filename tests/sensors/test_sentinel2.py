"""What Sentinel-2's items and counts mean: truth tables, with real records of three catalogues."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.sensors import sentinel2 as s2


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
    name = feature["id"], feature["properties"]
    bands = s2.band_assets(feature["assets"])
    assert s2.platform_of(*name) == platform
    assert s2.sensing_start(*name) == start
    assert s2.relative_orbit_of(*name) == orbit
    assert s2.tile_of(*name) == tile
    assert s2.baseline_of(*name) == baseline
    assert tuple(bands) == s2.BANDS and bands["B02"] == blue
    assert s2.scl_asset(feature["assets"]) == scl
    assert s2.declared_offset(*name, feature["assets"][blue]) == offset


@pytest.mark.parametrize("feature", [*EARTH_SEARCH, *SLOVENIA], ids=lambda feature: feature["id"])
def test_the_orbit_from_the_datatake_is_that_of_the_product_name(feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    only_datatake = {"s2:datatake_id": properties["s2:datatake_id"]}
    assert s2.relative_orbit_of("", only_datatake) == s2.relative_orbit_of(feature["id"], properties)


@pytest.mark.parametrize("feature", [*COPERNICUS, PLANETARY], ids=lambda feature: feature["id"])
def test_the_orbit_from_the_name_is_the_stated_one(feature: dict[str, Any]) -> None:
    properties = {k: v for k, v in feature["properties"].items() if k != "sat:relative_orbit"}
    assert s2.relative_orbit_of(feature["id"], properties) == feature["properties"]["sat:relative_orbit"]


ORBITS = [
    ({"sat:relative_orbit": 22}, 22),
    ({"sat:relative_orbit": 0}, None),
    ({"sat:relative_orbit": 144}, None),
    ({"sat:relative_orbit": "22"}, None),
    ({"s2:product_uri": "S2C_MSIL2A_20250731T131909_N0511_R095_T20EPT_20250731T143919.SAFE"}, 95),
    ({"s2:datatake_id": "GS2C_20250731T131909_004387_N05.11"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("properties", "expected"), ORBITS)
def test_relative_orbit(properties: dict[str, Any], expected: int | None) -> None:
    assert s2.relative_orbit_of("some-id", properties) == expected


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
    assert s2.platform_of(item_id, {"platform": stated}) == expected


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
    assert s2.tile_of(item_id, properties) == expected


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
    assert s2.declared_offset("some-id", properties, asset) == expected


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
    assert s2.band_assets(assets) == expected


def version(name: str, baseline: str, tile: str = "32TMT", **properties: Any) -> tuple[str, dict[str, Any]]:
    return name, {"s2:processing_baseline": baseline, "grid:code": f"MGRS-{tile}", **properties}


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
    versions, read, superseded = VERSIONS[case]
    chosen, rest = s2.current_versions(versions)
    assert [versions[i][0] for i in chosen] == read
    assert [versions[i][0] for i in rest] == superseded


def test_counts_become_reflectance_and_zero_is_no_data() -> None:
    counts = np.array([[0, 1, 1000, 10_000, 65_535]], np.uint16)
    expected = np.array([[np.nan, -0.0999, 0.0, 0.9, 6.4535]], np.float32)
    reflectance = s2.to_reflectance(counts, -0.1)
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
    assert (s2.implausible_counts(counts.astype(np.uint16)) == "") is expected


@pytest.mark.parametrize("feature", [*EARTH_SEARCH[::4], *SLOVENIA[::2]])
def test_the_computed_sun_stands_where_real_items_say(feature: dict[str, Any]) -> None:
    """Earth Search names the tile's own time and mean angles; other catalogues the datatake's start, 11 minutes off."""
    ring = np.array(feature["geometry"]["coordinates"][0])
    lon, lat = (ring.min(axis=0) + ring.max(axis=0)) / 2
    when = datetime.fromisoformat(feature["properties"]["datetime"].replace("Z", "+00:00"))
    azimuth, elevation, stated = s2.sun_angles(feature["properties"], lon, lat, when)
    computed = s2.solar_position(lon, lat, when)
    assert stated
    assert computed == pytest.approx((azimuth, elevation), abs=1.0)


SUN = [
    ({"view:sun_azimuth": 150.0, "view:sun_elevation": 60.0}, (150.0, 60.0, True)),
    ({"s2:mean_solar_azimuth": 150.0, "s2:mean_solar_zenith": 30.0}, (150.0, 60.0, True)),
    ({"view:sun_azimuth": -10.0, "view:sun_elevation": 60.0}, (350.0, 60.0, True)),
]


@pytest.mark.parametrize(("properties", "expected"), SUN)
def test_stated_sun(properties: dict[str, Any], expected: tuple[float, float, bool]) -> None:
    assert s2.sun_angles(properties, 11.0, 46.0, datetime(2023, 6, 1, 10, tzinfo=UTC)) == expected


@pytest.mark.parametrize("properties", [{}, {"view:sun_azimuth": 1.0}, {"view:sun_azimuth": "NaN",
                                        "view:sun_elevation": 3}])  # fmt: skip
def test_unstated_sun_is_computed(properties: dict[str, Any]) -> None:
    azimuth, elevation, stated = s2.sun_angles(properties, 11.0, 46.0, datetime(2023, 6, 21, 11, 18, tzinfo=UTC))
    assert not stated
    assert azimuth == pytest.approx(180, abs=2) and elevation == pytest.approx(67.4, abs=0.2)


@given(st.floats(-180, 180), st.floats(-80, 80), st.integers(0, 365 * 24 * 60))
def test_the_sun_is_within_its_bounds(lon: float, lat: float, minute: int) -> None:
    azimuth, elevation = s2.solar_position(lon, lat, datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
    assert 0 <= azimuth < 360 and -90 <= elevation <= 90
    assert elevation <= 90 - abs(lat) + 23.5
