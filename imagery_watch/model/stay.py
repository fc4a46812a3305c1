"""How long, how many, and how likely to be seen: what follows from the looks beyond the single change."""

from dataclasses import dataclass
from datetime import datetime

from imagery_watch.model.evidence import Evidence


@dataclass(frozen=True)
class Stay:
    """One object on its stand: an arrival joined to its departure; either end may be open."""

    id: str
    """Derived from airfield, place and passes; `monitor` keeps it for ever."""
    airfield: str
    """The airfield's id."""
    apron: str
    """The apron's name."""
    lon: float
    """Degrees WGS84, of the middle of the object."""
    lat: float
    arrival_hit: str | None
    """Id of the hit that the object came with; null where that is not reported, or where there is none."""
    not_before: datetime | None
    """UTC: the last look without the object; null where it was there from the first look that could tell."""
    seen_from: datetime
    """UTC: the first look that shows the object."""
    seen_to: datetime
    """UTC: the last look that shows the object."""
    first_pass: str
    """Id of the Acquisition of the first look that shows the object; empty where it is not known."""
    last_pass: str
    """Id of the Acquisition of the last look that shows the object."""
    departure_hit: str | None
    """Id of the hit that the object left with; null where that is not reported, or where there is none."""
    not_after: datetime | None
    """UTC: the first look without the object; null where it was there in the last look that could tell."""
    length_m: float
    """Overall length, metres."""
    moved_from: str | None = None
    """The stay, elsewhere on the airfield, that this one may continue: consistent with one aircraft that was moved."""
    moved_to: str | None = None
    """The stay, elsewhere on the airfield, that may continue this one."""
    simulated: bool = False
    """Whether any pixel of the stay was made."""
    evidence: tuple[Evidence, ...] = ()
    """What else speaks for or against the stay: what flight tracks say of it."""

    @property
    def dwell_min_hours(self) -> float:
        """The object stood at least so long: from the first look that shows it to the last."""
        return _hours(self.seen_from, self.seen_to)

    @property
    def dwell_max_hours(self) -> float | None:
        """The object stood less than this: between the looks without it; null while an end is open."""
        if self.not_before is None or self.not_after is None:
            return None
        return _hours(self.not_before, self.not_after)


@dataclass(frozen=True)
class Occupancy:
    """How many objects of aircraft size one look shows on one apron, beyond those that never came or left."""

    apron: str
    """The apron's name."""
    datetime: datetime
    """UTC: when the look was."""
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
    """The apron's name."""
    since: datetime
    """UTC: the stay lies after this time, as a whole where it fits."""
    until: datetime
    """UTC: the stay lies before this time."""
    hours: int
    """Length of the stay."""
    probability: float
    """Of at least one look that could see the stay, 0..1."""


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600.0
