"""What a new pass costs a watch, against judging all passes anew: `python benchmarks/watch_cost.py [30 60 240]`.

For each length of history, one simulated airfield of 9 km2 is judged whole, kept and loaded again; then one pass comes.
CPU seconds of this process, one thread; bytes as they lie on the disk. Reading from a catalogue is not counted.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from worlds import in_season

from imagery_watch.change.detect import DetectionResult
from imagery_watch.change.watch import Watch, add_look, begin_watch, tell_changes
from imagery_watch.model import Scene
from imagery_watch.monitor.keeping.watch import Place, load_watch, save_watch
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.settings import Settings
from imagery_watch.simulate.simulator import Setting, World, build, grid

SEED = 810_000
KEY = "a benchmark"
HALF_WINDOW = timedelta(days=Settings().baseline_half_window_days)


def measure(passes: int) -> list[str]:
    """One row of the table: a history of so many passes, and one that comes."""
    # a long story is told at one latitude where the sun is high all the year
    made = Setting(SEED, "concrete", 0.012)
    made = replace(made, latitude=15.0) if passes > 40 else in_season(made)
    world = build(replace(made, passes=passes + 1))
    place = Place(world.areas, grid(), DETECTOR)
    with TemporaryDirectory() as folder:
        start = time.process_time()
        begun = begin(world, world.scenes[:-1])
        tell(begun)
        whole = time.process_time() - start
        save_watch(begun, {}, Path(folder), KEY)
        del begun
        start = time.process_time()
        kept = load_watch(Path(folder), KEY, place)
        assert kept is not None
        watch = add_look(kept.watch, world.scenes[-1], HALF_WINDOW)
        told = tell(watch)
        save_watch(watch, {}, Path(folder), KEY)
        one = time.process_time() - start
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    apron = float((world.layout.apron_index >= 0).sum()) * 1e-4
    return [str(passes), f"{apron:.2f}", f"{whole:.1f}", f"{one:.1f}", f"{whole / one:.0f}", f"{len(told.events)}",
            f"{size / (passes + 1) / 1e6:.2f}"]  # fmt: skip


def begin(world: World, scenes: Sequence[Scene]) -> Watch:
    """The watch over a history."""
    watch = begin_watch(scenes, world.areas, grid(), DETECTOR, half_window=HALF_WINDOW)
    assert watch is not None
    return watch


def tell(watch: Watch) -> DetectionResult:
    """What it tells, as `monitor` asks."""
    return tell_changes(watch, false_alarms_per_year=Settings().false_alarms_per_year)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passes", nargs="*", type=int, default=[30, 60, 240])
    heads = ["passes before", "apron, km2", "all judged, CPU s", "one more, CPU s", "times", "events", "MB kept a pass"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for passes in parser.parse_args().passes:
        print(f"| {' | '.join(measure(passes))} |", flush=True)


if __name__ == "__main__":
    main()
