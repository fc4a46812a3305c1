"""Plain GeoTIFFs read without GDAL: bit for bit what rasterio reads, or left to it; damage is told, never guessed."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.windows import Window
from support.rasters import pattern, write_raster
from support.servers import Server, serve

from imagery_watch.errors import PassUnread
from imagery_watch.model import Expected, Grid
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.tiff.directory import parse_directory
from imagery_watch.sources.pixels.tiff.headers import HEADERS, Header, Headers
from imagery_watch.sources.pixels.tiff.source import PlainTiff, open_plain
from imagery_watch.sources.pixels.tiff.window import Damaged
from imagery_watch.sources.pixels.windows import read_file

HEADER = 8 * 1024
HEIGHT, WIDTH = 300, 420
Shared = tuple[bytes, NDArray[Any]]
"""The bytes of a COG, and its pixels."""


class Bytes:
    """A file in memory, and which ranges of it were asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ranges: list[tuple[int, int]] = []

    def fetch(self, start: int, end: int) -> bytes:
        self.ranges.append((start, end))
        return self.data[start:end]

    def open(self, header: int = HEADER) -> PlainTiff | None:
        return open_plain(self.data[:header], self.fetch, len(self.data))


def counts(kind: str = "uint16", seed: int = 1) -> NDArray[Any]:
    """Smooth, as real ground is, so that it packs."""
    rng = np.random.default_rng(seed)
    slope = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) * 3 + rng.integers(0, 30, (HEIGHT, WIDTH))
    return (slope % (200 if kind == "uint8" else 9000) + 1).astype(kind)


PLAIN: dict[str, dict[str, Any]] = {
    "a COG with predictor 2": {"overviews": "AUTO"},
    "a COG without a predictor": {"predictor": 1},
    "a COG not packed": {"compress": "NONE", "predictor": 1},
    "a COG in BigTIFF": {"bigtiff": "YES"},
    "a tiled GeoTIFF": {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 128, "compress": "DEFLATE"},
    "big-endian, predictor 2": {"driver": "GTiff", "tiled": True, "blockxsize": 128, "blockysize": 64,
                                "compress": "DEFLATE", "predictor": 2, "endianness": "BIG"},
    "with a value for nothing": {"nodata": 0},
}  # fmt: skip
OTHER: dict[str, dict[str, Any]] = {
    "in strips": {"driver": "GTiff", "tiled": False, "compress": "DEFLATE"},
    "packed by LZW": {"compress": "LZW"},
    "packed by ZSTD": {"compress": "ZSTD"},
    "in degrees": {"epsg": 4326, "resolution": 0.0001},
    "of fifteen bits": {"nbits": 15, "predictor": 1},
}


def write(folder: Path, data: NDArray[Any], **options: Any) -> Path:
    blocks = {} if options.get("driver") == "GTiff" else {"blocksize": 128}
    return write_raster(folder / "band.tif", data, 600_000.0, 5_100_000.0, **blocks, **options)


WINDOWS = [(0, 0, HEIGHT, WIDTH), (0, 0, 1, 1), (127, 127, 2, 2), (130, 5, 60, 400), (HEIGHT - 1, WIDTH - 1, 1, 1),
           (255, 200, 45, 220), (3, 129, 126, 100)]  # fmt: skip


@pytest.mark.parametrize("kind", ["uint16", "uint8", "int16"])
@pytest.mark.parametrize("options", PLAIN.values(), ids=PLAIN)
def test_every_window_is_bit_for_bit_rasterios(options: dict[str, Any], kind: str, tmp_path: Path) -> None:
    path = write(tmp_path, counts(kind), **options)
    plain = Bytes(path.read_bytes()).open()
    assert plain is not None
    with rasterio.open(path) as oracle:
        assert (plain.width, plain.height, plain.transform) == (oracle.width, oracle.height, oracle.transform)
        assert (plain.crs, plain.dtypes, plain.nodata) == (oracle.crs, oracle.dtypes, oracle.nodata)
        assert plain.block_shapes[0] == oracle.block_shapes[0]
        for row, col, height, width in WINDOWS:
            window = Window(col, row, width, height)
            out = np.zeros((height, width), kind)
            plain.read(1, window=window, out=out)
            assert (out == oracle.read(1, window=window)).all(), window


@settings(max_examples=60, deadline=None)
@given(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, HEIGHT), st.integers(1, WIDTH))
def test_any_window_is_rasterios(shared: Shared, row: int, col: int, height: int, width: int) -> None:
    data, whole = shared
    height, width = min(height, HEIGHT - row), min(width, WIDTH - col)
    plain = Bytes(data).open()
    assert plain is not None
    out = np.zeros((height, width), "uint16")
    plain.read(1, window=Window(col, row, width, height), out=out)
    assert (out == whole[row : row + height, col : col + width]).all()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, NDArray[Any]]:
    whole = counts()
    return write(tmp_path_factory.mktemp("cog"), whole).read_bytes(), whole


@pytest.mark.parametrize("options", OTHER.values(), ids=OTHER)
def test_what_is_of_another_kind_is_left_to_gdal(options: dict[str, Any], tmp_path: Path) -> None:
    data = np.minimum(counts(), 30_000)
    assert Bytes(write(tmp_path, data, **options).read_bytes()).open() is None


def test_a_mask_in_the_file_is_gdals_to_read(tmp_path: Path) -> None:
    path = tmp_path / "masked.tif"
    profile = {"driver": "GTiff", "width": 256, "height": 256, "count": 1, "dtype": "uint16", "crs": "EPSG:32632",
               "transform": rasterio.Affine(10, 0, 600_000, 0, -10, 5_100_000), "tiled": True, "blockxsize": 128,
               "blockysize": 128, "compress": "DEFLATE"}  # fmt: skip
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **profile) as target:
        target.write(np.ones((256, 256), "uint16"), 1)
        target.write_mask(np.eye(256) > 0)
    assert Bytes(path.read_bytes()).open() is None


def test_scales_and_more_bands_are_gdals_to_read(tmp_path: Path) -> None:
    scaled = write(tmp_path, counts())
    with rasterio.open(scaled, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as target:
        target.scales = (0.0001,)
    assert Bytes(scaled.read_bytes()).open(len(scaled.read_bytes())) is None
    assert Bytes(write(tmp_path, np.stack([counts(), counts()])).read_bytes()).open() is None


def test_tiles_that_are_not_in_the_file_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    whole = np.zeros((512, 512), "uint16")
    whole[:128, :128] = 7
    write_raster(path, whole, 600_000.0, 5_100_000.0, driver="GTiff", tiled=True, blockxsize=128, blockysize=128,
                 compress="DEFLATE", SPARSE_OK="TRUE", nodata=0)  # fmt: skip
    source = Bytes(path.read_bytes())
    plain = source.open(len(source.data))
    assert plain is not None
    out = np.ones((512, 512), "uint16")
    plain.read(1, window=Window(0, 0, 512, 512), out=out)
    assert (out == whole).all()


def read(plain: PlainTiff, row: int, col: int, height: int, width: int) -> NDArray[Any]:
    out = np.zeros((height, width), "uint16")
    return plain.read(1, window=Window(col, row, width, height), out=out)


def test_only_the_rows_that_are_needed_are_fetched(shared: Shared) -> None:
    source = Bytes(shared[0])
    plain = source.open()
    assert plain is not None
    read(plain, 0, 0, 16, 16)
    [(start, end)] = source.ranges
    tile = int(plain.directory.counts[0])
    assert end - start <= 0.2 * tile + 2048


def test_a_tile_whose_first_rows_pack_badly_costs_one_more_request(tmp_path: Path) -> None:
    """Noise above, nothing below: the share of the rows is far from their share of the bytes."""
    whole = np.ones((256, 256), "uint16")
    whole[:64] = np.random.default_rng(3).integers(1, 60_000, (64, 256))
    source = Bytes(write_raster(tmp_path / "uneven.tif", whole, 600_000.0, 5_100_000.0, blocksize=256).read_bytes())
    plain = source.open()
    assert plain is not None
    assert (read(plain, 0, 0, 64, 256) == whole[:64]).all()
    assert len(source.ranges) == 2 and source.ranges[0][1] == source.ranges[1][0]


def test_neighbours_come_with_one_request(shared: Shared) -> None:
    source = Bytes(shared[0])
    plain = source.open()
    assert plain is not None
    read(plain, 100, 100, 60, 60)
    assert len(source.ranges) == 1


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_file_that_is_cut_is_told(shared: Shared, cut: float) -> None:
    data = shared[0]
    plain = open_plain(data[:HEADER], Bytes(data[: int(len(data) * cut)]).fetch, len(data))
    assert plain is not None
    with pytest.raises(Damaged):
        read(plain, 0, 0, HEIGHT, WIDTH)


def test_bytes_turned_over_are_told_or_change_nothing(shared: Shared) -> None:
    data = shared[0]
    plain = Bytes(data).open()
    assert plain is not None
    start = int(plain.directory.offsets[0])
    spoilt = Bytes(data[: start + 40] + b"\xff" * 300 + data[start + 340 :])
    other = spoilt.open()
    assert other is not None
    with pytest.raises(Damaged):
        read(other, 0, 0, 128, 128)


def test_a_tile_beyond_the_end_of_the_file_is_never_asked_for(shared: Shared) -> None:
    data = shared[0]
    source = Bytes(data)
    plain = open_plain(data[:HEADER], source.fetch, 4000)
    assert plain is not None
    with pytest.raises(Damaged, match="of 4000"):
        read(plain, 0, 0, HEIGHT, WIDTH)
    assert all(end <= 4000 for _, end in source.ranges)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_begins_a_file_never_crashes(data: bytes) -> None:
    for start in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"):
        parse_directory(start + data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_header_with_bytes_turned_over_never_crashes_or_allocates(shared: Shared, data: Any) -> None:
    header = bytearray(shared[0][:HEADER])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, 700))
        header[at] = data.draw(st.integers(0, 255))
    found = parse_directory(bytes(header))
    assert found is None or found.offsets.size <= 1 << 20


def test_a_ring_of_directories_ends(shared: Shared) -> None:
    header = bytearray(shared[0][:HEADER])
    first = struct.unpack_from("<I", header, 4)[0]
    count = struct.unpack_from("<H", header, first)[0]
    struct.pack_into("<I", header, first + 2 + 12 * count, first)
    assert parse_directory(bytes(header)) is None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A file of 600 x 600 counts on a real server, and where it lies."""
    path = write_raster(tmp_path / "files" / "B04.tif", pattern(600, 600), 678_000.0, 5_148_000.0)
    HEADERS.forget()
    with serve("files", tmp_path / "files") as server:
        yield server, path
    HEADERS.forget()


WHERE = Grid(32632, 680_000.0, 5_146_000.0, 200, 200)


def read_served(server: Server, grid: Grid = WHERE) -> NDArray[Any]:
    expected = Expected((9.0, 11.0))
    return read_file(f"{server.url}/B04.tif", grid, expected, Settings(timeout_s=5, retries=1)).pixels


def test_a_second_airfield_on_a_file_asks_once_less(served: tuple[Server, Path]) -> None:
    server, _ = served
    first = read_served(server)
    asked = len(server.requests())
    assert (read_served(server) == first).all() and first.all()
    assert (asked, len(server.requests())) == (2, 3)


def test_a_file_that_was_replaced_is_read_anew_and_never_mixed(served: tuple[Server, Path]) -> None:
    server, path = served
    read_served(server)
    other = pattern(600, 600, seed=9)
    write_raster(path, other, 678_000.0, 5_148_000.0, blocksize=256)
    os.utime(path, (2e9, 2e9))
    assert (read_served(server) == other[200:400, 200:400]).all()


def test_nothing_is_told_by_a_remembered_header_alone(served: tuple[Server, Path]) -> None:
    """Beside the first file there is nothing; under the one that took its place there is."""
    server, path = served
    beside = Grid(32632, 700_000.0, 5_146_000.0, 20, 20)
    assert not read_served(server, beside).any()
    write_raster(path, pattern(600, 600), 698_000.0, 5_148_000.0)
    os.utime(path, (2e9, 2e9))
    assert read_served(server, beside).all()


def test_the_header_that_was_used_longest_ago_goes_first() -> None:
    held = Headers(2)
    for name in ("a", "b", "a", "c"):
        if held.get(name) is None:
            held.put(name, Header(b"", (name, 1), None, name))
    assert [held.get(name) is not None for name in "abc"] == [True, False, True]


@pytest.mark.parametrize("nodata", [-9999, 65536, 1.5, float("nan")])
def test_a_value_for_nothing_that_counts_cannot_be_is_gdals_to_read(shared: Shared, nodata: float) -> None:
    assert parse_directory(with_nodata(shared[0], str(nodata).encode())) is None


@pytest.mark.parametrize("text", [b"0", b"65535", b"0.0 "])
def test_whole_ones_are_read(shared: Shared, text: bytes) -> None:
    found = parse_directory(with_nodata(shared[0], text))
    assert found is not None and found.nodata == float(text)


@pytest.mark.parametrize("kind", [3, 4, 12, 16])
def test_a_value_for_nothing_of_another_type_is_gdals_to_read(shared: Shared, kind: int) -> None:
    assert parse_directory(with_nodata(shared[0], struct.pack("<Q", 4_000_000_000), kind)) is None


def with_nodata(data: bytes, value: bytes, kind: int = 2) -> bytes:
    """The header of a file that says so, in one more tag at the end of a directory of its own."""
    header = bytearray(data[:HEADER])
    first = struct.unpack_from("<I", header, 4)[0]
    count = struct.unpack_from("<H", header, first)[0]
    entries = bytes(header[first + 2 : first + 2 + 12 * count])
    number = len(value) if kind == 2 else 1
    place, at = len(header) + 512, len(header)
    inline = value.ljust(4, b"\0")[:4] if len(value) <= 4 else struct.pack("<I", place)
    entry = struct.pack("<HHI", 42113, kind, number) + inline
    directory = struct.pack("<H", count + 1) + entries + entry + b"\0" * 4
    struct.pack_into("<I", header, 4, at)
    return bytes(header) + directory.ljust(512, b"\0") + value.ljust(16, b"\0")


def test_what_a_tile_is_said_to_take_is_not_believed(shared: Shared) -> None:
    data = shared[0]
    source = Bytes(data)
    plain = open_plain(data[:HEADER], source.fetch, 2**40)
    assert plain is not None
    plain.directory.counts[:] = 900_000_000
    with pytest.raises(Damaged, match="is said to take"):
        read(plain, 0, 0, 20, 20)
    assert source.ranges == []


@pytest.mark.parametrize("first", ["other pixels", "another layout"])
def test_a_bad_file_that_is_mended_is_read(served: tuple[Server, Path], first: str) -> None:
    """What was refused once is asked for again: a process may live for years."""
    server, path = served
    options: dict[str, Any] = {"resolution": 60.0} if first == "other pixels" else {"epsg": 4326, "resolution": 0.001}
    write_raster(path, pattern(600, 600), 678_000.0, 5_148_000.0, **options)
    for _ in range(2):
        with pytest.raises(PassUnread):
            read_served(server)
    write_raster(path, pattern(600, 600), 678_000.0, 5_148_000.0)
    os.utime(path, (2e9, 2e9))
    assert (read_served(server) == pattern(600, 600)[200:400, 200:400]).all()
