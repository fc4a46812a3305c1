"""Real ground and real aircraft: yards on which nothing comes or goes, and jets of which less noise finds more."""

import copy
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from imagery_watch.model import RunResult
from imagery_watch.pipeline import run_airfield
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.geojson import read_airfield

DATA = Path(__file__).parent.parent / "data"
EMPTY, TAKEN, LOOKS = "S2A_32TMQ_20230630", "S2A_32TMQ_20230710", 7
PRESENT = 0.003
"""Noise that the empty pass of Genoa has already, reflectance."""


def run_on(folder: Path, home: Path, aoi: str = "aoi.geojson") -> RunResult:
    settings = Settings(home=home, limit_plantings=0)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return run_airfield(
        read_airfield(folder / aoi), str(folder / "items.json"), settings, since=None, until=None, now=now
    )


@pytest.mark.parametrize("aoi", ["aoi_lots.geojson", "aoi_open.geojson"])
def test_yards_in_berlin_have_no_hit_however_they_are_cut(tmp_path: Path, aoi: str) -> None:
    result = run_on(DATA / "berlin", tmp_path, aoi)
    assert result.hits == ()
    assert {look.result for look in result.looks} <= {"no_change", "not_observed"}
    assert any(look.result == "no_change" for look in result.looks)


def make_genoa(folder: Path, noise: float) -> Path:
    """Six looks without the jets and one with them, in the middle, each with so much noise."""
    document = json.loads((DATA / "genoa" / "items.json").read_text())
    items = {item["id"]: item for item in document["features"]}
    features = []
    for number in range(LOOKS):
        source = TAKEN if number == LOOKS // 2 else EMPTY
        name = f"S2A_32TMQ_202307{10 + number:02d}"
        (folder / name).mkdir(parents=True)
        held = 0.0 if source == TAKEN else PRESENT
        for path in sorted((DATA / "genoa" / source).glob("*.tif")):
            with rasterio.open(path) as image:
                counts, profile = image.read(1), image.profile
            rng = np.random.default_rng(number * 100 + sum(path.name.encode()))
            least = 1e-8  # a count: passes that are alike to the last bit are one pass twice, and refused
            moved = counts + rng.normal(0, 1, counts.shape) * np.sqrt(max(least, noise**2 - held**2)) * 10_000
            with rasterio.open(folder / name / path.name, "w", **profile) as image:
                image.write(np.where(counts > 0, np.clip(moved, 1, 65_000), 0).astype(counts.dtype), 1)
        item = json.loads(json.dumps(copy.deepcopy(items[source])).replace(source, name))
        item["properties"]["datetime"] = f"2023-07-{10 + number:02d}T10:20:00Z"
        features.append(item)
    (folder / "items.json").write_text(json.dumps({**document, "features": features}))
    shutil.copy(DATA / "genoa" / "aoi.geojson", folder / "aoi.geojson")
    return folder


def count_told(tmp_path: Path, noise: float) -> tuple[int, int]:
    """Of the 15 jets those told when they come, and hits that are none of them."""
    result = run_on(make_genoa(tmp_path / f"{noise}", noise), tmp_path)
    places = [
        result.grid.rowcol(x, y) for x, y in json.loads((DATA / "genoa" / "truth.json").read_text())["aircraft_xy_m"]
    ]
    hits = [result.grid.rowcol(hit.x, hit.y) for hit in result.hits if hit.after.day == 10 + LOOKS // 2]
    near = [[np.hypot(r - row, c - col) <= 2.5 for r, c in hits] for row, col in places]
    return sum(map(any, near)), int(sum(not any(told) for told in zip(*near, strict=True)))


def test_most_parked_jets_of_genoa_are_told_and_less_noise_tells_no_fewer_but_for_one(tmp_path: Path) -> None:
    quiet, usual, loud = (count_told(tmp_path, noise) for noise in (0.003, 0.010, 0.020))
    assert quiet[0] >= usual[0] - 1 and usual[0] >= loud[0] - 1 and quiet[0] >= loud[0]
    assert quiet[0] >= 7 and usual[0] >= 5
    assert max(quiet[1], usual[1], loud[1]) <= 1
