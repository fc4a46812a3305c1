"""A file that is not what its item says: another's bytes under the right name are told before they are believed."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.rasters import GRID, make_item, pattern, write_pass, write_raster
from support.servers import Server

from imagery_watch.errors import ReadFailed
from imagery_watch.model import Scene
from imagery_watch.model.raster import Stated
from imagery_watch.reasons import ReasonCode
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.items import parse_item
from imagery_watch.sources.pixels.scenes import Reader, Unread, read_scenes
from imagery_watch.sources.pixels.stated import collect_stated

TAKEN = datetime(2023, 6, 1, 10, 17, tzinfo=UTC)
TRUE = {"proj:transform": [10, 0, GRID.left, 0, -10, GRID.top], "proj:shape": [GRID.height, GRID.width]}


@pytest.fixture
def server(range_server: Any, tmp_path: Path) -> Server:
    write_pass(tmp_path / "store", make_item())
    started: Server = range_server(tmp_path / "store")
    return started


def read(server: Server, folder: Path, words: dict[str, Any]) -> Scene | Unread:
    """The pass, its red band's asset with these words of its own."""
    item = make_item()
    item["assets"]["red"] = {**item["assets"]["red"], **words}
    settings = Settings(timeout_s=10, retries=1, cache=folder / "cache")
    acquisitions = fold([parse_item(item, server.url, SENTINEL_2)])
    (outcome,) = read_scenes(acquisitions, GRID, (11.33, 46.46), Reader(settings, server.url, None, SENTINEL_2))
    return outcome


CONTRADICTIONS = {
    "nothing": ({}, ""),
    "the truth": ({**TRUE, "proj:code": "EPSG:32632"}, ""),
    "the truth, in nine numbers": ({"proj:transform": [*TRUE["proj:transform"], 0, 0, 1]}, ""),
    "a rounded corner": ({"proj:transform": [10, 0, GRID.left + 4, 0, -10, GRID.top - 4]}, ""),
    "another corner": ({"proj:transform": [10, 0, GRID.left + 100, 0, -10, GRID.top]}, "corner is at 678000, 5148000"),
    "other pixels": ({"proj:transform": [20, 0, GRID.left, 0, -20, GRID.top]}, "in pixels of 10 m"),
    "another shape": ({"proj:shape": [GRID.width, GRID.height]}, "48 x 64 pixels where its item states 64 x 48"),
    "another zone": ({"proj:epsg": 32633}, "lies in EPSG:32632 where its item states EPSG:32633"),
    "a footprint in degrees": ({"proj:code": "EPSG:4326"}, ""),
    "another size": ({"file:size": 7}, "bytes where its item states 7"),
    "a number that no float holds": ({"proj:transform": [10, 0, 10**400, 0, -10, GRID.top]}, ""),
    "a type that is no text": ({"type": 5}, ""),
    "words that are none": ({"proj:transform": "?", "proj:shape": [1, "x"], "proj:code": "EPSG:²"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_file_is_held_against_the_words_of_its_item(server: Server, tmp_path: Path, case: str) -> None:
    words, said = CONTRADICTIONS[case]
    outcome = read(server, tmp_path, words)
    if not said:
        assert isinstance(outcome, Scene), outcome
        return
    assert isinstance(outcome, ReadFailed) and outcome.reason.code == ReasonCode.OTHER_FILE
    assert said in str(outcome) and "B04.tif" in str(outcome)


def test_a_file_that_is_older_than_the_pass_is_not_of_it(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "store" / make_item()["id"] / "B04.tif"
    assert isinstance(read(server, tmp_path, {}), Scene)
    for days, expected in ((0.5, Scene), (5, ReadFailed)):
        write_raster(path, pattern(*GRID.shape, seed=int(days)), GRID.left, GRID.top)
        then = (TAKEN - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
        outcome = read(server, tmp_path / f"{days}", {})
        assert isinstance(outcome, expected), outcome
    assert "last changed on 2023-05-27, before the pass of 2023-06-01" in str(outcome)


def test_a_true_size_is_believed(server: Server, tmp_path: Path) -> None:
    size = (tmp_path / "store" / make_item()["id"] / "B04.tif").stat().st_size
    assert isinstance(read(server, tmp_path, {"file:size": size}), Scene)


SUMS = [("1220", hashlib.sha256), ("1114", hashlib.sha1), ("1340", hashlib.sha512), ("d50110", hashlib.md5)]


@pytest.mark.parametrize(("prefix", "kind"), SUMS)
def test_a_small_file_is_held_against_its_checksum(server: Server, tmp_path: Path, prefix: str, kind: Any) -> None:
    content = (tmp_path / "store" / make_item()["id"] / "B04.tif").read_bytes()
    true, other = (prefix + kind(what).hexdigest() for what in (content, content + b"x"))
    assert isinstance(read(server, tmp_path / "true", {"file:checksum": true, "file:size": len(content)}), Scene)
    assert isinstance(read(server, tmp_path / "upper", {"file:checksum": true.upper()}), Scene)
    outcome = read(server, tmp_path / "other", {"file:checksum": other})
    assert isinstance(outcome, ReadFailed) and outcome.reason.code == ReasonCode.OTHER_FILE
    assert "sum is" in str(outcome)


@pytest.mark.parametrize("words", ["1e20" + "0" * 64, "", 7, None, "1220"])
def test_a_sum_of_a_kind_unknown_here_tells_nothing_and_half_a_one_is_none(
    server: Server, tmp_path: Path, words: Any
) -> None:
    outcome = read(server, tmp_path, {"file:checksum": words})
    assert isinstance(outcome, ReadFailed if words == "1220" else Scene)


def test_the_words_of_real_items_are_read() -> None:
    import json

    from conftest import DATA

    features = json.loads((DATA / "stac" / "earth_search_mixed.json").read_text())["features"]
    (collection_1,) = [one for one in features if one["collection"] == "sentinel-2-c1-l2a"]
    red = collection_1["assets"]["red"]
    stated = collect_stated(red, 32720, TAKEN)
    assert stated == Stated(
        32720,
        (10, 0, 600000, 0, -10, 3300040),
        (10980, 10980),
        4702862,
        TAKEN,
        red.get("file:checksum", ""),
    )
