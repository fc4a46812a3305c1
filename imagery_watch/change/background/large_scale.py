"""What changes over more than a few hundred metres of apron at once: wetness, haze, sun and view.

See docs/method.md, section 5.
"""

import numpy as np
from scipy import ndimage

from imagery_watch.model import Background
from imagery_watch.model.arrays import Image, Mask

LARGE_SCALE_M = 210.0
"""Edge of the square over which residuals are averaged, and of that whose median is the pavement's colour."""
SOURCE_LEVEL = (4.0, 0.02)
"""Times the spread, and reflectance besides: what is farther off the apron's own middle does not count."""
FALLBACK_WEIGHT = 0.02
"""Share of a square for which the whole apron's middle counts: it decides where the square holds no empty apron."""


def odd_box_px(pixel_m: float) -> int:
    """The edge of the large-scale square in pixels, odd, at least 3."""
    return max(3, round(LARGE_SCALE_M / pixel_m) | 1)


def remove_large_scale_residual(
    image: Image, background: Background, aprons: Mask, visible: Mask, pixel_m: float
) -> Image:
    """The image (band, y, x) without what changed over more than 210 m of apron, against its background.

    Pixels far off the background (an aircraft) do not count. The image as it is where no apron is seen.
    """
    residual = image - background.median
    known = visible & np.isfinite(residual).all(axis=0) & aprons
    if not known.any():
        return image
    middle = np.median(residual[:, known], axis=1)
    times, besides = SOURCE_LEVEL
    near = np.abs(residual - middle[:, None, None]) < times * background.spread + besides
    source_free, size = known & near.all(axis=0), odd_box_px(pixel_m)
    share = ndimage.uniform_filter(source_free.astype(np.float32), size, mode="nearest")
    levels = [
        (ndimage.uniform_filter(np.where(source_free, band, 0.0), size, mode="nearest") + FALLBACK_WEIGHT * fallback)
        / (share + FALLBACK_WEIGHT)
        for band, fallback in zip(residual, middle, strict=True)
    ]
    return (image - np.stack(levels)).astype(np.float32)
