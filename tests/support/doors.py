"""What comes of a hostile case at one of the product's doors, and all that may never come of one."""

import json
import os
from pathlib import Path
from typing import Any

from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.grids import grid_for
from support.hostile import Place
from support.rasters import make_item, pattern
from support.watched import AIRFIELD, Canaries, Watched

GRID = grid_for(read_airfield(AIRFIELD), 100, 400)
COUNTS = pattern(*GRID.shape)
MOST_MB = 1024
"""A process that holds the libraries takes 180; tracks may unpack to a quarter of a gigabyte, which is held twice."""
LONGEST_S = 20.0


class Door:
    """Takes cases, and looks at what became of them."""

    def __init__(self, watched: Watched, canaries: Canaries, place: Place) -> None:
        self.watched, self.canaries, self.place = watched, canaries, place

    def take(self, door: str, *, may_ask: int = 0, **case: Any) -> str:
        """What is said of a case, after all that may never be was looked for."""
        self.canaries.touched()
        told = self.watched.take(door=door, allowed=[str(self.place.folder)], **case)
        said = str(told["said"])
        asked = [one for one in told["asked"] if not may_ask or one != str(("127.0.0.1", may_ask))]
        assert (told["opened"], asked, told["started"]) == ([], [], []), said
        assert not self.canaries.touched(), f"the canary was opened: {said}"
        assert self.canaries.hear() == [], f"the canary was asked: {said}"
        assert not said.startswith("EXCEPTION") and "CANARY" not in said, said
        assert told["peak_mb"] < MOST_MB and told["seconds"] < LONGEST_S, (told["peak_mb"], told["seconds"])
        return said

    def take_items(self, door: str, href: str, **options: Any) -> str:
        """The same of one item, all of whose files are at an address."""
        path = write_items(self.place.folder / f"items-{os.getpid()}.json", href)
        return self.take(door, **{"files": {"catalog": path}, "foreign": {"items": path}}[door], **options)


def write_items(path: Path, href: str) -> Path:
    item = make_item()
    for key in item["assets"]:
        item["assets"][key]["href"] = href
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    return path


def was_read(said: str) -> bool:
    """Whether there were pixels, even if all bands were found to be one file."""
    return "pixels up to" in said or "hold the same pixels" in said


def fill(text: str, place: Place, scheme: str = "") -> str:
    told = {"raster": place.raster, "url": place.url, "port": place.port, "scheme": scheme}
    for name, value in told.items():
        text = text.replace("{" + name + "}", str(value))
    return text
