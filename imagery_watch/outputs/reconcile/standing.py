"""How the standing of recorded hits follows from what sweeps find and from what people say of them.

Nothing here reads or writes; docs/method.md, section 16, has the rules.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from imagery_watch.model import Evidence, Hit, Judgement, Kind, Look, Review, Status, Stay, Turn, judge, newest_of_each
from imagery_watch.outputs.reconcile.record import SAME_PLACE_M, WITHDRAWN, Reconciled, distance_m
from imagery_watch.outputs.wording.doubts import tell_doubt
from imagery_watch.outputs.wording.text import minutes
from imagery_watch.reasons import TurnCode

CLEARLY_STRONGER = 2.33
"""A score above a rejected one by more than this is news again. Of two looks at one and the same thing, whose scores
have a standard deviation of 1 each, the later one is above by so much once in twenty (1.645 times the root of 2)."""
STRONGER_TIMES = 1.5
"""It must be above by this factor, too: the score counts in units of the ground's noise, which is estimated anew."""
WHOLE_APRON = 0.9
"""Visible share of an apron from which a look is taken to have seen a place on it that nothing stands on."""
MIRROR: dict[Kind, Kind] = {"arrival": "departure", "departure": "arrival", "replacement": "replacement"}
"""What the same thing is called when it goes the other way."""
REVIEW, SEEN_AGAIN, REJECTED_PLACE = "review", "seen again", "rejected place"
VERDICT_WORDS = {
    "confirmed": "takes the change for real",
    "rejected": "does not take it for such a change",
    "unsure": "could not decide",
}
_Step = tuple[Status, TurnCode]


@dataclass(frozen=True)
class Past:
    """What the record has of an airfield's hits beside the hits themselves."""

    reviews: Mapping[str, Sequence[Review]] = field(default_factory=dict)
    """By hit."""
    turns: Mapping[str, Sequence[Turn]] = field(default_factory=dict)
    """By hit, the oldest first."""
    told_of: Collection[str] = ()
    """Ids of the passes whose looks were told in earlier sweeps."""


@dataclass(frozen=True)
class Settled:
    """The hits of a sweep with their standing."""

    hits: Reconciled
    """What lies at a rejected place is among its hits, and neither new nor late."""
    turns: tuple[Turn, ...]
    muted: dict[str, str]
    """By the id of a new hit, the rejected one at whose place it is."""


@dataclass(frozen=True)
class Found:
    """What a sweep found of one hit."""

    comes_out: bool
    says_else: bool = False
    """Whether it says something else than was recorded."""
    seen_again: bool = False
    """Whether a later look bears it out."""
    afresh: bool = False
    """Whether a look does that which no earlier sweep had."""


def settle(
    hits: Reconciled, recorded: Sequence[Hit], past: Past, looks: Sequence[Look], stays: Sequence[Stay], now: datetime
) -> Settled:
    """The hits of a sweep with status and evidence, how that changed, and which of them are no news.

    `recorded` are all hits that the record has of the airfield; `looks` and `stays` are the sweep's, under the names
    of the record.
    """
    known = {hit.id: hit for hit in recorded}
    fresh = [hit for hit in hits.hits if hit.id not in known]
    again = [hit for hit in hits.hits if hit.id in known]
    muted = find_muted(fresh, {**known, **{hit.id: hit for hit in again}}.values(), past.reviews)
    turns: list[Turn] = []

    def stand(hit: Hit, found: Found, evidence: Sequence[Evidence]) -> Hit:
        """The hit with its new status and evidence; notes how it got there."""
        settled, new = _stand(hit, known.get(hit.id), found, past, now)
        turns.extend(new)
        return replace(settled, evidence=_evidence(hit, evidence, past.reviews.get(hit.id, ())))

    told, gone = [], []
    for hit in hits.hits:
        later, revised = find_later_looks(hit, looks, stays), hit.id in hits.revised
        news = any(name not in past.told_of for name, _ in later)
        evidence = [*_seen_again(hit, later, kept=not revised), *_silence(hit, muted)]
        told.append(stand(hit, Found(True, revised, bool(later), news), evidence))
    for hit in hits.withdrawn:
        gone.append(stand(hit, Found(False), ()))
    new, late = (tuple(name for name in names if name not in muted) for names in (hits.new, hits.late))
    return Settled(replace(hits, hits=tuple(told), withdrawn=tuple(gone), new=new, late=late), tuple(turns), muted)


def restand(hit: Hit, reviews: Sequence[Review], turns: Sequence[Turn], now: datetime) -> tuple[Hit, tuple[Turn, ...]]:
    """A recorded hit after a review: its status and evidence, and how its status changed, if it did."""
    status = show_status(find_base(hit.status, turns), judge(reviews))
    again = [one for one in hit.evidence if one.state == SEEN_AGAIN]
    turn = Turn(hit.id, now, hit.status, status, TurnCode.REVIEWED, hit.score, hit.score)
    settled = replace(hit, status=status, evidence=_evidence(hit, again, reviews))
    return settled, (turn,) if status != hit.status else ()


def find_base(status: Status, turns: Sequence[Turn]) -> Status:
    """The status that a recorded hit has without its reviews."""
    if status == WITHDRAWN:
        return status
    swept = [turn.became for turn in turns if turn.reason_code != TurnCode.REVIEWED]
    first = [turn.was for turn in turns if turn.was]
    return next(iter([*swept[-1:], *first, status]))


def show_status(base: Status, judgement: Judgement) -> Status:
    """The status with the reviews: a person's word goes before a sweep's, unless the hit no longer comes out."""
    return "confirmed" if judgement == "confirmed" and base != WITHDRAWN else base


def list_steps(base: Literal[Status, ""], found: Found) -> tuple[_Step, ...]:
    """How a sweep changes the status that a hit has without its reviews; `base` is empty for one that is new."""
    if not base:
        again: tuple[_Step, ...] = (("confirmed", TurnCode.SEEN_AGAIN),) if found.seen_again else ()
        return (("provisional", TurnCode.FIRST_SEEN), *again)
    if not found.comes_out:
        return () if base == WITHDRAWN else ((WITHDRAWN, TurnCode.NOT_SEEN_AGAIN),)
    if base == WITHDRAWN:
        return (("revised", TurnCode.CAME_BACK),)
    if found.says_else:
        return (("revised", TurnCode.SAYS_ELSE),)
    again_by = {"provisional": found.seen_again, "revised": found.seen_again and found.afresh}
    return (("confirmed", TurnCode.SEEN_AGAIN),) if again_by.get(base, False) else ()


def find_later_looks(hit: Hit, looks: Sequence[Look], stays: Sequence[Stay]) -> list[tuple[str, datetime]]:
    """Pass and time of the later looks that bear a hit out, in order.

    What came is borne out by the last look that shows it standing on. What left is borne out by the looks that saw
    nearly all of the apron, up to the one in which something stands at the place again. Where it is undecided whether
    anything was replaced, what stands on there bears nothing out.
    """
    if tell_doubt(hit):
        return []
    if hit.kind != "departure":
        return [(one.last_pass, one.seen_to) for one in stays if one.arrival_hit == hit.id and one.seen_to > hit.after]
    near = [one.seen_from for one in stays if one.seen_from >= hit.after and distance_m(one, hit) <= SAME_PLACE_M]
    seen = [(one.pass_id, one.datetime) for one in looks if one.apron == hit.apron and _saw_all(one)]
    later = [(name, when) for name, when in seen if hit.after < when and all(when < came for came in near)]
    return sorted(later, key=lambda one: one[1])


def find_muted(
    fresh: Iterable[Hit], recorded: Iterable[Hit], reviews: Mapping[str, Sequence[Review]]
) -> dict[str, str]:
    """By the id of a new hit, the strongest rejected one at its place, unless the new one is clearly stronger.

    `recorded` are hits of the record, as the same sweep found them where it did: their scores are then of one noise.
    """
    rejected = [hit for hit in recorded if judge(reviews.get(hit.id, ())) == "rejected"]
    muted = {}
    for hit in fresh:
        near = [one for one in rejected if _is_same_thing(one, hit)]
        strongest = max(near, key=lambda one: (one.score, one.id), default=None)
        if strongest is not None and not is_clearly_stronger(hit.score, strongest.score):
            muted[hit.id] = strongest.id
    return muted


def is_clearly_stronger(score: float, rejected: float) -> bool:
    """Whether a score is so far above a rejected one that the same thing is unlikely to have given both."""
    return score > max(rejected + CLEARLY_STRONGER, rejected * STRONGER_TIMES)


def _is_same_thing(rejected: Hit, hit: Hit) -> bool:
    return rejected.kind in (hit.kind, MIRROR[hit.kind]) and distance_m(rejected, hit) <= SAME_PLACE_M


def _saw_all(look: Look) -> bool:
    return look.result in ("change", "no_change") and (look.visible_fraction or 0.0) >= WHOLE_APRON


def _stand(hit: Hit, known: Hit | None, found: Found, past: Past, now: datetime) -> tuple[Hit, list[Turn]]:
    """The hit with its status, and each change on the way from the recorded one."""
    base: Literal[Status, ""] = "" if known is None else find_base(known.status, past.turns.get(hit.id, ()))
    shown: Literal[Status, ""] = "" if known is None else known.status
    before, after = None if known is None else known.score, hit.score if found.comes_out else None
    judgement = judge(past.reviews.get(hit.id, ()))
    if judgement == "rejected":  # what a person saw there may well stand on: no look confirms it
        found = replace(found, seen_again=False)
    turns = []
    for status, code in list_steps(base, found):
        turns.append(Turn(hit.id, now, shown, status, code, before, after))
        base = shown = status
    final = show_status(base or "provisional", judgement)
    if final != shown:
        turns.append(Turn(hit.id, now, shown, final, TurnCode.REVIEWED, before, after))
    return replace(hit, status=final), turns


def _evidence(hit: Hit, more: Sequence[Evidence], reviews: Sequence[Review]) -> tuple[Evidence, ...]:
    """What else speaks for or against a hit: what was there, what is added, and each review that counts."""
    kept = [one for one in hit.evidence if one.state != SEEN_AGAIN and not _is_verdict(one)]
    return tuple(dict.fromkeys((*kept, *more, *weigh_reviews(reviews))))


def weigh_reviews(reviews: Iterable[Review]) -> tuple[Evidence, ...]:
    """Each review of one hit that counts, as evidence of it."""
    return tuple(Evidence(REVIEW, one.verdict, _say_review(one)) for one in newest_of_each(reviews))


def _is_verdict(one: Evidence) -> bool:
    return one.source == REVIEW and one.state in VERDICT_WORDS


def _say_review(one: Review) -> str:
    note = f": {one.note}" if one.note else ""
    return f"{one.reviewer}, who looked at it on {minutes(one.reviewed_at)[:10]}, {VERDICT_WORDS[one.verdict]}{note}"


def _seen_again(hit: Hit, later: Sequence[tuple[str, datetime]], *, kept: bool) -> list[Evidence]:
    """That a later look bears the hit out; where none of this sweep does, what an earlier one said, if it holds."""
    if not later:
        return [one for one in hit.evidence if one.state == SEEN_AGAIN] if kept else []
    persists = "nothing stands at the place" if hit.kind == "departure" else "what came still stands there"
    look = f"In the later look of {minutes(later[0][1])} UTC {persists}"
    return [Evidence(hit.sensor, SEEN_AGAIN, f"{look}: that bears out the change, not that it was an aircraft.")]


def _silence(hit: Hit, muted: Mapping[str, str]) -> list[Evidence]:
    """Why a new hit is no news, where it is none."""
    if hit.id not in muted:
        return []
    place = f"within {SAME_PLACE_M:.0f} m of {muted[hit.id]}, which reviewers rejected"
    statement = f"No news: {place}, and not clearly stronger than what was rejected."
    return [Evidence(REVIEW, REJECTED_PLACE, statement)]
