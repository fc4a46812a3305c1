"""Time, place and size of each aircraft held against a hit, a few words each, for the table of the report."""

from dataclasses import dataclass

from imagery_watch.model.corroboration import Corroborated, Match, Verdict
from imagery_watch.outputs.wording.flight_terms import tell_span
from imagery_watch.outputs.wording.text import clean

MOST_MATCHES = 3
MARKS = {Verdict.AGREES: "✓", Verdict.NEAR: "≈", Verdict.DISAGREES: "✗", Verdict.UNKNOWN: "?"}


@dataclass(frozen=True)
class HitRow:
    """What tracks say of one hit: each term on its own, a line for each aircraft."""

    time: tuple[str, ...]
    place: tuple[str, ...]
    size: tuple[str, ...]


def lay_terms(one: Corroborated) -> HitRow:
    """The terms of the aircraft that a hit's state rests on; else of the nearest; else none was held against it."""
    matches = one.matches or ((one.nearest,) if one.nearest is not None else ())
    if not matches:
        return HitRow(("no aircraft",), ("–",), ("–",))
    shown = matches[:MOST_MATCHES]
    nearest = "" if one.matches else "nearest, "
    names = [f"{nearest}{match.name}: " if nearest or len(matches) > 1 else "" for match in shown]
    more = (f"and {len(matches) - MOST_MATCHES} more",) if len(matches) > MOST_MATCHES else ()
    columns = [tuple(clean(name + tell(match)) for name, match in zip(names, shown, strict=True))
               for tell in (tell_time_term, tell_place_term, tell_size_term)]  # fmt: skip
    return HitRow(columns[0] + more, columns[1], columns[2])


def tell_time_term(match: Match) -> str:
    """Whether it came or left in the bracket: `✓ inside`."""
    if match.time == Verdict.UNKNOWN:
        return f"{MARKS[match.time]} not known"
    inside = "inside" if match.time == Verdict.AGREES else "at the edge"
    return f"{MARKS[match.time]} {f'{tell_span(match.apart_s)} outside' if match.apart_s else inside}"


def tell_place_term(match: Match) -> str:
    """How far from the hit it was: `✓ 14 m away`."""
    if match.distance_m is None:
        return f"{MARKS[match.place]} not shown"
    far = f"{match.distance_m:.0f} m" if match.distance_m < 1000 else f"{match.distance_m / 1000:.1f} km"
    more = {
        Verdict.AGREES: "away",
        Verdict.NEAR: "away, same apron",
        Verdict.DISAGREES: "away: elsewhere",
        Verdict.UNKNOWN: "away; not where it parked",
    }[match.place]
    return f"{MARKS[match.place]} {far} {more}"


def tell_size_term(match: Match) -> str:
    """Whether its type is as long as the hit: `✓ 53 m fits`."""
    if match.size is None:
        return f"{MARKS[Verdict.UNKNOWN]} not known"
    fits = {
        Verdict.AGREES: "long: fits",
        Verdict.NEAR: "long: longer, may fit",
        Verdict.DISAGREES: "long: does not fit",
        Verdict.UNKNOWN: "long: cannot tell",
    }[match.size_fits]
    return f"{MARKS[match.size_fits]} {match.size.length_m:.0f} m {fits}"
