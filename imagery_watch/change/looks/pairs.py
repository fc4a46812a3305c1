"""Two looks at the same aprons, each as the ground of the other.

Where a stand is taken in nearly every look there is no empty ground to learn. The look before is then the ground of
what came, and the look after that of what left: the ground cancels. Its noise is learnt from pavement on which nothing
changed, and grows with the edges that both looks show, for these move with view, sun and registration (docs/method.md,
section 6).
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.optimize import nnls

from imagery_watch.change.background.large_scale import remove_large_scale_residual
from imagery_watch.change.background.noise import measure_noise, measure_variance_scale, source_free_mask
from imagery_watch.change.background.residuals import ResidualImage, make_residual_image
from imagery_watch.change.preprocess.stack import PreparedPass, Stack
from imagery_watch.change.robust import MAD_TO_SIGMA
from imagery_watch.model import Background
from imagery_watch.model.arrays import Floats, Image, Mask

NEAR_APRONS_PX = 20
"""Pixels around the aprons from which the noise of a pair is learnt: their own surroundings, roofs included."""
EDGE_BINS = 8
"""Classes of pixels by the strength of their edges, equally many in each."""
MIN_BIN_PIXELS = 30
"""Pixels from which a class counts."""
MIN_VARIANCE = 1e-6
"""Of one band: the square of the sensor's own noise of 0.001 (docs/method.md, section 2)."""
LEVEL_SPREAD = 0.015
"""Reflectance by which empty apron differs from look to look, before anything is known of this pair."""
MOVED_PX = (0.1, 0.35)
"""How far edges of structures move at least between two looks, in pixels, one sigma: of one orbit, and of two.

Views of two orbits differ by up to 20 degrees, which moves the edge of a roof of 10 m by 3.5 m.
"""
GLARE_SHARE = (0.05, 0.2)
"""Of what a structure is brighter than the aprons: how much its light changes, one sigma, in one orbit, and in two."""
EDGE_REACH_PX = 3
"""Edge of the square within which a pixel has the strongest edge around it: an edge that moves reaches so far."""


@dataclass(frozen=True, eq=False)
class LookPair:
    """Two looks, compared."""

    before: int
    """Index of the earlier look in the stack."""
    after: int
    came: ResidualImage = field(repr=False)
    """The later look less the earlier one."""
    gone: ResidualImage = field(repr=False)
    """The earlier look less the later one."""


class Noise(NamedTuple):
    """How much two looks at unchanged ground differ, squared."""

    flat: Floats
    """(band,): where the ground is even, reflectance squared."""
    edge: Floats
    """(band,): per squared change of brightness a pixel."""

    def spread(self, edges: Image, glare: Image, *, same_orbit: bool) -> Image:
        """(band, y, x): one sigma; `edges` and `glare` are (y, x).

        Never less at edges and on bright structures than views of one orbit, or of two, make of them.
        """
        moved = MOVED_PX[0] if same_orbit else MOVED_PX[1]
        at_edges = np.maximum(self.edge, moved**2)[:, None, None] * edges**2
        variance = (
            self.flat[:, None, None] + at_edges + (GLARE_SHARE[0] if same_orbit else GLARE_SHARE[1]) ** 2 * glare**2
        )
        return np.sqrt(variance).astype(np.float32)


def compare_looks(stack: Stack, before: int, after: int) -> LookPair | None:
    """The two looks of the stack, compared; None where no apron is seen in both."""
    one, other = stack.passes[before], stack.passes[after]
    aprons, visible = stack.apron_index >= 0, one.visible & other.visible
    if not (aprons & visible).any():
        return None
    ground = Background(one.image, np.full(one.image.shape, LEVEL_SPREAD, np.float32), np.ones(aprons.shape, np.int16))
    levelled = remove_large_scale_residual(other.image, ground, aprons, visible, stack.resolution)
    edges = np.minimum(measure_edges(one.image), measure_edges(levelled))
    near = ndimage.binary_dilation(aprons, iterations=NEAR_APRONS_PX) & visible
    noise = fit_noise(levelled - one.image, edges, near)
    same_orbit = one.scene.relative_orbit == other.scene.relative_orbit
    spread = noise.spread(edges, measure_glare(one.image, levelled, aprons & visible), same_orbit=same_orbit)
    return LookPair(
        before,
        after,
        came=_residual(stack, other, levelled, one.image, spread, visible),
        gone=_residual(stack, one, one.image, levelled, spread, visible),
    )


def measure_edges(image: Image) -> Image:
    """(y, x): the strongest change of brightness a pixel near each pixel, of an image (band, y, x)."""
    slope = np.hypot(*np.gradient(image.mean(axis=0)))
    return np.asarray(ndimage.maximum_filter(np.nan_to_num(slope), EDGE_REACH_PX), np.float32)


def measure_glare(one: Image, other: Image, aprons: Mask) -> Image:
    """(y, x): how much brighter than the aprons both looks are, somewhere near each pixel: roofs, not aircraft.

    The looks are (band, y, x); what stands in one of them alone does not count.
    """
    both = np.minimum(one.mean(axis=0), other.mean(axis=0))
    usual = float(np.median(both[aprons]))
    bright = np.nan_to_num(np.maximum(both - usual, 0.0))
    return np.asarray(ndimage.maximum_filter(bright, EDGE_REACH_PX), np.float32)


def fit_noise(difference: Image, edges: Image, where: Mask) -> Noise:
    """The noise of a difference (band, y, x) over unchanged ground, as it grows with the edges (y, x) there.

    The median of each class of edges outvotes what changed; both terms are at least zero (non-negative least squares).
    """
    strength, deviation = edges[where], np.abs(difference[:, where])
    bounds = np.quantile(strength, np.linspace(0, 1, EDGE_BINS + 1))
    classes = [(strength >= low) & (strength <= high) for low, high in pairwise(bounds)]
    classes = [one for one in classes if one.sum() >= MIN_BIN_PIXELS] or [np.ones(strength.shape, bool)]
    squares = np.array([np.mean(strength[one] ** 2) for one in classes])
    variances = np.array([(MAD_TO_SIGMA * np.median(deviation[:, one], axis=1)) ** 2 for one in classes])
    weights = 1.0 / np.maximum(variances, MIN_VARIANCE)  # each class's variance is known to a share of itself
    fitted = [
        nnls(np.column_stack([weights[:, b], squares * weights[:, b]]), variances[:, b] * weights[:, b])[0]
        for b in range(len(difference))
    ]
    flat, edge = np.array(fitted).T
    return Noise(np.maximum(flat, MIN_VARIANCE).astype(np.float32), edge.astype(np.float32))


def _residual(
    stack: Stack, item: PreparedPass, image: Image, ground: Image, spread: Image, visible: Mask
) -> ResidualImage:
    aprons, z = stack.apron_index >= 0, (image - ground) / spread
    calm = source_free_mask(z, visible & aprons)
    noise = measure_noise(z[None], calm[None])
    return make_residual_image(
        image,
        Background(ground, spread, np.ones(aprons.shape, np.int16)),
        visible,
        noise.with_variance_scale(measure_variance_scale(noise, z, calm)),
        stack.bands,
        (item.scene.sun_azimuth, item.scene.sun_elevation),
        aprons,
        detector=stack.detector,
        pixel_m=stack.resolution,
    )
