"""Two real images of one airfield, ten days and two pixels apart: nothing that is not planted is found.

Contains modified Copernicus Sentinel data 2016.
"""

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from conftest import DATA
from scipy import ndimage
from support.starts import run_imagery_watch

from change.scenes import changes
from imagery_watch.change.detect import DetectionResult, detect
from imagery_watch.change.preprocess.registration import gradient_magnitude, register
from imagery_watch.model import Areas, Grid, Registration, Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.simulate.inject import Placement, inject
from imagery_watch.sources.airfields.grids import draw_areas, grid_for
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.scenes import Reader, read_scenes

PAIR = DATA / "fehrbellin"
REPOSITORY = DATA.parents[1]
FIRST, SECOND = "S2A_20160529_T33UUU_EDBF", "S2A_20160608_T33UUU_EDBF"
SHIFT = (1.76, -0.56)
"""Rows and columns that the first must move to lie on the second, measured by phase correlation on larger windows."""
STRIP = (139.0, 152.0)
"""Row and column of the middle of the strip on the Grid."""
SUN = (157.0, 57.0)


@lru_cache(maxsize=1)
def place() -> tuple[Grid, Areas]:
    airfield = find_airfield("EDBF", shipped_dir())
    grid = grid_for(airfield, Settings().margin_m, 400.0)
    return grid, draw_areas(airfield, grid)


@lru_cache(maxsize=1)
def pair() -> tuple[Scene, Scene]:
    catalog = FileCatalog(PAIR / "items.json", SENTINEL_2)
    items = catalog.search((12.0, 52.0, 13.5, 53.5), None, None).items
    scenes = read_scenes(
        fold(items), place()[0], (12.76, 52.79), Reader(Settings(), catalog.name, catalog.local_root, SENTINEL_2)
    )
    one, two = (scene for scene in scenes if isinstance(scene, Scene))
    return one, two


def planted(scene: Scene, aircraft: Placement) -> Scene:
    return scene.with_data(inject(scene.data, scene.bands, aircraft, scene.sun_azimuth, scene.sun_elevation))


def detected(*scenes: Scene) -> DetectionResult:
    from datetime import timedelta

    return detect(scenes, place()[1], place()[0], DETECTOR, half_window=timedelta(days=180))


def command(catalog: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    words = ["run", "--aoi", REPOSITORY / "aoi" / "EDBF.geojson", "--catalog", catalog, "--out", out]
    return run_imagery_watch(*words, env={**os.environ, "OMP_NUM_THREADS": "1"})


def archive(folder: Path, later: bool, aircraft: Placement) -> Path:
    """The pair with an aircraft planted into the counts of one of them."""
    shutil.copytree(PAIR, folder)
    path = folder / f"{SECOND if later else FIRST}.tif"
    with rasterio.open(path) as source:
        profile, counts = source.profile, source.read(1)
    image = inject(counts[None].astype(np.float32) / 10_000, ("mono",), aircraft, *SUN)
    profile.update(driver="GTiff", tiled=True, blockxsize=256, blockysize=256)
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.rint(image * 10_000).astype(np.uint16))
    return folder / "items.json"


def test_the_pair_is_two_whole_scenes_of_one_band() -> None:
    for scene in pair():
        assert scene.bands == ("mono",) and scene.valid.all() and scene.scl is None and scene.offset == 0.0
        assert (scene.sun_azimuth, scene.sun_elevation) == pytest.approx(SUN, abs=4.0)


def test_run_finds_nothing_on_the_strip(tmp_path: Path) -> None:
    done = command(PAIR / "items.json", tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "hits.geojson").read_text())["features"] == []
    looks = list(csv.DictReader((tmp_path / "looks.csv").read_text().splitlines()))
    assert [look["result"] for look in looks] == ["no_change", "no_change"]
    assert all("weaker" in look["reason"] for look in looks)
    assert all((tmp_path / name).stat().st_size for name in ("run.json", "report.html"))


@pytest.mark.parametrize(("later", "kind"), [(True, "arrival"), (False, "departure")])
def test_run_finds_a_planted_aircraft(tmp_path: Path, later: bool, kind: str) -> None:
    lies_off = (0.0, 0.0) if later else SHIFT
    middle = [at + 4 - off for at, off in zip(STRIP, lies_off, strict=True)]  # files reach 4 pixels beyond the Grid
    items = archive(tmp_path / "archive", later, Placement("An-124", *middle, 100.0, 0.55, 0.40))
    done = command(items, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (hit,) = json.loads((tmp_path / "out" / "hits.geojson").read_text())["features"]
    properties = hit["properties"]
    assert properties["kind"] == kind and properties["size_class"] == "large"
    assert (properties["before_items"], properties["after_items"]) == ([FIRST], [SECOND])


@pytest.mark.parametrize("heading", [10.0, 100.0, 280.0])
@pytest.mark.parametrize("paints", [(0.70, 0.55), (0.45, 0.40)])
@pytest.mark.parametrize("later", [True, False])
def test_planted_aircraft_of_many_headings_are_found(heading: float, paints: tuple[float, float], later: bool) -> None:
    one, two = pair()
    aircraft = Placement("An-124", *STRIP, heading, *paints)
    detection = detected(one, planted(two, aircraft)) if later else detected(planted(one, aircraft), two)
    assert changes(detection) == [("arrival" if later else "departure", 0, 1)]


def test_a_white_aircraft_of_50_m_is_found_when_it_comes_from_most_directions() -> None:
    """One band and two looks: one heading in four reads as a bright oval (benchmarks/fehrbellin.py has all)."""
    one, two = pair()
    found = [
        detected(one, planted(two, Placement("Il-62M", *STRIP, h, 0.55, 0.40))) for h in (10.0, 55.0, 100.0, 190.0)
    ]
    arrived = [one for one in found if changes(one) == [("arrival", 0, 1)]]
    assert len(arrived) >= 3 and all(changes(one) == [] for one in found if changes(one) != [("arrival", 0, 1)])
    assert all(40 <= one.events[0].parked.best.fit.length_m <= 60 for one in arrived)


def registered(moving: np.ndarray, fixed: np.ndarray) -> Registration:
    whole = np.ones(fixed.shape[1:], bool)
    return register(gradient_magnitude(moving, whole), gradient_magnitude(fixed, whole), place()[1].ring, 10.0)


def test_the_shift_of_the_pair_is_the_measured_one() -> None:
    one, two = (scene.data for scene in pair())
    there, back = registered(one, two), registered(two, one)
    assert there.ok and back.ok and there.error_px < 0.15
    assert (there.rows, there.cols) == pytest.approx(SHIFT, abs=0.25)
    assert (back.rows, back.cols) == pytest.approx((-SHIFT[0], -SHIFT[1]), abs=0.25)


def moved(data: np.ndarray, shift: Sequence[float]) -> np.ndarray:
    """Moved in the Fourier domain, mirrored at its edges: exact for what the image itself resolves."""
    height, width = data.shape[1:]
    wide = np.pad(data[0], ((0, height), (0, width)), mode="symmetric")
    return np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(wide), shift)).real[None, :height, :width].astype(np.float32)


def test_known_shifts_are_recovered_to_a_tenth_of_a_pixel() -> None:
    one, two = (scene.data for scene in pair())
    draws = np.random.default_rng(20160608).uniform(-1.5, 1.5, (20, 2))
    still = registered(one, two)
    found = [registered(moved(one, shift), two) for shift in draws]
    assert all(one.ok for one in found)
    off = np.array([(f.rows - still.rows, f.cols - still.cols) for f in found]) + draws
    assert float(np.sqrt((off**2).sum(axis=1).mean())) < 0.1


@pytest.mark.parametrize("gain", [0.9, 1.1])
def test_light_and_order_of_the_pair_change_nothing(gain: float) -> None:
    one, two = pair()
    lit = two.with_data(two.data * np.float32(gain) + np.float32(0.01))
    assert changes(detected(lit, one)) == changes(detected(one, lit)) == []


def test_an_aircraft_under_pixels_that_were_not_read_is_not_found() -> None:
    one, two = pair()
    aircraft = planted(two, Placement("Il-62M", *STRIP, 100.0, 0.55, 0.40))
    data = aircraft.data.copy()
    row, col = map(round, STRIP)
    data[:, row - 8 : row + 9, col - 8 : col + 9] = np.nan
    assert changes(detected(one, aircraft.with_data(data))) == []


def test_items_are_what_they_say() -> None:
    features: list[dict[str, Any]] = json.loads((PAIR / "items.json").read_text())["features"]
    assert [feature["id"] for feature in features] == [FIRST, SECOND]
    assert sum(path.stat().st_size for path in PAIR.iterdir()) < 500_000
    assert replace(pair()[0], notes=()).item_ids == (FIRST,)
