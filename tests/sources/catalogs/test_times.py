"""When a pass was: one moment, or a reason why there is none."""

from pathlib import Path
from typing import Any

import pytest
from support.rasters import make_item, utc

from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.items import parse_item, parse_items

PASS = "2022-06-02T10:20:29Z"
ADDED = "2024-09-10T14:02:11Z"


def words(moment: str | None, start: str | None = None, end: str | None = None, **more: str) -> dict[str, Any]:
    stated = {"datetime": moment, "start_datetime": start, "end_datetime": end, **more}
    return {key: value for key, value in stated.items() if value is not None or key == "datetime"}


def parse(name: str, properties: dict[str, Any]) -> Any:
    return parse_item({**make_item(), "id": name, "properties": properties}, Path(), SENTINEL_2)


PRODUCT = "S2A_MSIL2A_20220602T102029_N0511_R065_T32TPS_20220602T102029"
TIMES = {
    "a moment": ("one", words(PASS), "2022-06-02T10:20:29"),
    "a moment in its range": ("one", words(PASS, PASS, "2022-06-02T10:20:40Z"), "2022-06-02T10:20:29"),
    "a moment of when it was added": ("one", words(ADDED, PASS, PASS), "2022-06-02T10:20:29"),
    "a range alone": ("one", words(None, PASS, "2022-06-02T10:20:40Z"), "2022-06-02T10:20:29"),
    "a datatake as its range": (
        "one", words(PASS, "2022-06-02T10:05:00Z", "2022-06-02T10:30:00Z"), "2022-06-02T10:20:29"),
    "a day, its time in the product's name": (PRODUCT, words("2022-06-02T00:00:00Z"), "2022-06-02T10:20:29"),
    "a moment of the day that is its range": (
        "one", words(PASS, "2022-06-02T00:00:00Z", "2022-06-02T00:00:00Z"), "2022-06-02T10:20:29"),
    "a day alone": ("one", words("2022-06-02T00:00:00Z"), "2022-06-02T00:00:00"),
    "an id with its day": ("S2A_32TPS_20220602_0_L2A", words(PASS), "2022-06-02T10:20:29"),
    "an id with a day of the place": ("55HFA-2022-06-03", words("2022-06-02T23:50:00Z"), "2022-06-02T23:50:00"),
    "an id with two days": ("20200101_made_20240101", words(PASS), "2022-06-02T10:20:29"),
    "an id with a number": ("120220602999", words(PASS), "2022-06-02T10:20:29"),
    "a datatake's name": ("one", words(PASS, **{"s2:datatake_id": "GS2A_20220602T102029_036269_N04.00"}),
                          "2022-06-02T10:20:29"),
}  # fmt: skip
REFUSED = {
    "a month": (words(None, "2022-05-18T00:00:00Z", "2022-06-17T23:59:59Z"), "covers 31 days: a composite"),
    "a month, and its middle": (words(PASS, "2022-05-18T00:00:00Z", "2022-06-17T23:59:59Z"), "covers 31 days"),
    "a day from end to end": (words(None, "2022-06-02T00:00:00Z", "2022-06-02T23:59:59Z"), "covers 24 hours"),
    "two hours": (words(PASS, "2022-06-02T09:30:00Z", "2022-06-02T11:30:00Z"), "covers 2 hours"),
    "backwards": (words(PASS, PASS, "2022-06-02T09:00:00Z"), "before it starts"),
    "half a range": (words(ADDED, PASS), "is not the one end"),
}
NAMED = {
    "added two years later": ("S2A_32TPS_20220602_0_L2A", words(ADDED)),
    "added two days later": ("S2A_32TPS_20220602_0_L2A", words("2022-06-04T10:20:29Z")),
    "the product of another day": (PRODUCT, words("2022-06-07T10:20:29Z")),
    "the product of another hour": (PRODUCT, words("2022-06-02T14:02:11Z")),
    "a name of one's own": ("swisseo_2022-06-02t102029", words(ADDED)),
}


@pytest.mark.parametrize("case", TIMES)
def test_the_moment_of_an_item(case: str) -> None:
    name, properties, expected = TIMES[case]
    assert parse(name, properties).facts.datetime == utc(expected)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_pass_is_told(case: str) -> None:
    properties, reason = REFUSED[case]
    with pytest.raises(ValueError, match=reason):
        parse("one", properties)


@pytest.mark.parametrize("case", NAMED)
def test_an_item_whose_name_tells_another_time_is_told(case: str) -> None:
    name, properties = NAMED[case]
    with pytest.raises(ValueError, match="than its datetime"):
        parse(name, properties)


def test_a_time_that_was_not_taken_is_said() -> None:
    items, warnings = parse_items([{**make_item("one"), "properties": words(ADDED, PASS, PASS)}], Path(), SENTINEL_2)
    assert len(items) == 1
    assert warnings == ["item one: its datetime lies outside its own start and end, so the start is taken"]
