"""What a sensor's rasters must be before their pixels are believed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint16 | np.float32]
"""(y, x) as a file holds them: counts, 0 where there is nothing, or floats, NaN where there is nothing."""

DType = Literal["uint16", "float32"]


@dataclass(frozen=True)
class Stated:
    """What a catalogue says of one file; None and () where it does not say."""

    epsg: int | None = None
    """Code of the pixels' CRS."""
    transform: tuple[float, ...] = ()
    """Six numbers: pixel width, row rotation, left, column rotation, minus pixel height, top."""
    shape: tuple[int, int] | None = None
    """Rows and columns."""
    size: int | None = None
    """Bytes."""
    taken: datetime | None = None
    """UTC: when the pass was, so that no older file is of it."""
    checksum: str = ""
    """A multihash of the whole file, in hexadecimal."""


@dataclass(frozen=True)
class Expected:
    """What a raster must be before its pixels are believed."""

    resolution_m: tuple[float, float]
    """Smallest and largest pixel edge accepted."""
    nearest: bool = False
    """Classes rather than quantities: never interpolate."""
    hiding: tuple[int, ...] = ()
    """Classes of what hides the ground: of clouds, cirrus and their shadows."""
    sidecars: bool = False
    """Believe georeferencing in side-car files, and read JPEG 2000: for local trials, never for catalogues."""
    jpeg2000: bool = False
    """Read JPEG 2000: for catalogues whose bands are that."""
    dtype: DType = "uint16"
    """What its pixels are read as."""
    nodata: tuple[float, ...] = ()
    """Values that the item says mean nothing; what the file itself says holds beside it."""
    scale: float | None = None
    """What one count is worth: the only scale that the file may state; None where any may be stated."""
    offset: float = 0.0
    """What is added to the scaled counts: the only offset that the file may state; it counts where `scale` does."""

    stated: Stated = Stated()
    """What the item says of this very file: held against files that come from elsewhere."""

    @property
    def nothing(self) -> float:
        """The value of a pixel that the file does not have."""
        return float("nan") if self.dtype == "float32" else 0.0


def holds_data(pixels: Pixels) -> bool:
    """Whether any pixel is there: a count above 0, a float that is not NaN."""
    if np.issubdtype(pixels.dtype, np.floating):
        return bool(np.isfinite(pixels).any())
    return bool(pixels.any())
