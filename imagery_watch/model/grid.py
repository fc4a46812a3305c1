"""Where: one Grid per airfield, for ever, and the areas drawn on it."""

from dataclasses import dataclass, field

import numpy as np
from affine import Affine
from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """A north-up pixel grid in UTM, named by its edges, never by its centres.

    The edges of a Grid that `sources.airfields.grids` makes lie on whole multiples of 20 m: the phase of Sentinel-2's
    20 m bands, so that a 20 m pixel is always the same four 10 m pixels.
    """

    epsg: int
    """EPSG code of the UTM zone."""
    left: float
    """Easting of the western edge, metres."""
    top: float
    """Northing of the northern edge, metres."""
    width: int
    """Pixels from west to east."""
    height: int
    """Pixels from north to south."""
    resolution: float = 10.0
    """Edge of a pixel, metres."""

    @property
    def crs(self) -> str:
        """The CRS as `EPSG:<code>`."""
        return f"EPSG:{self.epsg}"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def transform(self) -> Affine:
        """From (column, row) of pixel *corners* to (easting, northing)."""
        return Affine(self.resolution, 0.0, self.left, 0.0, -self.resolution, self.top)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top, metres."""
        right = self.left + self.width * self.resolution
        return self.left, self.top - self.height * self.resolution, right, self.top

    @property
    def area_km2(self) -> float:
        """Area of the whole Grid."""
        return self.width * self.height * self.resolution**2 / 1e6

    def xy(self, row: float, col: float) -> tuple[float, float]:
        """Easting and northing of a position counted in pixels, (0, 0) being the *centre* of the first pixel."""
        return self.left + (col + 0.5) * self.resolution, self.top - (row + 0.5) * self.resolution

    def rowcol(self, x: float, y: float) -> tuple[float, float]:
        """The inverse of `xy`: fractional row and column, whole numbers at pixel centres."""
        return (self.top - y) / self.resolution - 0.5, (x - self.left) / self.resolution - 0.5


@dataclass(frozen=True)
class Areas:
    """The airfield's shapes drawn on its Grid."""

    apron_names: tuple[str, ...]
    apron_index: NDArray[np.int16] = field(repr=False)
    """(y, x): index into `apron_names` of the apron that holds the pixel's centre, -1 outside; excludes are outside."""
    ring: NDArray[np.bool_] = field(repr=False)
    """(y, x): the Grid outside the aprons, where registration and normalisation live."""
    ring_km2: float

    @property
    def aprons(self) -> NDArray[np.bool_]:
        """(y, x): inside any apron."""
        return self.apron_index >= 0
