"""Which images of the airfield a page holds, and where they lie: told in a comment, for who writes into it later."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from imagery_watch.model import Hit, Panorama
from imagery_watch.model.georeference import Georeference
from imagery_watch.outputs.report.airfield_view import choose_large
from imagery_watch.outputs.wording.text import iso

BEGIN, END = "<!-- images of the airfield: ", " -->"


@dataclass(frozen=True)
class Scenes:
    """The images of a page's view of the airfield (`scene-0` and on), all of one window."""

    width: int
    """Of the window, in units of the drawing that holds the images."""
    height: int
    corners: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    """Longitude and latitude of the window's upper left, upper right and lower left corner."""
    times: tuple[datetime, ...]
    """When each look was, UTC, in the order of the images."""


def list_scenes(panoramas: Sequence[Panorama], hits: Sequence[Hit] = ()) -> Scenes | None:
    """What the view of the airfield with these hits shows; None where there are no images."""
    large = choose_large(panoramas, hits)
    if not large:
        return None
    window = large[0]
    height, width = (edge * window.step for edge in window.image.shape[1:])
    place = window.georeference
    corners = _corner(place, 0, 0), _corner(place, 0, width), _corner(place, height, 0)
    return Scenes(width, height, corners, tuple(one.datetime for one in large))


def _corner(place: Georeference, row: int, col: int) -> tuple[float, float]:
    """Where pixels meet: half a pixel up and left of a centre."""
    found = place.locate(row - 0.5, col - 0.5)
    return round(found.lon, 7), round(found.lat, 7)


def note_scenes(scenes: Scenes | None) -> Markup:
    """The comment that holds it: numbers and times alone; nothing where there are no images."""
    if scenes is None:
        return Markup("")
    record = {
        "width": scenes.width,
        "height": scenes.height,
        "corners": scenes.corners,
        "looks": [iso(time) for time in scenes.times],
    }
    return Markup(BEGIN + json.dumps(record) + END + "\n")


def read_scenes(page: str) -> Scenes | None:
    """What the comment of a page says; None where it has none, or one that cannot be read."""
    text = page.rpartition(BEGIN)[2].partition(END)[0]
    if BEGIN not in page:
        return None
    try:
        record = json.loads(text)
        upper_left, upper_right, lower_left = (_degrees(*one) for one in record["corners"])
        times = tuple(datetime.fromisoformat(one).astimezone(UTC) for one in record["looks"])
        width, height = int(record["width"]), int(record["height"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    if not times or min(width, height) < 1:
        return None
    return Scenes(width, height, (upper_left, upper_right, lower_left), times)


def _degrees(lon: float, lat: float) -> tuple[float, float]:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise ValueError("a corner is nowhere")
    return float(lon), float(lat)
