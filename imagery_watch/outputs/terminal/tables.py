"""A run in a terminal: the hits, and a line on the looks. Names cannot reach the terminal's controls."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imagery_watch.model import Hit, RunResult
from imagery_watch.outputs.report.report import RESULT_WORDS
from imagery_watch.outputs.wording.sentences import came_words, dwell_words, left_words, moved_words
from imagery_watch.outputs.wording.summaries import calibrated, headline, length_text, missed, result_counts
from imagery_watch.outputs.wording.text import clean, minutes

STAY_COLUMNS = ("Apron", "Length", "Came (UTC)", "Left (UTC)", "Stood", "Note")
MOST_OBJECTS = 10
"""Openly unidentified hits in the terminal, unless all are asked for."""
COLUMNS = ("Kind", "Size", "Length", "Between (UTC)", "Apron", "Score", "False alarms a year")


def hits_table(result: RunResult) -> Table:
    """The hits that are told as aircraft, one row each, in their order; the kinds are possible ones."""
    aircraft = [hit for hit in result.hits if not hit.is_open]
    return _table(f"{result.airfield.name}: changes consistent with aircraft", aircraft)


def objects_table(result: RunResult, most: int | None) -> Table:
    """The openly unidentified hits, at most so many of the strongest, in their order; None is all."""
    objects = [hit for hit in result.hits if hit.is_open]
    strongest = {hit.id for hit in sorted(objects, key=lambda hit: (-hit.score, hit.id))[:most]}
    title = f"Other objects that came or left, each of which may be an aircraft ({len(objects)})"
    if len(strongest) < len(objects):
        title += f": the strongest {len(strongest)}; --objects shows all"
    return _table(title, [hit for hit in objects if hit.id in strongest])


def _table(title: str, hits: Sequence[Hit]) -> Table:
    table = Table(title=safe(title), title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column == "Score" else "left", overflow="fold")
    for hit in hits:
        table.add_row(*(safe(cell) for cell in _cells(hit)))
    return table


def print_summary(result: RunResult, console: Console, *, all_objects: bool = False) -> None:
    """Print the tables (where there are hits), what was found, what was likely missed, and the looks by result.

    Of the openly unidentified hits the strongest few, unless `all_objects`.
    """
    if result.provenance.simulated:
        note = result.provenance.simulated_note or "Nothing here was observed."
        console.print(f"[bold yellow]Simulated data.[/] {safe(note)}", highlight=False)
    if not all(hit.is_open for hit in result.hits):
        console.print(hits_table(result))
    if any(hit.is_open for hit in result.hits):
        console.print(objects_table(result, None if all_objects else MOST_OBJECTS))
    for line in filter(None, (headline(result), missed(result.looks), looks_line(result))):
        console.print(safe(line), highlight=False)


def stays_table(result: RunResult) -> Table:
    """The stays, one row each, with hard bounds on how long each stood."""
    table = Table(title="Stays: how long each stood, as far as the looks can tell", title_justify="left")
    for column in STAY_COLUMNS:
        table.add_column(column, overflow="fold")
    for stay in result.stays:
        words = (came_words(stay), left_words(stay), dwell_words(stay), moved_words(stay, result.stays))
        table.add_row(*(safe(cell) for cell in (stay.apron, f"{stay.length_m:.0f} m", *words)))
    return table


def print_stays(result: RunResult, console: Console) -> None:
    """Print the stays, where there is one."""
    if result.stays:
        console.print(stays_table(result))


def looks_line(result: RunResult) -> str:
    """`146 looks: 3 change, 92 no change, 45 not observed, 6 failed`."""
    counts = result_counts(result.looks)
    each = ", ".join(f"{number} {RESULT_WORDS[name]}" for name, number in counts.items())
    return f"{len(result.looks)} look{'' if len(result.looks) == 1 else 's'}: {each}"


def safe(text: str) -> str:
    """Text that rich prints as it is: no markup, no control characters, nothing that reorders the line."""
    return escape(clean(text))


def _cells(hit: Hit) -> tuple[str, ...]:
    between = f"{minutes(hit.before)} → {minutes(hit.after)}"
    false_alarms = calibrated(hit.false_alarms_per_year)
    return hit.kind, hit.size_class, length_text(hit), between, hit.apron, f"{hit.score:.1f}", false_alarms
