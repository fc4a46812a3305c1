from dataclasses import replace

import numpy as np
import pytest

from change.detection.test_matched_filter import COL, ROW, ellipse, parked, seen
from change.scenes import JET
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.aircraft_fit import AircraftFit, fit_aircraft
from imagery_watch.change.tracking.change_point import compute_steps, find_change_point
from imagery_watch.simulate.inject import Placement

AIRLINER = replace(JET, aircraft="A320", fuselage_paint=0.5, wing_paint=0.45)


def looks_at(*stood: Placement) -> list[ResidualImage]:
    return [seen(parked(one), seed=seed) for seed, one in enumerate(stood)]


def fits_of(looks: list[ResidualImage]) -> list[AircraftFit]:
    found = [fit for look in looks if (fit := fit_aircraft(look, ROW, COL)) is not None]
    return sorted(found, key=lambda fit: -fit.llr_vs_clutter)


@pytest.mark.parametrize(
    "other",
    [
        replace(AIRLINER, heading_deg=AIRLINER.heading_deg + 80),
        replace(AIRLINER, aircraft="An-124", heading_deg=AIRLINER.heading_deg + 180),
    ],
    ids=["turned", "larger"],
)
def test_another_aircraft_is_told_from_the_one_before_it(other: Placement) -> None:
    looks = looks_at(*[AIRLINER] * 3, *[other] * 2)
    assert find_change_point(fits_of(looks), looks) == 3


@pytest.mark.parametrize("sheen", [0.96, 1.0, 1.04])
def test_the_same_aircraft_is_one_however_it_shines(sheen: float) -> None:
    brighter = replace(JET, fuselage_paint=JET.fuselage_paint * sheen, wing_paint=JET.wing_paint * sheen)
    looks = looks_at(JET, brighter, JET, brighter, JET)
    assert find_change_point(fits_of(looks), looks) is None


def test_a_wet_stand_is_no_other_aircraft() -> None:
    wet = seen(parked(JET) * (1 - 0.1 * ellipse((30, 30), 0)), seed=9)
    looks = [*looks_at(JET, JET), wet, *looks_at(JET, JET)]
    assert find_change_point(fits_of(looks), looks) is None


def test_one_look_or_one_fit_tells_of_one_object() -> None:
    looks = looks_at(JET, JET)
    fits = fits_of(looks)
    assert find_change_point(fits[:1], looks) is None
    assert find_change_point(fits, looks[:1]) is None


def test_two_that_are_much_alike_are_told_by_how_the_looks_change() -> None:
    grey, greyer = (
        replace(AIRLINER, fuselage_paint=paint, wing_paint=paint, heading_deg=AIRLINER.heading_deg + turn)
        for paint, turn in ((0.2, 0), (0.24, 90))
    )
    looks = [seen(parked(one), seed=seed) for seed, one in enumerate([grey] * 3 + [greyer] * 3)]
    assert find_change_point(fits_of(looks), looks) == 3


def test_a_step_is_one_where_nothing_changed_and_grows_with_the_looks_where_something_did() -> None:
    rng = np.random.default_rng(5)
    still = rng.normal(size=(8, 600)) + np.full(600, 0.5)
    np.testing.assert_allclose(compute_steps(still), 1.0, atol=0.25)
    changed = still + np.where(np.arange(8) >= 5, 1.0, 0.0)[:, None] * rng.normal(0, 0.7, 600)
    assert int(np.argmax(compute_steps(changed))) == 4 and compute_steps(changed)[4] > 1.5
    assert compute_steps(changed)[4] > compute_steps(changed[3:7])[1]


def test_what_alternates_is_no_step() -> None:
    rng = np.random.default_rng(6)
    shape = rng.normal(size=(2, 600))
    seen_from_two_sides = np.stack([2 * shape[number % 2] for number in range(8)]) + rng.normal(size=(8, 600))
    assert compute_steps(seen_from_two_sides).max() < 2


def test_an_object_that_shines_brighter_has_not_changed() -> None:
    rng = np.random.default_rng(7)
    shape = 3 * rng.normal(size=600)
    brighter = np.stack([shape * (1.0 if number < 4 else 1.1) for number in range(8)]) + rng.normal(size=(8, 600))
    assert compute_steps(brighter).max() < 2
