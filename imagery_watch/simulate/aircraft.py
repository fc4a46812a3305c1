"""Aircraft as polygons with heights, from published dimensions: what the injector plants.

Dimensions are manufacturers' and Jane's overall figures, in metres.
"""

from dataclasses import dataclass
from math import cos, radians, sin, tan

from shapely import affinity
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union


@dataclass(frozen=True)
class AircraftType:
    """Overall dimensions of one type, metres."""

    name: str
    length: float
    span: float
    fuselage: float
    """Fuselage diameter."""
    sweep_deg: float
    """Quarter-chord sweep of the wing."""
    root_chord: float
    """Of the trapezoid with the published wing area, span and tip: kinks near the root are not drawn."""
    tip_chord: float
    tail_span: float
    height: float
    """To the top of the fin."""
    wing_at: float
    """Where the wing root's leading edge lies, as a share of the length from the nose."""
    wing_height: float
    """Height of the wing above the ground."""


TYPES = {
    aircraft.name: aircraft
    for aircraft in (
        AircraftType("F-16", 15.0, 9.9, 1.6, 32, 5.0, 1.2, 5.6, 5.1, 0.38, 1.6),
        AircraftType("MiG-29", 17.3, 11.4, 2.0, 42, 5.6, 1.3, 7.8, 4.7, 0.40, 1.8),
        AircraftType("Su-30", 21.9, 14.7, 2.4, 37, 7.5, 2.0, 9.8, 6.4, 0.38, 2.2),
        AircraftType("An-26", 23.8, 29.2, 2.9, 4, 3.5, 1.7, 10.0, 8.6, 0.33, 4.0),
        AircraftType("C-130", 29.8, 40.4, 4.3, 2, 4.9, 2.5, 16.1, 11.7, 0.36, 4.6),
        AircraftType("E175", 31.7, 26.0, 3.0, 24, 4.0, 1.6, 10.0, 9.9, 0.36, 2.3),
        AircraftType("A320", 37.6, 35.8, 4.0, 25, 5.25, 1.6, 12.5, 11.8, 0.34, 3.0),
        AircraftType("B737-800", 39.5, 35.8, 3.8, 25, 5.4, 1.6, 14.4, 12.5, 0.34, 3.0),
        AircraftType("Tu-204", 46.1, 41.8, 4.1, 28, 6.9, 1.9, 15.0, 13.9, 0.35, 3.2),
        AircraftType("Tu-204-300", 40.2, 41.8, 4.1, 28, 6.9, 1.9, 15.0, 13.9, 0.34, 3.2),
        AircraftType("Tu-95", 46.2, 50.1, 2.9, 34, 7.5, 2.9, 14.8, 12.1, 0.36, 4.0),
        AircraftType("Il-62M", 53.1, 43.2, 4.1, 32, 9.0, 3.0, 12.2, 12.3, 0.42, 3.0),
        AircraftType("Il-76", 46.6, 50.5, 4.8, 25, 8.7, 3.2, 17.4, 14.8, 0.32, 6.0),
        AircraftType("B777-200", 63.7, 60.9, 6.2, 31, 11.85, 2.2, 21.5, 18.5, 0.33, 4.5),
        AircraftType("An-124", 69.1, 73.3, 7.3, 32, 13.1, 4.0, 24.0, 21.1, 0.30, 8.0),
    )
}


@dataclass(frozen=True)
class Part:
    """One piece of an aircraft, flat, at a height."""

    outline: BaseGeometry
    """Metres east and north of the aircraft's middle."""
    bottom: float
    top: float
    """Heights above the ground, metres."""
    wing: bool
    """Wing and tail surfaces may have another paint than the fuselage."""


def parts(aircraft: AircraftType, heading_deg: float) -> tuple[Part, ...]:
    """The aircraft's pieces, its nose towards `heading_deg` clockwise from north."""
    half, radius = aircraft.length / 2, aircraft.fuselage / 2
    tube = LineString([(0, -half + 4 * radius), (0, half - radius)]).buffer(radius, quad_segs=6)
    cone = Polygon([(-radius, -half + 5 * radius), (0, -half), (radius, -half + 5 * radius)])
    wing = _surface(aircraft, half - aircraft.wing_at * aircraft.length, aircraft.span, aircraft.root_chord)
    whole = box(-aircraft.span, -half, aircraft.span, half)
    stabiliser = _surface(aircraft, -half + 0.13 * aircraft.length, aircraft.tail_span, 0.5 * aircraft.root_chord)
    stabiliser = stabiliser.intersection(whole)
    fin = box(-0.3, -half, 0.3, -half + 0.16 * aircraft.length)
    axis = radius + 0.45 * aircraft.wing_height
    pieces = (
        Part(unary_union([tube, cone]), axis - radius, axis + radius, False),
        Part(wing, aircraft.wing_height, aircraft.wing_height + 0.6, True),
        Part(stabiliser, axis + radius, axis + radius + 0.4, True),
        Part(fin, axis, aircraft.height, True),
    )
    turn = [Part(affinity.rotate(p.outline, -heading_deg, origin=(0, 0)), p.bottom, p.top, p.wing) for p in pieces]
    return tuple(turn)


def _surface(aircraft: AircraftType, leading_edge: float, span: float, root: float) -> BaseGeometry:
    """A swept, tapered pair of wings whose root starts at `leading_edge` metres ahead of the middle."""
    tip = root * aircraft.tip_chord / aircraft.root_chord
    back = (span / 2) * tan(radians(aircraft.sweep_deg)) + 0.25 * (root - tip)
    right = [(0, leading_edge), (span / 2, leading_edge - back), (span / 2, leading_edge - back - tip)]
    side = Polygon([*right, (0, leading_edge - root)])
    return unary_union([side, affinity.scale(side, -1, 1, origin=(0, 0))])


def footprint(pieces: tuple[Part, ...], *, wings: bool) -> BaseGeometry:
    """What the aircraft covers seen from above: its wings and tail, or its fuselage."""
    return unary_union([piece.outline for piece in pieces if piece.wing == wings])


def shadow(pieces: tuple[Part, ...], sun_azimuth: float, sun_elevation: float) -> BaseGeometry:
    """Ground from which the sun is hidden: each piece swept from its bottom's to its top's shadow."""
    east, north = -sin(radians(sun_azimuth)), -cos(radians(sun_azimuth))
    throw = 1.0 / tan(radians(max(sun_elevation, 3.0)))
    return unary_union([_swept(p, east * throw, north * throw) for p in pieces])


def _swept(part: Part, east: float, north: float) -> BaseGeometry:
    steps = max(2, int((part.top - part.bottom) * (east**2 + north**2) ** 0.5) + 1)
    heights = [part.bottom + (part.top - part.bottom) * step / (steps - 1) for step in range(steps)]
    copies = [affinity.translate(part.outline, east * h, north * h) for h in heights]
    return unary_union([copy.buffer(0.5) for copy in copies])
