"""Stays, surplus and chances in the words of an analyst: hedged, and without a number that nobody knows."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import dropwhile, groupby

from imagery_watch.model import Chance, Occupancy, Stay
from imagery_watch.outputs.wording.text import clean, duration, minutes

TOLD_HOURS = 36
"""The stay that is spelled out: what the Il-62M of August 2023 is said to have stood at Sunan."""
OPEN_START = "it was there from the first look that could tell"
OPEN_END = "it was there in the last look that could tell"


def dwell_words(stay: Stay) -> str:
    """How long it stood, as bounds: `at least 15.0 days, less than 25.0 days`."""
    least = "seen in one look" if stay.seen_from == stay.seen_to else f"at least {_hours(stay.dwell_min_hours)}"
    if stay.dwell_max_hours is not None:
        return f"{least}, less than {_hours(stay.dwell_max_hours)}"
    ends = ((stay.not_before, OPEN_START), (stay.not_after, OPEN_END))
    return "; ".join([least, *(words for time, words in ends if time is None)])


def came_words(stay: Stay) -> str:
    """`2022-08-26 10:30 → 2022-08-31 10:20`, or that it was there already."""
    if stay.not_before is None:
        return f"before {minutes(stay.seen_from)}"
    return f"{minutes(stay.not_before)} → {minutes(stay.seen_from)}"


def left_words(stay: Stay) -> str:
    """The bracket in which it left, or that it was still there."""
    if stay.not_after is None:
        return f"after {minutes(stay.seen_to)}"
    return f"{minutes(stay.seen_to)} → {minutes(stay.not_after)}"


def moved_words(stay: Stay, stays: Iterable[Stay]) -> str:
    """What it is consistent with where a stay elsewhere fits; empty where none does."""
    known = {one.id: one for one in stays}
    words = []
    for stay_id, way, when in ((stay.moved_from, "from", "came"), (stay.moved_to, "to", "went")):
        other = known.get(stay_id or "")
        if other is not None:
            words.append(f"consistent with the same aircraft moved {way} another stand on {clean(other.apron)}")
        elif stay_id is not None:
            words.append(f"consistent with the same aircraft that {when} {way} another stand")
    return "; ".join(words)


def surplus_sentences(occupancy: Sequence[Occupancy]) -> list[str]:
    """One sentence for each run of looks in which an apron held more or fewer than usual, by time then apron.

    Fewer is not told before a look showed as many as usual: until then nobody knew what would be. How many stood there
    in all is not known: what never left is part of the ground.
    """
    groups = group_by_apron(occupancy).values()
    ordered = [one for rows in groups for one in dropwhile(lambda one: one.surplus < 0, rows)]
    runs = [list(group) for _, group in groupby(ordered, key=lambda one: (one.apron, one.surplus))]
    told = sorted((run for run in runs if run[0].surplus), key=lambda run: (run[0].datetime, run[0].apron))
    return [f"{surplus_words(run[0].surplus)} stood on {clean(run[0].apron)} {_dates(run)}." for run in told]


def group_by_apron(occupancy: Iterable[Occupancy]) -> dict[str, list[Occupancy]]:
    """The looks of each apron in order of time, the aprons by name."""
    groups: dict[str, list[Occupancy]] = {}
    for one in sorted(occupancy, key=lambda one: (one.apron, one.datetime)):
        groups.setdefault(one.apron, []).append(one)
    return groups


def surplus_words(surplus: int) -> str:
    """`2 more than usual`, `1 fewer than usual`, `as many as usual`."""
    if surplus == 0:
        return "as many as usual"
    return f"{abs(surplus)} {'more' if surplus > 0 else 'fewer'} than usual"


def usual_sentence(occupancy: Sequence[Occupancy]) -> str:
    """In how many looks the aprons held as many as usual."""
    if not occupancy:
        return "No look saw enough of an apron to say how full it was."
    same = sum(one.surplus == 0 for one in occupancy)
    return f"In {same} of {len(occupancy)} looks that saw enough of an apron, as many stood there as usual."


def chance_sentences(chances: Sequence[Chance], hours: int = TOLD_HOURS) -> list[str]:
    """For each apron, how likely a stay of so many hours was to be under a look that could see it."""
    return [_chance_sentence(one) for one in chances if one.hours == hours]


def _chance_sentence(one: Chance) -> str:
    dates = f"between {minutes(one.since)[:10]} and {minutes(one.until)[:10]}"
    if one.probability == 0:
        return (
            f"A stay of {one.hours} hours on {clean(one.apron)} that began and ended {dates} would have been under no "
            "look that could see it."
        )
    return (
        f"A stay of {one.hours} hours on {clean(one.apron)} {dates} had a chance of {percent(one.probability)} of "
        "being under at least one look that could see it."
    )


def chance_rows(chances: Sequence[Chance]) -> tuple[list[int], list[tuple[str, list[str]]]]:
    """The table of chances: its hours, and for each apron its name and the percentages."""
    hours = sorted({one.hours for one in chances})
    known = {(one.apron, one.hours): percent(one.probability) for one in chances}
    names = dict.fromkeys(one.apron for one in chances)
    return hours, [(clean(name), [known.get((name, number), "") for number in hours]) for name in names]


def percent(probability: float) -> str:
    """`41 %`; what is not quite none or all is not rounded to it."""
    if 0 < probability < 0.01:
        return "under 1 %"
    if 0.99 < probability < 1:
        return "over 99 %"
    return f"{100 * probability:.0f} %"


def _dates(run: Sequence[Occupancy]) -> str:
    first, last = (minutes(one.datetime)[:10] for one in (run[0], run[-1]))
    return f"on {first}" if len(run) == 1 else f"in {len(run)} looks from {first} to {last}"


def _hours(hours: float) -> str:
    return duration(timedelta(hours=hours))
