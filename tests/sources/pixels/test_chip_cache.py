"""Windows kept on disk: exact, or absent."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rasters import GRID, pattern

from imagery_watch.sources.pixels.chip_cache import ChipCache

COUNTS = pattern(*GRID.shape)
ITEM = "S2A_32TPS_20230101_0_L2A"
KEY = "https://host/B04.tif\nitem\n2023"


@pytest.fixture
def cache(tmp_path: Path) -> ChipCache:
    cache = ChipCache(tmp_path / "cache")
    cache.put(ITEM, KEY, GRID, COUNTS)
    return cache


def only_file(folder: Path) -> Path:
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    return path


def test_what_was_put_comes_back(cache: ChipCache) -> None:
    known = cache.get(ITEM, KEY, GRID)
    assert known is not None and known.dtype == np.uint16
    np.testing.assert_array_equal(known, COUNTS)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_counts_and_floats_come_back_as_what_they_were(cache: ChipCache, dtype: str) -> None:
    pixels = (COUNTS / 7).astype(dtype)
    if dtype == "float32":
        pixels[3, 4:9], pixels[5] = np.nan, -0.0
    cache.put(ITEM, "VV", GRID, pixels)
    known = cache.get(ITEM, "VV", GRID)
    assert known is not None and known.dtype == np.dtype(dtype)
    assert known.tobytes() == pixels.tobytes()


def test_a_dtype_that_no_sensor_has_is_a_fault_of_ours(cache: ChipCache) -> None:
    with pytest.raises(KeyError):
        cache.put(ITEM, "VV", GRID, COUNTS.astype(np.float64))


@pytest.mark.parametrize(
    "change", [{"left": GRID.left + 10}, {"top": 0.0}, {"epsg": 32633}, {"width": 48, "height": 64}]
)
def test_another_grid_is_another_window(cache: ChipCache, change: dict[str, Any]) -> None:
    assert cache.get(ITEM, KEY, replace(GRID, **change)) is None


def test_another_key_is_another_window(cache: ChipCache) -> None:
    assert cache.get(ITEM, KEY + "4", GRID) is None


def test_keys_never_become_paths(tmp_path: Path) -> None:
    cache = ChipCache(tmp_path / "cache")
    for key in ("../../evil", "/etc/evil", "a\0b", "x" * 10_000):
        cache.put(key, key, GRID, COUNTS)
        assert cache.get(key, key, GRID) is not None
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")} == {"cache"}


DAMAGE = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "longer": lambda content: content + b"\0",
    "header only": lambda content: content[:40],
    "another format": lambda content: b"II*\0" + content[4:],
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_file_counts_as_absent(cache: ChipCache, tmp_path: Path, case: str) -> None:
    path = only_file(tmp_path)
    path.write_bytes(DAMAGE[case](path.read_bytes()))
    assert cache.get(ITEM, KEY, GRID) is None
    cache.put(ITEM, KEY, GRID, COUNTS)
    np.testing.assert_array_equal(cache.get(ITEM, KEY, GRID), COUNTS)


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_single_flipped_bit_goes_unseen(tmp_path_factory: pytest.TempPathFactory, position: float, bit: int) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = ChipCache(folder)
    cache.put(ITEM, KEY, GRID, COUNTS)
    content = bytearray(only_file(folder).read_bytes())
    content[int(position * len(content))] ^= 1 << bit
    only_file(folder).write_bytes(content)
    assert cache.get(ITEM, KEY, GRID) is None


def test_no_temporary_files_stay(cache: ChipCache, tmp_path: Path) -> None:
    cache.put(ITEM, KEY, GRID, COUNTS)
    assert only_file(tmp_path).suffix == ".chip"


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = ChipCache(tmp_path / "cache")
    cache.put(ITEM, KEY, GRID, COUNTS)
    assert cache.get(ITEM, KEY, GRID) is None


@given(room=st.integers(0, 9), spared=st.sets(st.integers(0, 3)), read=st.none() | st.integers(0, 3))
def test_what_was_not_used_for_longest_goes_first(
    tmp_path_factory: pytest.TempPathFactory, room: int, spared: set[int], read: int | None
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = ChipCache(folder)
    for number in range(4):
        for key in ("blue", "red"):
            cache.put(f"item-{number}", key, GRID, COUNTS)
            [newest] = [path for path in folder.rglob("*.chip") if path.stat().st_mtime > 1e6]
            os.utime(newest, (1000.0 + number, 1000.0 + number))
    order = [one for one in range(4) if one != read] + ([] if read is None else [read])
    if read is not None:
        assert all(cache.get(f"item-{read}", key, GRID) is not None for key in ("blue", "red"))
    size = only_size(folder)
    removed = cache.prune(room * size, {f"item-{number}" for number in spared})
    left = [number for number in range(4) for key in ("blue", "red") if kept(cache, number, key)]
    free = [number for number in order if number not in spared]
    assert removed.files == 8 - len(left) == min(max(0, 8 - room), 2 * len(free))
    assert removed.bytes == removed.files * size
    assert set(left) >= spared
    gone = {number for number in free if left.count(number) == 0}
    assert gone == set(free[: removed.files // 2])
    assert all(any(path.iterdir()) for path in folder.iterdir())


def only_size(folder: Path) -> int:
    [size] = {path.stat().st_size for path in folder.rglob("*.chip")}
    return size


def kept(cache: ChipCache, number: int, key: str) -> bool:
    return cache.get(f"item-{number}", key, GRID) is not None


def test_what_was_said_of_the_file_is_kept_with_the_window(cache: ChipCache) -> None:
    cache.put(ITEM, "told", GRID, COUNTS, etag='"a1-\u00e9"', size=123_456)
    chip = cache.recall(ITEM, "told", GRID)
    assert chip is not None and (chip.etag, chip.size) == ('"a1-\u00e9"', 123_456)
    np.testing.assert_array_equal(chip.pixels, COUNTS)


def test_a_window_that_says_nothing_of_its_file_is_as_older_versions_wrote_it(cache: ChipCache) -> None:
    chip = cache.recall(ITEM, KEY, GRID)
    assert chip is not None and (chip.etag, chip.size) == ("", None)
