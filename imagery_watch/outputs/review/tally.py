"""What the reviews of an airfield's hits say of its false alarms: docs/method.md, section 16."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagery_watch.model import RecordedHit

ENOUGH_REVIEWS = 5
"""Reviewed hits below which nothing is said of the airfield's own rate."""
NOMINAL_PASSES = 73
"""Passes of the year that false alarms are promised for."""
WORTH_TELLING = 1.5
"""Times the promise from which the report warns."""


@dataclass(frozen=True)
class Tally:
    """The reviewed hits of one airfield, and how many false ones were promised among them."""

    airfield: str
    reviewed: int
    """Hits on which a reviewer has decided."""
    rejected: int
    """Those of them that reviewers reject, and none confirms."""
    expected: float
    """False hits promised among as many told hits."""

    @property
    def factor(self) -> float | None:
        """How many times what is promised false alarms are here; null where too few hits were reviewed to tell."""
        return rate_factor(self.reviewed, self.rejected, self.expected)


def count_reviews(airfield: str, hits: Sequence[RecordedHit], passes: int, false_alarms_per_year: float) -> Tally:
    """The tally of an airfield with so many judged passes, under this budget of false hits.

    The budget promises false hits among all that were told; of those that were reviewed it promises their share.
    """
    said = [one.judgement for one in hits if one.judgement in ("confirmed", "rejected", "disputed")]
    share = len(said) / len(hits) if hits else 0.0
    expected = false_alarms_per_year * passes / NOMINAL_PASSES * share
    return Tally(airfield, len(said), said.count("rejected"), expected)


def rate_factor(reviewed: int, rejected: int, expected: float) -> float | None:
    """The mean of what the rate is over what was promised, by a Gamma(1, 1) law before anything is known; at least 1.

    None below five reviewed hits.
    """
    if reviewed < ENOUGH_REVIEWS:
        return None
    return max(1.0, (rejected + 1.0) / (expected + 1.0))


def say_rate(tally: Tally) -> str:
    """The tally in a sentence; empty where too few hits were reviewed."""
    if tally.factor is None:
        return ""
    counted = f"Of {tally.reviewed} reviewed hits at {tally.airfield} {tally.rejected} were rejected"
    promised = f"where about {tally.expected:.1f} were promised"
    if tally.factor < WORTH_TELLING:
        return f"{counted}, {promised}: no sign of more false alarms here than that."
    return f"{counted}, {promised}: take false alarms here as about {tally.factor:.1f} times what is promised."


def warn_of_rate(tally: Tally) -> tuple[str, ...]:
    """The sentence where false alarms are clearly more than promised; else nothing."""
    return (say_rate(tally),) if tally.factor is not None and tally.factor >= WORTH_TELLING else ()
