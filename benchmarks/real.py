"""The detector on real and half-real input: `python benchmarks/real.py --data FOLDER` prints one table.

The imagery may not be redistributed with this project, or is too large; benchmarks/REAL_DATA.md says what it is, whose,
and how to get it. What FOLDER does not hold is left out of the table, and said so. `--fetch` gets, where there is a
network, twelve passes of June 2022 over Bolzano from the openEO samples and runs on them.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from real_inputs import add_noise, fetch_bolzano
from shapely import transform
from shapely.geometry import Point, shape

from imagery_watch.evaluate.verdicts import wilson
from imagery_watch.model import Hit, RunResult
from imagery_watch.pipeline import run_airfield
from imagery_watch.settings import Settings
from imagery_watch.sources.airfields.geojson import read_airfield

SIZES = ((42.0, ">= 42 m"), (34.0, "34-42 m"), (24.0, "24-34 m"), (0.0, "< 24 m"))
SWAPPED_M, SWAPPED_SHARE = 25.0, 0.15
"""A labelled aircraft has another one in its place where the middles are so near, or the boxes overlap by so much."""
BESIDE_SWAPPED_M = 30.0
"""So near to a stand on which one aircraft took the place of another, a hit is neither right nor wrong."""
GENOA_NOISE = (0.003, 0.006, 0.010)
"""Reflectance, one sigma, of the passes from which the aircraft were painted out, and of the one that shows them."""
GENOA_REACH_M = 25.0
LOOKED = ("change", "no_change")


@dataclass(frozen=True)
class Labelled:
    """One labelled aircraft that came or left, and the hit that told of it."""

    length_m: float
    limit_m: float | None
    """What its look promised."""
    hit: Hit | None


@dataclass(frozen=True)
class Site:
    """One airport, judged."""

    name: str
    km2: float
    """Of apron, over pairs of looks."""
    looked: bool
    changes: tuple[Labelled, ...]
    false: tuple[Hit, ...]


def run_folder(folder: Path, aoi: str = "aoi.geojson", *, plantings: int = 0) -> RunResult:
    """What a run by default finds in a folder of items."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), limit_plantings=plantings)
        airfield = read_airfield(folder / aoi)
        now = datetime.now(UTC)
        return run_airfield(airfield, str(folder / "items.json"), settings, since=None, until=None, now=now)


def judge_site(folder: Path, plantings: int) -> Site:
    """One folder with `truth.json`: boxes of aircraft by day, in metres of the site's CRS."""
    from pyproj import Transformer

    result = run_folder(folder, plantings=plantings)
    epsg = json.loads((folder / "site.json").read_text())["epsg"]
    to = Transformer.from_crs(4326, epsg, always_xy=True).transform
    truth = json.loads((folder / "truth.json").read_text())
    free, changes, swapped, km2 = list(result.hits), list[Labelled](), list[tuple[Point, str, str]](), 0.0
    for apron in result.airfield.aprons:
        outline = transform(shape(apron.geometry), lambda xy: np.column_stack(to(xy[:, 0], xy[:, 1]))).buffer(0)
        looks = sorted((look for look in result.looks if look.apron == apron.name), key=lambda look: look.datetime)
        looks = [look for look in looks if look.result in LOOKED]
        for one, other in pairwise(looks):
            km2 += outline.area / 1e6
            days = (one.datetime.date().isoformat(), other.datetime.date().isoformat())
            for kind, day, box, alone in list_changes(truth[days[0]], truth[days[1]], days):
                middle = Point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                if not outline.contains(middle):
                    continue
                if not alone:
                    swapped.append((middle, *days))
                    continue
                length = max(box[2] - box[0], box[3] - box[1])
                look = other if kind == "arrival" else one
                hit = _nearest(free, kind, day, middle, length, to)
                if hit is not None:
                    free.remove(hit)
                changes.append(Labelled(length, look.smallest_detectable_m, hit))
    false = [hit for hit in free if not _beside(hit, swapped, to)]
    looked = any(look.result in LOOKED for look in result.looks)
    return Site(folder.name, km2, looked, tuple(changes), tuple(false))


def list_changes(
    before: Sequence[Sequence[float]], after: Sequence[Sequence[float]], days: tuple[str, str]
) -> Iterator[tuple[str, str, Sequence[float], bool]]:
    """Kind, day of the look that shows it, box, and whether no other aircraft is in its place in the other look."""
    for kind, day, here, there in (("arrival", days[1], after, before), ("departure", days[0], before, after)):
        for box in here:
            yield kind, day, box, not any(_takes_place(box, other) for other in there)


def _takes_place(box: Sequence[float], other: Sequence[float]) -> bool:
    apart = np.hypot((box[0] + box[2] - other[0] - other[2]) / 2, (box[1] + box[3] - other[1] - other[3]) / 2)
    width = max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
    height = max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
    areas = [(one[2] - one[0]) * (one[3] - one[1]) for one in (box, other)]
    return bool(apart < SWAPPED_M or width * height >= SWAPPED_SHARE * max(1e-9, sum(areas) - width * height))


def _nearest(hits: Sequence[Hit], kind: str, day: str, middle: Point, length: float, to: Any) -> Hit | None:
    """The nearest hit of a kind that names the look of a day, within half the length or 25 m."""
    near = []
    for hit in hits:
        named = hit.after if kind == "arrival" else hit.before
        apart = Point(*to(hit.lon, hit.lat)).distance(middle)
        if hit.kind in (kind, "replacement") and named.date().isoformat() == day and apart < max(25.0, length / 2):
            near.append((apart, hit.id, hit))
    return min(near)[2] if near else None


def _beside(hit: Hit, swapped: Sequence[tuple[Point, str, str]], to: Any) -> bool:
    at, days = Point(*to(hit.lon, hit.lat)), (hit.before.date().isoformat(), hit.after.date().isoformat())
    return any(at.distance(p) < BESIDE_SWAPPED_M and days[0] <= b and days[1] >= a for p, a, b in swapped)


def print_airports(sites: Sequence[Site]) -> None:
    """Recall by length with intervals, false hits, lengths and promises over all airports."""
    km2 = sum(site.km2 for site in sites)
    changes = [one for site in sites for one in site.changes]
    print(f"airports from 0.4-0.5 m, brought to 10 m: {len(sites)} sites, {km2:.1f} km2 x pair of looks")
    for least, name in SIZES:
        most = min((low for low, _ in SIZES if low > least), default=np.inf)
        ours = [one for one in changes if least <= one.length_m < most]
        told = [one for one in ours if one.hit is not None]
        named = sum(is_aircraft(one.hit) for one in told if one.hit)
        print(f"  {name:8} told {share(len(told), len(ours))}  as aircraft {named}")
    false = [hit for site in sites for hit in site.false]
    aircraft = sum(is_aircraft(hit) for hit in false)
    print(f"  false a km2 and pair: {aircraft / km2:.2f} aircraft, {(len(false) - aircraft) / km2:.2f} other objects")
    print(f"  sites without a look: {', '.join(site.name for site in sites if not site.looked) or 'none'}")
    errors = [one.hit.length_m / one.length_m - 1 for one in changes if one.hit]
    if errors:
        print(f"  length: median error {np.median(np.abs(errors)):.2f}, bias {np.median(errors):+.2f}")
    promised = [one for one in changes if one.limit_m is not None and one.length_m >= one.limit_m]
    print(f"  promised (p >= .8) and told: {share(sum(one.hit is not None for one in promised), len(promised))}")


def is_aircraft(hit: Hit) -> bool:
    """Whether a hit is told as an aircraft, not as an object that may be one."""
    return hit.object != "open"


def share(part: int, whole: int) -> str:
    """`19 of 186 = 0.10 (0.07-0.15)`, with the 95 % Wilson interval."""
    if not whole:
        return "0 of 0"
    low, high = wilson(part, whole)
    return f"{part} of {whole} = {part / whole:.2f} ({low:.2f}-{high:.2f})"


def print_berlin(folder: Path) -> None:
    """Hits over paved yards on which nothing of aircraft size comes or goes."""
    told = []
    for name in ("aoi_all", "aoi_open", "aoi_lots"):
        hits = run_folder(folder, f"{name}.geojson").hits
        aircraft = sum(is_aircraft(hit) for hit in hits)
        told.append(f"{name} {aircraft} aircraft, {len(hits) - aircraft} other")
    print(f"Berlin, two looks, nothing there: {'; '.join(told)}")


def print_genoa(folder: Path) -> None:
    """Aircraft painted out of all passes but one, told at three levels of noise."""
    truth = json.loads((folder / "truth.json").read_text())
    for noise in GENOA_NOISE:
        with tempfile.TemporaryDirectory() as made:
            add_noise(folder, Path(made), noise, GENOA_NOISE[0], truth["present_only_on"])
            result = run_folder(Path(made))
        here = [hit for hit in result.hits if truth["present_only_on"] in (f"{hit.after:%F}", f"{hit.before:%F}")]
        places = [(result.grid.rowcol(hit.x, hit.y), hit) for hit in here]
        told, named, matched = 0, 0, set[str]()
        for x, y in truth["aircraft_xy_m"]:
            row, col = result.grid.rowcol(x, y)
            near = [hit for (r, c), hit in places if np.hypot(r - row, c - col) * 10 <= GENOA_REACH_M]
            matched |= {hit.id for hit in near}
            told, named = told + bool(near), named + any(is_aircraft(hit) for hit in near)
        stray = len(result.hits) - len(matched)
        count = len(truth["aircraft_xy_m"])
        print(f"Genoa, noise {noise:.3f}: {told} of {count} told, {named} as aircraft; {stray} hits elsewhere")


def main() -> None:
    """Run all that the folder holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with semireal/, s2_berlin_null/ and s2_genoa_semireal/")
    parser.add_argument("--fetch", action="store_true", help="get twelve passes over Bolzano, and run on them")
    parser.add_argument("--limits", action="store_true", help="measure what each look promises, too")
    asked = parser.parse_args()
    if asked.fetch:
        with tempfile.TemporaryDirectory() as made:
            result = run_folder(fetch_bolzano(Path(made)))
            print(f"Bolzano, {len(result.looks)} looks of June 2022: {len(result.hits)} hits")
    if asked.data is None:
        if not asked.fetch:
            parser.error("--data or --fetch: what to run on")
        return
    if not asked.data.is_dir():
        sys.exit(f"{asked.data}: no such folder; benchmarks/REAL_DATA.md says what belongs into it")
    folders = sorted(path.parent for path in (asked.data / "semireal").glob("*/site.json"))
    if folders:
        with ProcessPoolExecutor(2) as pool:
            print_airports(list(pool.map(judge_site, folders, [6 if asked.limits else 0] * len(folders))))
    for name, act in (("s2_berlin_null", print_berlin), ("s2_genoa_semireal", print_genoa)):
        folder = asked.data / name
        act(folder) if folder.is_dir() else print(f"{name}: not in {asked.data}, left out")


if __name__ == "__main__":
    main()
