"""The change stage, from end to end: Scenes in, events and looks out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from imagery_watch.change.compare import Ground, grounds, looks
from imagery_watch.change.hits import Event, events
from imagery_watch.change.prepare import Stack, prepare
from imagery_watch.change.screen import Look, screen
from imagery_watch.change.tracks import Sighting, Track, sightings, tracks
from imagery_watch.model import Areas, Grid, Scene


@dataclass(frozen=True)
class Detection:
    """What the passes over one airfield show."""

    stack: Stack
    events: tuple[Event, ...]
    grounds: tuple[Ground | None, ...]
    """Of each pass in the stack; None where there was too little history."""
    tracks: tuple[Track, ...] = ()
    """Objects over looks, strongest first; weaker ones than the events' too."""
    looks: tuple[Look | None, ...] = ()
    """Of each pass in the stack, compared with its ground."""
    min_score: float = 0.0
    """What an event had to reach."""

    def visible_fraction(self, index: int, apron: int) -> float:
        """Share of an apron that a pass of the stack could see."""
        here = self.stack.apron_index == apron
        return float(self.stack.passes[index].visible[here].mean()) if here.any() else 0.0


def detect(
    scenes: Sequence[Scene],
    areas: Areas,
    grid: Grid,
    *,
    half_window: timedelta,
    min_score: float,
    workers: int = 1,
    on_pass: Callable[[], None] = lambda: None,
) -> Detection:
    """Changes of aircraft size on the aprons, between the looks of `scenes` (in any order).

    `min_score` is the smallest score of a change that is reported; passes are worked on by `workers` threads, which
    changes nothing but the time; `on_pass` is called twice for each usable pass.
    """
    with ThreadPoolExecutor(workers) as pool:
        stack = prepare(scenes, areas, grid, pool, on_pass)
        ground_of = grounds(stack, half_window)
        compared = looks(stack, ground_of)

        def search(index: int) -> list[Sighting]:
            """Objects in one look; weaker ones too, for several looks may add up."""
            look = compared[index]
            if look is None:
                return []
            return sightings(index, look, screen(look), stack.apron_index, 0.25 * min_score**2)

        found: list[Sighting] = []
        for sighted in pool.map(search, range(len(compared))):
            found += sighted
            on_pass()
    joined = tracks(found, compared)
    kept = [event for event in events(joined) if event.score >= min_score]
    return Detection(stack, tuple(kept), tuple(ground_of), tuple(joined), tuple(compared), min_score)


def chip_window(stack: Stack, event: Event, half: int = 20) -> tuple[slice, slice, float, float]:
    """The square of the window around an event, cut at the window's edges, and the event's row and column in it."""
    fit = event.track.sighting.fit
    height, width = stack.apron_index.shape
    top, left = max(0, round(fit.row) - half), max(0, round(fit.col) - half)
    rows, cols = (
        slice(top, min(height, round(fit.row) + half + 1)),
        slice(left, min(width, round(fit.col) + half + 1)),
    )
    return rows, cols, fit.row - top, fit.col - left
