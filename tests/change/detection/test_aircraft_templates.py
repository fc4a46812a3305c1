"""The template bank's shapes, as the sensor would see them."""

from itertools import pairwise

import numpy as np
import pytest

from change.scenes import under
from imagery_watch.change.detection.aircraft_templates import (
    HEADINGS_DEG,
    LENGTHS_M,
    MEAN_PLAN,
    PLANS,
    Template,
    build_template_bank,
    redraw_template,
    vary_template,
)
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.aircraft import TYPES, footprint, parts

AIRLINERS = ["A320", "B737-800", "Tu-204", "Il-62M", "Il-76", "B777-200", "An-124"]


def template(length_m: float = 50.0, heading_deg: float = 0.0, sun: tuple[float, float] = (180.0, 45.0)) -> Template:
    found = build_template_bank(under(*sun), (MEAN_PLAN,))
    return next(one for one in found if (one.length_m, one.heading_deg) == (length_m, heading_deg))


def middle(image: np.ndarray) -> np.ndarray:
    """Metres north and east of the picture's middle, of the image's centre of mass."""
    rows, cols = np.mgrid[: len(image), : len(image)] - (len(image) - 1) / 2
    return np.array([-(rows * image).sum(), (cols * image).sum()]) / image.sum() * 10.0


def test_every_plan_length_and_heading_is_there_once() -> None:
    found = build_template_bank(under(150.0, 45.0))
    assert len(found) == len(PLANS) * len(LENGTHS_M) * len(HEADINGS_DEG)
    assert len({(one.plan, one.length_m, one.heading_deg) for one in found}) == len(found)


def test_near_suns_share_a_bank() -> None:
    assert build_template_bank(under(150.0, 45.0))[0] is build_template_bank(under(150.9, 45.4))[0]
    assert build_template_bank(under(359.5, 45.0))[0] is build_template_bank(under(0.0, 45.0))[0]
    assert build_template_bank(under(150.0, 45.0))[0] is not build_template_bank(under(155.0, 45.0))[0]


@pytest.mark.parametrize("length", LENGTHS_M)
@pytest.mark.parametrize("heading", [0.0, 45.0])
def test_body_area_grows_with_the_square_of_the_length(length: float, heading: float) -> None:
    share = template(length, heading).body.sum() * 100 / length**2
    assert share == pytest.approx(template(50.0).body.sum() * 100 / 50.0**2, rel=0.18)  # drawn at 1 m


@pytest.mark.parametrize("name", AIRLINERS)
def test_areas_are_those_of_airliners(name: str) -> None:
    aircraft = TYPES[name]
    pieces = parts(aircraft, 0.0)
    hull, wings = (footprint(pieces, wings=kind) for kind in (False, True))
    ours = [
        plain
        for plain in build_template_bank(under(180.0, 45.0))
        if plain.length_m == 50.0 and plain.heading_deg == 0.0
    ]
    scale = (aircraft.length / 50.0) ** 2 * 100
    assert any(1 / 1.6 < plain.hull.sum() * scale / hull.area < 1.6 for plain in ours)
    assert any(1 / 1.6 < plain.wings.sum() * scale / wings.difference(hull).area < 1.6 for plain in ours)


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 150.0, 240.0])
def test_the_shadow_falls_away_from_the_sun(azimuth: float) -> None:
    one = template(sun=(azimuth, 30.0))
    north, east = middle(one.shadow) - middle(one.body)
    away = np.radians(azimuth + 180.0)
    assert np.hypot(north, east) > 2.0
    assert (north * np.cos(away) + east * np.sin(away)) / np.hypot(north, east) > 0.9


def test_a_lower_sun_casts_a_longer_shadow() -> None:
    areas = [template(sun=(150.0, elevation)).shadow.sum() for elevation in (65.0, 45.0, 30.0, 20.0)]
    assert all(low > 1.1 * high for high, low in pairwise(areas))


@pytest.mark.parametrize("heading", HEADINGS_DEG[::3])
def test_the_nose_points_where_the_heading_says(heading: float) -> None:
    """The swept wings and the tail lie behind the nose, so the wings' middle of mass lies behind the hull's."""
    one = template(62.0, heading)
    turn = np.radians(heading)
    along = (middle(one.wings) - middle(one.hull)) @ (np.cos(turn), np.sin(turn))
    assert along < 0


def test_shares_are_shares() -> None:
    for one in build_template_bank(under(150.0, 25.0)):
        total = one.hull + one.wings + one.shadow
        assert min(part.min() for part in (one.hull, one.wings, one.shadow)) >= -1e-6
        assert total.max() <= 1.0 + 1e-5
        assert one.hull.shape == one.wings.shape == one.shadow.shape


def test_variants_surround_the_template() -> None:
    around = vary_template(template(50.0, 0.0))
    assert template(50.0, 0.0) in around
    assert {one.heading_deg for one in around} == {352.5, 0.0, 7.5}
    assert min(one.length_m for one in around) < 50.0 < max(one.length_m for one in around)


def test_the_same_shape_under_another_sun_differs_in_its_shadow_only() -> None:
    low = redraw_template(template(sun=(180.0, 60.0)), under(180.0, 20.0))
    cut = (len(low.body) - len(template(sun=(180.0, 60.0)).body)) // 2
    np.testing.assert_allclose(low.body[cut:-cut, cut:-cut], template(sun=(180.0, 60.0)).body, atol=1e-4)
    assert low.shadow.sum() > template(sun=(180.0, 60.0)).shadow.sum()


def test_near_infrared_loses_most_in_shadow() -> None:
    losses = DETECTOR.shadow_loss(("B02", "B03", "B04", "B08"))
    assert (np.diff(losses) > 0).all() and 0.5 < losses.min() < losses.max() < 1.0
    assert DETECTOR.shadow_loss(("unheard of",)).tolist() == pytest.approx([0.8])
