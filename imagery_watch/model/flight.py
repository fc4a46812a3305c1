"""Flight tracks that a person holds as files, in one form whatever the file's; and what they say of an airfield."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.arrays import Doubles

GROUND, AIR, UNTOLD = 1, 0, -1
"""What a row says of the ground: on it, not on it, or nothing."""
STATELESS_KT = 80.0
"""Above it a ground flag is doubted: at this speed an aircraft taxies nowhere, but it does roll on a runway."""
NETWORKS_APART_S = 45.0
"""Networks tell one event at most so far apart (30 to 45 s were reported of two of them)."""

States = NDArray[np.int8]
Codes = NDArray[np.int32]
WayOfFlight = Literal["arrival", "departure"]


class TrackFormat(StrEnum):
    """What track files are read, with the terms on which whoever made them gives them away."""

    label: str
    """Its name, for people."""
    terms: str
    """One sentence: whose data it is, and what may be done with it."""

    def __new__(cls, code: str, label: str, terms: str) -> "TrackFormat":
        """A member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_, member.label, member.terms = code, label, terms
        return member

    READSB = (
        "readsb_trace",
        "readsb trace (JSON)",
        "adsb.lol gives its traces under the ODbL 1.0 with its credit; ADS-B Exchange and airplanes.live under their "
        "own, non-commercial terms: the file does not say whose it is.",
    )
    OPENSKY = (
        "opensky",
        "OpenSky state vectors",
        "The OpenSky Network, https://opensky-network.org: for research and non-commercial use; cite its paper "
        "(Schäfer et al., IPSN 2014).",
    )
    TRAFFIC = (
        "traffic",
        "table of the traffic library",
        "The traffic library keeps data of others, mostly of The OpenSky Network (non-commercial use): the terms of "
        "whoever recorded it hold.",
    )
    FR24_CSV = "fr24_csv", "FlightRadar24 CSV", "Flightradar24: its terms forbid passing the file on."
    FR24_GRANULAR = (
        "fr24_granular",
        "FlightRadar24 granular CSV",
        "Flightradar24: its terms forbid passing the file on.",
    )
    FR24_KML = "fr24_kml", "FlightRadar24 KML", "Flightradar24: its terms forbid passing the file on."
    FLIGHTAWARE = "flightaware_kml", "FlightAware KML", "FlightAware: its terms forbid passing the file on."
    SBS = "sbs", "SBS (BaseStation) log", "A receiver's own log: whoever recorded it says what may be done with it."


@dataclass(frozen=True)
class Box:
    """A part of the earth between two meridians and two parallels, in degrees; it may cross the date line."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: Doubles, lon: Doubles) -> NDArray[np.bool_]:
        """Whether each place is in it."""
        inside: NDArray[np.bool_] = (lat >= self.south) & (lat <= self.north)
        return inside & ((lon - self.west) % 360 <= (self.east - self.west) % 360)


@dataclass(frozen=True, eq=False)
class Track:
    """One aircraft's fixes in order of time. All arrays are of one length, with nothing written into them."""

    hex: str | None
    """Its 24-bit ICAO address in six small hexadecimal digits; None where the file has none."""
    type: str
    """Its ICAO type designator, empty where it is not told."""
    t: Doubles
    """Seconds since 1970, UTC, increasing."""
    age_s: Doubles
    """How old the position was at `t`; NaN where it is not told."""
    lat: Doubles
    lon: Doubles
    altitude_ft: Doubles
    """Pressure altitude, which may be some 1,500 ft off; NaN where it is not told."""
    state: States
    """`GROUND`, `AIR` or `UNTOLD`, as the file says: nothing was judged yet."""
    speed_kt: Doubles
    """Over the ground; NaN where it is not told."""
    callsign: Codes
    """Where in `callsigns` each fix's is; -1 where none was told yet."""
    callsigns: tuple[str, ...]
    formats: tuple[TrackFormat, ...]
    """What it was read from: several, where files of several networks were joined."""
    origin: str
    """The file, folder or archive that it came in, as the person named it: its other aircraft are witnesses."""

    def __len__(self) -> int:
        return len(self.t)

    @property
    def key(self) -> str:
        """What tells this aircraft from others: its address, else its callsign, else its file."""
        return self.hex or next(iter(self.callsigns), "") or self.origin

    def callsign_near(self, number: int) -> str:
        """The callsign that was told last at a fix, else the next one; empty where there is none."""
        told = self.callsign[number]
        if told < 0:
            later = self.callsign[number:]
            told = next((code for code in later if code >= 0), -1)
        return self.callsigns[told] if told >= 0 else ""


@dataclass(frozen=True)
class Fix:
    """One fix of a track, as evidence."""

    time: datetime
    """UTC."""
    lon: float
    """Degrees WGS84."""
    lat: float
    """Degrees WGS84."""
    altitude_ft: float | None
    """Pressure altitude; null where it is not told."""
    speed_kt: float | None
    """Over the ground; null where it is not told."""
    on_ground: bool | None
    """What the file says; None where it says nothing."""


class MovementKind(StrEnum):
    """What an aircraft did at an airfield, as far as its track shows it."""

    LANDED = "landed"
    TOOK_OFF = "took_off"
    PARKED = "parked"
    """On the ground: it stood there, or the files show neither how it came nor how it left."""
    NEAR = "near"
    """Heard low and near on its way in or out, and not on the ground: it may have landed or taken off here."""
    OVERFLIGHT = "overflight"


@dataclass(frozen=True)
class Movement:
    """One thing that an aircraft did at an airfield, with hard bounds on when."""

    kind: MovementKind
    """What it did."""
    airfield: str
    """The airfield's id."""
    hex: str | None
    """Its ICAO address; null where the files have none."""
    callsign: str
    """Empty where the files have none."""
    type: str
    """ICAO type designator, empty where it is not told."""
    not_before: datetime
    """It did not happen before this fix; of what lasts (parked, overflight), the first fix of it."""
    not_after: datetime
    """It had happened by this fix; of what lasts, the last fix of it."""
    tolerance_s: float
    """How far both times may be off because files of several networks were joined."""
    way: WayOfFlight | None = None
    """Of `near`: whether it came or went."""
    first_ground: datetime | None = None
    """The first believed fix on the ground of this visit."""
    last_ground: datetime | None = None
    """The last one."""
    ground_fixes: int = 0
    """How many of them there are."""
    first_on_apron: datetime | None = None
    """The first of them on an apron."""
    last_on_apron: datetime | None = None
    """The last of them on an apron."""
    apron_fixes: int = 0
    """How many of them are on aprons."""
    aprons: tuple[str, ...] = ()
    """The aprons that it was on, in order of time."""
    apron: str | None = None
    """The one on which it stood longest."""
    place: tuple[float, float] | None = None
    """Longitude and latitude of where it stood longest, or, in flight, was nearest."""
    stand: tuple[float, float] | None = None
    """Longitude and latitude of the nearest mapped stand, where one is near the place."""
    path: tuple[tuple[float, float], ...] = ()
    """Its way over the ground, longitude and latitude, thinned."""
    silent_s: float | None = None
    """The longest time on the ground, or after a `near`, in which it was not heard; None: the files end there."""
    distance_m: float | None = None
    """In flight: how near it came to the airfield's middle."""
    height_ft: float | None = None
    """In flight: its pressure altitude above the field then."""
    evidence: tuple[Fix, ...] = ()
    """The fixes that the times rest on."""


@dataclass(frozen=True)
class CoverageCell:
    """Six hours, and who was heard at an airfield in them. Where nobody else was, silence says nothing."""

    start: datetime
    """UTC."""
    end: datetime
    """UTC."""
    on_ground: tuple[str, ...]
    """Aircraft heard on the ground there, by their keys; only of files that hold several aircraft."""
    low: tuple[str, ...]
    """Those heard below 3,000 ft above the field within 15 km."""

    def witnesses(self, key: str = "") -> int:
        """How many aircraft other than this one were heard on the ground or low."""
        return len({*self.on_ground, *self.low} - {key})


def join_tracks(parts: Sequence[Track]) -> Track:
    """One aircraft's parts as one track, in order of time; what two parts both hold is kept once.

    The first part gives address, type and origin where it has them.
    """
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.callsigns))
    t = np.concatenate([part.t for part in parts])
    places = np.concatenate([part.lat for part in parts])
    order = np.lexsort((places, t))
    same = (np.diff(t[order]) == 0) & (np.diff(places[order]) == 0)
    kept = order[np.concatenate([[True], ~same])]
    codes = [np.array([*(names.index(one) for one in part.callsigns), -1])[part.callsign] for part in parts]
    columns = {name: np.concatenate([getattr(part, name) for part in parts])[kept]
               for name in ("age_s", "lon", "altitude_ft", "state", "speed_kt")}  # fmt: skip
    return Track(
        hex=next((part.hex for part in parts if part.hex), None),
        type=next((part.type for part in parts if part.type), ""),
        t=t[kept],
        lat=places[kept],
        callsign=np.concatenate(codes)[kept].astype(np.int32),
        callsigns=names,
        formats=tuple(dict.fromkeys(one for part in parts for one in part.formats)),
        origin=parts[0].origin,
        **columns,
    )
