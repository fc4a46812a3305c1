"""What people said of hits, how the standing of a hit changed, and a hit with all that the record has of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from imagery_watch.model.results import Hit, Status
from imagery_watch.reasons import TurnCode

Verdict = Literal["confirmed", "rejected", "unsure"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Judgement = Literal["confirmed", "rejected", "unsure", "disputed", "unreviewed"]
"""What all reviewers together say: `disputed` where one confirms and another rejects."""


@dataclass(frozen=True)
class Review:
    """What one person said of one hit at one time."""

    hit: str
    """The hit's id."""
    airfield: str
    """The airfield's id."""
    verdict: Verdict
    """`confirmed`: the change is real; `rejected`: it is none of this kind; `unsure`: the pictures do not tell."""
    note: str
    """Why, in the reviewer's own words; may be empty."""
    reviewer: str
    """Who said it."""
    reviewed_at: datetime
    """UTC: when it was said; the newest of each reviewer counts."""


@dataclass(frozen=True)
class Turn:
    """One change of the status of a recorded hit."""

    hit: str
    """The hit's id."""
    happened_at: datetime
    """UTC: when the sweep was, or the review."""
    was: Literal[Status, ""]
    """The status before; empty where the record did not have the hit."""
    became: Status
    """The status from then on; the same as before where only the grounds changed."""
    reason_code: TurnCode
    """Why."""
    score_before: float | None
    """The score that the record had."""
    score_after: float | None
    """The score from then on; null where the hit no longer comes out. Both are null where records were merged."""


@dataclass(frozen=True)
class RecordedHit:
    """A hit, and all that the record has of it."""

    hit: Hit
    """As it was told last."""
    first_seen: datetime
    """UTC: when the sweep was that recorded it first."""
    credit: str
    """The credits owed for its imagery and shapes."""
    muted_by: str | None
    """The rejected hit at whose place it is, so that it was no news; null where it is at none."""
    reviews: tuple[Review, ...] = ()
    """All of them, the oldest first."""
    turns: tuple[Turn, ...] = ()
    """How its status changed, the oldest first; an older version noted none."""

    @property
    def judgement(self) -> Judgement:
        """What its reviewers together say."""
        return judge(self.reviews)


def newest_of_each(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """The reviews of one hit that count: the newest of each reviewer, sorted by reviewer."""
    ordered = sorted(reviews, key=lambda one: one.reviewed_at)
    newest = {one.reviewer: one for one in ordered}
    return tuple(newest[name] for name in sorted(newest))


def judge(reviews: Iterable[Review]) -> Judgement:
    """What the reviewers of one hit together say; who is unsure outweighs nobody."""
    said = {one.verdict for one in newest_of_each(reviews)}
    if {"confirmed", "rejected"} <= said:
        return "disputed"
    return next((verdict for verdict in VERDICTS if verdict in said), "unreviewed")
