"""What the detector makes of harder years: snow on the aprons, several orbits, few or cloudy passes, poor registration.

One thing is made harder at a time, on concrete with 1.2 % noise, on the same airfields; the first rows are these as
they are. SIMULATED.

python benchmarks/hardships.py                       some 12 minutes on 2 cores
python benchmarks/hardships.py --json claims.json    keeps the claims;  --from claims.json  prints their table
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from accuracy import run
from accuracy_tables import realised, same_bracket, versions
from tallies import ByDefault, alone, area, found, nulls, share, told, with_traffic
from worlds import CASES, SEED_STEP, Job, Told, Watched, in_season, load, save, witness

from imagery_watch.simulate.simulator import Setting, build

GROUND = "concrete"
WORLDS = 3
SEEDS = {"traffic": 730_000, "null": 930_000}
HARDSHIPS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "snow cleared twice": {"snowfalls": 2},
    "two orbits in turn": {"orbits": (65, 108), "every_days": 3},
    "three orbits in turn": {"orbits": (65, 108, 22), "every_days": 3},
    "eight passes": {"passes": 8},
    "clouds on 4 of 10": {"cloudy": 0.4},
    "0.5 px off, each axis": {"misregistration_px": 0.5},
}
"""What differs from the setting of the accuracy benchmark. With 16 passes, each of two orbits has a ground of its own,
and three do not."""
SIZES = (">= 42 m", "34-42 m", "24-34 m", "22 m")


def main(arguments: Sequence[str] | None = None) -> None:
    """Watches the worlds, or reads those kept, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=WORLDS, help=f"of each kind and hardship (default {WORLDS})")
    parser.add_argument("--only", nargs="+", choices=HARDSHIPS, default=list(HARDSHIPS), metavar="HARDSHIP")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keeps all claims")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="the table of claims that were kept")
    chosen = parser.parse_args(arguments)
    watched = load(chosen.source) if chosen.source else run(jobs(chosen.only, chosen.worlds), look=watch)
    if chosen.json:
        save(watched, chosen.json)
    print("\n".join(report(watched)))


def jobs(hardships: Sequence[str], worlds: int) -> list[Job]:
    """The same airfields under each hardship."""
    return [
        Job(name, seed + SEED_STEP * number, kind == "traffic")
        for name in hardships
        for kind, seed in SEEDS.items()
        for number in range(worlds)
    ]


def setting(job: Job) -> Setting:
    """The world's setting: as in the accuracy benchmark but for its hardship."""
    pavement, noise = CASES[GROUND]
    return in_season(Setting(job.seed, pavement, noise, traffic=job.traffic, **HARDSHIPS[job.case]))


def watch(job: Job) -> Watched:
    """One world as `worlds.witness` tells it."""
    return witness(job, lambda: build(setting(job)))


def report(watched: Sequence[Watched]) -> Iterator[str]:
    """The table: what a run reports when nobody sets anything."""
    yield f"SIMULATED. {versions()}"
    yield "Share found of what a run reports by default (one aircraft on a stand of its own), 95 % Wilson interval."
    for name in HARDSHIPS:
        here = [one for one in watched if one.job.case == name]
        if here:
            yield from ("", name, *("  " + line for line in (*_found(here), *_false(here))))


def _found(here: Sequence[Watched]) -> Iterator[str]:
    for size in SIZES:
        some = told(with_traffic(here), alone(size))
        hits = [one for one in some if ByDefault().finds(one)]
        right = f"kind and bracket right {share(sum(map(_right, hits)), len(hits))}" if hits else ""
        yield f"{size:8}{len(some):5}  {share(found(some, ByDefault()), len(some)):18}{right}".rstrip()


def _right(one: Told) -> bool:
    return one.claim is not None and one.claim.kind == one.change.kind and same_bracket(one)


def _false(here: Sequence[Watched]) -> Iterator[str]:
    for name, some in (("without traffic", nulls(here)), ("beside traffic", with_traffic(here))):
        wrong = [wrong for one in some for wrong in one.wrong if wrong.reported]
        expected = sum(one.promise.rate * one.km2 for one in some)
        on = sorted({one.on for one in wrong})
        lying = ", ".join(f"{kind} {sum(one.on == kind for one in wrong)}" for kind in on)
        if some:
            yield f"false {name}: {realised(len(wrong), expected, area(some))}" + (f"; on {lying}" if on else "")


if __name__ == "__main__":
    main()
