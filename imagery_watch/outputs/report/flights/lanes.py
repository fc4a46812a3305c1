"""The timeline of the tracks: looks and stays above, below them each aircraft, who passed near, and who was heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from imagery_watch.model import Look, RunResult
from imagery_watch.model.corroboration import Corroboration, LookState, Segment, TrackTold
from imagery_watch.model.flight import CoverageCell, Movement
from imagery_watch.outputs.report.flights.span import Span, choose_span, place_ticks
from imagery_watch.outputs.report.timeline import TIMELINE_TOP, Layout, TimeAxis, Timeline, lay_row
from imagery_watch.outputs.wording.flights import LOOK_WORDS
from imagery_watch.outputs.wording.text import clean, duration, minutes

MOST_LANES = 20
MOST_APRONS = 12
LEAST_WIDTH = 2.5
"""Drawing units of the shortest bar: what lasted a minute can still be seen among days."""
FOOT = 26
DOING_WORDS = {
    "flying": "in the air",
    "here": "on the ground here",
    "elsewhere": "on the ground elsewhere",
    "silent": "not heard",
}
WEIGHTY = (LookState.SEEN, LookState.EXPECTED, LookState.UNSEEN, LookState.OUTSIDE)
"""Which aircraft are shown first where there are too many."""


@dataclass(frozen=True)
class Strip:
    """A bar on the timeline."""

    x: float
    end: float
    kind: str
    tip: str


@dataclass(frozen=True)
class Lane:
    """One aircraft: what it did, and its times on the ground here."""

    name: str
    state: str
    y: float
    strips: tuple[Strip, ...]
    visits: tuple[Strip, ...]


@dataclass(frozen=True)
class Lanes:
    """The timeline of the tracks in one layout."""

    looks: Timeline
    """The rows of the aprons, and the drawing's size and ticks."""
    lanes: tuple[Lane, ...]
    near: tuple[Strip, ...]
    near_y: float
    """Where the row of who was heard near lies; it is drawn where there are any."""
    heard: tuple[Strip, ...]
    heard_y: float
    left_out: int
    """Aircraft that have no row."""
    aprons_left_out: int
    """Aprons that have none."""
    span: Span

    @property
    def kinds(self) -> set[str]:
        """What kinds of bars there are, for the legend."""
        return {strip.kind for lane in self.lanes for strip in lane.strips} | {strip.kind for strip in self.heard}


def lay_lanes(result: RunResult, layout: Layout) -> Lanes | None:
    """The timeline of a run's tracks; None where there are none, or the files hold nothing of this airfield."""
    told = result.corroboration
    span = None if told is None else choose_span(told, result.looks, result.hits)
    if told is None or span is None:
        return None
    axis = TimeAxis(span.first, span.last, layout)
    looks = [look for look in result.looks if span.first <= look.datetime <= span.last]
    names, aprons_left_out = choose_aprons(result, looks, told)
    rows = tuple(lay_row(name, index, looks, result.stays, axis) for index, name in enumerate(names))
    groups = group_aircraft(told.tracks)
    chosen = choose_lanes(groups)
    near, heard = tuple(_near(told.near, axis)), tuple(_heard(told.coverage, axis))
    top, step = TIMELINE_TOP + layout.row_height * len(rows) + 6, _step(layout)
    lanes = tuple(_lane(group, top + step * index, axis) for index, group in enumerate(chosen))
    near_y = top + step * len(lanes)
    heard_y = near_y + (layout.row_height if near else 0)
    height = heard_y + (layout.row_height if heard else 0) + FOOT
    drawing = Timeline(layout.width, height, layout.label_width, rows, place_ticks(axis))
    return Lanes(drawing, lanes, near, near_y + _middle(layout), heard, heard_y + _middle(layout),
                 len(groups) - len(chosen), aprons_left_out, span)  # fmt: skip


def _step(layout: Layout) -> int:
    """The height of an aircraft's row: two lines of words at the left, or above."""
    return layout.row_height + 12 if layout.label_width else layout.row_height + 8


def _middle(layout: Layout) -> int:
    return layout.row_height // 2 if layout.label_width else layout.row_height - 12


def choose_aprons(result: RunResult, looks: Sequence[Look], told: Corroboration) -> tuple[list[str], int]:
    """At most so many aprons, in the airfield's order, and how many more there are.

    First come those on which aircraft of the tracks were, then those with changes.
    """
    names = list(dict.fromkeys([*(apron.name for apron in result.airfield.aprons), *(look.apron for look in looks)]))
    stood = {name for one in told.tracks for name in (one.aircraft.apron, *one.aircraft.aprons)}
    changed = {hit.apron for hit in result.hits}
    kept = sorted(names, key=lambda name: (name not in stood, name not in changed))[:MOST_APRONS]
    return [name for name in names if name in kept], len(names) - len(kept)


def group_aircraft(tracks: Sequence[TrackTold]) -> list[tuple[TrackTold, ...]]:
    """The times on the ground of one aircraft together, by its address, else its track; by the first of them.

    Callsigns join nothing: a flight number is flown by another aircraft each day.
    """
    groups: dict[str | tuple[Segment, ...], list[TrackTold]] = {}
    for one in sorted(tracks, key=lambda one: (one.aircraft.first_ground, one.aircraft.id)):
        groups.setdefault(one.aircraft.hex or one.segments or one.aircraft.id, []).append(one)
    return [tuple(group) for group in groups.values()]


def choose_lanes(groups: Sequence[tuple[TrackTold, ...]], most: int = MOST_LANES) -> list[tuple[TrackTold, ...]]:
    """At most so many aircraft, in the order given: those that a change fits, or a look should have shown, first."""
    by_weight = sorted(groups, key=lambda group: min(WEIGHTY.index(one.state) for one in group))
    kept = {group[0].aircraft.id for group in by_weight[:most]}
    return [group for group in groups if group[0].aircraft.id in kept]


def _lane(group: Sequence[TrackTold], top: int, axis: TimeAxis) -> Lane:
    aircraft = group[0].aircraft
    name = f"{aircraft.name}, {aircraft.type}" if aircraft.type else aircraft.name
    state = "; ".join(dict.fromkeys(LOOK_WORDS[one.state] for one in group))
    strips = (
        _strip(segment.start, segment.end, segment.doing, DOING_WORDS[segment.doing], axis)
        for segment in dict.fromkeys(segment for one in group for segment in one.segments)
    )
    visits = (
        _strip(
            one.aircraft.first_ground, one.aircraft.last_ground, "visit", "first to last fix on the ground here", axis
        )
        for one in group
    )
    middle = _step(axis.layout) // 2 if axis.layout.label_width else _step(axis.layout) - 16
    return Lane(clean(name), state, top + middle, thin_strips(strips), thin_strips(visits))


def _strip(start: datetime, end: datetime, kind: str, words: str, axis: TimeAxis) -> Strip | None:
    """A bar as far as it lies on the axis, wide enough to be seen; None where it lies outside."""
    if end < axis.first or start > axis.last:
        return None
    x, until = axis.x(start), axis.x(end)
    if until - x < LEAST_WIDTH:
        left, right = axis.layout.label_width + 12.0, axis.layout.width - 12.0
        x = min(max((x + until - LEAST_WIDTH) / 2, left), right - LEAST_WIDTH)
        until = x + LEAST_WIDTH
    return Strip(
        round(x, 1), round(until, 1), kind, f"{words}, {minutes(start)} to {minutes(end)} UTC ({_told(end - start)})"
    )


def _told(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} minutes" if span < timedelta(hours=2) else duration(span)


def thin_strips(strips: Iterator[Strip | None]) -> tuple[Strip, ...]:
    """Without what lies outside, or in the very place of another of its kind; what is on the ground here on top."""
    kept: dict[tuple[str, float, float], Strip] = {}
    for strip in strips:
        if strip is not None:
            kept.setdefault((strip.kind, round(strip.x), round(strip.end)), strip)
    return tuple(sorted(kept.values(), key=lambda strip: (strip.kind == "here", strip.x)))


def _near(movements: Sequence[Movement], axis: TimeAxis) -> Iterator[Strip]:
    """Ticks of who was heard low and near; those at one place of the drawing are one tick."""
    shown = sorted((one for one in movements if axis.first <= one.not_after and one.not_before <= axis.last),
                   key=lambda one: one.not_before)  # fmt: skip
    for x, group in groupby(shown, key=lambda one: round(axis.x(one.not_before))):
        tips = [_tell_near(one) for one in group]
        yield Strip(x, x, "near", "; ".join(tips[:3]) + (f"; and {len(tips) - 3} more" if len(tips) > 3 else ""))


def _tell_near(one: Movement) -> str:
    way = {"arrival": ", on its way in", "departure": ", on its way out"}.get(one.way or "", "")
    name = one.callsign or one.hex or "an aircraft without a name"
    return clean(f"{name}{way}, {minutes(one.not_before)} UTC")


def _heard(cells: Sequence[CoverageCell], axis: TimeAxis) -> Iterator[Strip]:
    """The spans in which anyone was heard; where they are narrow, those that follow one another are one bar."""
    width = axis.x(axis.first + timedelta(hours=6)) - axis.x(axis.first)
    runs: list[list[CoverageCell]] = []
    for cell in sorted((one for one in cells if one.witnesses()), key=lambda one: one.start):
        kind = cell.witnesses() > 1
        joins = runs and width < 3 and runs[-1][-1].end == cell.start and (runs[-1][-1].witnesses() > 1) == kind
        runs[-1].append(cell) if joins else runs.append([cell])
    for run in runs:
        most = max(cell.witnesses() for cell in run)
        words = f"{'up to ' if len(run) > 1 else ''}{most} aircraft heard on the ground or low"
        strip = _strip(run[0].start, run[-1].end, "heard" if most > 1 else "heard-one", words, axis)
        if strip is not None:
            yield strip
