"""What became of passes, and when the next ones are due."""

from dataclasses import dataclass
from datetime import datetime

from imagery_watch.model.results import Look
from imagery_watch.model.stay import Occupancy


@dataclass(frozen=True)
class Pass:
    """One pass over one airfield, as a run or the record tells of it."""

    id: str
    """The Acquisition's; empty where only the looks are known."""
    datetime: datetime
    """Aware UTC."""
    relative_orbit: int | None
    state: str
    """`scored`, `history` (read only to know the empty aprons), `refused` or `failed`."""
    looks: tuple[Look, ...] = ()
    """One an apron; none where only its pixels were used."""
    occupancy: tuple[Occupancy, ...] = ()
    """For those of `looks` that saw their apron, where it is known."""

    @property
    def platform(self) -> str:
        """Such as `sentinel-2a`: an Acquisition's id begins with it. Empty where it is not known."""
        return self.id.partition("_")[0]


@dataclass(frozen=True)
class NextPass:
    """The next pass of one satellite in one orbit, if it keeps to its cycle."""

    platform: str
    relative_orbit: int | None
    last_seen: datetime
    due: datetime
