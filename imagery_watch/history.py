"""What was looked at, and what could be seen of it: from `monitor`'s record, or from a run's folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from imagery_watch.errors import AoiError, UsageError
from imagery_watch.model import Look, Occupancy, Pass, Period, parse_period
from imagery_watch.observability import chances_of
from imagery_watch.outputs.files.saved_run import Saved, read_saved
from imagery_watch.outputs.store.store import Store, read_store
from imagery_watch.outputs.terminal.pass_table import PassHistory, show_passes
from imagery_watch.outputs.wording.text import cell
from imagery_watch.sensors.orbits import next_passes
from imagery_watch.sensors.registry import find_sensor
from imagery_watch.sources.places.resolver import find_place, resolve_airfield

__all__ = ["PassHistory", "pass_history", "show_passes"]


def pass_history(
    airfield: str | None,
    home: Path,
    *,
    run: Path | None,
    since: str | None,
    until: str | None,
    now: datetime,
) -> PassHistory:
    """The passes over an airfield between two dates as typed, by default all of them, with chances and what is next.

    From the record below `home`, which is only read, or from the folder `run`. Raises UsageError where neither can tell
    of the airfield, AoiError for one that nobody knows, StoreError where the record is damaged.
    """
    asked = parse_period(since, until, now)
    if run is not None:
        known = _of_run(run, airfield, home)
    elif airfield is not None:
        known = _of_record(home, airfield)
    else:
        raise UsageError("name an airfield (`passes LIPB`), or the folder of a run (`passes --run DIR`)")
    shown = tuple(one for one in known.passes if one.datetime in asked)
    looks = [look for one in shown for look in one.looks]
    return PassHistory(
        airfield=known.airfield,
        source=known.source,
        passes=shown,
        chances=chances_of(looks, _common(asked, known.period), now),
        due=tuple(next_passes(known.passes, now, find_sensor().repeat_cycle)),
        last_seen=max((one.datetime for one in known.passes), default=None),
        simulated=known.simulated,
    )


@dataclass(frozen=True)
class _Known:
    """What a source tells of one airfield."""

    airfield: str
    source: str
    passes: tuple[Pass, ...]
    """Sorted by time, then id."""
    period: Period
    """Whose looks it has; open where it begins and ends with them."""
    simulated: str = ""


def _common(one: Period, other: Period) -> Period:
    """What lies in both."""
    starts = [start for start in (one.start, other.start) if start is not None]
    ends = [end for end in (one.end, other.end) if end is not None]
    return Period(max(starts, default=None), min(ends, default=None))


def _of_record(home: Path, name: str) -> _Known:
    with read_store(home) as store:
        known = None if store is None else next((key for key in (name, name.upper()) if store.passes(key)), None)
        if known is None:
            name = resolve_airfield(name, home)[0].id  # says what may have been meant
            known = name if store is not None and store.passes(name) else None
        if store is None or known is None:
            raise UsageError(
                f"{name}: there is no record of it below {home} yet. Run `imagery-watch monitor {name}` first, or read "
                "the folder of a run with --run DIR."
            )
        return _Known(known, "the record of monitor", _recorded(store, known), Period(None, None))


def _recorded(store: Store, airfield: str) -> tuple[Pass, ...]:
    looks: dict[str, list[Look]] = {}
    counts: dict[str, list[Occupancy]] = {}
    for look, full in store.looks(airfield):
        looks.setdefault(look.pass_id, []).append(look)
        counts.setdefault(look.pass_id, []).extend([] if full is None else [full])
    passes = [
        Pass(
            one.id,
            one.datetime,
            one.relative_orbit,
            one.state,
            looks=tuple(looks.get(one.id, ())),
            occupancy=tuple(counts.get(one.id, ())),
        )
        for one in store.passes(airfield).values()
    ]
    return tuple(sorted(passes, key=lambda one: (one.datetime, one.id)))


def _of_run(folder: Path, name: str | None, home: Path) -> _Known:
    """What a run's folder tells. Raises UsageError where it is a run over another airfield."""
    known = _saved(read_saved(folder), str(folder))
    if name is not None and known.airfield.upper() not in (name.upper(), _code_of(name, home)):
        raise UsageError(f"{folder} holds a run over {known.airfield}, not over {name}")
    return known


def _code_of(name: str, home: Path) -> str:
    """The code of the airfield that a name means; empty where it means none, or several."""
    try:
        return find_place(name, home).place.icao.upper()
    except AoiError:
        return ""


def _saved(saved: Saved, source: str) -> _Known:
    told = saved.provenance
    simulated = (told.simulated_note or "Nothing here was observed.") if told.simulated else ""
    period = Period(told.period.since, told.period.until_before)
    return _Known(told.airfield.id, source, _told(saved), period, simulated)


def _told(saved: Saved) -> tuple[Pass, ...]:
    """The passes of `run.json`, each with its looks; looks of none make one of their own."""
    noted = [Pass(one.id, one.datetime, one.relative_orbit, one.state) for one in saved.provenance.passes]
    others = dict.fromkeys(look.datetime for look in saved.looks if not look.pass_id)
    noted += [Pass("", when, None, "scored") for when in others]
    found = [_with_looks(one, saved.looks, saved.occupancy) for one in noted]
    return tuple(sorted(found, key=lambda one: (one.datetime, one.id)))


def _with_looks(one: Pass, looks: Sequence[Look], occupancy: Iterable[Occupancy]) -> Pass:
    """The pass with what was told of it; an apron has the name that it has in `looks.csv`, which is a cell's."""
    mine = tuple(look for look in looks if (look.pass_id or look.datetime) == (one.id or one.datetime))
    full = tuple(replace(count, apron=cell(count.apron)) for count in occupancy if count.datetime == one.datetime)
    orbit = one.relative_orbit if one.id or not mine else mine[0].relative_orbit
    return replace(one, looks=mine, occupancy=full, relative_orbit=orbit)
