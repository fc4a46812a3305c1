"""One clear image out of several passes."""

from collections.abc import Sequence

import numpy as np

from imagery_watch.draft.pavement import Image, Mask
from imagery_watch.model import Scene

BANDS = ("B02", "B03", "B04", "B08")
HIDDEN_CLASSES = (0, 1, 3, 8, 9, 10, 11)
"""Of Sentinel-2's scene classification: no data, defective, shadow, clouds and cirrus, snow."""


def make_composite(scenes: Sequence[Scene]) -> Image:
    """(band, y, x): the median of each pixel over the scenes in which it is seen; NaN where it is in none.

    In the order of `BANDS`, which each of the scenes has. What moves, or is parked for few passes, is not in it.
    """
    layers = []
    for scene in scenes:
        data = scene.data[[scene.bands.index(band) for band in BANDS]]
        layers.append(np.where(is_clear(scene), data, np.nan))
    stack = np.stack(layers)
    seen = np.isfinite(stack).any(axis=0)
    return np.nanmedian(np.where(seen, stack, 0.0), axis=0).astype(np.float32) + np.where(seen, 0, np.nan)


def is_clear(scene: Scene) -> Mask:
    """(y, x): valid, and of no class that hides the ground; of a scene without classes, valid."""
    return scene.valid if scene.scl is None else scene.valid & ~np.isin(scene.scl, HIDDEN_CLASSES)
