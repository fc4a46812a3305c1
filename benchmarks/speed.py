"""Wall seconds, CPU seconds and memory of one whole `run`: 30 passes of a 3.2 km square, from files.

python benchmarks/speed.py
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import airfield

from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS
from imagery_watch.sources.airfields.grids import to_lonlat

PASSES = 30


def main() -> None:
    """Makes the archive, runs the command line on it, prints one line."""
    stays = airfield.random_stays(3, ("B737-800", "Il-62M", "Il-76", "B777-200"), PASSES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = airfield.Case(3, passes=PASSES, stays=stays)
        items = write_archive(airfield.passes(case), BANDS, airfield.grid(), folder)
        aoi = folder / "aoi.geojson"
        aoi.write_text(json.dumps(draw_apron()))
        command = [sys.executable, "-m", "imagery_watch", "run", "--aoi", str(aoi), "--catalog", str(items)]
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "--out", str(folder / "out"), "--json"], check=True, capture_output=True, text=True
        )
        wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{PASSES} passes of 3.2 km x 3.2 km, {os.cpu_count()} cores: {wall:.1f} s wall, "
        f"{used.ru_utime + used.ru_stime:.1f} s CPU, {used.ru_maxrss / 1024:.0f} MiB; "
        f"{len(json.loads(done.stdout)['hits'])} hits of {2 * len(stays)} planted changes"
    )


def draw_apron() -> dict[str, object]:
    """The apron, as an airfield file."""
    grid = airfield.grid()
    rows = (airfield.APRON.start, airfield.APRON.stop)
    corners = [(rows[0], rows[0]), (rows[1], rows[0]), (rows[1], rows[1]), (rows[0], rows[1]), (rows[0], rows[0])]
    ring = [list(to_lonlat(grid, grid.left + 10 * col, grid.top - 10 * row)) for row, col in corners]
    feature = {
        "type": "Feature",
        "properties": {"name": "apron"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "id": "SQUARE", "quality": "mapped", "features": [feature]}


if __name__ == "__main__":
    main()
