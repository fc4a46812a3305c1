"""The frame of an airfield: one place, one light and one usual ground, to which every pass is brought.

See docs/method.md, section 4.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from imagery_watch.change.preprocess.cloud_mask import mask_hidden, mask_snow
from imagery_watch.change.preprocess.radiometry import apply_gains_and_offsets, fit_gains_and_offsets
from imagery_watch.change.preprocess.registration import gradient_magnitude, register, shift_image
from imagery_watch.change.robust import nan_median
from imagery_watch.model import Areas, DetectorModel, Grid, Registration, Scene, finite_in_all_bands
from imagery_watch.model.arrays import Image, Mask

REFERENCE_SCENES = 15
"""Of the clearest passes: so many make the reference."""
SNOW_EDGE_PX = 3
"""As far as the edge of snow reaches in an image of edges: its blur and its slope."""
CLEARNESS_DECIMALS = 2
"""Passes that are clear to the same hundredth count as equally clear: the earliest of them comes first."""


class Placed(NamedTuple):
    """One pass, brought to the reference."""

    image: Image
    """(band, y, x): reflectance; NaN where not seen."""
    visible: Mask
    """(y, x)"""
    registration: Registration


def _clearness(scene: Scene, clear: Mapping[str, Mask]) -> tuple[float, datetime, str]:
    """Sorts the clearest pass first, of equally clear ones the earliest."""
    share = round(float(clear[scene.acquisition_id].mean()), CLEARNESS_DECIMALS)
    return -share, scene.datetime, scene.acquisition_id


class ReferenceFrame:
    """The reference: the middle of where the clearest passes lie gives the place, the clearest one the light, and the
    median of the clearest the ground. No single pass gives the place: each lies off the map by some metres.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        clear: Mapping[str, Mask],
        areas: Areas,
        grid: Grid,
        detector: DetectorModel,
        pool: Executor,
    ) -> None:
        self.clear, self.areas, self.grid, self.detector = clear, areas, grid, detector
        self.kept: dict[str, tuple[Registration, Image, Mask]] = {}
        ranked = sorted(scenes, key=lambda scene: _clearness(scene, clear))[:REFERENCE_SCENES]
        if not ranked:
            return
        first = ranked[0]
        self.bands = first.bands
        self.outline = gradient_magnitude(first.data, self._bare(first))
        self.steady = clear[first.acquisition_id] & self._far_from_snow(first)
        self.to_first = dict(zip((s.acquisition_id for s in ranked), pool.map(self._onto_first, ranked), strict=True))
        found = [(shift.rows, shift.cols) for shift in self.to_first.values() if shift.ok]
        self.centre = np.median(found, axis=0) if found else np.zeros(2)
        self.kept = dict(zip((s.acquisition_id for s in ranked), pool.map(self._placed, ranked), strict=True))
        self.ground = self.kept[first.acquisition_id][1]
        lit = list(pool.map(lambda scene: self._lit(*self._placed(scene)[1:]), ranked))
        self.ground = nan_median(np.stack([image for image, _ in lit])) if len(lit) > 2 else self._darker(lit)

    def _onto_first(self, scene: Scene) -> Registration:
        usable = self.clear[scene.acquisition_id] & self.steady & self._far_from_snow(scene)
        return register(gradient_magnitude(scene.data, self._bare(scene)), self.outline, usable, self.grid.resolution)

    def _bare(self, scene: Scene) -> Mask:
        """(y, x): where the ground's own edges are seen, not those of snow that lies on it."""
        return scene.valid & ~mask_snow(scene.scl, self.areas.ring)

    def _far_from_snow(self, scene: Scene) -> Mask:
        snow = mask_snow(scene.scl, self.areas.ring)
        return ~ndimage.binary_dilation(snow, iterations=SNOW_EDGE_PX) if snow.any() else ~snow

    def _darker(self, lit: list[tuple[Image, Mask]]) -> Image:
        """Of one or two passes, the darker in blue at each pixel: a cloud must not become the usual ground."""
        if len(lit) == 1:
            return lit[0][0]
        one, two = (image for image, _ in lit)
        blue = self.detector.shortest_band(self.bands)
        second = np.isnan(one[blue]) | (two[blue] < one[blue])
        return np.where(second & np.isfinite(two[0]), two, one)

    def _placed(self, scene: Scene) -> tuple[Registration, Image, Mask]:
        """How the scene lies, the scene moved onto the reference, and where its ring is clear.

        A pass that could not be registered is left where it lies.
        """
        if scene.acquisition_id in self.kept:
            return self.kept[scene.acquisition_id]
        found = self.to_first.get(scene.acquisition_id) or self._onto_first(scene)
        if found.ok:
            found = replace(found, rows=found.rows - float(self.centre[0]), cols=found.cols - float(self.centre[1]))
        moved = shift_image(scene.data, found.rows, found.cols)
        clear = self.clear[scene.acquisition_id].astype(np.float32)
        clear = ndimage.shift(clear, (found.rows, found.cols), order=0) > 0.5
        return found, moved, clear & finite_in_all_bands(moved) & self.areas.ring

    def _lit(self, image: Image, clear: Mask) -> tuple[Image, Mask]:
        usable = clear & np.isfinite(self.ground).all(axis=0)
        return apply_gains_and_offsets(image, *fit_gains_and_offsets(image, self.ground, usable)), clear

    def place(self, scene: Scene, window: tuple[slice, slice]) -> Placed:
        """The scene in the reference's frame and light, NaN where it is hidden, cut to the window."""
        found, moved, clear = self._placed(scene)
        self.kept.pop(scene.acquisition_id, None)  # each pass is placed once, and its pixels are many
        image, _ = self._lit(moved, clear)
        valid = finite_in_all_bands(image)
        shift = (round(found.rows), round(found.cols))
        hidden = mask_hidden(
            image,
            self.ground,
            valid,
            None if scene.scl is None else ndimage.shift(scene.scl, shift, order=0),
            self.areas.ring,
            self.grid.resolution,
            blue=self.detector.shortest_band(scene.bands),
            infrared=self.detector.longest_band(scene.bands),
        )
        visible = valid & ~hidden
        cut = np.where(visible, image, np.float32(np.nan))[:, window[0], window[1]]
        return Placed(cut, visible[window], found)
