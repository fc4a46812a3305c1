"""What track files hold and show, for a terminal and for programs."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from imagery_watch.model.flight import CoverageCell, Movement, MovementKind
from imagery_watch.model.track_contents import (
    AircraftSummary,
    NearAirfield,
    TrackContents,
    TrackReport,
    TracksAtAirfield,
)
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.values import dump
from imagery_watch.outputs.wording.text import clean, duration, minutes

if TYPE_CHECKING:
    from rich.console import Console

MOST_AIRCRAFT = 20
SILENCE_S = 1_800.0
"""From so long a silence on the ground on, it is told."""
MOST_MOVEMENTS = 60
MOST_CELLS = 12
ALONE = (
    "One aircraft: a file like this never shows that others were absent, nor that this one was where it was not heard."
)
NO_WITNESS = (
    "Coverage: no cell of six hours has a witness, so silence says nothing here: it needs a file with several "
    "aircraft, heard on the ground there, or below 3,000 ft within 15 km."
)


def show_tracks(report: TrackReport, console: "Console") -> None:
    """Prints what each file holds, what they show at the airfield, and whose data it is."""
    for one in report.contents:
        _show_contents(one, console, "" if report.at is None else f", within 60 km of {report.at.airfield}")
    if report.at is not None:
        _show_at(report.at, console)
    owed = dict.fromkeys(sentence for one in report.contents for sentence in one.terms)
    drawn = [report.at.credit] if report.at is not None else []
    print_text(console, [*(f"Terms: {sentence}" for sentence in owed), *drawn])


def describe_tracks(report: TrackReport) -> dict[str, Any]:
    """For `--json`: the report's fields by name."""
    return dump(report)


def _show_contents(one: TrackContents, console: "Console", where: str) -> None:
    names = ", ".join(form.label for form in one.formats)
    count = _count(len(one.aircraft), "aircraft", "aircraft")
    print_text(console, [f"{clean(one.file)}: {names}; {_count(one.rows, 'row')}, {count}{where}"])
    if one.aircraft:
        _aircraft_table(one.aircraft[:MOST_AIRCRAFT]).show(console)
    print_text(console, _notes_of(one))


def _aircraft_table(aircraft: Iterable[AircraftSummary]) -> Sheet:
    columns = ("Aircraft", "Fixes", "When (UTC)", "Gaps", "Ground", "Near")
    rows = [
        (
            _name(one),
            str(one.fixes),
            _say_span(minutes(one.first), minutes(one.last)),
            _say_gaps(one),
            "not told" if one.ground_fixes is None else str(one.ground_fixes),
            _say_near(one),
        )
        for one in aircraft
    ]
    return Sheet(columns, tuple(rows), right=("Fixes", "Ground"))


def _name(one: AircraftSummary) -> str:
    """`4b1901 EDW24 A320`, as far as it is known."""
    told = [one.hex or "", *one.callsigns[:2], "…" if len(one.callsigns) > 2 else "", one.type]
    return clean(" ".join(filter(None, told))) or "not named"


def _say_gaps(one: AircraftSummary) -> str:
    if not one.gaps:
        return "none"
    longest = duration(timedelta(seconds=one.longest_gap_s))
    return f"{one.gaps}, to {longest}"


def _say_near(one: AircraftSummary) -> str:
    """Where its ground fixes are, else where it begins and ends."""
    if one.grounds:
        return "; ".join(f"{place.icao} {clean(place.name)}" for place in one.grounds[:3])
    ends = [("from", one.begins), ("to", one.ends)]
    return ", ".join(f"{word} {_say_place(place)}" for word, place in ends if place is not None)


def _say_place(place: NearAirfield) -> str:
    return f"{place.icao} ({place.km:.0f} km)"


def _notes_of(one: TrackContents) -> list[str]:
    fast = sum(aircraft.fast_ground_fixes for aircraft in one.aircraft)
    more = len(one.aircraft) - MOST_AIRCRAFT
    left_out = "; ".join(f"{number:,} {words}" for _, number, words in one.dropped)
    notes = [
        f"and {more} more aircraft; --json lists all" if more > 0 else "",
        f"{_count(fast, 'ground fix', 'ground fixes')} above 80 kt: a roll on a runway, a wrong flag, an old speed"
        if fast
        else "",
        f"Left out: {left_out}" if left_out else "",
        f"Time goes back {_count(one.out_of_order, 'time')}; rows were sorted" if one.out_of_order else "",
        f"{_count(one.untouched, 'trace')} without a position near the airfield" if one.untouched else "",
        f"{_count(one.passed_over, 'file')} in it hold no tracks" if one.passed_over else "",
        f"{_count(one.damaged, 'file')} in it could not be read:" if one.damaged else "",
        *(f"  {clean(why)}" for why in one.damages),
        ALONE if len(one.aircraft) == 1 and one.files == 1 else "",
    ]
    return [note for note in notes if note]


def _show_at(at: TracksAtAirfield, console: "Console") -> None:
    if at.movements:
        _movements_table(at, at.movements[:MOST_MOVEMENTS]).show(console)
    more = len(at.movements) - MOST_MOVEMENTS
    told = f"and {more} more movements; --json lists all" if more > 0 else ""
    none = "" if at.movements else f"{at.airfield}: no movement; nothing came within 10 km, as far as the files show"
    print_text(console, [line for line in (told, none, *_say_coverage(at.coverage)) if line])
    print_text(console, [f"note: {note}" for note in at.notes])


def _movements_table(at: TracksAtAirfield, movements: Iterable[Movement]) -> Sheet:
    columns = ("Aircraft", "What", "Between (UTC)", "Where")
    rows = [(_who(one), _say_kind(one), _say_when(one), _say_where(one)) for one in movements]
    return Sheet(columns, tuple(rows), title=f"{at.airfield}: what the tracks show")


def _who(one: Movement) -> str:
    return clean(" ".join(filter(None, (one.hex or "", one.callsign, one.type)))) or "not named"


def _say_kind(one: Movement) -> str:
    words = {
        MovementKind.LANDED: "landed",
        MovementKind.TOOK_OFF: "took off",
        MovementKind.PARKED: "on the ground",
        MovementKind.OVERFLIGHT: "passed by",
    }
    if one.kind != MovementKind.NEAR:
        return words[one.kind]
    ways = {"arrival": "last heard low and near", "departure": "first heard low and near", None: "near the ground"}
    return ways[one.way]


def _say_when(one: Movement) -> str:
    return _say_span(_seconds(one.not_before), _seconds(one.not_after))


def _say_span(start: str, end: str) -> str:
    """Both times, the day once where it is one."""
    if start == end:
        return start
    return f"{start} → {end[11:] if start[:10] == end[:10] else end}"


def _seconds(time: datetime) -> str:
    return f"{minutes(time)}:{time.second:02d}"


def _say_where(one: Movement) -> str:
    if one.distance_m is not None:
        height = "" if one.height_ft is None else f", {one.height_ft:,.0f} ft above the field"
        return f"{one.distance_m / 1000:.1f} km from its middle{height}"
    aprons = f"apron {', '.join(map(clean, one.aprons))}" if one.aprons else "on no apron that is known"
    last = ""
    if one.kind == MovementKind.TOOK_OFF and one.last_on_apron is not None:
        last = f", last on an apron {_seconds(one.last_on_apron)[11:]}"
    stand = f", stand near {one.stand[1]:.4f}, {one.stand[0]:.4f}" if one.stand else ""
    silent = ""
    if one.kind == MovementKind.PARKED and one.silent_s is not None and one.silent_s >= SILENCE_S:
        silent = f", not heard for {duration(timedelta(seconds=one.silent_s))}: it may have left meanwhile"
    return f"{aprons}{last}{stand}{silent} ({one.ground_fixes} ground fixes, {one.apron_fixes} on aprons)"


def _say_coverage(cells: Sequence[CoverageCell]) -> list[str]:
    heard = [cell for cell in cells if cell.witnesses()]
    if not heard:
        return [NO_WITNESS]
    told = [
        f"  {minutes(cell.start)} to {minutes(cell.end)[11:]}: {len(cell.on_ground)} on the ground, {len(cell.low)} low"
        for cell in heard[:MOST_CELLS]
    ]
    more = [f"  and {len(heard) - MOST_CELLS} more; --json lists all"] if len(heard) > MOST_CELLS else []
    return [
        "Coverage: aircraft heard in cells of six hours (UTC); silence says something in these alone:",
        *told,
        *more,
    ]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
