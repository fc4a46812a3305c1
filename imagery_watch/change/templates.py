"""The detector's dictionary: plain jet-like shapes and the shadow that a pass's own sun casts, as the sensor sees them.

The shapes are families in one parameter, the overall length; no type is named, and none of the simulator's drawings
is used. Proportions are round means of published transport aircraft, with three wings: fuselage width 0.09, tailplane
span 0.36; heights of fin 0.30, tailplane 0.16, fuselage 0.14 and wing 0.09 of the length. `proportions` varies them.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import ndtr
from skimage.draw import polygon

LENGTHS_M = (17.0, 24.0, 32.0, 40.0, 50.0, 62.0, 75.0)
HEADINGS_DEG = tuple(15.0 * step for step in range(24))
"""Nose directions: tail and shadow tell nose from tail, so the full circle is tried."""

PSF_SIGMA_M = 5.8
"""Gaussian equivalent of the 10 m bands' MTF of 0.24 to 0.28 at Nyquist (5.2 m; ESA data quality reports), widened by
2.5 m for the resampling to the tile and to the reference.
"""

SKYLIGHT = {"B02": 0.28, "B03": 0.22, "B04": 0.18, "B08": 0.12, "mono": 0.2}
"""Share of full light that is left in a shadow: the sky's."""

HALF = 9
"""The window of an explanation reaches 9 pixels to each side: room for 75 m of aircraft and 60 m of shadow."""
SIDE = 2 * HALF + 1
ENERGY_PX = 48
"""Edge of the square in which a template's energy is summed: the largest one, its shadow and the noise's reach."""
FINE_M = 1.0
MAX_SHADOW_M = 60.0
PIXEL_M = 10.0
LOWER_EDGE = 0.4
"""Height of a part's lower edge as a share of its upper one: fuselages and wings stand clear of the ground."""

Image = NDArray[np.float32]


class Plan(NamedTuple):
    """Proportions of a shape, as shares of its length."""

    span: float
    sweep: float
    """How far the wing tip lies behind the root."""
    chord: float
    """Wing chord at the root."""
    ahead: float = 0.09
    """How far the middle of the wing's root lies ahead of the aircraft's middle."""
    tail: float = 0.36
    """Span of the tailplane."""
    width: float = 0.09
    """Of the fuselage."""
    fin: float = 0.30
    """Height of the fin's top."""


MIDDLE = Plan(0.95, 0.22, 0.17)
SWEPT = Plan(0.80, 0.28, 0.19)
STRAIGHT = Plan(1.15, 0.05, 0.13)
PLANS = (MIDDLE, SWEPT, STRAIGHT)


@dataclass(frozen=True, eq=False)
class Template:
    """One plan, length and heading under one sun, sampled on the pixel grid, centred on the aircraft's middle.

    Compared and hashed by identity: `dictionary` gives the same objects for the same sun.
    """

    plan: Plan
    length_m: float
    heading_deg: float
    """0..360 clockwise from north, where the nose points."""
    hull: Image
    """(y, x): share of each pixel's signal that comes from the fuselage."""
    wings: Image
    """(y, x): share of it that comes from wings and tail."""
    shadow: Image
    """(y, x): share of it that comes from ground in the aircraft's shadow, less what the aircraft covers."""

    @property
    def body(self) -> Image:
        """(y, x): fuselage, wings and tail together."""
        return self.hull + self.wings

    @cached_property
    def powers(self) -> Image:
        """(3, ky, kx): products of the spectra of body with body, body with shadow, and shadow with shadow.

        On the half plane of a real Fourier transform over `ENERGY_PX` squared, scaled so that their sum is the sum over
        pixels of the products themselves.
        """
        body, shadow = (fft.rfft2(part, (ENERGY_PX, ENERGY_PX)) for part in (self.body, self.shadow))
        twice = np.full(body.shape[1], 2.0 / ENERGY_PX**2, np.float32)  # the half plane stands for the whole one
        twice[[0, -1]] = 1.0 / ENERGY_PX**2
        products = (np.abs(body) ** 2, (body * np.conj(shadow)).real, np.abs(shadow) ** 2)
        return np.asarray(np.stack(products) * twice, np.float32)

    @cached_property
    def parts(self) -> Image:
        """(3, y, x): fuselage, wings and shadow in the window of `SIDE` pixels in which candidates are explained."""
        return np.stack([_to_window(part) for part in (self.hull, self.wings, self.shadow)])


def dictionary(sun_azimuth: float, sun_elevation: float, plans: tuple[Plan, ...] = PLANS) -> tuple[Template, ...]:
    """Every plan, length and heading under a sun, in degrees; near suns share one dictionary."""
    return _of_plans(*near_sun(sun_azimuth, sun_elevation), plans)


def near_sun(sun_azimuth: float, sun_elevation: float) -> tuple[float, float]:
    """The middle of the suns that share a dictionary: among them a 16 m fin's shadow moves by less than a metre."""
    throw = 1.0 / np.tan(np.radians(max(sun_elevation, 5.0)))
    return 5.0 * round(sun_azimuth / 5.0) % 360.0, round(
        float(np.degrees(np.arctan2(1.0, 0.1 * round(throw / 0.1)))), 3
    )


@lru_cache(maxsize=128)
def _of_plans(azimuth: float, elevation: float, plans: tuple[Plan, ...]) -> tuple[Template, ...]:
    return tuple(template for plan in plans for template in _dictionary(azimuth, elevation, plan))


@lru_cache(maxsize=128)
def _dictionary(azimuth: float, elevation: float, plan: Plan) -> tuple[Template, ...]:
    return tuple(
        _template(plan, length, heading, azimuth, elevation) for length in LENGTHS_M for heading in HEADINGS_DEG
    )


def same_shape(template: Template, sun_azimuth: float, sun_elevation: float) -> Template:
    """The same plan, length and heading under another sun."""
    return _template(template.plan, template.length_m, template.heading_deg, *near_sun(sun_azimuth, sun_elevation))


def resized(template: Template, stretch: float, turn_deg: float, sun_azimuth: float, sun_elevation: float) -> Template:
    """The same plan, longer by a factor and turned by an angle, under a sun."""
    sun = near_sun(sun_azimuth, sun_elevation)
    return _template(template.plan, template.length_m * stretch, (template.heading_deg + turn_deg) % 360, *sun)


def variants(template: Template, sun_azimuth: float, sun_elevation: float) -> list[Template]:
    """The template and its neighbours between the dictionary's steps: longer and shorter, turned either way."""
    return [
        resized(template, stretch, turn, sun_azimuth, sun_elevation)
        for stretch in (0.9, 1.0, 1.11)
        for turn in (-7.5, 0.0, 7.5)
    ]


def drawn(plan: Plan, length: float, heading: float, azimuth: float, elevation: float) -> Template:
    """One shape, its length in metres and its heading and the sun in degrees, drawn anew."""
    return _under_sun(plan, length, heading, azimuth, elevation, _pieces(plan, length, heading))


def _under_sun(
    plan: Plan, length: float, heading: float, azimuth: float, elevation: float, pieces: "tuple[_Piece, ...]"
) -> Template:
    shadow_m = min(plan.fin * length / np.tan(np.radians(elevation)), MAX_SHADOW_M)
    reach = int(np.ceil((0.6 * length + shadow_m) / PIXEL_M)) + 2
    size = (2 * reach + 1) * round(PIXEL_M / FINE_M)
    hull, wings, shade = (np.zeros((size, size), bool) for _ in range(3))
    for piece in pieces:
        rows, cols = (slice(start + size // 2, start + size // 2 + edge) for start, edge in piece.extent)
        (wings if piece.is_wing else hull)[rows, cols] |= piece.mask
        part = np.zeros_like(shade)
        part[rows, cols] = piece.mask
        shade |= _cast(part, piece.height, azimuth, elevation)
    wings &= ~hull
    shade &= ~(hull | wings)
    return Template(plan, length, heading, *(_sensed(mask) for mask in (hull, wings, shade)))


@lru_cache(maxsize=4096)
def _template(plan: Plan, length: float, heading: float, azimuth: float, elevation: float) -> Template:
    """The same, kept: the dictionary's shapes are asked for again and again, their outlines under each sun."""
    return _under_sun(plan, length, heading, azimuth, elevation, _kept_pieces(plan, length, heading))


class _Piece(NamedTuple):
    """One part of an aircraft as its own cells of 1 m show it."""

    mask: NDArray[np.bool_]
    extent: tuple[tuple[int, int], tuple[int, int]]
    """First row and height, first column and width, from the aircraft's middle."""
    height: float
    """Of its top, metres."""
    is_wing: bool


def _pieces(plan: Plan, length: float, heading: float) -> tuple[_Piece, ...]:
    return tuple(_piece(outline, heading, height, is_wing) for outline, height, is_wing in _parts(plan, length))


_kept_pieces = lru_cache(maxsize=1024)(_pieces)


def _parts(plan: Plan, length: float) -> list[tuple[NDArray[np.float64], float, bool]]:
    """Outlines as (along, across) metres from the middle, nose positive, each with its height in metres."""
    width, tip, tail = plan.width / 2, plan.span / 2, plan.tail / 2
    root = plan.ahead + plan.chord / 2
    fuselage = [(0.5, 0), (0.5 - 2 * width, width), (-0.5 + 3 * width, width), (-0.5, 0)]
    wing = [
        (root, 0),
        (root - plan.sweep - 0.1 * plan.chord, tip),
        (root - plan.sweep - 0.4 * plan.chord, tip),
        (root - plan.chord, 0),
    ]
    tailplane = [(-0.34, 0), (-0.45, tail), (-0.49, tail), (-0.45, 0)]
    fin = [(-0.33, 0.012), (-0.5, 0.012), (-0.5, 0), (-0.33, 0)]
    shapes = ((fuselage, 0.14, False), (wing, 0.09, True), (tailplane, 0.16, True), (fin, plan.fin, True))
    return [(np.array(_mirrored(side)) * length, height * length, is_wing) for side, height, is_wing in shapes]


def _mirrored(side: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return side + [(along, -across) for along, across in reversed(side)]


def _piece(outline: NDArray[np.float64], heading: float, height: float, is_wing: bool) -> _Piece:
    """The cells whose middles the outline holds; the aircraft's middle lies between four of them."""
    turn = np.radians(heading)
    east = outline[:, 0] * np.sin(turn) + outline[:, 1] * np.cos(turn)
    north = outline[:, 0] * np.cos(turn) - outline[:, 1] * np.sin(turn)
    corners = np.stack([-north / FINE_M - 0.5, east / FINE_M - 0.5])
    least = np.floor(corners.min(axis=1)).astype(int)
    edges = np.ceil(corners.max(axis=1)).astype(int) - least + 1
    mask = np.zeros(tuple(edges), bool)
    down, right = corners - least[:, None]
    mask[polygon(down, right, shape=mask.shape)] = True
    extent = ((int(least[0]), int(edges[0])), (int(least[1]), int(edges[1])))
    return _Piece(mask, extent, height, is_wing)


def _cast(part: NDArray[np.bool_], height: float, azimuth: float, elevation: float) -> NDArray[np.bool_]:
    """The shape swept over the ground from where its lower edge throws its shadow to where its top does.

    The sweep doubles its length in each step, which costs the logarithm of the throw.
    """
    throw = min(height / np.tan(np.radians(elevation)), MAX_SHADOW_M)
    away = np.radians(azimuth + 180.0)
    rows, cols = -float(np.cos(away)) / FINE_M, float(np.sin(away)) / FINE_M
    start, length = LOWER_EDGE * throw, (1 - LOWER_EDGE) * throw
    swept = np.zeros_like(part)
    _add(swept, part, round(rows * start), round(cols * start))
    covered = 0.0
    while covered < length:
        step = min(max(covered, FINE_M), length - covered)
        _add(swept, swept.copy(), round(rows * step), round(cols * step))
        covered += step
    return swept


def _add(to: NDArray[np.bool_], mask: NDArray[np.bool_], down: int, right: int) -> None:
    """The mask, moved, added to another of its size; there is room for all of it."""
    height, width = mask.shape
    into = np.s_[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
    taken = np.s_[max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)]
    to[into] |= mask[taken]


def _sensed(fine_mask: NDArray[np.bool_]) -> Image:
    """Blurred by the sensor and averaged into its pixels."""
    lens = _lens(len(fine_mask))
    return lens @ fine_mask.astype(np.float32) @ lens.T


@lru_cache(maxsize=64)
def _lens(size: int) -> Image:
    """(pixel, cell): what each of a row's cells of 1 m adds to each of its pixels: a Gaussian, averaged over 10 m."""
    cells = np.arange(size) + 0.5
    edges = np.arange(0, size + 1, round(PIXEL_M / FINE_M))
    seen = ndtr((edges[:, None] - cells) * FINE_M / PSF_SIGMA_M)
    return np.asarray(np.diff(seen, axis=0), np.float32) * np.float32(FINE_M / PIXEL_M)


def _to_window(part: Image) -> Image:
    reach = part.shape[0] // 2
    if reach >= HALF:
        return part[reach - HALF : reach + HALF + 1, reach - HALF : reach + HALF + 1]
    return np.pad(part, HALF - reach)


def shadow_loss(bands: tuple[str, ...]) -> NDArray[np.float32]:
    """(band,): share of light lost in a shadow."""
    return np.array([1.0 - SKYLIGHT.get(band, 0.2) for band in bands], np.float32)
