"""What was looked at, and what could be seen of it: from `monitor`'s record, or from a run's folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from imagery_watch.account import chances_of
from imagery_watch.errors import UsageError
from imagery_watch.model import Look, Occupancy, Pass, Period, parse_period
from imagery_watch.outputs.passes import PassHistory, show_passes
from imagery_watch.outputs.saved import Saved, parsed, read_saved
from imagery_watch.outputs.stays import moment
from imagery_watch.outputs.store import Store, read_store
from imagery_watch.outputs.text import cell
from imagery_watch.sensors.orbits import next_passes
from imagery_watch.sources.airfields import find_airfield

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
        known = _of_run(run, airfield)
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
        due=tuple(next_passes(known.passes, now)),
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
        if store is None or known is None:
            find_airfield(name, home)  # says what may have been meant
            raise UsageError(
                f"{name}: there is no record of it below {home} yet. Run `imagery-watch monitor {name}` first, or read "
                "the folder of a run with --run DIR."
            )
        return _Known(known, "the record of monitor", _recorded(store, known), Period(None, None))


def _recorded(store: Store, airfield: str) -> tuple[Pass, ...]:
    looks: dict[str, list[Look]] = {}
    counts: dict[str, list[Occupancy]] = {}
    for pass_id, look, full in store.looks(airfield):
        looks.setdefault(pass_id, []).append(look)
        counts.setdefault(pass_id, []).extend([] if full is None else [full])
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


def _of_run(folder: Path, name: str | None) -> _Known:
    """What a run's folder tells. Raises UsageError where it is a run over another airfield."""
    saved = read_saved(folder)
    known = parsed(folder / "run.json", lambda: _saved(saved, str(folder)))
    if name is not None and name.upper() != known.airfield.upper():
        raise UsageError(f"{folder} holds a run over {known.airfield}, not over {name}")
    return known


def _saved(saved: Saved, source: str) -> _Known:
    note = saved.record.get("simulated_note") or "Nothing here was observed."
    simulated = str(note) if saved.record.get("simulated") else ""
    return _Known(saved.airfield_id, source, _told(saved), _period(saved.record), simulated)


def _period(record: Mapping[str, Any]) -> Period:
    period = record.get("period") or {}
    start, end = (period.get(name) for name in ("since", "until_before"))
    return Period(None if start is None else moment(start), None if end is None else moment(end))


def _told(saved: Saved) -> tuple[Pass, ...]:
    """The passes of `run.json`, each with its looks; looks of none make one of their own."""
    noted = [_noted(row) for row in saved.record.get("passes", ())]
    known = {one.datetime for one in noted}
    others = dict.fromkeys(look.datetime for look in saved.looks if look.datetime not in known)
    noted += [Pass("", when, None, "scored") for when in others]
    found = [_with_looks(one, saved.looks, saved.occupancy) for one in noted]
    return tuple(sorted(found, key=lambda one: (one.datetime, one.id)))


def _noted(row: Mapping[str, Any]) -> Pass:
    orbit = row.get("relative_orbit")
    when = moment(row["datetime"])
    return Pass(str(row["id"]), when, None if orbit is None else int(orbit), str(row.get("state", "scored")))


def _with_looks(one: Pass, looks: Sequence[Look], occupancy: Iterable[Occupancy]) -> Pass:
    """The pass with what was told of it; an apron has the name that it has in `looks.csv`, which is a cell's."""
    mine = tuple(look for look in looks if look.datetime == one.datetime)
    full = tuple(replace(count, apron=cell(count.apron)) for count in occupancy if count.datetime == one.datetime)
    orbit = one.relative_orbit if one.id or not mine else mine[0].relative_orbit
    return replace(one, looks=mine, occupancy=full, relative_orbit=orbit)
