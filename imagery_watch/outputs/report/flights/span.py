"""What stretch of time the timeline of the tracks shows, and the round moments below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imagery_watch.model import Hit, Look
from imagery_watch.model.corroboration import Corroboration
from imagery_watch.outputs.report.timeline import TimeAxis, date_ticks

LOOKS_AROUND = 2
"""Passes that saw something which are shown before the first aircraft came, and after the last one left."""
JOURNEY = timedelta(days=1)
"""So much of where an aircraft came from and went to is shown, whatever the looks are."""
STEPS_H = (1, 2, 3, 6, 12, *(24 * days for days in (1, 2, 3, 5, 7, 10, 14, 21)))


@dataclass(frozen=True)
class Span:
    """The stretch of time that is shown."""

    first: datetime
    last: datetime
    zoomed: bool
    """Whether looks of the run lie outside."""


def choose_span(told: Corroboration, looks: Sequence[Look], hits: Sequence[Hit]) -> Span | None:
    """The time around the tracks with the looks next to them; None where the files hold nothing of this airfield.

    That is the time of every aircraft on the ground (else of who was heard near, else in which anyone was heard), the
    brackets of the hits that it was held against, and the last two passes before and first two after that saw anything.
    """
    core = _core(told)
    if not core:
        return None
    seeing = sorted({look.datetime for look in looks if look.result in ("change", "no_change")})
    seeing = seeing or sorted({look.datetime for look in looks})
    around = [time for time in seeing if time < min(core)][-LOOKS_AROUND:]
    around += [time for time in seeing if time > max(core)][:LOOKS_AROUND]
    moments = [*core, *around, *_journeys(told), *_brackets(told, hits)]
    first, last = min(moments), max(moments)
    return Span(first, last, any(not first <= look.datetime <= last for look in looks))


def _core(told: Corroboration) -> list[datetime]:
    ground = [time for one in told.tracks for time in (one.aircraft.first_ground, one.aircraft.last_ground)]
    near = [time for one in told.near for time in (one.not_before, one.not_after)]
    heard = [time for cell in told.coverage for time in (cell.start, cell.end)]
    return ground or near or heard


def _journeys(told: Corroboration) -> Iterator[datetime]:
    for one in told.tracks:
        if one.segments:
            yield max(one.segments[0].start, one.aircraft.first_ground - JOURNEY)
            yield min(one.segments[-1].end, one.aircraft.last_ground + JOURNEY)


def _brackets(told: Corroboration, hits: Sequence[Hit]) -> Iterator[datetime]:
    held = {one.id for one in told.hits if one.matches}
    for hit in hits:
        if hit.id in held:
            yield hit.before
            yield hit.after


def place_ticks(axis: TimeAxis) -> tuple[tuple[float, str], ...]:
    """Places and texts of round moments: hours where the axis spans days, days where it spans weeks, else months."""
    start = axis.first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = (axis.last - axis.first) / (axis.layout.ticks - 1)
    step = next((timedelta(hours=hours) for hours in STEPS_H if timedelta(hours=hours) >= wanted), None)
    if step is None:
        ticks = date_ticks(axis.first, axis.last, axis.layout.ticks)
    else:
        times = (start + step * number for number in range((axis.last - start) // step + 1))
        form = "%m-%d %H:%M" if step < timedelta(days=1) else "%Y-%m-%d"
        ticks = [(time, time.strftime(form)) for time in times if time >= axis.first]
    return axis.place(ticks)
