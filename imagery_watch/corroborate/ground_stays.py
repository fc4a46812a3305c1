"""Who was on an airfield's ground, from when to when and where: visits of tracks with the names that people give."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imagery_watch.corroborate.field import Field, look_at
from imagery_watch.corroborate.movements import PARKED_S, tell_visit
from imagery_watch.corroborate.visits import Visit, find_visits
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import GroundStay
from imagery_watch.model.flight import Movement, MovementKind, Track, join_tracks

FindSize = Callable[[str], AircraftSize | None]


@dataclass(frozen=True)
class Named:
    """What a person knows of an aircraft: files of single flights tell neither registration nor type."""

    called: str
    """Its address or callsign, as in the files."""
    registration: str
    type: str

    def fits(self, track: Track) -> bool:
        """Whether a track is of this aircraft; a callsign counts only where the file has no address."""
        asked = self.called.upper()
        if track.hex is not None:
            return track.hex.upper() == asked
        return asked in (one.upper() for one in track.callsigns)


def join_aircraft(tracks: Iterable[Track], named: Sequence[Named] = ()) -> list[Track]:
    """One track an aircraft: joined by address, and by the registration that a person gives.

    Others without an address stay as they are, for a callsign is another aircraft's tomorrow; but one that is heard
    twice at the same time, out of two files of one flight, is one.
    """
    parts: dict[object, list[Track]] = {}
    for number, track in enumerate(tracks):
        known = next((one.registration for one in named if one.fits(track)), None)
        key = known or track.hex or _find_twin(track, parts)
        parts.setdefault(number if key is None else key, []).append(track)
    return [join_tracks(some) for some in parts.values()]


def _find_twin(track: Track, parts: Mapping[object, Sequence[Track]]) -> object:
    """The key of the tracks that are of the same flight: one callsign at the same time; None where there are none."""
    for key, others in parts.items():
        if any(other.hex is None and _is_one_flight(track, other) for other in others):
            return key
    return None


def _is_one_flight(track: Track, other: Track) -> bool:
    if not len(track) or not len(other) or not set(track.callsigns) & set(other.callsigns):
        return False
    return bool(track.t[0] <= other.t[-1] and other.t[0] <= track.t[-1])


def find_ground_stays(
    track: Track, field: Field, find_size: FindSize, named: Sequence[Named] = ()
) -> tuple[GroundStay, ...]:
    """Every time that an aircraft was on the airfield's ground, in order of time."""
    if not len(track):
        return ()
    seen = look_at(track, field)
    known = [one for one in named if one.fits(track)]
    found = []
    for visit in find_visits(track, seen, field):
        one = _tell(visit, tell_visit(visit, track, seen, field), track, find_size)
        found.append(_rename(one, known, find_size) if known else one)
    return tuple(found)


def _tell(visit: Visit, movements: Sequence[Movement], track: Track, find_size: FindSize) -> GroundStay:
    by_kind = {one.kind: one for one in movements}
    landed, took_off = by_kind.get(MovementKind.LANDED), by_kind.get(MovementKind.TOOK_OFF)
    some = movements[0]
    first, last = int(visit.fixes[0]), int(visit.fixes[-1])
    stood = visit.stood_s >= PARKED_S
    at = int(visit.fixes[visit.stood])
    if not stood and took_off is None:
        at = last  # where it was heard last is nearest to where it went
    elif not stood and landed is None:
        at = first
    if some.first_ground is None or some.last_ground is None:
        raise ValueError("a visit has fixes on the ground")
    return GroundStay(
        id=f"{track.key}@{some.first_ground.isoformat().replace('+00:00', 'Z')}",
        name=some.callsign or track.hex or track.key,
        hex=track.hex,
        callsign=some.callsign,
        type=track.type,
        size=find_size(track.type) if track.type else None,
        landed=landed,
        took_off=took_off,
        first_ground=some.first_ground,
        last_ground=some.last_ground,
        stood=stood,
        place=(float(track.lon[at]), float(track.lat[at])),
        apron=some.apron,
        aprons=some.aprons,
    )


def _rename(one: GroundStay, known: Sequence[Named], find_size: FindSize) -> GroundStay:
    """The same under the name and type that a person gives; the type of the files goes first."""
    name, called = known[0].registration, [each.called for each in known]
    given = next((each.type for each in known if each.type), "")
    told = one.type or given
    word = f"that {' and '.join(called)} {'is' if len(called) == 1 else 'are'} {name}"
    word += f" ({given})" if given and told == given else ""
    return replace(one, name=name, type=told, size=find_size(told) if told else None, told_by=word)
