"""What of the ground a pass saw: decided by scale on the aprons, by classes only on the ring around them.

The scene classification calls bright concrete and white aircraft cloud (codes 8, 9) and wet or shaded asphalt shadow
(3), so on the aprons it decides nothing. No aircraft holds a disc of 100 m across: what does, and is brighter in
blue than this ground has been, is cloud or haze; what is darker in all bands near clouds is their shadow.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

SCL_HIDDEN = (3, 8, 9, 10)
SCL_SNOW = 11
DISC_M = 100.0
CLOUD_RISE = 0.06
"""Rise of blue reflectance over a 100 m disc that ground does not show from pass to pass: thin cloud and denser."""
SHADOW_RATIO = 0.62
"""Share of the usual near infrared left over a 100 m disc under a cloud's shadow; wet concrete keeps 0.65 to 0.9."""
RING_BOX_M = 600.0


def clear_of_classes(scl: NDArray[np.uint8] | None, valid: Mask) -> Mask:
    """(y, x): valid and not called cloud, shadow, cirrus or snow; for ring pixels only."""
    if scl is None:
        return valid
    return valid & ~np.isin(scl, (*SCL_HIDDEN, SCL_SNOW))


def snow(scl: NDArray[np.uint8] | None, ring: Mask) -> Mask:
    """(y, x): ring pixels called snow; on aprons the classes call white aircraft so, too."""
    return ring & (scl == SCL_SNOW) if scl is not None else np.zeros_like(ring)


def snow_fraction(scl: NDArray[np.uint8] | None, ring: Mask) -> float:
    """Share of the ring called snow."""
    return float(snow(scl, ring)[ring].mean()) if ring.any() else 0.0


def hidden(image: Image, ground: Image, valid: Mask, scl: NDArray[np.uint8] | None, ring: Mask, pixel_m: float) -> Mask:
    """(y, x): the ground cannot be judged there: cloud, its shadow, snow beside the aprons, or no pixels.

    `image` is the registered, normalised pass and `ground` the usual look of it, both (band, y, x) with bands from
    blue to near infrared.
    """
    wide = _mostly_cloud_around(scl, ring, pixel_m)
    known = valid & np.isfinite(ground[0])
    blue = np.where(known, image[0] - ground[0], 0.0)
    bright = _holds_disc(blue, CLOUD_RISE, pixel_m)
    infrared = np.where(known, image[-1] / np.maximum(ground[-1], 0.02), 1.0)
    cloudy_scene = bool((bright | wide).mean() > 0.005) or _class_share(scl, valid) > 0.02
    dark = _holds_disc(-infrared, -SHADOW_RATIO, pixel_m) if cloudy_scene else np.zeros_like(valid)
    snowy = _grown(snow(scl, ring), pixel_m, 20.0) & ring
    return ~valid | wide | snowy | _grown(bright, pixel_m, 50.0) | _grown(dark, pixel_m, 20.0)


def _class_share(scl: NDArray[np.uint8] | None, valid: Mask) -> float:
    return float(np.isin(scl[valid], SCL_HIDDEN).mean()) if scl is not None and valid.any() else 0.0


def _mostly_cloud_around(scl: NDArray[np.uint8] | None, ring: Mask, pixel_m: float) -> Mask:
    """Where more than half of the ring within 300 m is called cloud (or shadow): the apron between is under it too."""
    if scl is None:
        return np.zeros(ring.shape, bool)
    size = max(3, round(RING_BOX_M / pixel_m))
    called = np.isin(scl, SCL_HIDDEN) & ring
    share = ndimage.uniform_filter(called.astype(np.float32), size, mode="nearest")
    total = ndimage.uniform_filter(ring.astype(np.float32), size, mode="nearest")
    return (share > 0.5 * total) & (total > 0.1)


def _holds_disc(rise: Image, threshold: float, pixel_m: float) -> Mask:
    """Where a smoothed rise stays above the threshold over a whole disc of 100 m (a binary opening)."""
    disc = _disc(DISC_M / 2 / pixel_m)
    above = ndimage.gaussian_filter(rise, 1.0) > threshold
    opened: Mask = ndimage.binary_opening(np.pad(above, len(disc), mode="edge"), disc)
    edge = len(disc)
    return opened[edge:-edge, edge:-edge]


def _grown(mask: Mask, pixel_m: float, metres: float) -> Mask:
    """The mask and a rim around it: clouds thin out before they end."""
    grown: Mask = ndimage.binary_dilation(mask, _disc(max(1.0, metres / pixel_m))) if mask.any() else mask
    return grown


def _disc(radius: float) -> Mask:
    reach = int(np.ceil(radius))
    rows, cols = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disc: Mask = rows**2 + cols**2 <= (radius + 0.25) ** 2
    return disc
