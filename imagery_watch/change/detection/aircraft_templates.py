"""The template bank: plain jet-like shapes and the shadow that a pass's own sun casts, as the sensor sees them.

The shapes are families in one parameter, the overall length; no type is named, and none of the simulator's drawings
is used. Proportions are round means of published transport aircraft, with three wings: fuselage width 0.09, tailplane
span 0.36; heights of fin 0.30, tailplane 0.16, fuselage 0.14 and wing 0.09 of the length. `free_shape_fit` varies all
but the last three (docs/method.md, section 6).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import ndtr
from skimage.measure import grid_points_in_poly

from imagery_watch.change.background.residuals import MIN_SUN_DEG
from imagery_watch.change.bit_masks import BitMask, pack
from imagery_watch.model.arrays import Image, Mask

LENGTHS_M = (17.0, 24.0, 32.0, 40.0, 50.0, 62.0, 75.0)
"""Overall lengths of the bank, each 1.2 to 1.4 times the last."""
HEADINGS_DEG = tuple(15.0 * step for step in range(24))
"""Nose directions: tail and shadow tell nose from tail, so the full circle is tried."""

HALF_PX = 9
"""A cut-out reaches 9 pixels to each side of its candidate: room for 75 m of aircraft and 60 m of shadow."""
SIDE_PX = 2 * HALF_PX + 1
"""Edge of a cut-out."""
ENERGY_PX = 48
"""Edge of the square in which a template's energy is summed: the largest one, its shadow and the noise's reach."""
SUBPIXEL_M = 1.0
"""Edge of the cells in which shapes are drawn."""
MAX_SHADOW_M = 60.0
"""No shadow is drawn longer: beyond it lies outside the cut-out."""
SUN_STEP_DEG, THROW_STEP = 5.0, 0.1
"""Suns that differ by less in azimuth, and in metres of shadow a metre of height, share one bank of templates."""
RESIZE_STEPS, TURN_STEPS_DEG = (0.9, 1.0, 1.11), (-7.5, 0.0, 7.5)
"""Between the steps of the bank: how much longer or shorter, and turned by how much, a shape is tried."""
REACH_SHARE = 0.6
"""Of the length: the square in which a shape is drawn reaches so far, besides its shadow and the blur."""
LOWER_EDGE_SHARE = 0.4
"""Height of a part's lower edge as a share of its upper one: fuselages and wings stand clear of the ground."""


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


MEAN_PLAN = Plan(0.95, 0.22, 0.17)
SWEPT_PLAN = Plan(0.80, 0.28, 0.19)
STRAIGHT_PLAN = Plan(1.15, 0.05, 0.13)
PLANS = (MEAN_PLAN, SWEPT_PLAN, STRAIGHT_PLAN)
"""The three wings of the bank: a usual airliner's, a swept short one, and a straight long one."""
FUSELAGE_HEIGHT, WING_HEIGHT, TAILPLANE_HEIGHT = 0.14, 0.09, 0.16
"""Heights of the tops of these parts, as shares of the length."""


@dataclass(frozen=True, eq=False)
class Template:
    """One plan, length and heading under one sun, sampled on the pixel grid, centred on the aircraft's middle.

    Compared and hashed by identity: `build_template_bank` gives the same objects for the same imaging.
    """

    plan: Plan
    length_m: float
    heading_deg: float
    """0..360 clockwise from north, where the nose points."""
    imaging: "Imaging"
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
        """(3, y, x): fuselage, wings and shadow in a cut-out of `SIDE_PX` pixels."""
        return _to_cutout(np.stack([self.hull, self.wings, self.shadow]))


class Imaging(NamedTuple):
    """What decides how a shape looks in an image: the sun, and how the sensor blurs and samples."""

    sun_azimuth: float
    """Degrees clockwise from north; near suns are rounded to one, see `imaging_of`."""
    sun_elevation: float
    """Degrees above the horizon."""
    psf_sigma_m: float
    """Sigma of the sensor's Gaussian point spread, resampling included, metres."""
    pixel_m: float


def imaging_of(sun_azimuth: float, sun_elevation: float, psf_sigma_m: float, pixel_m: float) -> Imaging:
    """The imaging under the middle of the suns that share a bank: among them a 16 m fin's shadow moves by < 1 m."""
    throw = 1.0 / np.tan(np.radians(max(sun_elevation, MIN_SUN_DEG)))
    azimuth = SUN_STEP_DEG * round(sun_azimuth / SUN_STEP_DEG) % 360.0
    elevation = round(float(np.degrees(np.arctan2(1.0, THROW_STEP * round(throw / THROW_STEP)))), 3)
    return Imaging(azimuth, elevation, psf_sigma_m, pixel_m)


@lru_cache(maxsize=128)
def build_template_bank(imaging: Imaging, plans: tuple[Plan, ...] = PLANS) -> tuple[Template, ...]:
    """Every plan, length and heading; the same objects for the same imaging."""
    return tuple(template for plan in plans for template in _bank_of_plan(imaging, plan))


@lru_cache(maxsize=128)
def _bank_of_plan(imaging: Imaging, plan: Plan) -> tuple[Template, ...]:
    return tuple(_draw_cached(plan, length, heading, imaging) for length in LENGTHS_M for heading in HEADINGS_DEG)


def redraw_template(template: Template, imaging: Imaging) -> Template:
    """The same plan, length and heading under another sun."""
    return _draw_cached(template.plan, template.length_m, template.heading_deg, imaging)


def resize_template(template: Template, stretch: float, turn_deg: float) -> Template:
    """The same plan, longer by a factor and turned by an angle, under the same sun."""
    heading = (template.heading_deg + turn_deg) % 360
    return _draw_cached(template.plan, template.length_m * stretch, heading, template.imaging)


def vary_template(template: Template) -> list[Template]:
    """The template and its neighbours between the bank's steps: longer and shorter, turned either way."""
    return [resize_template(template, stretch, turn) for stretch in RESIZE_STEPS for turn in TURN_STEPS_DEG]


def draw_template(plan: Plan, length: float, heading: float, imaging: Imaging) -> Template:
    """One shape, its length in metres and its heading in degrees, drawn anew."""
    return _draw_from(plan, length, heading, imaging, _draw_pieces_recent(plan, length, heading))


@lru_cache(maxsize=4096)
def _draw_cached(plan: Plan, length: float, heading: float, imaging: Imaging) -> Template:
    """The same, kept: the bank's shapes are asked for again and again, their outlines under each sun."""
    return _draw_from(plan, length, heading, imaging, _draw_pieces_cached(plan, length, heading))


def _draw_from(plan: Plan, length: float, heading: float, imaging: Imaging, pieces: "tuple[_Piece, ...]") -> Template:
    slope = np.tan(np.radians(imaging.sun_elevation))
    shadow_m = min(plan.fin * length / slope, MAX_SHADOW_M)
    reach = int(np.ceil((REACH_SHARE * length + shadow_m) / imaging.pixel_m)) + 2
    size = (2 * reach + 1) * round(imaging.pixel_m / SUBPIXEL_M)
    side = -(-size // 8) * 8
    hull = wings = shade = BitMask(0, side)
    for piece in pieces:
        part = pack(piece.mask, piece.top + size // 2, piece.left + size // 2, side)
        wings, hull = (wings.united(part), hull) if piece.is_wing else (wings, hull.united(part))
        throw = min(piece.height / slope, MAX_SHADOW_M)
        shade = shade.united(part.swept(_list_shadow_moves(throw, imaging.sun_azimuth)))
    masks, rows = (hull, wings.without(hull), shade.without(hull).without(wings)), hull.united(wings).united(shade).rows
    fine = np.stack([mask.unpack(rows)[:, :size] for mask in masks])
    return Template(plan, length, heading, imaging, *_blur_and_sample(fine, rows, imaging))


class _Piece(NamedTuple):
    """One part of an aircraft as its own cells of 1 m show it."""

    mask: Mask
    top: int
    """Its first row, from the aircraft's middle."""
    left: int
    """Its first column."""
    height: float
    """Of its top, metres."""
    is_wing: bool


def _draw_pieces(plan: Plan, length: float, heading: float) -> tuple[_Piece, ...]:
    """The cells whose middles each outline holds; the aircraft's middle lies between four of them."""
    corners = turn_outlines(plan, length, heading) / SUBPIXEL_M - 0.5
    least = np.floor(corners.min(axis=1)).astype(int)
    edges = (np.ceil(corners.max(axis=1)).astype(int) - least + 1).tolist()
    pieces = zip(corners - least[:, None], least.tolist(), edges, list_heights(plan, length), strict=True)
    return tuple(
        _Piece(grid_points_in_poly(tuple(edge), inside), top, left, height, number > 0)
        for number, (inside, (top, left), edge, height) in enumerate(pieces)
    )


def turn_outlines(plan: Plan, length: float, heading: float) -> NDArray[np.float64]:
    """(4, corner, 2): fuselage, wing, tailplane and fin, metres down and right of the aircraft's middle."""
    outlines, turn = _list_outlines(plan) * length, np.radians(heading)
    east = outlines[..., 0] * np.sin(turn) + outlines[..., 1] * np.cos(turn)
    north = outlines[..., 0] * np.cos(turn) - outlines[..., 1] * np.sin(turn)
    return np.stack([-north, east], axis=-1)


def list_heights(plan: Plan, length: float) -> tuple[float, ...]:
    """Metres above the ground of the tops of the same parts."""
    return tuple(share * length for share in (FUSELAGE_HEIGHT, WING_HEIGHT, TAILPLANE_HEIGHT, plan.fin))


_draw_pieces_cached = lru_cache(maxsize=1024)(_draw_pieces)
_draw_pieces_recent = lru_cache(maxsize=16)(_draw_pieces)
"""Of free shapes: one is asked for under the sun of each look that is measured."""


def _list_outlines(plan: Plan) -> NDArray[np.float64]:
    """(4, corner, 2): fuselage, wing, tailplane and fin; shares of the length along and across, the nose positive."""
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
    return np.array([_mirror(side) for side in (fuselage, wing, tailplane, fin)])


def _mirror(side: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return side + [(along, -across) for along, across in reversed(side)]


@lru_cache(maxsize=1024)
def _list_shadow_moves(throw_m: float, azimuth: float) -> tuple[tuple[int, int], ...]:
    """Cells down and right by which a shape is swept over the ground to where its shadow falls.

    The first move is to where its lower edge throws its shadow, the others go on to where its top does, `throw_m` on.
    Each doubles the length, which costs the logarithm of the throw.
    """
    away = np.radians(azimuth + 180.0)
    rows, cols = -float(np.cos(away)) / SUBPIXEL_M, float(np.sin(away)) / SUBPIXEL_M
    start, length = LOWER_EDGE_SHARE * throw_m, (1 - LOWER_EDGE_SHARE) * throw_m
    moves = [(round(rows * start), round(cols * start))]
    covered = 0.0
    while covered < length:
        step = min(max(covered, SUBPIXEL_M), length - covered)
        moves.append((round(rows * step), round(cols * step)))
        covered += step
    return tuple(moves)


def _blur_and_sample(fine: NDArray[np.uint8], rows: slice, imaging: Imaging) -> Image:
    """(part, y, x): masks of these rows of a square, blurred by the sensor and averaged into its pixels."""
    sampling = _sampling_matrix(fine.shape[-1], imaging.psf_sigma_m, imaging.pixel_m)
    return sampling[:, rows] @ fine.astype(np.float32) @ sampling.T


@lru_cache(maxsize=64)
def _sampling_matrix(size: int, psf_sigma_m: float, pixel_m: float) -> Image:
    """(pixel, cell): what each of a row's cells adds to each of its pixels: a Gaussian, averaged over the pixel."""
    cells = np.arange(size) + 0.5
    edges = np.arange(0, size + 1, round(pixel_m / SUBPIXEL_M))
    seen = ndtr((edges[:, None] - cells) * SUBPIXEL_M / psf_sigma_m)
    return np.asarray(np.diff(seen, axis=0), np.float32) * np.float32(SUBPIXEL_M / pixel_m)


def _to_cutout(parts: Image) -> Image:
    """(part, y, x): cut or filled up to `SIDE_PX` about the middle."""
    reach = parts.shape[-1] // 2
    if reach >= HALF_PX:
        return parts[:, reach - HALF_PX : reach + HALF_PX + 1, reach - HALF_PX : reach + HALF_PX + 1]
    cut = np.zeros((len(parts), SIDE_PX, SIDE_PX), np.float32)
    inner = slice(HALF_PX - reach, HALF_PX + reach + 1)
    cut[:, inner, inner] = parts
    return cut
