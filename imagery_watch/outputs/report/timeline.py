"""What happened over time, laid out for the report's drawings: the timeline of the looks, and how full aprons were."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from imagery_watch.model import Look, Occupancy, Stay
from imagery_watch.outputs.wording.text import clean, minutes

TIMELINE_TOP = 12
TICK_ROOM = 35
"""Drawing units for half of a date: one nearer to the drawing's edge would be cut off."""
MOST_TICKS = 9
OCCUPANCY_HEIGHT = 96
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


class Layout(NamedTuple):
    """Sizes of a drawing over time."""

    width: int
    label_width: int
    """Room for names at the left; none where they stand above their rows."""
    row_height: int
    ticks: int


WIDE_LAYOUT, NARROW_LAYOUT = Layout(960, 170, 26, 9), Layout(350, 0, 46, 4)
"""For screens and paper, and for phones."""


@dataclass(frozen=True)
class Bar:
    """One stay on the timeline: when it was seen, and between which looks it can have stood."""

    x: float | None
    """None where it was seen before or after what the axis shows."""
    end: float
    outer_x: float
    outer_end: float
    tip: str


@dataclass(frozen=True)
class Mark:
    """One look on the timeline."""

    x: float
    result: str
    tip: str


@dataclass(frozen=True)
class Row:
    """One apron on the timeline."""

    name: str
    y: int
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """Every look, one row for each apron, time to the right."""

    width: int
    height: int
    label_width: int
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    """x and text of the dates below."""


def timeline(
    looks: Sequence[Look], apron_names: Iterable[str], stays: Sequence[Stay] = (), layout: Layout = WIDE_LAYOUT
) -> Timeline | None:
    """The timeline, aprons in the order given, then any that only the looks know; None without looks."""
    if not looks:
        return None
    axis = TimeAxis(min(look.datetime for look in looks), max(look.datetime for look in looks), layout)
    names = list(dict.fromkeys([*apron_names, *(look.apron for look in looks)]))
    rows = tuple(lay_row(name, index, looks, stays, axis) for index, name in enumerate(names))
    height = TIMELINE_TOP + layout.row_height * len(rows) + 26
    return Timeline(layout.width, height, layout.label_width, rows, axis.ticks)


@dataclass(frozen=True)
class TimeAxis:
    """Where each moment lies in a drawing."""

    first: datetime
    last: datetime
    layout: Layout

    def x(self, time: datetime) -> float:
        """Drawing units from the left; what lies outside is drawn at the edge."""
        room = self.layout.width - self.layout.label_width - 24
        share = (time - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return round(self.layout.label_width + 12 + min(1.0, max(0.0, share)) * room, 1)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Places and texts of round dates."""
        return self.place(date_ticks(self.first, self.last, self.layout.ticks))

    def place(self, ticks: Iterable[tuple[datetime, str]]) -> tuple[tuple[float, str], ...]:
        """Where dates lie, without those whose text would be cut at an edge."""
        placed = ((self.x(when), label) for when, label in ticks)
        return tuple((x, label) for x, label in placed if TICK_ROOM <= x <= self.layout.width - TICK_ROOM)


def lay_row(name: str, index: int, looks: Sequence[Look], stays: Sequence[Stay], axis: TimeAxis) -> Row:
    """The row of one apron, the first of them at the top: its looks, and its stays as far as the axis reaches."""
    mine = [look for look in looks if look.apron == name]
    mine.sort(key=lambda look: look.result == "change")  # drawn last, on top of its neighbours
    marks = tuple(Mark(axis.x(look.datetime), look.result, _tip(look)) for look in mine)
    bars = tuple(_bar(stay, axis) for stay in stays if stay.apron == name and _reaches(stay, axis))
    height = axis.layout.row_height
    middle = height // 2 if axis.layout.label_width else height - 12
    return Row(clean(name), TIMELINE_TOP + height * index + middle, marks, bars)


def _reaches(stay: Stay, axis: TimeAxis) -> bool:
    """Whether any of a stay lies on the axis."""
    return (stay.not_after or axis.last) >= axis.first and (stay.not_before or axis.first) <= axis.last


def _bar(stay: Stay, axis: TimeAxis) -> Bar:
    start, end = stay.not_before or axis.first, stay.not_after or axis.last
    tip = f"seen from {minutes(stay.seen_from)} to {minutes(stay.seen_to)}, about {stay.length_m:.0f} m"
    seen = stay.seen_from <= axis.last and stay.seen_to >= axis.first
    return Bar(axis.x(stay.seen_from) if seen else None, axis.x(stay.seen_to), axis.x(start), axis.x(end), tip)


@dataclass(frozen=True)
class Occupied:
    """How many objects each look shows on one apron, as steps, and what is usual."""

    name: str
    width: int
    height: int
    points: tuple[tuple[float, float, str], ...]
    usual_y: float
    usual: int
    most: int
    ticks: tuple[tuple[float, str], ...]


def chart_occupancy(rows: Sequence[Occupancy], layout: Layout = WIDE_LAYOUT) -> Occupied:
    """The chart of one apron; `rows` are its looks in order of time."""
    axis = TimeAxis(rows[0].datetime, rows[-1].datetime, layout._replace(label_width=28))
    most = max(1, *(one.standing for one in rows), *(one.usual for one in rows))

    def y_of(number: int) -> float:
        """Drawing units from the top."""
        return round(OCCUPANCY_HEIGHT - 26 - number / most * (OCCUPANCY_HEIGHT - 44), 1)

    points = tuple(
        (axis.x(one.datetime), y_of(one.standing), f"{minutes(one.datetime)[:10]}: {one.standing}") for one in rows
    )
    usual = rows[-1].usual
    return Occupied(clean(rows[0].apron), layout.width, OCCUPANCY_HEIGHT, points, y_of(usual), usual, most, axis.ticks)


def _tip(look: Look) -> str:
    seen = "" if look.visible_fraction is None else f", {look.visible_fraction:.0%} visible"
    why = f": {look.reason}" if look.reason else ""
    when = look.datetime.astimezone(UTC).strftime("%Y-%m-%d")
    return clean(f"{when} {look.result.replace('_', ' ')}{seen}{why}")


def date_ticks(first: datetime, last: datetime, most: int = MOST_TICKS) -> list[tuple[datetime, str]]:
    """At most so many round dates between the two, with their texts."""
    start, span = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0), last - first
    for days in DAY_STEPS:
        if span / timedelta(days=days) <= most - 1:
            times = [start + timedelta(days=days * k) for k in range(most + 1)]
            return [(t, f"{t:%Y-%m-%d}") for t in times if first <= t <= last] or [(first, f"{first:%Y-%m-%d}")]
    months = next(step for step in MONTH_STEPS if span.days / 30.4 / step <= most - 1 or step == 120)
    times = [_month(start, months, k) for k in range(span.days // 28 + 2)]
    return [(t, f"{t:%Y-%m}") for t in times if first <= t <= last]


def _month(start: datetime, step: int, k: int) -> datetime:
    """The k-th first of a month from `start` on, every `step` months counted from January of year 0."""
    month = ((start.year * 12 + start.month - 1) // step + k) * step
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) if month // 12 <= 9999 else start
