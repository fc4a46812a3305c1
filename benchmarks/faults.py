"""Readings among faults: `python benchmarks/faults.py --reads 100000 --seconds 1800`. SIMULATED faults, real crops.

Each reading meets one fault at random: a way to go wrong (`tests/support/fault_modes.py`), a form of the file, a
moment, a window. The server is a process of its own on this machine; the readings are those of the product, some dozens
at once. What comes of them is counted: right pixels, or a reason; anything else is a fault of ours, and the exit code
is 1.

Two things are told apart, for nobody can see them. Bits that turn over in a body of the right length: DEFLATE's own sum
is of a whole tile, of which a window often needs a part; LZW and JPEG 2000 have none. And a file that was replaced
between two readings is read as it is then.
"""

import argparse
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

from support.fault_modes import MODES, PHASES, SLOW  # noqa: E402
from support.fault_readings import CROPS, Outcome, View, read, write_files  # noqa: E402
from support.fault_server import FaultServer, serve_faults  # noqa: E402

from imagery_watch.settings import Settings  # noqa: E402
from imagery_watch.sources.network import pools  # noqa: E402

FORMS = ("cog", "wide", "jp2")
QUICK, PATIENT = Settings(timeout_s=0.3, retries=1), Settings(timeout_s=10.0, retries=1)
THREADS, PROCESSES, PART = 24, 2, 5000
"""Readings at once in a process, processes at once, and readings of one process."""
BAD = ("zeros", "stale", "wrong", "exception", "crash")
DEADLINE_S = 30.0


class Case(NamedTuple):
    """One reading, and the fault that it meets."""

    mode: str
    phase: str
    form: str
    letter: str
    view: View


class Tally(NamedTuple):
    """What came of readings."""

    counted: Counter[str]
    longest_s: float
    examples: list[str]
    """Of what should not be."""
    met: int
    """Readings in which the server misbehaved indeed."""
    canary: int


def draw(dice: random.Random) -> Case:
    """Any case."""
    height, width = next(iter(CROPS.values())).shape
    tall, wide = dice.randrange(2, height // 2) * 2, dice.randrange(2, width // 2) * 2
    top, left = dice.randrange(height - tall), dice.randrange(width - wide)
    view = View(slice(top, top + tall), slice(left, left + wide))
    return Case(dice.choice([*MODES]), dice.choice(PHASES), dice.choice(FORMS), dice.choice([*CROPS]), view)


def meet(server: FaultServer, case: Case) -> tuple[str, Outcome]:
    """What came of a case, and the name under which it counts."""
    key, settings = uuid.uuid4().hex, QUICK if case.mode in SLOW else PATIENT
    url = f"{server.url}/{case.mode}/{case.phase}/{key}/{case.letter}.{case.form}"
    if case.phase == "again":
        before = read(url, PATIENT, case.letter, case.view)
        if before.kind != "right":
            return f"{before.kind} before any fault", before
        server.arm(key)
    outcome = read(url, settings, case.letter, case.view)
    if case.mode == "bits" and outcome.kind in ("wrong", "stale", "zeros"):
        return "bits turned over, unseen", outcome
    if case.phase == "again" and case.mode.startswith("another_file") and outcome.kind == "stale":
        return "right, of the file that is there now", outcome
    if outcome.kind in ("failed", "refused"):
        return f"{outcome.kind}: {outcome.words}", outcome
    return outcome.kind, outcome


def run(seed: int, reads: int, seconds: float) -> Tally:
    """So many readings of one process, or as many as there is time for."""
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    pools.LONGEST_WAIT_S = 0.05
    dice, until = random.Random(seed), time.monotonic() + seconds
    counted, longest, examples = Counter[str](), 0.0, list[str]()
    with tempfile.TemporaryDirectory() as folder, serve_faults(write_files(Path(folder))) as server:

        def cases() -> Iterator[Case]:
            for _ in range(reads):
                if time.monotonic() > until:
                    return
                yield draw(dice)

        drawn = cases()
        with ThreadPoolExecutor(THREADS) as pool:
            while batch := list(islice(drawn, 100 * THREADS)):
                for case, (name, outcome) in zip(batch, pool.map(lambda one: meet(server, one), batch), strict=True):
                    counted[name] += 1
                    longest = max(longest, outcome.seconds)
                    if name.split()[0] in BAD and len(examples) < 20:
                        examples.append(f"{name}: {case} {outcome.words}")
        state = server.state()
    return Tally(counted, longest, examples, state.get("readings", 0), state.get("canary", 0))


def join(tallies: list[Tally]) -> Tally:
    """All together."""
    counted = sum((one.counted for one in tallies), Counter[str]())
    examples = [text for one in tallies for text in one.examples]
    longest = max(one.longest_s for one in tallies)
    return Tally(counted, longest, examples, sum(one.met for one in tallies), sum(one.canary for one in tallies))


def report(tally: Tally, took_s: float) -> bool:
    """Prints what was counted; whether all is as it should be."""
    total = tally.counted.total()
    for name, count in tally.counted.most_common():
        print(f"{count:8d}  {count / max(total, 1):6.2%}  {name}")
    print(f"{total:8d}  readings in {took_s:.0f} s, {total / took_s:.0f} a second; {tally.met} met their fault;"
          f" longest {tally.longest_s:.1f} s")  # fmt: skip
    bad = {kind: sum(n for name, n in tally.counted.items() if name.split()[0] == kind) for kind in BAD}
    print(
        "silent zeros {zeros}, stale {stale}, wrong {wrong}, other exceptions {exception}, crashes {crash}".format(
            **bad
        )
    )
    print(f"requests that followed a redirect: {tally.canary}")
    print(*tally.examples, sep="\n")
    return not any(bad.values()) and not tally.canary and tally.longest_s < DEADLINE_S


def run_apart(seed: int, reads: int, seconds: float) -> Tally:
    """The same in a process of its own: one that crashes is counted, and what it had read is lost."""
    command = [
        sys.executable,
        __file__,
        "--reads",
        str(reads),
        "--seconds",
        str(seconds),
        "--seed",
        str(seed),
        "--apart",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        name = f"crash of a process (code {done.returncode})"
        return Tally(Counter({name: 1}), 0.0, [f"{name}: seed {seed}, somewhere in {reads} readings"], 0, 0)
    counted, *rest = json.loads(done.stdout)
    return Tally(Counter(counted), *rest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart:
        print(json.dumps(run(options.seed, options.reads, options.seconds)))
        return
    began = time.monotonic()

    def run_part(number: int) -> Tally:
        left = options.seconds - (time.monotonic() - began)
        reads = min(PART, options.reads - PART * number)
        return run_apart(1000 * options.seed + number, reads, left) if left > 0 else Tally(Counter(), 0.0, [], 0, 0)

    with ThreadPoolExecutor(PROCESSES) as pool:
        tally = join([*pool.map(run_part, range(-(-options.reads // PART)))])
    sys.exit(0 if report(tally, time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
