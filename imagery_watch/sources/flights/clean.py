"""What a file's rows hold in one form, and what of them is dropped, with its reason counted."""

from collections import Counter
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.arrays import Doubles
from imagery_watch.model.flight import Box, States, Track, TrackFormat

STALE_S = 60.0
"""An older position is dropped: at taxi speed half a kilometre, in flight 10 km. State vectors repeat one for 300 s."""
HIGHEST_FT, LOWEST_FT = 60_000.0, -2_000.0
"""No altitude of an aircraft; the lowest field is at -1,300 ft, and low pressure takes some 700 ft more."""
FASTEST_KT = 1_500.0
"""No aircraft's speed between two fixes: one of them is elsewhere."""
LEAST_JUMP_M = 3_000.0
"""Shorter jumps are left: times are rounded to seconds."""
NOBODY = "000000"
"""What some receivers write for an address that they did not understand."""
VEHICLES = frozenset({"GND", "GRND", "SERV", "TWR", "C1", "C2", "C3", "C4", "C5", "C6", "C7"})
"""Types and emitter categories of what is no aircraft: vehicles, masts, obstacles."""

Texts = NDArray[np.object_]


class DropCode(StrEnum):
    """Why a row, or a value in it, is left out: every reason there is, with its words."""

    words: str

    def __new__(cls, code: str, words: str) -> "DropCode":
        """A member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_, member.words = code, words
        return member

    NO_POSITION = "no_position", "rows without a position"
    NULL_ISLAND = "null_island", "positions at 0, 0"
    OFF_EARTH = "off_earth", "positions beyond the poles or the date line"
    NO_TIME = "no_time", "rows without a time"
    STALE = "stale", f"positions more than {STALE_S:.0f} s old"
    REPEATED = "repeated", "repetitions of a position or a time"
    JUMP = "jump", f"positions that no aircraft reaches at {FASTEST_KT:,.0f} kt"
    NO_ADDRESS = "no_address", "rows whose address is no ICAO address (~, 000000)"
    TIS_B = "tis_b", "positions that a radar told (TIS-B)"
    VEHICLE = "vehicle", "rows of vehicles and masts"
    ALTITUDE = "altitude", "altitudes that no aircraft has (the position is kept)"
    ELSEWHERE = "elsewhere", "rows outside the airfield's surroundings"


@dataclass
class Tally:
    """What was met while reading: filled in as tracks are taken."""

    rows: int = 0
    """All rows of the files that were read."""
    files: int = 0
    """Files with tracks, those inside archives counted."""
    passed_over: int = 0
    """Files inside folders and archives that hold no tracks, or none of this format."""
    damaged: int = 0
    """Files inside folders and archives that should hold tracks, and could not be read."""
    damages: list[str] = field(default_factory=list)
    """What was wrong with the first few of them."""
    untouched: int = 0
    """Traces that were not taken apart, for no position in them is in the box."""
    out_of_order: int = 0
    """Rows that came before an earlier one of the same aircraft."""
    dropped: Counter[DropCode] = field(default_factory=Counter)
    formats: Counter[TrackFormat] = field(default_factory=Counter)
    """Files by format."""


@dataclass(frozen=True)
class Rows:
    """Rows of a file in the normal form, in the file's order; all of one length, nothing left out yet."""

    t: Doubles
    age_s: Doubles
    lat: Doubles
    lon: Doubles
    altitude_ft: Doubles
    state: States
    speed_kt: Doubles
    hex: Texts
    """Six small digits, or empty."""
    callsign: Texts
    type: Texts

    def __len__(self) -> int:
        return len(self.t)

    def pick(self, which: NDArray[Any]) -> "Rows":
        """The rows that a mask or an index names."""
        return Rows(*(getattr(self, one.name)[which] for one in fields(self)))


def join_rows(parts: list[Rows]) -> Rows:
    """All parts as one, in their order."""
    return parts[0] if len(parts) == 1 else Rows(
        *(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Rows))
    )  # fmt: skip


def keep_aircraft(rows: Rows, wanted: frozenset[str] | None) -> Rows:
    """The rows of the aircraft with these addresses, and of those without one; all of them where none is asked for."""
    return rows if wanted is None else rows.pick(np.isin(rows.hex.astype(str), [*wanted, ""]))


def clean(rows: Rows, tally: Tally, box: Box | None) -> Rows:
    """The rows that say where an aircraft was, in the box where one is given; counts what is left out.

    An altitude that no aircraft has becomes NaN, and its row stays.
    """
    lost = np.isnan(rows.lat) | np.isnan(rows.lon)
    rows = _leave_out(rows, lost, DropCode.NO_POSITION, tally)
    rows = _leave_out(rows, (rows.lat == 0) & (rows.lon == 0), DropCode.NULL_ISLAND, tally)
    off = (np.abs(rows.lat) > 90) | (np.abs(rows.lon) > 180)
    rows = _leave_out(rows, off, DropCode.OFF_EARTH, tally)
    if box is not None:
        rows = _leave_out(rows, ~box.holds(rows.lat, rows.lon), DropCode.ELSEWHERE, tally)
    rows = _leave_out(rows, np.isnan(rows.t), DropCode.NO_TIME, tally)
    rows = _leave_out(rows, rows.age_s > STALE_S, DropCode.STALE, tally)
    foreign = np.array([one.startswith("~") or one == NOBODY for one in rows.hex], dtype=bool)
    rows = _leave_out(rows, foreign, DropCode.NO_ADDRESS, tally)
    vehicle = np.array([one in VEHICLES for one in rows.type], dtype=bool)
    return _bound_altitude(_leave_out(rows, vehicle, DropCode.VEHICLE, tally), tally)


def _leave_out(rows: Rows, which: NDArray[np.bool_], code: DropCode, tally: Tally) -> Rows:
    number = int(which.sum())
    if not number:
        return rows
    tally.dropped[code] += number
    return rows.pick(~which)


def _bound_altitude(rows: Rows, tally: Tally) -> Rows:
    wrong = (rows.altitude_ft > HIGHEST_FT) | (rows.altitude_ft < LOWEST_FT)
    if not wrong.any():
        return rows
    tally.dropped[DropCode.ALTITUDE] += int(wrong.sum())
    bounded = np.where(wrong, np.nan, rows.altitude_ft)
    return Rows(**{one.name: bounded if one.name == "altitude_ft" else getattr(rows, one.name) for one in fields(rows)})


def split_tracks(rows: Rows, form: TrackFormat, origin: str, tally: Tally) -> list[Track]:
    """A track an aircraft, by address, else by callsign; in order of their first rows."""
    names = np.array([code or sign for code, sign in zip(rows.hex, rows.callsign, strict=True)], dtype=object)
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(name, len(known)) for name in names], dtype=np.int64)
    order = np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    parts = np.split(order, ends) if len(order) else []
    return [make_track(rows.pick(part), form, origin, tally) for part in parts]


def make_track(rows: Rows, form: TrackFormat, origin: str, tally: Tally) -> Track:
    """The track of one aircraft's rows, of which there is at least one: sorted, each position once, without jumps."""
    tally.out_of_order += int((np.diff(rows.t) < 0).sum())
    rows = rows.pick(np.argsort(rows.t, kind="stable"))
    rows = _leave_out(rows, _repeats(rows), DropCode.REPEATED, tally)
    rows = _leave_out(rows, _jumps(rows), DropCode.JUMP, tally)
    signs = tuple(dict.fromkeys(one for one in rows.callsign if one))
    places = {sign: number for number, sign in enumerate(signs)}
    last, codes = -1, []
    for sign in rows.callsign:
        last = places[sign] if sign else last
        codes.append(last)
    return Track(
        hex=next((one for one in rows.hex if one), None),
        type=next((one for one in rows.type if one), ""),
        t=rows.t,
        age_s=rows.age_s,
        lat=rows.lat,
        lon=rows.lon,
        altitude_ft=rows.altitude_ft,
        state=rows.state,
        speed_kt=rows.speed_kt,
        callsign=np.array(codes, dtype=np.int32),
        callsigns=signs,
        formats=(form,),
        origin=origin,
    )


def _repeats(rows: Rows) -> NDArray[np.bool_]:
    """Whether each row tells a position again that an earlier row told, with nothing new of the ground.

    State vectors come each second, whether or not the aircraft was heard: then the age says that nothing is new.
    """
    told = np.where(np.isnan(rows.age_s), rows.t, np.round(rows.t - rows.age_s, 2))
    again = np.zeros(len(rows), dtype=bool)
    again[1:] = (np.diff(told) == 0) & (np.diff(rows.state) == 0)
    return again


def _jumps(rows: Rows) -> NDArray[np.bool_]:
    """Whether each row is out of reach both from the one before and to the one after, which reach one another."""
    out = np.zeros(len(rows), dtype=bool)
    if len(rows) < 3:
        return out
    beyond = _out_of_reach(rows, 1)
    out[1:-1] = beyond[:-1] & beyond[1:] & ~_out_of_reach(rows, 2)
    return out


def _out_of_reach(rows: Rows, step: int) -> NDArray[np.bool_]:
    """Whether each row and the one `step` later are farther apart than an aircraft flies in the time between."""
    north = (rows.lat[step:] - rows.lat[:-step]) * 111_195.0
    turned = (rows.lon[step:] - rows.lon[:-step] + 180.0) % 360.0 - 180.0
    east = turned * 111_195.0 * np.cos(np.radians(rows.lat[step:]))
    metres = np.hypot(north, east)
    reach: NDArray[np.bool_] = metres > np.maximum(LEAST_JUMP_M, (rows.t[step:] - rows.t[:-step]) * FASTEST_KT * 0.5144)
    return reach
