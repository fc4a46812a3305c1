"""An aircraft held against a hit, in words: when, where and how large, a sentence each, never one number."""

from datetime import datetime

from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import Match, Verdict
from imagery_watch.model.results import Hit
from imagery_watch.outputs.wording.text import clean, minutes

SAME_MOMENT_S = 120.0
"""Bounds so near to one another are told as one time."""


def tell_aircraft(name: str, kind: str, size: AircraftSize | None) -> str:
    """`RA-86559 (Il-62, 53 m)`, as far as it is known."""
    if size is not None:
        return clean(f"{name} ({size.name}, {size.length_m:.0f} m)")
    return clean(f"{name} ({kind}, size unknown)" if kind else f"{name} (type not told)")


def tell_name(match: Match) -> str:
    """The aircraft of a match, with its type and length where they are known."""
    return tell_aircraft(match.name, match.type, match.size)


def tell_terms(match: Match, hit: Hit) -> str:
    """Time, place and size of a match against a hit, a sentence each."""
    return " ".join((tell_bracket(match, hit), tell_place(match), tell_size(match, hit)))


def tell_time(match: Match) -> str:
    """When it was: `at 2023-07-31 11:28 UTC`, or between two fixes where they are minutes apart."""
    first, last = minutes(match.not_before), minutes(match.not_after)
    if (match.not_after - match.not_before).total_seconds() < SAME_MOMENT_S:
        return f"at {last} UTC"
    return f"between {first} and {last[11:] if first[:10] == last[:10] else last} UTC"


def tell_bracket(match: Match, hit: Hit) -> str:
    """Whether that lies in the bracket of the hit."""
    bracket = f"the bracket of the change ({minutes(hit.before)} to {minutes(hit.after)})"
    if match.time == Verdict.AGREES:
        return f"Time: inside {bracket}."
    if match.apart_s:
        return f"Time: {tell_span(match.apart_s)} outside {bracket}."
    return f"Time: in part inside {bracket}, or inside as far as the looks' own times allow."


def tell_place(match: Match) -> str:
    """How near to the hit it was heard."""
    if match.distance_m is None:
        return "Place: not shown on the ground."
    there = "it stood" if match.stood else "it was last heard"
    if match.end == "departure" and not match.stood:
        there = "it was first heard"
    apron = f" on apron {match.apron}" if match.apron else ""
    ends = {
        Verdict.AGREES: ".",
        Verdict.NEAR: ": the same apron, not the same spot.",
        Verdict.DISAGREES: ": somewhere else.",
        Verdict.UNKNOWN: "; where it parked is not shown.",
    }
    return clean(f"Place: {there}{apron} {match.distance_m:.0f} m from the change{ends[match.place]}")


def tell_size(match: Match, hit: Hit) -> str:
    """Whether its type is as long as the hit."""
    told = f"{hit.length_low_m:.0f} to {hit.length_high_m:.0f} m measured"
    if match.size is None:
        why = f"type {match.type} is not in the table" if match.type else "the files tell no type"
        return clean(f"Size: unknown, for {why}.")
    said = {
        Verdict.AGREES: f"within the {told}",
        Verdict.NEAR: f"longer than the {told}, and lengths may read short by a fifth",
    }.get(match.size_fits, f"not within the {told}")
    return clean(f"Size: {match.size.name} is {match.size.length_m:.0f} m long, {said}.")


def tell_moment(time: datetime | None) -> str:
    """UTC to the minute, or that there is none."""
    return "none" if time is None else minutes(time)


def tell_span(seconds: float) -> str:
    """`40 minutes`, `3.0 hours`."""
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
