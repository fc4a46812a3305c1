"""The change statistics that the detector is compared with: what a practitioner would otherwise use on these passes.

All get the same registered, normalised passes as the detector, and all end alike: their map for each pass is averaged
over 3 x 3 pixels, and its strongest maxima on the aprons become proposals.

Two compare a pass with an earlier one, and IR-MAD does so too; RX and the matched filter compare it with the empty
ground. What these two show in a pass is an object, not a change: theirs is the absolute difference between the square
roots of their statistic in two passes, so that an aircraft that comes or goes is a change and one that stays is none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, ndimage, special

from imagery_watch.change.background.estimator import SPREAD_FLOOR
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.preprocess.stack import PreparedPass, Stack
from imagery_watch.change.robust import MAD_TO_SIGMA, nan_median
from imagery_watch.sensors.sentinel2.detector import DETECTOR

AVERAGED_PX = 3
"""An aircraft of 30 m covers about 3 x 3 pixels and noise does not: the mean over as many is what tells them apart."""
MIN_APART_M = 40.0
"""Nearer maxima are parts of one object."""
MAX_PROPOSALS = 60
"""For each pass."""
MAX_ITERATIONS = 50
SETTLED = 1e-3
"""Canonical correlations that move by less have settled; public IR-MAD codes stop at this, or after 50 iterations."""
RIDGE = 1e-8
"""Added to correlations of bands: equal bands, or equal passes, have no inverse without it."""
PIXELS_PER_BAND = 20
"""Fewer than this, and a covariance of bands is not worth having."""
CALM = 4.0
"""In spreads: pixels nearer to their median count towards the covariance of bands in RX."""
CALM_RIDGE = 0.01
"""Of a spread squared."""

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Values = NDArray[np.float64]
Maps = list[Image]
"""(y, x) for each pass over the window; NaN where nothing can be said."""


@dataclass(frozen=True)
class Proposal:
    """A place where a peer sees a change between a pass and the latest earlier one that could see it."""

    look: int
    """The later pass, as an index in the stack."""
    row: float
    """Centre of the change in the window, in pixels."""
    col: float
    score: float
    """In the peer's own unit: comparable between passes, not between peers."""


Peer = Callable[[Stack, list[ResidualImage | None]], list[Proposal]]


def pairwise_difference(stack: Stack, _looks: list[ResidualImage | None]) -> list[Proposal]:
    """Mean over bands of |x_t - x_prev|, reflectance; x_prev is each pixel's latest earlier visible value."""
    changes = [np.abs(item.image - before).mean(axis=0) for item, before, _ in _with_earlier(stack)]
    return strongest([averaged(change) for change in changes], stack)


def change_vectors(stack: Stack, _looks: list[ResidualImage | None]) -> list[Proposal]:
    """Change vector analysis: the length over bands of x_t - x_prev, reflectance (Malila, LARS Symposia 1980)."""
    changes = [np.sqrt(((item.image - before) ** 2).sum(axis=0)) for item, before, _ in _with_earlier(stack)]
    return strongest([averaged(change) for change in changes], stack)


def reweighted_mad(stack: Stack, _looks: list[ResidualImage | None]) -> list[Proposal]:
    """IR-MAD: sum of the squared standardised MAD variates of a pass and the earlier one, in noise variances.

    Larger than chi-square even where nothing changed, for the weights favour the quietest pixels; the order is what
    counts here.

    Where clouds leave pixels of a pass with different earlier passes, each of these pairs is fitted by itself.
    """
    return strongest([averaged(change) for change in irmad_maps(stack)], stack)


def rx(stack: Stack, _looks: list[ResidualImage | None]) -> list[Proposal]:
    """Change of the root of RX between a pass and the earlier one, in spreads (Reed & Yu, IEEE ASSP 38 (1990) 1760).

    RX is the Mahalanobis distance to the median of all the other passes: an aircraft stands out in every pass it is in,
    so only the difference of two passes is a change. The 3 x 3 mean is of the square, before the root.
    """
    return strongest(transitions([np.sqrt(averaged(square)) for square in rx_maps(stack)]), stack)


def matched_filter(stack: Stack, looks: list[ResidualImage | None]) -> list[Proposal]:
    """Change of the root of the whitened matched filter's response between a pass and the earlier one.

    The filter is the detector's own screen, without the hypotheses that the detector then tests: the response is the
    log-likelihood ratio of the best template against the empty ground, of which nothing below 0 is kept. An aircraft is
    in the response of every pass it stands in, so only the difference of two passes is a change.
    """
    responses = [_response(look, stack.apron_index.shape) for look in looks]
    return strongest(transitions([np.sqrt(averaged(response)) for response in responses]), stack)


PEERS: dict[str, Peer] = {
    "pairwise difference": pairwise_difference,
    "CVA": change_vectors,
    "IR-MAD": reweighted_mad,
    "RX on median/MAD": rx,
    "matched filter": matched_filter,
}


def averaged(image: Image) -> Image:
    """(y, x): mean over those of 3 x 3 pixels that are not NaN; NaN stays NaN, so nothing is said of hidden pixels."""
    known = np.isfinite(image)
    total = ndimage.uniform_filter(np.where(known, image, 0.0), AVERAGED_PX, mode="constant")
    share = ndimage.uniform_filter(known.astype(np.float64), AVERAGED_PX, mode="constant")
    # the filter's running sums may leave a mean of small squares a rounding error below 0, where it has no root
    mean = np.maximum(total, 0.0) / np.maximum(share, 1.0 / AVERAGED_PX**2)
    return np.where(known, mean, np.nan).astype(np.float32)


def transitions(levels: Sequence[Image]) -> Maps:
    """How far each pass is from the latest earlier one in which the pixel had a level; NaN where there is none."""
    if not levels:
        return []
    changes: Maps = []
    before = np.full_like(levels[0], np.nan)
    for level in levels:
        changes.append(np.abs(level - before))
        before = np.where(np.isfinite(level), level, before)
    return changes


def strongest(changes: Sequence[Image], stack: Stack) -> list[Proposal]:
    """The local maxima of each pass's map on the aprons, at least 40 m apart; at most 60 a pass, strongest first."""
    aprons, apart_px = stack.apron_index >= 0, MIN_APART_M / stack.resolution
    return [
        Proposal(index, float(row), float(col), float(change[row, col]))
        for index, change in enumerate(changes)
        for row, col in _apart(_maxima(change, aprons), apart_px)
    ]


def _maxima(change: Image, aprons: Mask) -> NDArray[np.intp]:
    """(place, 2): row and column of the local maxima on aprons, strongest first.

    What lies beside the apron is compared too: the flank of a change on the grass is no maximum.
    """
    known = np.where(np.isfinite(change), change, -np.inf)
    highest = ndimage.maximum_filter(known, AVERAGED_PX, mode="nearest")
    places = np.argwhere(aprons & (known > 0) & (known == highest))
    return places[np.argsort(-known[tuple(places.T)], kind="stable")]


def _apart(places: NDArray[np.intp], apart_px: float) -> list[tuple[int, int]]:
    """The first of the places, then the first of those far enough from it, and so on."""
    kept: list[tuple[int, int]] = []
    while len(places) and len(kept) < MAX_PROPOSALS:
        kept.append((int(places[0, 0]), int(places[0, 1])))
        places = places[np.hypot(*(places - places[0]).T) >= apart_px]
    return kept


def _with_earlier(stack: Stack) -> Iterator[tuple[PreparedPass, Image, NDArray[np.int16]]]:
    """Each pass, how each pixel last looked before (NaN if never seen), and in which pass that was (-1 if in none)."""
    before = np.full((len(stack.bands), *stack.apron_index.shape), np.nan, np.float32)
    source = np.full(stack.apron_index.shape, -1, np.int16)
    for index, item in enumerate(stack.passes):
        yield item, before, source
        before = np.where(item.visible, item.image, before)
        source = np.where(item.visible, np.int16(index), source)


def irmad_maps(stack: Stack) -> Maps:
    """The IR-MAD statistic of each pass and the earlier one; each pair is fitted on all pixels that both could see."""
    maps: Maps = []
    for item, _, source in _with_earlier(stack):
        statistic = np.full(source.shape, np.nan, np.float32)
        for index in np.unique(source[item.visible & (source >= 0)]):
            earlier = stack.passes[index]
            both = earlier.visible & item.visible
            wanted = item.visible & (source == index)
            statistic[wanted] = irmad(earlier.image[:, both], item.image[:, both])[wanted[both]]
        maps.append(statistic)
    return maps


def irmad(first: NDArray[np.floating], second: NDArray[np.floating]) -> Values:
    """(pixel,): sum of squared standardised MAD variates of two images, (band, pixel) each; NaN of too few pixels.

    Iteratively reweighted by the probability of no change until the canonical correlations settle (Nielsen, IEEE Trans.
    Image Processing 16 (2007) 463-478). Gains and offsets of single bands, in either image, change nothing.
    """
    bands, pixels = first.shape
    enough = PIXELS_PER_BAND * bands
    if pixels < enough:
        return np.full(pixels, np.nan)
    both = np.concatenate([first, second]).astype(np.float64)
    weights, before = np.ones(pixels), np.zeros(bands)
    for _ in range(MAX_ITERATIONS):
        statistic, correlations = mad(both[:bands], both[bands:], weights)
        weights = special.chdtrc(bands, statistic)
        # weights that gather on a few pixels say nothing of the others
        if np.abs(correlations - before).max() < SETTLED or weights.sum() < enough:
            break
        before = correlations
    return statistic


def mad(first: Values, second: Values, weights: Values) -> tuple[Values, Values]:
    """One step of IR-MAD: the statistic (pixel,), and the canonical correlations (band,), largest first.

    The canonical variates of the generalised eigenproblem, by whitening each image and a singular value decomposition:
    that gives the correlations themselves, not their squares, and variates that are signed alike.
    """
    bands = len(first)
    both = np.concatenate([first, second])
    both = both - (both @ weights / weights.sum())[:, None]
    covariance = (both * weights) @ both.T / weights.sum()
    scale = np.sqrt(np.diag(covariance))
    scale[scale < 1e-9] = 1.0  # a band without any contrast
    joint = covariance / np.outer(scale, scale) + RIDGE * np.eye(2 * bands)
    whiteners = [_whitener(joint[:bands, :bands]), _whitener(joint[bands:, bands:])]
    left, correlations, right = linalg.svd(whiteners[0] @ joint[:bands, bands:] @ whiteners[1].T)
    correlations = np.clip(correlations, 0.0, 1.0 - RIDGE)
    both /= scale[:, None]
    variates = (left.T @ whiteners[0]) @ both[:bands] - (right @ whiteners[1]) @ both[bands:]
    return (variates**2 / (2 * (1 - correlations))[:, None]).sum(axis=0), correlations


def _whitener(correlation: Values) -> Values:
    """(band, band): inverse Cholesky factor."""
    lower = linalg.cholesky(correlation, lower=True)
    inverse: Values = linalg.solve_triangular(lower, np.eye(len(lower)), lower=True)
    return inverse


def rx_maps(stack: Stack) -> Maps:
    """Squared Mahalanobis distance of each pass to the other passes' median; spreads squared."""
    if len(stack.passes) < 2:
        return []
    images, aprons = np.stack([item.image for item in stack.passes]), stack.apron_index >= 0
    return [mahalanobis(departure(images, index, aprons), aprons) for index in range(len(images))]


def departure(images: Image, index: int, aprons: Mask) -> Image:
    """(band, y, x): one of the images (time, band, y, x) less the median of the others, over their 1.4826 MAD.

    No spread is taken below 0.7 of what is usual on the aprons, or the detector's least noise: the MAD of a few passes
    may be near 0 by chance. The detector's own spread has the same floors.
    """
    others = np.delete(images, index, axis=0)
    usual = nan_median(others)
    spread = MAD_TO_SIGMA * nan_median(np.abs(others - usual))
    floor = np.fmax(SPREAD_FLOOR * nan_median(spread[:, aprons].T), DETECTOR.min_noise)
    z: Image = (images[index] - usual) / np.maximum(spread, floor[:, None, None])
    return z.astype(np.float32)


def mahalanobis(z: Image, where: Mask) -> Image:
    """(y, x): squared distance of z (band, y, x) from the mean of its calm pixels `where`, by their covariance."""
    bands = len(z)
    samples = z[:, where & (np.abs(z) < CALM).all(axis=0)].astype(np.float64)
    mean, covariance = np.zeros(bands), np.eye(bands)
    if samples.shape[1] >= PIXELS_PER_BAND * bands:
        mean, covariance = samples.mean(axis=1), np.cov(samples).reshape(bands, bands) + CALM_RIDGE * np.eye(bands)
    centred = z - mean[:, None, None]
    weighted = np.tensordot(np.linalg.inv(covariance), centred, axes=1)
    distance: Values = (centred * weighted).sum(axis=0)
    return distance.astype(np.float32)


def _response(look: ResidualImage | None, shape: tuple[int, ...]) -> Image:
    """(y, x): the screen's log-likelihood ratio, not below 0; NaN where the look could not see, or there is none."""
    if look is None:
        return np.full(shape, np.nan, np.float32)
    seen = np.isfinite(look.spread).all(axis=0)
    return np.where(seen, np.maximum(match_templates(look), 0.0), np.nan).astype(np.float32)
