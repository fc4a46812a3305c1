"""How many simulated aircraft are found and how often nothing is taken for one, beside five other methods. SIMULATED.

python benchmarks/accuracy.py                       everything, under 20 minutes on 2 cores
python benchmarks/accuracy.py --short               a few worlds on concrete, under 3 minutes
python benchmarks/accuracy.py --cross               four times the worlds, sun by cloud: an hour
python benchmarks/accuracy.py --json claims.json    the same, and keeps the claims
python benchmarks/accuracy.py --from claims.json    the tables of kept claims, at once
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from accuracy_tables import report
from worlds import CASES, SEEDS, SHORT_SEEDS, Job, Watched, jobs, load, save, watch

WORLDS, NULLS = 10, 11
"""For each ground: at some 25 CPU seconds a world, with simulation and peers, 12 to 16 minutes on two cores."""
SHORT_WORLDS, SHORT_NULLS = 2, 2
CROSS = 4
"""Times as many worlds for a table of sun by cloud."""
PROCESSES = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Watches the worlds, or reads those kept, and prints the tables."""
    chosen = _parser().parse_args(arguments)
    watched = load(chosen.source) if chosen.source else run(_jobs(chosen))
    if chosen.json:
        save(watched, chosen.json)
    print("\n".join(report(watched, cross=chosen.cross)))
    if chosen.roc:
        # Only who wants the picture needs matplotlib.
        from roc import draw

        draw(watched, chosen.roc)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, help=f"worlds with traffic, for each ground (default {WORLDS})")
    parser.add_argument("--nulls", type=int, help=f"worlds without traffic, for each ground (default {NULLS})")
    parser.add_argument("--grounds", nargs="+", choices=CASES, help="default: all")
    parser.add_argument("--short", action="store_true", help="two worlds of each kind on concrete, their seeds apart")
    parser.add_argument("--cross", action="store_true", help="more worlds, and a table of sun by cloud")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keeps all claims")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="tables of claims that were kept")
    parser.add_argument("--roc", type=Path, metavar="FILE.png", help="draws found against false (needs matplotlib)")
    return parser


def _jobs(chosen: argparse.Namespace) -> list[Job]:
    worlds, nulls, grounds = (SHORT_WORLDS, SHORT_NULLS, ["concrete"]) if chosen.short else (WORLDS, NULLS, list(CASES))
    if chosen.cross:
        worlds, nulls = CROSS * worlds, CROSS * nulls
    return jobs(
        chosen.grounds or grounds,
        worlds if chosen.worlds is None else chosen.worlds,
        nulls if chosen.nulls is None else chosen.nulls,
        SHORT_SEEDS if chosen.short else SEEDS,
    )


def run(wanted: Sequence[Job], processes: int = PROCESSES, look: Callable[[Job], Watched] = watch) -> list[Watched]:
    """The worlds, watched by some processes, in the order of the jobs; one line a world goes to standard error."""
    # Threads of BLAS in one process would only be in the way of the other; new processes read this, forked ones do not.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(look, job) for job in wanted]
        for count, done in enumerate(as_completed(waiting), 1):
            job = done.result().job
            kind = "traffic" if job.traffic else "null"
            print(f"{count} of {len(wanted)}: {job.case}, {kind}, seed {job.seed}", file=sys.stderr)
    return [one.result() for one in waiting]


if __name__ == "__main__":
    main()
