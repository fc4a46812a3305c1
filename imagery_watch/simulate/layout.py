"""The plan of a simulated airfield: fields, a runway, aprons of slabs, buildings with heights, and places to park."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.simulate.physics import BLUR_M

SIZE = 300
"""Pixels of 10 m: a square of 3 km."""
FINE = 4
"""Cells of 2.5 m in a pixel, at which the plan is drawn."""
CELL_M = 10.0 / FINE
BLUR_CELLS = BLUR_M / CELL_M
FIELDS, WOOD, RUNWAY, APRON, ROOF, MARKING = tuple(range(6)), 6, 7, 8, 9, 10
SURFACES = 11
APRONS_M = ((0.0, 60.0, 1200.0, 420.0), (-430.0, -330.0, 620.0, 300.0), (420.0, -330.0, 500.0, 300.0))
"""Middle (along, across the runway's direction), length and width of each apron, metres."""

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """What lies where, for as long as the airfield is watched."""

    heading: float
    """Of the runway, degrees clockwise from north."""
    shares: Image = field(repr=False)
    """(surface, y, x): share of each pixel's signal."""
    heights: Image = field(repr=False)
    """(y, x) of 2.5 m cells: metres of building above the ground."""
    apron_index: NDArray[np.int16] = field(repr=False)
    """(y, x): -1 outside."""
    texture: Image = field(repr=False)
    """(y, x): lasting variation of brightness, about 1."""
    slabs: NDArray[np.int32] = field(repr=False)
    """(y, x): number of the slab, which takes dirt and dries as one."""


def lay_out(seed: int) -> Layout:
    """An airfield of its own for each seed."""
    rng = np.random.default_rng(seed)
    heading = float(rng.uniform(0, 180))
    along, across = _axes(heading)
    plan = _fields(rng)
    plan[np.abs(across + 700) < 22] = RUNWAY
    plan[np.abs(across + 560) < 12] = RUNWAY
    index = np.full(plan.shape, -1, np.int16)
    for number, box in enumerate(APRONS_M):
        inside = _inside(along, across, box)
        plan[_inside(along, across, (*box[:2], box[2] + 60, box[3] + 60))] = RUNWAY
        plan[inside] = APRON
        index[inside] = number
    heights = _buildings(rng, along, across, plan)
    plan[heights > 0] = ROOF
    index[heights > 0] = -1
    _mark(plan, along, across, index)
    middles = index[FINE // 2 :: FINE, FINE // 2 :: FINE]
    slabs = _slabs(along, across)[FINE // 2 :: FINE, FINE // 2 :: FINE]
    return Layout(heading, _shares(plan), heights, middles, _texture(rng, slabs), slabs)


def _axes(heading: float) -> tuple[Image, Image]:
    """Metres along and across the runway's direction, of every cell, from the middle."""
    offset = (np.arange(SIZE * FINE) + 0.5 - SIZE * FINE / 2) * CELL_M
    north, east = -offset[:, None], offset[None, :]
    turn = np.radians(heading)
    along = east * np.sin(turn) + north * np.cos(turn)
    across = east * np.cos(turn) - north * np.sin(turn)
    return along.astype(np.float32), across.astype(np.float32)


def _inside(along: Image, across: Image, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (np.abs(along - box[0]) < box[2] / 2) & (np.abs(across - box[1]) < box[3] / 2)
    return inside


def _fields(rng: np.random.Generator) -> NDArray[np.int8]:
    """Parcels of crops and woods, nearest to random middles."""
    middles = rng.uniform(0, SIZE, (60, 2))
    kinds = rng.integers(0, WOOD + 1, len(middles)).astype(np.int8)
    rows, cols = np.mgrid[:SIZE, :SIZE]
    nearest = np.hypot(rows[..., None] - middles[:, 0], cols[..., None] - middles[:, 1]).argmin(axis=-1)
    return np.kron(kinds[nearest], np.ones((FINE, FINE), np.int8))


def _buildings(rng: np.random.Generator, along: Image, across: Image, plan: NDArray[np.int8]) -> Image:
    """A terminal and hangars at the aprons' edges, and houses elsewhere: heights, metres."""
    heights = np.zeros(plan.shape, np.float32)
    _, middle, _, width = APRONS_M[0]
    edge = middle + width / 2 + 25
    heights[_inside(along, across, (rng.uniform(-300, 300), edge, 260, 45))] = rng.uniform(12, 22)
    for place in (-520.0, 480.0):
        heights[_inside(along, across, (place + rng.uniform(-40, 40), edge, 70, 50))] = rng.uniform(10, 20)
    for number in (1, 2):
        box = APRONS_M[number]
        shed = (box[0] + rng.uniform(-80, 80), box[1] + box[3] / 2 + 22, 80.0, 40.0)
        heights[_inside(along, across, shed)] = rng.uniform(8, 16)
    for _ in range(40):
        house = (*rng.uniform(-1400, 1400, 2), *rng.uniform(10, 60, 2))
        spot = _inside(along, across, house)
        if (plan[spot] < RUNWAY).all():
            heights[spot] = rng.uniform(4, 12)
    return heights


def _mark(plan: NDArray[np.int8], along: Image, across: Image, index: NDArray[np.int16]) -> None:
    """Painted lines of 2.5 m along the aprons' lanes, and stand lead-ins."""
    lanes = (np.abs(across - np.round(across / 140) * 140) < 1.2) & (index >= 0)
    lead_ins = (np.abs(along - np.round(along / 75) * 75) < 1.2) & (index == 0) & (across > 180)
    plan[lanes | lead_ins] = MARKING


def _shares(plan: NDArray[np.int8]) -> Image:
    shares = np.empty((SURFACES, SIZE, SIZE), np.float32)
    for surface in range(SURFACES):
        blurred = ndimage.gaussian_filter((plan == surface).astype(np.float32), BLUR_CELLS)
        shares[surface] = blurred.reshape(SIZE, FINE, SIZE, FINE).mean(axis=(1, 3))
    return shares


def _slabs(along: Image, across: Image) -> NDArray[np.int32]:
    """Slabs of 25 m by 20 m."""
    lengthwise, crosswise = np.floor(along / 25).astype(np.int32), np.floor(across / 20).astype(np.int32)
    return (lengthwise + 200) * 400 + crosswise + 200


def _texture(rng: np.random.Generator, slabs: NDArray[np.int32]) -> Image:
    """3.5 % at 8 m, 4 % at 40 m, and 3 % from slab to slab: assumed."""
    fine, coarse = (ndimage.gaussian_filter(rng.normal(size=slabs.shape), sigma) for sigma in (0.7, 3.5))
    numbers, place = np.unique(slabs, return_inverse=True)
    tint = rng.normal(0, 0.03, len(numbers))[place.reshape(slabs.shape)]
    texture = 1 + 0.05 * fine / fine.std() * 0.7 + 0.04 * coarse / coarse.std() + ndimage.gaussian_filter(tint, 0.5)
    return np.clip(texture, 0.6, 1.5).astype(np.float32)


def shaded(layout: Layout, sun_azimuth: float, sun_elevation: float) -> Image:
    """(y, x): share of each pixel from which a building hides the sun."""
    shade = np.zeros(layout.heights.shape, bool)
    away = np.radians(sun_azimuth + 180.0)
    rise = np.tan(np.radians(max(sun_elevation, 5.0))) * CELL_M
    for step in range(1, int(layout.heights.max() / rise) + 2):
        rows, cols = round(-np.cos(away) * step), round(np.sin(away) * step)
        shade |= np.roll(layout.heights, (rows, cols), axis=(0, 1)) > step * rise
    shade &= layout.heights == 0
    blurred = ndimage.gaussian_filter(shade.astype(np.float32), BLUR_CELLS)
    share: Image = blurred.reshape(SIZE, FINE, SIZE, FINE).mean(axis=(1, 3))
    return share
