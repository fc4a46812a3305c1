"""The other way round: aircraft that tracks show on the ground, and whether a look should have shown them."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from imagery_watch.corroborate.terms import may_be_late_at
from imagery_watch.model.corroboration import Corroborated, GroundStay, LookAt, LookState, TrackState, TrackTold
from imagery_watch.model.results import Look

FOUND_AT_LIMIT = 0.8
"""Share that is found of aircraft of `smallest_detectable_m`, by definition (docs/method.md, section 15)."""
EXPECTED = 0.5
"""From this chance on, that nothing was found asks for an explanation: it was more likely to be seen than not."""
DOUBTED = {TrackState.CONTRADICTED_SIZE, TrackState.CONTRADICTED_ELSEWHERE, TrackState.NEAR}
SEEN = {TrackState.SEEN_LANDING, TrackState.SEEN_DEPARTING, TrackState.SEEN_BOTH, TrackState.AMBIGUOUS}


def tell_track(one: GroundStay, looks: Sequence[Look], told: Sequence[Corroborated]) -> TrackTold:
    """What the looks say of one aircraft on the ground; `told` are the hits and stays with their matches.

    Only what is certain counts: the time between its landing and its take-off, and looks that lie in it.
    """
    hits, stays = (_fitting(one, told, about, SEEN) for about in ("hit", "stay"))
    doubted = _fitting(one, told, "hit", DOUBTED)
    since, until = one.first_ground, one.last_ground
    within = tuple(judge_look(look, one) for look in looks if _is_within(look, one) and is_its(look, one))
    chance = 1.0 - _missed_by_all(within)
    times = [look.datetime for look in looks]
    before = max((time for time in times if time < since), default=None)
    after = min((time for time in times if time > until), default=None)
    if hits or stays:
        state = LookState.SEEN
    elif within and (one.size is None or before is after is None or (one.stood and one.apron is None)):
        state = LookState.OUTSIDE  # nobody tells how large it is; nothing changed; or it stood where nobody looks
    elif within:
        state = LookState.EXPECTED if chance >= EXPECTED else LookState.UNSEEN
    else:
        state = LookState.OUTSIDE if before is None or after is None else LookState.UNSEEN
    return TrackTold(one, state, hits, stays, doubted, within, before, after, chance, None, (), "")


def _fitting(
    one: GroundStay, told: Iterable[Corroborated], about: str, states: Container[TrackState]
) -> tuple[str, ...]:
    """Ids of the hits, or stays, in these states that rest on this aircraft."""
    return tuple(
        subject.id
        for subject in told
        if subject.about == about
        and subject.state in states
        and any(match.track == one.id for match in subject.matches)
    )


def _is_within(look: Look, one: GroundStay) -> bool:
    """Whether a look was for certain taken while the aircraft was on the ground, whatever its own time may be off."""
    return one.first_ground <= look.datetime and look.datetime + may_be_late_at(look) <= one.last_ground


def is_its(look: Look, one: GroundStay) -> bool:
    """Whether a look is of the apron on which the aircraft stood; of all aprons where that is not known."""
    return look.apron == one.apron if one.apron is not None and one.stood else True


def judge_look(look: Look, one: GroundStay) -> LookAt:
    """How likely a look of its apron would have shown an aircraft: where its limit is longer, not at all."""
    visible = (look.visible_fraction or 0.0) if look.result in ("change", "no_change") else 0.0
    limit, length = look.smallest_detectable_m, one.size.shortest_m if one.size else None
    able = limit is not None and length is not None and length >= limit
    return LookAt(look.datetime, look.apron, visible, limit, visible * FOUND_AT_LIMIT if able else 0.0)


def _missed_by_all(within: Sequence[LookAt]) -> float:
    """The chance that no look would have shown the aircraft: of several aprons at one time, the mean of them."""
    by_time: dict[datetime, list[float]] = {}
    for look in within:
        by_time.setdefault(look.datetime, []).append(look.chance)
    missed = 1.0
    for chances in by_time.values():
        missed *= 1.0 - sum(chances) / len(chances)
    return missed
