"""Bytes and requests of our reading at random places of one scene, against the tiles that these places touch.

`python benchmarks/acquisition.py --aois 50` runs it: places of 1 to 4 km at random in files of 121 tiles, two bands and
the classes. Each place is read twice: cold, from files under names that the process has not met, and as a second
airfield after another place of the same files, whose headers are known by then. No time is measured.

*Whole tiles*: the bytes of all tiles that a place touches, as GDAL tells their counts; what whoever fetches tiles needs
at the least, headers left out. Ours is all that the server sent, headers included. Every window is held to the same
window of the file on the disk, read by rasterio.
"""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from acquisition_archive import EDGE, EPSG, LEFT, TILE, TOP, write_archive, write_items
from acquisition_ours import read_digests, survey_at
from acquisition_peers import digest
from acquisition_server import PROFILES, Log, Served, serving
from rasterio.windows import Window
from table import show_table

from imagery_watch.model import Grid
from imagery_watch.settings import Settings

BANDS = ("blue", "nir", "scl")
KINDS = ("in one tile", "over an edge", "over a corner")
STEP, SMALLEST, LARGEST = 20, 1000, 4000
"""Metres: places lie on whole pixels of 20 m, and are so long and wide."""


class Reading(NamedTuple):
    """One place that was read."""

    kind: str
    """Of how the place lies among the tiles of 10 m."""
    served: Served
    minimum_mb: float
    same: bool
    """Whether its pixels are those of the files."""

    @property
    def ratio(self) -> float:
        """Bytes that came to those of whole tiles."""
        return self.served.mb / self.minimum_mb


def draw_places(number: int, seed: int) -> list[Grid]:
    """Places anywhere in the scene."""
    rng, places = np.random.default_rng(seed), []
    for _ in range(number):
        wide, tall = (int(STEP * rng.integers(SMALLEST // STEP, LARGEST // STEP + 1)) for _ in range(2))
        left, down = (int(STEP * rng.integers(0, (EDGE * 10 - size) // STEP + 1)) for size in (wide, tall))
        places.append(Grid(EPSG, LEFT + left, TOP - down, wide // 10, tall // 10))
    return places


def window_of(place: Grid, pixel: int) -> Window:
    """The place in a file with pixels of so many metres."""
    share = pixel // 10
    return Window(int(place.left - LEFT) // pixel, int(TOP - place.top) // pixel, place.width // share,
                  place.height // share)  # fmt: skip


def list_tiles(window: Window) -> list[tuple[int, int]]:
    """Column and row of each tile that a window touches."""
    across = range(window.col_off // TILE, (window.col_off + window.width - 1) // TILE + 1)
    down = range(window.row_off // TILE, (window.row_off + window.height - 1) // TILE + 1)
    return [(col, row) for row in down for col in across]


def examine(scene: Path, place: Grid) -> tuple[str, float, dict[str, str]]:
    """How the place lies, megabytes of the tiles that it touches in all files, and digests of its windows."""
    total, digests = 0, {}
    for band in BANDS:
        with rasterio.open(scene / f"{band}.tif") as source:
            window = window_of(place, round(source.transform.a))
            for col, row in list_tiles(window):
                total += int(source.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1))
            digests[band] = digest(source.read(1, window=window), place.shape)
    tiles = len(list_tiles(window_of(place, 10)))
    return KINDS[(1, 2, 4).index(tiles)], total / 1e6, digests


def read_places(root: Path, folder: Path, places: Sequence[Grid], port: int,
                path: Path) -> Iterator[tuple[Reading, Reading]]:  # fmt: skip
    """Each place read cold, and the next place of the same files."""
    for number, place in enumerate(places):
        name, items = f"place-{number:03d}", folder / f"items-{number:03d}.json"
        if not (root / name).exists():
            (root / name).symlink_to("scene-000")
        write_items(items, f"http://127.0.0.1:{port}", 1, bands=BANDS, folder=name)
        settings = Settings(home=folder / name)
        second = places[(number + 1) % len(places)]
        yield read_place(root, items, place, settings, path), read_place(root, items, second, settings, path)


def read_place(root: Path, items: Path, place: Grid, settings: Settings, path: Path) -> Reading:
    """One place, as the server saw it."""
    kind, minimum, digests = examine(root / "scene-000", place)
    found, log = survey_at(items, place, settings), Log(path)
    read = read_digests(found, settings)
    served = log.count()
    same = {name.split()[1]: told for name, told in read.items()} == digests
    return Reading(kind, served, minimum, same)


def measure_places(root: Path, folder: Path, number: int, seed: int, port: int) -> int:
    """Prints the table; 1 where pixels are not those of the files, or an answer failed."""
    if not root.exists():
        write_archive(root, 1, bands=BANDS, whole=True)
    with serving(root, folder, port, PROFILES["near"]) as path:
        both = list(read_places(root, folder, draw_places(number, seed), port, path))
    cold, known = [one for one, _ in both], [two for _, two in both]
    print(f"{number} places of {SMALLEST}-{LARGEST} m, seed {seed}, {len(BANDS)} files each ({', '.join(BANDS)})")
    heads = ("place", "places", "bytes / whole tiles, mean", "median (least-most)", "MB of all / whole tiles",
             "requests a file", "pixels as in the files")  # fmt: skip
    rows = [show_readings(f"{what}, {kind}", [one for one in readings if kind in ("all", one.kind)])
            for what, readings in (("cold", cold), ("index known", known)) for kind in ("all", *KINDS)]  # fmt: skip
    show_table(heads, (row for row in rows if row))
    return 0 if all(one.same and not one.served.failed for one in (*cold, *known)) else 1


def show_readings(what: str, readings: Sequence[Reading]) -> list[str]:
    """A row of the table; empty without readings."""
    if not readings:
        return []
    ratios = [one.ratio for one in readings]
    came, least = sum(one.served.mb for one in readings), sum(one.minimum_mb for one in readings)
    requests = sum(one.served.requests for one in readings) / len(readings) / len(BANDS)
    return [what, str(len(readings)), f"{statistics.mean(ratios):.2f}",
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            f"{came:.0f} / {least:.0f} = {came / least:.2f}", f"{requests:.2f}",
            f"{sum(one.same for one in readings)} of {len(readings)}"]  # fmt: skip
