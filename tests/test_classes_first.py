"""Passes whose bands are not read, because their classes call all of the ground cloud: told as if they had been."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rasterio
from support.monitor import airfield_document, make_archive

from imagery_watch.model import RunResult
from imagery_watch.pipeline import run_airfield
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.geojson import airfield_from_document
from imagery_watch.sources.pixels import scenes

CLOUDED = (1, 7)
"""Of the passes, those that are overcast; the aircraft stands in others."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Passes of which two are called cloud throughout."""
    catalog = make_archive(tmp_path / "archive", 10)
    for number, path in enumerate(sorted((tmp_path / "archive").glob("*/SCL.tif"))):
        if number in CLOUDED:
            with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as classes:
                classes.write(classes.read() * 0 + 9)
    return catalog


def look_at(catalog: Path, home: Path) -> RunResult:
    airfield = airfield_from_document(airfield_document("TSTA"), "TSTA", default_id="TSTA")
    now = datetime(2023, 1, 1, tzinfo=UTC)
    return run_airfield(airfield, str(catalog), Settings(home=home), since="2022-06-01", until="2022-08-01", now=now)


def tell(result: RunResult) -> dict[str, Any]:
    """All that a reader is told of hits, stays and looks."""
    return {"hits": result.hits, "stays": result.stays, "looks": result.looks}


def test_nothing_but_the_reading_changes(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spared = look_at(archive, tmp_path / "one")
    monkeypatch.setattr(scenes, "CLOUDED_SHARE", 2.0)
    whole = look_at(archive, tmp_path / "two")
    assert len(whole.sources) - len(spared.sources) == 4 * len(CLOUDED)
    assert [one.result for one in spared.looks].count("not_observed") == len(CLOUDED)
    assert tell(spared) == tell(whole) and whole.hits
