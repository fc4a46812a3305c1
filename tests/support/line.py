"""The whole line, as a person starts it, over a small simulated story: one aircraft on real ground of Bolzano."""

import csv
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import Cloud, SimulatedPass, Weather, simulate
from support.schemas import check_below
from support.starts import run_imagery_watch

LIPB = Path(__file__).parents[2] / "aoi" / "LIPB.geojson"
FIRST = datetime(2022, 6, 2, 10, 20, 29, tzinfo=UTC)
PASSES = 8
PLACE = Placement("Il-62M", 148.6, 165.8, 28.0, 0.62, 0.5)
STANDS = range(3, 5)
CLOUDED = 6
ORBITS = ((65, "sentinel-2a"), (22, "sentinel-2b"))
BRACKETS = {
    "arrival": ("2022-06-12T10:20:29Z", "2022-06-17T10:30:29Z"),
    "departure": ("2022-06-22T10:20:29Z", "2022-06-27T10:30:29Z"),
}
NEAR_M = "600"
"""A ring of 2 km2, enough for all that it is for; the usual one takes twice as long."""
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "IMAGERY_WATCH_RETRIES": "0",
    "IMAGERY_WATCH_LIMIT_PLANTINGS": "0",
}

Feature = dict[str, Any]


class Ran(NamedTuple):
    """One run: how it ended, and what it wrote."""

    code: int
    said: str
    folder: Path

    @property
    def hits(self) -> list[dict[str, Any]]:
        return [feature["properties"] for feature in json.loads((self.folder / "hits.geojson").read_text())["features"]]

    @property
    def stays(self) -> list[dict[str, Any]]:
        return [
            feature["properties"] for feature in json.loads((self.folder / "stays.geojson").read_text())["features"]
        ]

    @property
    def looks(self) -> list[dict[str, str]]:
        with (self.folder / "looks.csv").open(newline="") as table:
            return list(csv.DictReader(table))

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    @property
    def brackets(self) -> dict[str, tuple[str, str]]:
        return {hit["kind"]: (hit["before"], hit["after"]) for hit in self.hits}

    def same_hits(self) -> bytes:
        return (self.folder / "hits.geojson").read_bytes()


def make_passes() -> list[SimulatedPass]:
    """Eight passes five days apart, of two orbits; an aircraft stands in the 4th and 5th, the 7th is clouded."""
    ground, rng = bolzano(), np.random.default_rng(3)
    return [
        simulate(
            ground.reflectance,
            ground.scl,
            BANDS,
            [PLACE] if number in STANDS else [],
            Weather(
                shift_px=(float(rng.normal(0, 0.2)), float(rng.normal(0, 0.2))),
                gain=float(rng.normal(1, 0.02)),
                temporal_noise=0.004,
                clouds=(Cloud(150, 160, 40),) if number == CLOUDED else (),
            ),
            when=FIRST + timedelta(days=5 * number, minutes=10 * (number % 2)),
            platform=ORBITS[number % 2][1],
            relative_orbit=ORBITS[number % 2][0],
            sun=(148.0, 62.0),
            seed=number,
        )
        for number in range(PASSES)
    ]


def write_story(folder: Path) -> Path:
    """The ItemCollection of `make_passes`, with its files below `folder`."""
    return write_archive(make_passes(), BANDS, bolzano().grid, folder)


def start(*arguments: str, cwd: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    """`imagery-watch` with these arguments, in a process of its own, to its end."""
    done = run_imagery_watch(*arguments, cwd=cwd, env={**os.environ, **QUIET, **changes})
    assert "Traceback" not in done.stderr, done.stderr
    return done


def run_line(aoi: Path, catalog: Path | str, out: Path, *options: str, **changes: str) -> Ran:
    """`imagery-watch run` over the story, with a small ring; what it writes is checked against the schemas."""
    line = ("run", "--aoi", str(aoi), "--catalog", str(catalog), "--out", str(out), *options)
    done = start(*line, **{"IMAGERY_WATCH_MARGIN_M": NEAR_M, **changes})
    check_below(out)
    return Ran(done.returncode, done.stdout + done.stderr, out)


def features_of(archive: Path) -> list[Feature]:
    return list(json.loads(archive.read_text())["features"])


def served(features: list[Feature], base: str) -> list[Feature]:
    """The items with their assets behind a server."""
    moved = json.loads(json.dumps(features))
    for feature in moved:
        for asset in feature["assets"].values():
            asset["href"] = asset["href"].replace("./", f"{base}/", 1)
    return list(moved)
