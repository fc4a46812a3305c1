"""How long, how many, and how likely to be seen: what follows from the looks beyond the single change."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Stay:
    """One object on its stand: an arrival joined to its departure; either end may be open."""

    id: str
    airfield: str
    apron: str
    lon: float
    lat: float
    arrival_hit: str | None
    """The hit it came with; None where it is not reported, or where there is none."""
    not_before: datetime | None
    """Aware UTC: the last look without it; None where it was there from the first look that could tell."""
    seen_from: datetime
    """Aware UTC: the first look that shows it."""
    seen_to: datetime
    """Aware UTC: the last look that shows it."""
    departure_hit: str | None
    not_after: datetime | None
    """Aware UTC: the first look without it; None where it was there in the last look that could tell."""
    length_m: float
    moved_from: str | None = None
    """The stay, elsewhere on the airfield, that this one may continue: consistent with one aircraft that was moved."""
    moved_to: str | None = None
    """The stay, elsewhere on the airfield, that may continue this one."""

    @property
    def dwell_min_hours(self) -> float:
        """It stood at least so long: from the first look that shows it to the last."""
        return _hours(self.seen_from, self.seen_to)

    @property
    def dwell_max_hours(self) -> float | None:
        """It stood less than this: between the looks without it; None while an end is open."""
        if self.not_before is None or self.not_after is None:
            return None
        return _hours(self.not_before, self.not_after)


@dataclass(frozen=True)
class Occupancy:
    """How many objects of aircraft size one look shows on one apron, beyond those that never came or left."""

    apron: str
    datetime: datetime
    standing: int
    """Those that came or left in some look, and were there in this one."""
    usual: int
    """Median of that number over the looks that saw the apron; of two middle ones the smaller."""

    @property
    def surplus(self) -> int:
        """More than usual, or fewer where it is negative."""
        return self.standing - self.usual


@dataclass(frozen=True)
class Chance:
    """How likely a stay of some length on an apron was to be under at least one look that could see it."""

    apron: str
    since: datetime
    """Aware UTC: the stay lies after this, as a whole where it fits,"""
    until: datetime
    """and before this."""
    hours: int
    probability: float
    """0..1"""


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600.0
