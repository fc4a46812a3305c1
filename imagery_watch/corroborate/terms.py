"""Time, place and size of an aircraft against those of a hit: three terms, each with its own verdict."""

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import End, GroundStay, Match, Verdict
from imagery_watch.model.flight import Movement
from imagery_watch.model.results import Hit, Look

PLACE_M = 50.0
"""Between a hit and an antenna on the same aircraft, beyond half its length: Sentinel-2 lies within 12.5 m (ESA's data
quality reports), a hit within some 10 m of its aircraft, and positions on the ground within 30 m (NIC 9 and better)."""
BESIDE_M = 150.0
"""From so far on another stand: two large aircraft do not fit between."""
READS_SHORT = 0.21
"""Lengths at real gates read short by so much of the truth (docs/accuracy.md): an aircraft may be longer than told."""
ONE_DATATAKE = timedelta(minutes=40)
"""The longest datatake: where a look's time is that of the datatake's start, the place was seen up to so much later."""
SAME_TIME = timedelta(seconds=2)
PRODUCT_START = re.compile(r"S2[A-D]_MSIL[12][AC]_([0-9]{8}T[0-9]{6})_")
"""In a product's name: when the datatake began (Sentinel-2 Products Specification Document)."""


class Bracket(NamedTuple):
    """Between which two looks something changed, with what the looks' own times may be off."""

    before: datetime
    after: datetime
    before_late: timedelta = timedelta(0)
    """How much later than told the look before may have been."""
    after_late: timedelta = timedelta(0)


def bracket_of(hit: Hit) -> Bracket:
    """The bracket of a hit."""
    return Bracket(
        hit.before, hit.after, may_be_late(hit.before_items, hit.before), may_be_late(hit.after_items, hit.after)
    )


def may_be_late(item_ids: Iterable[str], told: datetime) -> timedelta:
    """How much later than told a look may have been: none where its time is not the datatake's, as products name it."""
    starts = [found[1] for name in item_ids if (found := PRODUCT_START.match(name))]
    try:
        times = [datetime.strptime(one, "%Y%m%dT%H%M%S").replace(tzinfo=told.tzinfo) for one in starts]
    except ValueError:
        return timedelta(0)  # nothing tells when the datatake began, and `datetime` is all there is
    return ONE_DATATAKE if any(abs(told - start) <= SAME_TIME for start in times) else timedelta(0)


def may_be_late_at(look: Look) -> timedelta:
    """The same of a look."""
    return may_be_late(look.item_ids, look.datetime)


def judge_time(
    bracket: Bracket, not_before: datetime, not_after: datetime, tolerance_s: float
) -> tuple[Verdict, float]:
    """Whether something happened in a bracket, and how many seconds outside at least.

    Agrees where both of its bounds lie in the bracket; near where they only overlap with it, where only the tolerances
    of the networks make them do so, or where the looks' own times may turn it round.
    """
    apart = max((bracket.before - not_after).total_seconds(), (not_before - bracket.after).total_seconds())
    slack = timedelta(seconds=tolerance_s)
    if apart <= 0:
        inside = bracket.before <= not_before and not_after <= bracket.after
        shaky = not inside or not_after < bracket.before + bracket.before_late
        return (Verdict.NEAR if shaky else Verdict.AGREES), 0.0
    if not_after >= bracket.before - slack and not_before <= bracket.after + slack + bracket.after_late:
        return Verdict.NEAR, apart
    return Verdict.DISAGREES, apart


def judge_place(hit: Hit, one: GroundStay) -> tuple[Verdict, float]:
    """Whether an aircraft stood where the hit is, and how many metres from there it was heard.

    What is only heard while it rolls tells an apron at the most: near, where that is the hit's.
    """
    distance = measure_m(hit.lon, hit.lat, *one.place)
    allowed = PLACE_M + max(hit.length_high_m, one.size.longest_m if one.size else 0.0) / 2
    if distance <= allowed:
        return Verdict.AGREES, distance
    if one.stood:
        beside = distance <= allowed + BESIDE_M - PLACE_M and hit.apron in one.aprons
        return (Verdict.NEAR if beside else Verdict.DISAGREES), distance
    return (Verdict.NEAR if hit.apron in one.aprons else Verdict.UNKNOWN), distance


def judge_size(hit: Hit, size: AircraftSize | None) -> Verdict:
    """Whether a type's length is within the hit's 90 % interval; near, where it is as long as hits may read short."""
    if size is None:
        return Verdict.UNKNOWN
    if size.longest_m >= hit.length_low_m and size.shortest_m <= hit.length_high_m:
        return Verdict.AGREES
    short = size.shortest_m > hit.length_high_m and size.shortest_m <= hit.length_high_m / (1 - READS_SHORT)
    return Verdict.NEAR if short else Verdict.DISAGREES


def measure_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres between two places of one airfield, on a sphere."""
    east = math.radians((other_lon - lon + 180) % 360 - 180) * math.cos(math.radians((lat + other_lat) / 2))
    return 6_371_008.8 * math.hypot(east, math.radians(other_lat - lat))


def hold_against(hit: Hit, end: End, one: GroundStay) -> Match:
    """An aircraft against one end of a hit: when it came or left, where it stood, and how long its type is.

    Where the files do not show that end, the nearest fixes on the ground bound its time on one side only: near at best.
    """
    movement = one.landed if end == "arrival" else one.took_off
    first, last = _bounds(one, end, movement)
    bracket = bracket_of(hit)
    verdict, apart = judge_time(bracket, first, last, movement.tolerance_s if movement else 0.0)
    if verdict == Verdict.AGREES and movement is None:
        verdict = Verdict.NEAR
    place, distance = judge_place(hit, one)
    return Match(
        track=one.id,
        end=end,
        shown=movement is not None,
        name=one.name,
        type=one.type,
        size=one.size,
        not_before=first,
        not_after=last,
        time=verdict,
        apart_s=round(apart, 1),
        place=place,
        distance_m=round(distance, 1),
        stood=one.stood,
        apron=one.apron,
        size_fits=judge_size(hit, one.size),
    )


def hold_near(hit: Hit, end: End, movement: Movement, size: AircraftSize | None) -> Match:
    """An aircraft that was only heard low and near against one end of a hit."""
    verdict, apart = judge_time(bracket_of(hit), movement.not_before, movement.not_after, movement.tolerance_s)
    return Match(
        track=None,
        end=end,
        shown=False,
        name=movement.callsign or movement.hex or "an aircraft without a name",
        type=movement.type,
        size=size,
        not_before=movement.not_before,
        not_after=movement.not_after,
        time=verdict,
        apart_s=round(apart, 1),
        place=Verdict.UNKNOWN,
        distance_m=None,
        stood=False,
        apron=None,
        size_fits=judge_size(hit, size),
    )


def _bounds(one: GroundStay, end: End, movement: Movement | None) -> tuple[datetime, datetime]:
    if movement is not None:
        return movement.not_before, movement.not_after
    at = one.first_ground if end == "arrival" else one.last_ground
    return at, at
