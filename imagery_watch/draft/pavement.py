"""What of an image is pavement, how rough it is, and what is built up (see docs/drafting.md)."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

GREENEST_PAVEMENT_NDVI = 0.2
WETTEST_PAVEMENT_NDWI = 0.06
DARKEST_PAVEMENT = 0.06
BRIGHTEST_PAVEMENT = 0.4
REDDEST_PAVEMENT = 0.25
BLUEST_PAVEMENT = -0.1
MOST_COLOURED_PAVEMENT = 0.06
PAVED_IN_PART_NDVI = 0.45
BUILT_UP_NDVI = 0.35
BUILT_UP_ROUGHNESS = 0.2
LEAST_NEIGHBOURS = 3
EPSILON = 1e-6

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Surfaces:
    """What the ground is made of, pixel by pixel."""

    paved: Mask = field(repr=False)
    """(y, x): looks like concrete or asphalt in all four bands."""
    partly: Mask = field(repr=False)
    """(y, x): may be pavement in part, as a taxiway narrower than a pixel or two is."""
    water: Mask = field(repr=False)
    """(y, x): water, or so dark that it may be."""
    built: Mask = field(repr=False)
    """(y, x): roofs and what stands about them: neither green nor even, or too bright."""
    roughness: Image = field(repr=False)
    """(y, x): one-sigma of log brightness among the paved pixels of 3 x 3; infinite where these are few."""


def find_surfaces(image: Image) -> Surfaces:
    """The surfaces of an image: (band, y, x) reflectance of B02, B03, B04, B08; NaN is nothing at all."""
    seen: Mask = np.logical_and.reduce(np.isfinite(image), axis=0)
    blue, green, red, infrared = (np.where(seen, band, 0).astype(np.float32) for band in image)
    visible: Image = ((blue + green + red) / 3).astype(np.float32)
    ndvi, ndwi = contrast(infrared, red), contrast(green, infrared)
    tint, colour = contrast(red, blue), contrast(green, ((red + blue) / 2).astype(np.float32))
    paved = seen & (ndvi < GREENEST_PAVEMENT_NDVI) & (ndwi < WETTEST_PAVEMENT_NDWI)
    paved &= (visible > DARKEST_PAVEMENT) & (visible < BRIGHTEST_PAVEMENT)
    paved &= (tint > BLUEST_PAVEMENT) & (tint < REDDEST_PAVEMENT) & (np.abs(colour) < MOST_COLOURED_PAVEMENT)
    bare = seen & (ndvi < BUILT_UP_NDVI)
    built = bare & ((measure_roughness(visible, bare) > BUILT_UP_ROUGHNESS) | (visible > BRIGHTEST_PAVEMENT))
    return Surfaces(
        paved=paved,
        partly=seen & (ndvi < PAVED_IN_PART_NDVI),
        water=~seen | (ndwi > WETTEST_PAVEMENT_NDWI),
        built=ndimage.binary_opening(built, np.ones((2, 2))),
        roughness=measure_roughness(visible, paved),
    )


def contrast(one: Image, other: Image) -> Image:
    """(one - other) / (one + other), as NDVI and its kin are made."""
    return (one - other) / (one + other + np.float32(EPSILON))


def measure_roughness(visible: Image, where: Mask) -> Image:
    """(y, x): one-sigma of log brightness among the pixels of 3 x 3 that are in `where`; infinite where they are few.

    What lies beyond the edge of a pavement does not make it rough.
    """
    logs = np.log(np.clip(visible, DARKEST_PAVEMENT / 3, None))
    count, total, squares = (
        ndimage.uniform_filter(np.where(where, value, 0.0), 3, mode="constant") * 9
        for value in (np.ones_like(logs), logs, logs**2)
    )
    known = np.maximum(count, 1)
    spread = np.sqrt(np.maximum(squares / known - (total / known) ** 2, 0))
    return np.where(count >= LEAST_NEIGHBOURS - 0.5, spread, np.inf).astype(np.float32)
