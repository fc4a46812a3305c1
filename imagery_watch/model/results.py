"""What comes out: hits, looks, and the run that holds them. Field for field the contract of the output files."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.airfield import Airfield
from imagery_watch.model.grid import Grid
from imagery_watch.model.stays import Chance, Occupancy, Stay

Kind = Literal["arrival", "departure", "replacement"]
SizeClass = Literal["small", "medium", "large"]
LookResult = Literal["change", "no_change", "not_observed", "failed"]

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
    airfield: str
    apron: str
    kind: Kind
    lon: float
    lat: float
    x: float
    """Easting on the airfield's Grid, metres."""
    y: float
    """Northing on the airfield's Grid, metres."""
    before: datetime
    """Aware UTC: the last look before the change in which the hit's own footprint was visible."""
    after: datetime
    """Aware UTC: the first such look after it."""
    before_items: tuple[str, ...]
    after_items: tuple[str, ...]
    score: float
    length_m: float
    length_low_m: float
    length_high_m: float
    heading_deg: float | None
    """Direction of the long axis, 0..180 clockwise from north; None where it is not known."""
    summary: str
    """One hedged sentence that a person can quote."""
    false_alarms_per_year: float | None = None
    probability: float | None = None
    sensor: str = "sentinel-2"
    status: str = "provisional"
    chip: str | None = None
    """The hit's picture, relative to `hits.geojson`."""

    @property
    def size_class(self) -> SizeClass:
        """`small`, `medium` or `large`, by length."""
        return size_class(self.length_m)


@dataclass(frozen=True)
class Look:
    """What one pass could say about one apron."""

    airfield: str
    apron: str
    datetime: datetime
    item_ids: tuple[str, ...]
    sensor: str
    relative_orbit: int | None
    result: LookResult
    visible_fraction: float | None
    """0..1 of the apron's area; None where nothing was read."""
    smallest_detectable_m: float | None
    registration_error_px: float | None
    reason: str
    """Why not observed, or failed, or weaker than usual; empty otherwise."""


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
    provenance: dict[str, Any]
    """What `run.json` holds: versions, settings, items, times, warnings."""
    stays: tuple[Stay, ...] = ()
    """Those with at least one of `hits`, sorted by first look, then id."""
    occupancy: tuple[Occupancy, ...] = ()
    """One for each of `looks` that saw its apron, in their order."""
    chances: tuple[Chance, ...] = ()
    """By apron, then hours."""

    @property
    def incomplete(self) -> bool:
        """Whether something failed that is worth trying again (exit 3)."""
        return bool(self.provenance.get("incomplete")) or any(look.result == "failed" for look in self.looks)
