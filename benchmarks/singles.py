"""One aircraft, one look: how many are found, by type, on the plain second simulator of `flat`. SIMULATED.

The same on real ground, where the ground alone is real and too little for a rate of false alarms of its own.

python benchmarks/singles.py                       some 10 minutes on 2 cores
python benchmarks/singles.py --worlds 1            of each kind and ground, a third of that
python benchmarks/singles.py --json claims.json    keeps the claims;  --from claims.json  prints their tables
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import flat
from accuracy import run
from accuracy_tables import versions
from tallies import (
    ByDefault,
    Threshold,
    area,
    errors,
    found,
    nulls,
    promised,
    rows_noticed,
    share,
    threshold,
    told,
    with_traffic,
)
from worlds import Job, Told, Watched, load, save, witness

from imagery_watch.simulate.aircraft import TYPES

WORLDS, REAL_WORLDS = 3, 10
"""Of each kind, for each drawn ground; and of traffic for each of those on the real one, which is small."""
SEEDS = {"traffic": 810_000, "null": 820_000}
RATE = 0.1
"""False alarms per km2 of visible apron and pass."""
LOOKS = {1: "one look", 3: "three looks"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Watches the worlds, or reads those kept, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=WORLDS, help=f"of each kind and ground (default {WORLDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keeps all claims")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="tables of claims that were kept")
    chosen = parser.parse_args(arguments)
    watched = load(chosen.source) if chosen.source else run(jobs(chosen.worlds), look=watch)
    if chosen.json:
        save(watched, chosen.json)
    print("\n".join(report(watched)))


def jobs(worlds: int) -> list[Job]:
    """The same stories on each ground."""
    drawn = [
        Job(case, seed + number, kind == "traffic")
        for case in flat.CASES
        for kind, seed in SEEDS.items()
        for number in range(worlds)
    ]
    return drawn + [Job(flat.REAL, SEEDS["traffic"] + number, True) for number in range(worlds * REAL_WORLDS)]


def watch(job: Job) -> Watched:
    """One world as `worlds.witness` tells it."""
    return witness(job, lambda: flat.build(job.case, job.seed, traffic=job.traffic), flat.grid_of(job.case))


def report(watched: Sequence[Watched]) -> Iterator[str]:
    """All tables, headings and blank lines between them."""
    yield f"SIMULATED, and plainer than any airfield: see benchmarks/flat.py. {versions()}"
    yield "Pd: share of changes found; an aircraft's two are not independent, the 95 % intervals too narrow by that."
    yield "* all claims made, where they are too few for the rate."
    for case in flat.CASES:
        here = [one for one in watched if one.job.case == case]
        if here:
            yield from ("", f"{case}, {suns(here)}", "")
            yield from ("  " + line for line in (*found_of(here, threshold(here, RATE)), *false_alarms(here)))
    real = [one for one in watched if one.job.case == flat.REAL]
    if real:
        alike = [one for one in watched if one.job.case == next(iter(flat.CASES))]
        yield from ("", f"{flat.REAL}, {suns(real)}: found above the score of the first table", "")
        yield from ("  " + line for line in (*found_of(real, threshold(alike, RATE)), *beside(real)))


def suns(here: Sequence[Watched]) -> str:
    """`sun at 30, 40 degrees`."""
    return f"sun at {', '.join(f'{sun:.0f}' for sun in sorted({one.sun for one in here}))} degrees"


def found_of(here: Sequence[Watched], at: Threshold) -> Iterator[str]:
    """Of each type and story: the shares found, and how well they were measured."""
    seen = with_traffic(here)
    changes = told(seen)
    limit = f"at 0.1, > {at.score:.2f}{at.mark}"
    yield f"{'':32}{'n':>4}  {limit:19}{'by default':19}  kind  place  length  heading"
    for name, looks in (*((name, 1) for name in flat.SINGLES), *((name, 3) for name in flat.LONGER)):
        some = [one for one in changes if _is(one, name) and one.change.looks == looks]
        yield from _line(f"{name} ({TYPES[name].length:.0f} m), {LOOKS[looks]}", some, at)
    for kind in ("arrival", "replacement", "departure"):
        some = [one for one in changes if one.stand == "replaced" and one.change.kind == kind]
        yield from _line(f"stand taken twice, {kind}", some, at)
    yield from _line("row of four Su-30, members", [one for one in changes if one.stand == "row"], at)
    hits, rows = rows_noticed(seen, at)
    if rows:
        yield f"{'row of four, any of them':32}{rows:4}  {share(hits, rows)}"


def _is(one: Told, name: str) -> bool:
    return one.stand == "alone" and one.change.aircraft == name


def _line(name: str, changes: Sequence[Told], at: Threshold) -> Iterator[str]:
    if not changes:
        return
    hits, count = [one for one in changes if at.finds(one)], len(changes)
    shares = (share(len(hits), count), share(found(changes, ByDefault()), count))
    line = f"{name:32}{count:4}  " + "".join(f"{cell:19}" for cell in shares)
    if hits:
        off = errors(hits)
        right = sum(one.claim is not None and one.claim.kind == one.change.kind for one in hits) / len(hits)
        line += f"  {right:.2f}{off.place_m:5.1f} m{off.length:8.0%}{off.heading_deg:5.0f} deg"
    yield line.rstrip()


def false_alarms(here: Sequence[Watched]) -> Iterator[str]:
    """What came beside what was promised."""
    without = nulls(here)
    yield from ("", _by_default("without traffic", without), *beside(with_traffic(here)))
    for rate in (0.3, 0.1, 0.03):
        count, expected = promised(without, rate)
        yield f"promised {rate:g} or rarer, without traffic: {count} false, {expected:.1f} promised"
    passes, seconds = sum(one.passes for one in here), sum(one.seconds["detection"] for one in here)
    yield f"{seconds / passes:.2f} CPU seconds a pass of {area(here) / passes:.1f} km2 of apron"


def beside(some: Sequence[Watched]) -> Iterator[str]:
    """The same beside traffic, where no rate could be measured."""
    yield _by_default("beside traffic", some)


def _by_default(name: str, some: Sequence[Watched]) -> str:
    count, km2 = sum(wrong.reported for one in some for wrong in one.wrong), area(some)
    expected = sum(one.promise.rate * one.km2 for one in some)
    return f"reported by default {name}: {count} false in {km2:.0f} km2 x pass, {expected:.1f} promised"


if __name__ == "__main__":
    main()
