"""The constants of a sensor are a value: equal, hashed and sent to another process as one."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from imagery_watch.sensors.sentinel2.detector import DETECTOR


def test_the_model_is_a_value() -> None:
    same = replace(DETECTOR, skylight=dict(reversed(DETECTOR.skylight.items())))
    assert same == DETECTOR and hash(same) == hash(DETECTOR)
    assert replace(DETECTOR, psf_sigma_m=6.0) != DETECTOR


def test_the_model_comes_back_from_another_process_as_it_was() -> None:
    copy = pickle.loads(pickle.dumps(DETECTOR))
    assert copy == DETECTOR and hash(copy) == hash(DETECTOR)


def test_the_model_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DETECTOR.psf_sigma_m = 6.0
