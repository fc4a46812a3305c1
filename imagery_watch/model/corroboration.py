"""What flight tracks say of hits, stays and looks, and what looks say of flight tracks: values, nothing computed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.flight import CoverageCell, Movement, TrackFormat

End = Literal["arrival", "departure"]
Doing = Literal["flying", "here", "elsewhere", "silent"]


class TrackState(StrEnum):
    """What tracks say of a hit or a stay."""

    SEEN_LANDING = "seen_landing"
    SEEN_DEPARTING = "seen_departing"
    SEEN_BOTH = "seen_landing_and_departure"
    """One aircraft landed and left where the stay allows for."""
    NEAR = "near"
    """An aircraft was heard low and near, or on the ground, and the files do not show it landing or leaving."""
    SILENT_COVERED = "silent_covered"
    """Others were heard in every six hours of the bracket, and none that fits."""
    SILENT_UNCOVERED = "silent_uncovered"
    """The files hold many aircraft, and do not show that any on the ground there would have been heard."""
    NOT_ASSESSABLE = "not_assessable"
    """The files hold single aircraft, or nothing of that time: they cannot show silence."""
    AMBIGUOUS = "ambiguous"
    """Several aircraft fit equally well."""
    CONTRADICTED_SIZE = "contradicted_size"
    """An aircraft stood there in time, and its type is of another size."""
    CONTRADICTED_ELSEWHERE = "contradicted_elsewhere"
    """The aircraft that came in time is heard elsewhere while a look still shows the object."""


class LookState(StrEnum):
    """What looks say of an aircraft that tracks show on the ground."""

    SEEN = "track_seen"
    UNSEEN = "track_unseen"
    """It came and left with no look, or none good enough, in between: no hit was to be expected."""
    EXPECTED = "track_expected_not_found"
    """A look that should have shown it shows nothing: a hangar, another place, or a landing that was none."""
    OUTSIDE = "track_not_assessable"
    """It was there before the first look of the run, or after the last."""


class Verdict(StrEnum):
    """What one term says: time, place and size are each told apart, and never multiplied."""

    AGREES = "agrees"
    NEAR = "near"
    """Close, and not as close as the errors known allow: the reader decides."""
    DISAGREES = "disagrees"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class GroundStay:
    """One aircraft on an airfield's ground, as far as tracks show it: it landed, stood, and took off."""

    id: str
    """Of the aircraft and its first fix on the ground: `896180@2023-07-31T11:28:04Z`."""
    name: str
    """For people: registration, or callsign, or address."""
    hex: str | None
    """Its ICAO address; null where the files have none."""
    callsign: str
    """Empty where the files have none."""
    type: str
    """ICAO type designator, empty where nobody tells it."""
    size: AircraftSize | None
    """Null where the type is not told, or not in the table."""
    landed: Movement | None
    """Null where the files do not show how it came."""
    took_off: Movement | None
    """Null where the files do not show how it left; then it may still be there."""
    first_ground: datetime
    """The first fix on the ground."""
    last_ground: datetime
    """The last one."""
    stood: bool
    """Whether it stood somewhere for minutes: only then `place` is where it parked."""
    place: tuple[float, float]
    """Longitude and latitude of where it stood longest."""
    apron: str | None
    """The apron on which it stood longest."""
    aprons: tuple[str, ...]
    """All that it was on, in order of time."""
    told_by: str = ""
    """Whose word type and registration are, where they are not the files' own."""


@dataclass(frozen=True)
class Match:
    """One aircraft held against one end of a stay, term by term."""

    track: str | None
    """Id of its time on the ground; null for one that was only heard near."""
    end: End
    """Which end it is held against."""
    shown: bool
    """Whether the files show how it came, or left: fixes in the air and on the ground."""
    name: str
    """For people: registration, or callsign, or address."""
    type: str
    """ICAO type designator, empty where nobody tells it."""
    size: AircraftSize | None
    """Null where the type is not told, or not in the table."""
    not_before: datetime
    """UTC: it came, left, or was heard near not before this fix."""
    not_after: datetime
    """UTC: and not after this one."""
    time: Verdict
    """Whether that was in the bracket."""
    apart_s: float
    """How many seconds it lies outside the bracket; 0 within."""
    place: Verdict
    """Whether it stood where the hit is."""
    distance_m: float | None
    """From the hit to where it stood, or was heard on the ground; null where the files do not show it there."""
    stood: bool
    """Whether it stood there for minutes; otherwise the distance is to where it was last, or first, heard."""
    apron: str | None
    """The apron on which it stood, or was; null where on none, or not known."""
    size_fits: Verdict
    """Whether its type is as long as the hit."""


@dataclass(frozen=True)
class Corroborated:
    """A hit or a stay, and what tracks say of it."""

    id: str
    """Of the hit or the stay."""
    about: Literal["hit", "stay"]
    """Which of the two it is."""
    state: TrackState
    """What tracks say of it; docs/flights.md has the words."""
    matches: tuple[Match, ...]
    """Those that the state rests on, best first."""
    nearest: Match | None
    """Where none fits: the one nearest in time."""
    cells: int
    """Spans of six hours in the bracket."""
    covered: int
    """Of those, in how many another aircraft was heard on the ground or low."""
    statement: str
    """One hedged sentence, or some, that a person can quote."""


@dataclass(frozen=True)
class Segment:
    """A stretch of an aircraft's track in which it did one thing."""

    doing: Doing
    """`here`: on the ground of the airfield; `silent`: no fix for half an hour and more."""
    start: datetime
    """UTC."""
    end: datetime
    """UTC."""


@dataclass(frozen=True)
class LookAt:
    """One look that fell into the time on the ground of an aircraft."""

    datetime: datetime
    """UTC."""
    apron: str
    """The apron's name."""
    visible: float
    """Share of the apron that was seen, 0 where the look said nothing."""
    limit_m: float | None
    """The smallest aircraft that it would likely have shown."""
    chance: float
    """That it would have shown this aircraft, 0..1."""


@dataclass(frozen=True)
class TrackTold:
    """An aircraft that tracks show on the ground, and what looks say of it."""

    aircraft: GroundStay
    """Who, when and where."""
    state: LookState
    """What looks say of it; docs/flights.md has the words."""
    hits: tuple[str, ...]
    """Ids of hits that it fits."""
    stays: tuple[str, ...]
    """Ids of stays that it fits."""
    doubted: tuple[str, ...]
    """Ids of hits that it would fit but for its size, or for where it is heard later, or as far as the files show."""
    looks: tuple[LookAt, ...]
    """Those in its time on the ground."""
    before: datetime | None
    """The last look of the airfield before it was there; None where there is none."""
    after: datetime | None
    """The first one after it."""
    chance: float
    """That such a stay would have been seen, by these looks, 0..1."""
    chance_any_time: float | None
    """The same of a stay as long, at any moment between the first look and the last; null where that is not known."""
    segments: tuple[Segment, ...]
    """What the aircraft did around it, as far as it was heard, in order of time."""
    statement: str
    """One hedged sentence, or some, that a person can quote."""


@dataclass(frozen=True)
class TrackFile:
    """A file, folder or archive of tracks that was read."""

    name: str
    """Without its folder."""
    sha256: str
    """Empty for a folder."""


@dataclass(frozen=True)
class Corroboration:
    """Hits, stays and looks of one airfield, joined with tracks in both directions."""

    airfield: str
    """The airfield's id."""
    hits: tuple[Corroborated, ...]
    """In the run's order."""
    stays: tuple[Corroborated, ...]
    """In the run's order."""
    tracks: tuple[TrackTold, ...]
    """In order of time."""
    near: tuple[Movement, ...]
    """Who was heard low and near, and is not shown on the ground."""
    coverage: tuple[CoverageCell, ...]
    """The spans of six hours in which anyone was heard on the ground or low."""
    files: tuple[TrackFile, ...]
    """What was read."""
    formats: tuple[TrackFormat, ...]
    """Their formats."""
    credits: tuple[str, ...]
    """The terms of whoever gave the tracks away, and whose word was taken."""
    notes: tuple[str, ...]
    """What a reader must know of it."""
    simulated: bool = False
    """Whether tracks or imagery were made."""
