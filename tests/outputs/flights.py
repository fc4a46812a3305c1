"""What tracks say of the small run of `outputs.builders`: made values, with nothing joined."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from imagery_watch.model import RunResult
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import (
    Corroborated,
    Corroboration,
    Doing,
    GroundStay,
    LookState,
    Match,
    Segment,
    TrackFile,
    TrackState,
    TrackTold,
    Verdict,
)
from imagery_watch.model.flight import CoverageCell, Movement, MovementKind, TrackFormat, WayOfFlight
from outputs.builders import LAT, LON, START
from outputs.dossiers import make_evident_result

HOUR = timedelta(hours=1)
IL62 = AircraftSize("IL62", "Il-62", 53.1, 43.2, 12.4, 53.1, 53.1, "a test")
LANDED = START + 3 * 24 * HOUR
"""Two days before the look that shows the first hit."""
WAY = ((LON - 0.002, LAT - 0.006), (LON - 0.002, LAT + 0.002), (LON, LAT + 0.002), (LON, LAT))


def make_movement(kind: MovementKind = MovementKind.LANDED, hours: float = 0.0, **changes: Any) -> Movement:
    when = LANDED + hours * HOUR
    way: dict[MovementKind, WayOfFlight] = {MovementKind.NEAR: "arrival"}
    movement = Movement(
        kind, "LIPB", "896180", "TST1", "IL62", when, when, 0.0, way.get(kind), when, when, 10, path=WAY,
    )  # fmt: skip
    return replace(movement, **changes)


def make_segments(hours: float = 0.0, stay: float = 72.0) -> tuple[Segment, ...]:
    """In from elsewhere, on the ground, silent, and out again."""
    parts: list[tuple[Doing, float, float]] = [
        ("elsewhere", -4.0, -3.5), ("flying", -3.5, 0.0), ("here", 0.0, 0.5), ("silent", 0.5, stay - 0.5),
        ("here", stay - 0.5, stay), ("flying", stay, stay + 3.0),
    ]  # fmt: skip
    moment = LANDED + hours * HOUR
    return tuple(Segment(doing, moment + start * HOUR, moment + end * HOUR) for doing, start, end in parts)


def make_ground_stay(number: int = 1, hours: float = 0.0, stay: float = 72.0, **changes: Any) -> GroundStay:
    first = LANDED + hours * HOUR
    aircraft = GroundStay(
        id=f"89618{number}@{first:%Y-%m-%dT%H:%M:%SZ}",
        name=f"RA-8655{number}",
        hex=f"89618{number}",
        callsign=f"TST{number}",
        type="IL62",
        size=IL62,
        landed=make_movement(hours=hours),
        took_off=make_movement(MovementKind.TOOK_OFF, hours + stay, path=WAY[::-1]),
        first_ground=first,
        last_ground=first + stay * HOUR,
        stood=True,
        place=(LON, LAT),
        apron="A",
        aprons=("A",),
    )
    return replace(aircraft, **changes)


def make_told(number: int = 1, hours: float = 0.0, stay: float = 72.0, state: LookState = LookState.SEEN,
              **changes: Any) -> TrackTold:  # fmt: skip
    told = TrackTold(
        aircraft=make_ground_stay(number, hours, stay),
        state=state,
        hits=("LIPB-0001",) if state == LookState.SEEN else (),
        stays=(),
        looks=(),
        before=START,
        after=START + timedelta(days=10),
        chance=0.8,
        chance_any_time=0.3,
        doubted=(),
        segments=make_segments(hours, stay),
        statement=f"Aircraft {number} landed and was on the ground, these tracks show.",
    )
    return replace(told, **changes)


def make_match(**changes: Any) -> Match:
    match = Match(
        track=f"896181@{LANDED:%Y-%m-%dT%H:%M:%SZ}", end="arrival", shown=True, name="RA-86551", type="IL62",
        size=IL62, not_before=LANDED, not_after=LANDED, time=Verdict.AGREES, apart_s=0.0, place=Verdict.AGREES,
        distance_m=14.2, stood=True, apron="A", size_fits=Verdict.AGREES,
    )  # fmt: skip
    return replace(match, **changes)


def make_corroborated(number: int = 1, state: TrackState = TrackState.SEEN_LANDING, matches: Sequence[Match] = (),
                      **changes: Any) -> Corroborated:  # fmt: skip
    said = Corroborated(f"LIPB-{number:04d}", "hit", state, tuple(matches), None, 20, 12, "Consistent with an arrival.")
    return replace(said, **changes)


def make_cell(hours: float, on_ground: int = 2, low: int = 0) -> CoverageCell:
    start = START.replace(hour=6, minute=0, second=0, microsecond=0) + hours * HOUR
    names = [f"40000{number}" for number in range(on_ground + low)]
    return CoverageCell(start, start + 6 * HOUR, tuple(names[:on_ground]), tuple(names[on_ground:]))


def make_corroboration(**changes: Any) -> Corroboration:
    """One aircraft at the first hit, one that no look could see, one heard near, and others heard for some days."""
    told = Corroboration(
        airfield="LIPB",
        hits=(make_corroborated(1, matches=[make_match()]), make_corroborated(2, TrackState.SILENT_COVERED)),
        stays=(),
        tracks=(make_told(), make_told(2, 100.0, 5.0, LookState.UNSEEN)),
        near=(make_movement(MovementKind.NEAR, 30.0), make_movement(MovementKind.NEAR, 31.0, callsign="TST9")),
        coverage=tuple(make_cell(6.0 * step, 1 + step % 3) for step in range(30) if step % 7),
        files=(TrackFile("day.csv", "0" * 64),),
        formats=(TrackFormat.FR24_CSV,),
        credits=("Flightradar24: its terms forbid passing the file on.",),
        notes=("a note of a test",),
    )
    return replace(told, **changes)


def make_tracked_result(hits: int = 2, told: Corroboration | None = None, **changes: Any) -> RunResult:
    """A run with all of its evidence, joined with tracks."""
    return make_evident_result(hits, corroboration=told or make_corroboration(), **changes)
