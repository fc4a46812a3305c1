"""A run in a terminal: the hits, and a line on the looks. Names cannot reach the terminal's controls."""

from collections.abc import Sequence

from rich.console import Console

from imagery_watch.model import Hit, RunResult
from imagery_watch.outputs.report.report import RESULT_WORDS
from imagery_watch.outputs.terminal.layout import Sheet, fold, print_text
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.sentences import came_words, dwell_words, left_words, moved_words
from imagery_watch.outputs.wording.summaries import calibrated, headline, length_text, missed, result_counts
from imagery_watch.outputs.wording.text import minutes

STAY_COLUMNS = ("Apron", "Length", "Came (UTC)", "Left (UTC)", "Stood", "Note")
MOST_OBJECTS = 10
"""Openly unidentified hits in the terminal, unless all are asked for."""
SIMULATED = "Simulated data."
COLUMNS = ("Kind", "Size", "Length", "Between (UTC)", "Apron", "Score", "False alarms a year")


def hits_table(result: RunResult) -> Sheet:
    """The hits that are told as aircraft, one row each, in their order; the kinds are possible ones."""
    aircraft = [hit for hit in result.hits if not hit.is_open]
    return _table(f"{result.airfield.name}: changes consistent with aircraft", aircraft)


def objects_table(result: RunResult, most: int | None) -> Sheet:
    """The openly unidentified hits, at most so many of the strongest, in their order; None is all."""
    objects = [hit for hit in result.hits if hit.is_open]
    strongest = {hit.id for hit in sorted(objects, key=lambda hit: (-hit.score, hit.id))[:most]}
    title = f"Other objects that came or left, each of which may be an aircraft ({len(objects)})"
    if len(strongest) < len(objects):
        title += f": the strongest {len(strongest)}; --objects shows all"
    return _table(title, [hit for hit in objects if hit.id in strongest])


def _table(title: str, hits: Sequence[Hit]) -> Sheet:
    return Sheet(COLUMNS, tuple(_cells(hit) for hit in hits), title, right=("Score",))


def print_summary(result: RunResult, console: Console, *, all_objects: bool = False) -> None:
    """Print the tables (where there are hits), what was found, what was likely missed, and the looks by result.

    Of the openly unidentified hits the strongest few, unless `all_objects`.
    """
    if result.provenance.simulated:
        note = result.provenance.simulated_note or "Nothing here was observed."
        print_simulated(console, note)
    if not all(hit.is_open for hit in result.hits):
        hits_table(result).show(console)
    if any(hit.is_open for hit in result.hits):
        objects_table(result, None if all_objects else MOST_OBJECTS).show(console)
    print_text(
        console, filter(None, (headline(result), *_doubts(result.hits), missed(result.looks), looks_line(result)))
    )


def _doubts(hits: Sequence[Hit]) -> list[str]:
    """A line for each hit of which it is undecided whether anything was replaced."""
    told = [(hit, tell_doubt(hit)) for hit in hits]
    return [
        f"{hit.apron}, {minutes(hit.before)[:10]} → {minutes(hit.after)[:10]}: {said}" for hit, said in told if said
    ]


def print_simulated(console: Console, note: str) -> None:
    """Print that what follows is simulated, and how, the first words so that nobody overlooks them."""
    from rich.text import Text

    text = Text("\n".join(fold(f"{SIMULATED} {note}", console.width)))
    text.stylize("bold yellow", 0, len(SIMULATED))
    console.print(text, highlight=False, soft_wrap=True)


def stays_table(result: RunResult) -> Sheet:
    """The stays, one row each, with hard bounds on how long each stood."""
    rows = [
        (stay.apron, f"{stay.length_m:.0f} m", came_words(stay), left_words(stay), dwell_words(stay),
         moved_words(stay, result.stays))
        for stay in result.stays
    ]  # fmt: skip
    return Sheet(STAY_COLUMNS, tuple(rows), "Stays: how long each stood, as far as the looks can tell")


def print_stays(result: RunResult, console: Console) -> None:
    """Print the stays, where there is one."""
    if result.stays:
        stays_table(result).show(console)


def looks_line(result: RunResult) -> str:
    """`146 looks: 3 change, 92 no change, 45 not observed, 6 failed`."""
    counts = result_counts(result.looks)
    each = ", ".join(f"{number} {RESULT_WORDS[name]}" for name, number in counts.items())
    return f"{len(result.looks)} look{'' if len(result.looks) == 1 else 's'}: {each}"


def _cells(hit: Hit) -> tuple[str, ...]:
    between = f"{minutes(hit.before)} → {minutes(hit.after)}"
    false_alarms = calibrated(hit.false_alarms_per_year)
    return hit.kind, hit.size_class, length_text(hit), between, hit.apron, f"{hit.score:.1f}", false_alarms
