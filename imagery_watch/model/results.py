"""What comes out: hits, looks, and the run that holds them. Field for field the contract of the output files."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.airfield import Airfield
from imagery_watch.model.dossier import Dossier, Panorama
from imagery_watch.model.evidence import Evidence
from imagery_watch.model.grid import Grid
from imagery_watch.model.provenance import Provenance, SourceNote
from imagery_watch.model.stay import Chance, Occupancy, Stay
from imagery_watch.reasons import ReasonCode

if TYPE_CHECKING:
    from imagery_watch.model.corroboration import Corroboration
    from imagery_watch.model.truth import PlantedChange

Kind = Literal["arrival", "departure", "replacement"]
SizeClass = Literal["small", "medium", "large"]
LookResult = Literal["change", "no_change", "not_observed", "failed"]
Status = Literal["provisional", "confirmed", "revised", "withdrawn"]
ObjectKind = Literal["aircraft", "other", "open"]

MEDIUM_FROM_M = 24.0
LARGE_FROM_M = 42.0


def size_class(length_m: float) -> SizeClass:
    """The size class of an overall length in metres: `small` < 24 m, `medium` 24-42 m, `large` >= 42 m."""
    if length_m >= LARGE_FROM_M:
        return "large"
    return "medium" if length_m >= MEDIUM_FROM_M else "small"


@dataclass(frozen=True)
class Hit:
    """One scored change at one place between two looks."""

    id: str
    """Derived from airfield, kind, place and passes: the same passes give the same id; `monitor` keeps it for ever."""
    airfield: str
    """The airfield's id."""
    apron: str
    """The apron's name."""
    kind: Kind
    """`replacement`: one left and another came between the same two looks."""
    lon: float
    """Degrees WGS84, of the middle of the object."""
    lat: float
    x: float
    """Easting on the airfield's Grid, metres."""
    y: float
    """Northing on the airfield's Grid, metres."""
    before: datetime
    """UTC: the last look before the change in which the hit's own footprint was visible."""
    after: datetime
    """UTC: the first such look after the change."""
    before_pass: str
    """Id of the Acquisition of the look before; empty where it is not known (an older version wrote the hit)."""
    after_pass: str
    """Id of the Acquisition of the look after."""
    before_items: tuple[str, ...]
    """Ids of the STAC items of the look before."""
    after_items: tuple[str, ...]
    """Ids of the STAC items of the look after."""
    score: float
    """Detection statistic: larger is surer; comparable between airfields."""
    length_m: float
    """Overall length, metres."""
    length_low_m: float
    """Lower end of the length's 90 % interval."""
    length_high_m: float
    """Upper end of the length's 90 % interval."""
    heading_deg: float | None
    """Direction of the long axis, 0..180 clockwise from north; null where it is not known."""
    summary: str
    """One hedged sentence that a person can quote."""
    false_alarms_per_year: float | None = None
    """How many hits at least this strong a year of passes over this airfield would give with nothing there."""
    probability: float | None = None
    """That this is an aircraft arriving or leaving, 0..1."""
    p_change: float | None = None
    """That something of at least some 10 m came or left, whatever it is, 0..1; null: an older version wrote the hit."""
    object: ObjectKind | None = None
    """What came or left: `open` may be an aircraft, told for the many sure changes beside it; null: not judged."""
    sensor: str = "sentinel-2"
    """`sentinel-2`, `sentinel-1` or `fused`."""
    status: Status = "provisional"
    """`confirmed`: a person, or a later look of the same apron, bears the change out (not that it was an aircraft; see
    `evidence`); `revised`: later passes changed what was said; `withdrawn`: later passes took the hit back."""
    chip: str | None = None
    """The hit's picture, relative to `hits.geojson`; null where there is none."""
    simulated: bool = False
    """Whether any pixel of the hit was made."""
    late: bool = False
    """Whether `monitor` found it later than in the sweep that first could see it: then it is recorded, and no news."""
    evidence: tuple[Evidence, ...] = ()
    """What else speaks for or against the hit."""

    @property
    def is_open(self) -> bool:
        """Whether it is openly unidentified: an object that came or left, and may be an aircraft."""
        return self.object == "open"

    @property
    def size_class(self) -> SizeClass:
        """`small` (below 24 m), `medium` or `large` (from 42 m), by overall length."""
        return size_class(self.length_m)


@dataclass(frozen=True)
class Look:
    """What one pass could say about one apron."""

    airfield: str
    """The airfield's id."""
    apron: str
    """The apron's name."""
    pass_id: str
    """Id of the Acquisition; empty where it is not known (a folder that an older version wrote)."""
    datetime: datetime
    """UTC: when the pass was."""
    item_ids: tuple[str, ...]
    """Ids of the STAC items of the pass."""
    sensor: str
    """The mission, such as `sentinel-2`."""
    relative_orbit: int | None
    """The orbit in which the satellite passed; not known where no item tells."""
    result: LookResult
    """`not_observed`: less than half of the apron visible, or too little history; `failed`: will be tried again."""
    visible_fraction: float | None
    """0..1 of the apron's area; not known where nothing was read."""
    smallest_detectable_m: float | None
    """Length of the smallest aircraft that the look would likely have shown, metres."""
    registration_error_px: float | None
    """How far the pass may still lie beside the others, pixels."""
    reason: str
    """Why not observed, or failed, or weaker than usual; empty otherwise."""
    reason_codes: tuple[ReasonCode, ...] = ()
    """The codes of the same, in its order."""


@dataclass(frozen=True)
class Chip:
    """The pixels behind one hit's pictures: a square around it, in both looks."""

    hit_id: str
    before: NDArray[np.float32] = field(repr=False)
    """(band, y, x): registered, normalised reflectance of the last look before the change."""
    after: NDArray[np.float32] = field(repr=False)
    """(band, y, x): the same of the first look after it."""
    bands: tuple[str, ...]
    row: float
    """Row of the hit within the chip, counted from the first pixel's centre."""
    col: float
    resolution: float
    """Metres a pixel."""
    place: tuple[float, float] | None = None
    """Easting and northing of that row and column on the Grid; null where it is the hit's."""


@dataclass(frozen=True)
class RunResult:
    """One airfield, looked at once: everything that the outputs are written from."""

    airfield: Airfield
    grid: Grid
    hits: tuple[Hit, ...]
    """Sorted by time, then id."""
    looks: tuple[Look, ...]
    """Sorted by time, then apron."""
    chips: tuple[Chip, ...]
    provenance: Provenance
    stays: tuple[Stay, ...] = ()
    """Those with at least one of `hits`, sorted by first look, then id."""
    occupancy: tuple[Occupancy, ...] = ()
    """One for each of `looks` that saw its apron, in their order."""
    chances: tuple[Chance, ...] = ()
    """By apron, then hours."""
    dossiers: tuple[Dossier, ...] = ()
    """The evidence for each of `stays`, in their order; none where only files of the run are left."""
    panoramas: tuple[Panorama, ...] = ()
    """Every look that could be compared, in order of time; those beside a hit are finer."""
    truth: tuple["PlantedChange", ...] = ()
    """What was planted in simulated imagery, and what was told of it; none in real imagery."""
    sources: tuple[SourceNote, ...] = ()
    """Every window of pixels that was read for it, by pass, item and band; none of what `monitor` tells."""
    corroboration: "Corroboration | None" = None
    """What flight tracks say of it; null where none were given."""

    @property
    def incomplete(self) -> bool:
        """Whether something failed that is worth trying again (exit 3)."""
        return self.provenance.incomplete or any(look.result == "failed" for look in self.looks)
