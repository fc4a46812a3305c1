"""Traces of readsb and tar1090 (`trace_full`, `trace_recent`), as adsb.lol and ADS-B Exchange keep them by the day.

Rows are `[seconds after timestamp, lat, lon, altitude, ground speed, track, flags, vertical rate, details, kind, ...]`;
the altitude is a number of feet, "ground" or null. The day of a folder's name is nobody's promise: `timestamp` counts.
Flag 1 says that nothing was heard for 20 s before the row; the position itself is new.
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import AIR, GROUND, UNTOLD, Box
from imagery_watch.sources.flights.clean import VEHICLES, DropCode, Rows, Tally, Texts
from imagery_watch.sources.flights.parsing import EARLIEST, LATEST, clean_hex, parse_json

WIDTH = 5
"""Columns that every trace has: time, place, altitude, speed."""
HAIR_DEG = 0.001
"""So that a number on a box's edge is in it, however it was rounded."""
EXPECTED = "[seconds, latitude, longitude, altitude, ground speed, ...] was expected"
HEAD_BYTES = 200
_NAME = re.compile(rb'"icao"\s*:\s*"~?([0-9a-fA-F]{6})"')
NON_TRANSPONDER = "adsb_icao_nt"
"""What sends with an ICAO address and is no transponder: of an aircraft, or of a vehicle."""


def touches(data: bytes, box: Box) -> bool:
    """Whether a trace may have a row in the box, by the whole degrees that stand behind its brackets.

    Looks at bytes alone, which is much quicker than parsing them; numbers are as readsb writes them, without exponents.
    """
    if box.west > box.east or b'"trace"' not in data:
        return True
    return _pattern(box).search(data) is not None


def names_one_of(data: bytes, aircraft: frozenset[str]) -> bool:
    """Whether a trace is of one of these addresses, or does not name its aircraft first thing, as readsb does."""
    found = _NAME.search(data[:HEAD_BYTES])
    return found is None or found[1].decode().lower() in aircraft


@lru_cache(maxsize=8)
def _pattern(box: Box) -> re.Pattern[bytes]:
    lats, lons = (_whole_degrees(*ends) for ends in ((box.south, box.north), (box.west, box.east)))
    number = r"(?:{})(?![0-9])(?:\.[0-9]*)?"
    row = rf"\[\s*-?[0-9.]+\s*,\s*{number.format(lats)}\s*,\s*{number.format(lons)}\s*,"
    return re.compile(row.encode())


def _whole_degrees(low: float, high: float) -> str:
    """The beginnings of all numbers between two: `-0`, `0`, `1`."""
    whole = range(int(np.floor(low - HAIR_DEG)), int(np.floor(high + HAIR_DEG)) + 1)
    return "|".join(sorted({str(one) if one >= 0 else f"-{-one - 1}" for one in whole}))


def read_trace(data: bytes, file: str, tally: Tally) -> Rows:
    """The rows of one trace; those of vehicles and of radars are counted and left out.

    Raises TrackError where it is no trace, has no time, or a row is not as readsb writes it.
    """
    document = parse_json(data, file)
    if not isinstance(document, dict) or not isinstance(document.get("trace"), list):
        raise TrackError(f"{file}: a trace with `icao`, `timestamp` and `trace` was expected")
    start = document.get("timestamp")
    if not isinstance(start, int | float) or not EARLIEST < start < LATEST:
        raise TrackError(f"{file}: `timestamp` is {str(start)[:40]!r}: seconds since 1970 were expected, without which "
                         "its rows have no times")  # fmt: skip
    trace = document["trace"]
    for number, row in enumerate(trace, start=1):
        if not isinstance(row, list) or len(row) < WIDTH or not _is_number(row[0]):
            raise TrackError(f"{file}: row {number} of `trace` is {str(row)[:40]}: {EXPECTED}")
    tally.rows += len(trace)
    own = [row for row in trace if not _is_told_by_radar(row)]
    _count(tally, DropCode.TIS_B, len(trace) - len(own))
    if _is_vehicle(document, own):
        _count(tally, DropCode.VEHICLE, len(own))
        own = []
    return _to_rows(own, document, float(start), file)


def _count(tally: Tally, code: DropCode, number: int) -> None:
    if number:
        tally.dropped[code] += number


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_told_by_radar(row: list[Any]) -> bool:
    return len(row) > 9 and isinstance(row[9], str) and row[9].startswith("tisb")


def _is_vehicle(document: dict[str, Any], rows: list[list[Any]]) -> bool:
    """By its type or emitter category; or what is no transponder and was never in the air."""
    details = [row[8] for row in rows if len(row) > 8 and isinstance(row[8], dict)]
    categories = {str(one["category"]) for one in details if one.get("category")}
    if str(document.get("t")) in VEHICLES or (categories and categories <= VEHICLES):
        return True
    kinds = {row[9] for row in rows if len(row) > 9}
    return kinds == {NON_TRANSPONDER} and all(row[3] == "ground" for row in rows)


def _to_rows(rows: list[list[Any]], document: dict[str, Any], start: float, file: str) -> Rows:
    altitudes = [row[3] for row in rows]
    try:
        columns = [np.array([row[number] for row in rows], dtype=np.float64) for number in (0, 1, 2, 4)]
        feet = np.array([None if one == "ground" else one for one in altitudes], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TrackError(f"{file}: a row of `trace` has words where numbers belong ({error}): {EXPECTED}") from error
    state = [GROUND if one == "ground" else UNTOLD if one is None else AIR for one in altitudes]
    count = len(rows)
    return Rows(
        t=start + columns[0],
        age_s=np.full(count, np.nan),
        lat=columns[1],
        lon=columns[2],
        altitude_ft=feet,
        state=np.array(state, dtype=np.int8),
        speed_kt=columns[3],
        hex=np.full(count, clean_hex(str(document.get("icao", ""))), dtype=object),
        callsign=_callsigns(rows),
        type=np.full(count, str(document.get("t") or ""), dtype=object),
    )


def _callsigns(rows: list[list[Any]]) -> Texts:
    """What the rows' details say, empty where they say nothing."""
    told = [row[8].get("flight") if len(row) > 8 and isinstance(row[8], dict) else None for row in rows]
    return np.array([str(one).strip() if one else "" for one in told], dtype=object)
