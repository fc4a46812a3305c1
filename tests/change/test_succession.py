from dataclasses import replace

import pytest

from change.scenes import JET
from change.test_screen import COL, ROW, ellipse, parked, seen
from imagery_watch.change.explain import Fit, explain
from imagery_watch.change.screen import Look
from imagery_watch.change.succession import change_of_object
from imagery_watch.evaluate.inject import Placement

AIRLINER = replace(JET, aircraft="A320", fuselage_paint=0.5, wing_paint=0.45)


def looks_at(*stood: Placement) -> list[Look]:
    return [seen(parked(one), seed=seed) for seed, one in enumerate(stood)]


def fits_of(looks: list[Look]) -> list[Fit]:
    found = [fit for look in looks if (fit := explain(look, ROW, COL)) is not None]
    return sorted(found, key=lambda fit: -fit.margin)


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
    assert change_of_object(fits_of(looks), looks) == 3


@pytest.mark.parametrize("sheen", [0.96, 1.0, 1.04])
def test_the_same_aircraft_is_one_however_it_shines(sheen: float) -> None:
    brighter = replace(JET, fuselage_paint=JET.fuselage_paint * sheen, wing_paint=JET.wing_paint * sheen)
    looks = looks_at(JET, brighter, JET, brighter, JET)
    assert change_of_object(fits_of(looks), looks) is None


def test_a_wet_stand_is_no_other_aircraft() -> None:
    wet = seen(parked(JET) * (1 - 0.1 * ellipse((30, 30), 0)), seed=9)
    looks = [*looks_at(JET, JET), wet, *looks_at(JET, JET)]
    assert change_of_object(fits_of(looks), looks) is None


def test_one_look_or_one_fit_tells_of_one_object() -> None:
    looks = looks_at(JET, JET)
    fits = fits_of(looks)
    assert change_of_object(fits[:1], looks) is None
    assert change_of_object(fits, looks[:1]) is None
