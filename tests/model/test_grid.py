"""Where: edges and centres of pixels."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery_watch.model import Areas, Grid, Scene

GRID = Grid(32632, 678_000.0, 5_148_000.0, 64, 48)
PLACES = st.floats(-1000, 1000)


def test_shape_and_bounds() -> None:
    assert GRID.shape == (48, 64) and GRID.crs == "EPSG:32632"
    assert GRID.bounds == (678_000.0, 5_147_520.0, 678_640.0, 5_148_000.0)
    assert GRID.area_km2 == pytest.approx(0.3072)


@pytest.mark.parametrize(
    ("row", "col", "x", "y"),
    [(0, 0, 678_005, 5_147_995), (-0.5, -0.5, 678_000, 5_148_000), (47.5, 63.5, 678_640, 5_147_520)],
)
def test_whole_numbers_are_centres(row: float, col: float, x: float, y: float) -> None:
    assert GRID.xy(row, col) == (x, y)
    assert GRID.rowcol(x, y) == (row, col)


@given(row=PLACES, col=PLACES, resolution=st.sampled_from([10.0, 20.0, 120.0]))
def test_there_and_back(row: float, col: float, resolution: float) -> None:
    grid = Grid(32632, 678_000.0, 5_148_000.0, 64, 48, resolution)
    assert grid.rowcol(*grid.xy(row, col)) == pytest.approx((row, col), abs=1e-6)


@given(row=PLACES, col=PLACES)
def test_the_transform_speaks_of_corners(row: float, col: float) -> None:
    assert GRID.transform @ (col + 0.5, row + 0.5) == pytest.approx(GRID.xy(row, col))


def test_the_outer_corners_are_the_bounds() -> None:
    left, bottom, right, top = GRID.bounds
    assert GRID.transform @ (0, 0) == (left, top)
    assert GRID.transform @ (GRID.width, GRID.height) == (right, bottom)


def test_aprons_are_where_there_is_an_index() -> None:
    index = np.array([[-1, 0], [1, -1]], np.int16)
    areas = Areas(("a", "b"), index, index < 0, 2e-4)
    np.testing.assert_array_equal(areas.aprons, [[False, True], [True, False]])


def scene() -> Scene:
    data = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    when = datetime(2023, 6, 1, tzinfo=UTC)
    return Scene("p", ("i",), when, "sentinel-2a", 22, ("B02", "B08"), data, np.ones((2, 2), bool), None, 150, 45)


def test_a_scene_with_other_pixels_is_valid_where_all_bands_are() -> None:
    data = scene().data.copy()
    data[1, 0, 1] = np.nan
    other = scene().with_data(data, "one", "two")
    np.testing.assert_array_equal(other.valid, [[True, False], [True, True]])
    assert other.notes == ("one", "two") and scene().notes == ()
