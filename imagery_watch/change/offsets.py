"""The offset guard: the pixels have the last word on whether -0.1 was applied to a pass.

Catalogues mislabel it on some items (Earth Search issues 66 and 71). A wrong offset is a uniform step of 0.1 in every
band, larger than anything that haze or season does to the darkest pixels of all bands at once.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Scene

STEP = 0.1
NEAR_STEP = (0.06, 0.14)
"""A shift of the dark level between these, in every visible band, is the step and not the weather."""
AGREES = 0.02
"""Least shift of the other bands the same way: haze brightens near infrared less than this."""
DARK_PERCENTILE = 2.0
IMPOSSIBLE = -0.03
"""Surface reflectance over a whole percentile of a scene is not this far below zero unless the offset is doubled."""


def guard_offsets(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes with wrong offsets corrected by exactly 0.1, and a note on each that was.

    First each scene by itself (impossibly dark: the offset was applied twice), then each against the median dark level
    of all; scenes without valid pixels pass unchanged.
    """
    alone = [_undouble(scene) for scene in scenes]
    levels = {index: dark_level(scene) for index, scene in enumerate(alone) if scene.valid.any()}
    if len(levels) < 2:
        return alone
    return [
        _align(scene, levels[index], _typical(levels, scene.bands, alone)) if index in levels else scene
        for index, scene in enumerate(alone)
    ]


def dark_level(scene: Scene) -> NDArray[np.float32]:
    """(band,): the second percentile of each band's valid reflectance."""
    level: NDArray[np.float32] = np.percentile(scene.data[:, scene.valid], DARK_PERCENTILE, axis=1)
    return level


def _undouble(scene: Scene) -> Scene:
    visible = [band != "B08" for band in scene.bands]  # without water nothing is dark in near infrared
    if not scene.valid.any() or not any(visible) or not (dark_level(scene)[visible] < IMPOSSIBLE).all():
        return scene
    note = "offset of -0.1 had been applied already, whatever the item says: undone"
    return scene.with_data(scene.data + np.float32(STEP), note)


def _typical(
    levels: dict[int, NDArray[np.float32]], bands: tuple[str, ...], scenes: Sequence[Scene]
) -> NDArray[np.float32]:
    """Median dark level of the scenes with the same bands; of two, the darker one."""
    same = [level for other, level in levels.items() if scenes[other].bands == bands]
    if len(same) == 2:
        return np.min(same, axis=0)
    return np.asarray(np.median(same, axis=0), np.float32)


def _align(scene: Scene, level: NDArray[np.float32], typical: NDArray[np.float32]) -> Scene:
    """Judged in the visible bands, whose dark level is steady; near infrared, which grows and fades, has to agree."""
    step = level - typical
    visible = step[[band != "B08" for band in scene.bands]]
    if len(visible) < 2 or np.ptp(visible) >= 0.05:
        return scene
    low, high = NEAR_STEP
    if (visible > low).all() and (visible < high).all() and (step > AGREES).all():
        note = "offset of -0.1 had not been applied, whatever the item says: applied"
        return scene.with_data(scene.data - np.float32(STEP), note)
    if (visible < -low).all() and (visible > -high).all() and (step < -AGREES).all():
        note = "offset of -0.1 had been applied twice, whatever the item says: undone once"
        return scene.with_data(scene.data + np.float32(STEP), note)
    return scene
