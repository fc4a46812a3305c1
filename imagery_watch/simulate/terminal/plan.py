"""The plan of a terminal: piers, gates and remote stands, and the ground that they stand on."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from shapely import affinity
from shapely.geometry import Point, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.daylight import BANDS, GREEN, PAVEMENT
from imagery_watch.simulate.painter import rasterized
from imagery_watch.simulate.terminal.canvas import HALF_M, SIZE, Colour, Image, paint, tint, turn_box

STANDS = {
    "medium": (42.0, ("A320", "B737-800", "E175", "Tu-204-300", "Il-62M")),
    "wide": (70.0, ("B777-200", "Il-76", "Tu-204", "An-124")),
    "small": (34.0, ("An-26", "E175", "Su-30", "C-130")),
}
"""Pitch of the stands of a pier side, metres, and the types that come to them."""
RAMP_TYPES, RAMP_SCALE = ("E175", "An-26", "B737-800"), (0.42, 0.8)
"""Drawings of what stands on a ramp of business and regional jets, and what they are scaled by: 13 to 27 m."""
RAMP_PAINTS = (0.4, 0.85), (0.3, 0.8)
"""Reflectance of their fuselages and wings: business jets are white all over."""
REMOTE_TAKEN = 0.45
"""Greatest chance that a remote stand is taken; those at piers are taken more often."""


@dataclass(frozen=True)
class Building:
    """What stands up for good."""

    shape: BaseGeometry
    """Metres east and north of the middle."""
    height: float
    paint: Colour


@dataclass(frozen=True)
class Gate:
    """One stand: where an aircraft's middle comes to lie."""

    east: float
    north: float
    heading: float
    """Of a nose that points at the pier."""
    types: tuple[str, ...]
    taken: float
    """Chance that it is taken in a look."""
    kept: float
    """Chance that the same aircraft is still there in the next look, if it is taken then."""
    scale: tuple[float, float] = (0.9, 1.12)
    """Bounds of what the drawings of its visitors are scaled by."""
    hull: tuple[float, float] = (0.25, 0.7)
    """Bounds of the reflectance of a light fuselage, and of light wings."""
    wings: tuple[float, float] = (0.15, 0.5)


@dataclass(frozen=True)
class Terminal:
    """What lies where, for good."""

    buildings: tuple[Building, ...]
    gates: tuple[Gate, ...]
    ground: Image
    """(band, y, x): empty, under a full sun."""
    aprons: NDArray[np.int16]
    """(y, x): -1 outside."""


def lay_out(rng: np.random.Generator, *, ramps: bool = False) -> Terminal:
    """A terminal of one or two piers and some remote stands, turned by any angle; with ramps of small jets if asked."""
    turn = float(rng.uniform(0, 180))
    buildings, gates, dirt = [], list[Gate](), list[BaseGeometry]()
    for offset in _pier_offsets(rng):
        width, length = float(rng.uniform(22, 50)), float(rng.uniform(450, 950))
        shape = box(-length / 2, offset - width / 2, length / 2, offset + width / 2)
        buildings.append(Building(shape, float(rng.uniform(7, 20)), _roof(rng)))
        buildings.append(
            Building(Point(rng.uniform(-200, 200), offset).buffer(width * 0.8), float(rng.uniform(10, 22)), _roof(rng))
        )
        for side in (-1.0, 1.0):
            some, soiled = _line_of_gates(rng, length, offset + side * width / 2, side)
            gates += some
            dirt += soiled
    gates += [_remote(rng) for _ in range(int(rng.integers(4, 14)))]
    if ramps:
        gates += [gate for side in (-1.0, 1.0) for gate in _ramp(rng, side)]
    turned = [replace(one, shape=affinity.rotate(one.shape, turn, origin=(0, 0))) for one in buildings]
    gates = [_turned(one, turn) for one in gates]
    stands = [Point(one.east, one.north).buffer(45, cap_style="square") for one in gates]
    soil = [affinity.rotate(one, turn, origin=(0, 0)) for one in dirt]
    roofs = unary_union([one.shape for one in turned]).buffer(float(rng.uniform(-5, 14)))
    drawn = unary_union(stands).difference(roofs) if rng.random() < 0.7 else unary_union(stands)
    index = _number(drawn)
    return Terminal(tuple(turned), tuple(gates), _ground(rng, soil, drawn, gates), index)


def _pier_offsets(rng: np.random.Generator) -> tuple[float, ...]:
    return (
        (float(rng.uniform(-50, 50)),)
        if rng.random() < 0.4
        else (float(rng.uniform(-260, -170)), float(rng.uniform(150, 260)))
    )


def _roof(rng: np.random.Generator) -> Colour:
    level = rng.uniform(0.35, 0.7) if rng.random() < 0.4 else rng.uniform(0.08, 0.4)
    return np.asarray(level * rng.normal(1, 0.06, len(BANDS)), np.float32)


def _line_of_gates(
    rng: np.random.Generator, length: float, edge: float, side: float
) -> tuple[list[Gate], list[BaseGeometry]]:
    """The stands along one side of a pier, and the soiled ground under them."""
    pitch, types = STANDS[str(rng.choice(list(STANDS), p=(0.55, 0.3, 0.15)))]
    pitch *= float(rng.uniform(0.92, 1.25))
    taken, kept = float(rng.uniform(0.45, 0.95)), float(rng.uniform(0.1, 0.7))
    gates, dirt = [], list[BaseGeometry]()
    clearance = float(rng.uniform(10, 32))
    road = box(-length / 2, min(edge, edge + side * 12), length / 2, max(edge, edge + side * 12))
    for east in np.arange(-length / 2 + pitch / 2, length / 2 - pitch / 3, pitch):
        reach = max(TYPES[name].length for name in types) / 2 + clearance
        gates.append(Gate(float(east), edge + side * reach, 0.0 if side < 0 else 180.0, types, taken, kept))
        dirt += [
            Point(east + rng.normal(0, 3), edge + side * reach * rng.uniform(0.6, 1.2)).buffer(rng.uniform(5, 18))
            for _ in range(2)
        ]
    return gates, [*dirt, road]


def _remote(rng: np.random.Generator) -> Gate:
    """A stand on the open apron."""
    east, north = rng.uniform(-450, 450), rng.choice((-1, 1)) * rng.uniform(330, 480)
    types = STANDS[str(rng.choice(list(STANDS)))][1]
    return Gate(
        float(east), float(north), float(rng.uniform(0, 360)), types, float(rng.uniform(0.1, REMOTE_TAKEN)), 0.3
    )


def _ramp(rng: np.random.Generator, side: float) -> list[Gate]:
    """Rows of small jets on the open apron, wing to wing."""
    pitch, depth = rng.uniform(20, 34), rng.uniform(28, 45)
    rows, cols = int(rng.integers(1, 4)), int(rng.integers(4, 12))
    east, heading = rng.uniform(-350, 250), rng.choice((0.0, 90.0, 180.0, 270.0)) + rng.normal(0, 15)
    taken, kept = float(rng.uniform(0.25, 0.85)), float(rng.uniform(0.1, 0.7))
    middle = rng.uniform(0.5, 0.75)
    bounds = (max(RAMP_SCALE[0], middle - 0.15), min(RAMP_SCALE[1], middle + 0.15))
    return [
        Gate(
            float(east + col * pitch),
            float(side * (340 + row * depth)),
            float(heading),
            RAMP_TYPES,
            taken,
            kept,
            bounds,
            *RAMP_PAINTS,
        )
        for row in range(rows)
        for col in range(cols)
    ]


def _turned(gate: Gate, turn: float) -> Gate:
    at = affinity.rotate(Point(gate.east, gate.north), turn, origin=(0, 0))
    return replace(gate, east=at.x, north=at.y, heading=(gate.heading - turn) % 360)


def _number(drawn: BaseGeometry) -> NDArray[np.int16]:
    fine = rasterized(drawn, (HALF_M, HALF_M), SIZE * 10, SIZE * 10)[5::10, 5::10]
    labels, _ = ndimage.label(fine)
    return np.asarray(labels - 1, np.int16)


def _ground(rng: np.random.Generator, soil: list[BaseGeometry], drawn: BaseGeometry, gates: list[Gate]) -> Image:
    """The empty pavement with its grass, soiled stands, other slabs and texture."""
    base = (
        PAVEMENT["concrete"] * rng.uniform(0.6, 1.1)
        if rng.random() < 0.7
        else PAVEMENT["asphalt"] * rng.uniform(0.9, 1.8)
    )
    image = np.tile(np.asarray(base, np.float32)[:, None, None], (1, SIZE, SIZE))
    for _ in range(int(rng.integers(4, 12))):
        field = affinity.translate(
            turn_box(rng, rng.uniform(60, 300), rng.uniform(40, 160)), *rng.uniform(-HALF_M, HALF_M, 2)
        )
        paint(image, field.difference(drawn), GREEN * rng.uniform(0.6, 1.8))
    strips = unary_union(
        [Point(gate.east, gate.north).buffer(50, cap_style="square") for gate in gates if gate.taken > REMOTE_TAKEN]
    )
    tint(image, strips, float(rng.uniform(0.5, 1.1)))
    for gate in gates:
        tint(image, Point(gate.east, gate.north).buffer(20, cap_style="square"), float(rng.normal(1, 0.05)))
    strength = float(rng.uniform(0.0, 0.3))
    for one in soil:
        tint(image, one, 1 - strength * float(rng.uniform(0.0, 1.0)))
    for _ in range(30):
        slab = affinity.translate(
            turn_box(rng, rng.uniform(20, 120), rng.uniform(15, 60)), *rng.uniform(-HALF_M, HALF_M, 2)
        )
        tint(image, slab, float(rng.normal(1, 0.07)))
    fine, coarse = (ndimage.gaussian_filter(rng.normal(size=(SIZE, SIZE)), sigma) for sigma in (0.7, 4.0))
    return np.asarray(
        image * (1 + rng.uniform(0.01, 0.05) * fine / fine.std() + rng.uniform(0.01, 0.05) * coarse / coarse.std()),
        np.float32,
    )
