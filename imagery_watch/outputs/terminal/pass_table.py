"""What was looked at, for a terminal and for programs: pass by pass, what could have been missed, and what is next."""

from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from imagery_watch.model import Chance, Look, NextPass, Occupancy, Pass
from imagery_watch.outputs.files.run_json import chance_properties
from imagery_watch.outputs.report.report import RESULT_WORDS
from imagery_watch.outputs.terminal.layout import Sheet, print_text
from imagery_watch.outputs.terminal.tables import print_simulated
from imagery_watch.outputs.wording.sentences import (
    chance_rows,
    chance_sentences,
    surplus_sentences,
    surplus_words,
    usual_sentence,
)
from imagery_watch.outputs.wording.summaries import describe_reason, missed
from imagery_watch.outputs.wording.text import iso, minutes, rounded

if TYPE_CHECKING:
    from rich.console import Console

REASON_LETTERS = 110
MOST_SURPLUS = 12
COLUMNS = ("Pass (UTC)", "Satellite", "Orbit", "Apron", "Result", "Visible", "Smallest", "Stood there")


@dataclass(frozen=True)
class PassHistory:
    """The passes over one airfield, sorted by time, and what follows from them."""

    airfield: str
    source: str
    """Where this comes from, for a person."""
    passes: tuple[Pass, ...]
    chances: tuple[Chance, ...]
    due: tuple[NextPass, ...]
    """The earliest first; none where no satellite was seen recently."""
    last_seen: datetime | None
    """The newest pass that is known, also outside of the dates asked for."""
    simulated: str = ""
    """What is simulated, where it is."""

    @property
    def occupancy(self) -> tuple[Occupancy, ...]:
        """How full the aprons were, look by look."""
        return tuple(count for one in self.passes for count in one.occupancy)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "airfield": self.airfield,
            "source": self.source,
            "simulated": self.simulated or None,
            "passes": [_pass_dict(one) for one in self.passes],
            "chances": [chance_properties(one) for one in self.chances],
            "next": [_next_dict(one) for one in self.due],
            "last_seen": None if self.last_seen is None else iso(self.last_seen),
        }


def show_passes(history: PassHistory, console: "Console") -> None:
    """Print the passes with their looks, the chances, how full the aprons were, and when the next pass is due."""
    if history.simulated:
        print_simulated(console, history.simulated)
    if any(one.looks for one in history.passes):
        passes_table(history).show(console)
    print_text(console, [*reason_lines(history), *lines(history)])
    if history.chances:
        chances_table(history).show(console)
    print_text(console, [next_words(history)])


def passes_table(history: PassHistory) -> Sheet:
    """One row for each pass and apron; the pass is named in its first row, and reasons by their number."""
    number_of, rows = _number_reasons(history), []
    for one in (one for one in history.passes if one.looks):
        named = (minutes(one.datetime), one.platform or "not known", _orbit(one.relative_orbit))
        for number, look in enumerate(one.looks):
            rows.append((*(named if number == 0 else ("", "", "")), *_cells(look, one.occupancy, number_of)))
    title = f"{history.airfield}: what was looked at, and what could be seen of it (from {history.source})"
    return Sheet(COLUMNS, tuple(rows), title, right=("Orbit", "Visible", "Smallest"))


def reason_lines(history: PassHistory) -> list[str]:
    """Why looks saw nothing, or with what caveat they did, each once, by the number that the table has for it."""
    return [f"({number}) {reason}" for reason, number in _number_reasons(history).items()]


def _number_reasons(history: PassHistory) -> dict[str, int]:
    """A number for each reason, in the order in which they first appear."""
    told = dict.fromkeys(_reason(look) for one in history.passes for look in one.looks if look.reason)
    return {reason: number for number, reason in enumerate(told, 1)}


def _reason(look: Look) -> str:
    return shorten(describe_reason(look), REASON_LETTERS, placeholder=" …")


def chances_table(history: PassHistory) -> Sheet:
    """The chance for each apron and length of stay."""
    hours, rows = chance_rows(history.chances)
    columns = ("Apron", *(f"{number} h" for number in hours))
    title = "Chance that a stay was under a look that could see it"
    return Sheet(columns, tuple((name, *cells) for name, cells in rows), title, right=columns[1:])


def lines(history: PassHistory) -> list[str]:
    """What the tables do not say: passes without looks, how full the aprons were, and the chance in words."""
    if not history.passes:
        return [f"{history.airfield}: no pass in this period (from {history.source})."]
    told = []
    silent = sum(not one.looks for one in history.passes)
    if silent:
        told.append(f"{silent} more {'pass' if silent == 1 else 'passes'} served only to know the empty aprons.")
    smallest = missed(look for one in history.passes for look in one.looks)
    told += [smallest] if smallest else []
    if history.occupancy:
        surplus = surplus_sentences(history.occupancy)
        told += [usual_sentence(history.occupancy), *surplus[-MOST_SURPLUS:]]
        if len(surplus) > MOST_SURPLUS:
            told.append(f"And {len(surplus) - MOST_SURPLUS} times before, see --json.")
    return told + chance_sentences(history.chances)


def next_words(history: PassHistory) -> str:
    """When the next pass is due, or that it cannot be told; then those of the other satellites and orbits."""
    if history.last_seen is None:
        return "When the next pass is due cannot be told: no pass is known."
    if not history.due:
        return f"When the next pass is due cannot be told: the newest known is of {minutes(history.last_seen)} UTC."
    first, *others = (_due_words(one) for one in history.due)
    later = f" Then: {'; '.join(others)}." if others else ""
    return f"Next pass due, if the satellite keeps to its ten-day cycle: {first}.{later}"


def _due_words(one: NextPass) -> str:
    return f"{minutes(one.due)} UTC ({one.platform}, orbit {_orbit(one.relative_orbit)})"


def _orbit(orbit: int | None) -> str:
    return "not known" if orbit is None else str(orbit)


def _cells(look: Look, occupancy: tuple[Occupancy, ...], number_of: dict[str, int]) -> tuple[str, ...]:
    full = next((_against_usual(one.surplus) for one in occupancy if one.apron == look.apron), "")
    seen = "" if look.visible_fraction is None else f"{look.visible_fraction:.0%}"
    smallest = "" if look.smallest_detectable_m is None else f"{look.smallest_detectable_m:.0f} m"
    why = f" ({number_of[_reason(look)]})" if look.reason else ""
    return look.apron, RESULT_WORDS.get(look.result, look.result) + why, seen, smallest, full


def _against_usual(surplus: int) -> str:
    return "as usual" if surplus == 0 else surplus_words(surplus).removesuffix(" than usual")


def _pass_dict(one: Pass) -> dict[str, Any]:
    full = {count.apron: count for count in one.occupancy}
    return {
        "id": one.id or None,
        "datetime": iso(one.datetime),
        "platform": one.platform or None,
        "relative_orbit": one.relative_orbit,
        "state": one.state,
        "looks": [_look_dict(look, full.get(look.apron)) for look in one.looks],
    }


def _look_dict(look: Look, full: Occupancy | None) -> dict[str, Any]:
    counts = (None, None, None) if full is None else (full.standing, full.usual, full.surplus)
    return {
        "apron": look.apron,
        "result": look.result,
        "visible_fraction": rounded(look.visible_fraction, 3),
        "smallest_detectable_m": rounded(look.smallest_detectable_m, 1),
        **dict(zip(("standing", "usual", "surplus"), counts, strict=True)),
        "reason": look.reason,
        "reason_code": list(look.reason_codes),
    }


def _next_dict(one: NextPass) -> dict[str, Any]:
    times = {"last_seen": iso(one.last_seen), "due": iso(one.due)}
    return {"platform": one.platform, "relative_orbit": one.relative_orbit, **times}
