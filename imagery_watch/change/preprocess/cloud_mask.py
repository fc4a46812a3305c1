"""What of the ground a pass saw: decided by scale on the aprons, by classes only on the ring around them.

The scene classification calls bright concrete and white aircraft cloud (codes 8, 9) and wet or shaded asphalt shadow
(3), so on the aprons it decides nothing. No aircraft holds a disc of 100 m across: what does, and is brighter in
blue than this ground has been, is cloud or haze; what is darker in near infrared, in a pass with clouds, is their
shadow (docs/method.md, section 3).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.model.arrays import Image, Mask

SCL_HIDDEN = (3, 8, 9, 10)
"""Classes of the scene classification that hide the ground: cloud shadow, cloud (medium, high) and cirrus."""
SCL_SNOW = 11
"""The class of snow and ice."""
DISC_M = 100.0
"""Diameter of a disc that no aircraft holds, so that what fills it is cloud, haze or a cloud's shadow."""
RISE_BLUR_PX = 1.0
"""Sigma of the Gaussian that smooths the change before it is compared with a threshold."""
CLOUD_RISE = 0.06
"""Rise of blue reflectance over a 100 m disc that ground does not show from pass to pass: thin cloud and denser."""
SHADOW_RATIO = 0.62
"""Share of the usual near infrared left over a 100 m disc under a cloud's shadow; wet concrete keeps 0.65 to 0.9."""
RING_BOX_M = 600.0
"""Edge of the square in which the ring's classes vote on the apron between."""
VOTE_SHARE, MIN_RING_SHARE = 0.5, 0.1
"""Share of the ring there that must be called cloud, and of the square that must be ring."""
MIN_REFLECTANCE = 0.02
"""Reflectance of the darkest ground; a division by less would be noise."""
CLOUDY_SHARE, CLOUDY_CLASS_SHARE = 0.005, 0.02
"""Shares of the image under cloud, by light and by class, from which cloud shadows are looked for."""
CLOUD_RIM_M, SHADOW_RIM_M, SNOW_RIM_M = 50.0, 20.0, 20.0
"""Clouds, their shadows and snow are taken to reach so far beyond what is told of them."""


def mask_clear_ring(scl: NDArray[np.uint8] | None, valid: Mask) -> Mask:
    """(y, x): valid and not called cloud, shadow, cirrus or snow; for ring pixels only."""
    if scl is None:
        return valid
    return valid & ~np.isin(scl, (*SCL_HIDDEN, SCL_SNOW))


def mask_snow(scl: NDArray[np.uint8] | None, ring: Mask) -> Mask:
    """(y, x): ring pixels called snow; on aprons the classes call white aircraft so, too."""
    return ring & (scl == SCL_SNOW) if scl is not None else np.zeros_like(ring)


def measure_snow_fraction(scl: NDArray[np.uint8] | None, ring: Mask) -> float:
    """Share of the ring called snow."""
    return float(mask_snow(scl, ring)[ring].mean()) if ring.any() else 0.0


def mask_hidden(
    image: Image,
    ground: Image,
    valid: Mask,
    scl: NDArray[np.uint8] | None,
    ring: Mask,
    pixel_m: float,
    *,
    blue: int,
    infrared: int,
) -> Mask:
    """(y, x): the ground cannot be judged there: cloud, its shadow, snow beside the aprons, or no pixels.

    `image` is the registered, normalised pass and `ground` the usual look of it, both (band, y, x); `blue` and
    `infrared` are the positions of the bands of shortest and longest wavelength.
    """
    wide = _mask_clouded_surroundings(scl, ring, pixel_m)
    known = valid & np.isfinite(ground[0])
    rise = np.where(known, image[blue] - ground[blue], 0.0)
    bright = _open_by_disc(rise, CLOUD_RISE, pixel_m)
    left = np.where(known, image[infrared] / np.maximum(ground[infrared], MIN_REFLECTANCE), 1.0)
    cloudy_scene = bool((bright | wide).mean() > CLOUDY_SHARE) or _class_share(scl, valid) > CLOUDY_CLASS_SHARE
    dark = _open_by_disc(-left, -SHADOW_RATIO, pixel_m) if cloudy_scene else np.zeros_like(valid)
    snowy = _grow(mask_snow(scl, ring), pixel_m, SNOW_RIM_M) & ring
    return ~valid | wide | snowy | _grow(bright, pixel_m, CLOUD_RIM_M) | _grow(dark, pixel_m, SHADOW_RIM_M)


def _class_share(scl: NDArray[np.uint8] | None, valid: Mask) -> float:
    return float(np.isin(scl[valid], SCL_HIDDEN).mean()) if scl is not None and valid.any() else 0.0


def _mask_clouded_surroundings(scl: NDArray[np.uint8] | None, ring: Mask, pixel_m: float) -> Mask:
    """Where more than half of the ring within 300 m is called cloud (or shadow): the apron between is under it too."""
    if scl is None:
        return np.zeros(ring.shape, bool)
    size = max(3, round(RING_BOX_M / pixel_m))
    called = np.isin(scl, SCL_HIDDEN) & ring
    share = ndimage.uniform_filter(called.astype(np.float32), size, mode="nearest")
    total = ndimage.uniform_filter(ring.astype(np.float32), size, mode="nearest")
    return (share > VOTE_SHARE * total) & (total > MIN_RING_SHARE)


def _open_by_disc(rise: Image, threshold: float, pixel_m: float) -> Mask:
    """Where a smoothed rise stays above the threshold over a whole disc of 100 m (a binary opening)."""
    disc = _disc(DISC_M / 2 / pixel_m)
    above = ndimage.gaussian_filter(rise, RISE_BLUR_PX) > threshold
    opened: Mask = ndimage.binary_opening(np.pad(above, len(disc), mode="edge"), disc)
    edge = len(disc)
    return opened[edge:-edge, edge:-edge]


def _grow(mask: Mask, pixel_m: float, metres: float) -> Mask:
    """The mask and a rim around it: clouds thin out before they end."""
    grown: Mask = ndimage.binary_dilation(mask, _disc(max(1.0, metres / pixel_m))) if mask.any() else mask
    return grown


def _disc(radius: float) -> Mask:
    reach = int(np.ceil(radius))
    rows, cols = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disc: Mask = rows**2 + cols**2 <= (radius + 0.25) ** 2
    return disc
