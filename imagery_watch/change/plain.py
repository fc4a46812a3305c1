"""The plainer explanations of a window: patches, vehicles, and the ground itself moved or lit differently."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.templates import HALF, SIDE
from imagery_watch.change.window import Array, Window

LEADING = 40
"""Atoms of each family that are compared in the exact metric."""
REFINED = 3
"""Ellipses that are then moved, stretched and turned to fit better."""
ROUNDS = 3
COMPACT = 0.85
"""In pixels, along the longer axis: as large as a spot may be that has any colour, as a vehicle or container has."""
GREY_COVER = (-0.15, 0.15)
"""Reflectance that dust, foam, thin bright cover or their going add over more than a vehicle (science: up to 0.15)."""
OWN_SHARE = (-0.85, 0.3)
"""Share of its own colour that ground loses by wetness or oil (science: up to 0.4) or in a shadow that was not there
before (up to 0.88), or gains by drying and cleaning.
"""
VEHICLE_SUM = 0.6
"""Reflectance times pixels that a vehicle changes at most: 18 m x 4 m, and paint 0.8 off the ground's."""
SMALLEST = 0.52
"""In pixels: the sensor's own blur."""


class Cover(NamedTuple):
    """How much of the ground an atom covers, and that ground's colour."""

    pixels: Array
    """(atom,)"""
    colour: Array
    """(band,)"""


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
    observed = window.white(window.residual[None])[0]
    return max(0.0, _patch_ratio(window, observed), _ground_ratio(window, observed))


def coarse_patch_ratio(window: Window) -> float:
    """The best patch in the coarse metric, at whole pixels."""
    return 0.5 * float(_coarse(window, patches()[1])[0].max())


def _patch_ratio(window: Window, observed: Array) -> float:
    """Best of a family of soft ellipses, from a vehicle's size to 100 m across, refined where they lead.

    Patches are wet, oily or dusty ground (a share of the ground's own colour) or thin bright cover (grey); a compact
    spot may be any mix of the two.
    """
    ellipses, atoms = patches()
    compact = np.array([ellipse.compact for ellipse in ellipses])
    single, mixed = _coarse(window, atoms)
    leading = np.union1d(np.argsort(single)[-LEADING:], np.flatnonzero(compact)[np.argsort(mixed[compact])[-LEADING:]])
    tried = [ellipses[index] for index in leading]
    ratios = _exact(window, observed, atoms[leading], compact[leading])
    for _ in range(ROUNDS):
        best = [tried[index] for index in np.argsort(ratios)[-REFINED:]]
        varied = [variant for step in (1.0, 0.5) for ellipse in best for variant in _variants(ellipse, step)]
        more = _exact(window, observed, *_drawn(tuple(varied)))
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


def _exact(window: Window, observed: Array, atoms: Array, compact: NDArray[np.bool_]) -> Array:
    """Ratio of each atom in the exact metric: as grey or own colour, and as any mix where it is compact."""
    grey = window.white(atoms[:, None, :] * np.ones_like(window.ground))
    own = window.white(atoms[:, None, :] * window.ground)
    a, b = grey @ observed, own @ observed
    aa, ab, bb = ((one * two).sum(axis=1) for one, two in ((grey, grey), (grey, own), (own, own)))
    single, mixed = _explained(a, b, aa, ab, bb, _cover(window, atoms))
    ratios: Array = 0.5 * np.where(compact, np.maximum(single, mixed), single).astype(np.float32)
    return ratios


def _explained(a: Array, b: Array, aa: Array, ab: Array, bb: Array, cover: Cover) -> tuple[Array, Array]:
    """Twice the ratio of each atom as grey or own colour of a patch, and as any mix that a vehicle's area can make."""
    single = np.maximum(_bounded(a, aa, GREY_COVER), _bounded(b, bb, OWN_SHARE))
    determinant = np.maximum(aa * bb - ab**2, 1e-6 * aa * bb + 1e-12)
    grey, own = (bb * a - ab * b) / determinant, (aa * b - ab * a) / determinant
    free = grey * a + own * b
    change = np.abs(grey[:, None] + own[:, None] * cover.colour).max(axis=1) * cover.pixels
    share = np.minimum(1.0, VEHICLE_SUM / np.maximum(change, 1e-9))
    return single, np.asarray((2 * share - share**2) * free)


def _coarse(window: Window, atoms: Array) -> tuple[Array, Array]:
    """Twice the ratio of each atom in the coarse metric: as grey or own colour, and as any mix."""
    ones, ground = np.ones_like(window.ground), window.ground
    a, b = (atoms @ window.products(window.residual, colour) for colour in (ones, ground))
    square = atoms**2
    aa, ab, bb = (square @ window.products(*pair) for pair in ((ones, ones), (ones, ground), (ground, ground)))
    return _explained(a, b, aa, ab, bb, _cover(window, atoms))


def _cover(window: Window, atoms: Array) -> Cover:
    return Cover(atoms.sum(axis=1), window.ground[:, window.ground.shape[1] // 2])


def _bounded(along: Array, square: Array, bounds: tuple[float, float]) -> Array:
    """Twice the ratio of an atom whose amplitude is the best within bounds."""
    amplitude = np.clip(along / np.maximum(square, 1e-9), *bounds)
    return np.asarray(2 * amplitude * along - amplitude**2 * square)


@lru_cache(maxsize=1)
def patches() -> tuple[tuple[Ellipse, ...], Array]:
    """Ellipses of several sizes, aspects and directions up to two pixels off the middle; and drawn, (atom, pixel)."""
    round_ones = [(sigma, 1.0, 0.0) for sigma in (SMALLEST, 0.8, 1.2, 1.8, 2.7, 4.0)]
    long_ones = [
        (sigma, aspect, np.pi * turn / turns)
        for sigma in (0.6, 0.8, 1.2, 1.8, 2.7, 4.0)
        for aspect, turns in ((2.0, 4), (4.0, 6))
        for turn in range(turns)
    ]
    places = [(float(row), float(col)) for row in range(-2, 3) for col in range(-2, 3)]
    ellipses = tuple(Ellipse(*place, *shape) for shape in round_ones + long_ones for place in places)
    return ellipses, _drawn(ellipses)[0]


def _drawn(ellipses: tuple[Ellipse, ...]) -> tuple[Array, NDArray[np.bool_]]:
    """(atom, pixel), and which are compact."""
    rows, cols = (axis.ravel().astype(np.float32) for axis in np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    row, col, sigma, aspect, angle = (np.array(part, np.float32)[:, None] for part in zip(*ellipses, strict=True))
    along = (rows - row) * np.cos(angle) + (cols - col) * np.sin(angle)
    across = (cols - col) * np.cos(angle) - (rows - row) * np.sin(angle)
    longer, shorter = np.maximum(sigma * aspect**0.5, SMALLEST), np.maximum(sigma / aspect**0.5, SMALLEST)
    drawn = np.exp(-0.5 * ((along / longer) ** 2 + (across / shorter) ** 2)).astype(np.float32)
    return drawn, np.array([ellipse.compact for ellipse in ellipses])


def _ground_ratio(window: Window, observed: Array) -> float:
    """The ground itself, moved or lit differently: misregistration, haze, shade and their edges."""
    flat = window.ground
    square = flat.reshape(len(flat), SIDE, SIDE)
    down, right = (np.asarray(np.gradient(square, axis=axis)) for axis in (1, 2))
    rows, cols = (axis.ravel() / HALF for axis in np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    slopes = [down.reshape(flat.shape), right.reshape(flat.shape)]
    basis = [*slopes, flat, np.ones_like(flat), flat * rows, flat * cols]
    columns = window.white(np.stack(basis).astype(np.float32)).astype(np.float64)
    normal, seen = columns @ columns.T, columns @ observed
    ridge = (1e-6 * np.trace(normal) + 1e-12) * np.eye(len(basis))
    return 0.5 * float(seen @ np.linalg.solve(normal + ridge, seen))
