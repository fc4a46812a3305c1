"""Boosted trees as arrays: branches, sums, and what a logit stands for."""

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from imagery_watch.change.looks.features import FEATURES
from imagery_watch.model.trees import TreeEnsemble
from imagery_watch.sensors.sentinel2.detector import DETECTOR

STUMPS: dict[str, Any] = {
    "features": ["a", "b"],
    "roots": [0, 3],
    "column": [0, -1, -1, 1, -1, 4, -1, -1],
    "threshold": [0.5, 0, 0, 2.0, 0, 0.0, 0, 0],
    "left": [1, 0, 0, 4, 0, 0, 0, 0],
    "right": [2, 0, 0, 4, 0, 0, 0, 0],
    "value": [0, -1.0, 2.0, 0, 0.25, 0, 0, 0],
    "baseline": 0.5,
    "logits": [-1.0, 1.0, 3.0],
    "evidence": [-4.0, 0.0, 8.0],
}
TREES = TreeEnsemble.from_document(STUMPS)


@pytest.mark.parametrize(
    ("row", "logit"),
    [((0.0, 0.0), -0.25), ((0.5, 9.0), -0.25), ((0.6, 0.0), 2.75)],
)
def test_a_row_takes_the_left_branch_up_to_the_threshold(row: tuple[float, float], logit: float) -> None:
    assert TREES.logit(np.array([row], np.float32)) == pytest.approx([logit])


def test_many_rows_are_as_each_alone() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    assert TREES.logit(rows) == pytest.approx([TREES.logit(row[None])[0] for row in rows])


def test_evidence_lies_between_the_steps_and_no_further() -> None:
    told = TREES.llr(np.array([[0.0, 0.0], [0.6, 0.0]], np.float32), ("a", "b"))
    assert told == pytest.approx([-2.5, 7.0])


def test_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="2 features were given 1"):
        TREES.llr(np.zeros((1, 1), np.float32), ("a",))


def test_nothing_is_nothing() -> None:
    assert len(TREES.llr(np.zeros((0, 2), np.float32), ("a", "b"))) == 0


def test_the_sensors_trees_know_the_features_that_are_measured() -> None:
    trees = DETECTOR.object_trees
    assert trees.features == FEATURES
    assert (np.diff(trees.logits) > 0).all() and (np.diff(trees.evidence) > 0).all()
    assert trees.column.max() < len(FEATURES) and np.isfinite(trees.threshold).all()


def test_the_document_of_the_sensors_trees_is_whole() -> None:
    text = files("imagery_watch.sensors.sentinel2").joinpath("object_trees.json").read_text()
    document = json.loads(text)
    nodes = len(document["column"])
    assert {len(document[name]) for name in ("threshold", "left", "right", "value")} == {nodes}
    del document["roots"]
    with pytest.raises(KeyError, match="roots"):
        TreeEnsemble.from_document(document)
