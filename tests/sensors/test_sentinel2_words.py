"""Names, media types and scales as the standards, and the catalogues, have them."""

from typing import Any

import pytest

from imagery_watch.sensors.sentinel2.assets import band_assets, declared_gain, scl_asset
from imagery_watch.sensors.sentinel2.names import named_time

RASTERS = [
    "image/tiff; application=geotiff; profile=cloud-optimized",
    "image/TIFF; application=geotiff",
    "IMAGE/TIFF;Application=GeoTIFF",
    " image/tiff ",
    "image/geotiff",
    "image/x-geotiff",
    "image/vnd.stac.geotiff; cloud-optimized=true",
    "application/geotiff",
    "image/jp2",
    "image/JP2",
]
VAGUE = [None, "", "application/octet-stream", "binary/octet-stream", "application/x-unknown"]
OTHERS = ["image/png", "image/jpeg", "application/json", "text/html", "application/geo+json"]


@pytest.mark.parametrize("media", RASTERS)
@pytest.mark.parametrize("href", ["./B02.tif", "https://host/get?id=7"])
def test_a_raster_by_its_type(media: str, href: str) -> None:
    assert band_assets({"B02": {"href": href, "type": media}}) == {"B02": "B02"}


@pytest.mark.parametrize("media", VAGUE)
@pytest.mark.parametrize(
    ("href", "expected"),
    [("./B02.TIF", True), ("./B02.jp2", True), ("https://host/get?files=B02.tif", True), ("./B02.png", False)],
)
def test_a_raster_by_its_name_where_the_type_tells_nothing(media: str | None, href: str, expected: bool) -> None:
    assert bool(band_assets({"B02": {"href": href, "type": media}})) is expected


@pytest.mark.parametrize("media", OTHERS)
def test_a_type_that_tells_of_something_else(media: str) -> None:
    assert band_assets({"B02": {"href": "./B02.tif", "type": media}}) == {}


TIFF = {"href": "./x.tif", "type": "image/tiff"}
NAMES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "in any case": ({"Blue": TIFF, "b03": TIFF, "B04_10M": TIFF, "NIR": TIFF},
                    {"B02": "Blue", "B03": "b03", "B04": "B04_10M", "B08": "NIR"}),
    "without zeros": ({"B2": TIFF, "B8": TIFF}, {"B02": "B2", "B08": "B8"}),
    "by the band's name": ({"x": {**TIFF, "eo:bands": [{"name": "B02"}]}, "y": {**TIFF, "bands": [{"name": "b08"}]}},
                           {"B02": "x", "B08": "y"}),
    "by the common name": ({"x": {**TIFF, "eo:bands": [{"name": "1", "common_name": "BLUE"}]}}, {"B02": "x"}),
    "the band's name before the common one": (
        {"a": {**TIFF, "eo:bands": [{"name": "B8A", "common_name": "nir"}]},
         "b": {**TIFF, "eo:bands": [{"name": "B08", "common_name": "nir"}]}}, {"B08": "b"}),
    "of several bands": ({"x": {**TIFF, "eo:bands": [{"name": "B02"}, {"name": "B03"}]}}, {"mono": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
def test_which_asset_holds_which_band(case: str) -> None:
    assets, expected = NAMES[case]
    assert band_assets(assets) == expected


@pytest.mark.parametrize("key", ["scl", "SCL", "Scl", "SCL_20m", "scl_20M"])
def test_the_classes_in_any_case(key: str) -> None:
    assert scl_asset({"B02": {}, key: {}}) == key


GAINS = [
    ({}, 1.0),
    ({"raster:bands": [{"scale": 1e-4, "offset": 0}]}, 1.0),
    ({"raster:bands": [{"scale": 1}]}, 1.0),
    ({"raster:bands": [{"scale": 5e-5}]}, 0.5),
    ({"bands": [{"name": "B02", "raster:scale": 5e-5}]}, 0.5),
    ({"raster:scale": "0.00005"}, 0.5),
    ({"raster:bands": [{"scale": 1}], "raster:scale": 2e-4}, 2.0),
    ({"raster:bands": "?", "bands": [None]}, 1.0),
]


@pytest.mark.parametrize(("asset", "expected"), GAINS)
def test_what_counts_are_multiplied_by(asset: dict[str, Any], expected: float) -> None:
    assert declared_gain(asset) == pytest.approx(expected)


BAD_SCALES = [10_000, 0, -1e-4, float("nan"), "fine"]


@pytest.mark.parametrize("scale", BAD_SCALES)
def test_what_is_no_scale_is_refused(scale: Any) -> None:
    with pytest.raises(ValueError, match=r"scale|could not convert"):
        declared_gain({"raster:bands": [{"scale": scale}]})


def test_two_scales_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scales of 5e-05, 0\.0001"):
        declared_gain({"raster:bands": [{"scale": 1e-4}], "raster:scale": 5e-5})


DAYS = [
    ("S2A_32TPS_20220602_0_L2A", "20220602"),
    ("S2B_MSIL2A_20200705T101559_N0214_R065_T32TPS_20200705T123456", "20200705T101559"),
    ("s2-32TPS-2022-06-02", "20220602"),
    ("32TPS", None),
    ("made_20200101_20240101", None),
    ("20220602_20220602", "20220602"),
    ("id-20221399", None),
    ("id-20010101", None),
    ("0f20220602aa", "20220602"),
    ("9920220602", None),
]


@pytest.mark.parametrize(("item_id", "expected"), DAYS)
def test_the_day_in_a_name(item_id: str, expected: str | None) -> None:
    assert named_time(item_id, {}) == expected
