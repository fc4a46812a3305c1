"""One raster on one Grid: against rasterio as oracle, and everything that must be refused."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.windows import Window
from support.rasters import GRID, pattern, write_raster

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid
from imagery_watch.sensors.sentinel2.sensor import BAND, CLASSES
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.validity import SENTINELS, read_complete
from imagery_watch.sources.pixels.windows import read_window

QUICK = Settings(timeout_s=2.0, retries=1)
FILE_LEFT, FILE_TOP, FILE_PX = 678_000.0, 5_148_000.0, 300


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A 10 m and a 20 m raster of the same place, by resolution."""
    folder = tmp_path_factory.mktemp("rasters")
    return {
        resolution: write_raster(
            folder / f"{resolution}.tif",
            pattern(FILE_PX * 10 // resolution, FILE_PX * 10 // resolution),
            FILE_LEFT,
            FILE_TOP,
            resolution=resolution,
        )
        for resolution in (10, 20)
    }


def oracle(path: Path, grid: Grid) -> Any:
    """The slow way: rasterio's boundless read in the file's own pixels, repeated, and cut to the Grid."""
    with rasterio.open(path) as source:
        factor = round(source.transform.a / grid.resolution)
        left = round((grid.left - source.transform.c) / grid.resolution)
        top = round((source.transform.f - grid.top) / grid.resolution)
        first_col, first_row = left // factor, top // factor
        window = Window(first_col, first_row, grid.width // factor + 2, grid.height // factor + 2)
        counts = source.read(1, window=window, boundless=True, fill_value=0)
    full = counts.repeat(factor, axis=0).repeat(factor, axis=1)
    row, col = top - first_row * factor, left - first_col * factor
    return full[row : row + grid.height, col : col + grid.width]


@pytest.mark.parametrize(("resolution", "expected"), [(10, BAND), (20, CLASSES)])
@given(
    col=st.integers(-80, FILE_PX + 20),
    row=st.integers(-80, FILE_PX + 20),
    width=st.integers(1, 70),
    height=st.integers(1, 70),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_aligned_windows_are_what_rasterio_reads(
    sources: dict[int, Path], resolution: int, expected: Expected, col: int, row: int, width: int, height: int
) -> None:
    grid = Grid(32632, FILE_LEFT + 10 * col, FILE_TOP - 10 * row, width, height)
    counts = read_window(str(sources[resolution]), grid, expected, QUICK)
    assert counts.dtype == np.uint16 and counts.shape == grid.shape
    np.testing.assert_array_equal(counts, oracle(sources[resolution], grid))


@pytest.mark.parametrize("resolution", [10, 20])
def test_remote_and_local_give_the_same(range_server: Any, sources: dict[int, Path], resolution: int) -> None:
    server = range_server(sources[10].parent)
    grid = Grid(32632, FILE_LEFT + 510, FILE_TOP - 330, 100, 90)
    local = read_window(str(sources[resolution]), grid, CLASSES, QUICK)
    remote = read_window(f"{server.url}/{resolution}.tif", grid, CLASSES, QUICK)
    np.testing.assert_array_equal(remote, local)


def test_few_requests_and_few_bytes(range_server: Any, tmp_path: Path) -> None:
    path = write_raster(tmp_path / "big.tif", pattern(2048, 2048), FILE_LEFT, FILE_TOP)
    server = range_server(tmp_path)
    grid = Grid(32632, FILE_LEFT + 10_000, FILE_TOP - 9_000, 100, 100)
    np.testing.assert_array_equal(read_window(f"{server.url}/big.tif", grid, BAND, QUICK), oracle(path, grid))
    requests = server.requests()
    asked = [[int(edge) for edge in seen.range.removeprefix("bytes=").split("-")] for seen in requests]
    assert {(seen.method, seen.path) for seen in requests} == {("GET", "/big.tif")}
    assert len(requests) <= 7
    assert sum(last - first + 1 for first, last in asked) < path.stat().st_size / 10


def wave(x: Any, y: Any) -> Any:
    """Smooth counts, defined on the map of zone 32: waves of 160 and 200 m, far above any pixel's size."""
    return 2000 + 800 * np.sin(2 * np.pi * x / 160) * np.cos(2 * np.pi * y / 200)


def centres(grid: Grid) -> Any:
    cols, rows = np.meshgrid(np.arange(grid.width), np.arange(grid.height))
    return grid.left + (cols + 0.5) * grid.resolution, grid.top - (rows + 0.5) * grid.resolution


def shift_px(image: Any, truth: Any) -> Any:
    """Rows and columns by which the image lies off the truth, by least squares on the truth's slopes."""
    slopes = np.stack([slope[4:-4, 4:-4].ravel() for slope in np.gradient(truth)], axis=1)
    return np.linalg.lstsq(slopes, (truth - image)[4:-4, 4:-4].ravel(), rcond=None)[0]


@pytest.mark.parametrize(("left", "epsg"), [(270_000.0, 32633), (270_003.7, 32633)])
def test_another_zone_is_warped_without_a_shift(tmp_path: Path, left: float, epsg: int) -> None:
    grid = Grid(32632, 731_000.0, 5_150_000.0, 120, 100)
    source = Grid(epsg, left, 5_152_000.0, 400, 400)
    to_zone_32 = Transformer.from_crs(epsg, 32632, always_xy=True)
    path = write_raster(
        tmp_path / "other.tif",
        np.rint(wave(*to_zone_32.transform(*centres(source)))).astype(np.uint16),
        source.left,
        source.top,
        epsg=epsg,
    )
    counts = read_window(str(path), grid, BAND, QUICK).astype(float)
    truth = wave(*centres(grid))
    assert counts.min() > 0
    assert np.abs(shift_px(counts, truth)).max() < 0.05
    assert np.abs(counts - truth).max() < 60


def test_a_quarter_of_a_pixel_off_is_resampled_not_rounded(tmp_path: Path) -> None:
    source = Grid(32632, GRID.left - 102.5, GRID.top + 102.5, 120, 120)
    counts = np.rint(wave(*centres(source))).astype(np.uint16)
    path = write_raster(tmp_path / "off.tif", counts, source.left, source.top)
    read = read_window(str(path), GRID, BAND, QUICK).astype(float)
    assert np.abs(shift_px(read, wave(*centres(GRID)))).max() < 0.02


@pytest.mark.parametrize("epsg", [32633, 32632])
def test_no_data_does_not_bleed_when_warped(tmp_path: Path, epsg: int) -> None:
    counts = np.full((400, 400), 2000, np.uint16)
    counts[:, 200:] = 0
    left, top = (269_000.0, 5_152_000.0) if epsg == 32633 else (729_003.0, 5_152_003.0)
    path = write_raster(tmp_path / "edge.tif", counts, left, top, epsg=epsg)
    read = read_window(str(path), Grid(32632, 729_500.0, 5_151_000.0, 300, 100), BAND, QUICK)
    assert set(np.unique(read)) == {0, 2000}


def test_warped_classes_are_never_mixed(tmp_path: Path) -> None:
    classes = np.random.default_rng(1).choice(np.array([2, 9], np.uint8), (200, 200))
    path = write_raster(tmp_path / "scl.tif", classes, 269_000.0, 5_152_000.0, resolution=20, epsg=32633)
    read = read_window(str(path), Grid(32632, 731_000.0, 5_151_000.0, 80, 80), CLASSES, QUICK)
    assert set(np.unique(read)) == {2, 9}


@pytest.mark.parametrize("epsg", [32633, 32632, 32659, 32732])
def test_a_file_of_elsewhere_is_empty_here(tmp_path: Path, epsg: int) -> None:
    path = write_raster(tmp_path / "elsewhere.tif", pattern(64, 64), 300_003.0, 6_000_003.0, epsg=epsg)
    assert not read_window(str(path), GRID, BAND, QUICK).any()


def refused(path: Path, expected: Expected = BAND) -> str:
    with pytest.raises(PassRefused) as caught:
        read_window(str(path), GRID, expected, QUICK)
    assert path.name in str(caught.value) and str(path.parent) not in str(caught.value)
    return str(caught.value)


def put(path: Path, **options: Any) -> Path:
    return write_raster(path, options.pop("counts", pattern(64, 64)), GRID.left, GRID.top, **options)


MISFITS = {
    "120 m": ({"resolution": 120.0}, "pixels of 120 m where 10 m are expected"),
    "20 m": ({"resolution": 20.0}, "pixels of 20 m where 10 m are expected"),
    "no crs": ({"epsg": None}, "no projected CRS"),
    "degrees": ({"epsg": 4326, "transform": Affine(1e-4, 0, 11.3, 0, -1e-4, 46.5)}, "no projected CRS"),
    "three bands": ({"counts": np.ones((3, 64, 64), np.uint16)}, "3 bands of uint16"),
    "floats": ({"counts": np.ones((64, 64), np.float32), "predictor": "STANDARD"}, "1 bands of float32"),
    "south up": ({"driver": "GTiff", "transform": Affine(10, 0, GRID.left, 0, 10, GRID.top)}, "not a north-up"),
    "turned": ({"driver": "GTiff", "transform": Affine(10, 1, GRID.left, 1, -10, GRID.top)}, "not a north-up"),
    "oblong": ({"driver": "GTiff", "transform": Affine(10, 0, GRID.left, 0, -20, GRID.top)}, "not square"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_misfit_is_refused_with_its_reason(tmp_path: Path, case: str) -> None:
    options, reason = MISFITS[case]
    assert reason in refused(put(tmp_path / "B04.tif", **options))


def test_one_huge_block_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    write_raster(path, np.zeros((8208, 8208), np.uint16), GRID.left, GRID.top, driver="GTiff", tiled=True,
                 blockxsize=8208, blockysize=8208, compress="DEFLATE")  # fmt: skip
    assert "blocks of" in refused(path)


VRT = """<VRTDataset rasterXSize="64" rasterYSize="64"><SRS>EPSG:32632</SRS>
<GeoTransform>678000, 10, 0, 5148000, 0, -10</GeoTransform><VRTRasterBand dataType="UInt16" band="1">
<SimpleSource><SourceFilename>{secret}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("head", ["", "\ufeff", "  \n"], ids=["plain", "byte order mark", "spaces"])
@pytest.mark.parametrize("sidecars", [False, True])
def test_a_vrt_by_another_name_is_refused(tmp_path: Path, head: str, sidecars: bool) -> None:
    secret = put(tmp_path / "secret.tif")
    (tmp_path / "B04.tif").write_text(head + VRT.format(secret=secret), encoding="utf-8")
    expected = Expected(BAND.resolution_m, sidecars=sidecars)
    assert "no image format known here" in refused(tmp_path / "B04.tif", expected)


@pytest.mark.parametrize("codec", ["J2K", "JP2"])
def test_jpeg_2000_by_another_name_is_refused_by_its_own(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "B04.tif"
    put(path, driver="JP2OpenJPEG", CODEC=codec, QUALITY=100, REVERSIBLE="YES")
    assert "holds JPEG 2000, not a GeoTIFF" in refused(path)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"<html>Sign in</html>", b"\x89PNG\r\n\x1a\n", b"II*\0" + b"\0" * 99]
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "B04.tif").write_bytes(content)
    refused(tmp_path / "B04.tif")


@pytest.mark.parametrize("warped", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_refused_here_and_tried_again_from_afar(
    range_server: Any, tmp_path: Path, share: float, warped: bool
) -> None:
    left = GRID.left + (3.0 if warped else 0.0)
    whole = write_raster(tmp_path / "whole.tif", pattern(512, 512), left, GRID.top)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    grid = Grid(32632, GRID.left, GRID.top, 500, 500)
    with pytest.raises(PassRefused, match="damaged or cut"):
        read_window(str(cut), grid, BAND, QUICK)
    with pytest.raises(ReadFailed):
        read_window(f"{range_server(tmp_path).url}/cut.tif", grid, BAND, QUICK)


def test_a_damaged_block_is_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "B04.tif", pattern(512, 512), GRID.left, GRID.top)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(PassRefused, match="damaged or cut"):
        read_window(str(path), Grid(32632, GRID.left, GRID.top, 512, 512), BAND, QUICK)


def test_a_file_whose_writer_was_killed_holds_nothing(tmp_path: Path) -> None:
    """It opens and reads as zeros without an error: `scenes` then refuses the pass, as one band without the others."""
    path = tmp_path / "B04.tif"
    writer = """
        import numpy, os, rasterio, signal, sys
        from affine import Affine
        target = rasterio.open(sys.argv[1], "w", driver="GTiff", width=512, height=512, count=1, dtype="uint16",
                               crs="EPSG:32632", transform=Affine(10, 0, 678000, 0, -10, 5148000), tiled=True)
        target.write(numpy.full((1, 256, 512), 9, "uint16"), window=((0, 256), (0, 512)))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(writer), path], capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL
    try:
        counts = read_window(str(path), GRID, BAND, QUICK)
    except PassRefused:
        return
    assert not counts.any()


@pytest.mark.parametrize("value", [*SENTINELS["uint16"], 65_535])
def test_a_real_pixel_may_hold_the_sentinel_itself(tmp_path: Path, value: int) -> None:
    counts = pattern(*GRID.shape)
    counts[3:9, 4] = value
    path = put(tmp_path / "B04.tif", counts=counts)
    np.testing.assert_array_equal(read_window(str(path), GRID, BAND, QUICK), counts)


class Unwritten:
    """A real raster whose reads, from the n-th on, leave some of the buffer untouched, as failed JPEG 2000 reads do."""

    def __init__(self, source: Any, good_reads: int) -> None:
        self._source, self._good = source, good_reads

    def read(self, band: int, window: Any, out: Any) -> Any:
        before = out.copy()
        self._source.read(band, window=window, out=out)
        self._good -= 1
        if self._good < 0:
            out[10:20, 10:20] = before[10:20, 10:20]
        return out


@pytest.mark.parametrize("holds_sentinel", [False, True])
def test_an_unwritten_pixel_is_a_failed_read(tmp_path: Path, holds_sentinel: bool) -> None:
    counts = pattern(64, 64)
    counts[40, 40] = SENTINELS["uint16"][0] if holds_sentinel else 7
    window = Window(0, 0, 64, 64)
    with rasterio.open(put(tmp_path / "B04.tif", counts=counts)) as source:
        np.testing.assert_array_equal(read_complete(Unwritten(source, 2), window, "B04.tif"), counts)
        with pytest.raises(ReadFailed, match="without writing all of its pixels"):
            read_complete(Unwritten(source, 0), window, "B04.tif")


def test_the_process_settings_cannot_soften_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTIFF_IGNORE_READ_ERRORS", "YES")
    monkeypatch.setenv("GDAL_NUM_THREADS", "4")
    whole = write_raster(tmp_path / "whole.tif", pattern(512, 512), GRID.left, GRID.top)
    os.truncate(whole, int(0.6 * whole.stat().st_size))
    with pytest.raises(PassRefused, match="damaged or cut"):
        read_window(str(whole), Grid(32632, GRID.left, GRID.top, 500, 500), BAND, QUICK)


def test_sidecars_are_believed_only_where_asked(tmp_path: Path) -> None:
    path = put(tmp_path / "B04.tif", driver="JP2OpenJPEG", CODEC="J2K", QUALITY=100, REVERSIBLE="YES")
    counts = read_window(str(path), GRID, Expected(BAND.resolution_m, sidecars=True), QUICK)
    np.testing.assert_array_equal(counts, pattern(64, 64)[: GRID.height])


def test_a_mask_beside_a_local_file_says_where_there_is_nothing(tmp_path: Path) -> None:
    path = put(tmp_path / "B04.tif", driver="GTiff")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="NO"), rasterio.open(path, "r+") as target:
        mask = np.full((64, 64), 255, np.uint8)
        mask[:10, :20] = 0
        target.write_mask(mask)
    assert (tmp_path / "B04.tif.msk").is_file()
    counts = read_window(str(path), GRID, BAND, QUICK)
    assert (counts[:10, :20] == 0).all() and (counts[10:, :] > 0).all() and (counts[:10, 20:] > 0).all()


def write_notes(path: Path, words: str) -> None:
    band = f'<PAMRasterBand band="1">{words}</PAMRasterBand>'
    Path(f"{path}.aux.xml").write_text(f"<PAMDataset>{band}</PAMDataset>")


def test_what_notes_beside_a_local_file_say_of_its_pixels_counts(tmp_path: Path) -> None:
    counts = pattern(64, 64)
    counts[5, 6] = 9999
    path = put(tmp_path / "B04.tif", counts=counts, driver="GTiff")
    write_notes(path, "<NoDataValue>9999</NoDataValue>")
    assert read_window(str(path), GRID, BAND, QUICK)[5, 6] == 0
    write_notes(path, "<Scale>0.5</Scale>")
    with pytest.raises(PassRefused, match=r"states a scale of 0\.5 where 0\.0001 is expected"):
        read_window(str(path), GRID, BAND, QUICK)
    write_notes(path, "<Metadata><MDI key='STATISTICS_MEAN'>7</MDI></Metadata>")
    assert read_window(str(path), GRID, BAND, QUICK)[5, 6] == 9999


def test_where_a_local_file_lies_is_told_by_itself_before_its_notes(tmp_path: Path) -> None:
    path = put(tmp_path / "B04.tif", driver="GTiff")
    before = read_window(str(path), GRID, BAND, QUICK)
    place = "<GeoTransform>0, 10, 0, 0, 0, -10</GeoTransform><SRS>EPSG:32601</SRS>"
    Path(f"{path}.aux.xml").write_text(f"<PAMDataset>{place}</PAMDataset>")
    np.testing.assert_array_equal(read_window(str(path), GRID, BAND, QUICK), before)


def test_a_mask_that_is_no_tiff_is_refused_aloud(tmp_path: Path) -> None:
    path = put(tmp_path / "B04.tif")
    Path(f"{path}.msk").write_text("<VRTDataset rasterXSize='64' rasterYSize='64'/>")
    with pytest.raises(PassRefused, match=r"B04.tif.msk: the mask beside the file is no TIFF"):
        read_window(str(path), GRID, BAND, QUICK)


FLOATS = Expected(BAND.resolution_m, dtype="float32")


def decibels(height: int = 64, width: int = 64) -> NDArray[np.float32]:
    """Backscatter as a radar's files hold it: negative, with zeros among it, and a corner that it did not see."""
    image = np.random.default_rng(5).uniform(-25, 10, (height, width)).astype(np.float32)
    image[20, 20:30] = 0.0
    image[:6, :6] = np.nan
    return image


@pytest.mark.parametrize("nodata", [None, float("nan"), -9999.0])
def test_floats_are_read_as_they_are_and_nothing_as_nan(tmp_path: Path, nodata: float | None) -> None:
    image = decibels()
    stored = image if nodata is None else np.where(np.isnan(image), np.float32(nodata), image)
    path = put(tmp_path / "VV.tif", counts=stored, nodata=nodata, predictor=1)
    read = read_window(str(path), GRID, FLOATS, QUICK)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, image[: GRID.height])
    beyond = read_window(str(path), Grid(32632, GRID.left + 320, GRID.top, 64, 48), FLOATS, QUICK)
    np.testing.assert_array_equal(beyond[:, :32], image[: GRID.height, 32:])
    assert np.isnan(beyond[:, 32:]).all()


@pytest.mark.parametrize("nodata", [None, float("nan"), -9999.0])
def test_resampled_floats_keep_their_nothing_apart(tmp_path: Path, nodata: float | None) -> None:
    image = decibels()
    stored = image if nodata is None else np.where(np.isnan(image), np.float32(nodata), image)
    path = put(tmp_path / "VV.tif", counts=stored, nodata=nodata, predictor=1)
    read = read_window(str(path), Grid(32632, GRID.left + 3.0, GRID.top - 4.0, 64, 48), FLOATS, QUICK)
    assert np.isnan(read[:3, :3]).all() and np.isnan(read[:, 64:]).all()
    inside = read[10:40, 10:50]
    assert np.isfinite(inside).all() and inside.min() > -40 and inside.max() < 25


def test_a_float_pixel_may_hold_the_sentinel_itself(tmp_path: Path) -> None:
    image = decibels()
    image[30, 30] = SENTINELS["float32"][0]
    path = put(tmp_path / "VV.tif", counts=image, predictor=1)
    np.testing.assert_array_equal(read_window(str(path), GRID, FLOATS, QUICK), image[: GRID.height])


def test_unwritten_floats_are_a_failed_read(tmp_path: Path) -> None:
    whole, window = put(tmp_path / "VV.tif", counts=decibels(), predictor=1), Window(0, 0, 64, 64)
    with rasterio.open(whole) as source, pytest.raises(ReadFailed, match="without writing all of its pixels"):
        read_complete(Unwritten(source, 0), window, "VV.tif", "float32")


def test_counts_are_no_floats_and_floats_no_counts(tmp_path: Path) -> None:
    assert "where one of float32 is expected" in refused(put(tmp_path / "B04.tif"), FLOATS)
    assert "where one of uint16 is expected" in refused(put(tmp_path / "VV.tif", counts=decibels(), predictor=1))
