"""How a run came about: what `run.json` says beside what was found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

NOTHING_USED = "No pass could be used, so nothing was compared"
"""How the warning about a run of which every pass was refused, or failed, begins."""
PassState = Literal["scored", "history", "refused", "failed"]


@dataclass(frozen=True)
class PassOutcome:
    """One pass of a run, and what became of it."""

    id: str
    """Id of the Acquisition."""
    state: PassState
    """`scored`; `history`: only its pixels were used; `refused`: for good; `failed`: to be tried again."""
    datetime: datetime
    """UTC: when the pass was."""
    relative_orbit: int | None
    """Null where no item tells."""
    items: tuple[str, ...]
    """Ids of the STAC items that were read."""
    links: tuple[str | None, ...] = ()
    """Where the catalogues have those items, in their order; null where a file lists one, none where files list all."""
    superseded: tuple[str, ...] = ()
    """Ids of older versions of them, set aside."""
    not_used: str | None = None
    """Why the pass was refused, or failed; absent otherwise."""
    reason_code: str | None = None
    """The code of that reason; absent otherwise."""
    shift_px: tuple[float, float] | None = None
    """Rows and columns by which the pass was moved onto the reference; null where it could not be registered."""
    registration_error_px: float | None = None
    """How far the pass may still lie beside the reference, pixels; null where it could not be registered."""
    notes: tuple[str, ...] = ()
    """What was absent, corrected or odd about the pass."""


@dataclass(frozen=True)
class SourceNote:
    """One window of pixels, and the file that it came from."""

    pass_id: str
    """Id of the Acquisition."""
    item: str
    """Id of the STAC item."""
    band: str
    """Such as `B02`; `classes`: the scene classification."""
    href: str
    """Of the file, without query, signature or user; relative to the catalogue where that is a file, too."""
    etag: str
    """The store's own name for this content of the file; empty where none was given."""
    size: int | None
    """Bytes of the whole file; null where that is not known."""
    sha256: str
    """Of the pixels on the Grid as they were read, before anything was made of them: row by row from the north, counts
    as little-endian 16 bit integers (0: nothing), floats as little-endian 32 bit."""


@dataclass(frozen=True)
class CalibrationNote:
    """What a score meant on this airfield (docs/method.md, section 14)."""

    min_score: float
    """What a change had to reach to be told as an aircraft."""
    apron_km2: float
    """Area of the aprons."""
    clutter: float
    """Near misses per km2 of visible apron and pass."""
    traffic: float
    """True changes per km2 and pass, estimated from the surest."""
    changes: float
    """True changes per km2 and pass of at least the least ratio that is reported anywhere."""
    tail_threshold: float
    """The sensor's law of false hits: the likelihood ratio from which it holds."""
    tail_rate: float
    """False hits per km2 and pass beyond that, amid usual clutter."""
    tail_scale: float
    """Scale of the generalised Pareto law."""
    tail_shape: float
    """Its shape."""
    clutter_power: float
    """How the rate grows with clutter."""
    min_reported_llr: float
    """The least likelihood ratio that is reported anywhere."""


@dataclass(frozen=True)
class AirfieldNote:
    """The airfield of a run."""

    id: str
    """The ICAO code where there is one."""
    quality: str = ""
    """How well the polygons follow the ground: `surveyed`, `mapped`, `approximate` or `drafted`."""
    notes: tuple[str, ...] = ()
    """What was repaired while the airfield's file was read."""
    polygons_sha256: str | None = None
    """Of `airfield.geojson`, which holds the shapes that were used; null where an older version ran."""


@dataclass(frozen=True)
class PeriodNote:
    """The span whose hits and looks are reported; None is open."""

    since: datetime | None = None
    """UTC: the first moment of the period; null: open."""
    until_before: datetime | None = None
    """UTC: the first moment after the period; null: open."""
    history_days: int | None = None
    """Days before the period that were searched for passes to compare with."""


@dataclass(frozen=True)
class GridNote:
    """The Grid of a run; metres and pixels."""

    crs: str
    """`EPSG:<code>` of the UTM zone."""
    left: float
    """Easting of the western edge."""
    top: float
    """Northing of the northern edge."""
    width: int
    """Pixels from west to east."""
    height: int
    """Pixels from north to south."""
    resolution: float = 10.0
    """Edge of a pixel, metres."""


@dataclass(frozen=True)
class Provenance:
    """Versions, settings, passes and warnings of one run."""

    created: datetime
    """UTC: when the run was made."""
    airfield: AirfieldNote
    """The airfield that was looked at."""
    grid: GridNote
    """Where the pixels lie."""
    catalog: str
    """Name or address of the catalogue."""
    command: str = ""
    """The command line, without secrets, and of paths their last part alone; empty where no command line made it."""
    software: dict[str, str] = field(default_factory=dict)
    """Name and version of this package, and versions of the libraries that decide numbers."""
    period: PeriodNote = PeriodNote()
    """The span that was asked for."""
    sensor: str = "sentinel-2"
    """The mission."""
    bands: tuple[str, ...] = ()
    """Those in which passes were compared."""
    ring_km2: float | None = None
    """Area around the aprons on which passes were registered and brought to one brightness."""
    settings: dict[str, float | int] = field(default_factory=dict)
    """Those that decide what comes out."""
    calibration: CalibrationNote | None = None
    """What a score meant here; null where an older version ran."""
    counts: dict[str, int] = field(default_factory=dict)
    """Items listed, passes listed, read and compared."""
    passes: tuple[PassOutcome, ...] = ()
    """Sorted by time, then id."""
    warnings: tuple[str, ...] = ()
    """What a person should know before believing, or missing, a hit."""
    incomplete_listing: str = ""
    """Why the catalogue may have more passes than it listed; empty where nothing speaks for that."""
    simulated: bool = False
    """Whether any pixel was made."""
    simulated_note: str = ""
    """What was made, and from what; empty where nothing was."""
    truth: str = ""
    """Where the truth of a simulation is described."""

    @property
    def incomplete(self) -> bool:
        """Whether a pass failed, or may not have been listed, so that it is worth trying again."""
        return bool(self.incomplete_listing) or any(one.state == "failed" for one in self.passes)
