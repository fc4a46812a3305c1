"""Movements: what one aircraft's track shows at one airfield, and no more than that."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from imagery_watch.corroborate.field import Field, Seen, look_at
from imagery_watch.corroborate.visits import Visit, find_stand, find_visits, thin_path, tolerance_of
from imagery_watch.model.flight import GROUND, UNTOLD, Fix, Movement, MovementKind, Track, WayOfFlight

SILENCE_S = 1_800.0
"""A leg ends where nothing is heard for so long; 30 minutes split flights in other tools, too."""
PARKED_S = 300.0
"""Standing for so long is parking, unless a queue holds it up."""
NEAR_M = 10_000.0
LOW_FT = 3_000.0
"""Above the field. Lower and nearer than that, on the way down, an aircraft is on an approach to here or near here."""
TREND_S = 300.0
LEAST_TREND_FT = 300.0
"""An aircraft descends, or climbs, where its altitudes of five minutes differ by so much: more than gusts do."""


def find_movements(track: Track, field: Field) -> tuple[Movement, ...]:
    """What the aircraft did at the airfield, in order of time.

    Landed and took off need fixes in the air and on the ground; parked, on the ground; near, low fixes before or after
    half an hour without any; an overflight is all else that came within 10 km. One visit gives up to three movements.
    """
    if not len(track):
        return ()
    seen = look_at(track, field)
    found, used = [], np.zeros(len(track), dtype=bool)
    for visit in find_visits(track, seen, field):
        found += tell_visit(visit, track, seen, field)
        used[visit.fixes] = True
        for beside in (visit.before, visit.after):
            if beside is not None:
                used[beside] = True
    for leg in _split_legs(track):
        found += _of_leg(leg, used, track, seen, field)
    return tuple(sorted(found, key=lambda one: (one.not_before, one.not_after)))


def tell_visit(visit: Visit, track: Track, seen: Seen, field: Field) -> list[Movement]:
    """Landing, parking and take-off of a visit, as far as the track shows them, in order of time."""
    first, last, at = int(visit.fixes[0]), int(visit.fixes[-1]), int(visit.fixes[visit.stood])
    on_apron = visit.fixes[visit.aprons >= 0]
    numbers = dict.fromkeys(int(one) for one in visit.aprons if one >= 0)
    names = tuple(field.airfield.aprons[one].name for one in numbers)
    stood_on, place = int(visit.aprons[visit.stood]), (float(track.lon[at]), float(track.lat[at]))
    parked = replace(
        _blank(MovementKind.PARKED, first, last, track, field, at),
        first_ground=_moment(track, first),
        last_ground=_moment(track, last),
        ground_fixes=len(visit.fixes),
        first_on_apron=_moment(track, int(on_apron[0])) if len(on_apron) else None,
        last_on_apron=_moment(track, int(on_apron[-1])) if len(on_apron) else None,
        apron_fixes=len(on_apron),
        aprons=names,
        apron=field.airfield.aprons[stood_on].name if stood_on >= 0 else None,
        place=place,
        stand=find_stand(field, *place),
        silent_s=visit.longest_gap(track),
        evidence=_evidence(track, first, *on_apron[:1], at, *on_apron[-1:], last),
    )
    stays = visit.longest_halt(track, seen) >= PARKED_S or visit.before is visit.after is None
    return [*_landing(visit, parked, track, seen), *([parked] if stays else []), *_take_off(visit, parked, track, seen)]


def _landing(visit: Visit, parked: Movement, track: Track, seen: Seen) -> list[Movement]:
    if visit.before is None:
        return []
    first, at = int(visit.fixes[0]), visit.fixes[visit.stood]
    way = thin_path(track, seen, visit.fixes[visit.fixes <= at])
    return [
        replace(
            parked,
            kind=MovementKind.LANDED,
            not_before=_moment(track, visit.before),
            not_after=_moment(track, first),
            path=way,
            evidence=_evidence(track, visit.before, first, int(at)),
        )
    ]


def _take_off(visit: Visit, parked: Movement, track: Track, seen: Seen) -> list[Movement]:
    if visit.after is None:
        return []
    last, at = int(visit.fixes[-1]), visit.fixes[visit.stood]
    on_apron = visit.fixes[visit.aprons >= 0]
    return [
        replace(
            parked,
            kind=MovementKind.TOOK_OFF,
            callsign=track.callsign_near(last),
            not_before=_moment(track, last),
            not_after=_moment(track, visit.after),
            path=thin_path(track, seen, visit.fixes[visit.fixes >= at]),
            evidence=_evidence(track, *on_apron[-1:], last, visit.after),
        )
    ]


def _split_legs(track: Track) -> list[NDArray[np.int64]]:
    """The fixes between long silences."""
    return np.split(np.arange(len(track)), np.flatnonzero(np.diff(track.t) >= SILENCE_S) + 1)


def _of_leg(leg: NDArray[np.int64], used: NDArray[np.bool_], track: Track, seen: Seen, field: Field) -> list[Movement]:
    """What a leg shows beside visits: that it ends or begins low and near, or passes."""
    found = []
    first, last = int(leg[0]), int(leg[-1])
    comes = _is_low_and_near(last, seen) and _trend(leg[::-1], track, seen) < 0
    goes = _is_low_and_near(first, seen) and _trend(leg, track, seen) > 0
    if comes and not used[last] and not (last + 1 < len(track) and seen.here[last + 1]):
        silent = float(track.t[last + 1] - track.t[last]) if last + 1 < len(track) else None
        found.append(_flight(MovementKind.NEAR, "arrival", last, last, last, silent, track, seen, field))
    if goes and not used[first] and not (first > 0 and seen.here[first - 1]):
        silent = float(track.t[first] - track.t[first - 1]) if first > 0 else None
        found.append(_flight(MovementKind.NEAR, "departure", first, first, first, silent, track, seen, field))
    if found or used[leg].any():
        return found
    alone = leg[seen.here[leg] | seen.perhaps_here[leg]]
    if len(alone):  # one fix on the ground, fixes far from aprons, or no word of the ground: no landing, no passing by
        ends, grounded = (int(alone[0]), int(alone[-1])), int(seen.here[leg].sum())
        return [_flight(MovementKind.NEAR, None, *ends, ends[0], None, track, seen, field, ground_fixes=grounded)]
    return _overflight(leg, track, seen, field)


def _overflight(leg: NDArray[np.int64], track: Track, seen: Seen, field: Field) -> list[Movement]:
    inside = leg[(seen.distance_m[leg] <= NEAR_M) & seen.airborne[leg]]
    if not len(inside):
        return []
    nearest = int(inside[np.argmin(seen.distance_m[inside])])
    first, last = int(inside[0]), int(inside[-1])
    return [_flight(MovementKind.OVERFLIGHT, None, first, last, nearest, None, track, seen, field)]


def _is_low_and_near(fix: int, seen: Seen) -> bool:
    return bool(seen.height_ft[fix] < LOW_FT and seen.distance_m[fix] <= NEAR_M and not seen.here[fix])


def _trend(leg: NDArray[np.int64], track: Track, seen: Seen) -> int:
    """Whether heights near a leg's first fix lie above it (1), below it (-1 after turning the leg round: descending).

    The leg is given from the fix in question on, in either direction of time: the answer is 1 for climbing and -1 for
    descending; 0 where it is neither, or where heights are not told.
    """
    flown = leg[: int(np.argmax(track.state[leg] == GROUND)) or len(leg)]
    close = flown[np.abs(track.t[flown] - track.t[leg[0]]) <= TREND_S]
    rises = seen.height_ft[close] - seen.height_ft[leg[0]]
    if not (np.nanmax(rises, initial=0.0) >= LEAST_TREND_FT and np.nanmin(rises, initial=0.0) > -LEAST_TREND_FT):
        return 0
    return 1 if len(leg) > 1 and leg[1] > leg[0] else -1


def _flight(
    kind: MovementKind,
    way: WayOfFlight | None,
    first: int,
    last: int,
    nearest: int,
    silent_s: float | None,
    track: Track,
    seen: Seen,
    field: Field,
    ground_fixes: int = 0,
) -> Movement:
    height = float(seen.height_ft[nearest])
    return replace(
        _blank(kind, first, last, track, field, nearest),
        way=way,
        place=(float(track.lon[nearest]), float(track.lat[nearest])),
        silent_s=silent_s,
        ground_fixes=ground_fixes,
        distance_m=float(seen.distance_m[nearest]),
        height_ft=height if np.isfinite(height) else None,
        evidence=_evidence(track, first, nearest, last),
    )


def _blank(kind: MovementKind, first: int, last: int, track: Track, field: Field, at: int) -> Movement:
    return Movement(
        kind=kind,
        airfield=field.airfield.id,
        hex=track.hex,
        callsign=track.callsign_near(at),
        type=track.type,
        not_before=_moment(track, first),
        not_after=_moment(track, last),
        tolerance_s=tolerance_of(track),
    )


def _moment(track: Track, fix: int) -> datetime:
    return datetime.fromtimestamp(round(float(track.t[fix]), 2), UTC)


def _evidence(track: Track, *fixes: int) -> tuple[Fix, ...]:
    """The fixes in order of time, each once."""
    return tuple(_fix(track, fix) for fix in sorted({int(one) for one in fixes}))


def _fix(track: Track, fix: int) -> Fix:
    altitude, speed, state = track.altitude_ft[fix], track.speed_kt[fix], track.state[fix]
    return Fix(
        _moment(track, fix),
        float(track.lon[fix]),
        float(track.lat[fix]),
        float(altitude) if np.isfinite(altitude) else None,
        float(speed) if np.isfinite(speed) else None,
        None if state == UNTOLD else bool(state == GROUND),
    )
