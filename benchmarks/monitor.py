"""What a sweep over many airfields costs: `python benchmarks/monitor.py --airfields 20`. SIMULATED imagery, real files.

A few simulated worlds are written as COGs at as many places as there are airfields, in one local catalogue. Then three
sweeps are made by the command line: over the history, with nothing new, and with one new pass of each airfield. What
each took is printed, and what it would be for 500 airfields, which is an extrapolation unless 500 were asked for.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regression import airfield_of
from worlds import in_season

from imagery_watch.model import Grid
from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.simulator import Setting, World, build, grid

SEED, WORLDS = 830_000, 4
ROWS, STEP_M = 100, 8000.0
"""Airfields lie in columns of so many, so many metres apart: no two share an image."""
WHOLE = 500
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """Of one sweep."""

    what: str
    seconds: float
    cpu_seconds: float
    peak_mib: float
    """Of the largest process so far."""


def place_of(number: int) -> Grid:
    """Where an airfield lies."""
    column, row = divmod(number, ROWS)
    return replace(grid(), left=grid().left + STEP_M * column, top=grid().top - STEP_M * row)


def write_airfields(folder: Path, home: Path, airfields: int, passes: int) -> list[list[dict[str, Any]]]:
    """The imagery and the airfield files; returns the items of each airfield, the earliest first."""
    worlds = [build(in_season(Setting(SEED + 10 * number, passes=passes, clutter=1.0))) for number in range(WORLDS)]
    (home / "aoi").mkdir(parents=True)
    items = []
    for number in range(airfields):
        world, place, name = worlds[number % WORLDS], place_of(number), f"SIM{number:03d}"
        (home / "aoi" / f"{name}.geojson").write_text(json.dumps(airfield_of(world, place, name)))
        items.append(_write_images(world, place, folder, name))
    return items


def _write_images(world: World, place: Grid, folder: Path, name: str) -> list[dict[str, Any]]:
    """The world's passes at a place; its items' hrefs are relative to `folder`."""
    path = write_archive(world.passes, BANDS, place, folder / name, tile=f"32T{name[-3:]}")
    found: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    for item in found:
        for asset in item["assets"].values():
            asset["href"] = f"{name}/{asset['href'].removeprefix('./')}"
    return sorted(found, key=lambda item: str(item["properties"]["datetime"]))


def sweep(what: str, home: Path, catalog: Path, since: str, names: list[str]) -> Cost:
    """One sweep by the command line."""
    command = [sys.executable, "-m", "imagery_watch", "monitor", *names, "--catalog", str(catalog)]
    command += ["--since", since, "--json"]
    environment = os.environ | {"IMAGERY_WATCH_HOME": str(home), "PYTHONPATH": str(ROOT)}
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds, after = time.monotonic() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    states = {one["state"] for one in json.loads(done.stdout)["airfields"]}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(f"{what} ({', '.join(sorted(states))})", seconds, cpu, after.ru_maxrss / 1024)


def measure(airfields: int, history: int) -> Iterator[str]:
    """The table's rows, and what the home takes on the disk."""
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name) / "imagery", Path(name) / "home"
        folder.mkdir()
        items = write_airfields(folder, home, airfields, history + 1)
        since = min(one[0]["properties"]["datetime"] for one in items)[:10]
        names = [path.stem for path in sorted((home / "aoi").iterdir())]
        catalog = folder / "items.json"
        yield "| sweep | airfields | wall s | CPU s | peak MiB | 500 airfields, CPU s | wall min on these cores |"
        yield "|---|---|---|---|---|---|---|"
        for what, passes in ((f"{history} passes", history), ("nothing new", history), ("one new pass", history + 1)):
            features = [item for some in items for item in some[:passes]]
            catalog.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
            yield _row(sweep(what, home, catalog, since, names), airfields)
        for part in ("monitor.sqlite", "watch", "runs"):
            size = sum(path.stat().st_size for path in _files(home / part))
            yield f"{part}: {size / 1e6 / airfields / (history + 1):.2f} MB an airfield and pass"


def _row(cost: Cost, airfields: int) -> str:
    times = WHOLE / airfields
    whole = f"{cost.cpu_seconds * times:.0f} | {cost.seconds * times / 60:.1f}"
    return (
        f"| {cost.what} | {airfields} | {cost.seconds:.1f} | {cost.cpu_seconds:.1f} | {cost.peak_mib:.0f} | {whole} |"
    )


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--airfields", type=int, default=20)
    parser.add_argument("--history", type=int, default=12, help="passes before the new one")
    asked = parser.parse_args()
    for line in measure(asked.airfields, asked.history):
        print(line, flush=True)


if __name__ == "__main__":
    main()
