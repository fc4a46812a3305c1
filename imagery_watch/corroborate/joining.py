"""Hits, stays and looks joined with tracks, in both directions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from imagery_watch.corroborate.field import Field
from imagery_watch.corroborate.ground_stays import FindSize, Named, find_ground_stays, join_aircraft
from imagery_watch.corroborate.matching import Ends, Traffic, combine_ends, corroborate_stay, judge_ends, part_shared
from imagery_watch.corroborate.movements import find_movements
from imagery_watch.corroborate.segments import find_segments
from imagery_watch.corroborate.silence import listen
from imagery_watch.corroborate.unseen import tell_track
from imagery_watch.model.aircraft_size import AircraftSize
from imagery_watch.model.corroboration import Corroborated, Corroboration, GroundStay, Segment
from imagery_watch.model.flight import Movement, MovementKind, Track
from imagery_watch.model.results import Hit, Look
from imagery_watch.model.stay import Stay


@dataclass(frozen=True)
class Watched:
    """What the looks of one airfield gave."""

    hits: tuple[Hit, ...]
    stays: tuple[Stay, ...]
    looks: tuple[Look, ...]
    simulated: bool = False
    """Whether any pixel of them was made."""


@dataclass(frozen=True)
class Heard:
    """What tracks give of one airfield."""

    traffic: Traffic
    segments: dict[str, tuple[Segment, ...]]
    """By the id of the time on the ground."""


def hear(
    near_it: Sequence[Track], whole: Sequence[Track], field: Field, find_size: FindSize, named: Sequence[Named] = ()
) -> Heard:
    """What tracks show at an airfield: `near_it` is everything there, as it was read; `whole`, who came, everywhere."""
    ground: list[GroundStay] = []
    near: list[tuple[Movement, AircraftSize | None]] = []
    segments: dict[str, tuple[Segment, ...]] = {}
    for track in join_aircraft(whole, named):
        stays = find_ground_stays(track, field, find_size, named)
        if stays:
            ground += stays
            segments |= dict.fromkeys((one.id for one in stays), find_segments(track, field))
        found = (one for one in find_movements(track, field) if one.kind == MovementKind.NEAR)
        near += [(one, find_size(one.type) if one.type else None) for one in found]
    ground.sort(key=lambda one: (one.first_ground, one.id))
    near.sort(key=lambda one: (one[0].not_before, one[0].hex or ""))
    return Heard(Traffic(tuple(ground), tuple(near), listen(near_it, field)), segments)


def join_both_ways(airfield: str, watched: Watched, heard: Heard) -> Corroboration:
    """Every hit and stay with what tracks say of it, and every aircraft on the ground with what looks say of it.

    Sentences, files and credits are left empty: they are words, and of others.
    """
    began = {stay.arrival_hit: stay for stay in watched.stays}
    ended = {stay.departure_hit: stay for stay in watched.stays}
    judged: Ends = {}
    for hit in watched.hits:
        judged |= judge_ends(hit, heard.traffic, began.get(hit.id), ended.get(hit.id))
    ends = part_shared(judged)
    told = {hit.id: combine_ends(hit, ends) for hit in watched.hits}
    stays = tuple(corroborate_stay(stay, ends) for stay in watched.stays)
    subjects: list[Corroborated] = [*told.values(), *stays]
    tracks = (
        replace(tell_track(one, watched.looks, subjects), segments=heard.segments.get(one.id, ()))
        for one in heard.traffic.ground
    )
    return Corroboration(
        airfield=airfield,
        hits=tuple(told.values()),
        stays=stays,
        tracks=tuple(tracks),
        near=tuple(one for one, _ in heard.traffic.near),
        coverage=heard.traffic.hearing.cells,
        files=(),
        formats=(),
        credits=(),
        notes=(),
    )
