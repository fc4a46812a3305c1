"""From Scenes to a stack over the aprons: one frame, one light, and what of it each pass could see.

The order of the steps is in docs/method.md, section 1.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from imagery_watch.change.preprocess.cloud_mask import mask_clear_ring
from imagery_watch.change.preprocess.offset_guard import guard_offset, guard_offsets
from imagery_watch.change.preprocess.reference_frame import Placed, ReferenceFrame, make_frame
from imagery_watch.change.preprocess.usability import (
    find_unusable,
    lies_under_snow,
    note_missing_infrared,
    select_bands,
    split_by_bands,
)
from imagery_watch.model import Areas, DetectorModel, Georeference, Grid, Registration, Scene
from imagery_watch.model.arrays import Image, Mask
from imagery_watch.model.change import FEW_LOOKS
from imagery_watch.reasons import Reason, ReasonCode

PAD_PX = 24
"""Room around the aprons for a template at their edge: half a cut-out, and half a template with its shadow."""
UNREGISTERED_ERROR_PX = 0.5
"""Assumed error of a pass that could not be registered: what same-orbit passes differ by today (5 m)."""


@dataclass(frozen=True)
class PreparedPass:
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
class UnusablePass:
    """One pass that says nothing about any apron, and why."""

    scene: Scene
    reason: Reason


@dataclass(frozen=True)
class Stack:
    """All passes over one airfield, ready to be compared."""

    passes: tuple[PreparedPass, ...]
    """Sorted by time."""
    unusable: tuple[UnusablePass, ...]
    bands: tuple[str, ...]
    georeference: Georeference
    """Where the window lies on the Grid."""
    apron_index: NDArray[np.int16] = field(repr=False)
    """(y, x) over the window; -1 outside."""
    detector: DetectorModel = field(repr=False)
    """What the change stage knows of the sensor."""
    snowy: tuple[datetime, ...] = ()
    """Times of the passes, usable or not, that saw snow lie about."""
    frame: ReferenceFrame | None = field(default=None, repr=False)
    """Into which the passes were brought; None where no pass can be used."""

    @property
    def resolution(self) -> float:
        """Metres a pixel."""
        return self.georeference.grid.resolution

    @property
    def is_few(self) -> bool:
        """Whether there are too few passes to know the empty ground."""
        return len(self.passes) < FEW_LOOKS

    @property
    def names(self) -> list[str]:
        """Ids of the passes, in their order."""
        return [one.scene.acquisition_id for one in self.passes]

    def index_of(self, acquisition_id: str) -> int | None:
        """The place of a pass among `passes`, None where it is not one of them."""
        return next((i for i, one in enumerate(self.passes) if one.scene.acquisition_id == acquisition_id), None)

    def reason_of(self, acquisition_id: str) -> Reason:
        """Why a pass says nothing. Raises KeyError for one that is not among the unusable."""
        for one in self.unusable:
            if one.scene.acquisition_id == acquisition_id:
                return one.reason
        raise KeyError(acquisition_id)


def prepare_stack(
    scenes: Sequence[Scene],
    areas: Areas,
    grid: Grid,
    detector: DetectorModel,
    pool: Executor,
    on_pass: Callable[[], None] = lambda: None,
) -> Stack:
    """The passes that can be compared, and the reason for each that cannot; the order of the scenes does not matter.

    Passes are registered by the workers of `pool`. Raises ValueError for scenes of another quantity than the
    detector's.
    """
    if any(scene.quantity != detector.quantity for scene in scenes):
        raise ValueError(f"scenes in another quantity than {detector.quantity}: each sensor has its own detector")
    ordered = sorted(scenes, key=lambda scene: (scene.datetime, scene.acquisition_id))
    bands, same, lacking = split_by_bands(ordered, detector)
    alike = guard_offsets(same, detector)
    clear = {scene.acquisition_id: mask_clear_ring(scene.scl, scene.valid) & areas.ring for scene in alike}
    useless = find_unusable(alike, clear, areas, detector)
    useful = [note_missing_infrared(one, detector) for one in alike if one.acquisition_id not in useless]
    unusable = [UnusablePass(scene, reason) for scene, reason in lacking]
    unusable += [UnusablePass(one, useless[one.acquisition_id]) for one in alike if one.acquisition_id in useless]
    clouded = [scene for scene in ordered if not scene.bands]
    window = find_window(areas)
    frame, prepared = _place_all(useful, clear, areas, grid, detector, pool, on_pass)
    lost = [one for one in prepared if isinstance(one, UnusablePass)]
    return Stack(
        passes=tuple(one for one in prepared if isinstance(one, PreparedPass)),
        unusable=(*unusable, *lost),
        bands=bands,
        georeference=Georeference(grid, window[0].start, window[1].start),
        apron_index=areas.apron_index[window],
        detector=detector,
        snowy=tuple(sorted(one.datetime for one in (*alike, *clouded) if lies_under_snow(one, areas))),
        frame=frame,
    )


def _place_all(
    useful: Sequence[Scene],
    clear: Mapping[str, Mask],
    areas: Areas,
    grid: Grid,
    detector: DetectorModel,
    pool: Executor,
    on_pass: Callable[[], None],
) -> tuple[ReferenceFrame | None, list[PreparedPass | UnusablePass]]:
    """The frame of the scenes, and the scenes in its place and light; None where there are no scenes."""
    if not useful:
        return None, []
    frame, moved = make_frame(useful, clear, areas, grid, detector, pool)
    window = find_window(areas)

    def place(scene: Scene) -> PreparedPass | UnusablePass:
        """One of the scenes; those that were moved already are let go of, for their pixels are many."""
        name = scene.acquisition_id
        return _prepare(scene, frame.place(scene, clear[name], window, moved.pop(name, None)))

    prepared = []
    for one in pool.map(place, useful):
        prepared.append(one)
        on_pass()
    return frame, prepared


def add_pass(stack: Stack, scene: Scene) -> Stack:
    """The stack with one pass more, in the frame that it has: nothing of the passes that it had changes.

    Raises ValueError for a stack without a frame, or that has the pass.
    """
    frame = stack.frame
    if frame is None or stack.index_of(scene.acquisition_id) is not None:
        raise ValueError(f"{scene.acquisition_id}: the stack has no frame, or has this pass")
    prepared = prepare_pass(scene, frame)
    if isinstance(prepared, UnusablePass):
        stack = replace(stack, unusable=(*stack.unusable, prepared))
    else:
        passes = sorted((*stack.passes, prepared), key=lambda one: (one.datetime, one.scene.acquisition_id))
        stack = replace(stack, passes=tuple(passes))
    snow = lies_under_snow(scene, frame.areas)
    return replace(stack, snowy=tuple(sorted((*stack.snowy, scene.datetime)))) if snow else stack


def prepare_pass(scene: Scene, frame: ReferenceFrame) -> PreparedPass | UnusablePass:
    """One pass in the frame's place and light, or why it says nothing."""
    detector, areas = frame.detector, frame.areas
    if not scene.bands:
        return UnusablePass(scene, ReasonCode.CLOUDED.because())
    if absent := sorted(set(frame.bands) - set(scene.bands)):
        return UnusablePass(scene, ReasonCode.BANDS_DIFFER.because(bands=", ".join(absent)))
    alike = guard_offset(select_bands(scene, frame.bands), frame.dark_level, detector)
    clear = mask_clear_ring(alike.scl, alike.valid) & areas.ring
    useless = find_unusable([alike], {alike.acquisition_id: clear}, areas, detector, frame.darkest)
    if useless:
        return UnusablePass(alike, useless[alike.acquisition_id])
    noted = note_missing_infrared(alike, detector)
    return _prepare(noted, frame.place(noted, clear, find_window(areas)))


def _prepare(scene: Scene, placed: Placed) -> PreparedPass | UnusablePass:
    """The pass, unless it does not look like the place."""
    if placed.registration.mismatched:
        return UnusablePass(scene, ReasonCode.NO_MATCH.because(what=placed.registration.reason))
    return PreparedPass(scene, placed.image, placed.visible, placed.registration)


def find_window(areas: Areas) -> tuple[slice, slice]:
    """The aprons' bounding box and room around it for templates, on the Grid."""
    rows, cols = np.flatnonzero(areas.aprons.any(axis=1)), np.flatnonzero(areas.aprons.any(axis=0))
    height, width = areas.aprons.shape
    return (
        slice(max(0, int(rows[0]) - PAD_PX), min(height, int(rows[-1]) + PAD_PX + 1)),
        slice(max(0, int(cols[0]) - PAD_PX), min(width, int(cols[-1]) + PAD_PX + 1)),
    )
