"""Both metrics, batched and rounded little, are what the plain formulas give."""

import numpy as np

from change.detection.test_matched_filter import PLAIN, seen
from imagery_watch.change.detection.aircraft_templates import build_template_bank
from imagery_watch.change.detection.cutout import Cutout, make_cutout
from imagery_watch.change.detection.likelihood import CoarseLikelihood, fit_exactly, multiply_parts

PLACES = ((40, 41), (30, 35))


def plain_llr(cutout: Cutout, atom: np.ndarray, paints: tuple[float, float], *, exactly: bool) -> float:
    """Log-likelihood ratio of one shape in these paints, with their prior, in double precision."""
    hull, wings, shadow = atom.astype(float)
    predicted = paints[0] * hull + paints[1] * wings - cutout.ground * (hull + wings) - cutout.lost_light * shadow
    if exactly:
        one = cutout.whiten(np.stack([predicted, cutout.residual]).astype(np.float32)).astype(float)
        gain = one[0] @ one[1] - 0.5 * one[0] @ one[0]
    else:
        weighted = np.einsum("bcp,cp->bp", cutout.precision.astype(float), predicted)
        gain = (weighted * (cutout.residual - 0.5 * predicted)).sum()
    unusual = sum(((paint - cutout.detector.paint_mean) / cutout.detector.paint_sigma) ** 2 for paint in paints)
    return float(gain - 0.5 * unusual)


def test_the_exact_metric_is_the_plain_formula_at_the_paints_that_it_gives() -> None:
    cutout = make_cutout(seen(PLAIN * 1.02), *PLACES[0])
    atoms = np.stack([one.parts for one in build_template_bank(cutout.imaging)[::40]]).reshape(-1, 3, 361)
    llrs, hulls, wings = fit_exactly(cutout, atoms[:, 0], atoms[:, 1], atoms[:, 2])
    plain = [plain_llr(cutout, *one, exactly=True) for one in zip(atoms, zip(hulls, wings, strict=True), strict=True)]
    np.testing.assert_allclose(llrs, plain, rtol=1e-4, atol=5e-3)


def test_cutouts_together_and_alone_have_the_same_coarse_ratios() -> None:
    cutouts = [make_cutout(seen(PLAIN * 1.02), *place) for place in PLACES]
    parts = np.stack([one.parts for one in build_template_bank(cutouts[0].imaging)[::40]]).reshape(-1, 3, 361)
    atoms = multiply_parts(*(np.ascontiguousarray(parts[:, part]) for part in range(3)))
    together = CoarseLikelihood(cutouts).fit(atoms)
    alone = [CoarseLikelihood([cutout]).fit(atoms)[0] for cutout in cutouts]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=5e-3)
    paints = [(first, second) for first in np.linspace(0.05, 0.95, 37) for second in np.linspace(0.05, 0.95, 37)]
    best = max(plain_llr(cutouts[0], parts[3], one, exactly=False) for one in paints)
    assert abs(together[0, 3] - best) < 0.05 + 0.01 * abs(best)
