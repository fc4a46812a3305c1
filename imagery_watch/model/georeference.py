"""Where the pixels of a window lie on the earth: one value instead of functions handed about."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imagery_watch.model.grid import Grid

if TYPE_CHECKING:
    from pyproj import Transformer


class Place(NamedTuple):
    """One place on the earth, in degrees WGS84 and in metres of its Grid."""

    lon: float
    lat: float
    x: float
    """Easting on the Grid."""
    y: float
    """Northing on the Grid."""


@dataclass(frozen=True)
class Georeference:
    """A window of a Grid, named by its first row and column."""

    grid: Grid
    top: int = 0
    """Row of the Grid that is the window's first."""
    left: int = 0
    """Column of the Grid that is the window's first."""

    def locate(self, row: float, col: float) -> Place:
        """The place at a fractional row and column of the window, whole numbers being pixel centres."""
        x, y = self.grid.xy(row + self.top, col + self.left)
        lon, lat = lonlat_transformer(self.grid.epsg).transform(x, y, direction="INVERSE")
        return Place(float(lon), float(lat), x, y)


@lru_cache(maxsize=128)
def lonlat_transformer(epsg: int) -> "Transformer":
    """From lon/lat WGS84 to the CRS with that code; opened on first use, for pyproj takes its time."""
    from pyproj import Transformer

    return Transformer.from_crs(4326, epsg, always_xy=True)
