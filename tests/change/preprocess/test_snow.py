"""Snow on the fields: much of it makes a pass say nothing, some of it is remembered, and what stands there is told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from change.scenes import JET, areas, look_for, series, stand
from imagery_watch.change.preprocess.cloud_mask import SCL_SNOW
from imagery_watch.model import Scene
from imagery_watch.reasons import ReasonCode


def snowed(scene: Scene, share: float, size_px: float = 0.0) -> Scene:
    """Snow on a share of the fields, in patches of a size: white there, and called snow."""
    assert scene.scl is not None
    field = ndimage.gaussian_filter(np.random.default_rng(3).random(scene.scl.shape), size_px)
    covered = (field < np.quantile(field[areas().ring], share)) & areas().ring
    data = np.where(covered, np.float32(0.8), scene.data)
    return replace(scene, scl=np.where(covered, SCL_SNOW, scene.scl).astype(np.uint8), data=data)


@pytest.mark.parametrize(
    ("share", "usable", "remembered"), [(0.6, False, True), (0.1, True, True), (0.005, True, False)]
)
def test_how_much_snow_makes_a_pass_say_nothing(share: float, usable: bool, remembered: bool) -> None:
    scenes = series([[]] * 8)
    scenes[5] = snowed(scenes[5], share)
    stack = look_for(scenes).stack
    assert (len(stack.passes) == 8) == usable
    assert [one.reason.code for one in stack.unusable] == ([] if usable else [ReasonCode.SNOW])
    assert stack.snowy == ((scenes[5].datetime,) if remembered else ())


@pytest.mark.parametrize("size_px", [0.0, 4.0])
@pytest.mark.parametrize("share", [0.05, 0.15])
def test_snow_beside_the_apron_neither_moves_a_pass_nor_is_an_aircraft(share: float, size_px: float) -> None:
    scenes = series([[]] * 9)
    scenes[5] = snowed(scenes[5], share, size_px)
    found = look_for(scenes)
    assert found.events == ()
    shift = found.stack.passes[5].registration
    assert max(abs(shift.rows), abs(shift.cols)) < 0.05


def test_an_aircraft_between_snowy_passes_is_still_told() -> None:
    scenes = [*series(stand("......JJ..", J=JET))]
    scenes[4] = snowed(scenes[4], 0.7)
    scenes[5] = snowed(scenes[5], 0.15)
    found = look_for(scenes)
    times = [one.scene.datetime for one in found.stack.passes]
    told = [(event.kind, times[event.before], times[event.after]) for event in found.events]
    assert told == [
        ("arrival", scenes[5].datetime, scenes[6].datetime),
        ("departure", scenes[7].datetime, scenes[8].datetime),
    ]
