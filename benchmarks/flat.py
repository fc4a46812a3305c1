"""A second simulator, the plainest one that is fair: aircraft alone on flat textured pavement, with passing clutter.

As the project's own reckoning of the physical limit has it (each figure an assumption): texture of 5 % at 8 m and at
40 m, seams, some grass and roofs; Gaussian noise as wide as the sensor's blur, four fifths of it common to the bands;
0.3 px rms of misregistration; and a km2 and pass has 12 vehicles, 2 wet and 1 bright patch. No dew, dirt, seasons,
buildings, clouds or long stays: what `simulate.simulator` has beside this is the difference between the two tables.

The same on real ground: the aprons of Bolzano as Sentinel-2 saw them once (`evaluate.ground`), small and hemmed in.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.model import Grid
from imagery_watch.simulate import clutter
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.ground import bolzano
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.layout import FINE, SIZE, Layout
from imagery_watch.simulate.overpass import SimulatedPass
from imagery_watch.simulate.scenario import Stay, Story
from imagery_watch.simulate.simulator import CLEAR_FIELD, CLEAR_GROUND, Image, Setting, World, grid, peopled
from imagery_watch.sources.airfields.grids import draw_areas
from imagery_watch.sources.airfields.known import find_airfield, shipped_dir

CASES = {
    "concrete, 1 % noise": ("concrete", 0.01),
    "concrete, 2 % noise": ("concrete", 0.02),
    "asphalt, 1 % noise": ("asphalt", 0.01),
}
"""Pavement, and the one-sigma noise of a pass in reflectance."""
REAL = "Bolzano, 1 % noise"
"""Real ground, noise as on the first of the cases."""
PAVEMENT = {"concrete": (0.24, 0.28, 0.31, 0.36), "asphalt": (0.08, 0.09, 0.10, 0.12)}
GRASS = np.array((0.04, 0.07, 0.05, 0.32))
SUNS = (30.0, 40.0, 50.0)
"""Elevations, one for each world in turn."""
AZIMUTH = 150.0
PASSES = 16
APRON = slice(60, SIZE - 60)
FROM_EDGE_PX = {True: 2, False: 4}
"""Of an aircraft's middle, on real ground and on drawn."""
ROOFS = 40
MISREGISTRATION_PX = 0.3 / 2**0.5
"""Each axis."""
SINGLES = (
    *("F-16", "Su-30", "An-26", "C-130", "E175", "B737-800", "A320"),
    *("Il-62M", "Il-76", "B777-200", "An-124"),
)
"""One of each on every pass but the first and the last, for that pass only."""
LONGER, LONGER_FROM = ("Su-30", "An-26", "C-130", "E175"), (2, 6, 10)
"""One of each from these passes on, for three."""
SWAPPED, SWAPS = ("B737-800", "A320", "Il-62M", "Il-76"), 4
ROOM_PX = 16.0
TRIES = 300
BLUR_PX = 0.52


def build(case: str, seed: int, *, traffic: bool) -> World:
    """A world of one pavement, noise and sun; with `traffic`, aircraft come and go."""
    rng = np.random.default_rng(seed)
    pavement, noise = CASES[next(iter(CASES)) if case == REAL else case]
    sun = (AZIMUTH, SUNS[seed % len(SUNS)])
    index, base = _bolzano() if case == REAL else _ground(rng, pavement)
    inside = ndimage.distance_transform_edt(index >= 0) > FROM_EDGE_PX[case == REAL]
    sites = [(float(row), float(col)) for row, col in zip(*np.nonzero(inside), strict=True)]
    km2 = float((index >= 0).sum()) * 1e-4
    things = [thing for number in range(PASSES) for thing in clutter.passing(rng, sites, km2, number)]
    story = Story(tuple(_Diary(rng, sites).stays()) if traffic else (), tuple(things), km2)
    passes = tuple(_pass(rng, base, index, story, number, noise, sun) for number in range(PASSES))
    return World(Setting(seed, pavement, noise, PASSES, traffic=traffic), _layout(index), story, passes)


def grid_of(case: str) -> Grid:
    """Where the world lies."""
    return bolzano().grid if case == REAL else grid()


def _bolzano() -> tuple[NDArray[np.int16], Image]:
    """The aprons, and (band, y, x) of real reflectance."""
    real = bolzano()
    return draw_areas(find_airfield("LIPB", shipped_dir()), real.grid).apron_index, real.reflectance


def _layout(index: NDArray[np.int16]) -> Layout:
    """What the verdicts ask for: the apron, and no building."""
    empty = np.zeros((0, *index.shape), np.float32)
    low = np.zeros((index.shape[0] * FINE, index.shape[1] * FINE), np.float32)
    return Layout(0.0, empty, low, index, np.ones(index.shape, np.float32), np.zeros(index.shape, np.int32))


def _ground(rng: np.random.Generator, pavement: str) -> tuple[NDArray[np.int16], Image]:
    """The apron, and (band, y, x) of reflectance, blurred as the sensor does."""
    base = np.empty((len(BANDS), SIZE, SIZE))
    base[:] = GRASS[:, None, None]
    for _ in range(120):
        _block(base, rng, (0, SIZE), (8, 50), np.array((0.05, 0.08, 0.08, 0.28)) * rng.uniform(0.5, 1.6, 4))
    rim = slice(APRON.start - 6, APRON.stop + 6)
    base[:, rim, rim] = np.array(PAVEMENT[pavement])[:, None, None]
    base *= 1 + 0.05 * _field(rng, (SIZE, SIZE), 0.8) + 0.05 * _field(rng, (SIZE, SIZE), 4.0)
    base[:, APRON.start : APRON.stop : 8, APRON] *= 0.95
    base[:, APRON, APRON.start : APRON.stop : 8] *= 0.95
    index = np.full((SIZE, SIZE), -1, np.int16)
    index[APRON, APRON] = 0
    for _ in range(ROOFS):
        colour = GRASS if rng.random() < 0.5 else np.array((0.3, 0.3, 0.3, 0.32)) * rng.uniform(0.5, 1.4)
        index[_block(base, rng, (APRON.start, APRON.stop - 8), (3, 9), colour)] = -1
    return index, np.stack([ndimage.gaussian_filter(band, BLUR_PX) for band in base]).astype(np.float32)


def _block(
    base: NDArray[np.float64],
    rng: np.random.Generator,
    within: tuple[int, int],
    sizes: tuple[int, int],
    colour: NDArray[np.float64],
) -> tuple[slice, slice]:
    (row, col), (height, width) = rng.integers(*within, 2), rng.integers(*sizes, 2)
    place = (slice(row, row + height), slice(col, col + width))
    base[:, place[0], place[1]] = colour[:, None, None]
    return place


def _field(rng: np.random.Generator, size: tuple[int, ...], sigma: float) -> NDArray[np.float64]:
    """(y, x): of unit spread, and smooth over `sigma` pixels."""
    smooth = ndimage.gaussian_filter(rng.normal(size=size), sigma)
    return np.asarray(smooth / smooth.std())


@dataclass
class _Diary:
    """Finds each stay a place that no other takes at the same time."""

    rng: np.random.Generator
    sites: list[clutter.Site]
    taken: list[tuple[float, float, float, int, int]] = field(default_factory=list)

    def stays(self) -> list[Stay]:
        """Singles of one look, others of three, rows of four, and one aircraft after another on one stand."""
        found: list[Stay] = []
        for number in range(1, PASSES - 1):
            for name in self.rng.permutation(SINGLES):
                found += self._stay(str(name), number, number + 1)
            found += self._row(number)
        for first in LONGER_FROM:
            for name in LONGER:
                found += self._stay(name, first, first + 3)
        for _ in range(SWAPS):
            found += self._swap(int(self.rng.integers(2, PASSES - 7)))
        return found

    def _place(self, name: str, first: int, gone: int, room: float) -> Placement | None:
        for _ in range(TRIES):
            row, col = np.array(self.sites[int(self.rng.integers(len(self.sites)))]) + self.rng.uniform(-0.5, 0.5, 2)
            free = all(
                np.hypot(row - r, col - c) > (room + other) / 2 or gone < start or first > end
                for r, c, other, start, end in self.taken
            )
            if free:
                self.taken.append((float(row), float(col), room, first, gone))
                return self._painted(name, float(row), float(col))
        return None

    def _painted(self, name: str, row: float, col: float) -> Placement:
        hull, wings = self.rng.uniform(0.12, 0.70, 2)
        return Placement(name, row, col, float(self.rng.uniform(0, 360)), float(hull), float(wings))

    def _stay(self, name: str, first: int, gone: int) -> list[Stay]:
        place = self._place(name, first, gone, ROOM_PX)
        return [] if place is None else [Stay(place, first, gone)]

    def _row(self, number: int) -> list[Stay]:
        one = self._place("Su-30", number, number + 1, ROOM_PX + 8)
        if one is None:
            return []
        turn = np.radians(one.heading_deg + 90)
        pitch = (TYPES[one.aircraft].span + float(self.rng.uniform(3, 8))) / 10
        steps = [(index - 1.5) * pitch for index in range(4)]
        places = [
            replace(one, row=one.row - float(np.cos(turn)) * step, col=one.col + float(np.sin(turn)) * step)
            for step in steps
        ]
        return [Stay(place, number, number + 1, "row") for place in places]

    def _swap(self, first: int) -> list[Stay]:
        before, after = self.rng.choice(SWAPPED, 2)
        one = self._place(str(before), first, first + 6, ROOM_PX)
        if one is None:
            return []
        other = self._painted(str(after), one.row, one.col)
        return [Stay(one, first, first + 3, "replaced"), Stay(other, first + 3, first + 6, "replaced")]


def _pass(
    rng: np.random.Generator,
    base: Image,
    index: NDArray[np.int16],
    story: Story,
    number: int,
    noise: float,
    sun: tuple[float, float],
) -> SimulatedPass:
    common, *own = (_field(rng, index.shape, BLUR_PX) for _ in range(1 + len(BANDS)))
    image = (base + noise * (0.8**0.5 * common + 0.2**0.5 * np.stack(own))).astype(np.float32)
    image = peopled(image, story, number, sun, rng)
    image = image * np.float32(rng.normal(1, 0.02)) + np.float32(abs(rng.normal(0, 0.005)))
    shift = rng.normal(0, MISREGISTRATION_PX, 2)
    image = np.stack([ndimage.shift(band, shift, order=3, mode="nearest") for band in image])
    image = np.clip(image + rng.normal(0, 0.0015, image.shape), 0.0005, 2.0).astype(np.float32)
    when = datetime(2023, 4, 20, 10, 10, tzinfo=UTC) + timedelta(days=5 * number)
    classes = np.where(index >= 0, CLEAR_GROUND, CLEAR_FIELD).astype(np.uint8)
    return SimulatedPass(when, "sentinel-2a", 65, *sun, image, classes)
