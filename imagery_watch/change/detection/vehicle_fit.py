"""The likelihood of a vehicle with its shadow: a spot no larger than one, of any paint (docs/method.md, section 8).

What a vehicle covers loses the ground's colour and gains its paint's; what its shadow covers loses light only. How much
of each is as a vehicle's size makes likely, and each band deviates from grey paint as hues do.
"""

import numpy as np

from imagery_watch.change.detection.cutout import Cutout
from imagery_watch.model.arrays import Doubles, Floats

MAX_COVER_PX, VEHICLE_WIDTH_M, VEHICLE_HEIGHT_M = 0.72, 4.0, 4.0
"""Ground that a vehicle covers at most, 18 m x 4 m, its width and its height: 6 to 18 m long."""
MAX_VEHICLE_PAINT = 0.95
"""Reflectance of the brightest vehicle."""
PAINT_PX_PRIOR, COVER_PX_PRIOR = (0.15, 0.1), (0.35, 0.15)
"""Reflectance times pixels of a vehicle's paint, and pixels of ground that it covers: mean and one sigma.

Most are 6 to 12 m long; one of 18 m in bright paint is rarer than an aircraft that looks like it.
"""
SHADOW_PX_PRIOR = (0.2, 0.12)
"""Pixels that its shadow covers, for each height that a shadow is long (9 m x 2.5 m, and more or less)."""
HUE_SIGMA = 0.03
"""Reflectance times pixels, one sigma in each band: paint of 0.6 that is a tenth off grey, on half a pixel."""
SHADOW_OFFSETS_M = ((1.3, 1.1), (1.6, 2.0))
"""From the middle of a vehicle to that of its shadow: half its width, and half its height for each such length.

Of a van, and of what stands as high as a fuel truck.
"""
VEHICLE_SWEEPS = 4
"""Rounds in which paint, cover and shadow are solved for in turn, within their bounds."""


def offset_shadows(cutout: Cutout) -> list[tuple[float, float]]:
    """Rows and columns from a vehicle to the middle of its shadow, for low and high ones."""
    lengths = [
        (width + height * cutout.shadow_per_height) / cutout.imaging.pixel_m for width, height in SHADOW_OFFSETS_M
    ]
    return [(apart * cutout.shadow_direction[0], apart * cutout.shadow_direction[1]) for apart in lengths]


def combine_at_one_place(cutout: Cutout, along: Floats, square: Floats) -> tuple[Floats, Floats]:
    """The products of `fit_vehicle` from those of the spot in each band alone, as if its shadow lay beneath it."""
    both = np.vstack([np.eye(along.shape[1]), -cutout.middle_colour * cutout.shadow_loss]).astype(np.float32)
    return np.asarray(along @ both.T, np.float32), np.asarray(both @ square @ both.T, np.float32)


def fit_vehicle(cutout: Cutout, along: Floats, square: Floats, pixels: Floats, count: int = 1) -> Floats:
    """(atom,): twice the log-likelihood ratio of each spot against the empty ground.

    Of `count` spots, if each atom has so many alike: then each must be as likely a vehicle as the others.

    `along` (atom, band + 1) are products of the residual with the spot in each band, and with the light that its shadow
    takes; `square` (atom, band + 1, band + 1) those of these with one another; `pixels` (atom,) the spot's area.
    """
    y, normal = along.astype(np.float64), square.astype(np.float64)
    bands = y.shape[1] - 1
    area = pixels.astype(np.float64)
    hues = np.linalg.inv(normal[:, :bands, :bands] + np.eye(bands) * count * (area / HUE_SIGMA)[:, None, None] ** 2)
    parts = np.zeros((3, bands + 1))  # paint, cover and shadow
    parts[0, :bands], parts[1, :bands], parts[2, bands] = 1.0, -cutout.middle_colour, 1.0
    with_hues = np.einsum("kb,abc->akc", parts, normal[:, :, :bands])
    explained = np.einsum("ab,abc,ac->a", y[:, :bands], hues, y[:, :bands])
    linear = y @ parts.T - np.einsum("akb,abc,ac->ak", with_hues, hues, y[:, :bands])
    quadratic = parts @ normal @ parts.T - np.einsum("akb,abc,ajc->akj", with_hues, hues, with_hues)
    return np.asarray(explained + _fit_limited(linear, quadratic, area, cutout.shadow_per_height, count), np.float32)


def _fit_limited(linear: Doubles, quadratic: Doubles, area: Doubles, throw: float, count: int) -> Doubles:
    """Twice the gain of the best paint, cover and shadow: solved for in turn, within what a vehicle's size allows."""
    shade = np.array(SHADOW_PX_PRIOR) * throw
    usual = np.array([PAINT_PX_PRIOR[0], COVER_PX_PRIOR[0], shade[0]]) / area[:, None]
    tight = count * (area[:, None] / np.array([PAINT_PX_PRIOR[1], COVER_PX_PRIOR[1], shade[1]])) ** 2
    most = MAX_COVER_PX * np.array([MAX_VEHICLE_PAINT, 1.0, VEHICLE_HEIGHT_M / VEHICLE_WIDTH_M * throw]) / area[:, None]
    u, q = linear + usual * tight, quadratic + tight[:, :, None] * np.eye(3)
    best = np.clip(np.linalg.solve(q, u[:, :, None])[:, :, 0], 0.0, most)
    for _ in range(VEHICLE_SWEEPS):
        for part in range(3):
            rest = u[:, part] - (q[:, part] * best).sum(axis=1) + q[:, part, part] * best[:, part]
            best[:, part] = np.clip(rest / q[:, part, part], 0.0, most[:, part])
    gain: Doubles = (
        2 * (u * best).sum(axis=1) - np.einsum("ak,akj,aj->a", best, q, best) - (usual**2 * tight).sum(axis=1)
    )
    return gain
