"""How often simulated aircraft are found, and how often nothing is taken for one. Simulated figures: see `airfield.py`.

python benchmarks/accuracy.py --stacks 6
"""

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from importlib.metadata import version
from itertools import repeat
from typing import NamedTuple

import airfield
import numpy as np

from imagery_watch.change.detect import Detection, detect
from imagery_watch.change.hits import Event
from imagery_watch.evaluate.aircraft import TYPES
from imagery_watch.settings import Settings

SIZES = {
    "<= 22 m (F-16, Su-30)": ("F-16", "Su-30"),
    "24-34 m (An-26, E175)": ("An-26", "E175"),
    "34-42 m (A320, 737)": ("A320", "B737-800"),
    ">= 42 m (Il-62M, Il-76, 777, An-124)": ("Il-62M", "Il-76", "B777-200", "An-124"),
}
CASES = {
    "concrete, 1.2 % noise": ("concrete", 0.012, False),
    "concrete, 2 % noise": ("concrete", 0.02, False),
    "asphalt, 1.2 % noise": ("asphalt", 0.012, False),
    "concrete, 1.2 % noise, broken cloud": ("concrete", 0.012, True),
}


class Found(NamedTuple):
    """One planted change and what was found of it."""

    aircraft: str
    found: bool
    bracket: bool
    length: float
    """Measured over true."""
    off_m: float


class Tally(NamedTuple):
    """One stack."""

    found: list[Found]
    false: int
    km2: float
    """Visible apron, summed over passes."""


def main() -> None:
    """Prints one table a case: Pd with its 95 % Wilson interval, brackets, lengths, false alarms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stacks", type=int, default=6, help="stacks of 20 passes for each case, and as many nulls")
    stacks = parser.parse_args().stacks
    print(
        f"imagery-watch {version('imagery-watch')}, numpy {np.__version__}; SIMULATED; score >= {Settings().min_score}"
    )
    with ProcessPoolExecutor(2) as pool:
        for name, setting in CASES.items():
            planted = list(pool.map(planted_stack, range(stacks), repeat(setting)))
            nulls = list(pool.map(null_stack, range(500, 500 + stacks), repeat(setting)))
            print(f"\n{name}")
            for line in [*_rows(planted), *_false_rows(planted, nulls)]:
                print("  " + line)


def planted_stack(seed: int, setting: tuple[str, float, bool]) -> Tally:
    """Nine aircraft of all sizes come and go on a cluttered apron."""
    types = tuple(name for names in SIZES.values() for name in names)
    stays = airfield.random_stays(7000 + seed, types, 20)
    case = airfield.Case(seed, *setting[:2], stays=stays, clouds=setting[2])
    detection = _detect(case)
    left = list(detection.events)
    found = [_match(detection, left, *change) for change in _changes(detection, stays)]
    return Tally(found, len(left), _visible_km2(detection))


def null_stack(seed: int, setting: tuple[str, float, bool]) -> Tally:
    """The same without aircraft: every hit is false."""
    detection = _detect(airfield.Case(seed, *setting[:2], clouds=setting[2]))
    return Tally([], len(detection.events), _visible_km2(detection))


def _detect(case: airfield.Case) -> Detection:
    settings = Settings()
    return detect(
        airfield.scenes(case),
        airfield.areas(),
        airfield.grid(),
        half_window=timedelta(days=settings.baseline_half_window_days),
        min_score=settings.min_score,
    )


def _visible_km2(detection: Detection) -> float:
    apron = detection.stack.apron_index >= 0
    return sum(float(item.visible[apron].sum()) for item in detection.stack.passes) * 1e-4


def _changes(detection: Detection, stays: tuple[airfield.Stay, ...]) -> Iterator[tuple[airfield.Stay, str, int, int]]:
    """Planted changes between the looks in which their place was visible; those no look could tell are left out."""
    top, left = detection.stack.top, detection.stack.left
    for stay in stays:
        pixel = round(stay.place.row) - top, round(stay.place.col) - left
        seen = [index for index, item in enumerate(detection.stack.passes) if item.visible[pixel]]
        before, during, after = (
            [i for i in seen if i < stay.first],
            [i for i in seen if stay.first <= i < stay.gone],
            [i for i in seen if i >= stay.gone],
        )
        if before and during:
            yield stay, "arrival", before[-1], during[0]
        if during and after:
            yield stay, "departure", during[-1], after[0]


def _match(detection: Detection, left: list[Event], stay: airfield.Stay, kind: str, before: int, after: int) -> Found:
    length = TYPES[stay.place.aircraft].length
    for event in left:
        fit = event.track.sighting.fit
        off = math.hypot(
            fit.row + detection.stack.top - stay.place.row, fit.col + detection.stack.left - stay.place.col
        )
        if event.kind == kind and off < 3 and event.before < after and before < event.after:
            left.remove(event)
            same = (event.before, event.after) == (before, after)
            return Found(stay.place.aircraft, True, same, fit.length_m / length, off * 10)
    return Found(stay.place.aircraft, False, False, math.nan, math.nan)


def _rows(tallies: list[Tally]) -> Iterator[str]:
    by_type = defaultdict(list)
    for tally in tallies:
        for found in tally.found:
            by_type[found.aircraft].append(found)
    for size, names in SIZES.items():
        changes = [found for name in names for found in by_type[name]]
        hits = [found for found in changes if found.found]
        if not changes:
            continue
        low, high = wilson(len(hits), len(changes))
        line = f"{size:38} Pd {len(hits) / len(changes):.2f} ({low:.2f}-{high:.2f}) of {len(changes):3}"
        if hits:
            brackets = sum(found.bracket for found in hits) / len(hits)
            error = math.sqrt(sum((found.length - 1) ** 2 for found in hits) / len(hits))
            place = math.sqrt(sum(found.off_m**2 for found in hits) / len(hits))
            line += f" | bracket right {brackets:.2f} | length off {error:.0%} rms | place off {place:.0f} m rms"
        yield line


def _false_rows(planted: list[Tally], nulls: list[Tally]) -> Iterator[str]:
    for name, tallies in (("with aircraft", planted), ("without aircraft", nulls)):
        false, km2 = sum(tally.false for tally in tallies), sum(tally.km2 for tally in tallies)
        yield f"false hits {name}: {false} in {km2:.0f} km2 x pass = {false / km2:.3f} per km2 and pass"


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % Wilson interval of a proportion (Wilson, JASA 22 (1927) 209-212)."""
    z, share = 1.96, hits / total
    middle = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return max(0.0, middle - half), min(1.0, middle + half)


if __name__ == "__main__":
    main()
