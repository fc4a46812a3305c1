"""From Scenes to a stack over the aprons: one frame, one light, and what of it each pass could see."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change import align, clouds, normalize
from imagery_watch.change.baseline import nan_median
from imagery_watch.change.offsets import guard_offsets
from imagery_watch.model import Areas, Grid, Registration, Scene, finite_in_all_bands

PAD_PX = 24
REFERENCE_SCENES = 15
MAX_SNOW, SOME_SNOW = 0.3, 0.02
"""Shares of the ring called snow: above the first a pass says nothing, above the second snow lies about.

More than a few stray pixels, which classes call snow on white roofs as well.
"""
SNOW_EDGE_PX = 3
"""As far as the edge of snow reaches in an image of edges: its blur and its slope."""
MIN_CLEAR_RING = 0.15
OVERCAST_RISE = 0.12
"""Rise of the whole image's median blue reflectance that haze and season do not make: twice that of a clouded disc."""
UNREGISTERED_ERROR_PX = 0.5
"""Assumed error of a pass that could not be registered: what same-orbit passes differ by today (5 m, ESA DQR)."""

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Prepared:
    """One usable pass, registered to the reference, in its light, cut to the aprons' window."""

    scene: Scene
    image: Image = field(repr=False)
    """(band, y, x) over the window; NaN where not seen."""
    visible: Mask = field(repr=False)
    """(y, x) over the window."""
    registration: Registration

    @property
    def datetime(self) -> datetime:
        """Aware UTC."""
        return self.scene.datetime


@dataclass(frozen=True)
class Unusable:
    """One pass that says nothing about any apron, and why."""

    scene: Scene
    reason: str
    registration: Registration | None = None


@dataclass(frozen=True)
class Stack:
    """All passes over one airfield, ready to be compared."""

    passes: tuple[Prepared, ...]
    """Sorted by time."""
    unusable: tuple[Unusable, ...]
    bands: tuple[str, ...]
    top: int
    """First row of the window on the Grid."""
    left: int
    """First column of the window on the Grid."""
    apron_index: NDArray[np.int16] = field(repr=False)
    """(y, x) over the window; -1 outside."""
    resolution: float
    snowy: tuple[datetime, ...] = ()
    """Times of the passes, usable or not, that saw snow lie about."""


def prepare(
    scenes: Sequence[Scene], areas: Areas, grid: Grid, pool: Executor, on_pass: Callable[[], None] = lambda: None
) -> Stack:
    """The passes that can be compared, and the reason for each that cannot; the order of the scenes does not matter.

    Passes are registered by the workers of `pool`.
    """
    ordered = sorted(scenes, key=lambda scene: (scene.datetime, scene.acquisition_id))
    bands = common_bands(ordered)
    alike = guard_offsets([_only(scene, bands) for scene in ordered if set(bands) <= set(scene.bands)])
    lacking = [
        Unusable(scene, f"lacks {', '.join(sorted(set(bands) - set(scene.bands)))}, which the other passes have")
        for scene in ordered
        if not set(bands) <= set(scene.bands)
    ]
    clear = {scene.acquisition_id: clouds.clear_of_classes(scene.scl, scene.valid) & areas.ring for scene in alike}
    darkest = min((_blue_level(scene) for scene in alike), default=0.0)
    dark = [
        (scene, reason)
        for scene in alike
        if (reason := _useless(scene, clear[scene.acquisition_id], areas) or _veiled(scene, darkest))
    ]
    useful = [scene for scene in alike if scene.acquisition_id not in {s.acquisition_id for s, _ in dark}]
    unusable = lacking + [Unusable(scene, reason) for scene, reason in dark]
    window = _window(areas)
    frame = _Frame(useful, clear, areas, grid, pool)
    passes = []
    for prepared in pool.map(lambda scene: frame.fit(scene, window), useful):
        lost = prepared.registration.mismatched
        if lost:
            unusable.append(Unusable(prepared.scene, f"{prepared.registration.reason}: clouded over, or damaged"))
        else:
            passes.append(prepared)
        on_pass()
    index = areas.apron_index[window]
    top, left = window[0].start, window[1].start
    snowy = tuple(scene.datetime for scene in alike if _snow(scene, areas) > SOME_SNOW)
    return Stack(tuple(passes), tuple(unusable), bands, top, left, index, grid.resolution, snowy)


def common_bands(scenes: Sequence[Scene]) -> tuple[str, ...]:
    """The set of bands that most passes have; of equally frequent ones, the larger."""
    counts = Counter(scene.bands for scene in scenes)
    return max(counts, key=lambda bands: (counts[bands], len(bands), bands)) if counts else ()


def _only(scene: Scene, bands: tuple[str, ...]) -> Scene:
    if scene.bands == bands:
        return scene
    picked = scene.data[[scene.bands.index(band) for band in bands]]
    return replace(scene, bands=bands, data=picked, valid=finite_in_all_bands(picked))


def _useless(scene: Scene, clear: Mask, areas: Areas) -> str:
    """Why nothing can be judged in this pass, or an empty string."""
    if not (scene.valid & areas.aprons).any():
        return "no imagery over the aprons (edge of the swath or of the tile)"
    seen = scene.valid & areas.ring
    if _snow(scene, areas) > MAX_SNOW:
        return "snow on the ground"
    if scene.scl is not None and seen.any() and clear.sum() < MIN_CLEAR_RING * seen.sum():
        return "clouded over"
    return ""


def _snow(scene: Scene, areas: Areas) -> float:
    return clouds.snow_fraction(scene.scl, scene.valid & areas.ring)


def _clearness(scene: Scene, clear: dict[str, Mask]) -> tuple[float, datetime, str]:
    """Sorts the clearest pass first, of equally clear ones the earliest."""
    return -round(float(clear[scene.acquisition_id].mean()), 2), scene.datetime, scene.acquisition_id


def _blue_level(scene: Scene) -> float:
    """Median of the first band, infinite where nothing is valid."""
    return float(np.median(scene.data[0][scene.valid])) if scene.valid.any() else np.inf


def _veiled(scene: Scene, darkest: float) -> str:
    """A pass without classes is judged by its light: no ground is this much brighter in blue than on another day."""
    overcast = scene.scl is None and _blue_level(scene) > darkest + OVERCAST_RISE
    return "clouded over, or under snow (no scene classification; judged by its brightness)" if overcast else ""


def _window(areas: Areas) -> tuple[slice, slice]:
    """The aprons' bounding box and room around it for templates, on the Grid."""
    rows, cols = np.flatnonzero(areas.aprons.any(axis=1)), np.flatnonzero(areas.aprons.any(axis=0))
    height, width = areas.aprons.shape
    return (
        slice(max(0, int(rows[0]) - PAD_PX), min(height, int(rows[-1]) + PAD_PX + 1)),
        slice(max(0, int(cols[0]) - PAD_PX), min(width, int(cols[-1]) + PAD_PX + 1)),
    )


class _Frame:
    """The reference: the middle of where the clearest passes lie gives the place, the clearest one the light, and the
    median of the clearest the ground. No single pass gives the place: each lies off the map by some metres.
    """

    def __init__(
        self, scenes: Sequence[Scene], clear: dict[str, Mask], areas: Areas, grid: Grid, pool: Executor
    ) -> None:
        self.clear, self.areas, self.grid = clear, areas, grid
        ranked = sorted(scenes, key=lambda scene: _clearness(scene, clear))[:REFERENCE_SCENES]
        if not ranked:
            return
        first = ranked[0]
        self.outline = align.edges(first.data, self._bare(first))
        self.steady = clear[first.acquisition_id] & self._far_from_snow(first)
        self.to_first = dict(zip((s.acquisition_id for s in ranked), pool.map(self._onto_first, ranked), strict=True))
        found = [(shift.rows, shift.cols) for shift in self.to_first.values() if shift.ok]
        self.centre = np.median(found, axis=0) if found else np.zeros(2)
        self.ground = self._placed(first)[1]
        lit = list(pool.map(lambda scene: self._lit(*self._placed(scene)[1:]), ranked))
        self.ground = nan_median(np.stack([image for image, _ in lit])) if len(lit) > 2 else self._darker(lit)

    def _onto_first(self, scene: Scene) -> Registration:
        usable = self.clear[scene.acquisition_id] & self.steady & self._far_from_snow(scene)
        return align.register(align.edges(scene.data, self._bare(scene)), self.outline, usable, self.grid.resolution)

    def _bare(self, scene: Scene) -> Mask:
        """(y, x): where the ground's own edges are seen, not those of snow that lies on it."""
        return scene.valid & ~clouds.snow(scene.scl, self.areas.ring)

    def _far_from_snow(self, scene: Scene) -> Mask:
        snow = clouds.snow(scene.scl, self.areas.ring)
        return ~ndimage.binary_dilation(snow, iterations=SNOW_EDGE_PX) if snow.any() else ~snow

    def _darker(self, lit: list[tuple[Image, Mask]]) -> Image:
        """Of one or two passes, the darker in blue at each pixel: a cloud must not become the usual ground."""
        if len(lit) == 1:
            return lit[0][0]
        one, two = (image for image, _ in lit)
        second = np.isnan(one[0]) | (two[0] < one[0])
        return np.where(second & np.isfinite(two[0]), two, one)

    def _placed(self, scene: Scene) -> tuple[Registration, Image, Mask]:
        """How the scene lies, the scene moved onto the reference, and where its ring is clear.

        A pass that could not be registered is left where it lies.
        """
        found = self.to_first.get(scene.acquisition_id) or self._onto_first(scene)
        if found.ok:
            found = replace(found, rows=found.rows - float(self.centre[0]), cols=found.cols - float(self.centre[1]))
        moved = align.shifted(scene.data, found.rows, found.cols)
        clear = self.clear[scene.acquisition_id].astype(np.float32)
        clear = ndimage.shift(clear, (found.rows, found.cols), order=0) > 0.5
        return found, moved, clear & finite_in_all_bands(moved) & self.areas.ring

    def _lit(self, image: Image, clear: Mask) -> tuple[Image, Mask]:
        usable = clear & np.isfinite(self.ground).all(axis=0)
        return normalize.normalized(image, *normalize.gains_and_offsets(image, self.ground, usable)), clear

    def fit(self, scene: Scene, window: tuple[slice, slice]) -> Prepared:
        """The scene in the reference's frame and light, with what is hidden in it, cut to the window."""
        registration, moved, clear = self._placed(scene)
        image, _ = self._lit(moved, clear)
        valid = finite_in_all_bands(image)
        scl = (
            None
            if scene.scl is None
            else ndimage.shift(scene.scl, (round(registration.rows), round(registration.cols)), order=0)
        )
        hidden = clouds.hidden(image, self.ground, valid, scl, self.areas.ring, self.grid.resolution)
        visible = valid & ~hidden
        cut = np.where(visible, image, np.float32(np.nan))[:, window[0], window[1]]
        return Prepared(scene, cut, visible[window], registration)
