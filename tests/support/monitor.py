"""A small real archive for the monitor's tests: one apron at Bolzano, one large aircraft that comes and goes.

As a script, `support.monitor.py CATALOGUE HOME PART N`: one sweep, killed at its N-th write to a path that has PART.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS, bolzano
from imagery_watch.simulate.inject import Placement
from imagery_watch.simulate.overpass import SimulatedPass, Weather, simulate

NAME = "TSTA"
SINCE = "2022-06-01"
FIRST = datetime(2022, 6, 2, 10, 20, 29, tzinfo=UTC)
NOW = datetime(2022, 9, 1, 6, 0, tzinfo=UTC)
PASSES = 7
STANDS = range(2, 4)
"""The passes in which the aircraft stands on the apron."""
PLACE = Placement("B777-200", 148.6, 165.8, 28.0, 0.62, 0.5)
ORBITS = ((65, "sentinel-2a"), (22, "sentinel-2b"))
APRON_M = 130.0
QUICK = {
    "IMAGERY_WATCH_MARGIN_M": "300",
    "IMAGERY_WATCH_RETRIES": "0",
    "IMAGERY_WATCH_TIMEOUT_S": "2",
    "IMAGERY_WATCH_LIMIT_PLANTINGS": "0",
}


def make_passes(number: int = PASSES, stands: Collection[int] = STANDS) -> list[SimulatedPass]:
    """Passes five days apart, of two orbits; the aircraft stands in those whose numbers `stands` has."""
    ground = bolzano()
    rng = np.random.default_rng(7)
    passes = []
    for index in range(number):
        orbit, platform = ORBITS[index % 2]
        shift = (float(rng.normal(0, 0.2)), float(rng.normal(0, 0.2)))
        passes.append(
            simulate(
                ground.reflectance,
                ground.scl,
                BANDS,
                [PLACE] if index in stands else [],
                Weather(shift_px=shift, gain=float(rng.normal(1, 0.02)), temporal_noise=0.004),
                when=FIRST + timedelta(days=5 * index, minutes=10 * (index % 2)),
                platform=platform,
                relative_orbit=orbit,
                sun=(148.0, 62.0),
                seed=index,
            )
        )
    return passes


def make_archive(folder: Path, number: int = PASSES, stands: Collection[int] = STANDS) -> Path:
    """Every pass below `folder`; the path of its ItemCollection."""
    return write_archive(make_passes(number, stands), BANDS, bolzano().grid, folder)


def make_home(home: Path, *names: str) -> Path:
    """A home that knows the small airfield, under each of the names."""
    for name in names or (NAME,):
        (home / "aoi").mkdir(parents=True, exist_ok=True)
        (home / "aoi" / f"{name}.geojson").write_text(json.dumps(airfield_document(name)))
    return home


def airfield_document(name: str) -> dict[str, Any]:
    from pyproj import Transformer

    grid = bolzano().grid
    x, y = grid.xy(PLACE.row, PLACE.col)
    to_lonlat = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [list(to_lonlat.transform(x + east * APRON_M, y + north * APRON_M)) for east, north in corners]
    apron = {
        "type": "Feature",
        "properties": {"name": "East", "role": "apron"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "id": name, "name": "A test apron", "quality": "mapped", "features": [apron]}


def listing(archive: Path, wanted: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """Features of the archive, those of the wanted passes only."""
    features = json.loads(archive.read_text())["features"]
    return features if wanted is None else [features[index] for index in wanted]


def write_listing(archive: Path, features: Sequence[dict[str, Any]], name: str) -> Path:
    """An ItemCollection of the features beside the archive's own, so that the assets are shared."""
    path = archive.with_name(name)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def environment(home: Path, **changes: str) -> dict[str, str]:
    return {**os.environ, **QUICK, "IMAGERY_WATCH_HOME": str(home), **changes}


def command(catalog: Path, *names: str) -> list[str]:
    options = ["--catalog", str(catalog), "--since", SINCE, "--json"]
    return [sys.executable, "-m", "imagery_watch", "monitor", *(names or (NAME,)), *options]


def run_monitor(home: Path, catalog: Path, *names: str, **changes: str) -> subprocess.CompletedProcess[str]:
    from support.schemas import check_below
    from support.starts import run_imagery_watch

    done = run_imagery_watch(*command(catalog, *names)[3:], env=environment(home, **changes))
    check_below(home)
    return done


def record(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the record of a home holds, without the times of its own making."""
    columns = {
        "airfields": "id, aoi_hash, outputs_due",
        "passes": "airfield, id, datetime, versions, state, reason, settings_hash, gone",
        "looks": "airfield, pass, apron, result, visible_fraction, registration_error_px, reason, reason_code",
        "hits": "id, airfield, kind, status, lon, lat, properties, attribution, revision",
        "deliveries": "event, revision, channel",
    }
    with sqlite3.connect(home / "monitor.sqlite") as connection:
        tables = {name: sorted(connection.execute(f"SELECT {what} FROM {name}")) for name, what in columns.items()}
    connection.close()
    return tables


def files(home: Path) -> dict[str, bytes]:
    """The outputs by name; without those that say when they, or the hits, were made."""
    runs = home / "runs"
    found = (path for path in runs.rglob("*") if path.is_file() and path.name not in UNSTABLE)
    return {str(path.relative_to(runs)): path.read_bytes() for path in found}


def live_hits(home: Path) -> list[dict[str, Any]]:
    """What the record says of the hits that stand, without their names and status."""
    rows = [json.loads(row[6]) for row in record(home)["hits"] if row[3] != "withdrawn"]
    unnamed = [{name: value for name, value in hit.items() if name not in ("id", "status")} for hit in rows]
    return sorted(unnamed, key=lambda hit: (hit["after"], hit["kind"]))


UNSTABLE = ("run.json", "feed.atom", "index.html")
EVENTS = ("os.rename", "os.remove", "open", "sqlite3.connect")


def sweep_killed_at(catalog: Path, home: Path, part: str, number: int) -> None:
    """One sweep in this process, killed as it is about to change such a file below `home` for the number-th time."""
    from imagery_watch.monitor.sweep import sweep
    from imagery_watch.settings import Settings

    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in EVENTS or (event == "open" and not _writes(arguments)):
            return
        path = str(arguments[0])
        seen += str(home) in path and part in path
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    sweep([NAME], Settings(), catalog=str(catalog), since=SINCE, now=NOW)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


if __name__ == "__main__":
    sweep_killed_at(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
