"""Cloud is decided by scale on the apron, and by classes only around it."""

from dataclasses import replace

import numpy as np
import pytest

from change.scenes import APRON, BANDS, GRID, JET, MIDDLE, STILL, SUN, areas, classes, ground, make_scene
from imagery_watch.change.preprocess.cloud_mask import mask_clear_ring, mask_hidden, measure_snow_fraction
from imagery_watch.simulate.inject import inject
from imagery_watch.simulate.overpass import Cloud

ALL = np.ones(GRID.shape, bool)
RING = areas().ring
ROW, COL = map(round, MIDDLE)
HERE = np.s_[ROW - 4 : ROW + 5, COL - 4 : COL + 5]


def hides(image: np.ndarray, scl: np.ndarray | None = None, valid: np.ndarray = ALL) -> np.ndarray:
    return mask_hidden(image, ground(), valid, scl, RING, 10.0, blue=0, infrared=3)


def disc(row: float, col: float, diameter_m: float) -> np.ndarray:
    rows, cols = np.mgrid[: GRID.height, : GRID.width]
    return np.hypot(rows - row, cols - col) <= diameter_m / 20


def covered(row: float, col: float, diameter_m: float, brightness: float) -> np.ndarray:
    return np.where(disc(row, col, diameter_m), np.float32(brightness), ground())


@pytest.mark.parametrize("name", ["A320", "Il-62M", "B777-200", "An-124"])
@pytest.mark.parametrize("paint", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("scl", [None, classes()], ids=["no classes", "classes"])
def test_an_aircraft_is_never_hidden(name: str, paint: float, scl: np.ndarray | None) -> None:
    plane = replace(JET, aircraft=name, fuselage_paint=paint, wing_paint=paint)
    assert not hides(inject(ground(), BANDS, plane, *SUN), scl).any()


@pytest.mark.parametrize(("diameter_m", "is_hidden"), [(40, False), (60, False), (80, False), (150, True), (300, True)])
def test_what_is_wider_than_an_aircraft_is_cloud(diameter_m: float, is_hidden: bool) -> None:
    assert hides(covered(*MIDDLE, diameter_m, 0.7))[ROW, COL] == is_hidden


def test_bright_concrete_called_cloud_is_not_hidden() -> None:
    scl = classes()
    scl[APRON] = 9
    scl[50:60, 45:55] = 8
    assert not hides(ground(), scl).any()


def test_wet_asphalt_called_shadow_is_not_hidden() -> None:
    scl = classes()
    scl[APRON] = 3
    image = ground().copy()
    image[:, *APRON] *= 0.75
    assert not hides(image, scl)[APRON].any()


def test_a_shadow_is_hidden_only_where_there_is_cloud() -> None:
    shaded = np.where(disc(*MIDDLE, 200), ground() * 0.4, ground()).astype(np.float32)
    clouded = np.where(disc(90, 20, 300), np.float32(0.75), shaded)
    assert not hides(shaded)[HERE].any()
    assert hides(clouded)[HERE].all()


def test_a_cloud_as_the_simulator_makes_it() -> None:
    overcast = make_scene(0, weather=replace(STILL, clouds=(Cloud(*MIDDLE, 15),)))
    found = hides(overcast.data, overcast.scl)
    assert found[HERE].all() and not found[:20, 90:].any()


def test_a_ring_that_is_mostly_cloud_hides_the_apron_between() -> None:
    scl = classes()
    scl[20:95, 15:100] = 9
    scl[APRON] = 5
    assert hides(ground(), scl)[HERE].all()
    assert not hides(ground(), None)[HERE].any()


def test_invalid_pixels_are_hidden() -> None:
    valid = ALL.copy()
    valid[40:50, 40:50] = False
    image = np.where(valid, ground(), np.float32(np.nan))
    np.testing.assert_array_equal(hides(image, classes(), valid), ~valid)


CODES = [(0, True), (2, True), (3, False), (4, True), (5, True), (6, True), (7, True), (8, False), (9, False)]
CODES += [(10, False), (11, False)]


@pytest.mark.parametrize(("code", "is_clear"), CODES)
def test_classes_on_the_ring(code: int, is_clear: bool) -> None:
    scl = np.full(GRID.shape, code, np.uint8)
    assert mask_clear_ring(scl, ALL).all() == is_clear
    assert not mask_clear_ring(scl, ~ALL).any()


def test_without_classes_what_is_valid_is_clear() -> None:
    valid = np.random.default_rng(0).random(GRID.shape) < 0.5
    np.testing.assert_array_equal(mask_clear_ring(None, valid), valid)


def test_snow_is_counted_on_the_ring() -> None:
    scl = classes()
    scl[RING] = 11
    assert measure_snow_fraction(scl, RING) == 1.0
    assert measure_snow_fraction(classes(), RING) == 0.0
    assert measure_snow_fraction(None, RING) == 0.0
    assert measure_snow_fraction(scl, ~ALL) == 0.0
