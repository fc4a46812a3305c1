"""Passes whose pixels cannot be a look of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.rasters import GRID, utc

from imagery_watch.errors import PassRefused
from imagery_watch.model import Scene
from imagery_watch.reasons import ReasonCode
from imagery_watch.sources.pixels.suspects import Suspects

BANDS = ("B02", "B03", "B04", "B08")
FIRST = utc("2023-06-01T10:17:00")


def image(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(0.05, 0.4, GRID.shape).astype(np.float32)


def look(name: str, *images: NDArray[np.float32], hours: float = 0.0, holes: int = 0) -> Scene:
    data = np.stack(images or [image(1000 * sum(map(ord, name)) + number) for number in range(4)])
    data[:, :holes] = np.nan
    valid = np.isfinite(data).all(axis=0)
    return Scene(
        acquisition_id=name,
        item_ids=(name,),
        datetime=FIRST + timedelta(hours=hours),
        platform="sentinel-2a",
        relative_orbit=65,
        bands=BANDS,
        data=data,
        valid=valid,
        scl=None,
        sun_azimuth=150.0,
        sun_elevation=60.0,
        offset=0.0,
        notes=(),
    )


FOUR = [image(number) for number in range(4)]
PICTURE = [np.round(one * 600) / 10_000 for one in FOUR]
FLAT = np.full(GRID.shape, 0.12, np.float32)
CASES: dict[str, tuple[list[Scene], dict[str, ReasonCode]]] = {
    "none": ([], {}),
    "looks of their own": ([look("a"), look("b", hours=120)], {}),
    "one value": ([look("a", FLAT, *FOUR[1:]), look("b", hours=120)], {"a": ReasonCode.BAND_CONSTANT}),
    "one value where it is seen": ([look("a", FLAT, *FOUR[1:], holes=20)], {"a": ReasonCode.BAND_CONSTANT}),
    "one value in a sliver": ([look("a", FLAT, *FOUR[1:], holes=GRID.height - 2)], {}),
    "a picture in sixteen bits": ([look("a", *PICTURE)], {"a": ReasonCode.COUNTS_IMPLAUSIBLE}),
    "two bands alike": ([look("a", FOUR[0], FOUR[0], *FOUR[2:])], {"a": ReasonCode.BANDS_EQUAL}),
    "a pass again": (
        [look("a", *FOUR), look("b", hours=60), look("c", *FOUR, hours=120)],
        {"a": ReasonCode.PASS_REPEATED, "c": ReasonCode.PASS_REPEATED},
    ),
    "one band of a pass again": (
        [look("a", *FOUR), look("b", image(9), FOUR[1], image(10), image(11), hours=120)],
        {"a": ReasonCode.PASS_REPEATED, "b": ReasonCode.PASS_REPEATED},
    ),
    "one pass under two names": ([look("a", *FOUR), look("b", *FOUR, hours=0.1)], {"b": ReasonCode.PASS_REPEATED}),
}


def find_suspects(scenes: Sequence[Scene]) -> dict[str, PassRefused]:
    suspects = Suspects()
    for scene in scenes:
        suspects.look_at(scene)
    return suspects.find()


@pytest.mark.parametrize("case", CASES)
def test_which_passes_are_suspect(case: str) -> None:
    scenes, expected = CASES[case]
    for order in (scenes, scenes[::-1]):
        assert {name: error.reason.code for name, error in find_suspects(order).items()} == expected


def test_the_other_is_named() -> None:
    first: Any = find_suspects([look("a", *FOUR), look("b", *FOUR, hours=120)])["a"]
    assert str(first) == "B02 holds the pixels of b, to the last bit: one of the two is not its own"
