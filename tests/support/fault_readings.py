"""Two real crops of one place, two days apart, in each form that is read; and what comes of one reading of them."""

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused, ReadFailed
from imagery_watch.model import Expected, Grid
from imagery_watch.settings import Settings
from imagery_watch.sources.pixels.windows import read_file
from support.rasters import write_raster

BERLIN = Path(__file__).parents[1] / "data" / "berlin"
DAYS = {"A": "S2A_33UVU_20211010", "B": "S2A_33UVU_20211013"}
LEFT, TOP, EPSG = 395_040.0, 5_825_450.0, 32633
FORMS: dict[str, dict[str, Any]] = {
    "cog": {"blocksize": 64},
    "wide": {"blocksize": 64, "compress": "LZW"},
    "jp2": {"driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES", "BLOCKXSIZE": 64, "BLOCKYSIZE": 64},
    "raw": {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 64},
}
"""`cog` is read without GDAL, `wide` has a header that does not fit the first request, and `raw` betrays nothing."""
NOTE = "of no interest " * 6000


class Outcome(NamedTuple):
    """What came of a reading."""

    kind: str
    """`right`, `failed`, `refused` for good, or what is wrong: `zeros`, `stale`, `wrong`, `exception`."""
    words: str = ""
    """The reason's code where there are no pixels, else what was seen."""
    seconds: float = 0.0
    sentence: str = ""


def crop(letter: str) -> NDArray[np.uint16]:
    """The counts of a day's red band."""
    with rasterio.open(BERLIN / DAYS[letter] / "B04.tif") as source:
        counts: NDArray[np.uint16] = source.read(1)
        return counts


class View(NamedTuple):
    """Some whole pixels of the crops: those that are read."""

    rows: slice
    cols: slice

    @property
    def grid(self) -> Grid:
        """The same on the ground."""
        height, width = self.rows.stop - self.rows.start, self.cols.stop - self.cols.start
        return Grid(EPSG, LEFT + 10 * self.cols.start, TOP - 10 * self.rows.start, width, height)


CROPS = {letter: crop(letter) for letter in DAYS}
VIEW = View(slice(16, 144), slice(20, 190))
"""Over parts of twelve tiles."""


def write_files(folder: Path) -> Path:
    """`A.cog` and so on, and what the server has to know of them."""
    told = {}
    for form, options in FORMS.items():
        for letter in DAYS:
            path = write_raster(folder / f"{letter}.{form}", crop(letter), LEFT, TOP, epsg=EPSG, **options)
            if form == "wide":
                with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as target:
                    target.update_tags(note=NOTE)
                _rewrite(path)
            told[path.name] = {"header_end": find_header_end(path), "other": f"{'BA'['AB'.index(letter)]}.{form}"}
    (folder / "files.json").write_text(json.dumps(told))
    return folder


def _rewrite(path: Path) -> None:
    """Once more, so that what was added stands in front of the pixels."""
    from rasterio.shutil import copy

    copy(path, path.with_suffix(".tmp"), driver="COG", BLOCKSIZE=64, COMPRESS="LZW", OVERVIEWS="NONE")
    path.with_suffix(".tmp").rename(path)


def find_header_end(path: Path) -> int:
    """Where the first byte of pixels lies."""
    data = path.read_bytes()
    if path.suffix == ".jp2":
        return data.index(b"\xff\x90")
    with rasterio.open(path) as source:
        columns, rows = -(-source.width // 64), -(-source.height // 64)
        places = [(x, y) for x in range(columns) for y in range(rows)]
        return min(int(source.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1)) for x, y in places) - 4


def read(url: str, settings: Settings, letter: str = "A", view: View = VIEW) -> Outcome:
    """One reading by the product's own function, held against the crop of a letter."""
    expected = Expected((9.0, 11.0), jpeg2000="jp2" in url)
    began = time.monotonic()
    try:
        pixels = read_file(url, view.grid, expected, settings).pixels
    except (ReadFailed, PassRefused) as error:
        kind = "failed" if isinstance(error, ReadFailed) else "refused"
        return Outcome(kind, str(error.reason.code), time.monotonic() - began, str(error))
    except Exception as error:
        return Outcome("exception", f"{type(error).__name__}: {error}"[:300], time.monotonic() - began)
    seconds = time.monotonic() - began
    return Outcome(*judge_view(pixels, letter, view), seconds)


def judge_view(pixels: NDArray[Any], letter: str = "A", view: View = VIEW) -> tuple[str, str]:
    """What pixels are, beside those of the crop of a letter."""
    right, *others = (CROPS[one][view.rows, view.cols] for one in sorted(CROPS, key=lambda one: one != letter))
    return judge(pixels, right, *others)


def judge(pixels: NDArray[Any], truth: NDArray[Any], *others: NDArray[Any]) -> tuple[str, str]:
    """Whether pixels are right, and where not, what they are."""
    if pixels.shape == truth.shape and (pixels == truth).all():
        return "right", ""
    if pixels.shape != truth.shape:
        return "wrong", f"{pixels.shape} where {truth.shape} is due"
    amiss = pixels != truth
    if (pixels[amiss] == 0).all():
        return "zeros", f"{amiss.mean():.1%} of the pixels are nothing"
    if any((pixels[amiss] == other[amiss]).mean() > 0.9 for other in others):
        return "stale", f"{amiss.mean():.1%} of the pixels are another image's"
    return "wrong", f"{amiss.mean():.1%} of the pixels are wrong"
