"""A shape set free explains an aircraft that the bank's plans do not, and makes no aircraft of a patch."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from change.detection.test_matched_filter import COL, ROW, SHAPE, seen
from change.scenes import BANDS, JET, SUN
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection import free_shape_fit
from imagery_watch.change.detection.aircraft_fit import AircraftFit, fit_aircraft
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.finder import fit_candidate
from imagery_watch.change.detection.free_shape_fit import FREE_SHAPE_MIN_CHI2, initial_parameters, refit_free_shape
from imagery_watch.simulate.inject import inject

ASPHALT = np.repeat(np.array((0.08, 0.09, 0.10, 0.12), np.float32), SHAPE[0] * SHAPE[1]).reshape(4, *SHAPE)


def stood(aircraft: str, speed: float = 0.0, heading: float = 30.0) -> ResidualImage:
    """In white paint on asphalt, far above the noise."""
    one = replace(JET, aircraft=aircraft, fuselage_paint=0.65, wing_paint=0.5, heading_deg=heading, speed_m_s=speed)
    return seen(inject(ASPHALT, BANDS, one, *SUN), ASPHALT)


def fit_of(look: ResidualImage) -> AircraftFit:
    found = fit_aircraft(look, ROW, COL)
    assert found is not None
    return found


@pytest.mark.parametrize("aircraft", ["Tu-95", "Il-62M", "An-124"])
def test_on_asphalt_an_aircraft_unlike_the_plans_is_told_better_by_a_free_shape(aircraft: str) -> None:
    look = stood(aircraft)
    fit = fit_of(look)
    assert fit.reduced_chi2 >= FREE_SHAPE_MIN_CHI2
    free = refit_free_shape(fit, make_cutout(look, ROW, COL))
    assert free.llr_vs_clutter > 1.2 * fit.llr_vs_clutter
    assert replace(free, llr_vs_clutter=fit.llr_vs_clutter) == fit  # of the rest it stays the bank's


def test_near_the_noise_nothing_is_set_free() -> None:
    look = stood("Il-62M")
    quiet = replace(fit_of(look), reduced_chi2=FREE_SHAPE_MIN_CHI2 - 0.01)
    assert refit_free_shape(quiet, make_cutout(look, ROW, COL)) is quiet


def test_what_a_patch_explains_far_better_is_not_set_free() -> None:
    look = stood("Il-62M")
    hopeless = replace(fit_of(look), clutter_llr=2 * fit_of(look).llr_vs_empty)
    assert refit_free_shape(hopeless, make_cutout(look, ROW, COL)) is hopeless


@pytest.mark.parametrize("bent", [0.0, 0.5, 1.0])
def test_a_patch_that_no_plan_fits_is_no_aircraft_when_set_free(bent: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_shape_fit, "FREE_SHAPE_MIN_LLR_SHARE", 0.0)
    rows, cols = (axis - middle for axis, middle in zip(np.mgrid[: SHAPE[0], : SHAPE[1]], (ROW, COL), strict=True))
    dusty = (np.hypot((rows - bent * 0.2 * cols**2) / 1.6, cols / 3.2) < 1).astype(np.float32)
    look = seen(ASPHALT + np.float32(0.12) * ndimage.gaussian_filter(dusty, 0.55), ASPHALT)
    fit = fit_of(look)
    assert fit.reduced_chi2 >= FREE_SHAPE_MIN_CHI2
    assert refit_free_shape(fit, make_cutout(look, ROW, COL)).llr_vs_clutter < 0


def test_nothing_is_set_free_where_a_building_s_shadow_falls() -> None:
    look = stood("Il-62M")
    shaded = replace(look, beside_buildings=np.ones(SHAPE, bool))
    fit = fit_of(look)
    assert (
        refit_free_shape(fit, make_cutout(shaded, ROW, COL)) is fit
        and refit_free_shape(fit, make_cutout(look, ROW, COL)) is not fit
    )


def test_what_taxies_is_still_told_from_what_is_parked() -> None:
    assert [fit.moving for fit in fit_candidate(stood("Il-76", speed=12.0), ROW, COL).fits] == [True]
    assert [fit.moving for fit in fit_candidate(stood("Il-76"), ROW, COL).fits] == [False]


def test_a_start_is_the_bank_s_own_shape() -> None:
    fit = fit_of(stood("Il-76"))
    start = initial_parameters(fit, 90.0)
    assert start.plan == fit.template.plan and np.exp(start.log_length) == pytest.approx(fit.template.length_m)
    assert start.heading == fit.heading_deg + 90.0 and max(abs(start.down), abs(start.right)) <= 0.5
