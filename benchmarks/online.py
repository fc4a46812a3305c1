"""Simulated airfields lived pass by pass: `python benchmarks/online.py` prints what a watcher is told, and when.

Each world begins with ten passes of history; then one pass after another arrives, and the detector is asked what it
tells with nothing but the past at hand. What it found of a change in the very sweep in which that change's look was the
newest, one and two passes later and in the end, is one table; what was told late, or taken back, another.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from tallies import share
from underneath import lies_on
from worlds import CASES, SEED_STEP, Job, claims, in_season

from imagery_watch.change.detect import DetectionResult, detect
from imagery_watch.change.tracking.events import Standing
from imagery_watch.change.watch import Watch, add_look, begin_watch, tell_changes
from imagery_watch.evaluate.verdicts import Change, Claim, changes_in, judge
from imagery_watch.model import Scene
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.settings import Settings
from imagery_watch.simulate.simulator import SCL_CLOUD, SCL_SHADOW, Setting, World, build, grid

SEED = 800_000
PASSES, HISTORY = 30, 10
LATE = 2
"""Passes after the look in which a change could first be seen: what appears then or later is a late find."""
SAME_M = 30.0
"""Two claims of one kind, with brackets that overlap, are one hit where they lie no farther apart."""
SIZES = ((42.0, 200.0), (34.0, 42.0), (24.0, 34.0))
DELAYS = (0, 1, 2)
HALF_WINDOW = timedelta(days=Settings().baseline_half_window_days)


@dataclass(frozen=True)
class Step:
    """What was told when one pass was the newest."""

    newest: int
    claims: tuple[Claim, ...]
    km2: float
    """Apron that the newest pass saw."""
    promised: float
    """False hits per km2 and pass that the detector expected at its own threshold."""
    least: float
    """That threshold: weaker claims are told as open objects, likely true beside many sure changes."""
    wrong: dict[str, int]
    """What lies under the newest pass's false claims of at least that score, and how many on each."""
    wrong_open: dict[str, int]
    """The same of weaker ones."""
    seconds: float
    """CPU seconds of this step."""


@dataclass(frozen=True)
class Lived:
    """One world, and what was told of it step by step."""

    case: str
    changes: tuple[Change, ...]
    steps: tuple[Step, ...]


Watcher = Callable[[Sequence[Scene], World], DetectionResult]
"""Asked whenever a pass arrives, with all passes so far, the newest last."""


def ask_anew(scenes: Sequence[Scene], world: World) -> DetectionResult:
    """All passes so far judged again from nothing, as `run` does."""
    return detect(scenes, world.areas, grid(), DETECTOR, half_window=HALF_WINDOW)


class Keeper:
    """Judges every pass once, as `monitor` does."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.told: list[Standing] = []

    def __call__(self, scenes: Sequence[Scene], world: World) -> DetectionResult:
        """What is told now that the last of the scenes has come."""
        if self.watch is None:
            self.watch = begin_watch(scenes, world.areas, grid(), DETECTOR, half_window=HALF_WINDOW)
        else:
            self.watch = add_look(self.watch, scenes[-1], HALF_WINDOW)
        if self.watch is None:
            return ask_anew(scenes, world)
        budget = Settings().false_alarms_per_year
        found = tell_changes(self.watch, false_alarms_per_year=budget, standing=self.told)
        fits = [(one, one.parked.best.fit) for one in found.events]
        self.told = [Standing(one.kind, one.before, one.after, fit.row, fit.col) for one, fit in fits]
        return found


def live(job: Job, make_watcher: Callable[[], Watcher]) -> Lived:
    """One world, its passes arriving one by one after its history."""
    world, watcher, steps = build(setting(job)), make_watcher(), []
    changes = changes_in(world)
    for count in range(HISTORY, PASSES + 1):
        clock = time.process_time()
        told = watcher(world.scenes[:count], world)
        seconds = time.process_time() - clock
        rate, newest, found = told.calibration.false_alarms_per_km2(told.min_score), count - 1, claims(told)
        false = [claim for claim in judge(changes, found)[1] if claim.after == newest]
        wrong, openly = (
            dict(Counter(lies_on(claim, world) for claim in false if (claim.score >= told.min_score) == sure))
            for sure in (True, False)
        )
        km2 = seen_km2(world, newest)
        steps.append(Step(newest, tuple(found), km2, rate, float(told.min_score), wrong, openly, seconds))
    return Lived(job.case, tuple(changes), tuple(steps))


def setting(job: Job) -> Setting:
    """The setting of one world of 30 passes."""
    pavement, noise = CASES[job.case]
    return in_season(replace(Setting(job.seed, pavement, noise, traffic=job.traffic), passes=PASSES))


def seen_km2(world: World, number: int) -> float:
    """Apron that one pass saw."""
    scl = world.passes[number].scl[world.layout.apron_index >= 0]
    return float((~np.isin(scl, (SCL_CLOUD, SCL_SHADOW))).sum()) * 1e-4


def found_after(lived: Lived, sizes: tuple[float, float], delay: int | None) -> tuple[int, int]:
    """Of the changes that could be seen once the watch had begun: how many were told so many passes later (None: in
    the end), and how many there were.
    """
    told = {step.newest: step.claims for step in lived.steps}
    found = total = 0
    for change in lived.changes:
        when = PASSES - 1 if delay is None else change.after + delay
        if change.after >= HISTORY and when in told and sizes[0] <= change.length_m < sizes[1]:
            [verdict] = judge([change], told[when])[0]
            total += 1
            found += verdict.claim is not None
    return found, total


def false_on_newest(lived: Lived) -> tuple[int, int, float, float]:
    """False hits on the newest pass of each step: those told as aircraft, and as open objects; the km2 x pass looked
    at; and how many were promised, which is said of the first alone.
    """
    steps = lived.steps[1:]
    false, openly = (sum(sum(one.values()) for one in some) for some in _wrong_of(lived))
    return false, openly, sum(step.km2 for step in steps), sum(step.km2 * step.promised for step in steps)


def _wrong_of(lived: Lived) -> tuple[list[dict[str, int]], list[dict[str, int]]]:
    steps = lived.steps[1:]
    return [step.wrong for step in steps], [step.wrong_open for step in steps]


def changes_of_mind(lived: Lived) -> tuple[int, int]:
    """Hits that first appeared two or more passes late, and hits that vanished from one step to the next."""
    known, late, vanished = list(lived.steps[0].claims), 0, 0
    for step in lived.steps[1:]:
        fresh = [one for one in step.claims if not any(is_same(one, other) for other in known)]
        late += sum(step.newest - one.after >= LATE for one in fresh)
        vanished += sum(not any(is_same(one, other) for other in step.claims) for one in known)
        known = list(step.claims)
    return late, vanished


def is_same(one: Claim, other: Claim) -> bool:
    """Whether two claims are one hit, told twice."""
    near = np.hypot(one.row - other.row, one.col - other.col) * 10.0 <= SAME_M
    return bool(near) and one.kind == other.kind and one.before < other.after and other.before < one.after


def show(lived: Sequence[Lived]) -> str:
    """The tables of some worlds, as Markdown."""
    grounds = {case: [one for one in lived if one.case == case] for case in dict.fromkeys(one.case for one in lived)}
    heads = ["ground", "length", "told in its own sweep", "a pass later", "two passes later", "in the end"]
    rows = [_found_row(case, mine, sizes) for case, mine in grounds.items() for sizes in SIZES]
    more = ["ground", "false on the newest, per km2 and pass", "promised", "as open objects", "told late, a pass",
            "taken back, a pass", "CPU s of the first pass, and of the last"]  # fmt: skip
    found, mind = _table(heads, rows), _table(more, [_mind_row(name, mine) for name, mine in _kinds(grounds)])
    return "\n\n".join((found, mind, *(_say_wrong(name, mine) for name, mine in _kinds(grounds))))


def _kinds(grounds: dict[str, list[Lived]]) -> Iterator[tuple[str, list[Lived]]]:
    """The worlds of each ground, with traffic and without."""
    for case, lived in grounds.items():
        for traffic, name in ((True, "with traffic"), (False, "without")):
            if mine := [one for one in lived if bool(one.changes) == traffic]:
                yield f"{case}, {name}", mine


def _say_wrong(name: str, lived: Sequence[Lived]) -> str:
    """What lay under the false hits."""
    counts = [sum((Counter(one) for mine in lived for one in _wrong_of(mine)[at]), Counter()) for at in (0, 1)]
    told = [", ".join(f"{number} on {what}" for what, number in one.most_common()) or "none" for one in counts]
    return f"{name}: false as aircraft: {told[0]}; as open objects: {told[1]}"


def _found_row(case: str, lived: Sequence[Lived], sizes: tuple[float, float]) -> list[str]:
    pairs = [np.sum([found_after(one, sizes, delay) for one in lived], axis=0) for delay in (*DELAYS, None)]
    name = f"{sizes[0]:.0f} m and more" if sizes[1] > 100 else f"{sizes[0]:.0f}-{sizes[1]:.0f} m"
    return [case, name, *(f"{share(int(found), int(total))} of {total}" for found, total in pairs)]


def _mind_row(case: str, lived: Sequence[Lived]) -> list[str]:
    false, openly, km2, promised = np.sum([false_on_newest(one) for one in lived], axis=0)
    late, vanished = np.sum([changes_of_mind(one) for one in lived], axis=0)
    steps = sum(len(one.steps) - 1 for one in lived)
    first, last = (float(np.mean([one.steps[at].seconds for one in lived])) for at in (1, -1))
    return [
        case,
        f"{false / km2:.3f} ({false:.0f} in {km2:.1f})",
        f"{promised / km2:.3f}",
        f"{openly / km2:.3f} ({openly:.0f})",
        f"{late / steps:.2f} ({late:.0f})",
        f"{vanished / steps:.2f} ({vanished:.0f})",
        f"{first:.1f}, {last:.1f}",
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Lives the worlds and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=4, help="with traffic, of each ground")
    parser.add_argument("--nulls", type=int, default=1, help="without traffic, of each ground")
    parser.add_argument("--grounds", nargs="+", default=["concrete", "asphalt"], choices=list(CASES))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--anew", action="store_true", help="judge all passes again whenever one comes")
    parser.add_argument("--save", type=Path, help="the claims of every step, as JSON")
    asked = parser.parse_args()
    jobs = [
        Job(case, SEED + SEED_STEP * (number + 1000 * (not traffic)), traffic)
        for case in asked.grounds
        for traffic, count in ((True, asked.worlds), (False, asked.nulls))
        for number in range(count)
    ]
    with ProcessPoolExecutor(asked.processes) as pool:
        lived = list(pool.map(live_anew if asked.anew else live_kept, jobs))
    if asked.save:
        asked.save.write_text(json.dumps([asdict(one) for one in lived]))
    print(show(lived))


def live_anew(job: Job) -> Lived:
    """One world, judged again from nothing at every pass."""
    return live(job, lambda: ask_anew)


def live_kept(job: Job) -> Lived:
    """One world, every pass judged once."""
    return live(job, Keeper)


if __name__ == "__main__":
    main()
