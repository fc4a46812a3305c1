"""Which aircraft fit a hit: every one that was heard in time held against it, and one state told of all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from imagery_watch.corroborate.silence import Hearing, judge_silence
from imagery_watch.corroborate.terms import hold_against, hold_near
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import Corroborated, End, GroundStay, Match, TrackState, Verdict
from imagery_watch.model.flight import Movement
from imagery_watch.model.results import Hit
from imagery_watch.model.stay import Stay

NEAREST_WITHIN = timedelta(days=2)
"""Beyond the bracket, an aircraft is no longer named as the nearest."""
ENDS: dict[str, tuple[End, ...]] = {
    "arrival": ("arrival",),
    "departure": ("departure",),
    "replacement": ("arrival", "departure"),
}
_PLACES = (Verdict.AGREES, Verdict.NEAR, Verdict.UNKNOWN)
_SEEN: dict[End, TrackState] = {"arrival": TrackState.SEEN_LANDING, "departure": TrackState.SEEN_DEPARTING}


@dataclass(frozen=True)
class Traffic:
    """What tracks show at the airfield."""

    ground: tuple[GroundStay, ...]
    near: tuple[tuple[Movement, AircraftSize | None], ...]
    """Who was heard low and near, with the size of its type."""
    hearing: Hearing


_ORDER = (
    TrackState.SEEN_BOTH,
    TrackState.SEEN_LANDING,
    TrackState.SEEN_DEPARTING,
    TrackState.AMBIGUOUS,
    TrackState.CONTRADICTED_ELSEWHERE,
    TrackState.CONTRADICTED_SIZE,
    TrackState.NEAR,
    TrackState.SILENT_COVERED,
    TrackState.SILENT_UNCOVERED,
    TrackState.NOT_ASSESSABLE,
)
SEEN_ENDS = (TrackState.SEEN_LANDING, TrackState.SEEN_DEPARTING)
_FITTING = (*SEEN_ENDS, TrackState.AMBIGUOUS)
_SILENCES = (TrackState.SILENT_COVERED, TrackState.SILENT_UNCOVERED, TrackState.NOT_ASSESSABLE)
Ends = dict[tuple[str, End], Corroborated]
"""By the hit's id and its end."""


def judge_ends(hit: Hit, traffic: Traffic, began: Stay | None = None, ended: Stay | None = None) -> Ends:
    """What tracks say of each end that a hit has: a replacement has both.

    `began` is the stay that begins with the hit, `ended` the one that ends with it.
    """
    stays = {"arrival": began, "departure": ended}
    return {(hit.id, end): _judge_end(hit, end, traffic, stays[end]) for end in ENDS[hit.kind]}


def part_shared(ends: Ends) -> Ends:
    """The same, where an aircraft that fits several hits at the same end stays with the nearest, if one is nearest.

    One landing is no evidence for three arrivals: of the others nothing can be told.
    """
    claims: dict[tuple[str | None, End], list[tuple[str, End]]] = {}
    for key, one in ends.items():
        if one.state in SEEN_ENDS:
            claims.setdefault((one.matches[0].track, key[1]), []).append(key)
    parted = dict(ends)
    for keys in (several for several in claims.values() if len(several) > 1):
        ranks = [_PLACES.index(ends[key].matches[0].place) for key in keys]
        kept = keys[ranks.index(min(ranks))] if ranks.count(min(ranks)) == 1 else None
        parted |= {key: replace(ends[key], state=TrackState.AMBIGUOUS) for key in keys if key != kept}
    return parted


def combine_ends(hit: Hit, ends: Ends) -> Corroborated:
    """What tracks say of a hit; of a replacement both ends that are seen, else the one that says most."""
    found = [ends[hit.id, end] for end in ENDS[hit.kind]]
    best = min(found, key=_rank)
    seen = tuple(match for one in found if one.state in SEEN_ENDS for match in one.matches)
    return replace(best, matches=seen or best.matches)


def _rank(one: Corroborated) -> int:
    """How little a state says."""
    return _ORDER.index(one.state)


def _judge_end(hit: Hit, end: End, traffic: Traffic, stay: Stay | None) -> Corroborated:
    """One end of a hit against all traffic."""
    held = [hold_against(hit, end, one) for one in traffic.ground if _is_there(hit, end, one)]
    passing = [hold_near(hit, end, one, size) for one, size in traffic.near if one.way in (None, end)]
    silence, cells, covered = judge_silence(traffic.hearing, hit.before, hit.after)
    state, matches = _choose([*held, *passing], end, stay, {one.id: one for one in traffic.ground})
    nearest = None if matches else _find_nearest([*held, *passing])
    return Corroborated(hit.id, "hit", state or silence, matches, nearest, cells, covered, "")


def _is_there(hit: Hit, end: End, one: GroundStay) -> bool:
    """Whether an aircraft can have been on the ground in the look that shows the object."""
    if end == "arrival":
        return one.took_off is None or one.took_off.not_after > hit.after
    return one.landed is None or one.landed.not_before < hit.before


def _choose(
    held: Sequence[Match], end: End, stay: Stay | None, ground: Mapping[str, GroundStay]
) -> tuple[TrackState | None, tuple[Match, ...]]:
    """The state that the matches make, and those that it rests on; none where nothing fits in time."""
    in_time = [one for one in held if one.time in (Verdict.AGREES, Verdict.NEAR)]
    placed = [one for one in in_time if one.place != Verdict.DISAGREES]
    sized = [one for one in placed if one.size_fits != Verdict.DISAGREES]
    lasting = [one for one in sized if not _is_elsewhere(ground.get(one.track or ""), end, stay, ground.values())]
    shown = [one for one in lasting if one.time == Verdict.AGREES and one.shown]
    if shown:
        best = min(_PLACES.index(one.place) for one in shown)
        chosen = tuple(one for one in shown if _PLACES.index(one.place) == best)
        return (_SEEN[end] if len(chosen) == 1 else TrackState.AMBIGUOUS), chosen
    away = [one for one in sized if one not in lasting and _is_shown_there(one)]
    if away:
        return TrackState.CONTRADICTED_ELSEWHERE, tuple(away)
    other = [one for one in placed if one not in sized and _is_shown_there(one)]
    if other:
        return TrackState.CONTRADICTED_SIZE, tuple(other)
    near = tuple(sorted(lasting, key=lambda one: _PLACES.index(one.place)))
    return (TrackState.NEAR, near) if near else (None, ())


def _is_shown_there(one: Match) -> bool:
    """Whether the files show an aircraft come, or leave, in time, and at the hit's own place."""
    return one.time == Verdict.AGREES and one.shown and one.place == Verdict.AGREES


def _is_elsewhere(one: GroundStay | None, end: End, stay: Stay | None, ground: Iterable[GroundStay]) -> bool:
    """Whether an aircraft is away when the last look, or the first, shows the object on its stand."""
    if stay is None or one is None:
        return False
    if end == "arrival":
        away, moment = one.took_off is not None and one.took_off.not_after < stay.seen_to, stay.seen_to
    else:
        away, moment = one.landed is not None and one.landed.not_before > stay.seen_from, stay.seen_from
    return away and not any(_is_on_ground(other, moment) for other in ground if _is_same(one, other))


def _is_same(one: GroundStay, other: GroundStay) -> bool:
    """Whether two times on the ground are of one aircraft."""
    return one.id.partition("@")[0] == other.id.partition("@")[0]


def _is_on_ground(one: GroundStay, moment: datetime) -> bool:
    return one.first_ground <= moment and (one.took_off is None or moment <= one.last_ground)


def _find_nearest(held: Sequence[Match]) -> Match | None:
    """The one nearest in time outside the bracket, if it is near at all; those that stood elsewhere are no answer."""
    near = [one for one in held if one.time == Verdict.DISAGREES and one.place != Verdict.DISAGREES]
    near = [one for one in near if one.shown and one.apart_s <= NEAREST_WITHIN.total_seconds()]
    return min(near, key=lambda one: one.apart_s, default=None)


def corroborate_stay(stay: Stay, ends: Ends) -> Corroborated:
    """What tracks say of a stay, from what they say of the arrival that it began with, and of the departure.

    Both ends seen is told where one and the same time on the ground fits both; where two different aircraft fit, each
    at one end, neither can be told. Of silence the weaker end counts.
    """
    came, left = ends.get((stay.arrival_hit or "", "arrival")), ends.get((stay.departure_hit or "", "departure"))
    known = [one for one in (came, left) if one is not None]
    if not known:
        return Corroborated(stay.id, "stay", TrackState.NOT_ASSESSABLE, (), None, 0, 0, "")
    state, matches = _join_ends(*known) if len(known) == 2 else (known[0].state, known[0].matches)
    cells, covered = sum(one.cells for one in known), sum(one.covered for one in known)
    nearest = next((one.nearest for one in known if one.nearest is not None), None)
    return Corroborated(stay.id, "stay", state, matches, None if matches else nearest, cells, covered, "")


def _join_ends(came: Corroborated, left: Corroborated) -> tuple[TrackState, tuple[Match, ...]]:
    """The state of a stay with two ends, and its matches."""
    arrivals, departures = (one.matches if one.state in _FITTING else () for one in (came, left))
    both = [one for one in arrivals if any(other.track == one.track for other in departures)]
    if len(both) == 1:
        departure = next(other for other in departures if other.track == both[0].track)
        return TrackState.SEEN_BOTH, (both[0], departure)
    if both or (arrivals and departures):
        return TrackState.AMBIGUOUS, (*arrivals, *departures)
    best = min(came, left, key=_rank)
    if best.state in _SILENCES:
        best = max(came, left, key=_rank)
    return best.state, best.matches
