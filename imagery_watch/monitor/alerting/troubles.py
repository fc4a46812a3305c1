"""What keeps the watch from looking, each told once: a catalogue that is down is not forty airfields that fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from imagery_watch.outputs.terminal.sweep_table import Outcome
from imagery_watch.outputs.wording.text import duration, minutes

FEW_GAPS = 5
"""Waits between looks below which an airfield's own history does not say how long one may be."""
CYCLES = 3
"""Repeat cycles without a look that are borne then; and passes, in any case."""


@dataclass(frozen=True)
class Findings:
    """What a sweep says of troubles; of what is in neither it says nothing."""

    seen: dict[str, str]
    """Words by subject."""
    over: frozenset[str]
    """Subjects that are not in trouble now."""


def find_troubles(outcomes: Sequence[Outcome], catalog: str) -> Findings:
    """The troubles of a sweep: of its catalogue where several airfields, or all, suffer from it, else of airfields."""
    subject = f"catalogue {catalog}"
    down = [one for one in outcomes if one.trouble == "catalogue"]
    is_whole = len(down) > 1 or (bool(down) and len(down) == len(outcomes))
    seen = {f"airfield {one.airfield}": one.reason for one in outcomes if one.trouble == "airfield"}
    if is_whole:
        seen[subject] = f"{down[0].reason} ({len(down)} of {len(outcomes)} airfields)"
    else:
        seen |= {f"airfield {one.airfield}": one.reason for one in down}
    over = {f"airfield {one.airfield}" for one in outcomes if not one.trouble}
    return Findings(seen, frozenset(over | ({subject} if outcomes and not is_whole else set())))


def judge_sight(seen: Sequence[tuple[datetime, bool]], now: datetime, cycle: timedelta) -> str:
    """That no pass saw enough of an airfield for longer than its passes allow, in words; empty where all is well.

    `seen` are its passes, sorted, and whether each saw enough of an apron. Allowed is the longest wait between two
    looks that its own history has (three repeat cycles where that is short), at least three usual waits between passes;
    and one such wait more, for what is published late.
    """
    if not seen:
        return ""
    every, clear = [when for when, _ in seen], [when for when, good in seen if good]
    between = find_usual_wait(every, cycle)
    waits = [later - earlier for earlier, later in pairwise(clear)]
    longest = max(waits) if len(waits) >= FEW_GAPS else CYCLES * cycle
    last = clear[-1] if clear else every[0]
    if now - last <= max(longest, CYCLES * between) + between:
        return ""
    missed = [when for when in every if when > last or not clear]
    since = f"could not look since {minutes(last)} UTC"
    usual = f"a pass comes every {duration(between)}"
    if missed:
        came = f"{len(missed)} pass{'es' if len(missed) > 1 else ''} came since, and none saw enough of an apron"
        return f"{since}: {came} ({usual}, and the longest wait for a look was {duration(longest)})"
    return f"{since}: no pass has come since, although {usual}; is the catalogue still filled?"


def find_usual_wait(times: Sequence[datetime], cycle: timedelta) -> timedelta:
    """The median wait between passes; the repeat cycle where there are too few to tell."""
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return timedelta(seconds=median(waits)) if waits else cycle


def tell_sight(seen: Sequence[tuple[datetime, bool]], trouble: str) -> str:
    """How well an airfield can be seen: that it could not be looked at, or when it was, and how often lately."""
    if trouble or not seen:
        return trouble or "no pass was recorded yet"
    clear = [when for when, good in seen if good]
    return f"looked; the last look that saw enough was {minutes(clear[-1])} UTC" if clear else "not looked at yet"
