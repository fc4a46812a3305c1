"""Logs of receivers in BaseStation's form (SBS, port 30003): a message a line, local time without a zone.

Positions (MSG,2 and MSG,3), speeds (MSG,4) and callsigns (MSG,1) come in messages of their own; a position gets the
speed that its aircraft told at most `SPEED_KEEPS_S` before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice
from typing import BinaryIO

import numpy as np

from imagery_watch.errors import TrackError
from imagery_watch.model.flight import AIR, GROUND, UNTOLD
from imagery_watch.sources.flights.clean import Rows, Tally
from imagery_watch.sources.flights.parsing import ROWS_AT_ONCE, clean_hex, local_time

SPEED_KEEPS_S = 10.0
WIDTH = 22
_GROUND = {"-1": GROUND, "1": GROUND, "0": AIR}
NO_ZONE = "an SBS log has local times and no zone: say which, with --zone UTC or --zone Europe/Zurich"


@dataclass
class _Heard:
    """What was told of aircraft so far."""

    speeds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When, and the speed."""
    callsigns: dict[str, str] = field(default_factory=dict)


def read_sbs(stream: BinaryIO, file: str, zone: tzinfo | None, tally: Tally) -> Iterator[Rows]:
    """The rows of a log, some at a time. Raises TrackError where it has no times, or nobody says in which zone."""
    if zone is None:
        raise TrackError(f"{file}: {NO_ZONE}")
    heard, number = _Heard(), 0
    lines = (line.decode("utf-8", "replace") for line in stream)
    while some := [*islice(lines, ROWS_AT_ONCE)]:
        told = []
        for line in some:
            number += 1
            cells = line.strip().split(",")
            if cells[0] == "MSG":
                told.append(_read(cells, heard, zone, f"{file}: row {number}"))
        tally.rows += len(told)
        placed = [one for one in told if one is not None]
        if placed:
            yield _to_rows(placed)


_Told = tuple[float, float, float, float, int, float, str, str]


def _read(cells: list[str], heard: _Heard, zone: tzinfo, where: str) -> _Told | None:
    """What a message tells of a place, None where it tells none; its other words are kept for later ones."""
    if len(cells) < WIDTH:
        raise TrackError(f"{where}: {len(cells)} fields: an SBS message has {WIDTH}")
    if not cells[6].strip() or not cells[7].strip():
        raise TrackError(f"{where}: has no date or no time: when anything was heard is not known")
    try:
        when = local_time(f"{cells[6]} {cells[7]}", zone)
        altitude, speed, lat, lon = (float(cells[place] or "nan") for place in (11, 12, 14, 15))
    except ValueError as error:
        raise TrackError(f"{where}: {error}: a time as 2024/04/06,11:00:09.123 and numbers were expected") from error
    code = clean_hex(cells[4])
    if sign := cells[10].strip():
        heard.callsigns[code] = sign
    if speed == speed:
        heard.speeds[code] = (when, speed)
    if lat != lat or lon != lon:
        return None
    told_at, last = heard.speeds.get(code, (-np.inf, np.nan))
    speed = last if when - told_at <= SPEED_KEEPS_S else float("nan")
    state = _GROUND.get(cells[21].strip(), UNTOLD)
    return when, lat, lon, altitude, state, speed, code, heard.callsigns.get(code, "")


def _to_rows(told: list[_Told]) -> Rows:
    t, lat, lon, altitude, state, speed, codes, signs = zip(*told, strict=True)
    count = len(told)
    return Rows(
        t=np.array(t),
        age_s=np.full(count, np.nan),
        lat=np.array(lat),
        lon=np.array(lon),
        altitude_ft=np.array(altitude),
        state=np.array(state, dtype=np.int8),
        speed_kt=np.array(speed),
        hex=np.array(codes, dtype=object),
        callsign=np.array(signs, dtype=object),
        type=np.full(count, "", dtype=object),
    )
