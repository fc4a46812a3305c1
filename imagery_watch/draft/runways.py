"""Runways in an image: long, straight, thin pavement in open ground near the airfield's reference point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import hough_line, hough_line_peaks

from imagery_watch.draft.pavement import Mask, Surfaces

SHORTEST_RUNWAY_PX = 60
"""Pixels of 10 m: shorter ones serve no aircraft of a size that is looked for."""
SHORTEST_OF_LONGEST = 0.5
WIDEST_THIN_PX = 4.5
BESIDE_PX = 8
LONGEST_GAP_PX = 12
WHOLE = 0.9
OPEN_SIDES = 0.8
DRY_SIDES = 0.5
ANGLES = 360
MOST_LINES = 60
NEAREST_PX = 100
SAME_RUNWAY_PX = 8

Point = tuple[float, float]
"""Row, column; whole numbers are pixel centres."""


@dataclass(frozen=True)
class Runway:
    """One runway's middle line."""

    start: Point
    end: Point

    @property
    def length_px(self) -> float:
        """Pixels from end to end."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    @property
    def along(self) -> NDArray[np.float64]:
        """The unit vector (row, column) from start to end."""
        return (np.array(self.end) - np.array(self.start)) / self.length_px

    def measure(self, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(y, x) each: pixels along the line from its start, negative before it; and the distance from the runway."""
        rows, cols = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
        down, right = self.along
        along = (rows - self.start[0]) * down + (cols - self.start[1]) * right
        across = (rows - self.start[0]) * right - (cols - self.start[1]) * down
        return along, np.hypot(across, np.maximum(0, np.maximum(-along, along - self.length_px)))


def find_runways(surfaces: Surfaces, point: Point) -> list[Runway]:
    """The runways near a point, the longest first; none where nothing is long, straight and open on both sides.

    Others must have half of the longest one's length, and their own ground.
    """
    thin = surfaces.paved & ~ndimage.binary_opening(surfaces.paved, disc(WIDEST_THIN_PX))
    thetas = np.linspace(-np.pi / 2, np.pi / 2, ANGLES, endpoint=False)
    votes, angles, distances = hough_line(thin, theta=thetas)
    peaks = hough_line_peaks(votes, angles, distances, min_distance=4, min_angle=4, num_peaks=MOST_LINES)
    found = [_follow(surfaces, float(angle), float(distance)) for _, angle, distance in zip(*peaks, strict=True)]
    near = [one for one in found if one is not None and _distance(one, point) <= NEAREST_PX]
    kept: list[Runway] = []
    for one in sorted(near, key=lambda runway: -runway.length_px):
        longest = kept[0].length_px if kept else 0
        if one.length_px >= SHORTEST_OF_LONGEST * longest and not any(_is_same(one, other) for other in kept):
            kept.append(one)
    return kept


def disc(radius: float) -> Mask:
    """A disc of pixels, for morphology."""
    reach = int(np.ceil(radius))
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside: Mask = rows**2 + cols**2 <= radius**2 + 0.01
    return inside


def _follow(surfaces: Surfaces, angle: float, distance: float) -> Runway | None:
    """The longest stretch of a line that is paved, with neither pavement nor water on both of its sides; or None."""
    shape = surfaces.paved.shape
    normal = np.array([np.sin(angle), np.cos(angle)])
    along = np.array([np.cos(angle), -np.sin(angle)])
    steps = np.arange(-sum(shape), sum(shape) + 1)
    line = distance * normal + steps[:, None] * along
    on = _sample(ndimage.maximum_filter(surfaces.paved, 3), line)
    paved = ndimage.uniform_filter(surfaces.paved.astype(np.float32), 3)
    water = ndimage.uniform_filter(surfaces.water.astype(np.float32), 3)
    sides = [line + side * BESIDE_PX * normal for side in (-1, 1)]
    open_ = np.maximum(*(_sample(paved, side) for side in sides)) < 0.5
    wet = np.minimum(*(_sample(water, side) for side in sides)) > 0.5
    first, last = _longest_run((on > 0) & open_)
    stretch = slice(first, last + 1)
    whole = (on[stretch] > 0).mean() >= WHOLE and ((on > 0) & open_)[stretch].mean() >= OPEN_SIDES
    if last - first < SHORTEST_RUNWAY_PX or not whole or wet[stretch].mean() > DRY_SIDES:
        return None
    return Runway((float(line[first][0]), float(line[first][1])), (float(line[last][0]), float(line[last][1])))


def _sample(image: NDArray[np.generic], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The image at places (row, column), the nearest pixel of each; 0 outside."""
    return ndimage.map_coordinates(image.astype(np.float64), places.T, order=0, mode="constant")


def _longest_run(there: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last index of the longest run, gaps of some pixels (markings, crossings) being no end."""
    where = np.flatnonzero(there)
    if not len(where):
        return 0, 0
    breaks = np.flatnonzero(np.diff(where) > LONGEST_GAP_PX)
    firsts, lasts = where[np.r_[0, breaks + 1]], where[np.r_[breaks, len(where) - 1]]
    best = int(np.argmax(lasts - firsts))
    return int(firsts[best]), int(lasts[best])


def _distance(runway: Runway, point: Point) -> float:
    offset = np.array(point) - np.array(runway.start)
    along = float(np.clip(offset @ runway.along, 0, runway.length_px))
    return float(np.hypot(*(offset - along * runway.along)))


def _is_same(one: Runway, other: Runway) -> bool:
    """Whether most of one lies on the other."""
    places = np.linspace(one.start, one.end, 20)
    near = [_distance(other, (float(row), float(col))) <= SAME_RUNWAY_PX for row, col in places]
    return float(np.mean(near)) > 0.4
