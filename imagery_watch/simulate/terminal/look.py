"""One look at a terminal: shadows, aircraft, bridges, vehicles, works and roofs, through the air and the sensor."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy import ndimage
from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from imagery_watch.simulate.aircraft import TYPES, footprint, parts, shadow
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.overpass import SimulatedPass
from imagery_watch.simulate.physics import SENSOR_NOISE, haze_of
from imagery_watch.simulate.terminal.canvas import HALF_M, SIZE, Image, paint, shade, sweep, tint, turn_box, veil
from imagery_watch.simulate.terminal.plan import Terminal
from imagery_watch.simulate.terminal.visitors import Visitor


@dataclass(frozen=True)
class Clutter:
    """What lies and stands about a terminal besides aircraft."""

    bustle: float = 1.0
    """Factor on the number of vehicles about the stands and of works."""
    long_vehicles: float = 0.06
    """Share of vehicles that may be as long as buses and tankers."""
    patches: float = 1.0
    """Factor on the number of wet and dry patches of each look."""
    dust: float = 0.0
    """Mean number of patches of dust, foam or salt of each look, which whiten what they cover."""


USUAL_CLUTTER = Clutter()


def render_look(
    terminal: Terminal,
    visitors: list[Visitor],
    sun: tuple[float, float],
    view: float,
    clutter: Clutter,
    rng: np.random.Generator,
) -> Image:
    """(band, y, x): what one look shows under a full sky; `sun` is azimuth and elevation in degrees.

    `view` is the tangent of the view's angle, `clutter` says what else lies and stands about.
    """
    image = terminal.ground.copy()
    away, throw = np.radians(sun[0] + 180.0), 1.0 / np.tan(np.radians(sun[1]))
    lean = affinity.rotate(Point(view, 0), float(rng.uniform(0, 360)), origin=(0, 0))
    east, north = float(np.sin(away)) * throw, float(np.cos(away)) * throw
    _patches(image, clutter.patches, rng)
    _whiten(image, clutter.dust, rng)
    _works(image, clutter.bustle, rng)
    for one in terminal.buildings:
        shade(image, sweep(one.shape, east * one.height, north * one.height))
    for visitor in visitors:
        _draw_visitor(image, visitor, sun, rng)
    _bridges(image, terminal, visitors, rng)
    _vehicles(image, terminal, visitors, (east, north), clutter, rng)
    for one in terminal.buildings:
        seen = affinity.translate(one.shape, lean.x * one.height, lean.y * one.height)
        paint(image, unary_union([sweep(one.shape, lean.x * one.height, lean.y * one.height)]), one.paint * 0.6)
        paint(image, seen, one.paint * float(rng.normal(1, 0.03)))
        for _ in range(int(rng.poisson(0.2))):  # a part of the roof glints, or was painted or built upon
            paint(image, seen.intersection(_pick_part(seen, rng)), one.paint * float(rng.uniform(0.45, 2.2)))
        if rng.random() < 0.15:  # a glint along its edge
            paint(
                image,
                seen.boundary.intersection(box(*seen.bounds)).buffer(1.5).intersection(_pick_part(seen, rng)),
                np.full(len(BANDS), 0.9, np.float32),
            )
    return image


def _pick_part(shape: BaseGeometry, rng: np.random.Generator) -> BaseGeometry:
    """A disc somewhere in the box of a shape."""
    west, south, east, north = shape.bounds
    return Point(rng.uniform(west, east), rng.uniform(south, north)).buffer(float(rng.uniform(30, 120)))


def _patches(image: Image, patches: float, rng: np.random.Generator) -> None:
    """Wet and dry ground of this look alone."""
    for _ in range(int(rng.poisson(4 * patches))):
        spot = affinity.translate(_blob(rng, rng.uniform(6, 45)), *rng.uniform(-HALF_M, HALF_M, 2))
        tint(image, spot, float(rng.uniform(0.65, 1.0) if rng.random() < 0.7 else rng.uniform(1.0, 1.25)))


def _whiten(image: Image, dust: float, rng: np.random.Generator) -> None:
    """Dust, foam and salt of this look alone: the ground shows through."""
    for _ in range(int(rng.poisson(dust)) if dust else 0):
        spot = affinity.translate(_blob(rng, rng.uniform(6, 45)), *rng.uniform(-HALF_M, HALF_M, 2))
        white = np.asarray(rng.uniform(0.35, 0.7) * rng.normal(1, 0.05, len(BANDS)), np.float32)
        veil(image, spot, white, float(rng.uniform(0.05, 0.4)))


def _works(image: Image, bustle: float, rng: np.random.Generator) -> None:
    """Tents, stacks of containers, building sites and new pavement: as bright or dark as aircraft, and of any size."""
    for _ in range(int(rng.poisson(1.5 * bustle))):
        site = affinity.translate(
            turn_box(rng, float(rng.uniform(12, 80)), float(rng.uniform(8, 45))), *rng.uniform(-HALF_M, HALF_M, 2)
        )
        paint(image, site, np.asarray(rng.uniform(0.06, 0.7) * rng.normal(1, 0.08, len(BANDS)), np.float32))


def _blob(rng: np.random.Generator, radius: float) -> Polygon:
    turns = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    reach = radius * rng.uniform(0.5, 1.3, len(turns))
    stretch = rng.uniform(0.4, 1.0)
    return Polygon(np.column_stack([reach * np.cos(turns), reach * np.sin(turns) * stretch])).buffer(2)


def _draw_visitor(image: Image, one: Visitor, sun: tuple[float, float], rng: np.random.Generator) -> None:
    pieces = parts(TYPES[one.shape], one.heading)
    hull, wings = (_place(footprint(pieces, wings=kind), one) for kind in (False, True))
    shade(image, _place(shadow(pieces, *sun), one).difference(unary_union([hull, wings])))
    sheen = float(rng.normal(1, 0.05))
    paint(image, wings.difference(hull), one.wings * sheen)
    paint(image, hull, one.hull * sheen)
    if rng.random() < 0.02:  # a glint on the fuselage
        ahead = affinity.rotate(LineString([(0, -6), (0, 10)]), -one.heading, origin=(0, 0))
        paint(image, affinity.translate(ahead, one.east, one.north).buffer(1.2), np.full(len(BANDS), 0.9, np.float32))


def _place(shape: BaseGeometry, one: Visitor) -> BaseGeometry:
    """A part of its drawing where the visitor stands."""
    return affinity.translate(affinity.scale(shape, one.scale, one.scale, origin=(0, 0)), one.east, one.north)


def _bridges(image: Image, terminal: Terminal, visitors: list[Visitor], rng: np.random.Generator) -> None:
    """A jet bridge from each pier to each gate, turned aside where nobody stands."""
    taken = {one.gate for one in visitors}
    for number, gate in enumerate(terminal.gates):
        if number % 5 == 4 or gate.taken < 0.3:
            continue
        ahead = affinity.rotate(Point(0, 26), -gate.heading, origin=(0, 0))
        root = Point(gate.east + ahead.x, gate.north + ahead.y)
        turn = gate.heading + 150 + (25 if number in taken else float(rng.normal(-25, 6)))
        reach = affinity.translate(affinity.rotate(LineString([(0, 0), (0, 22)]), -turn, origin=(0, 0)), root.x, root.y)
        paint(image, reach.buffer(2.0), np.full(len(BANDS), 0.3 + 0.02 * (number % 9), np.float32))


def _vehicles(
    image: Image,
    terminal: Terminal,
    visitors: list[Visitor],
    away: tuple[float, float],
    clutter: Clutter,
    rng: np.random.Generator,
) -> None:
    """Tugs, buses, trucks and trains of containers about the stands, and some on the open apron."""
    taken = {one.gate for one in visitors}
    places = [
        (gate.east + rng.normal(0, 18), gate.north + rng.normal(0, 18))
        for number, gate in enumerate(terminal.gates)
        for _ in range(int(rng.poisson(clutter.bustle * (1.6 if number in taken else 0.5))))
    ]
    places += [tuple(rng.uniform(-HALF_M, HALF_M, 2)) for _ in range(int(rng.poisson(12)))]
    for east, north in places:
        longest = (
            18 if rng.random() < clutter.long_vehicles else 9
        )  # buses and trains of containers; tugs, carts and trucks
        length, width, height = rng.uniform(3, longest), rng.uniform(1.6, 3.0), rng.uniform(1, 3.5)
        shape = affinity.translate(turn_box(rng, length, width), east, north)
        level = rng.uniform(0.05, 0.5) if rng.random() < 0.75 else rng.uniform(0.5, 0.8)
        shade(image, sweep(shape, away[0] * height, away[1] * height).difference(shape))
        paint(image, shape, np.asarray(level * rng.normal(1, 0.15, len(BANDS)), np.float32))


def sense_look(
    image: Image, number: int, sun: tuple[float, float], level: float, rng: np.random.Generator
) -> SimulatedPass:
    """Through the air and onto the sensor's own grid."""
    common = ndimage.gaussian_filter(rng.standard_t(5, (SIZE, SIZE)), 0.7)
    own = np.stack([ndimage.gaussian_filter(rng.standard_t(5, (SIZE, SIZE)), 0.7) for _ in BANDS])
    wide = ndimage.gaussian_filter(rng.normal(size=(SIZE, SIZE)), 12.0)
    noise = level * (0.9 * common / common.std() + 0.43 * own / own.std(axis=(1, 2), keepdims=True))
    image = image * (1 + 0.02 * wide / wide.std()) + noise * np.clip(image / 0.25, 0.4, 1.6)
    image = (
        image * (rng.normal(1, 0.05) * rng.normal(1, 0.01, len(BANDS)))[:, None, None]
        + (haze_of(BANDS) * abs(rng.normal(0, 0.01)))[:, None, None]
    )
    shift = rng.normal(0, 0.15, 2)
    moved = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in image])
    moved = np.clip(moved + rng.normal(0, SENSOR_NOISE, moved.shape), 0.0005, 2.0).astype(np.float32)
    when = datetime.fromisoformat("2023-04-01T10:10:00+00:00") + timedelta(days=5 * number)
    return SimulatedPass(when, "sentinel-2a", 65, *sun, moved, np.full((SIZE, SIZE), 5, np.uint8))
