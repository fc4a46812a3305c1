"""A day's check of many airfields in one process: one new scene each, from far away. SIMULATED imagery.

python benchmarks/many_airfields.py                         500 airfields on 60 tiles, mid, 32 in flight: reading alone
python benchmarks/many_airfields.py --sweep --airfields 50  the whole of `monitor`'s first sweep, stage by stage
python benchmarks/many_airfields.py --against CHECKOUT      and the same by another checkout, in turn

*Reading* is what a sweep asks for all airfields, surveys and windows, by its own steps (`monitor.machines.ahead`) with
nothing to judge, and nothing kept from before: airfields on one tile know its files' headers from the first of them,
and no window is in the cache of chips. *Sweep* is `monitor.sweep.sweep` itself,
judging, record and outputs included; its stages are told by its own progress, each moment counted for the stage that
reports next.

The floor is that of what was asked for: K + requests / C x L + bytes / (C x R), and CPU seconds over the cores.

To be kept in mind: tiles lie apart and do not overlap as real ones do, each with ground in its first square of 10 km
alone, where all its airfields lie, random 3 km squares (an apron of 400 m and the margin) inside one tile of 1024
pixels; the catalogue is a file, which is parsed anew for each airfield, where an API would be asked once for each; a
single pass has nothing to be compared with, so a sweep judges little.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from acquisition_archive import BANDS, EPSG, many_tiles, write_archive, write_items
from acquisition_server import PROFILES, ROOT, Log, find_port, run_python, serving
from table import show_span, show_table, show_times

APRON_M, EDGE_M = 400, 1700
"""An apron's edge; and how far from the edges of its tile's ground its middle lies, at least."""
GROUND_M = 10_240
HEADS = ("airfields", "wall s (least-most)", "to the first row", "searching s", "reading s", "rest s", "CPU s",
         "RSS MB", "requests (a window)", "MB", "floor s", "wall / floor", "reading / floor", "CPU floor s",
         "windows")  # fmt: skip


def write_airfields(home: Path, number: int, tiles: int, seed: int) -> None:
    """Files of airfields at random places of the tiles' grounds."""
    from acquisition_ours import make_airfield

    from imagery_watch.model import Grid

    rng, folder = np.random.default_rng(seed), home / "aoi"
    folder.mkdir(parents=True)
    for one in range(number):
        left, top = many_tiles(one % tiles)
        x, y = rng.integers(EDGE_M, GROUND_M - EDGE_M, 2)
        place = Grid(EPSG, left + int(x) - APRON_M // 2, top - int(y) + APRON_M // 2, APRON_M // 10, APRON_M // 10)
        name = f"AF{one:03d}"
        ring = make_airfield(place).aprons[0].geometry
        apron = {"type": "Feature", "properties": {"role": "apron", "name": "main"}, "geometry": ring.__geo_interface__}
        told = {"type": "FeatureCollection", "id": name, "name": name, "quality": "approximate", "features": [apron]}
        (folder / f"{name}.geojson").write_text(json.dumps(told))


def read_all(home: Path, items: Path, in_flight: int) -> dict[str, Any]:
    """What the reading of all airfields took."""
    from acquisition_ours import ALWAYS

    from imagery_watch.model import Airfield
    from imagery_watch.monitor.looking import Question, Ready, ask_list, open_listed, read_wanted
    from imagery_watch.monitor.machines.ahead import Here, look_ahead
    from imagery_watch.sensors.registry import find_sensor
    from imagery_watch.settings import Settings
    from imagery_watch.sources.airfields.known import list_airfields
    from imagery_watch.sources.catalogs.stac_files import FileCatalog

    settings, catalog = Settings(home=home, in_flight=in_flight), FileCatalog(items, find_sensor())
    files = [one for one in list_airfields(home) if one.airfield and one.airfield.id.startswith("AF")]
    windows = 0

    def count(ready: Ready) -> Any:
        """Stands for the judging."""
        nonlocal windows
        windows += sum(len(scene.sources) for scene in ready.read.scenes) if ready.read else 0

    def ask(airfield: Airfield) -> Question:
        """With nothing in the record."""
        return Question(airfield, settings, ALWAYS, 0, False, {}, (), ())

    here = Here(lambda question, progress: ask_list(question, catalog, progress), open_listed, read_wanted, count,
                lambda *_: None)  # fmt: skip
    clock = time.perf_counter()
    for file, answer in look_ahead(files, ask, here):
        if file.airfield is not None:
            answer(file.airfield)
    wall = time.perf_counter() - clock
    return {"wall_s": wall, "searching_s": 0.0, "reading_s": wall, "rest_s": 0.0, "windows": windows}


def sweep_all(home: Path, items: Path, in_flight: int) -> dict[str, Any]:
    """What a first sweep took, by stages."""
    from datetime import UTC, datetime

    from imagery_watch.monitor.sweep import sweep
    from imagery_watch.settings import Settings

    stages, last = dict[str, float](), time.perf_counter()
    clock = last

    def note(stage: str, _done: int, _total: int) -> None:
        """The time since the last report is this stage's."""
        nonlocal last
        name, now = str(stage).split(" ", 1)[-1], time.perf_counter()
        starts_anew = name == "searching" and _done == 0  # what came before it was the airfield before
        stages["rest" if starts_anew else name] = stages.get("rest" if starts_anew else name, 0.0) + now - last
        last = now

    names = [path.stem for path in sorted((home / "aoi").iterdir())]
    report = sweep(names, Settings(home=home, in_flight=in_flight), catalog=str(items), since="2022-12-01",
                   now=datetime(2023, 1, 3, tzinfo=UTC), progress=note)  # fmt: skip
    failed = [one.reason for one in report.outcomes if one.state == "failed"]
    if failed:
        raise SystemExit(f"{len(failed)} airfields failed; first: {failed[0]}")
    wall = time.perf_counter() - clock
    known = {f"{name}_s": stages.get(name, 0.0) for name in ("searching", "reading")}
    return {"wall_s": wall, **known, "rest_s": wall - sum(known.values()), "windows": len(BANDS) * len(names)}


def be_child(what: str, home: Path, items: Path, in_flight: int) -> None:
    """Reads or sweeps in this process, and tells what it took as JSON."""
    import imagery_watch.sources.pixels.scenes
    import imagery_watch.sources.pixels.suspects  # noqa: F401  (loading a package is no part of reading)

    cpu = time.process_time()
    told = (sweep_all if what == "sweep" else read_all)(home, items, in_flight)
    told |= {"cpu_s": time.process_time() - cpu, "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    print(json.dumps(told))


def measure(chosen: argparse.Namespace, root: Path, folder: Path) -> None:
    """Both checkouts in turn, round by round."""
    profile, items = PROFILES[chosen.profile], folder / "items.json"
    checkouts = {"ours": ROOT} | ({"before": chosen.against.resolve()} if chosen.against else {})
    what, port = "sweep" if chosen.sweep else "read", find_port()
    write_items(items, f"http://127.0.0.1:{port}", chosen.tiles, many_tiles)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
    with serving(root, folder, port, profile) as path:
        for number in range(chosen.rounds):
            for name, checkout in checkouts.items():
                home, log = folder / f"{name}-{number}", Log(path)
                write_airfields(home, chosen.airfields, chosen.tiles, chosen.seed)
                asked = [__file__, "--child", what, str(home), str(items), str(chosen.in_flight or profile.in_flight)]
                done = run_python(sys.executable, asked, checkout, timeout_s=7200)
                if done.code:
                    raise SystemExit(f"{name}: {done.error[-2000:]}")
                found[name].append(json.loads(done.out.splitlines()[-1]) | log.count()._asdict())
    show(found, chosen)


def show(found: dict[str, list[dict[str, Any]]], chosen: argparse.Namespace) -> None:
    """Prints the table."""
    profile = PROFILES[chosen.profile]
    base = statistics.median(row["wall_s"] for row in next(iter(found.values())))
    rows = []
    for name, told in found.items():
        middle = {key: statistics.median(row[key] for row in told) for key in told[0]}
        floor = profile.find_floor(middle["requests"], middle["mb"], chosen.in_flight)
        wall, windows = show_span([row["wall_s"] for row in told], 1), max(middle["windows"], 1)
        rows.append([
            f"{chosen.airfields}, {name}", wall, show_times(middle["wall_s"], base),
            *(f"{middle[key]:.1f}" for key in ("searching_s", "reading_s", "rest_s", "cpu_s")),
            f"{middle['rss_mb']:.0f}", f"{middle['requests']:.0f} ({middle['requests'] / windows:.2f})",
            f"{middle['mb']:.0f}", f"{floor:.2f}", f"{middle['wall_s'] / floor:.2f}",
            f"{middle['reading_s'] / floor:.2f}", f"{middle['cpu_s'] / (os.cpu_count() or 1):.1f}",
            f"{middle['windows']:.0f}" + (f", {middle['failed']:.0f} answers failed" if middle["failed"] else ""),
        ])  # fmt: skip
    show_table(HEADS, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=[*PROFILES], default="mid")
    parser.add_argument("--airfields", type=int, default=500)
    parser.add_argument("--tiles", type=int, default=60)
    parser.add_argument("--in-flight", type=int, help="default: the profile's")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=500)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--archive", type=Path, help="kept, and used again where it is there")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        what, home, items, in_flight = chosen.child
        be_child(what, Path(home), Path(items), int(in_flight))
        return
    with tempfile.TemporaryDirectory(prefix="airfields-") as made:
        folder = Path(made)
        root = chosen.archive or folder / "archive"
        if not root.exists():
            write_archive(root, chosen.tiles, many_tiles)
        measure(chosen, root, folder)


if __name__ == "__main__":
    main()
