"""Bytes from afar: every fault is retried, or named; none becomes a number."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3
from support.rasters import pattern, write_raster
from support.servers import Server, serve

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Grid
from imagery_watch.sensors.sentinel2.sensor import BAND
from imagery_watch.settings import Settings
from imagery_watch.sources.network.pools import LONGEST_WAIT_S, PatientRetry
from imagery_watch.sources.pixels.hrefs import check_href, public_name
from imagery_watch.sources.pixels.windows import read_window

QUICK = Settings(timeout_s=0.5, retries=1)
GRID = Grid(32632, 680_000.0, 5_146_000.0, 200, 200)
COUNTS = pattern(600, 600)
LEFT, TOP = 678_000.0, 5_148_000.0
EXPECTED = COUNTS[200:400, 200:400]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One scene as a compressed COG and as a raw GeoTIFF: raw bytes betray no damage by themselves."""
    folder = tmp_path_factory.mktemp("remote")
    write_raster(folder / "scene" / "B04.tif", COUNTS, LEFT, TOP)
    write_raster(folder / "scene" / "raw.tif", COUNTS, LEFT, TOP, driver="GTiff", tiled=True, blockxsize=128,
                 blockysize=128)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def fault_process(folder: Path) -> Iterator[Server]:
    with serve("faults", folder) as server:
        yield server


@pytest.fixture
def faults(fault_process: Server) -> Server:
    """The server of scripted faults, with its counts at zero."""
    fault_process.forget()
    return fault_process


RECOVERS = ["plain", "busy:1", "late/busy:1", "cut:1", "late/cut:1"]


@pytest.mark.parametrize("mode", RECOVERS)
@pytest.mark.parametrize("name", ["B04.tif", "raw.tif"])
def test_a_passing_fault_is_got_over(faults: Server, mode: str, name: str) -> None:
    url = f"{faults.url}/{mode}/scene/{name}"
    np.testing.assert_array_equal(read_window(url, GRID, BAND, QUICK), EXPECTED)


FAILS = {
    "code:400": "HTTP 400",
    "code:401": "HTTP 401",
    "code:403": "HTTP 403",
    "code:416": "HTTP 416",
    "code:429": "HTTP 429",
    "code:500": "HTTP 500",
    "busy:99": "HTTP 503",
    "whole": "ignores ranges",
    "html": "a page instead of the file",
    "redirect": "HTTP 302",
    "cut:99": "connection broke",
    "short": "bytes where",
    "empty": "0 bytes where",
    "shifted": "another range",
    "unnamed": "another range",
    "stall": "did not deliver",
    "drip": "did not come in time",
}


@pytest.mark.parametrize("mode", FAILS)
def test_a_lasting_fault_is_a_failed_read(faults: Server, mode: str) -> None:
    """What is said of it; that it is none at other moments and in other files is held by `tests/faults/`."""
    url = f"{faults.url}/late/{mode}/scene/B04.tif?sig=CANARY"
    started = time.monotonic()
    with pytest.raises(ReadFailed, match=FAILS[mode]) as caught:
        read_window(url, GRID, BAND, QUICK)
    assert time.monotonic() - started < 20
    assert "scene/B04.tif" in str(caught.value) and "CANARY" not in str(caught.value)


@pytest.mark.parametrize("mode", ["code:404", "late/code:404", "code:410"])
def test_a_missing_file_is_tried_again(faults: Server, mode: str) -> None:
    with pytest.raises(ReadFailed, match="not on the server"):
        read_window(f"{faults.url}/{mode}/scene/B04.tif", GRID, BAND, QUICK)


@pytest.mark.parametrize("mode", ["page206", "zeros"])
def test_a_page_or_nothing_in_place_of_the_header_is_tried_again(faults: Server, mode: str) -> None:
    with pytest.raises(ReadFailed, match="no image format known here"):
        read_window(f"{faults.url}/{mode}/scene/B04.tif", GRID, BAND, QUICK)


@pytest.mark.parametrize("mode", ["late/page206", "late/zeros", "late/shifted", "late/packed", "changed"])
def test_other_bytes_in_place_of_the_pixels_are_a_failed_read(faults: Server, mode: str) -> None:
    with pytest.raises(ReadFailed):
        read_window(f"{faults.url}/{mode}/scene/B04.tif", GRID, BAND, QUICK)


def test_zeros_in_place_of_raw_pixels_are_no_data_never_a_dark_ground(faults: Server) -> None:
    counts = read_window(f"{faults.url}/late/zeros/scene/raw.tif", GRID, BAND, QUICK)
    assert ((counts == 0) | (counts == EXPECTED)).all()


def test_a_failure_is_forgotten_by_the_next_attempt_in_the_same_process(faults: Server) -> None:
    url = f"{faults.url}/busy:1/scene/B04.tif"
    once = Settings(timeout_s=0.5, retries=0)
    with pytest.raises(ReadFailed, match="HTTP 503"):
        read_window(url, GRID, BAND, once)
    np.testing.assert_array_equal(read_window(url, GRID, BAND, once), EXPECTED)


def test_retry_after_is_honoured(faults: Server) -> None:
    url = f"{faults.url}/busy:2/scene/B04.tif"
    started = time.monotonic()
    read_window(url, GRID, BAND, Settings(timeout_s=0.5, retries=2))
    assert time.monotonic() - started >= 2.0


def test_a_refusing_port_is_a_failed_read() -> None:
    with pytest.raises(ReadFailed, match="did not deliver"):
        read_window("http://127.0.0.1:9/scene/B04.tif", GRID, BAND, QUICK)


def test_a_redirect_is_not_followed(faults: Server) -> None:
    with pytest.raises(ReadFailed):
        read_window(f"{faults.url}/redirect/scene/B04.tif", GRID, BAND, QUICK)
    assert [seen.path for seen in faults.requests()] == ["/redirect/scene/B04.tif"]


@pytest.mark.parametrize("same_name", [False, True], ids=["other names", "one name"])
def test_parallel_reads_do_not_mix(range_server: Any, tmp_path: Path, same_name: bool) -> None:
    """32 files at once, also where all are called the same but for a folder further up."""
    names = [f"{number}/scene/B04.tif" if same_name else f"scene/{number}.tif" for number in range(32)]
    for number, name in enumerate(names):
        write_raster(tmp_path / name, np.full((300, 300), number + 1, np.uint16), GRID.left, GRID.top)
    server = range_server(tmp_path)
    with ThreadPoolExecutor(32) as pool:
        for _ in range(3):
            reads = list(pool.map(lambda name: read_window(f"{server.url}/{name}", GRID, BAND, Settings()), names))
            assert [set(np.unique(counts)) for counts in reads] == [{number + 1} for number in range(32)]


def test_parallel_faults_stay_with_their_own_file(faults: Server) -> None:
    modes = ["plain", "late/code:403", "code:404", "late/cut:99", "late/zeros"] * 8

    def outcome(mode: str) -> str:
        try:
            counts = read_window(f"{faults.url}/{mode}/scene/B04.tif", GRID, BAND, Settings(timeout_s=5, retries=1))
        except (ReadFailed, PassRefused) as error:
            return type(error).__name__
        return "right" if (counts == EXPECTED).all() else "WRONG"

    with ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(outcome, modes))
    assert outcomes == ["right", "ReadFailed", "ReadFailed", "ReadFailed", "ReadFailed"] * 8


CATALOG = "https://stac.example.org/v1"
HREFS = {
    "https": ("https://data.example.com/B04.tif", ""),
    "https with a signature": ("https://data.example.com/B04.tif?sig=x", ""),
    "http to this machine": ("http://127.0.0.1:8000/B04.tif", ""),
    "http to this machine, version 6": ("http://[::1]:8000/B04.tif", ""),
    "http to localhost": ("http://localhost/B04.tif", ""),
    "http to the catalogue's host": ("http://stac.example.org/B04.tif", ""),
    "http to elsewhere": ("http://data.example.com/B04.tif", "plain http"),
    "http to a metadata service": ("http://169.254.169.254/latest", "plain http"),
    "http to a name like this machine": ("http://localhost.example.com/B04.tif", "plain http"),
    "http with a user like this machine": ("http://127.0.0.1@data.example.com/B04.tif", "plain http"),
    "a broken address": ("https://[::1/B04.tif", "not a usable URL"),
    "s3": ("s3://bucket/B04.tif", "s3:// is not read"),
    "ftp": ("ftp://host/B04.tif", "ftp:// is not read"),
    "vrt": ("vrt://B04.tif", "vrt:// is not read"),
    "inside": ("{root}/B04.tif", ""),
    "inside, the long way": ("{root}/a/../B04.tif", ""),
    "inside, as file": ("file://{root}/B04.tif", ""),
    "missing": ("{root}/B99.tif", "not there"),
    "a folder": ("{root}", "not there"),
    "outside": ("{root}/../secret.tif", "outside the catalogue's folder"),
    "outside, as file": ("file:///etc/passwd", "outside the catalogue's folder"),
    "outside, by symlink": ("{root}/link.tif", "outside the catalogue's folder"),
    "a folder of a name that begins the same": ("{root}-other/secret.tif", "outside the catalogue's folder"),
    "gdal's own": ("/vsicurl/http://127.0.0.1/B04.tif", "outside the catalogue's folder"),
    "gdal's own in a folder": ("GTIFF_DIR:1:{root}/B04.tif", "is not read"),
    "nothing": ("", "outside the catalogue's folder"),
    "a null byte": ("{root}/\0", "not a usable path"),
    "too long": ("{root}/" + "x" * 5000, "not a usable path"),
}


@pytest.mark.parametrize("case", HREFS)
def test_what_may_be_read(tmp_path: Path, case: str) -> None:
    root = tmp_path / "root"
    for path in (root / "B04.tif", tmp_path / "secret.tif", tmp_path / "root-other" / "secret.tif"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    (root / "link.tif").symlink_to(tmp_path / "secret.tif")
    href, reason = HREFS[case]
    href = href.format(root=root)
    if not reason:
        assert check_href(href, root, CATALOG) in (href, str(root / "B04.tif"))
        return
    with pytest.raises(PassRefused, match=reason):
        check_href(href, root, CATALOG)


def test_a_store_that_is_not_open_is_tried_again_where_the_catalogue_is_not_the_users_own() -> None:
    with pytest.raises(ReadFailed, match="another --catalog may have it") as caught:
        check_href("s3://sentinel-s2-l2a/tiles/32/T/PS/B04.jp2", None, CATALOG)
    assert caught.value.reason.code == "not_open"


def test_a_remote_catalogue_names_no_local_file(tmp_path: Path) -> None:
    (tmp_path / "B04.tif").write_bytes(b"x")
    for href in (str(tmp_path / "B04.tif"), f"file://{tmp_path}/B04.tif"):
        with pytest.raises(PassRefused, match="local path in a remote catalogue"):
            check_href(href, None, CATALOG)


NAMES = [
    ("https://host/a/b/c/B04.tif?sig=CANARY", "c/B04.tif"),
    ("/home/someone/archive/item/B04.tif", "item/B04.tif"),
    ("https://user:CANARY@host/B04.tif", "B04.tif"),
    ("", "asset"),
]


@pytest.mark.parametrize(("href", "expected"), NAMES)
def test_names_in_messages_hold_no_secret(href: str, expected: str) -> None:
    assert public_name(href) == expected


@pytest.mark.parametrize("mode", ["late/code:403", "late/cut:99", "late/short", "late/zeros", "late/stall"])
def test_a_fault_under_a_resampled_window_is_a_failed_read(faults: Server, mode: str) -> None:
    off_the_pixels = Grid(32632, GRID.left + 3.0, GRID.top, GRID.width, GRID.height)
    with pytest.raises(ReadFailed):
        read_window(f"{faults.url}/{mode}/scene/B04.tif", off_the_pixels, BAND, QUICK)


@pytest.mark.parametrize(("asked", "waited"), [(None, None), ("0", 0), ("7", 7), ("86400", LONGEST_WAIT_S)])
def test_a_pause_that_a_server_asks_for_has_an_end(asked: str | None, waited: float | None) -> None:
    answer = urllib3.HTTPResponse(headers={} if asked is None else {"Retry-After": asked}, status=503)
    assert PatientRetry(total=1).get_retry_after(answer) == waited
