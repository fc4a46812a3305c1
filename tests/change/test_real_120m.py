"""Five real passes at 120 m: clouds, the swath's edge, and an offset that items misstate.

Contains modified Copernicus Sentinel data 2023.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from conftest import DATA

from imagery_watch.change.preprocess.cloud_mask import mask_clear_ring, mask_hidden
from imagery_watch.change.preprocess.offset_guard import guard_offsets
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.model import Areas, Expected, Grid, Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.scenes import Reader, read_scenes

GRID = Grid(32633, 574_860.0, 5_004_960.0, 96, 96, 120.0)
PIXELS = Expected(resolution_m=(100.0, 130.0), sidecars=True)
TRIAL = replace(SENTINEL_2, band_raster=PIXELS, class_raster=replace(PIXELS, nearest=True))
DAYS = (10, 13, 15, 18, 20)


@lru_cache(maxsize=1)
def scenes() -> tuple[Scene, ...]:
    catalog = FileCatalog(DATA / "s2_120m" / "items.json", SENTINEL_2)
    items = catalog.search((15.0, 45.0, 16.5, 46.1), None, None).items
    reader = Reader(Settings(), catalog.name, catalog.local_root, TRIAL)
    return tuple(scene for scene in read_scenes(fold(items), GRID, (16.0, 45.1), reader) if isinstance(scene, Scene))


def on(day: int) -> Scene:
    return scenes()[DAYS.index(day)]


def areas() -> Areas:
    index = np.full(GRID.shape, -1, np.int16)
    index[30:60, 30:60] = 0
    return Areas(("land",), index, index < 0, float((index < 0).sum()) * 0.0144)


@lru_cache(maxsize=1)
def stack() -> Stack:
    with ThreadPoolExecutor(1) as pool:
        return prepare_stack(scenes(), areas(), GRID, DETECTOR, pool)


def test_all_five_are_read() -> None:
    assert [scene.datetime.day for scene in scenes()] == list(DAYS)


def test_the_clouded_day_is_unusable_and_the_clear_one_is_seen() -> None:
    seen = {item.datetime.day: float(item.visible.mean()) for item in stack().passes}
    why = {one.scene.datetime.day: one.reason.text for one in stack().unusable}
    assert "clouded over" in why.get(10, "") or seen[10] < 0.3
    assert seen[15] > 0.8
    assert sorted([*seen, *why]) == list(DAYS)


def test_cloud_hides_what_classes_and_brightness_agree_on() -> None:
    clear, clouded = on(15), on(10)
    ring = np.ones(GRID.shape, bool)
    found = mask_hidden(clouded.data, clear.data, clouded.valid, clouded.scl, ring, GRID.resolution, blue=0, infrared=3)
    thick = (clouded.scl == 9) & (clouded.data[0] > clear.data[0] + 0.2)
    assert found[thick].mean() > 0.9 and found.mean() > 0.5


@pytest.mark.parametrize("day", [13, 18])
def test_beyond_the_swath_nothing_is_visible(day: int) -> None:
    item = next((item for item in stack().passes if item.datetime.day == day), None)
    scene = on(day)
    assert 0.1 < float((~scene.valid).mean()) < 0.5
    if item is not None:
        rows, cols = (slice(at, at + size) for at, size in zip(_corner(), item.visible.shape, strict=True))
        assert not item.visible[~scene.valid[rows, cols]].any()
    assert not mask_clear_ring(scene.scl, scene.valid)[~scene.valid].any()


def _corner() -> tuple[int, int]:
    corner = stack().georeference
    return corner.top, corner.left


def test_the_offset_guard_leaves_real_passes_alone() -> None:
    guarded = guard_offsets(scenes(), DETECTOR)
    assert all(one is two for one, two in zip(guarded, scenes(), strict=True))
    assert all(scene.offset == 0.0 for scene in scenes())  # though the items state -0.1: it was applied already


@pytest.mark.parametrize("day", [13, 15, 20])
@pytest.mark.parametrize("step", [0.1, -0.1])
def test_a_wrong_offset_is_turned_back(day: int, step: float) -> None:
    wrong = [s.with_data(s.data + np.float32(step)) if s.datetime.day == day else s for s in scenes()]
    guarded = guard_offsets(wrong, DETECTOR)
    for scene, truth in zip(guarded, scenes(), strict=True):
        np.testing.assert_allclose(scene.data, truth.data, atol=1e-6)
        assert bool(scene.notes != truth.notes) == (scene.datetime.day == day)
