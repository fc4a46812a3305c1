"""Every way in which a file or an item says that a pixel is nothing, before any resampling and any cast."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from support.rasters import GRID, write_raster

from imagery_watch.errors import PassRefused
from imagery_watch.model import Expected, Grid
from imagery_watch.sensors.sentinel2.sensor import BAND, CLASSES
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.validity import collect_nodata
from imagery_watch.sources.pixels.windows import read_window

QUICK = Settings(timeout_s=2.0, retries=1)
HOLE = (slice(20, 25), slice(30, 34))
PLAIN = 2000
ALIGNED, SHIFTED = GRID, Grid(GRID.epsg, GRID.left + 3.0, GRID.top - 4.0, GRID.width, GRID.height)


def holed(value: float, dtype: Any = np.uint16) -> NDArray[Any]:
    image = np.full((64, 64), PLAIN, dtype)
    image[HOLE] = value
    return image


def put(path: Path, image: NDArray[Any], **options: Any) -> Path:
    return write_raster(path, image, GRID.left, GRID.top, driver="GTiff", **options)


def put_masked(path: Path) -> Path:
    """A hole by an internal mask, its own pixels as bright as snow."""
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **profile(1)) as target:
        target.write(holed(9999), 1)
        target.write_mask(holed(0) > 0)
    return path


def put_transparent(path: Path) -> Path:
    """A hole by an alpha band."""
    with rasterio.open(path, "w", **profile(2), alpha="YES") as target:
        target.write(holed(9999), 1)
        target.write(np.where(holed(0) > 0, 65_535, 0).astype(np.uint16), 2)
        target.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
    return path


def profile(count: int) -> dict[str, Any]:
    size = {"width": 64, "height": 64, "count": count, "dtype": "uint16"}
    return {"driver": "GTiff", "crs": "EPSG:32632", "transform": Affine(10, 0, GRID.left, 0, -10, GRID.top), **size}


FILES = {
    "zero": lambda path: put(path, holed(0)),
    "zero, another value tagged": lambda path: put(path, holed(0), nodata=9999),
    "tagged 9999": lambda path: put(path, holed(9999), nodata=9999),
    "tagged 65535": lambda path: put(path, holed(65_535), nodata=65_535),
    "tagged 1": lambda path: put(path, holed(1), nodata=1),
    "signed, tagged -9999": lambda path: put(path, holed(-9999, np.int16), nodata=-9999),
    "signed, tagged 32767": lambda path: put(path, holed(32_767, np.int16), nodata=32_767),
    "an internal mask": put_masked,
    "an alpha band": put_transparent,
}


@pytest.mark.parametrize("grid", [ALIGNED, SHIFTED], ids=["aligned", "resampled"])
@pytest.mark.parametrize("case", FILES)
def test_what_a_file_says_is_nothing_is_nothing(tmp_path: Path, case: str, grid: Grid) -> None:
    path = FILES[case](tmp_path / "B04.tif")
    pixels = read_window(str(path), grid, BAND, QUICK)
    assert set(np.unique(pixels)) == {0, PLAIN}
    assert (pixels[21:24, 31:33] == 0).all()
    assert (pixels == 0).sum() <= 2 * 20


@pytest.mark.parametrize("grid", [ALIGNED, SHIFTED], ids=["aligned", "resampled"])
def test_what_an_item_says_is_nothing_is_nothing(tmp_path: Path, grid: Grid) -> None:
    path = put(tmp_path / "B04.tif", holed(9999))
    assert (read_window(str(path), grid, BAND, QUICK) > PLAIN).any()
    assert set(np.unique(read_window(str(path), grid, replace(BAND, nodata=(9999.0,)), QUICK))) == {0, PLAIN}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -9999.0, 1e9, 0.5])
def test_a_value_that_counts_cannot_hold_hides_none(tmp_path: Path, value: float) -> None:
    path = put(tmp_path / "B04.tif", holed(1))
    pixels = read_window(str(path), GRID, replace(BAND, nodata=(value,)), QUICK)
    assert set(np.unique(pixels)) == {1, PLAIN}


def test_negative_counts_are_data(tmp_path: Path) -> None:
    path = put(tmp_path / "B04.tif", holed(-40, np.int16))
    assert set(np.unique(read_window(str(path), GRID, BAND, QUICK))) == {1, PLAIN}


def test_classes_have_their_nothing_too(tmp_path: Path) -> None:
    classes = np.full((64, 64), 4, np.uint8)
    classes[HOLE] = 255
    path = put(tmp_path / "SCL.tif", classes, nodata=255)
    assert set(np.unique(read_window(str(path), GRID, CLASSES, QUICK))) == {0, 4}


FLOATS = Expected(BAND.resolution_m, dtype="float32")


@pytest.mark.parametrize("grid", [ALIGNED, SHIFTED], ids=["aligned", "resampled"])
@pytest.mark.parametrize("value", [-9999.0, float("inf"), 0.0])
def test_floats_of_which_the_item_says_that_they_are_nothing(tmp_path: Path, value: float, grid: Grid) -> None:
    path = put(tmp_path / "VV.tif", holed(value, np.float32))
    pixels = read_window(str(path), grid, replace(FLOATS, nodata=(value,)), QUICK)
    assert np.isnan(pixels[21:24, 31:33]).all()
    assert np.unique(pixels[np.isfinite(pixels)]).tolist() == [PLAIN]


STATEMENTS = {
    "nothing": ({}, {}, ()),
    "the raster extension": ({"raster:bands": [{"nodata": 9999}]}, {}, (9999.0,)),
    "bands of STAC 1.1": ({"bands": [{"name": "B04", "nodata": 9999}]}, {}, (9999.0,)),
    "the asset, as in STAC 1.1": ({"nodata": 9999}, {}, (9999.0,)),
    "the item as a whole": ({}, {"nodata": 9999}, (9999.0,)),
    "the file extension": ({"file:nodata": [0, 9999]}, {}, (0.0, 9999.0)),
    "each in its own way": ({"nodata": 1, "raster:bands": [{"nodata": 2}]}, {"nodata": 3}, (1.0, 2.0, 3.0)),
    "a word": ({"raster:bands": [{"nodata": "-inf"}, {"nodata": "9999"}]}, {}, (float("-inf"), 9999.0)),
    "null": ({"raster:bands": [{"nodata": None}, None]}, {}, ()),
    "no number": ({"nodata": "none", "raster:bands": "?"}, {"nodata": True}, ()),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_where_an_item_may_say_it(case: str) -> None:
    asset, properties, expected = STATEMENTS[case]
    assert collect_nodata(asset, properties) == expected


def test_not_a_number_may_be_a_word_or_itself() -> None:
    for value in ("nan", "NaN", float("nan")):
        assert [np.isnan(one) for one in collect_nodata({"nodata": value}, {})] == [True]


SCALED = replace(BAND, scale=5e-5)
TAGS = {
    "the product's": (1e-4, 0.0, BAND, ""),
    "none": (1.0, 0.0, BAND, ""),
    "another": (5e-5, 0.0, BAND, "states a scale of 5e-05 where 0.0001"),
    "the item's": (5e-5, 0.0, SCALED, ""),
    "not the item's": (1e-4, 0.0, SCALED, "states a scale of 0.0001 where 5e-05"),
    "an offset that the item does not know": (1e-4, -0.1, BAND, "states an offset of -0.1 where 0"),
    "the item's offset": (1e-4, -0.1, replace(BAND, offset=-0.1), ""),
    "the item's offset in counts": (1.0, -1000.0, replace(BAND, offset=-0.1), ""),
    "another offset": (1e-4, 0.3, replace(BAND, offset=-0.1), "states an offset of 0.3 where -0.1"),
}


@pytest.mark.parametrize("case", TAGS)
def test_a_scale_in_the_file_is_the_items_or_refused(tmp_path: Path, case: str) -> None:
    scale, offset, expected, reason = TAGS[case]
    path = put(tmp_path / "B04.tif", holed(0))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (scale,), (offset,)
    if not reason:
        assert read_window(str(path), GRID, expected, QUICK).any()
        return
    with pytest.raises(PassRefused, match=reason):
        read_window(str(path), GRID, expected, QUICK)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_eight_bits_are_no_reflectance(tmp_path: Path, dtype: str) -> None:
    path = put(tmp_path / "B04.tif", np.full((64, 64), 100, dtype))
    with pytest.raises(PassRefused, match=f"{dtype}: a picture of 8 bits"):
        read_window(str(path), GRID, BAND, QUICK)


def test_pixels_of_nearly_one_size_are_resampled(tmp_path: Path) -> None:
    image = np.full((64, 64), PLAIN, np.uint16)
    path = put(tmp_path / "B04.tif", image, transform=Affine(10.00003, 0, GRID.left, 0, -9.99998, GRID.top))
    assert set(np.unique(read_window(str(path), GRID, BAND, QUICK))) == {PLAIN}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_corner_that_is_no_number_is_refused(tmp_path: Path, number: float) -> None:
    path = put(tmp_path / "B04.tif", holed(0), transform=Affine(10, 0, number, 0, -10, GRID.top))
    with pytest.raises(PassRefused, match="is not a number"):
        read_window(str(path), GRID, BAND, QUICK)
