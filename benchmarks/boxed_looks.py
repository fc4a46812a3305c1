"""Looks with the boxes of the aircraft in them: of real airports, and of simulated terminals."""

import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.change.preprocess.usability import select_bands
from imagery_watch.model import Areas, Grid, Period
from imagery_watch.pipeline import read_passes, survey
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.settings import Settings
from imagery_watch.simulate.aircraft import TYPES
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.simulator import to_scene
from imagery_watch.simulate.terminal.build import build_terminal
from imagery_watch.simulate.terminal.canvas import HALF_M, SIZE
from imagery_watch.simulate.terminal.visitors import Visitor
from imagery_watch.sources.airfields.geojson import read_airfield
from imagery_watch.sources.airfields.grids import draw_areas
from imagery_watch.sources.catalogs.named import open_catalog

LOOKS = 3
"""At each simulated terminal."""
Box = Sequence[float]
"""Left, upper, right and lower edge: metres right of and below the corner of the stack's window."""


def read_airport(folder: Path) -> tuple[Stack, list[list[Box]]]:
    """The looks of an airport, and the boxes of aircraft in each."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), limit_plantings=0)
        airfield = read_airfield(folder / "aoi.geojson")
        catalog = open_catalog(str(folder / "items.json"), settings, find_sensor())
        found = survey(airfield, catalog, settings, Period(None, None), history_days=0)
        scenes = read_passes(found, settings, lambda *_: None).scenes
    with ThreadPoolExecutor(1) as pool:
        stack = prepare_stack(scenes, draw_areas(airfield, found.grid), found.grid, DETECTOR, pool)
    left = found.grid.left + stack.georeference.left * stack.resolution
    top = found.grid.top - stack.georeference.top * stack.resolution
    truth = json.loads((folder / "truth.json").read_text())
    days = [truth[f"{look.datetime:%F}"] for look in stack.passes]
    return stack, [[(box[0] - left, top - box[3], box[2] - left, top - box[1]) for box in day] for day in days]


def draw_terminal(seed: int) -> tuple[Stack, list[list[Box]]]:
    """The same of a simulated terminal, in red, green and blue alone like the airports."""
    terminal, occasions = build_terminal(seed, LOOKS)
    scenes = [select_bands(to_scene(one.seen, BANDS, number), BANDS[:3]) for number, one in enumerate(occasions)]
    names = tuple(f"apron-{number}" for number in range(int(terminal.aprons.max()) + 1))
    areas = Areas(names, terminal.aprons, terminal.aprons < 0, float((terminal.aprons < 0).sum()) * 1e-4)
    with ThreadPoolExecutor(1) as pool:
        stack = prepare_stack(scenes, areas, Grid(32632, 600_000, 5_200_000, SIZE, SIZE), DETECTOR, pool)
    left, top = (edge * stack.resolution for edge in (stack.georeference.left, stack.georeference.top))
    shown = {one.seen.when: one.visitors for one in occasions}
    return stack, [[box_of(one, left, top) for one in shown[look.datetime]] for look in stack.passes]


def box_of(one: Visitor, left: float, top: float) -> Box:
    """The box that a person would draw around an aircraft, with its sides along the image's."""
    along, across = one.length_m / 2, TYPES[one.shape].span * one.scale / 2
    sine, cosine = (abs(float(turn(np.radians(one.heading)))) for turn in (np.sin, np.cos))
    wide, high = max(along * sine, across * cosine), max(along * cosine, across * sine)
    right, down = one.east + HALF_M - left, HALF_M - one.north - top
    return (right - wide, down - high, right + wide, down + high)
