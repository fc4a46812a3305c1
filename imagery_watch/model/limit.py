"""What would have been too small to be found: limits by planting simulated aircraft into one look."""

from dataclasses import dataclass

from imagery_watch.model.results import Look
from imagery_watch.reasons import ReasonCode


@dataclass(frozen=True)
class Trial:
    """One size of simulated aircraft, planted into one look."""

    aircraft: str
    """The type whose dimensions it has."""
    length_m: float
    found: int
    planted: int
    """Planting ends as soon as it is clear whether enough are found."""


@dataclass(frozen=True)
class Limit:
    """The smallest aircraft that is found often enough in one look."""

    length_m: float | None
    """Overall length; None where not even the longest that was tried is found."""
    trials: tuple[Trial, ...]
    """The sizes that were tried, the shortest first."""

    @property
    def tried_m(self) -> float:
        """Overall length of the longest that was tried."""
        return self.trials[-1].length_m


@dataclass(frozen=True)
class LookLimit:
    """What one look at one apron could have missed."""

    look: Look
    """Its `smallest_detectable_m` is the limit's length."""
    limit: Limit | None
    """None where none could be measured."""
    reason: str = ""
    """Why not; empty where it was measured."""
    reason_codes: tuple[ReasonCode, ...] = ()
    """The codes of the same, in its order."""


@dataclass(frozen=True)
class LimitReport:
    """What the looks at one airfield could have missed."""

    airfield: str
    plantings: int
    """Simulated aircraft of each size and look."""
    looks: tuple[LookLimit, ...]
    """Sorted by time, then apron."""
    warnings: tuple[str, ...]
    """What a person should know before believing it."""
    incomplete: bool
    """Whether something failed that is worth trying again (exit 3)."""
