"""The change stage, from end to end: Scenes in, events and looks out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from imagery_watch.change.baseline import FEW_LOOKS
from imagery_watch.change.calibrate import FLOOR, FROM, NEARLY, Calibration, calibrated, margin_of
from imagery_watch.change.compare import Ground, grounds, looks
from imagery_watch.change.hits import Event, events, without_ghosts
from imagery_watch.change.measure import measured
from imagery_watch.change.prepare import Stack, prepare
from imagery_watch.change.screen import Look, screen
from imagery_watch.change.stands import in_turn
from imagery_watch.change.tracks import Sighting, Track, sightings, tracks
from imagery_watch.model import Areas, Grid, Scene

UNKNOWN = calibrated(0.0, 0.0, (), ())


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
    calibration: Calibration = UNKNOWN
    """What a score means here."""

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
    false_alarms_per_year: float = 4.0,
    min_score: float | None = None,
    workers: int = 1,
    on_pass: Callable[[], None] = lambda: None,
) -> Detection:
    """Changes of aircraft size on the aprons, between the looks of `scenes` (in any order).

    Changes are reported from the score at which false ones would number `false_alarms_per_year` in a nominal year of
    73 passes, or from `min_score` where that is given. Passes are worked on by `workers` threads, which changes nothing
    but the time; `on_pass` is called twice for each usable pass.
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
            return sightings(index, look, screen(look), stack.apron_index, NEARLY[0])

        found: list[Sighting] = []
        for sighted in pool.map(search, range(len(compared))):
            found += sighted
            on_pass()
        strong = in_turn([track for track in tracks(found, compared) if track.margin >= FROM], compared)
        joined = list(pool.map(lambda track: _measured(track, compared), strong))
    # which of them are one event was decided with the dictionary's lengths: measuring decides nothing
    every = _of_measured(events(strong), strong, joined)
    if len(stack.passes) < FEW_LOOKS:
        every = without_ghosts(every)
    calibration = _calibration(stack, compared, found, every)
    least = calibration.score_at(false_alarms_per_year) if min_score is None else min_score
    kept = tuple(event for event in every if event.score >= least)
    kept_grounds = tuple(ground and replace(ground, history=None) for ground in ground_of)
    return Detection(stack, kept, kept_grounds, tuple(joined), tuple(compared), least, calibration)


def _of_measured(every: Sequence[Event], strong: Sequence[Track], joined: Sequence[Track]) -> list[Event]:
    """The events of tracks, told of the same tracks as they were measured."""
    now = {id(track): told for track, told in zip(strong, joined, strict=True)}
    return [replace(event, track=now[id(event.track)], gone=event.gone and now[id(event.gone)]) for event in every]


def _measured(track: Track, compared: Sequence[Look | None]) -> Track:
    """The track, its object measured in the looks that show it best; one too weak to be told alone stays as it is."""
    if track.margin < FLOOR:
        return track
    numbers = dict.fromkeys((track.sighting.look, *(one.look for one in track.sightings)))
    clear = [look for number in numbers if (look := compared[number]) is not None]
    return replace(track, sighting=replace(track.sighting, fit=measured(track.sighting.fit, clear)))


def _calibration(
    stack: Stack, compared: Sequence[Look | None], found: Sequence[Sighting], every: Sequence[Event]
) -> Calibration:
    """From what was seen of the aprons, and what was nearly and surely found on them."""
    aprons, pixel_km2 = stack.apron_index >= 0, (stack.resolution / 1000.0) ** 2
    seen = sum(
        float((item.visible & aprons).sum()) * pixel_km2
        for item, look in zip(stack.passes, compared, strict=True)
        if look is not None
    )
    margins = [sighting.fit.margin for sighting in found]
    return calibrated(float(aprons.sum()) * pixel_km2, seen, margins, [margin_of(event.score) for event in every])


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
