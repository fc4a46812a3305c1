"""Tracks with what happened in them: made ones, out of the tests' builders, and real ones where a person has them.

What happened is told as an onlooker at the airfield would: `landed`, `took off`, both or neither. `perhaps` is the
answer where a file ends before anything is decided.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import LineString, Point, box

from imagery_watch.corroborate.field import Field, make_field
from imagery_watch.model import Airfield, Apron
from imagery_watch.model.flight import AIR, GROUND, UNTOLD, Track
from imagery_watch.settings import read_settings
from imagery_watch.sources.airfields.known import find_airfield
from imagery_watch.sources.flights.clean import Tally
from imagery_watch.sources.flights.door import Reading, read_tracks
from imagery_watch.sources.places.index import load_places
from imagery_watch.sources.places.nearest import NearestAirfields

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

from corroborate import builders, test_movements  # noqa: E402

LANDED, TOOK_OFF, PERHAPS = "landed", "took off", "perhaps"
BOTH = f"{LANDED}, {TOOK_OFF}"
DISC_DEGREES = 0.018
"""Up to two kilometres around the published point of an airport whose shapes nobody has drawn."""

MADE = {
    "comes, and stands": LANDED,
    "leaves": TOOK_OFF,
    "comes and leaves": BOTH,
    "its transponder is off for ten hours": BOTH,
    "stands all the time": "",
    "touches, and goes again": BOTH,
    "is next heard on the ground elsewhere": BOTH,
    "ends on final, 4 km out": PERHAPS,
    "ends on final, and is heard again 32 minutes later": PERHAPS,
    "goes around, and leaves": "",
    "begins on its climb": PERHAPS,
    "has false ground flags at 6,000 ft": "",
    "has false ground flags at speed, without heights": "",
    "taxies with the speed of its approach kept": LANDED,
    "has one fix on the ground": PERHAPS,
    "has ground flags along the runway at 140 kt alone": "",
    "has no word of the ground": LANDED,
    "has no word of the ground, and ends on final": PERHAPS,
    "passes high": "",
    "passes low": "",
    "is never within 10 km": "",
}
"""By the names that tests/corroborate/test_movements.py gives its tracks."""


@dataclass(frozen=True)
class Case:
    """A track at an airfield, and what happened there."""

    name: str
    track: Track
    field: Field
    truth: frozenset[str]


def read_truth(words: str) -> frozenset[str]:
    return frozenset(filter(None, words.split(", ")))


def make_cases() -> Iterator[Case]:
    """Those of the tests, and four that are hard on rules of distance and speed."""
    field = builders.make_test_field()
    rows = {name: made for name, made, _ in test_movements.CASES} | dict(make_harder())
    for name, words in (MADE | HARDER).items():
        yield Case(name, builders.make_track(with_journey(name, rows[name])), field, read_truth(words))


def with_journey(name: str, rows: Sequence[builders.Row]) -> list[builders.Row]:
    """The same with 90 km of flight before and after what the tests draw, unless the file is to begin or end there.

    Without it, whoever asks for the airport nearest to a flight's first and last point always hears this one.
    """
    before = [] if name in BEGIN_HERE or (rows[0][4] == GROUND and rows[0][1] > -10_000) else lead(rows[0], -1)
    after = [] if name in END_HERE or (rows[-1][4] == GROUND and rows[-1][1] < 10_000) else lead(rows[-1], 1)
    return [*reversed(before), *rows, *after]


def lead(row: builders.Row, way: int) -> list[builders.Row]:
    """Fixes a minute apart on the way from, or to, a far place, beginning next to the row."""
    second, x, y, height, state, _ = row
    away, told = math.hypot(x, y), UNTOLD if state == UNTOLD else AIR
    return [
        (second + 60.0 * way * step, x * (1 + 6_000 * step / away), y * (1 + 6_000 * step / away),
         min((height or 2_500.0) + 1_000 * step, 35_000.0), told, 194.0)
        for step in range(1, 16)
    ]  # fmt: skip


BEGIN_HERE = {"begins on its climb"}
END_HERE = {"ends on final, 4 km out", "has no word of the ground, and ends on final", "has no word of the ground"}
HARDER = {
    "lands in a meadow 8 km away": "",
    "lands on a strip 3 km away, and leaves": "",
    "is heard at 122 kt and at 4 kt on the runway": LANDED,
    "flies past its end at 4,000 ft": "",
}


def make_harder() -> Iterator[tuple[str, Sequence[builders.Row]]]:
    def moved(rows: Sequence[builders.Row], metres: float) -> list[builders.Row]:
        return [(row[0], row[1], row[2] + metres, *row[3:]) for row in rows]

    yield "lands in a meadow 8 km away", moved(builders.landing(), 8_000)
    yield "lands on a strip 3 km away, and leaves", moved([*builders.landing(), *builders.take_off(900)], -3_200)
    taxi = builders.roll_and_taxi()
    yield "is heard at 122 kt and at 4 kt on the runway", [*builders.approach(), taxi[0], (*taxi[2][:5], 4.0)]
    level = [(second, x, 0.0, 4_000.0, 0, 250.0) for second, x, *_ in builders.passing(4_000)]
    yield "flies past its end at 4,000 ft", level[:16]


OURS = [
    ("trace_full_a4068e.json", "88NV", {"a4068e": BOTH}),
    ("trace_full_4d208a.json", "88NV", {"4d208a": ""}),
]
"""Of tests/data/readsb_2023."""
SAMPLES = [
    ("readsb_2023/trace_full_a3c78c.json", "88NV", {"a3c78c": BOTH}),
    ("readsb_2023/trace_full_aa178d.json", "88NV", {"aa178d": BOTH}),
    ("readsb_2023/trace_full_aa568e.json", "88NV", {"aa568e": ""}),
    ("trace_full_ac671b.json", "KMSP", {"ac671b": BOTH}),
    ("trace_full_ac671b.json", "KDEN", {"ac671b": LANDED}),
    ("traffic/EDW24_LSZH_2024-04-06_opensky.csv", "LSZH", {"4b1901": TOOK_OFF}),
    ("zurich_airport.json.gz", "LSZH", {
        "4b18b8": LANDED, "0083c3": LANDED, "4d20cd": LANDED, "4891b6": TOOK_OFF, "4690e2": TOOK_OFF, "4b17e5": "",
        "4b1614": TOOK_OFF, "4b17fd": "", "c01074": TOOK_OFF, "4b160e": BOTH}),
    ("noisy_landing.json.gz", "LSZH", {"3c664e": PERHAPS}),
    ("traffic/noisy_time_issue.json.gz", "LSZH", {"4b1815": LANDED}),
    ("skydolly/FlightAware_DLH1534_LSZH_EDDF_20210817.kml", "LSZH", {"DLH1534": TOOK_OFF}),
    ("skydolly/FlightAware_DLH1534_LSZH_EDDF_20210817.kml", "EDDF", {"DLH1534": LANDED}),
    ("skydolly/FlightRadar24_FZ981-922b3bd.kml", "OMDB", {"FDB981": ""}),
    ("JL516_3376ab31.csv", "RJCC", {"JAL516": TOOK_OFF}),
    ("JL516_3376ab31.csv", "RJTT", {"JAL516": LANDED}),
    ("traffic/JL516_Flightradar24_ADS-B_data_granular.csv", "RJTT", {"8467d8": LANDED}),
    ("fr24_bulk/20170205_207507520.csv", "EGLL", {"": LANDED}),
]  # fmt: skip
"""Of a folder that a person has (docs/flights.md names the files' sources): told from their names, heights and speeds,
fix by fix, by eye; not with the program that is tested."""


def read_cases(folder: Path | None) -> Iterator[Case]:
    """The two real tracks of the repository, and those of the folder that are there."""
    fields = {code: draw_field(code) for code in {code for _, code, _ in (*OURS, *SAMPLES)}}
    there = [(ROOT / "tests" / "data" / "readsb_2023" / name, *rest) for name, *rest in OURS]
    there += [(folder / name, *rest) for name, *rest in SAMPLES] if folder else []
    for path, code, truths in there:
        if not path.is_file():
            print(f"{path.name} is not in {path.parent}: left out")
            continue
        for track in read_tracks([path], Reading(Tally())):
            who = track.hex or next(iter(track.callsigns), "")
            name = f"{next(iter(track.callsigns), '') or path.stem} at {code}"
            yield Case(name, track, fields[code], read_truth(truths[who]))


def draw_field(code: str) -> Field:
    """An airfield by its code: as it ships, as the tests draw it, or a disc around its published point."""
    home = read_settings().home
    if code == "88NV":
        airfield = black_rock()
    elif (ROOT / "aoi" / f"{code}.geojson").is_file():
        airfield = find_airfield(code, home)
    else:
        place = load_places(home)[code]
        disc = Point(place.lon, place.lat).buffer(DISC_DEGREES)
        airfield = Airfield(code, place.name, "approximate", "a disc", "none", (Apron("disc", disc),))
    return make_field(airfield, NearestAirfields(home).find_elevation(airfield)[0])


def black_rock() -> Airfield:
    """A dry lake: its runway and where N359DG stands, drawn around the trace's own fixes."""
    apron = Apron("main", box(-119.2075, 40.7628, -119.2050, 40.7640))
    runway = LineString([(-119.1870, 40.7670), (-119.2235, 40.7574)])
    return Airfield("88NV", "Black Rock City", "approximate", "drawn", "none", (apron,), runways=(runway,))
