"""A shape set free explains an aircraft that the dictionary's plans do not, and makes no aircraft of a patch."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from change.scenes import BANDS, JET, SUN
from change.test_screen import COL, ROW, SHAPE, seen
from imagery_watch.change import proportions
from imagery_watch.change.explain import Fit, explain
from imagery_watch.change.proportions import MISFITTING, freed, start_of
from imagery_watch.change.rows import explained
from imagery_watch.change.screen import Look
from imagery_watch.evaluate.inject import inject

ASPHALT = np.repeat(np.array((0.08, 0.09, 0.10, 0.12), np.float32), SHAPE[0] * SHAPE[1]).reshape(4, *SHAPE)


def stood(aircraft: str, speed: float = 0.0, heading: float = 30.0) -> Look:
    """In white paint on asphalt, far above the noise."""
    one = replace(JET, aircraft=aircraft, fuselage_paint=0.65, wing_paint=0.5, heading_deg=heading, speed_m_s=speed)
    return seen(inject(ASPHALT, BANDS, one, *SUN), ASPHALT)


def fit_of(look: Look) -> Fit:
    found = explain(look, ROW, COL)
    assert found is not None
    return found


@pytest.mark.parametrize("aircraft", ["Tu-95", "Il-62M", "An-124"])
def test_on_asphalt_an_aircraft_unlike_the_plans_is_told_better_by_a_free_shape(aircraft: str) -> None:
    look = stood(aircraft)
    fit = fit_of(look)
    assert fit.misfit >= MISFITTING
    free = freed(fit, look)
    assert free.margin > 1.2 * fit.margin
    assert replace(free, margin=fit.margin) == fit  # of the rest it stays the dictionary's


def test_near_the_noise_nothing_is_set_free() -> None:
    look = stood("Il-62M")
    quiet = replace(fit_of(look), misfit=MISFITTING - 0.01)
    assert freed(quiet, look) is quiet


def test_what_a_patch_explains_far_better_is_not_set_free() -> None:
    look = stood("Il-62M")
    hopeless = replace(fit_of(look), plain=2 * fit_of(look).ratio)
    assert freed(hopeless, look) is hopeless


@pytest.mark.parametrize("bent", [0.0, 0.5, 1.0])
def test_a_patch_that_no_plan_fits_is_no_aircraft_when_set_free(bent: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proportions, "PROMISING", 0.0)
    rows, cols = (axis - middle for axis, middle in zip(np.mgrid[: SHAPE[0], : SHAPE[1]], (ROW, COL), strict=True))
    dusty = (np.hypot((rows - bent * 0.2 * cols**2) / 1.6, cols / 3.2) < 1).astype(np.float32)
    look = seen(ASPHALT + np.float32(0.12) * ndimage.gaussian_filter(dusty, 0.55), ASPHALT)
    fit = fit_of(look)
    assert fit.misfit >= MISFITTING
    assert freed(fit, look).margin < 0


def test_nothing_is_set_free_where_a_building_s_shadow_falls() -> None:
    look = stood("Il-62M")
    shaded = replace(look, beside_buildings=np.ones(SHAPE, bool))
    fit = fit_of(look)
    assert freed(fit, shaded) is fit and freed(fit, look) is not fit


def test_what_taxies_is_still_told_from_what_is_parked() -> None:
    assert [fit.moving for fit in explained(stood("Il-76", speed=12.0), ROW, COL)] == [True]
    assert [fit.moving for fit in explained(stood("Il-76"), ROW, COL)] == [False]


def test_a_start_is_the_dictionary_s_own_shape() -> None:
    fit = fit_of(stood("Il-76"))
    start = start_of(fit, 90.0)
    assert start.plan == fit.template.plan and np.exp(start.log_length) == pytest.approx(fit.template.length_m)
    assert start.heading == fit.heading_deg + 90.0 and max(abs(start.down), abs(start.right)) <= 0.5
