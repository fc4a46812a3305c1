"""The offset guard: the pixels have the last word on whether -0.1 was applied to a pass.

Catalogues mislabel it on some items (Earth Search issues 66 and 71). A wrong offset is a uniform step of 0.1 in every
band, larger than anything that haze or season does to the darkest pixels of all bands at once (docs/method.md,
section 2).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import DetectorModel, Scene
from imagery_watch.reasons import Reason, ReasonCode

OFFSET_STEP = 0.1
"""Reflectance: the offset that a catalogue may have applied twice, or not at all."""
OFFSET_STEP_RANGE = (0.06, 0.14)
"""A shift of the dark level between these, in every visible band, is the step and not the weather."""
MAX_STEP_SPREAD = 0.05
"""Largest difference of that shift between visible bands: haze shifts blue far more than red."""
NIR_AGREEMENT = 0.02
"""Least shift of the other bands the same way: haze brightens near infrared less than this."""
DARK_PERCENTILE = 2.0
"""Percentile of a band's valid pixels that is its dark level."""
IMPOSSIBLE_DARK = -0.03
"""Surface reflectance over a whole percentile of a scene is not this far below zero unless the offset is doubled."""


def guard_offsets(scenes: Sequence[Scene], detector: DetectorModel) -> list[Scene]:
    """The scenes with wrong offsets corrected by exactly 0.1, and a note on each that was.

    First each scene by itself (impossibly dark: the offset was applied twice), then each against the median dark level
    of all; scenes without valid pixels pass unchanged.
    """
    seen = {index: measure_dark_level(scene) for index, scene in enumerate(scenes) if scene.valid.any()}
    alone = [
        _undo_double_offset(one, seen[index], detector) if index in seen else one for index, one in enumerate(scenes)
    ]
    levels = {
        index: seen[index] if alone[index] is scenes[index] else measure_dark_level(alone[index]) for index in seen
    }
    if len(levels) < 2:
        return alone
    return [
        _correct_offset(scene, levels[index] - _typical_level(levels, scene.bands, alone), detector)
        if index in levels
        else scene
        for index, scene in enumerate(alone)
    ]


def guard_offset(scene: Scene, usual: NDArray[np.float32], detector: DetectorModel) -> Scene:
    """One scene, as `guard_offsets` would have it among scenes whose usual dark level is `usual`, (band,)."""
    if not scene.valid.any():
        return scene
    seen = measure_dark_level(scene)
    alone = _undo_double_offset(scene, seen, detector)
    level = seen if alone is scene else measure_dark_level(alone)
    return _correct_offset(alone, level - usual, detector)


def measure_dark_level(scene: Scene) -> NDArray[np.float32]:
    """(band,): the second percentile of each band's valid reflectance."""
    level: NDArray[np.float32] = np.percentile(scene.data[:, scene.valid], DARK_PERCENTILE, axis=1)
    return level


def _undo_double_offset(scene: Scene, level: NDArray[np.float32], detector: DetectorModel) -> Scene:
    visible = [detector.is_visible(band) for band in scene.bands]  # without water nothing is dark in near infrared
    if not any(visible) or not (level[visible] < IMPOSSIBLE_DARK).all():
        return scene
    note = _corrected("had been applied already, whatever the item says: undone")
    return scene.with_data(scene.data + np.float32(OFFSET_STEP), note)


def _corrected(what: str) -> Reason:
    return ReasonCode.OFFSET_CORRECTED.because(what=what)


def _typical_level(
    levels: dict[int, NDArray[np.float32]], bands: tuple[str, ...], scenes: Sequence[Scene]
) -> NDArray[np.float32]:
    """Median dark level of the scenes with the same bands; of two, the darker one."""
    same = [level for other, level in levels.items() if scenes[other].bands == bands]
    if len(same) == 2:
        return np.min(same, axis=0)
    return np.asarray(np.median(same, axis=0), np.float32)


def _correct_offset(scene: Scene, step: NDArray[np.float32], detector: DetectorModel) -> Scene:
    """Judged in the visible bands, whose dark level is steady; near infrared, which grows and fades, has to agree."""
    visible = step[[detector.is_visible(band) for band in scene.bands]]
    if len(visible) < 2 or np.ptp(visible) >= MAX_STEP_SPREAD:
        return scene
    low, high = OFFSET_STEP_RANGE
    if (visible > low).all() and (visible < high).all() and (step > NIR_AGREEMENT).all():
        note = _corrected("had not been applied, whatever the item says: applied")
        return scene.with_data(scene.data - np.float32(OFFSET_STEP), note)
    if (visible < -low).all() and (visible > -high).all() and (step < -NIR_AGREEMENT).all():
        note = _corrected("had been applied twice, whatever the item says: undone once")
        return scene.with_data(scene.data + np.float32(OFFSET_STEP), note)
    return scene
