"""The pixels of hits as GeoTIFFs, opened by rasterio."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from imagery_watch.model import RunResult
from imagery_watch.outputs.gis.rasters import Raster, rasters_of, to_cog
from outputs.builders import make_chip, make_stay
from outputs.gis.dossiers import HALF, LEFT, TOP, make_told_result


def told(result: RunResult, hit_id: str = "LIPB-0001") -> dict[str, Raster]:
    return {one.asset: one for one in rasters_of(result)[hit_id]}


@contextmanager
def opened(raster: Raster) -> Iterator[Any]:
    with MemoryFile(to_cog(raster)) as file, file.open() as image:
        yield image


def test_each_is_a_cloud_optimised_geotiff_whose_pixels_are_the_chips() -> None:
    result = make_told_result()
    chip, rasters = result.chips[0], told(result)
    assert [one.file for one in rasters.values()] == [f"chips/LIPB-0001-{one}.tif" for one in rasters]
    assert [*rasters] == ["before", "after", "residual"]
    for asset, data in (("before", chip.before), ("after", chip.after)):
        with opened(rasters[asset]) as image:
            assert image.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert image.descriptions == ("B04", "B03", "B02", "B08")  # red first
            for number, name in enumerate(image.descriptions, start=1):
                np.testing.assert_array_equal(image.read(number), data[chip.bands.index(name)])
            assert image.colorinterp[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
            assert (image.dtypes[0], image.units[0], np.isnan(image.nodata)) == ("float32", "reflectance", True)


def test_a_pixel_lies_where_it_lies_on_the_grid() -> None:
    result = make_told_result(2)
    grid = result.grid
    for hit in result.hits:
        with opened(told(result, hit.id)["after"]) as image:
            assert (image.crs.to_epsg(), image.res) == (32632, (10.0, 10.0))
            assert (image.bounds.left - grid.left) % 10 == (grid.top - image.bounds.top) % 10 == 0
            row, col = image.index(hit.x, hit.y)
            assert (row, col) == (10, 10)  # where the cross of the made-up chip is
            assert image.xy(row, col) == pytest.approx((hit.x, hit.y), abs=5)
            assert image.read(1)[row, col] == np.float32(0.6)


def test_the_residual_is_the_strongest_looks_in_units_of_its_noise() -> None:
    result = make_told_result()
    view = result.dossiers[0].view
    assert view is not None
    with opened(told(result)["residual"]) as image:
        np.testing.assert_array_equal(image.read(1), view.significance)
        assert (image.descriptions, image.units) == (("residual",), ("standard deviations of the noise",))
        assert (image.bounds.left, image.bounds.top) == (676000 + 10 * LEFT, 5150000 - 10 * TOP)
        assert image.index(*result.grid.xy(TOP + HALF, LEFT + HALF)) == (HALF, HALF)


@pytest.mark.parametrize("simulated", [False, True])
def test_each_says_when_what_and_whom_to_thank(simulated: bool) -> None:
    result = make_told_result()
    made = replace(result, hits=(replace(result.hits[0], simulated=simulated),))
    with opened(told(made)["before"]) as image:
        tags = image.tags()
    assert tags["TIFFTAG_DATETIME"] == "2022:03:01 10:21:09" and tags["DATETIME"] == "2022-03-01T10:21:09.024000Z"
    assert tags["TIFFTAG_COPYRIGHT"] == "Contains modified Copernicus Sentinel data 2022"
    assert "consistent with the arrival of an aircraft" in tags["TIFFTAG_IMAGEDESCRIPTION"]
    assert (tags["UNIT"], tags["BANDS"]) == ("reflectance", "B04 B03 B02 B08")
    assert ("SIMULATED" in tags) is simulated


def test_a_sensor_of_one_band_is_grey_and_bands_keep_their_order() -> None:
    result = replace(make_told_result(), chips=(make_chip(bands=("VV", "VH")),), dossiers=())
    with opened(told(result)["after"]) as image:
        assert image.descriptions == ("VV", "VH")
        assert image.colorinterp == (ColorInterp.gray, ColorInterp.undefined)


def test_the_same_image_gives_the_same_bytes_and_few_of_them() -> None:
    result = replace(make_told_result(), chips=(make_chip(size=41),))
    for raster in told(result).values():
        content = to_cog(raster)
        assert content == to_cog(raster) and len(content) < 30_000


def test_without_pixels_or_a_place_on_the_grid_there_is_no_image() -> None:
    result = make_told_result(2)
    nowhere = replace(result.hits[0], x=float("nan"), y=float("nan"))
    assert [*rasters_of(replace(result, hits=(nowhere, result.hits[1])))] == ["LIPB-0002"]
    assert rasters_of(replace(result, chips=())) == {}
    assert [*told(replace(result, dossiers=()))] == ["before", "after"]


def test_a_hit_that_begins_one_stay_and_ends_another_has_the_evidence_of_the_one_that_it_begins() -> None:
    result = make_told_result(2)
    gone = make_stay(2, id=result.stays[1].id, arrival_hit=None, departure_hit="LIPB-0001")
    both = replace(result, stays=(result.stays[0], gone))
    assert told(both)["residual"].where == result.dossiers[0].georeference
    ended = replace(result, stays=(replace(result.stays[0], arrival_hit=None), gone))
    assert told(ended)["residual"].where == result.dossiers[1].georeference
