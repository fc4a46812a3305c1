"""What the change stage knows of a pass and of the ground."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FEW_LOOKS = 6
"""Below so many looks of one place it is too early to tell the empty ground from what stands on it look by look."""
MIN_RING_KM2 = 1.0
"""Clear ring below which a pass is not registered."""


@dataclass(frozen=True)
class Registration:
    """How far a pass lies from the reference, and how sure that is."""

    rows: float
    """Pixels that the pass must move down (positive) to lie on the reference."""
    cols: float
    """Pixels that the pass must move right (positive) to lie on the reference."""
    error_px: float
    """One-sigma radial error of the shift, in pixels."""
    usable_km2: float
    """Area of ring that the estimate rests on."""
    reason: str = ""
    """Empty when the estimate holds; otherwise why it does not (the shift is then zero)."""
    mismatched: bool = False
    """There was ring enough, and it does not look like the reference's."""

    @property
    def ok(self) -> bool:
        """Whether the estimate may be used."""
        return not self.reason


@dataclass(frozen=True)
class Background:
    """What an empty apron looks like to one sensor in one relative orbit."""

    median: NDArray[np.float32] = field(repr=False)
    """(band, y, x): reflectance, NaN where there is no history."""
    spread: NDArray[np.float32] = field(repr=False)
    """(band, y, x): one-sigma temporal spread, shrunk towards the airfield's own and never zero."""
    count: NDArray[np.int16] = field(repr=False)
    """(y, x): looks that the median rests on."""
