"""What was planted in simulated imagery, and what was told of it."""

from dataclasses import dataclass
from datetime import datetime

from imagery_watch.model.results import Kind


@dataclass(frozen=True)
class PlantedChange:
    """One change that was made, and the hit that tells it."""

    kind: Kind
    what: str
    """An aircraft's type, or what else it was."""
    length_m: float
    before: datetime
    """UTC: the last look without the change that could see its place."""
    after: datetime
    """UTC: the first look with it that could."""
    is_aircraft: bool
    verdict: str
    """`found`, with what differs, or `missed`; of what is no aircraft `refused`, or what it was told as; `false` of a
    hit that tells nothing planted."""
    hit_id: str | None
    measured_m: float | None
    """Length that was told."""

    @property
    def is_false(self) -> bool:
        """Whether nothing was planted, and a hit tells of it."""
        return self.verdict == "false"
