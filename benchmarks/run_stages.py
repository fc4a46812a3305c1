"""Where the time of a whole `run` goes, stage by stage: cold, and warm from the cache of chips. SIMULATED imagery.

python benchmarks/run_stages.py                      60 passes of a 3.2 km square, from far away (mid)
python benchmarks/run_stages.py --against CHECKOUT   and the same by another checkout, in turn

The passes lie in sparse files of 10,980 x 10,980 pixels behind a server that answers as a far store does
(acquisition_server.py). A run is the command line in a process of its own, with a home of its own when cold and the
same home when warm, told by its `--verbose` lines: the time up to a line is counted for the stage that the line names.
Up to the first line it is *start*; from the last comparison to the first limit *objects*, with hits, looks and that
limit; from the last limit *outputs*, with pictures, the report and the process's end.

To be kept in mind: lines are as fine as the program's own steps, and reading goes on in the background while the first
pass is waited for alone; one apron of .64 km2 with nine aircraft and clutter, no clouds; memory (PSS) is looked at when
a line comes, of all the run's processes together; warm means that the disk's own cache is warm, too. Server and client
share the cores. Hits are held against each other: other hits are told below the table, and are no fault in themselves
where the checkouts differ in how they judge.
"""

import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import airfield
import numpy as np
import psutil
import rasterio
from acquisition_archive import EDGE, EPSG, TILE, outline
from acquisition_server import PROFILES, ROOT, Log, find_port, make_environment, serving
from rasterio.windows import Window
from speed import draw_apron
from table import show_span, show_table, show_times

from imagery_watch.simulate.archive import write_archive
from imagery_watch.simulate.ground import BANDS

STEP = re.compile(r"(?P<stage>[a-z ]+): (?P<done>\d+) of (?P<total>\d+)")
STAGES = ("start", "searching", "reading", "comparing passes", "objects", "measuring limits", "outputs")
FIGURES = (("cpu_s", 1), ("pss_mb", 0), ("requests", 0), ("mb", 0))
"""Of a whole run, and their digits."""
SEED, OFFSET = 3, 360
"""Pixels from the tile's edges to the square."""
AIRCRAFT = ("B737-800", "Il-62M", "Il-76", "B777-200")


def write_passes(root: Path, passes: int) -> list[dict[str, Any]]:
    """The files of simulated passes, each in a tile of full size, and their items."""
    case = airfield.Case(SEED, passes=passes, stays=airfield.random_stays(SEED, AIRCRAFT, passes))
    items = write_archive(airfield.passes(case), BANDS, airfield.grid(), root)
    for path in root.glob("*/*.tif"):
        enlarge(path)
    grid = airfield.grid()
    ring = outline(grid.left - 10 * OFFSET, grid.top + 10 * OFFSET)
    lon, lat = zip(*ring, strict=True)
    found: list[dict[str, Any]] = json.loads(items.read_text())["features"]
    for one in found:
        one |= {"geometry": {"type": "Polygon", "coordinates": [ring]},
                "bbox": [min(lon), min(lat), max(lon), max(lat)]}  # fmt: skip
    return found


def enlarge(path: Path) -> None:
    """The file with the same square inside a tile of 1024 pixels, mirrored around, in a scene that is sparse else."""
    with rasterio.open(path) as source:
        square, pixel = source.read(1), round(source.transform.a)
    offset = OFFSET * 10 // pixel
    after = [TILE - offset - edge for edge in square.shape]
    grid, edge = airfield.grid(), EDGE * 10 // pixel
    transform = rasterio.Affine(pixel, 0, grid.left - 10 * OFFSET, 0, -pixel, grid.top + 10 * OFFSET)
    profile = {"driver": "GTiff", "width": edge, "height": edge, "count": 1, "dtype": square.dtype,
               "crs": f"EPSG:{EPSG}", "transform": transform, "nodata": 0, "tiled": True, "blockxsize": TILE,
               "blockysize": TILE, "compress": "DEFLATE", "predictor": 2}  # fmt: skip
    path.unlink()
    with rasterio.open(path, "w", SPARSE_OK="TRUE", **profile) as target:
        tile = np.pad(square, [(offset, rest) for rest in after], mode="symmetric")
        target.write(tile, 1, window=Window(0, 0, TILE, TILE))


class StageClock:
    """Wall and CPU seconds of a process and its own processes by its stages, as its lines tell them."""

    def __init__(self, pid: int, start: float) -> None:
        self.wall, self.cpu = dict.fromkeys(STAGES, 0.0), dict.fromkeys(STAGES, 0.0)
        self.pss_mb = 0.0
        """The most of all of them together at any line: what they share is counted once."""
        self._root, self._stage, self._last = psutil.Process(pid), "start", (start, 0.0)

    def hear(self, line: str) -> None:
        """A line of the process: what passed since the one before is the stage's that it names."""
        step = STEP.match(line)
        if step is None or step["stage"] not in STAGES:
            return
        used, pss_mb = measure_family(self._root)
        self.pss_mb = max(self.pss_mb, pss_mb)
        between = {"start": "start", "comparing passes": "objects"}.get(self._stage, step["stage"])
        stage, self._stage = step["stage"] if step["stage"] == self._stage else between, step["stage"]
        self._note(stage, time.perf_counter(), used)

    def end(self, cpu: float) -> None:
        """The process is over; it used so many CPU seconds in all."""
        self._note("outputs", time.perf_counter(), cpu)

    def _note(self, stage: str, now: float, cpu: float) -> None:
        self.wall[stage] += now - self._last[0]
        self.cpu[stage] += cpu - self._last[1]
        self._last = now, cpu


def measure_family(root: psutil.Process) -> tuple[float, float]:
    """CPU seconds and megabytes of a process and its children."""
    cpu = pss_mb = 0.0
    for one in (root, *root.children(recursive=True)):
        with suppress(psutil.Error):  # it may be over by now
            times = one.cpu_times()
            cpu, pss_mb = cpu + times.user + times.system, pss_mb + one.memory_full_info().pss / 2**20
    return cpu, pss_mb


def run_once(checkout: Path, folder: Path, home: Path, path: Path) -> dict[str, Any]:
    """One run by the command line, its stages told by its own lines."""
    out, log = Path(tempfile.mkdtemp(dir=folder)) / "out", Log(path)
    command = [sys.executable, "-m", "imagery_watch", "run", "--aoi", str(folder / "aoi.geojson"), "--catalog",
               str(folder / "items.json"), "--out", str(out), "--json", "--verbose"]  # fmt: skip
    environment, heard = make_environment(checkout) | {"IMAGERY_WATCH_HOME": str(home)}, list[str]()
    start = time.perf_counter()
    with (folder / "stdout").open("w") as told:
        child = subprocess.Popen(command, stdout=told, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder)
        clock = StageClock(child.pid, start)
        for line in child.stderr or ():
            heard.append(line)
            clock.hear(line)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{checkout}: {''.join(heard[-20:])}")
    clock.end(used.ru_utime + used.ru_stime)
    cpu = {f"{stage} CPU": seconds for stage, seconds in clock.cpu.items()}
    whole = {"whole": sum(clock.wall.values()), "cpu_s": sum(cpu.values()), "pss_mb": clock.pss_mb}
    return clock.wall | cpu | whole | log.count()._asdict() | {"hits": digest_hits(out)}


def digest_hits(out: Path) -> str:
    """How many hits there are, and a digest of what makes them."""
    found = json.loads((out / "hits.geojson").read_text())["features"]
    words = [json.dumps([one["geometry"], one["properties"]["kind"], one["properties"]["score"]]) for one in found]
    return f"{len(found)} ({hashlib.sha256(''.join(sorted(words)).encode()).hexdigest()[:8]})"


def measure(chosen: argparse.Namespace, folder: Path) -> None:
    """All checkouts in turn, cold and then warm, round by round."""
    root, port = folder / "archive", find_port()
    root.mkdir()
    items = write_passes(root, chosen.passes)
    for one in items:
        for asset in one["assets"].values():
            asset["href"] = f"http://127.0.0.1:{port}/{asset['href'].removeprefix('./')}"
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    (folder / "aoi.geojson").write_text(json.dumps(draw_apron()))
    checkouts = {"ours": ROOT} | ({"before": chosen.against.resolve()} if chosen.against else {})
    found: dict[str, list[dict[str, Any]]] = {}
    with serving(root, folder, port, PROFILES[chosen.profile]) as path:
        for _ in range(chosen.rounds):
            for name, checkout in checkouts.items():
                home = Path(tempfile.mkdtemp(dir=folder))
                for state in ("cold", "warm"):
                    found.setdefault(f"{name}, {state}", []).append(run_once(checkout, folder, home, path))
    show(found, chosen)


def show(found: dict[str, list[dict[str, Any]]], chosen: argparse.Namespace) -> None:
    """Prints the table: seconds of each stage, and the whole."""
    print(f"{chosen.passes} passes, {chosen.profile}, {os.cpu_count()} cores; medians of wall / CPU seconds")
    rows, hits = [], {row["hits"] for told in found.values() for row in told}
    for name, told in found.items():
        middle = {key: statistics.median(row[key] for row in told) for key in told[0] if key != "hits"}
        stages = [f"{middle[stage]:.2f} / {middle[f'{stage} CPU']:.2f}" for stage in STAGES]
        whole = show_span([row["whole"] for row in told], 1)
        ours = statistics.median(row["whole"] for row in found[name.replace("before", "ours")])
        figures = [f"{middle[key]:.{digits}f}" for key, digits in FIGURES]
        rows.append([name, *stages, whole, show_times(middle["whole"], ours), *figures, told[0]["hits"]])
    heads = ("run", *STAGES, "whole (least-most)", "to ours", "CPU s", "PSS MB", "requests", "MB", "hits")
    show_table(heads, rows)
    if len(hits) > 1:
        print(f"the hits are not the same in all: {', '.join(sorted(hits))}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=[*PROFILES], default="mid")
    parser.add_argument("--passes", type=int, default=60, help="at least 8")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    with tempfile.TemporaryDirectory(prefix="stages-") as made:
        measure(parser.parse_args(arguments), Path(made))


if __name__ == "__main__":
    main()
