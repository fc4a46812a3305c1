"""Cut-outs: what they hold at the edge, and that each is made once."""

from collections import Counter

import numpy as np
import pytest

from change.detection.test_matched_filter import PLAIN, SHAPE, seen
from change.scenes import JET, look_for, series, stand
from imagery_watch.change.background.residuals import ResidualImage
from imagery_watch.change.detection import cutout
from imagery_watch.change.detection.aircraft_templates import SIDE_PX
from imagery_watch.change.detection.cutout import Cutout, make_cutout


def test_beyond_the_edge_the_ground_goes_on_and_nothing_is_known() -> None:
    ramp = PLAIN * np.linspace(1.0, 2.0, SHAPE[1], dtype=np.float32)
    corner = make_cutout(seen(ramp, ground=ramp), 0, 0)
    ground = corner.ground.reshape(4, SIDE_PX, SIDE_PX)
    np.testing.assert_array_equal(ground[:, :10, :10], np.broadcast_to(ground[:, 9:10, 9:10], (4, 10, 10)))
    assert not corner.residual.reshape(4, SIDE_PX, SIDE_PX)[:, :9].any()
    assert np.isinf(corner.spread.reshape(4, SIDE_PX, SIDE_PX)[:, :, :9]).all()


def test_a_cutout_is_kept_with_its_image() -> None:
    image = seen(PLAIN)
    assert make_cutout(image, 40, 41) is make_cutout(image, 40, 41)
    assert make_cutout(seen(PLAIN), 40, 41) is not make_cutout(image, 40, 41)


def test_in_a_run_each_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: Counter[tuple[int, int, int]] = Counter()
    make = cutout._cut_out

    def counted(image: ResidualImage, row: int, col: int) -> Cutout:
        made[id(image), row, col] += 1
        return make(image, row, col)

    monkeypatch.setattr(cutout, "_cut_out", counted)
    found = look_for(series(stand("..JJ..J..", J=JET)))  # holds the images, so that no id is used again
    assert found.events and len(made) > 12
    assert set(made.values()) == {1}
