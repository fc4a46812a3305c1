"""Simulated passes, and the archive that the ordinary code reads them from."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from pystac import Item

from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.settings import Settings
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud, SimulatedPass, Weather, simulate
from imagery_watch.sources.catalogs.acquisitions import fold
from imagery_watch.sources.catalogs.stac_files import FileCatalog
from imagery_watch.sources.pixels.scenes import Reader, read_scenes

FIRST = datetime(2022, 6, 2, 10, 20, 29, tzinfo=UTC)
CLEAR = Weather(temporal_noise=0.0)
PLANE = Placement("A320", 141.2, 136.1, 205.0, 0.62, 0.45)


def a_pass(number: int = 0, weather: Weather = CLEAR, planted: tuple[Placement, ...] = ()) -> SimulatedPass:
    ground = bolzano()
    when = FIRST + timedelta(days=5 * number)
    return simulate(
        *(ground.reflectance, ground.scl, BANDS, planted, weather),
        when=when,
        platform="sentinel-2b",
        relative_orbit=22,
        sun=(148.0, 62.0),
        seed=number,
    )


@lru_cache(maxsize=1)
def passes() -> tuple[SimulatedPass, ...]:
    overcast = replace(CLEAR, clouds=(Cloud(80, 150, 20),))
    return a_pass(0), a_pass(1, planted=(PLANE,)), a_pass(2, overcast)


def scenes(path: Path) -> list[Scene]:
    catalog = FileCatalog(path, SENTINEL_2)
    items = catalog.search((11.0, 46.0, 12.0, 47.0), None, None).items
    reader = Reader(Settings(), catalog.name, catalog.local_root, SENTINEL_2)
    read = read_scenes(fold(items), bolzano().grid, (11.3, 46.5), reader)
    return [scene for scene in read if isinstance(scene, Scene)]


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    found = scenes(write_archive(passes(), BANDS, bolzano().grid, tmp_path))
    assert len(found) == len(passes())
    for scene, simulated in zip(found, passes(), strict=True):
        np.testing.assert_allclose(scene.data, simulated.reflectance, atol=0.6e-4)
        assert (scene.bands, scene.datetime, scene.platform) == (BANDS, simulated.when, "sentinel-2b")
        assert (scene.relative_orbit, scene.sun_azimuth, scene.sun_elevation) == (22, 148.0, 62.0)
        assert scene.offset == 0.0 and scene.valid.all() and scene.notes == ()
        assert scene.scl is not None
        np.testing.assert_array_equal(scene.scl[::2, ::2], simulated.scl[::2, ::2])


def test_items_are_stac_and_say_that_they_are_simulated(tmp_path: Path) -> None:
    features = json.loads(write_archive(passes(), BANDS, bolzano().grid, tmp_path).read_text())["features"]
    for feature in features:
        item = Item.from_dict(feature)
        assert set(item.assets) == {"blue", "green", "red", "nir", "scl"}
        assert item.datetime is not None and "SIMULATED" in item.properties["description"]
        west, south, east, north = item.bbox or ()
        assert 11 < west < east < 12 and 46 < south < north < 47
    assert len({feature["id"] for feature in features}) == len(features)


def test_the_same_seed_gives_the_same_pass() -> None:
    noisy = Weather()
    np.testing.assert_array_equal(a_pass(3, noisy).reflectance, a_pass(3, noisy).reflectance)
    assert not np.array_equal(a_pass(3, noisy).reflectance, a_pass(4, noisy).reflectance)


def test_the_ground_is_left_as_it_was() -> None:
    before = bolzano().reflectance
    a_pass(0, Weather(shift_px=(0.5, 0.5), haze=0.02, clouds=(Cloud(80, 150, 20),)), (PLANE,))
    np.testing.assert_array_equal(bolzano().reflectance, before)


@pytest.mark.parametrize("spread", [0.005, 0.012])
def test_ground_noise_is_what_was_asked_for(spread: float) -> None:
    left = a_pass(1, Weather(temporal_noise=spread)).reflectance - a_pass(1).reflectance
    bright = np.abs(bolzano().reflectance - 0.3) < 0.03
    assert float(left[bright].std()) == pytest.approx(spread, rel=0.3)


def test_a_cloud_is_white_classed_as_cloud_and_has_a_shadow() -> None:
    clear, clouded = passes()[0], passes()[2]
    assert clouded.scl[80, 150] == 9 and (clouded.reflectance[:, 80, 150] > 0.6).all()
    assert (clouded.scl == 3).any() and (clear.scl == bolzano().scl).all()
    shade = (clouded.scl == 3) & (clear.reflectance[3] > 0.2)
    assert float((clouded.reflectance[3] / clear.reflectance[3])[shade].mean()) < 0.85


@pytest.mark.parametrize(("gain", "haze"), [(1.1, 0.0), (1.0, 0.02), (0.9, 0.01)])
def test_gain_and_haze(gain: float, haze: float) -> None:
    hazy, clear = a_pass(0, replace(CLEAR, gain=gain, haze=haze)), a_pass(0)
    left = np.median(hazy.reflectance - gain * clear.reflectance, axis=(1, 2))
    np.testing.assert_allclose(left, haze * np.array([1.0, 0.75, 0.55, 0.3]), atol=1e-3)
