"""What flight tracks say of hits, and looks of tracks, for a terminal."""

from typing import TYPE_CHECKING

from imagery_watch.model import Hit
from imagery_watch.model.corroboration import Corroborated, Corroboration, TrackState
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.wording.flight_terms import tell_aircraft, tell_name
from imagery_watch.outputs.wording.flights import LOOK_WORDS, STATE_WORDS
from imagery_watch.outputs.wording.text import clean, minutes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

MOST_ROWS = 60


def show_corroboration(told: Corroboration, hits: "Mapping[str, Hit]", console: "Console") -> None:
    """Prints a table in each direction, the sentences that a person can quote, and whose data it is."""
    if told.simulated:
        print_text(console, ["Simulated: the tracks, the imagery or both were made by a program."])
    if told.hits:
        _hits_table(told, hits).show(console)
    if told.tracks:
        _tracks_table(told).show(console)
    if not told.tracks:
        print_text(console, ["The files show no aircraft on the ground here."])
    for line in list_sentences(told, hits):
        print_text(console, [f"- {line}"])
    print_text(console, [*(f"note: {note}" for note in told.notes), *(f"Terms: {one}" for one in told.credits)])


def list_sentences(told: Corroboration, hits: "Mapping[str, Hit]") -> list[str]:
    """What can be quoted, each behind what it is about: stays with both ends seen, other hits, then tracks."""
    both = {one.id for one in told.stays if one.state == TrackState.SEEN_BOTH}
    ends = {match.track for one in told.stays if one.id in both for match in one.matches}
    stays = [f"{one.id}: {one.statement}" for one in told.stays if one.id in both]
    rest = [one for one in told.hits if not one.matches or not {match.track for match in one.matches} <= ends]
    single = [f"{one.id} ({_name_hit(hits[one.id])}): {one.statement}" for one in rest]
    return [clean(one) for one in (*stays, *single, *(one.statement for one in told.tracks))]


def _name_hit(hit: Hit) -> str:
    """What it may be, and how likely."""
    odds = "" if hit.probability is None else f", probability {hit.probability:.2f}"
    return f"possible {hit.kind}{odds}"


def _hits_table(told: Corroboration, hits: "Mapping[str, Hit]") -> Sheet:
    rows = tuple(_hit_row(one, hits[one.id]) for one in told.hits[:MOST_ROWS])
    return Sheet(
        ("Hit", "Kind", "Between (UTC)", "Tracks", "Aircraft"), rows, f"What tracks say of {told.airfield}'s hits"
    )


def _hit_row(one: Corroborated, hit: Hit) -> tuple[str, ...]:
    names = ", ".join(dict.fromkeys(tell_name(match) for match in one.matches[:3]))
    more = f" and {len(one.matches) - 3} more" if len(one.matches) > 3 else ""
    return (
        one.id,
        hit.kind,
        f"{minutes(hit.before)} → {minutes(hit.after)}",
        STATE_WORDS[one.state],
        clean(names + more),
    )


def _tracks_table(told: Corroboration) -> Sheet:
    rows = tuple(
        (
            tell_aircraft(one.aircraft.name, one.aircraft.type, one.aircraft.size),
            f"{minutes(one.aircraft.first_ground)} → {minutes(one.aircraft.last_ground)}",
            clean(one.aircraft.apron or ""),
            str(len({look.datetime for look in one.looks})),
            LOOK_WORDS[one.state],
        )
        for one in told.tracks[:MOST_ROWS]
    )
    columns = ("Aircraft", "On the ground (UTC)", "Apron", "Looks", "In the pictures")
    return Sheet(columns, rows, "What the looks say of the tracks", right=("Looks",))
