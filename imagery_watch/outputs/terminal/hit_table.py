"""The hits of the record: many as a table, one with all around it; for a terminal and for programs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from imagery_watch.model import Look, RecordedHit, Review, Stay, Turn
from imagery_watch.outputs.files.hits_geojson import point_feature
from imagery_watch.outputs.properties import look_row, stay_properties
from imagery_watch.outputs.review.hits_file import describe
from imagery_watch.outputs.review.tally import Tally, say_rate
from imagery_watch.outputs.terminal.layout import GLUE, Sheet, fold, print_text
from imagery_watch.outputs.terminal.tables import print_simulated
from imagery_watch.outputs.values import dump
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.evidence import tell_probability
from imagery_watch.outputs.wording.sentences import dwell_words
from imagery_watch.outputs.wording.summaries import axis_text, calibrated, describe_reason, length_text, size_text
from imagery_watch.outputs.wording.text import clean, minutes

if TYPE_CHECKING:
    from rich.console import Console

ROOMY = 110
"""Columns of a terminal from which apron and length have a place in the table."""
NAMES = 19
"""Columns that the names of facts take."""


class Around(Protocol):
    """One hit with all that is known around it."""

    @property
    def recorded(self) -> RecordedHit:
        """The hit."""
        ...

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Those that it begins or ends."""
        ...

    @property
    def looks(self) -> tuple[Look, ...]:
        """Those around it."""
        ...

    @property
    def picture(self) -> Path | None:
        """Where its picture is."""
        ...


def show_hits(hits: Sequence[RecordedHit], tallies: Iterable[Tally], console: "Console") -> None:
    """Prints a row a hit, what the reviews of each airfield add up to, and how many hits there are."""
    if made := sum(one.hit.simulated for one in hits):
        print_simulated(console, f"{made} of {len(hits)} hits are of simulated passes: nobody saw what they tell.")
    if hits:
        hits_table(hits, roomy=console.width >= ROOMY).show(console)
    counted = sum(one.judgement == "unreviewed" for one in hits)
    lines = [said for tally in tallies if (said := say_rate(tally))]
    noun = "hit" if len(hits) == 1 else "hits"
    print_text(console, [*lines, f"{len(hits)} {noun}; {counted} not reviewed" if hits else "no hits"])


def hits_table(hits: Sequence[RecordedHit], *, roomy: bool) -> Sheet:
    """The table; with apron and length where there is room."""
    columns = ["Id", "Change", "Between (UTC)", "Score", "Standing"]
    rows = []
    for one in hits:
        hit = one.hit
        rows.append([clean(hit.id), hit.kind, _between(one), f"{hit.score:.1f}", standing_words(one)])
        rows[-1][3:3] = [clean(hit.apron), f"{hit.length_m:.0f} m"] if roomy else []
    columns[3:3] = ["Apron", "Length"] if roomy else []
    return Sheet(tuple(columns), tuple(tuple(row) for row in rows), right=("Score",))


def standing_words(one: RecordedHit) -> str:
    """Status and verdict: `provisional`, `confirmed (review)`, `provisional, rejected`."""
    status, verdict = one.hit.status, one.judgement
    said = "" if verdict == "unreviewed" else " (review)" if verdict == status else f", {verdict}"
    return f"{status}{said}{', no news' if one.muted_by is not None else ''}"


def describe_hits(hits: Iterable[RecordedHit], tallies: Iterable[Tally]) -> dict[str, Any]:
    """For `--json`: Features, as `hits export` writes them, and the tallies."""
    features = [point_feature(one.hit.id, one.hit.lon, one.hit.lat, describe(one)) for one in hits]
    return {"hits": features, "reviews": [dump(one) | {"factor": one.factor} for one in tallies]}


def describe_hit(around: Around) -> dict[str, Any]:
    """For `--json`: the Feature, its changes of status, stays, looks and picture."""
    one = around.recorded
    return {
        "hit": point_feature(one.hit.id, one.hit.lon, one.hit.lat, describe(one)),
        "turns": [{name: value for name, value in dump(turn).items() if name != "hit"} for turn in one.turns],
        "stays": [stay_properties(stay) for stay in around.stays],
        "looks": [look_row(look) for look in around.looks],
        "picture": None if around.picture is None else str(around.picture),
    }


def show_hit(around: Around, console: "Console") -> None:
    """Prints everything about one hit."""
    one = around.recorded
    if one.hit.simulated:
        print_simulated(console, "The passes of this hit are simulated: nobody saw what it tells.")
    print_text(console, [one.hit.summary, ""])
    for name, value in _facts(one):
        _print_folded(console, name.ljust(NAMES, GLUE) + value, NAMES)
    _print_list(console, "Stays", [_say_stay(stay, one) for stay in around.stays])
    if around.looks:
        _looks_table(around.looks).show(console)
    _print_list(console, "History", [_say_turn(turn) for turn in one.turns])
    _print_list(console, "Reviews", [_say_review(said) for said in one.reviews] or ["none yet"])
    print_text(console, ["no picture in the usual folder" if around.picture is None else f"Picture: {around.picture}"])


def _facts(one: RecordedHit) -> list[tuple[str, str]]:
    hit = one.hit
    return [
        ("Id", hit.id),
        ("Airfield", f"{hit.airfield}, {hit.apron}"),
        ("Place", f"{hit.lat:.5f}, {hit.lon:.5f} (latitude, longitude)"),
        ("Change", f"possible {hit.kind}, {size_text(hit)}"),
        ("Between", f"{minutes(hit.before)} and {minutes(hit.after)} UTC"),
        ("Length", length_text(hit)),
        ("Long axis", axis_text(hit.heading_deg)),
        ("Score", f"{hit.score:.1f}"),
        ("False alarms/year", calibrated(hit.false_alarms_per_year)),
        ("Probability", tell_probability(hit) if tell_doubt(hit) else calibrated(hit.probability)),
        ("Standing", standing_words(one)),
        ("First recorded", f"{minutes(one.first_seen)} UTC{', found late' if hit.late else ''}"),
        *(("Evidence", f"{said.source}, {said.state}: {said.statement}") for said in hit.evidence),
        ("Credit", one.credit),
    ]


def _between(one: RecordedHit) -> str:
    return f"{minutes(one.hit.before)[:10]} → {minutes(one.hit.after)[:10]}"


def _say_stay(stay: Stay, one: RecordedHit) -> str:
    end = "it begins" if stay.arrival_hit == one.hit.id else "it ends"
    return f"{end} {stay.id}, seen {minutes(stay.seen_from)} to {minutes(stay.seen_to)} UTC: {dwell_words(stay)}"


def _say_turn(turn: Turn) -> str:
    way = f"{turn.was} → {turn.became}" if turn.was else turn.became
    scores = " → ".join(f"{score:.1f}" for score in (turn.score_before, turn.score_after) if score is not None)
    said = f"score {scores}" if scores else "noted when records were merged"
    return f"{minutes(turn.happened_at)} {way} ({turn.reason_code}: {turn.reason_code.sentence}; {said})"


def _say_review(said: Review) -> str:
    note = f" ({said.note})" if said.note else ""
    return f"{minutes(said.reviewed_at)} {clean(said.reviewer)}: {said.verdict}{note}"


def _print_list(console: "Console", name: str, lines: Sequence[str]) -> None:
    """Prints the lines below a name; nothing where there are none."""
    for line in [f"{name}:", *(f"  {line}" for line in lines)] if lines else []:
        _print_folded(console, line, 4)


def _print_folded(console: "Console", text: str, hang: int) -> None:
    for line in fold(text, console.width, hang=hang):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _looks_table(looks: Iterable[Look]) -> Sheet:
    rows = [
        (minutes(one.datetime), one.result.replace("_", " "), _share(one.visible_fraction), describe_reason(one))
        for one in looks
    ]
    return Sheet(("Look (UTC)", "Result", "Visible", "Note"), tuple(rows), title="Looks around it")


def _share(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.0%}"
