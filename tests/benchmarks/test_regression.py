"""What came out before still comes out: the small form of the regression tool, and the tool itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import regression
from conftest import DATA
from support.demonstration import Demonstrated

KEPT = json.loads((DATA / "regression.json").read_text())
TOLERANCE = {
    "": 1e-6,
    **dict.fromkeys(("length_m", "length_low_m", "length_high_m", "heading_deg"), 0.11),
    "score": 0.011,
    **dict.fromkeys(("visible_fraction", "registration_error_px"), 0.0011),
    **dict.fromkeys(("probability", "false_alarms_per_year"), 0.00011),
    "coordinates": 1e-6,
}
"""Of the last digit that is written, and a little: another processor's rounding may turn it, and no more."""


def test_the_demonstration_gives_what_it_gave(demonstration: Demonstrated) -> None:
    found = regression.read_story(demonstration.out)
    assert len(found["hits"]) == len(KEPT["demo"]["hits"]) > 0
    assert list(regression.differences(KEPT["demo"], found, TOLERANCE)) == []


def test_the_pair_over_fehrbellin_gives_what_it_gave(tmp_path: Path) -> None:
    catalog = str(DATA / "fehrbellin" / "items.json")
    found = regression.tell(tmp_path / "out", "run", "EDBF", "--catalog", catalog)
    assert list(regression.differences(KEPT["fehrbellin"], found, TOLERANCE)) == []


def test_members_have_tolerances_of_their_own() -> None:
    kept, found = {"a": 1.0, "b": [1.0, 2.0]}, {"a": 1.1, "b": [1.1, 2.0]}
    assert list(regression.differences(kept, found, {"": 1e-6, "a": 0.2})) == ["/b/0: 1.0 before, 1.1 now"]


@pytest.mark.parametrize(
    ("kept", "found", "lines"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-9, "new": 3}, []),
        ({"a": 1.0}, {"a": 1.1}, ["/a: 1.0 before, 1.1 now"]),
        ({"a": "1.00"}, {"a": "1.0"}, []),
        ({"a": None}, {}, ["/a: None before, nothing now"]),
        ([1, 2], [1], [": 2 before, 1 now"]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, ["/a/0/b: 'x' before, 'y' now"]),
    ],
)
def test_differences_are_named_by_place(kept: Any, found: Any, lines: list[str]) -> None:
    assert list(regression.differences(kept, found, 1e-6)) == lines
