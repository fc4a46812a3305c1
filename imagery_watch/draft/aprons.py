"""Aprons beside runways: wide, even pavement, to which the way from a runway is short and open."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric
from skimage.measure import regionprops

from imagery_watch.draft.pavement import Mask, Surfaces
from imagery_watch.draft.runways import Runway, disc

RUNWAY_HALF_WIDTH_PX = 4.5
FARTHEST_PX = 120
INSIDE_ENDS_PX = 5
ROUGHNESS_STEPS = (0.06, 0.08, 0.1, 0.12, 0.15)
LEAST_SOLIDITY = 0.8
TAXIWAY_HALF_WIDTH_PX = 2.5
SMALLEST_APRON_PX = 40
SMALLEST_SHARE = 0.15
COST_PAVED, COST_OPEN, COST_BUILT = 0.4, 3.0, 8.0
DEAREST_WAY = 20.0
BUILT_FROM_RUNWAY_PX = 8


def find_aprons(surfaces: Surfaces, runways: Sequence[Runway]) -> NDArray[np.int32]:
    """(y, x): number of the apron from 1 on, 0 outside; no pixel of a runway is in one.

    Old slabs are rougher than new asphalt, and the yards behind a smooth apron may be as rough as another's slabs: as
    much roughness is borne as leaves the areas compact, and the least that shows any where none does.
    """
    strip, beside = _beside(surfaces.paved.shape, runways)
    ground = surfaces.paved & ~strip & beside
    ways = _measure_ways(surfaces, strip)
    found = [_chosen(_wide(ground, surfaces.roughness < roughest, strip), ways) for roughest in ROUGHNESS_STEPS]
    found = [one for one in found if one.any()]
    if not found:
        return np.zeros(surfaces.paved.shape, np.int32)
    return next((one for one in reversed(found) if _solidity(one) >= LEAST_SOLIDITY), found[0])


def find_taxiways(surfaces: Surfaces, runways: Sequence[Runway], aprons: NDArray[np.int32]) -> Mask:
    """(y, x): narrow pavement near the runways that is neither runway nor apron."""
    strip, beside = _beside(surfaces.paved.shape, runways)
    narrow = surfaces.paved & ~ndimage.binary_opening(surfaces.paved, disc(TAXIWAY_HALF_WIDTH_PX))
    labels, _ = ndimage.label((narrow | strip) & beside & (aprons == 0), np.ones((3, 3)))
    joined = np.unique(labels[strip & (labels > 0)])
    found: Mask = np.isin(labels, joined) & narrow & ~strip
    return found


def _beside(shape: tuple[int, int], runways: Sequence[Runway]) -> tuple[Mask, Mask]:
    """The runways' own strips, and what lies beside them: between their ends, and not far."""
    strip, beside = np.zeros(shape, bool), np.zeros(shape, bool)
    for one in runways:
        along, distance = one.measure(shape)
        strip |= distance <= RUNWAY_HALF_WIDTH_PX
        within = (along > INSIDE_ENDS_PX) & (along < one.length_px - INSIDE_ENDS_PX)
        beside |= within & (distance < FARTHEST_PX)
    return strip, beside


def _measure_ways(surfaces: Surfaces, strip: Mask) -> NDArray[np.float64]:
    """(y, x): the cheapest way from a runway; pavement is cheap, fields are dear, and buildings and water dearest."""
    cost = np.where(surfaces.partly, COST_PAVED, COST_OPEN)
    near_runway = ndimage.distance_transform_edt(~strip) <= BUILT_FROM_RUNWAY_PX - RUNWAY_HALF_WIDTH_PX
    cost[(surfaces.built & ~near_runway) | surfaces.water] = COST_BUILT
    ways, _ = MCP_Geometric(cost).find_costs(list(zip(*np.nonzero(strip), strict=True)))
    found: NDArray[np.float64] = ways
    return found


def _wide(ground: Mask, even: Mask, strip: Mask) -> Mask:
    """The even parts of the ground that are wider than a taxiway, with their rims and what lies within them."""
    flat = ndimage.binary_closing(ground & even, disc(1)) & ground
    wide = ndimage.binary_opening(flat, disc(TAXIWAY_HALF_WIDTH_PX))
    labels, count = ndimage.label(wide)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    cores = (sizes >= SMALLEST_APRON_PX / 2)[labels] & wide
    whole = ndimage.binary_fill_holes(ndimage.binary_dilation(cores, disc(1.5)) & ground) & ~strip
    opened: Mask = ndimage.binary_opening(whole, disc(1.5))
    return opened


def _solidity(aprons: NDArray[np.int32]) -> float:
    """Share of the areas in their convex hulls, the mean over pixels: 1 for a box, little for what sprawls."""
    parts = regionprops(aprons)
    return float(sum(part.area * part.solidity for part in parts) / sum(part.area for part in parts))


def _chosen(areas: Mask, ways: NDArray[np.float64]) -> NDArray[np.int32]:
    """(y, x): the areas that are large enough and near enough to a runway, numbered from 1, the largest first."""
    labels, count = ndimage.label(areas)
    numbers = np.arange(1, count + 1)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    nearest = np.asarray(ndimage.minimum(ways, labels, numbers)) if count else np.zeros(0)
    good = (sizes >= SMALLEST_APRON_PX) & (nearest <= DEAREST_WAY)
    good &= sizes >= SMALLEST_SHARE * max(sizes[good], default=0)
    order = sorted(numbers[good], key=lambda number: -int(sizes[number - 1]))
    renamed = np.zeros(count + 1, np.int32)
    renamed[order] = np.arange(1, len(order) + 1)
    aprons: NDArray[np.int32] = renamed[labels]
    return aprons
