"""The pixels of hits as cloud-optimised GeoTIFFs, exactly on the airfield's Grid."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Chip, Dossier, Georeference, Grid, Hit, RunResult
from imagery_watch.outputs.gis.evidence import dossiers_by_hit, locate_chip
from imagery_watch.outputs.lonlat import run_on
from imagery_watch.outputs.report.pixels import TRUE_COLOUR
from imagery_watch.outputs.values import moment
from imagery_watch.outputs.wording.credits import copernicus_credit
from imagery_watch.outputs.wording.text import clean, iso, slug

if TYPE_CHECKING:
    from rasterio.crs import CRS
    from rasterio.enums import ColorInterp

COG_OPTIONS = {
    "compress": "DEFLATE",
    "level": "6",
    "predictor": "YES",
    "blocksize": "128",
    "overviews": "NONE",
    "num_threads": "1",
}
"""A chip is 41 pixels wide: larger blocks would be empty, and an overview would show nothing."""
REFLECTANCE = "reflectance"
NOISE = "standard deviations of the noise"
RESIDUAL_BAND = "residual"
RESIDUAL = "What white paint, or its absence, accounts for in each pixel of the strongest look, as the detector saw it."


@dataclass(frozen=True)
class Raster:
    """One image of a hit, and what must be said of it where it is passed on alone."""

    asset: str
    """`before`, `after` or `residual`."""
    file: str
    """Relative to `hits.geojson`, such as `chips/LIPB-a1b2-before.tif`."""
    data: NDArray[np.float32]
    """(band, y, x): NaN where nothing is known."""
    bands: tuple[str, ...]
    unit: str
    where: Georeference
    datetime: datetime
    """UTC: when the look was."""
    about: str
    """One sentence."""
    simulated: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.data.shape[1], self.data.shape[2]

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """From column and row of pixel corners to easting and northing, as affine and STAC have it."""
        size, grid = self.where.grid.resolution, self.where.grid
        return (size, 0.0, grid.left + self.where.left * size, 0.0, -size, grid.top - self.where.top * size)

    def corners(self) -> list[tuple[float, float]]:
        """Longitude and latitude of the corners, anticlockwise from the north-west, the first one again at the end.

        Longitudes run on over the antimeridian.
        """
        rows, cols = self.shape
        ends = ((0, 0), (rows, 0), (rows, cols), (0, cols), (0, 0))
        places = [self.where.locate(row - 0.5, col - 0.5) for row, col in ends]
        return run_on([(round(place.lon, 7), round(place.lat, 7)) for place in places])


def rasters_of(result: RunResult, held: Mapping[str, bytes] = MappingProxyType({})) -> dict[str, tuple[Raster, ...]]:
    """The images of every hit whose pixels, and whose place on the Grid, are known; by the hit's id.

    The residual of a hit without a dossier is that of its file in `held`, as an earlier run wrote it.
    """
    chips = {chip.hit_id: chip for chip in result.chips}
    dossiers = dossiers_by_hit(result)
    return {
        hit.id: (*_looks(hit, chips[hit.id], result), *_residual(hit, dossiers.get(hit.id), result.grid, held))
        for hit in result.hits
        if hit.id in chips and math.isfinite(hit.x) and math.isfinite(hit.y)
    }


def to_cog(raster: Raster) -> bytes:
    """The image as a cloud-optimised GeoTIFF, 32-bit floats; the same image gives the same bytes."""
    from affine import Affine
    from rasterio.io import MemoryFile

    rows, cols = raster.shape
    form = {"driver": "COG", "width": cols, "height": rows, "count": len(raster.bands), "dtype": "float32"}
    place = {"crs": _crs(raster.where.grid.epsg), "transform": Affine(*raster.transform), "nodata": float("nan")}
    with MemoryFile() as made:
        with made.open(**form, **place, **COG_OPTIONS) as image:
            image.write(raster.data)
            image.descriptions = raster.bands
            image.colorinterp = _colours(raster.bands)
            image.units = (raster.unit,) * len(raster.bands)
            image.update_tags(**_tags(raster))
        content: bytes = made.read()
        return content


def _looks(hit: Hit, chip: Chip, result: RunResult) -> list[Raster]:
    where = locate_chip(chip, hit, result.grid)
    change = f"a change consistent with the {hit.kind} of an aircraft; in the place and light of the other looks."
    bands = sorted(chip.bands, key=lambda name: (*TRUE_COLOUR, name).index(name))  # red first, as programs show it
    order = [chip.bands.index(name) for name in bands]
    looks = (("before", chip.before, hit.before, "last"), ("after", chip.after, hit.after, "first"))
    return [
        _raster(hit, asset, data[order], tuple(bands), REFLECTANCE, where, when, f"The {end} look {asset} {change}")
        for asset, data, when, end in looks
    ]


def _residual(hit: Hit, dossier: Dossier | None, grid: Grid, held: Mapping[str, bytes]) -> list[Raster]:
    if dossier is None:
        content = held.get(f"chips/{slug(hit.id)}-residual.tif")
        return [] if content is None else _read_residual(hit, content, grid)
    view, where = dossier.view, dossier.georeference
    if view is None:
        return []
    return [_raster(hit, "residual", view.significance[None], (RESIDUAL_BAND,), NOISE, where, view.datetime, RESIDUAL)]


def _read_residual(hit: Hit, content: bytes, grid: Grid) -> list[Raster]:
    """The residual in a GeoTIFF; none where it is not as a run writes it."""
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    try:
        with MemoryFile(content) as file, file.open(driver="GTiff") as image:
            row, col = grid.rowcol(*image.xy(0, 0))
            data, when = image.read(), moment(image.tags()["DATETIME"])
    except (RasterioError, ValueError, LookupError):
        return []
    where = Georeference(grid, round(row), round(col))
    return [_raster(hit, "residual", data, (RESIDUAL_BAND,), NOISE, where, when, RESIDUAL)]


def _raster(
    hit: Hit,
    asset: str,
    data: NDArray[np.float32],
    bands: tuple[str, ...],
    unit: str,
    where: Georeference,
    when: datetime,
    about: str,
) -> Raster:
    return Raster(asset, f"chips/{slug(hit.id)}-{asset}.tif", data, bands, unit, where, when, about, hit.simulated)


def _tags(raster: Raster) -> Mapping[str, str]:
    """Dates and credits where GeoTIFF has tags for them; GDAL shows all of them."""
    made = {"SIMULATED": "yes, not observed"} if raster.simulated else {}
    return {
        "TIFFTAG_IMAGEDESCRIPTION": raster.about,
        "TIFFTAG_DATETIME": f"{raster.datetime:%Y:%m:%d %H:%M:%S}",
        "TIFFTAG_COPYRIGHT": copernicus_credit([raster.datetime]),
        "TIFFTAG_SOFTWARE": "imagery_watch",
        "DATETIME": iso(raster.datetime),
        "UNIT": raster.unit,
        "BANDS": clean(" ".join(raster.bands)),
    } | made


def _colours(bands: tuple[str, ...]) -> list["ColorInterp"]:
    """What each band is to programs that show pictures: true colour where it can be had, else grey."""
    from rasterio.enums import ColorInterp

    if bands[:3] != TRUE_COLOUR:
        return [ColorInterp.gray, *[ColorInterp.undefined] * (len(bands) - 1)]
    return [ColorInterp.red, ColorInterp.green, ColorInterp.blue, *[ColorInterp.undefined] * (len(bands) - 3)]


@lru_cache(maxsize=16)
def _crs(epsg: int) -> "CRS":
    from rasterio.crs import CRS

    return CRS.from_epsg(epsg)
