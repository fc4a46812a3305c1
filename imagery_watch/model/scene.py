"""The pixels of one pass on the airfield's Grid."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.detector import Quantity
from imagery_watch.model.item import Sun
from imagery_watch.model.provenance import SourceNote
from imagery_watch.reasons import Reason


def finite_in_all_bands(data: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(y, x): no band of (band, y, x) is NaN."""
    finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(data), axis=0)
    return finite


@dataclass(frozen=True)
class Scene:
    """One quantity of one Acquisition on the Grid. Invalid data is NaN; absence of an optional input is recorded."""

    acquisition_id: str
    item_ids: tuple[str, ...]
    datetime: datetime
    platform: str
    relative_orbit: int | None
    bands: tuple[str, ...]
    """Names of the bands in `data`, such as ("B02", "B03", "B04", "B08"); none of a pass under cloud."""
    data: NDArray[np.float32] = field(repr=False)
    """(band, y, x): `quantity`; NaN where invalid."""
    valid: NDArray[np.bool_] = field(repr=False)
    """(y, x): every band was read and holds data; all True where none was."""
    scl: NDArray[np.uint8] | None = field(repr=False)
    """(y, x): Sentinel-2 scene classification (0 no data), None where the item has none."""
    sun_azimuth: float
    """Degrees clockwise from north."""
    sun_elevation: float
    """Degrees above the horizon."""
    offset: float = 0.0
    """Offset that was applied to the scaled counts, in the unit of `quantity` (Sentinel-2: 0 or -0.1)."""
    notes: tuple[Reason, ...] = ()
    """What was absent, corrected or odd about this pass."""
    sensor: str = "sentinel-2"
    """The mission, as in the files."""
    quantity: Quantity = "reflectance"
    """What `data` holds: reflectance, 1.0 being a white Lambertian surface, or backscatter in decibel."""
    sources: tuple[SourceNote, ...] = field(default=(), repr=False)
    """The windows that it was made of, sorted by item and band; none where its pixels are known no more."""

    @property
    def sun(self) -> Sun:
        """Both angles of the sun."""
        return Sun(self.sun_azimuth, self.sun_elevation)

    def with_data(self, data: NDArray[np.float32], *notes: Reason) -> "Scene":
        """The same pass with other pixels; `valid` follows the NaNs."""
        valid = finite_in_all_bands(data)
        return replace(self, data=data, valid=valid, notes=self.notes + notes)
