"""How fast an airfield's pixels come from far away: ours beside its peers, in one interleaved run. SIMULATED imagery.

python benchmarks/acquisition.py                       60 scenes x 5 bands, mid (50 ms to the first byte), 32 in flight
python benchmarks/acquisition.py --profile far         150 ms, 64 in flight
python benchmarks/acquisition.py --one-scene           a daily check: 1 scene, the interpreter's start included
python benchmarks/acquisition.py --aois 50             bytes and requests of ours at random places, cold and known
python benchmarks/acquisition.py --peers-python PATH   an interpreter that has odc-stac, async-tiff and obstore
python benchmarks/acquisition.py --against CHECKOUT    ours of another checkout as one way more, `before`

It builds an archive (acquisition_archive.py, below 1 GB), starts nginx, which answers as a far object store does
(acquisition_server.py), runs every way in turn in a process of its own, and prints medians. Requests and bytes are the
server's own count. All ways must give the same pixels.

*Floor* is the least time in which what a way asked for can come: K + requests / C x L + bytes / (C x R), where K is
what a connection costs, L a wait, R a connection's rate and C the requests at once. *CPU floor*: its CPU seconds over
the cores. *To ours*: how many times ours. *Wall* is of the reading alone; *process* has the interpreter's start and
imports, too.

To be kept in mind: ours is the whole line from a survey to scenes (checks, reflectance, digests, chips written to disk)
with the import of whatever it loads when the first file is opened, the others read alone, and only windows inside one
tile of 1024 pixels are compared. Server and client share the cores. A peer that dies of a signal is run again,
which the table says. Classes of an archive that was kept from before they were patches fit into a file's
first 8 kB, which spares ours a request in ten.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acquisition_archive import write_archive, write_items
from acquisition_places import measure_places
from acquisition_server import PROFILES, ROOT, Log, Profile, find_port, run_python, serving
from table import show_span, show_table, show_times

SCRIPT = Path(__file__).resolve().parent / "acquisition_peers.py"
MOST_TRIES = 5
"""async-tiff, when it ends, dies of a signal once in a few runs."""
HEADS = ("way", "wall s (least-most)", "to ours", "CPU s", "to ours", "RSS MB", "requests", "conns", "MB", "floor s",
         "wall / floor", "CPU floor s", "process s (least-most)", "to ours", "pixels", "")  # fmt: skip


@dataclass
class Way:
    """One way of reading, and what came of each round."""

    name: str
    python: str
    checkout: Path | None = None
    """Of ours; others import no package of this project."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self, items: Path, in_flight: int, path: Path) -> None:
        """One round; a peer that dies of a signal is run again."""
        if "not installed" in self.notes:
            return
        way = "ours" if self.checkout else self.name
        for _ in range(MOST_TRIES):
            log = Log(path)
            done = run_python(self.python, [str(SCRIPT), way, str(items), str(in_flight)], self.checkout)
            if done.code == 0:
                served = log.count()
                self.rows.append(json.loads(done.out) | served._asdict() | {"process_s": done.seconds})
                return
            if self.checkout is None and "ModuleNotFoundError" in done.error:
                self.notes.append("not installed")
                return
            if self.checkout or done.code > 0:
                raise SystemExit(f"{self.name}: {done.error[-2000:]}")
            self.notes.append(f"died of signal {-done.code}, run again")
        raise SystemExit(f"{self.name} died {MOST_TRIES} times")

    def middle(self, name: str) -> float:
        """The median of a figure."""
        return statistics.median(row[name] for row in self.rows)


def compare(ways: Sequence[Way], root: Path, folder: Path, chosen: argparse.Namespace) -> int:
    """All ways in turn, round by round; 1 where the pixels differ."""
    profile, items = PROFILES[chosen.profile], folder / "items.json"
    in_flight = chosen.in_flight or profile.in_flight
    write_items(items, f"http://127.0.0.1:{chosen.port}", chosen.scenes)
    with serving(root, folder, chosen.port, profile) as log:
        for _ in range(chosen.rounds):
            for way in ways:
                way.run(items, in_flight, log)
    show_table(HEADS, (show_way(way, ways[0], profile, in_flight) for way in ways if way.rows))
    for way in ways:
        if not way.rows:
            print(f"{way.name}: {', '.join(way.notes)}")
    return 0 if len({row["sha256"] for way in ways for row in way.rows}) == 1 else 1


def show_way(way: Way, ours: Way, profile: Profile, in_flight: int) -> list[str]:
    """A row of the table."""
    wall, cpu, process = (way.middle(name) for name in ("wall_s", "cpu_s", "process_s"))
    base = {name: ours.middle(name) if ours.rows else None for name in ("wall_s", "cpu_s", "process_s")}
    floor = profile.find_floor(way.middle("requests"), way.middle("mb"), in_flight)
    notes = [*dict.fromkeys(way.notes)] + (["answers failed"] if any(row["failed"] for row in way.rows) else [])
    return [
        way.name, show_span([row["wall_s"] for row in way.rows]), show_times(wall, base["wall_s"]),
        f"{cpu:.2f}", show_times(cpu, base["cpu_s"]), f"{way.middle('rss_mb'):.0f}",
        f"{way.middle('requests'):.0f} ({way.middle('requests') / way.rows[0]['windows']:.2f} an asset)",
        f"{way.middle('connections'):.0f}", f"{way.middle('mb'):.1f}", f"{floor:.2f}", f"{wall / floor:.2f}",
        f"{cpu / (os.cpu_count() or 1):.2f}", show_span([row["process_s"] for row in way.rows]),
        show_times(process, base["process_s"]), f"{way.rows[0]['sha256'][:8]} x {way.rows[0]['windows']}",
        "; ".join(notes),
    ]  # fmt: skip


def list_ways(chosen: argparse.Namespace) -> list[Way]:
    """Ours first, for the others are compared with it."""
    named = [name for name in chosen.ways.split(",") if name != "ours"]
    ways = [Way("ours", sys.executable, ROOT)]
    ways += [Way("before", sys.executable, chosen.against.resolve())] if chosen.against else []
    return ways + [Way(name, chosen.peers_python) for name in named]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; one scene means other defaults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=[*PROFILES], default="mid")
    parser.add_argument("--scenes", type=int)
    parser.add_argument("--in-flight", type=int, help="default: the profile's")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--port", type=int, default=find_port(), help="default: a free one")
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--ways", default="ours,rasterio,odc,async-tiff,odc-defaults")
    parser.add_argument("--archive", type=Path, help="kept, and used again where it is there")
    parser.add_argument("--one-scene", action="store_true")
    parser.add_argument("--aois", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=50)
    chosen = parser.parse_args(arguments)
    chosen.scenes = chosen.scenes or (1 if chosen.one_scene else 60)
    chosen.rounds = chosen.rounds or (7 if chosen.one_scene else 3)
    chosen.in_flight = chosen.in_flight or (5 if chosen.one_scene else None)
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where the ways do not give the same pixels."""
    chosen = parse(arguments)
    with tempfile.TemporaryDirectory(prefix="acquisition-") as made:
        folder = Path(made)
        root = chosen.archive or folder / "archive"
        if chosen.aois:
            return measure_places(root, folder, chosen.aois, chosen.seed, chosen.port)
        if not root.exists():
            write_archive(root, chosen.scenes)
        return compare(list_ways(chosen), root, folder, chosen)


if __name__ == "__main__":
    sys.exit(main())
