"""The plainer explanations of a window: patches, vehicles, and the ground itself moved or lit differently."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.templates import HALF, SIDE
from imagery_watch.change.vehicle import at_one_place, shadow_offsets, vehicle_ratio
from imagery_watch.change.window import Array, Window

LEADING = 24
"""Atoms of each family that are compared in the exact metric."""
VEHICLE_SIGMAS = (0.62, 0.72, 0.82)
"""In pixels: vehicles of 6 to 18 m under the sensor's blur."""
REFINED = 3
"""Ellipses that are then moved, stretched and turned to fit better."""
STEPS = (1.0, 1.0, 0.5, 0.5, 0.25)
COMPACT = 0.85
"""In pixels, along the longer axis: as large as a vehicle with its shadow may seem."""
GREY_COVER = (-0.15, 0.15)
"""Reflectance that dust, foam, thin bright cover or their going add over more than a vehicle (science: up to 0.15)."""
OWN_SHARE = (-0.45, 0.3)
"""Share of its own colour that ground loses by wetness or oil (science: up to 0.4), or gains by drying and cleaning."""
IN_SHADOW = -0.88
"""The same in a building's shadow that was not there before: all but the sky's light."""
FAINT = 1e-4
"""Of an ellipse's middle: fainter than that it ends, so that small ones touch few pixels and cost little."""
SMALLEST = 0.52
"""In pixels: the sensor's own blur."""


class Ellipse(NamedTuple):
    """A soft ellipse."""

    row: float
    """Pixels below the window's middle."""
    col: float
    sigma: float
    """Geometric mean of its two sigmas, pixels."""
    aspect: float
    angle: float
    """Radians."""

    @property
    def compact(self) -> bool:
        """As small as a vehicle."""
        return self.sigma * self.aspect**0.5 <= COMPACT


def plain_ratio(window: Window) -> float:
    """Log-likelihood ratio of the best plainer explanation against the empty ground, >= 0."""
    return max(0.0, _patch_ratio(window), _ground_ratio(window))


def coarse_patch_ratio(window: Window) -> float:
    """The best patch in the coarse metric, at whole pixels."""
    _, atoms, compact = patches()
    return 0.5 * float(_coarse(window, atoms, compact)[0].max())


def _patch_ratio(window: Window) -> float:
    """Best of a family of soft ellipses, from a vehicle's size to 100 m across, refined where they lead.

    Patches are wet, oily or dusty ground (a share of the ground's own colour) or thin bright cover (grey); a compact
    spot may be a vehicle with its shadow.
    """
    ellipses, atoms, compact = patches()
    single, vehicles = _coarse(window, atoms, compact)
    leading = np.union1d(np.argsort(single)[-LEADING:], np.argsort(vehicles)[-LEADING:])
    tried = [ellipses[index] for index in leading]
    ratios = _exact(window, tried)
    for step in STEPS:
        best = [tried[index] for index in np.argsort(ratios)[-REFINED:]]
        varied = [variant for ellipse in best for variant in _variants(ellipse, step)]
        more = _exact(window, varied)
        tried, ratios = [*best, *varied], np.concatenate([np.sort(ratios)[-REFINED:], more])
    return float(ratios.max())


def _variants(ellipse: Ellipse, step: float) -> list[Ellipse]:
    """The ellipse moved a little, larger and smaller, longer and rounder, turned."""
    move, scale, turn = 0.4 * step, 1 + 0.2 * step, 0.25 * step
    moved = [
        ellipse._replace(row=ellipse.row + d, col=ellipse.col + r)
        for d, r in ((move, 0), (-move, 0), (0, move), (0, -move))
    ]
    sized = [ellipse._replace(sigma=ellipse.sigma * factor) for factor in (scale, 1 / scale)]
    stretched = [ellipse._replace(aspect=max(1.0, ellipse.aspect * factor)) for factor in (scale**2, scale**-2)]
    return moved + sized + stretched + [ellipse._replace(angle=ellipse.angle + angle) for angle in (turn, -turn)]


def _exact(window: Window, ellipses: Sequence[Ellipse]) -> Array:
    """Ratio of each ellipse in the exact metric: as grey or own colour; where it is compact, as a vehicle too."""
    atoms, compact = _drawn(ellipses), _compact(ellipses)
    ratios = np.empty(len(atoms), np.float32)
    if not compact.all():
        wide = atoms[~compact][:, None, :]
        grey, own = (window.white(wide * colour) for colour in (np.ones_like(window.ground), window.ground))
        ratios[~compact] = np.maximum(
            _bounded(grey @ window.observed, (grey**2).sum(axis=1), GREY_COVER),
            _bounded(own @ window.observed, (own**2).sum(axis=1), _own_share(window)),
        )
    if compact.any():
        spots = atoms[compact]
        shadows = _shadows(window, [ellipse for ellipse in ellipses if ellipse.compact])
        along, square = _products(window, spots, shadows)
        bands = len(window.middle)
        grey_or_own = [
            _bounded(along[:, :bands] @ colour, np.asarray(colour @ square[:, :bands, :bands] @ colour), bounds)
            for colour, bounds in ((np.ones_like(window.middle), GREY_COVER), (window.middle, _own_share(window)))
        ]
        ratios[compact] = np.maximum(_vehicles(window, along, square, spots.sum(axis=1)), np.maximum(*grey_or_own))
    return np.asarray(0.5 * ratios, np.float32)


def _vehicles(window: Window, along: Array, square: Array, pixels: Array, count: int = 1) -> Array:
    """Twice the ratio of each spot, or of each `count` spots, as a vehicle with the likelier of its shadows."""
    bands = len(window.middle)
    ratios = []
    for shadow in range(bands, along.shape[1]):
        chosen = [*range(bands), shadow]
        ratios.append(vehicle_ratio(window, along[:, chosen], square[:, chosen][:, :, chosen], pixels, count))
    return np.asarray(np.max(ratios, axis=0), np.float32)


def _shadows(window: Window, ellipses: Sequence[Ellipse]) -> list[Array]:
    """(atom, pixel) each: the shadows of low and of high vehicles as large as the ellipses."""
    return [
        _drawn([ellipse._replace(row=ellipse.row + down, col=ellipse.col + right) for ellipse in ellipses])
        for down, right in shadow_offsets(window)
    ]


def _products(window: Window, spots: Array, shadows: Sequence[Array]) -> tuple[Array, Array]:
    """Of spots in each band, and of the light that each of their shadows takes, in the exact metric.

    (atom, band + shadow) with the residual, and (atom, band + shadow, band + shadow) with one another.
    """
    each = np.eye(len(window.ground), dtype=np.float32)[:, None, :, None]
    bands = [window.white(np.asarray(band * spots[:, None, :])) for band in each]
    shaded = [window.white(-shadow[:, None, :] * window.shaded) for shadow in shadows]
    columns = np.stack([*bands, *shaded], axis=1)
    return columns @ window.observed, columns @ columns.transpose(0, 2, 1)


def vehicles_ratio(window: Window, places: Sequence[tuple[float, float]]) -> float:
    """Log-likelihood ratio of one vehicle at each place (rows, columns from the middle), all alike."""
    sizes = [Ellipse(0.0, 0.0, sigma, 1.0, 0.0) for sigma in VEHICLE_SIGMAS]
    each = [[size._replace(row=row, col=col) for row, col in places] for size in sizes]
    spots = np.stack([_drawn(some).sum(axis=0) for some in each])
    drawn = [_shadows(window, some) for some in each]
    shadows = [np.stack([shadow.sum(axis=0) for shadow in kind]) for kind in zip(*drawn, strict=True)]
    products = _products(window, spots, shadows)
    return 0.5 * float(_vehicles(window, *products, _drawn(sizes).sum(axis=1), len(places)).max())


def _own_share(window: Window) -> tuple[float, float]:
    return (IN_SHADOW if window.beside_buildings else OWN_SHARE[0], OWN_SHARE[1])


def _coarse(window: Window, atoms: Array, compact: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Twice the ratio of each atom in the coarse metric: as grey or own colour; and as a vehicle (0 if too large)."""
    ones, ground = np.ones_like(window.ground), window.ground
    square = atoms**2
    single = np.maximum(
        *(
            _bounded(atoms @ window.products(window.residual, colour), square @ window.products(colour, colour), bounds)
            for colour, bounds in ((ones, GREY_COVER), (ground, _own_share(window)))
        )
    )
    bands = len(ground)
    spots = atoms[compact]
    along = spots @ np.einsum("bcp,cp->pb", window.precision, window.residual)
    squares = (square[compact] @ window.precision.reshape(bands**2, -1).T).reshape(-1, bands, bands)
    vehicles = np.zeros_like(single)
    vehicles[compact] = vehicle_ratio(window, *at_one_place(window, along, squares), spots.sum(axis=1))
    return single, vehicles


def _bounded(along: Array, square: Array, bounds: tuple[float, float]) -> Array:
    """Twice the ratio of an atom whose amplitude is the best within bounds."""
    amplitude = np.clip(along / np.maximum(square, 1e-9), *bounds)
    return np.asarray(2 * amplitude * along - amplitude**2 * square)


@lru_cache(maxsize=1)
def patches() -> tuple[tuple[Ellipse, ...], Array, NDArray[np.bool_]]:
    """Ellipses of several sizes, aspects and directions up to two pixels off the middle; drawn; which are compact."""
    round_ones = [(sigma, 1.0, 0.0) for sigma in (SMALLEST, 0.8, 1.2, 1.8, 2.7, 4.0)]
    long_ones = [
        (sigma, aspect, np.pi * turn / turns)
        for sigma in (0.6, 0.8, 1.2, 1.8, 2.7, 4.0)
        for aspect, turns in ((2.0, 4), (4.0, 6))
        for turn in range(turns)
    ]
    places = [(float(row), float(col)) for row in range(-2, 3) for col in range(-2, 3)]
    ellipses = tuple(Ellipse(*place, *shape) for shape in round_ones + long_ones for place in places)
    return ellipses, _drawn(ellipses), _compact(ellipses)


def _drawn(ellipses: Sequence[Ellipse]) -> Array:
    """(atom, pixel)"""
    rows, cols = (axis.ravel().astype(np.float32) for axis in np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    row, col, sigma, aspect, angle = (np.array(part, np.float32)[:, None] for part in zip(*ellipses, strict=True))
    along = (rows - row) * np.cos(angle) + (cols - col) * np.sin(angle)
    across = (cols - col) * np.cos(angle) - (rows - row) * np.sin(angle)
    longer, shorter = np.maximum(sigma * aspect**0.5, SMALLEST), np.maximum(sigma / aspect**0.5, SMALLEST)
    drawn = np.exp(-0.5 * ((along / longer) ** 2 + (across / shorter) ** 2))
    return np.where(drawn >= FAINT, drawn, 0.0).astype(np.float32)


def _compact(ellipses: Sequence[Ellipse]) -> NDArray[np.bool_]:
    return np.array([ellipse.compact for ellipse in ellipses])


def _ground_ratio(window: Window) -> float:
    """The ground itself, moved or lit differently: misregistration, haze, shade and their edges."""
    flat = window.ground
    square = flat.reshape(len(flat), SIDE, SIDE)
    down, right = (np.asarray(np.gradient(square, axis=axis)) for axis in (1, 2))
    rows, cols = (axis.ravel() / HALF for axis in np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    slopes = [down.reshape(flat.shape), right.reshape(flat.shape)]
    basis = [*slopes, flat, np.ones_like(flat), flat * rows, flat * cols]
    columns = window.white(np.stack(basis).astype(np.float32)).astype(np.float64)
    normal, seen = columns @ columns.T, columns @ window.observed
    ridge = (1e-6 * np.trace(normal) + 1e-12) * np.eye(len(basis))
    return 0.5 * float(seen @ np.linalg.solve(normal + ridge, seen))
