"""A pass without scene classification under an overcast is not an empty apron."""

from dataclasses import replace

import numpy as np
import pytest

from change.scenes import JET, look_for, series, stand
from imagery_watch.model import Scene


def overcast(scene: Scene) -> Scene:
    """A flat cloud over everything, a little uneven."""
    rng = np.random.default_rng(5)
    return replace(scene.with_data((0.6 + rng.normal(0, 0.02, scene.data.shape)).astype(np.float32)), scl=None)


@pytest.mark.parametrize("which", [(3,), (0,), (0, 2, 3, 5)])
def test_overcast_passes_say_nothing_and_change_nothing(which: tuple[int, ...]) -> None:
    scenes = [replace(scene, scl=None) for scene in series(stand("JJJJJJJ", J=JET))]
    detection = look_for([overcast(scene) if n in which else scene for n, scene in enumerate(scenes)])
    assert not detection.events
    unusable = {one.scene.acquisition_id: one.reason for one in detection.stack.unusable}
    assert set(unusable) == {scenes[n].acquisition_id for n in which}
    assert all("clouded over" in reason.text for reason in unusable.values())
