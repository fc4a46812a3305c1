"""Which aircraft fit a hit: every one that was heard in time held against it, and one state told of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

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


def corroborate_hit(hit: Hit, traffic: Traffic, stay: Stay | None = None) -> Corroborated:
    """What tracks say of a hit; `stay` is the one that the hit begins or ends.

    Of a replacement either end counts, the arrival first.
    """
    found = [_judge_end(hit, end, traffic, stay) for end in ENDS[hit.kind]]
    best = min(found, key=lambda one: _ORDER.index(one.state))
    matches = tuple(match for one in found if one.state in _TOLD for match in one.matches) or best.matches
    return _with_matches(best, matches)


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
_TOLD = (TrackState.SEEN_LANDING, TrackState.SEEN_DEPARTING, TrackState.AMBIGUOUS)


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
    lasting = [one for one in sized if not _is_elsewhere(ground.get(one.track or ""), end, stay)]
    shown = [one for one in lasting if one.time == Verdict.AGREES and one.shown]
    if shown:
        best = min(_PLACES.index(one.place) for one in shown)
        chosen = tuple(one for one in shown if _PLACES.index(one.place) == best)
        return (_SEEN[end] if len(chosen) == 1 else TrackState.AMBIGUOUS), chosen
    away = [one for one in sized if one not in lasting and _is_shown_there(one)]
    if away:
        return TrackState.CONTRADICTED_ELSEWHERE, tuple(away)
    if lasting:
        return TrackState.NEAR, tuple(sorted(lasting, key=lambda one: _PLACES.index(one.place)))
    other = [one for one in placed if one not in sized and _is_shown_there(one)]
    return (TrackState.CONTRADICTED_SIZE, tuple(other)) if other else (None, ())


def _is_shown_there(one: Match) -> bool:
    """Whether the files show an aircraft come, or leave, in time, and at the hit's own place."""
    return one.time == Verdict.AGREES and one.shown and one.place == Verdict.AGREES


def _is_elsewhere(one: GroundStay | None, end: End, stay: Stay | None) -> bool:
    """Whether an aircraft is heard elsewhere while a look shows the object on its stand."""
    if stay is None or one is None:
        return False
    if end == "arrival":
        return one.took_off is not None and one.took_off.not_after < stay.seen_to
    return one.landed is not None and one.landed.not_before > stay.seen_from


def _find_nearest(held: Sequence[Match]) -> Match | None:
    """The one nearest in time outside the bracket, if it is near at all; those that stood elsewhere are no answer."""
    near = [one for one in held if one.time == Verdict.DISAGREES and one.place != Verdict.DISAGREES]
    near = [one for one in near if one.shown and one.apart_s <= NEAREST_WITHIN.total_seconds()]
    return min(near, key=lambda one: one.apart_s, default=None)


def _with_matches(one: Corroborated, matches: tuple[Match, ...]) -> Corroborated:
    return Corroborated(one.id, one.about, one.state, matches, one.nearest, one.cells, one.covered, one.statement)


def corroborate_stay(stay: Stay, hits: dict[str, Corroborated]) -> Corroborated:
    """What tracks say of a stay, from what they say of the hits that it began and ended with.

    Both ends seen is told where one and the same time on the ground fits both; where two different aircraft fit, each
    at one end, neither can be told.
    """
    ends = [hits[one] for one in (stay.arrival_hit, stay.departure_hit) if one in hits]
    if not ends:
        return Corroborated(stay.id, "stay", TrackState.NOT_ASSESSABLE, (), None, 0, 0, "")
    state, matches = _join_ends(ends)
    cells, covered = sum(one.cells for one in ends), sum(one.covered for one in ends)
    nearest = next((one.nearest for one in ends if one.nearest is not None), None)
    return Corroborated(stay.id, "stay", state, matches, None if matches else nearest, cells, covered, "")


def _join_ends(ends: Sequence[Corroborated]) -> tuple[TrackState, tuple[Match, ...]]:
    """The state of a stay and its matches: arrivals of the first hit, departures of the last."""
    came = _of_end(ends[0], "arrival") if len(ends) == 2 else ()
    left = _of_end(ends[1], "departure") if len(ends) == 2 else ()
    both = [one for one in came if any(other.track == one.track for other in left)]
    if len(both) == 1:
        departure = next(other for other in left if other.track == both[0].track)
        return TrackState.SEEN_BOTH, (both[0], departure)
    if both or (len(came) == 1 and len(left) == 1):
        return TrackState.AMBIGUOUS, (*came, *left)
    best = min(ends, key=lambda one: _ORDER.index(one.state))
    return best.state, best.matches


def _of_end(one: Corroborated, end: End) -> tuple[Match, ...]:
    """The matches of one end that the files show."""
    return tuple(match for match in one.matches if match.end == end and one.state in _TOLD)
