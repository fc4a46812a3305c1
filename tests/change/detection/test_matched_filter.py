"""One look against the empty ground: where the screen points, and what the explanation says of it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from change.scenes import BANDS, CONCRETE, JET, MIDDLE, SUN, under
from imagery_watch.change.background.noise import ACF_LAGS_PX, NoiseModel
from imagery_watch.change.background.residuals import ResidualImage, make_residual_image
from imagery_watch.change.detection.aircraft_fit import AircraftFit, fit_aircraft
from imagery_watch.change.detection.aircraft_templates import build_template_bank
from imagery_watch.change.detection.clutter_fit import fit_clutter
from imagery_watch.change.detection.cutout import make_cutout
from imagery_watch.change.detection.matched_filter import fit_paint, match_templates
from imagery_watch.model import Background
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.inject import Placement, inject

SHAPE = (112, 112)
PLAIN = np.repeat(np.array(CONCRETE, np.float32), SHAPE[0] * SHAPE[1]).reshape(4, *SHAPE)
ALL = np.ones(SHAPE, bool)
SPREAD = 0.01
CORRELATION = 0.6 * np.ones((4, 4)) + 0.4 * np.eye(4)
NOISE = NoiseModel(
    np.linalg.inv(np.linalg.cholesky(CORRELATION)).astype(np.float32),
    (tuple(0.5 ** (d**2) for d in ACF_LAGS_PX),) * 4,
    np.ones(4, np.float32),
)
ROW, COL = map(round, MIDDLE)
TYPES = ["An-26", "E175", "A320", "B737-800", "Tu-204", "Il-62M", "Il-76", "B777-200", "An-124"]


def speckle(seed: int) -> np.ndarray:
    """Noise as `NOISE` describes it."""
    rng = np.random.default_rng(seed)
    mixed = np.linalg.cholesky(CORRELATION) @ rng.normal(size=(4, SHAPE[0] * SHAPE[1]))
    smooth = np.stack([ndimage.gaussian_filter(band, 0.6) for band in mixed.reshape(4, *SHAPE)])
    return (SPREAD * smooth / smooth.std()).astype(np.float32)


def texture(seed: int = 7) -> np.ndarray:
    """Slabs of slightly different concrete, with sharp edges."""
    slabs = np.random.default_rng(seed).normal(1.0, 0.15, (14, 14)).repeat(8, axis=0).repeat(8, axis=1)
    return (PLAIN * ndimage.gaussian_filter(slabs, 0.5)).astype(np.float32)


def seen(image: np.ndarray, ground: np.ndarray = PLAIN, visible: np.ndarray = ALL, seed: int = 0) -> ResidualImage:
    spread = np.full(ground.shape, SPREAD, np.float32)
    baseline = Background(ground, spread, np.full(SHAPE, 12, np.int16))
    return make_residual_image(
        image + speckle(seed), baseline, visible, NOISE, BANDS, SUN, ALL, detector=DETECTOR, pixel_m=10.0
    )


def parked(placement: Placement) -> np.ndarray:
    return inject(PLAIN, BANDS, placement, *SUN)


def explained(look: ResidualImage) -> AircraftFit | None:
    row, col = np.unravel_index(int(np.argmax(match_templates(look))), SHAPE)
    return fit_aircraft(look, int(row), int(col))


@pytest.mark.parametrize("place", [(57.0, 57.0), (40.4, 71.7), (80.0, 30.5)])
def test_the_screen_points_at_the_aircraft(place: tuple[float, float]) -> None:
    ratio = match_templates(seen(parked(replace(JET, row=place[0], col=place[1]))))
    row, col = np.unravel_index(int(np.argmax(ratio)), SHAPE)
    assert np.hypot(row - place[0], col - place[1]) < 1.5 and ratio.max() > 50


@pytest.mark.parametrize("index", range(0, 504, 61))
def test_a_template_of_the_bank_is_found_at_its_place(index: int) -> None:
    one = build_template_bank(under(*SUN))[index]
    reach = len(one.body) // 2
    image = PLAIN.copy()
    box = np.s_[ROW - reach : ROW + reach + 1, COL - reach : COL + reach + 1]
    image[:, *box] += one.body * (0.7 - image[:, *box]) - 0.8 * one.shadow * image[:, *box]
    inner = match_templates(seen(image))[8:-8, 8:-8]  # aprons lie farther than that from the edges of a window
    row, col = np.unravel_index(int(np.argmax(inner)), inner.shape)
    assert np.hypot(row + 8 - ROW, col + 8 - COL) <= 1.5


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("heading", [20.0, 250.0])
def test_an_aircraft_is_explained_as_one(name: str, heading: float) -> None:
    fit = explained(seen(parked(replace(JET, aircraft=name, heading_deg=heading))))
    assert fit is not None and fit.llr_vs_clutter > 12.0 and fit.llr_vs_empty > fit.llr_vs_clutter
    assert np.hypot(fit.row - ROW, fit.col - COL) < 1.5
    assert fit.length_low_m < fit.length_m < fit.length_high_m


@pytest.mark.parametrize(("name", "length_m"), [("A320", 37.6), ("Il-62M", 53.1), ("B777-200", 63.7)])
def test_length_and_heading_are_measured(name: str, length_m: float) -> None:
    fits = [
        (explained(seen(parked(replace(JET, aircraft=name, heading_deg=heading)))), heading)
        for heading in (10.0, 100.0, 190.0, 280.0)
    ]
    lengths = [fit.length_m for fit, _ in fits if fit is not None]
    turns = [(fit.heading_deg - heading + 90) % 180 - 90 for fit, heading in fits if fit is not None]
    assert np.median(lengths) == pytest.approx(length_m, rel=0.2)
    assert np.median(np.abs(turns)) <= 15.0


def ellipse(sigma_m: tuple[float, float], angle: float) -> np.ndarray:
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    down, right = (rows - ROW) * 10, (cols - COL) * 10
    along, across = down * np.cos(angle) + right * np.sin(angle), right * np.cos(angle) - down * np.sin(angle)
    return np.exp(-0.5 * ((along / sigma_m[0]) ** 2 + (across / sigma_m[1]) ** 2)).astype(np.float32)


NOT_AIRCRAFT = {
    "nothing": PLAIN,
    "wet patch": PLAIN * (1 - 0.35 * ellipse((25, 15), 0.4)),
    "long wet patch": PLAIN * (1 - 0.3 * ellipse((40, 10), 1.0)),
    "oil": PLAIN * (1 - 0.3 * ellipse((12, 12), 0)),
    "bright dust": PLAIN + 0.1 * ellipse((20, 12), 0.7),
    "white vehicle": PLAIN + 0.15 * ellipse((6, 6), 0),
    "dark vehicle": PLAIN - 0.1 * ellipse((6, 6), 0),
    "red vehicle": PLAIN + np.array([-0.05, -0.04, 0.1, 0.0], np.float32)[:, None, None] * ellipse((6, 6), 0),
    "brighter everywhere": PLAIN * 1.1,
}


@pytest.mark.parametrize("case", NOT_AIRCRAFT)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_plainer_is_not_an_aircraft(case: str, seed: int) -> None:
    fit = fit_aircraft(seen(NOT_AIRCRAFT[case].astype(np.float32), seed=seed), ROW, COL)
    assert fit is None or fit.llr_vs_clutter < 3.0


@pytest.mark.parametrize("shift", [(0.4, 0.0), (0.3, -0.3), (0.0, 0.8)])
def test_ground_that_lies_a_little_off_is_not_an_aircraft(shift: tuple[float, float]) -> None:
    moved = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in texture()])
    look = seen(moved.astype(np.float32), ground=texture())
    fits = [fit_aircraft(look, row, col) for row in range(40, 73, 8) for col in range(40, 73, 8)]
    assert max((fit.llr_vs_clutter for fit in fits if fit is not None), default=0.0) < 3.0


def test_nothing_is_seen_in_what_is_hidden() -> None:
    visible = ALL.copy()
    visible[ROW - 12 : ROW + 13, COL - 12 : COL + 13] = False
    look = seen(parked(JET), visible=visible)
    assert not look.residual[:, ~visible].any() and not look.precision[:, :, ~visible].any()
    assert match_templates(look)[ROW, COL] < 5.0


def test_a_window_reaches_over_the_edge_of_the_map() -> None:
    window = make_cutout(seen(PLAIN), 0, SHAPE[1] - 1)
    assert window.residual.shape == window.ground.shape == (4, 19 * 19)
    outside = window.precision[0, 0].reshape(19, 19)
    assert not outside[:9].any() and not outside[:, 10:].any() and outside[9:, :10].all()
    assert fit_clutter(window) >= 0.0


def test_best_paint_against_a_grid_of_paints() -> None:
    rng = np.random.default_rng(0)
    linear, square, fixed = rng.normal(0, 40, 50), rng.uniform(1, 80, 50), rng.normal(0, 5, 50)
    paints = np.linspace(0.05, 0.95, 2001)[:, None]
    slow = fixed + linear * paints - 0.5 * square * paints**2 - 0.5 * (paints - 0.40) ** 2 / 0.18**2
    llr = fit_paint(*(part.astype(np.float32) for part in (linear, square, fixed)), DETECTOR)
    np.testing.assert_allclose(llr, slow.max(axis=0), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(("elevation", "reach_px"), [(60.0, 2), (30.0, 5)])
def test_only_ground_towards_the_sun_from_which_a_building_may_stand_can_lie_in_its_shadow(
    elevation: float, reach_px: int
) -> None:
    aprons = np.zeros(SHAPE, bool)
    aprons[40:70, 40:70] = True
    ground = Background(PLAIN, np.full(PLAIN.shape, SPREAD, np.float32), np.full(SHAPE, 12, np.int16))
    beside = make_residual_image(
        PLAIN, ground, ALL, NOISE, BANDS, (180.0, elevation), aprons, detector=DETECTOR, pixel_m=10.0
    ).beside_buildings
    assert beside[70 - reach_px : 70, 45:65].all()  # the sun is in the south, and so are the buildings that shade
    assert not beside[40 : 70 - reach_px - 2, 45:65].any()
