"""What files of flight tracks hold, summed up: values for tables and programs."""

from dataclasses import dataclass
from datetime import datetime

from imagery_watch.model.flight import CoverageCell, Movement, TrackFormat


@dataclass(frozen=True)
class NearAirfield:
    """An airfield near which an aircraft was."""

    icao: str
    name: str
    km: float
    """From its reference point to the nearest of the fixes."""
    fixes: int


@dataclass(frozen=True)
class AircraftSummary:
    """What the files that were named together hold of one aircraft."""

    key: str
    """Its address, else its callsign, else its file."""
    hex: str | None
    type: str
    callsigns: tuple[str, ...]
    fixes: int
    first: datetime
    last: datetime
    gaps: int
    """Silences of 30 minutes and more between its fixes."""
    longest_gap_s: float
    ground_fixes: int | None
    """Fixes that the file says to be on the ground; None where it says nothing of the ground."""
    fast_ground_fixes: int
    """Of those, how many are faster than 80 kt: rolling on a runway, or a wrong flag, or a speed that was kept."""
    grounds: tuple[NearAirfield, ...]
    """The airfields near which its ground fixes are, most fixes first."""
    begins: NearAirfield | None
    """The airfield within 10 km of its first fix; None where that is above 10,000 ft."""
    ends: NearAirfield | None


@dataclass(frozen=True)
class TrackContents:
    """What one file, folder or archive holds."""

    file: str
    formats: tuple[TrackFormat, ...]
    terms: tuple[str, ...]
    """Whose data it is, and what may be done with it, a sentence a format."""
    files: int
    """Read; those inside a folder or an archive are counted."""
    rows: int
    aircraft: tuple[AircraftSummary, ...]
    """Most ground fixes first."""
    dropped: tuple[tuple[str, int, str], ...]
    """Code, number and words of what was left out, most first."""
    out_of_order: int
    """Where time goes back from a row to the next of the same aircraft."""
    untouched: int
    """Traces without a position near the airfield, which were not taken apart."""
    passed_over: int
    """Files in a folder or an archive that are no tracks."""
    damaged: int
    damages: tuple[str, ...]
    """What is wrong with the first few of the damaged files."""


@dataclass(frozen=True)
class TracksAtAirfield:
    """What all files together show at one airfield."""

    airfield: str
    elevation_ft: float
    credit: str
    """Who drew its aprons."""
    movements: tuple[Movement, ...]
    coverage: tuple[CoverageCell, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TrackReport:
    """Everything that `tracks inspect` tells."""

    contents: tuple[TrackContents, ...]
    at: TracksAtAirfield | None
    """None where no airfield was asked about."""
