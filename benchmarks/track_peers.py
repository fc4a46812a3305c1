"""Who landed and who took off, by our movements and by the rules of three others, on tracks with a known truth.

`python benchmarks/track_peers.py` asks all of them about made tracks and the two real ones of the repository; with
`--samples FOLDER`, or IMAGERY_WATCH_SAMPLES, about the real tracks of others there (docs/flights.md says which). All
are given the same tracks, as this program reads and cleans them, and the middle of aprons and runways as the point of
the airport. Whose way in and out of the made ones is drawn is in the air for a quarter of an hour before and after.

- *adsbtrack*: its rules written anew, in short (frankea/adsbtrack, April to July 2026; it is on no index of packages):
  80 kt, 30 minutes, 2 and 10 km, two fixes where no speed is told, a descent before a lost signal. Its confidence, its
  joining of fragments and its errors of altitude are left out.
- *traffic*: the library's own `infer_airport` where it is installed (`pip install traffic "pandas<3"` in an environment
  that has this program, too), else its rule: the airport nearest to the first and to the last point of a flight, which
  ends where nothing is heard for ten minutes.
- *radius*: a change between air and ground, as flagged, within 5 nautical miles.
"""

import argparse
import importlib.metadata
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from track_cases import LANDED, PERHAPS, TOOK_OFF, Case, make_cases, read_cases

from imagery_watch.corroborate.field import Field
from imagery_watch.corroborate.movements import find_movements
from imagery_watch.model.flight import AIR, GROUND, MovementKind, Track
from imagery_watch.settings import read_settings
from imagery_watch.sources.places.index import load_places

Answer = frozenset[str]
Method = Callable[[Track, Field], Answer]

RADIUS_M = 5 * 1852.0
LEG_S, FLIGHT_S = 1800.0, 600.0
ON_FIELD_M, NEAR_FIELD_M = 2_000.0, 10_000.0
FASTEST_GROUND_KT, LOWEST_AIR_FT = 80.0, 50.0
DROPPED_BELOW_FT, DESCENT_FPM = 5_000.0, -200.0
OF_LAST, DESCENDING = 5, 3
SHORT = {LANDED: "L", TOOK_OFF: "T", PERHAPS: "?"}
KINDS = {MovementKind.LANDED: LANDED, MovementKind.TOOK_OFF: TOOK_OFF, MovementKind.NEAR: PERHAPS}


def ask_ours(track: Track, field: Field) -> Answer:
    return frozenset(KINDS[one.kind] for one in find_movements(track, field) if one.kind in KINDS)


def split(track: Track, gap_s: float) -> list[NDArray[np.int64]]:
    """The numbers of the fixes between gaps that are longer."""
    return np.split(np.arange(len(track)), np.flatnonzero(np.diff(track.t) > gap_s) + 1)


def measure_m(track: Track, field: Field) -> NDArray[np.float64]:
    return np.hypot(*field.to_metres(track.lon, track.lat))


def ask_radius(track: Track, field: Field) -> Answer:
    """A flag that changes within 5 nautical miles is a landing or a take-off here."""
    inside = measure_m(track, field) <= RADIUS_M
    found = set()
    for leg in split(track, LEG_S):
        told = [fix for fix in leg if track.state[fix] in (AIR, GROUND)]
        for one, other in pairwise(told):
            if track.state[one] != track.state[other] and inside[one] and inside[other]:
                found.add(LANDED if track.state[other] == GROUND else TOOK_OFF)
    return frozenset(found)


def ask_adsbtrack(track: Track, field: Field) -> Answer:
    """Its state machine in short: what begins and ends each leg, and how far from the airport's point."""
    away, found = measure_m(track, field), set[str]()
    fast = track.speed_kt > FASTEST_GROUND_KT
    flagged = track.state == GROUND
    grounded = np.where(flagged & ~fast, True, ~flagged & (track.altitude_ft < LOWEST_AIR_FT))
    known = flagged | np.isfinite(track.altitude_ft)
    for leg in split(track, LEG_S):
        told = leg[known[leg]]
        if not len(told):
            continue
        for change, fix in find_changes(told, grounded, track.speed_kt):
            found |= judge_distance(change, away[fix])
        if not grounded[told[0]]:
            found |= judge_distance(PERHAPS, away[told[0]]) if away[told[0]] <= ON_FIELD_M else set()
        if not grounded[told[-1]] and is_dropped(told, track):
            found |= judge_distance(PERHAPS, away[told[-1]])
    return frozenset(found - {PERHAPS} or found)


def find_changes(
    told: NDArray[np.int64], grounded: NDArray[np.bool_], speed: NDArray[np.float64]
) -> Iterator[tuple[str, int]]:
    """Landings at their first fix on the ground, the second where no speed is told; take-offs at their last."""
    flying, doubted = not grounded[told[0]], False
    for before, fix in pairwise(told):
        if flying and grounded[fix]:
            doubted, waits = not doubted and np.isnan(speed[fix]), doubted
            if waits or not np.isnan(speed[fix]):
                flying, doubted = False, False
                yield LANDED, int(fix)
        elif not flying and not grounded[fix]:
            flying = True
            yield TOOK_OFF, int(before)
        elif flying:
            doubted = False


def judge_distance(change: str, away_m: float) -> set[str]:
    if away_m <= ON_FIELD_M:
        return {change}
    return {PERHAPS} if away_m <= NEAR_FIELD_M else set()


def is_dropped(leg: NDArray[np.int64], track: Track) -> bool:
    """Whether a leg ends low in a descent that lasts."""
    if not track.altitude_ft[leg[-1]] < DROPPED_BELOW_FT:
        return False
    last = leg[-OF_LAST - 1 :]
    rates = np.diff(track.altitude_ft[last]) / np.maximum(np.diff(track.t[last]), 1e-3) * 60
    return bool((rates <= DESCENT_FPM).sum() >= DESCENDING)


class Airports:
    """The points of all airports with a code, that of a case among them."""

    def __init__(self) -> None:
        places = load_places(read_settings().home)
        self.codes = [*places]
        self.lat, self.lon = (np.array([getattr(one, name) for one in places.values()]) for name in ("lat", "lon"))

    def with_own(self, field: Field) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Codes and places; the point of the field itself is the middle of its shapes, as for the others."""
        kept = np.array([code != field.airfield.id for code in self.codes])
        codes = [code for code, keep in zip(self.codes, kept, strict=True) if keep]
        return [*codes, field.airfield.id], np.append(self.lat[kept], field.lat), np.append(self.lon[kept], field.lon)


def make_traffic() -> tuple[str, Method]:
    """The library where it is installed, else its rule; and its name."""
    airports = Airports()
    try:
        from traffic.core import Flight
        from traffic.data.basic.airports import Airports as Listed
    except ImportError as missing:
        print(f"traffic is not installed ({missing}): its rule is asked instead")
        return "traffic's rule", lambda track, field: ask_nearest(track, field, airports)

    def ask(track: Track, field: Field) -> Answer:
        codes, lat, lon = airports.with_own(field)
        return ask_library(Flight, Listed, track, field, codes, lat, lon)

    return f"traffic {importlib.metadata.version('traffic')}", ask


def ask_library(flight, listed, track: Track, field: Field, codes, lat, lon) -> Answer:
    """`infer_airport` of each of its flights, with the same list of airports."""
    import pandas as pd

    blank = dict.fromkeys(("name", "iata", "country", "type", "municipality"), "")
    table = pd.DataFrame({"icao": codes, "latitude": lat, "longitude": lon, "altitude": 0.0, **blank})
    rows = pd.DataFrame({"timestamp": pd.to_datetime(track.t, unit="s", utc=True), "latitude": track.lat,
                         "longitude": track.lon, "altitude": track.altitude_ft, "groundspeed": track.speed_kt,
                         "icao24": track.hex or "000000", "callsign": "TEST"})  # fmt: skip
    found = set()
    for leg in flight(rows).split("10 min"):
        for way, told in (("takeoff", TOOK_OFF), ("landing", LANDED)):
            if leg.infer_airport(way, dataset=listed(table)).icao == field.airfield.id:
                found.add(told)
    return frozenset(found)


def ask_nearest(track: Track, field: Field, airports: Airports) -> Answer:
    codes, lat, lon = airports.with_own(field)
    found = set()
    for leg in split(track, FLIGHT_S):
        for fix, told in ((leg[0], TOOK_OFF), (leg[-1], LANDED)):
            up, across = np.radians(lat - track.lat[fix]), np.radians(lon - track.lon[fix])
            half = np.sin(up / 2) ** 2 + np.cos(np.radians(lat)) * np.cos(np.radians(track.lat[fix])) * (
                np.sin(across / 2) ** 2
            )
            if codes[int(half.argmin())] == field.airfield.id:
                found.add(told)
    return frozenset(found)


def grade(answer: Answer, truth: Answer) -> str:
    """`right`; `false` where it says what did not happen, or what the track does not show; `missed`; `hedged`."""
    if answer == truth:
        return "right"
    if (answer - truth) - {PERHAPS}:
        return "false"
    return "hedged" if PERHAPS in answer else "missed"


def tell(words: Iterable[str]) -> str:
    return " ".join(SHORT[one] for one in sorted(words)) or "-"


def compare(cases: Iterable[Case], methods: dict[str, Method]) -> dict[str, Counter[str]]:
    """Prints a row a case, and gives how often each method was right, false, hedged or missed something."""
    counts = {name: Counter[str]() for name in methods}
    print(f"{'':52}{'truth':7}" + "".join(f"{name:19}" for name in methods))
    for case in cases:
        cells = []
        for name, ask in methods.items():
            answer = ask(case.track, case.field)
            counts[name][how := grade(answer, case.truth)] += 1
            cells.append(f"{tell(answer):4}{how if how != 'right' else '':15}")
        print(f"{case.name:52}{tell(case.truth):7}{''.join(cells)}".rstrip())
    return counts


def print_counts(title: str, counts: dict[str, Counter[str]]) -> None:
    for name, told in counts.items():
        words = "  ".join(f"{how} {told[how]:2}" for how in ("right", "hedged", "missed", "false"))
        print(f"{title:6} {name:16} {words}")
    print()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, default=os.environ.get("IMAGERY_WATCH_SAMPLES") or None)
    chosen = parser.parse_args(arguments)
    name, traffic = make_traffic()
    methods: dict[str, Method] = {
        "ours": ask_ours,
        "adsbtrack's rules": ask_adsbtrack,
        name: traffic,
        "radius": ask_radius,
    }
    ours = importlib.metadata.version("imagery-watch")
    print(f"imagery-watch {ours}, Python {platform.python_version()}, numpy {np.__version__}")
    print("L landed, T took off, ? perhaps; where nothing stands beside an answer, it is right\n")
    print_counts("made", compare(make_cases(), methods))
    print_counts("real", compare(read_cases(chosen.samples and Path(chosen.samples)), methods))


if __name__ == "__main__":
    main()
