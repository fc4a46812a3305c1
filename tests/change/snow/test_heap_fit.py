"""A heap of snow is explained by a heap, an aircraft is not, and a darker one least of all."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from change.scenes import JET, MIDDLE, look_for, series
from change.snow.heaps import heap, ridge, with_snow
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import fit_aircraft
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.snow.heap_fit import Heap, draw_heaps, fit_heap
from imagery_watch.change.snow.season import compare_with_heaps
from imagery_watch.simulate.clutter import Thing
from imagery_watch.simulate.inject import Placement

LOOKS = 8


def seen_last(*there: Placement, snow: tuple[Thing, ...] = ()) -> tuple[ResidualImage, int, int]:
    """The last of some looks at the empty apron, with something in its middle, and where that is in the window."""
    scenes = series([*[[]] * (LOOKS - 1), there])
    scenes[-1] = with_snow(scenes[-1], *snow)
    found = look_for(scenes)
    image, window = found.residual_images[-1], found.stack.georeference
    assert image is not None
    return image, round(MIDDLE[0] - window.top), round(MIDDLE[1] - window.left)


@lru_cache(maxsize=1)
def empty() -> Cutout:
    return make_cutout(*seen_last())


@pytest.mark.parametrize("thing", [heap(*MIDDLE), heap(*MIDDLE, across=14.0, light=0.6), ridge()])
def test_snow_is_no_aircraft_where_heaps_are_asked(thing: Thing) -> None:
    image, row, col = seen_last(snow=(thing,))
    fit = fit_aircraft(image, row, col)
    assert fit is not None and fit.llr_vs_empty > 50
    assert compare_with_heaps(fit, image) < 4


@pytest.mark.parametrize(("aircraft", "paint"), [("Il-62M", 0.2), ("Il-62M", 0.6), ("An-124", 0.45)])
def test_large_aircraft_are_no_heaps(aircraft: str, paint: float) -> None:
    image, row, col = seen_last(replace(JET, aircraft=aircraft, fuselage_paint=paint, wing_paint=paint))
    fit = fit_aircraft(image, row, col)
    assert fit is not None
    assert 10 < compare_with_heaps(fit, image) <= fit.llr_vs_clutter


def test_empty_ground_is_no_heap() -> None:
    assert 0 <= fit_heap(empty()) < 15


@pytest.mark.parametrize(("along", "across"), [(1.0, 0.5), (3.0, 0.2), (2.0, 2.0)])
def test_a_heap_covers_the_ground_that_it_should_and_its_shadow_lies_away_from_the_sun(
    along: float, across: float
) -> None:
    cutout = empty()
    (body,), (shadow,) = draw_heaps(cutout, [Heap(0.3, -0.2, along, across, 0.4, 3.0)])
    assert body.sum() == pytest.approx(4 * along * across, rel=0.02)
    assert body.max() <= 1 and shadow.min() >= 0
    rows, cols = (axis.ravel() for axis in np.mgrid[-9:10, -9:10])
    apart = np.array([np.average(axis, weights=shadow) - np.average(axis, weights=body) for axis in (rows, cols)])
    assert apart @ np.array(cutout.shadow_direction) > 0
