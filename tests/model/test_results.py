"""Size is overall length."""

import pytest

from imagery_watch.model.results import size_class
from imagery_watch.simulate.aircraft import TYPES

LENGTHS = [(5.0, "small"), (23.99, "small"), (24.0, "medium"), (41.99, "medium"), (42.0, "large"), (84.0, "large")]


@pytest.mark.parametrize(("length_m", "expected"), LENGTHS)
def test_size_class(length_m: float, expected: str) -> None:
    assert size_class(length_m) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("F-16", "small"), ("An-26", "small"), ("E175", "medium"), ("A320", "medium"), ("Il-62M", "large")],
)
def test_types_are_classed_by_their_length(name: str, expected: str) -> None:
    assert size_class(TYPES[name].length) == expected
