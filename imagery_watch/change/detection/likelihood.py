"""The likelihood of shapes in a cut-out: how well each explains its residual under its best paints.

A shape is fuselage, wings and shadow, (3, y, x); the residual that it leaves is  paint - ground  where it covers, and
-lost light  where it shades. Both metrics of `cutout` are here: the coarse one for thousands of shapes, and the exact
(docs/method.md, section 7).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from imagery_watch.change.detection.aircraft_templates import SIDE_PX
from imagery_watch.change.detection.cutout import Cutout
from imagery_watch.change.robust import MEDIAN_ABS_NORMAL
from imagery_watch.model import DetectorModel
from imagery_watch.model.arrays import Floats

SUBPIXEL_PHASES = tuple((down, right) for down in (-0.33, 0.0, 0.33) for right in (-0.33, 0.0, 0.33))
"""Sub-pixel places, rows and columns."""
SUBPIXEL_CROSS = ((0.0, 0.0), (0.16, 0.0), (-0.16, 0.0), (0.0, 0.16), (0.0, -0.16))
"""Places beside the best of those."""
FOCUS_SHARE = 0.1
"""Of the strongest pixel of a fitted aircraft: beyond that its fit is not judged."""
ATOMS_AT_ONCE = 12
"""Whose products are made together, so that a processor's own memory holds them; it changes the running time alone."""
MIN_AROUND = 200
"""Values around a fitted aircraft from which their median says how much more than noise the place holds."""


class Shape(Protocol):
    """What can be fitted."""

    @property
    def parts(self) -> Floats:
        """(3, y, x): fuselage, wings and shadow in a cut-out of `SIDE_PX` pixels."""
        ...


S = TypeVar("S", bound=Shape)


class CoarseAtoms(NamedTuple):
    """Atoms, (atom, pixel) each, and all products of their parts: a bank is fitted to cut-out after cut-out."""

    hull: Floats
    wings: Floats
    shadow: Floats
    hull_hull: Floats
    hull_wings: Floats
    wings_wings: Floats
    hull_shadow: Floats
    wings_shadow: Floats
    shadow_shadow: Floats


def multiply_parts(hull: Floats, wings: Floats, shadow: Floats) -> CoarseAtoms:
    """The atoms of these parts, (atom, pixel) each."""
    same = (hull * hull, hull * wings, wings * wings)
    return CoarseAtoms(hull, wings, shadow, *same, hull * shadow, wings * shadow, shadow * shadow)


class CoarseLikelihood:
    """The log-likelihood ratio of many atoms in some cut-outs of one look, in the coarse metric."""

    def __init__(self, cutouts: Sequence[Cutout]) -> None:
        maps = [_multiply_coarsely(cutout) for cutout in cutouts]
        self.detector = cutouts[0].detector
        self.maps = np.stack(maps, axis=-1)

    def fit(self, atoms: CoarseAtoms) -> Floats:
        """(cutout, atom): log-likelihood ratio of each atom under its best paints."""
        rm, r1, rl, qmm, q1m, q11, qml, q1l, qll = range(len(self.maps))
        hull, wings = (self._along(part, rm, r1) for part in (atoms.hull, atoms.wings))
        hh, hw, ww = (
            self._along(part, qmm, q1m, q11) for part in (atoms.hull_hull, atoms.hull_wings, atoms.wings_wings)
        )
        hs, ws = (self._along(part, qml, q1l) for part in (atoms.hull_shadow, atoms.wings_shadow))
        fixed = hull[0] + wings[0] + self._along(atoms.shadow, rl)[0]
        fixed = (
            fixed + 0.5 * (hh[0] + 2 * hw[0] + ww[0]) + hs[0] + ws[0] + 0.5 * self._along(atoms.shadow_shadow, qll)[0]
        )
        linear = [hull[1] + hh[1] + hw[1] + hs[1], wings[1] + hw[1] + ww[1] + ws[1]]
        return _fit_paints(linear, [hh[2], hw[2], ww[2]], np.asarray(-fixed, np.float32), self.detector)[0].T

    def _along(self, part: Floats, *which: int) -> Floats:
        """(map, atom, cutout): sums over pixels of a part, or of a product of two, with some of the maps."""
        maps = np.concatenate([self.maps[one] for one in which], axis=1)
        return np.asarray((part @ maps).reshape(len(part), len(which), -1).transpose(1, 0, 2))


def _multiply_coarsely(cutout: Cutout) -> Floats:
    """(9, pixel): products of the residual with ground, grey and lost light, and of these with one another."""
    grey = cutout.precision.sum(axis=1)  # of grey light, whose every band is one
    own, lost = ((cutout.precision * light).sum(axis=1) for light in (cutout.ground, cutout.lost_light))
    r, m = cutout.residual, cutout.ground
    pairs = ((r, own), (r, grey), (r, lost), (m, own), (m, grey), (1.0, grey), (m, lost), (1.0, lost))
    return np.stack([(one * other).sum(axis=0) for one, other in (*pairs, (cutout.lost_light, lost))])


def fit_exactly(cutout: Cutout, hull: Floats, wings: Floats, shadow: Floats) -> tuple[Any, Any, Any]:
    """Likelihood ratio (log), fuselage and wing paint of each atom in the exact metric; the three are (atom, pixel)."""
    some = [slice(start, start + ATOMS_AT_ONCE) for start in range(0, len(hull), ATOMS_AT_ONCE)]
    products = [_multiply_exactly(cutout, hull[one], wings[one], shadow[one]) for one in some]
    along, square = (np.concatenate(part).astype(np.float64) for part in zip(*products, strict=True))
    # what a shape covers is its grey share, whose products are those of its parts, and the rest of the ground
    grey = cutout.middle_grey
    covered = [grey * (square[:, part, 0] + square[:, part, 1]) + square[:, part, 2] for part in range(3)]
    linear = [along[:, part] + covered[part] for part in (0, 1)]
    hidden = grey * (along[:, 0] + along[:, 1]) + along[:, 2]
    against = -hidden - 0.5 * (grey * (covered[0] + covered[1]) + covered[2])
    return _fit_paints(linear, [square[:, 0, 0], square[:, 0, 1], square[:, 1, 1]], against, cutout.detector)


def _multiply_exactly(cutout: Cutout, hull: Floats, wings: Floats, shadow: Floats) -> tuple[Floats, Floats]:
    """(atom, 3) and (atom, 3, 3): of fuselage and wings in grey light, and of all else that a shape hides.

    That is the ground beyond its middle grey, and the light that it loses. Products with the residual, and with one
    another.
    """
    grey, _, lost, beyond = cutout.mixed_light
    mixed = np.empty((len(hull), 3, *grey.shape), np.float32)
    np.multiply(hull[:, None], grey, out=mixed[:, 0])
    np.multiply(wings[:, None], grey, out=mixed[:, 1])
    np.multiply((hull + wings)[:, None], beyond, out=mixed[:, 2])
    mixed[:, 2] += shadow[:, None] * lost
    columns = cutout.whiten_mirrored(mixed.reshape(-1, *grey.shape)).reshape(len(hull), 3, -1)
    return columns @ cutout.mirrored_residual, columns @ columns.transpose(0, 2, 1)


def _fit_paints(linear: list[Any], square: list[Any], fixed: Any, detector: DetectorModel) -> tuple[Any, Any, Any]:
    """Maximum over both paints under the prior: solved freely, clipped, and the second solved again for the first."""
    prior, mean, bounds = 1.0 / detector.paint_sigma**2, detector.paint_mean, detector.paint_range
    a, b, c = square[0] + prior, square[1], square[2] + prior
    u, v = linear[0] + mean * prior, linear[1] + mean * prior
    hull = np.clip((c * u - b * v) / (a * c - b**2), *bounds)
    wings = np.clip((v - b * hull) / c, *bounds)
    hull = np.clip((u - b * wings) / a, *bounds)
    llr = fixed + u * hull + v * wings - 0.5 * (a * hull**2 + 2 * b * hull * wings + c * wings**2)
    return llr - prior * mean**2, hull, wings


class ShapeFit(NamedTuple, Generic[S]):
    """One shape at one sub-pixel place."""

    shape: S
    down: float
    right: float
    llr: float
    paints: tuple[float, float]

    @property
    def place(self) -> tuple[float, float]:
        """Down and right, pixels."""
        return self.down, self.right


def fit_shapes(cutout: Cutout, shapes: Sequence[S], places: Sequence[tuple[float, float]]) -> list[ShapeFit[S]]:
    """Every shape at every place, in the exact metric."""
    parts = np.stack([shape.parts for shape in shapes])
    images = np.concatenate([shift_subpixel(parts, down, right) for down, right in places])
    return _fit_images(cutout, images, [(shape, down, right) for down, right in places for shape in shapes])


def fit_placed(cutout: Cutout, placed: Sequence[tuple[S, float, float]]) -> list[ShapeFit[S]]:
    """Each shape at its own place, in the exact metric."""
    images = [shift_subpixel(shape.parts, down, right) for shape, down, right in placed]
    return _fit_images(cutout, np.stack(images), placed)


def _fit_images(cutout: Cutout, images: Floats, placed: Sequence[tuple[S, float, float]]) -> list[ShapeFit[S]]:
    flat = images.reshape(len(images), 3, -1)
    llr, hull, wings = fit_exactly(cutout, flat[:, 0], flat[:, 1], flat[:, 2])
    paints = zip(hull.tolist(), wings.tolist(), strict=True)
    return [ShapeFit(*pair, float(r), paint) for pair, r, paint in zip(placed, llr, paints, strict=True)]


def pick_best(fits: Sequence[ShapeFit[S]]) -> ShapeFit[S]:
    """The one with the greatest log-likelihood ratio."""
    return max(fits, key=lambda one: one.llr)


def predict_residual(cutout: Cutout, shape: Shape, place: tuple[float, float], paints: tuple[float, float]) -> Floats:
    """(band, pixel): the residual that a shape leaves, moved by a fraction of a pixel down and right."""
    hull, wings, shadow = shift_subpixel(shape.parts, *place).reshape(3, -1)
    painted = (paints[0] - cutout.ground) * hull + (paints[1] - cutout.ground) * wings
    return (painted - cutout.lost_light * shadow).astype(np.float32)


def shift_subpixel(images: Floats, down: float, right: float) -> Floats:
    """Images (..., y, x) moved by less than a pixel each way, as band-limited as they are: no blur is added."""
    return np.asarray(_shift_matrix(round(down, 4)) @ images @ _shift_matrix(round(right, 4)).T, np.float32)


@lru_cache(maxsize=512)
def _shift_matrix(by: float) -> Floats:
    """(to, from): moves a row of `SIDE_PX` samples by a fraction of their spacing, by its Fourier series."""
    phases = np.exp(-2j * np.pi * np.fft.rfftfreq(SIDE_PX) * by)[:, None]
    return np.asarray(np.fft.irfft(np.fft.rfft(np.eye(SIDE_PX), axis=0) * phases, SIDE_PX, axis=0), np.float32)


def compute_reduced_chi2(cutout: Cutout, fitted: Floats) -> float:
    """How many times more than noise is left: where the fitted aircraft is, or all around it, if that is more; >= 1.

    A shape that is no aircraft leaves more than noise; so does an aircraft unlike the template bank, but it explains
    more. Around it the median decides: some places vary more than the apron's usual, and neighbours stand there.
    """
    strength = np.abs(fitted).sum(axis=0)
    focus = strength > FOCUS_SHARE * strength.max()
    rest = cutout.whiten((cutout.residual - fitted)[None]).reshape(fitted.shape)
    around = rest[:, ~focus & cutout.seen]
    level = float(np.median(np.abs(around)) / MEDIAN_ABS_NORMAL) ** 2 if around.size > MIN_AROUND else 1.0
    return max(1.0, float((rest[:, focus] ** 2).mean()), level)
