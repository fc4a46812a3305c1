"""The frame of an airfield: one place, one light and one usual ground, to which every pass is brought.

See docs/method.md, section 4.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from imagery_watch.change.preprocess.cloud_mask import mask_hidden, mask_snow
from imagery_watch.change.preprocess.offset_guard import measure_dark_level
from imagery_watch.change.preprocess.radiometry import apply_gains_and_offsets, fit_gains_and_offsets
from imagery_watch.change.preprocess.registration import gradient_magnitude, register, shift_image
from imagery_watch.change.preprocess.usability import measure_blue
from imagery_watch.change.robust import nan_median
from imagery_watch.model import Areas, DetectorModel, Grid, Registration, Scene, finite_in_all_bands
from imagery_watch.model.arrays import Floats, Image, Mask

REFERENCE_SCENES = 15
"""Of the clearest passes: so many make the reference."""
SNOW_EDGE_PX = 3
"""As far as the edge of snow reaches in an image of edges: its blur and its slope."""
BARE_NDVI = 0.2
"""Normalised difference vegetation index (Rouse et al. 1974) below which soil, pavement and roofs lie bare."""
MIN_BARE_PIXELS = 1000
"""Bare ring from which it alone gives a pass's light."""
CLEARNESS_DECIMALS = 2
"""Passes that are clear to the same hundredth count as equally clear: the earliest of them comes first."""


class Placed(NamedTuple):
    """One pass, brought to the reference."""

    image: Image
    """(band, y, x): reflectance; NaN where not seen."""
    visible: Mask
    """(y, x)"""
    registration: Registration


class Moved(NamedTuple):
    """One pass, moved onto the reference, in its own light."""

    registration: Registration
    image: Image
    """(band, y, x)"""
    clear: Mask
    """(y, x): where its ring is clear."""


@dataclass(frozen=True, eq=False)
class ReferenceFrame:
    """The reference: one place, one light and one usual ground; all arrays are over the whole Grid.

    No single pass gives the place: each lies off the map by some metres.
    """

    bands: tuple[str, ...]
    outline: Image = field(repr=False)
    """(y, x): edges of the clearest pass, onto which every pass is registered."""
    steady: Mask = field(repr=False)
    """(y, x): where that pass is clear, and far from snow."""
    centre: tuple[float, float]
    """Rows and columns by which the clearest passes' middle lies off that pass."""
    ground: Image = field(repr=False)
    """(band, y, x): the usual ground, the median of the clearest passes, in the light of the clearest."""
    dark_level: Floats
    """(band,): the clearest passes' usual dark level, as `measure_dark_level` gives it."""
    darkest: float
    """Median of the shortest band in the darkest of them."""
    until: datetime
    """When the last of them was: a frame ages with the ground."""
    areas: Areas = field(repr=False)
    resolution: float
    """Metres a pixel."""
    detector: DetectorModel = field(repr=False)

    def register(self, scene: Scene, clear: Mask) -> Registration:
        """How the scene lies on the clearest pass; `clear` is (y, x): its clear ring."""
        usable = clear & self.steady & _far_from_snow(scene, self.areas)
        return register(gradient_magnitude(scene.data, _bare(scene, self.areas)), self.outline, usable, self.resolution)

    def place(self, scene: Scene, clear: Mask, window: tuple[slice, slice], known: Moved | None = None) -> Placed:
        """The scene in the reference's frame and light, NaN where it is hidden, cut to the window.

        `clear` is (y, x): its clear ring; `known` is the scene moved onto the reference, where that was done.
        """
        found, moved, clear = known or self.move(scene, clear, self.register(scene, clear))
        image = self.light(moved, clear)
        valid = finite_in_all_bands(image)
        shift = (round(found.rows), round(found.cols))
        hidden = mask_hidden(
            image,
            self.ground,
            valid,
            None if scene.scl is None else ndimage.shift(scene.scl, shift, order=0),
            self.areas.ring,
            self.resolution,
            blue=self.detector.shortest_band(scene.bands),
            infrared=self.detector.longest_band(scene.bands),
        )
        visible = valid & ~hidden
        cut = np.where(visible, image, np.float32(np.nan))[:, window[0], window[1]]
        return Placed(cut, visible[window], found)

    def move(self, scene: Scene, clear: Mask, found: Registration) -> Moved:
        """The scene, which lies so on the clearest pass; one that could not be registered is left where it lies."""
        if found.ok:
            found = replace(found, rows=found.rows - self.centre[0], cols=found.cols - self.centre[1])
        moved = shift_image(scene.data, found.rows, found.cols)
        shifted = ndimage.shift(clear.astype(np.float32), (found.rows, found.cols), order=0) > 0.5
        return Moved(found, moved, shifted & finite_in_all_bands(moved) & self.areas.ring)

    def light(self, image: Image, clear: Mask) -> Image:
        """The image in the light of the usual ground."""
        usable = clear & np.isfinite(self.ground).all(axis=0)
        bare = usable & self._lies_bare(image) & self._lies_bare(self.ground)
        if bare.sum() >= MIN_BARE_PIXELS:
            usable = bare
        return apply_gains_and_offsets(image, *fit_gains_and_offsets(image, self.ground, usable))

    def _lies_bare(self, image: Image) -> Mask:
        """(y, x): where nothing green grows; everywhere without near infrared, in which that shows."""
        if self.detector.lacks_infrared(self.bands):
            return np.ones(image.shape[1:], bool)
        infrared, red = self.detector.longest_band(self.bands), self.detector.reddest_band(self.bands)
        return image[infrared] - image[red] < BARE_NDVI * (image[infrared] + image[red])


def make_frame(
    scenes: Sequence[Scene],
    clear: Mapping[str, Mask],
    areas: Areas,
    grid: Grid,
    detector: DetectorModel,
    pool: Executor,
) -> tuple[ReferenceFrame, dict[str, Moved]]:
    """The frame of some scenes, at least one, and the clearest of them, moved onto it, by their ids.

    The middle of where the clearest passes lie gives the place, the clearest one the light, and the median of the
    clearest the ground. `clear` is the clear ring of each, (y, x), by its id.
    """
    ranked = sorted(scenes, key=lambda scene: _clearness(scene, clear))[:REFERENCE_SCENES]
    first = ranked[0]
    outline = gradient_magnitude(first.data, _bare(first, areas))
    steady = clear[first.acquisition_id] & _far_from_snow(first, areas)
    frame = ReferenceFrame(
        bands=first.bands,
        outline=outline,
        steady=steady,
        centre=(0.0, 0.0),
        ground=np.zeros((0,), np.float32),
        dark_level=np.median([measure_dark_level(one) for one in ranked], axis=0).astype(np.float32),
        darkest=min(measure_blue(one, detector) for one in ranked),
        until=max(one.datetime for one in ranked),
        areas=areas,
        resolution=grid.resolution,
        detector=detector,
    )
    lie = list(pool.map(lambda one: frame.register(one, clear[one.acquisition_id]), ranked))
    found = [(shift.rows, shift.cols) for shift in lie if shift.ok]
    middle = np.median(found, axis=0) if found else np.zeros(2)
    frame = replace(frame, centre=(float(middle[0]), float(middle[1])))
    moved = list(pool.map(lambda one, at: frame.move(one, clear[one.acquisition_id], at), ranked, lie))
    frame = replace(frame, ground=moved[0].image)
    lit = list(pool.map(lambda one: frame.light(one.image, one.clear), moved))
    ground = nan_median(np.stack(lit)) if len(lit) > 2 else _darker(lit, frame)
    return replace(frame, ground=ground), dict(zip((one.acquisition_id for one in ranked), moved, strict=True))


def _clearness(scene: Scene, clear: Mapping[str, Mask]) -> tuple[float, datetime, str]:
    """Sorts the clearest pass first, of equally clear ones the earliest."""
    share = round(float(clear[scene.acquisition_id].mean()), CLEARNESS_DECIMALS)
    return -share, scene.datetime, scene.acquisition_id


def _bare(scene: Scene, areas: Areas) -> Mask:
    """(y, x): where the ground's own edges are seen, not those of snow that lies on it."""
    return scene.valid & ~mask_snow(scene.scl, areas.ring)


def _far_from_snow(scene: Scene, areas: Areas) -> Mask:
    snow = mask_snow(scene.scl, areas.ring)
    return ~ndimage.binary_dilation(snow, iterations=SNOW_EDGE_PX) if snow.any() else ~snow


def _darker(lit: Sequence[Image], frame: ReferenceFrame) -> Image:
    """Of one or two passes, the darker in blue at each pixel: a cloud must not become the usual ground."""
    if len(lit) == 1:
        return lit[0]
    one, two = lit
    blue = frame.detector.shortest_band(frame.bands)
    second = np.isnan(one[blue]) | (two[blue] < one[blue])
    return np.where(second & np.isfinite(two[0]), two, one)
