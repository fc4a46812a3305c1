"""Why a catalogue may have nothing over an airfield."""

from pathlib import Path
from typing import Any

import pytest
from support.rasters import make_item, utc, write_collection

from imagery_watch.sensors.sentinel2.sensor import SENTINEL_2
from imagery_watch.sources.catalogs.absence import explain_absence
from imagery_watch.sources.catalogs.stac_files import FileCatalog

HERE = (11.3, 46.4, 11.4, 46.5)
EXCHANGED = (46.4, 11.3, 46.5, 11.4)
ELSEWHERE = (2.3, 48.9, 2.4, 49.0)
COVERAGE = "its 1 items lie between [11.20, 46.30] and [11.50, 46.60] (lon, lat), 2023-06-01 to 2023-06-01"


def told(folder: Path, bbox: Any, *window: Any, items: Any = None) -> tuple[str, ...]:
    start, end = window or (None, None)
    catalog = FileCatalog(write_collection(folder / "items.json", *(items or [make_item()])), SENTINEL_2)
    return explain_absence(catalog, catalog.search(bbox, start, end), bbox, start, end)


def test_nothing_is_told_where_there_is_something(tmp_path: Path) -> None:
    assert told(tmp_path, HERE) == ()


def test_what_is_covered_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, ELSEWHERE) == (
        f"The catalogue has nothing over this airfield in this time: {COVERAGE}.",
    )  # fmt: skip
    (said,) = told(tmp_path, HERE, utc("2023-07-01"), utc("2023-08-01"))
    assert COVERAGE in said


def test_exchanged_coordinates_are_suspected(tmp_path: Path) -> None:
    covered, suspected = told(tmp_path, EXCHANGED)
    assert COVERAGE in covered
    assert "No item is near [46.4000, 11.3000] (lon, lat), and 1 are near [11.3000, 46.4000]" in suspected
    assert "exchanged in the airfield's file?" in suspected


@pytest.mark.parametrize(("days", "said"), [(3, 1), (30, 2)])
def test_a_few_days_prove_nothing(tmp_path: Path, days: int, said: int) -> None:
    start = utc("2023-05-31")
    assert len(told(tmp_path, EXCHANGED, start, utc(f"2023-06-{days - 1:02d}"))) == said


@pytest.mark.parametrize("bbox", [(139.7, 35.5, 139.8, 35.6), (179.9, 50.0, -179.9, 51.0)])
def test_what_cannot_be_a_latitude_is_not_suspected(tmp_path: Path, bbox: Any) -> None:
    assert len(told(tmp_path, bbox)) == 1
