"""What tracks say of hits and stays, and looks of tracks, in hedged sentences that a person can quote."""

from collections.abc import Sequence

from imagery_watch.model.corroboration import Corroborated, LookState, Match, TrackState, TrackTold
from imagery_watch.model.results import Hit
from imagery_watch.model.stay import Stay
from imagery_watch.outputs.wording.flight_terms import (
    tell_aircraft,
    tell_moment,
    tell_name,
    tell_place,
    tell_size,
    tell_span,
    tell_terms,
    tell_time,
)
from imagery_watch.outputs.wording.text import clean, duration, minutes

STATE_WORDS = {
    TrackState.SEEN_LANDING: "seen landing",
    TrackState.SEEN_DEPARTING: "seen departing",
    TrackState.SEEN_BOTH: "seen landing and departing",
    TrackState.NEAR: "heard near",
    TrackState.SILENT_COVERED: "silent, others heard",
    TrackState.SILENT_UNCOVERED: "silent, not covered",
    TrackState.NOT_ASSESSABLE: "tracks cannot tell",
    TrackState.AMBIGUOUS: "ambiguous",
    TrackState.CONTRADICTED_SIZE: "contradicted by size",
    TrackState.CONTRADICTED_ELSEWHERE: "contradicted: elsewhere",
}
LOOK_WORDS = {
    LookState.SEEN: "seen",
    LookState.UNSEEN: "no look to see it",
    LookState.EXPECTED: "expected, not found",
    LookState.OUTSIDE: "looks cannot tell",
}
MOST_LISTED = 4
_SILENCE: dict[TrackState, str] = {
    TrackState.SILENT_COVERED: (
        "No transponder that fits was received, while others were heard on the ground or low there in {every}. That is "
        "no proof that none came: transponders are switched off, and many military aircraft have none."
    ),
    TrackState.SILENT_UNCOVERED: (
        "No transponder that fits was received, and the files do not show that one would have been: others were heard "
        "on the ground or low there in {covered} of {cells} spans of six hours."
    ),
    TrackState.NOT_ASSESSABLE: (
        "The files cannot tell: they hold single aircraft, or nothing of this time, so nobody's absence follows."
    ),
}


def tell_hit(one: Corroborated, hit: Hit) -> str:
    """What tracks say of a hit, in sentences that a person can quote."""
    if one.state in (TrackState.SEEN_LANDING, TrackState.SEEN_DEPARTING):
        return " ".join(_tell_seen(match, hit) for match in one.matches)
    if one.state == TrackState.AMBIGUOUS and len(one.matches) == 1:
        name = tell_name(one.matches[0])
        return f"{name} fits this change and others as well, so none of them can be told to be it."
    if one.state == TrackState.AMBIGUOUS:
        return f"{len(one.matches)} aircraft fit equally well, so none can be named: {_list(one.matches)}."
    if one.matches:
        return f"{_tell_other(one)} {tell_terms(one.matches[0], hit)}"
    return f"{_tell_silence(one)}{_tell_nearest(one)}"


def _tell_seen(match: Match, hit: Hit) -> str:
    shown = f"Consistent with the {match.end} of {tell_name(match)} that these tracks show {tell_time(match)}."
    return f"{shown} {tell_terms(match, hit)}"


def _tell_other(one: Corroborated) -> str:
    """What an aircraft did that fits in part."""
    match = one.matches[0]
    name, verb = tell_name(match), "came" if match.end == "arrival" else "left"
    if one.state == TrackState.CONTRADICTED_SIZE:
        return f"{name} {verb} in time and place, and its size does not fit: one of the two is wrong, or both."
    if one.state == TrackState.CONTRADICTED_ELSEWHERE:
        return f"{name} {verb} in time, and is heard elsewhere while a look still shows the object."
    if match.shown:
        return f"{name} {verb} {tell_time(match)}, these tracks show, which need not lie in the bracket."
    doing = "on its way in" if match.end == "arrival" else "on its way out"
    where = "on the ground" if match.track is not None else f"low and near, {doing}"
    more = f" (and {len(one.matches) - 1} more)" if len(one.matches) > 1 else ""
    return f"{name}{more} was heard {where}, {tell_time(match)}; the files do not show how it {verb}."


def _tell_silence(one: Corroborated) -> str:
    every = "the one span of six hours" if one.cells == 1 else f"every one of {one.cells} spans of six hours"
    return _SILENCE.get(one.state, "").format(every=every, covered=one.covered, cells=one.cells)


def _tell_nearest(one: Corroborated) -> str:
    near = one.nearest
    if near is None:
        return ""
    return f" The nearest {near.end} is {tell_name(near)}, {tell_time(near)}: {tell_span(near.apart_s)} outside."


def _list(matches: Sequence[Match]) -> str:
    told = [f"{tell_name(one)} {tell_time(one)}" for one in matches[:MOST_LISTED]]
    more = f" and {len(matches) - MOST_LISTED} more" if len(matches) > MOST_LISTED else ""
    return "; ".join(told) + more


def tell_stay(one: Corroborated, stay: Stay, ends: Sequence[str], hit: Hit | None = None) -> str:
    """What tracks say of a stay; `ends` are the sentences of its hits, `hit` the one that it began with."""
    if one.state == TrackState.AMBIGUOUS and len(one.matches) > 1:
        return f"{len(one.matches)} movements fit its ends, and not as one aircraft: {_list(one.matches)}."
    if one.state != TrackState.SEEN_BOTH:
        return " ".join(dict.fromkeys(ends)) or "None of its ends is a hit: tracks were not held against it."
    came, left = one.matches
    bounds = f"at least {stay.dwell_min_hours:.0f} hours" if stay.dwell_min_hours >= 1 else "any time"
    if stay.dwell_max_hours is not None:
        bounds += f" up to less than {stay.dwell_max_hours:.0f} hours"
    terms = f" {tell_place(came)} {tell_size(came, hit)}" if hit is not None else ""
    return clean(
        f"Consistent with {tell_name(came)}, which these tracks show landing {tell_time(came)} and leaving "
        f"{tell_time(left)}: {duration(left.not_before - came.not_after)} on the ground, where the looks alone allow "
        f"for {bounds}.{terms}"
    )


def tell_track(one: TrackTold) -> str:
    """What looks say of an aircraft that tracks show on the ground."""
    return clean(f"{_tell_visit(one)} {_tell_looks(one)}")


def _tell_visit(one: TrackTold) -> str:
    aircraft = one.aircraft
    first, last = aircraft.first_ground, aircraft.last_ground
    name = tell_aircraft(aircraft.name, aircraft.type, aircraft.size)
    came = "" if aircraft.landed is not None else "; how it came is not shown: it may have been there before"
    end = "" if aircraft.took_off is not None else "; how it left is not shown: it may have stayed longer"
    times = f"from {minutes(first)} to {minutes(last)} UTC ({duration(last - first)}{came}{end})"
    return f"These tracks show {name} on the ground {times}."


def _tell_looks(one: TrackTold) -> str:
    """What the looks in that time could show, and did."""
    fell, odds = _count_looks(one), f"the chance that they would have shown it is {one.chance:.0%} at best"
    if one.state == LookState.SEEN:
        return f"A change consistent with it was found: {', '.join(one.hits)}."
    if one.state == LookState.OUTSIDE and one.aircraft.stood and one.aircraft.apron is None:
        return "It stood on none of the aprons that are watched, so the looks say nothing of it."
    if one.state == LookState.OUTSIDE and one.before is None and one.after is None and one.looks:
        return "It was there before the first look and after the last: no change was to be seen."
    if one.state == LookState.OUTSIDE:
        return (
            f"{fell} in that time; how large the aircraft is, nobody tells, nor so whether they could have shown it."
            if one.looks
            else "The looks of this run do not reach around that time."
        )
    if not one.looks:
        around = f"{tell_moment(one.before)} and {tell_moment(one.after)}"
        return f"No look fell into that time, so none could show it; the nearest are of {around}.{_tell_odds(one)}"
    if one.doubted:
        which = ", ".join(one.doubted)
        return f"{fell} in that time ({odds}), and a change was found that fits it in part: {which}; see there."
    if one.state == LookState.UNSEEN:
        return f"{fell} in that time, and could hardly show it: {odds}. That nothing was found says little."
    return (
        f"{fell} in that time, good enough to show it, and nothing was found: {odds}. It may have gone into a hangar "
        "or off the aprons, the detector may have missed it, or it was not there."
    )


def _tell_odds(one: TrackTold) -> str:
    """How likely such a stay was to be seen."""
    if one.chance_any_time is None:
        return ""
    return f" At any other time, a stay as long would have been seen with a chance of {one.chance_any_time:.0%}."


def _count_looks(one: TrackTold) -> str:
    count = len({look.datetime for look in one.looks})
    return "One look fell" if count == 1 else f"{count} looks fell"
