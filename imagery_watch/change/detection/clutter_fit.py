"""The plainer explanations of a cut-out: patches, vehicles, and the ground itself moved or lit differently.

See docs/method.md, section 8.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from imagery_watch.change.detection.aircraft_templates import HALF_PX, SIDE_PX
from imagery_watch.change.detection.cutout import Cutout
from imagery_watch.change.detection.vehicle_fit import combine_at_one_place, fit_vehicle, offset_shadows
from imagery_watch.model.arrays import Floats, Mask

LEADING_PATCHES = 24
"""Atoms of each family that are compared in the exact metric."""
VEHICLE_SIGMAS_PX = (0.62, 0.72, 0.82)
"""In pixels: vehicles of 6 to 18 m under the sensor's blur."""
REFINED_PATCHES = 3
"""Ellipses that are then moved, stretched and turned to fit better."""
REFINEMENT_STEPS = (1.0, 1.0, 0.5, 0.5, 0.25)
"""By what share of the steps below, round by round."""
MOVE_STEP_PX, SCALE_STEP, TURN_STEP = 0.4, 0.2, 0.25
"""Pixels, share of the size, and radians by which an ellipse is moved, resized and turned in a whole step."""
COMPACT_SIGMA_PX = 0.85
"""In pixels, along the longer axis: as large as a vehicle with its shadow may seem."""
GREY_COVER = (-0.15, 0.15)
"""Reflectance that dust, foam, thin bright cover or their going add over more than a vehicle: up to 0.15 is assumed."""
OWN_COLOUR_SHARE = (-0.45, 0.3)
"""Share of its own colour that ground loses by wetness or oil (0.4 and a little more), or gains by drying."""
BUILDING_SHADOW_SHARE = -0.88
"""The same in a building's shadow that was not there before: all but the sky's light."""
TRUNCATION_SHARE = 1e-4
"""Of an ellipse's middle: fainter than that it ends, so that small ones touch few pixels and cost little."""
MIN_SIGMA_PX = 0.52
"""In pixels: the sensor's own blur."""
ROUND_SIGMAS_PX, LONG_SIGMAS_PX = (MIN_SIGMA_PX, 0.8, 1.2, 1.8, 2.7, 4.0), (0.6, 0.8, 1.2, 1.8, 2.7, 4.0)
"""Sizes of the round patches of the bank, and of the long ones (geometric mean of both sigmas)."""
LONG_SHAPES = ((2.0, 4), (4.0, 6))
"""Aspects of the long ones, and in how many directions each is tried."""
PATCH_REACH_PX = 2
"""Patches lie at whole pixels up to so far from the middle, along each axis."""


class Ellipse(NamedTuple):
    """A soft ellipse."""

    row: float
    """Pixels below the middle of the cut-out."""
    col: float
    sigma: float
    """Geometric mean of its two sigmas, pixels."""
    aspect: float
    angle: float
    """Radians."""

    @property
    def compact(self) -> bool:
        """As small as a vehicle."""
        return self.sigma * self.aspect**0.5 <= COMPACT_SIGMA_PX


class PlainFits(NamedTuple):
    """Log-likelihood ratios of the plainer explanations against the empty ground."""

    patch: float
    """Wet, oily, dusty or shaded ground, larger than a vehicle."""
    vehicle: float
    """A spot as small as a vehicle with its shadow."""
    ground: float
    """The ground itself, moved or lit differently."""


def explain_plainly(cutout: Cutout) -> PlainFits:
    """Each of the plainer explanations at its best."""
    known = _refine_patches(cutout)
    wide, small = ([llr for one, llr in known.items() if one.compact is kind] for kind in (False, True))
    return PlainFits(max(wide, default=0.0), max(small, default=0.0), _fit_ground_change(cutout))


def fit_clutter(cutout: Cutout) -> float:
    """Log-likelihood ratio of the best plainer explanation against the empty ground, >= 0."""
    return max(0.0, *explain_plainly(cutout))


def fit_patch_coarsely(cutout: Cutout) -> float:
    """The best patch in the coarse metric, at whole pixels."""
    return 0.5 * float(_fit_bank_coarsely(cutout).max())


def _refine_patches(cutout: Cutout) -> dict[Ellipse, float]:
    """Ratios of a family of soft ellipses, from a vehicle's size to 100 m across, refined where they lead.

    Patches are wet, oily or dusty ground (a share of the ground's own colour) or thin bright cover (grey); a compact
    spot may be a vehicle with its shadow.
    """
    ellipses = build_patch_bank().ellipses
    single, vehicles = _fit_bank_coarsely(cutout), _fit_vehicles_coarsely(cutout)
    leading = np.union1d(np.argsort(single)[-LEADING_PATCHES:], np.argsort(vehicles)[-LEADING_PATCHES:])
    known = _fit_new(cutout, [ellipses[index] for index in leading], {})
    best = list(known)
    for step in REFINEMENT_STEPS:
        best = sorted(best, key=known.__getitem__)[-REFINED_PATCHES:]
        best += [variant for ellipse in best for variant in _vary_ellipse(ellipse, step)]
        known = _fit_new(cutout, best, known)
    return known


def _fit_new(cutout: Cutout, ellipses: Sequence[Ellipse], known: Mapping[Ellipse, float]) -> dict[Ellipse, float]:
    """The known ratios, and those of the ellipses that are not among them: moves there and back meet again."""
    new = [ellipse for ellipse in dict.fromkeys(ellipses) if ellipse not in known]
    return {**known, **dict(zip(new, _fit_ellipses(cutout, new).tolist(), strict=True))} if new else dict(known)


def _vary_ellipse(ellipse: Ellipse, step: float) -> list[Ellipse]:
    """The ellipse moved a little, larger and smaller, longer and rounder, turned."""
    move, scale, turn = MOVE_STEP_PX * step, 1 + SCALE_STEP * step, TURN_STEP * step
    moved = [
        ellipse._replace(row=ellipse.row + d, col=ellipse.col + r)
        for d, r in ((move, 0), (-move, 0), (0, move), (0, -move))
    ]
    sized = [ellipse._replace(sigma=ellipse.sigma * factor) for factor in (scale, 1 / scale)]
    stretched = [ellipse._replace(aspect=max(1.0, ellipse.aspect * factor)) for factor in (scale**2, scale**-2)]
    return moved + sized + stretched + [ellipse._replace(angle=ellipse.angle + angle) for angle in (turn, -turn)]


def _fit_ellipses(cutout: Cutout, ellipses: Sequence[Ellipse]) -> Floats:
    """Ratio of each ellipse in the exact metric: as grey or own colour; where it is compact, as a vehicle too."""
    atoms, compact = _draw_ellipses(ellipses), _are_compact(ellipses)
    llrs = np.empty(len(atoms), np.float32)
    if not compact.all():
        wide = atoms[~compact][:, None, :]
        grey, own = (cutout.whiten_mirrored(wide * colour) for colour in cutout.mixed_light[:2])
        llrs[~compact] = np.maximum(
            _fit_bounded(grey @ cutout.mirrored_residual, (grey**2).sum(axis=1), GREY_COVER),
            _fit_bounded(own @ cutout.mirrored_residual, (own**2).sum(axis=1), _own_colour_bounds(cutout)),
        )
    if compact.any():
        spots = atoms[compact]
        shadows = _draw_shadows(cutout, [ellipse for ellipse in ellipses if ellipse.compact])
        along, square = _spot_products(cutout, spots, shadows)
        bands = len(cutout.middle_colour)
        grey_or_own = [
            _fit_bounded(along[:, :bands] @ colour, np.asarray(colour @ square[:, :bands, :bands] @ colour), bounds)
            for colour, bounds in (
                (np.ones_like(cutout.middle_colour), GREY_COVER),
                (cutout.middle_colour, _own_colour_bounds(cutout)),
            )
        ]
        llrs[compact] = np.maximum(
            _fit_spots_as_vehicles(cutout, along, square, spots.sum(axis=1)), np.maximum(*grey_or_own)
        )
    return np.asarray(0.5 * llrs, np.float32)


def _fit_spots_as_vehicles(cutout: Cutout, along: Floats, square: Floats, pixels: Floats, count: int = 1) -> Floats:
    """Twice the ratio of each spot, or of each `count` spots, as a vehicle with the likelier of its shadows."""
    bands, shadows = len(cutout.middle_colour), along.shape[1] - len(cutout.middle_colour)
    chosen = [[*range(bands), bands + shadow] for shadow in range(shadows)]
    each = np.concatenate([along[:, one] for one in chosen])
    both = np.concatenate([square[:, one][:, :, one] for one in chosen])
    llrs = fit_vehicle(cutout, each, both, np.tile(pixels, shadows), count)
    return llrs.reshape(shadows, -1).max(axis=0)


def _draw_shadows(cutout: Cutout, ellipses: Sequence[Ellipse]) -> list[Floats]:
    """(atom, pixel) each: the shadows of low and of high vehicles as large as the ellipses."""
    return [
        _draw_ellipses([ellipse._replace(row=ellipse.row + down, col=ellipse.col + right) for ellipse in ellipses])
        for down, right in offset_shadows(cutout)
    ]


def _spot_products(cutout: Cutout, spots: Floats, shadows: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Of spots in each band, and of the light that each of their shadows takes, in the exact metric.

    (atom, band + shadow) with the residual, and (atom, band + shadow, band + shadow) with one another.
    """
    lost = cutout.mixed_light[2]
    mixed = [spots[:, None] * band for band in cutout.mixed_bands] + [-shadow[:, None] * lost for shadow in shadows]
    whole = np.stack(mixed, axis=1)
    columns = cutout.whiten_mirrored(whole.reshape(-1, *lost.shape)).reshape(*whole.shape[:2], -1)
    return columns @ cutout.mirrored_residual, columns @ columns.transpose(0, 2, 1)


def fit_vehicles(cutout: Cutout, places: Sequence[tuple[float, float]]) -> float:
    """Log-likelihood ratio of one vehicle at each place (rows, columns from the middle), all alike."""
    sizes = [Ellipse(0.0, 0.0, sigma, 1.0, 0.0) for sigma in VEHICLE_SIGMAS_PX]
    each = [[size._replace(row=row, col=col) for row, col in places] for size in sizes]
    spots = np.stack([_draw_ellipses(some).sum(axis=0) for some in each])
    drawn = [_draw_shadows(cutout, some) for some in each]
    shadows = [np.stack([shadow.sum(axis=0) for shadow in kind]) for kind in zip(*drawn, strict=True)]
    products = _spot_products(cutout, spots, shadows)
    return 0.5 * float(_fit_spots_as_vehicles(cutout, *products, _draw_ellipses(sizes).sum(axis=1), len(places)).max())


def _own_colour_bounds(cutout: Cutout) -> tuple[float, float]:
    return (BUILDING_SHADOW_SHARE if cutout.beside_buildings else OWN_COLOUR_SHARE[0], OWN_COLOUR_SHARE[1])


@lru_cache(maxsize=32)
def _fit_bank_coarsely(cutout: Cutout) -> Floats:
    """Twice the ratio of each atom in the coarse metric, as grey or own colour.

    Kept for the last cut-outs: they are asked for the best patch first, and for all that lead some moments later.
    """
    bank, ground, precision = build_patch_bank(), cutout.ground, cutout.precision
    grey, own = precision.sum(axis=1), (precision * ground).sum(axis=1)  # grey light is one in every band
    along = bank.atoms @ np.column_stack([(colour * cutout.residual).sum(axis=0) for colour in (grey, own)])
    square = bank.squares @ np.column_stack([grey.sum(axis=0), (own * ground).sum(axis=0)])
    return np.maximum(
        _fit_bounded(along[:, 0], square[:, 0], GREY_COVER),
        _fit_bounded(along[:, 1], square[:, 1], _own_colour_bounds(cutout)),
    )


def _fit_vehicles_coarsely(cutout: Cutout) -> Floats:
    """Twice the ratio of each atom in the coarse metric as a vehicle; 0 if too large."""
    bank, bands = build_patch_bank(), len(cutout.ground)
    spots, squares = bank.atoms[bank.compact], bank.squares[bank.compact]
    along = spots @ np.einsum("bcp,cp->pb", cutout.precision, cutout.residual)
    square = (squares @ cutout.precision.reshape(bands**2, -1).T).reshape(-1, bands, bands)
    vehicles = np.zeros(len(bank.atoms), np.float32)
    vehicles[bank.compact] = fit_vehicle(cutout, *combine_at_one_place(cutout, along, square), spots.sum(axis=1))
    return vehicles


def _fit_bounded(along: Floats, square: Floats, bounds: tuple[float, float]) -> Floats:
    """Twice the ratio of an atom whose amplitude is the best within bounds."""
    amplitude = np.clip(along / np.maximum(square, 1e-9), *bounds)
    return np.asarray(2 * amplitude * along - amplitude**2 * square)


class PatchBank(NamedTuple):
    """Ellipses, drawn."""

    ellipses: tuple[Ellipse, ...]
    atoms: Floats
    """(atom, pixel)"""
    squares: Floats
    """(atom, pixel): of these."""
    compact: Mask
    """(atom,): whether it is as small as a vehicle."""


@lru_cache(maxsize=1)
def build_patch_bank() -> PatchBank:
    """Ellipses of several sizes, aspects and directions up to two pixels off the middle."""
    round_ones = [(sigma, 1.0, 0.0) for sigma in ROUND_SIGMAS_PX]
    long_ones = [
        (sigma, aspect, np.pi * turn / turns)
        for sigma in LONG_SIGMAS_PX
        for aspect, turns in LONG_SHAPES
        for turn in range(turns)
    ]
    steps = range(-PATCH_REACH_PX, PATCH_REACH_PX + 1)
    places = [(float(row), float(col)) for row in steps for col in steps]
    ellipses = tuple(Ellipse(*place, *shape) for shape in round_ones + long_ones for place in places)
    atoms = _draw_ellipses(ellipses)
    return PatchBank(ellipses, atoms, atoms**2, _are_compact(ellipses))


def _draw_ellipses(ellipses: Sequence[Ellipse]) -> Floats:
    """(atom, pixel)"""
    rows, cols = (axis.ravel().astype(np.float32) for axis in np.mgrid[-HALF_PX : HALF_PX + 1, -HALF_PX : HALF_PX + 1])
    row, col, sigma, aspect, angle = (np.array(part, np.float32)[:, None] for part in zip(*ellipses, strict=True))
    along = (rows - row) * np.cos(angle) + (cols - col) * np.sin(angle)
    across = (cols - col) * np.cos(angle) - (rows - row) * np.sin(angle)
    longer, shorter = np.maximum(sigma * aspect**0.5, MIN_SIGMA_PX), np.maximum(sigma / aspect**0.5, MIN_SIGMA_PX)
    drawn = np.exp(-0.5 * ((along / longer) ** 2 + (across / shorter) ** 2))
    return np.where(drawn >= TRUNCATION_SHARE, drawn, 0.0).astype(np.float32)


def _are_compact(ellipses: Sequence[Ellipse]) -> Mask:
    return np.array([ellipse.compact for ellipse in ellipses])


def _fit_ground_change(cutout: Cutout) -> float:
    """The ground itself, moved or lit differently: misregistration, haze, shade and their edges."""
    flat = cutout.ground
    square = flat.reshape(len(flat), SIDE_PX, SIDE_PX)
    down, right = (np.asarray(np.gradient(square, axis=axis)) for axis in (1, 2))
    rows, cols = (axis.ravel() / HALF_PX for axis in np.mgrid[-HALF_PX : HALF_PX + 1, -HALF_PX : HALF_PX + 1])
    slopes = [down.reshape(flat.shape), right.reshape(flat.shape)]
    basis = [*slopes, flat, np.ones_like(flat), flat * rows, flat * cols]
    columns = cutout.whiten_mirrored(cutout.mix(np.stack(basis).astype(np.float32))).astype(np.float64)
    normal, seen = columns @ columns.T, columns @ cutout.mirrored_residual
    ridge = (1e-6 * np.trace(normal) + 1e-12) * np.eye(len(basis))
    return 0.5 * float(seen @ np.linalg.solve(normal + ridge, seen))
