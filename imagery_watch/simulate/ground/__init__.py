"""Real ground to plant on: crops of real imagery that ship with the package, attributed in the README beside them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Grid

BANDS = ("B02", "B03", "B04", "B08")


@dataclass(frozen=True)
class Ground:
    """One real image of a place."""

    grid: Grid
    reflectance: NDArray[np.float32] = field(repr=False)
    """(band, y, x), in the order of `BANDS`."""
    scl: NDArray[np.uint8] = field(repr=False)
    """(y, x): scene classification."""


def bolzano() -> Ground:
    """The surroundings of Bolzano airport (LIPB): 3 km by 1.7 km in EPSG:32632, June 2022."""
    import rasterio

    with rasterio.open(Path(__file__).parent / "bolzano.tif", driver="GTiff") as source:
        counts = source.read()
        grid = Grid(source.crs.to_epsg(), source.transform.c, source.transform.f, source.width, source.height)
    return Ground(grid, (counts[:4] / 10_000).astype(np.float32), counts[4].astype(np.uint8))
