"""From events and objects, counted in pixels and looks, to the Hits, Stays and Chips that leave the change stage.

How ids are made is in docs/method.md, section 13.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from imagery_watch.change.detection.aircraft_fit import widen_length_interval
from imagery_watch.change.false_alarms import Calibration
from imagery_watch.change.preprocess.stack import PreparedPass, Stack
from imagery_watch.change.tracking.events import Event, EventKey
from imagery_watch.change.tracking.stays import ObjectStay, find_relocations
from imagery_watch.model import Airfield, Chip, Hit, Kind, ObjectKind, Stay, size_class

CHIP_HALF_PX = 20
"""A chip reaches so far to each side of its hit: room for what stands around it."""
ID_PLACE_M = 20.0
"""Places are rounded to this in ids, so that a fit that moves by a metre keeps its id."""


def make_hit(event: Event, stack: Stack, airfield: Airfield, calibration: Calibration, min_score: float = 0.0) -> Hit:
    """The event as a Hit: its place in degrees and on the Grid, and what its score means on this airfield.

    Below `min_score` it is openly unidentified: it is told for what else changes here, and on an airfield where nothing
    does it would not be told; so its rate of false alarms is that of the weakest hit that would be.
    """
    fit, before, after = event.parked.best.fit, stack.passes[event.before], stack.passes[event.after]
    place = stack.georeference.locate(fit.row, fit.col)
    apron = airfield.aprons[event.parked.best.apron].name
    low, high = widen_length_interval(fit)
    probability = calibration.probability(event.score)
    p_change = max(probability, calibration.p_change(event.score))
    kind_of_object: ObjectKind = "open" if event.score < min_score else "aircraft"
    before_pass, after_pass = before.scene.acquisition_id, after.scene.acquisition_id
    return Hit(
        id=make_hit_id(airfield.id, event.kind, place.x, place.y, before_pass, after_pass),
        airfield=airfield.id,
        apron=apron,
        kind=event.kind,
        lon=place.lon,
        lat=place.lat,
        x=place.x,
        y=place.y,
        before=before.datetime,
        after=after.datetime,
        before_pass=before_pass,
        after_pass=after_pass,
        before_items=before.scene.item_ids,
        after_items=after.scene.item_ids,
        score=round(event.score, 2),
        length_m=round(fit.length_m, 1),
        length_low_m=round(low, 1),
        length_high_m=round(high, 1),
        heading_deg=round(fit.heading_deg % 180.0, 1),
        summary=write_summary(event.kind, fit.length_m, apron, before, after, kind_of_object),
        sensor=after.scene.sensor,
        false_alarms_per_year=calibration.false_alarms_per_year(max(event.score, min_score)),
        probability=probability,
        p_change=p_change,
        object=kind_of_object,
    )


def make_hit_id(airfield: str, kind: str, x: float, y: float, before: str, after: str) -> str:
    """Stable for the same passes: the place is rounded to 20 m, and no catalogue's item id goes in."""
    digest = hashlib.sha256(f"{airfield}|{kind}|{_round_place(x, y)}|{before}|{after}".encode()).hexdigest()
    return f"{airfield}-{_day_of(after)}-{digest[:10]}"


def make_stay_id(airfield: str, x: float, y: float, first: str) -> str:
    """Stable for the same passes, like a hit's id; `first` is the id of the pass that shows it first."""
    digest = hashlib.sha256(f"{airfield}|stay|{_round_place(x, y)}|{first}".encode()).hexdigest()
    return f"{airfield}-stay-{_day_of(first)}-{digest[:10]}"


def _round_place(x: float, y: float) -> str:
    return f"{round(x / ID_PLACE_M)}_{round(y / ID_PLACE_M)}"


def _day_of(acquisition_id: str) -> str:
    """`20230801` of `sentinel-2a_20230801T103021`."""
    return acquisition_id.partition("_")[2][:8] or "pass"


def write_summary(
    kind: Kind,
    length_m: float,
    apron: str,
    before: PreparedPass,
    after: PreparedPass,
    what_it_is: ObjectKind = "aircraft",
) -> str:
    """One hedged sentence that a person can quote."""
    size = f"about {length_m:.0f} m"
    what = f"a {size_class(length_m)} aircraft ({size} long)"
    if what_it_is == "open":
        what = f"an object of {size}, which may be an aircraft,"
    said = {
        "arrival": f"the arrival of {what}",
        "departure": f"the departure of {what}",
        "replacement": f"{what} taking the place of another",
    }[kind]
    when = f"{after.datetime:%Y-%m-%d %H:%M} UTC; the look before: {before.datetime:%Y-%m-%d %H:%M} UTC"
    return f"A change consistent with {said} was seen on {apron} by {when}."


def cut_chip(event: Event, hit_id: str, stack: Stack) -> Chip:
    """The pixels around an event in both of its looks, cut at the window's edges."""
    rows, cols, row, col = cut_chip_window(stack, event)
    before, after = (stack.passes[index].image[:, rows, cols] for index in (event.before, event.after))
    fit = event.parked.best.fit
    place = stack.georeference.locate(fit.row, fit.col)
    return Chip(hit_id, before, after, stack.bands, row, col, stack.resolution, (place.x, place.y))


def cut_chip_window(stack: Stack, event: Event, half: int = CHIP_HALF_PX) -> tuple[slice, slice, float, float]:
    """The square of the window around an event, cut at the window's edges, and the event's row and column in it."""
    fit = event.parked.best.fit
    height, width = stack.apron_index.shape
    top, left = max(0, round(fit.row) - half), max(0, round(fit.col) - half)
    rows, cols = (
        slice(top, min(height, round(fit.row) + half + 1)),
        slice(left, min(width, round(fit.col) + half + 1)),
    )
    return rows, cols, fit.row - top, fit.col - left


def make_stays(
    found: Sequence[ObjectStay], hit_ids: Mapping[EventKey, str], stack: Stack, airfield: Airfield
) -> tuple[Stay, ...]:
    """The objects with at least one reported hit as Stays, sorted by first look, then id.

    `hit_ids` has the id of each reported event's hit.
    """
    told = {
        index: _make_stay(one, hit_ids, stack, airfield)
        for index, one in enumerate(found)
        if one.arrival in hit_ids or one.departure in hit_ids
    }
    for gone, come in find_relocations(found):
        if gone in told and come in told:
            told[gone] = replace(told[gone], moved_to=told[come].id)
            told[come] = replace(told[come], moved_from=told[gone].id)
    return tuple(sorted(told.values(), key=lambda stay: (stay.seen_from, stay.id)))


def _make_stay(one: ObjectStay, hit_ids: Mapping[EventKey, str], stack: Stack, airfield: Airfield) -> Stay:
    fit, passes = one.parked.best.fit, stack.passes
    place = stack.georeference.locate(fit.row, fit.col)
    first, last = passes[one.parked.first], passes[one.parked.last]
    return Stay(
        id=make_stay_id(airfield.id, place.x, place.y, first.scene.acquisition_id),
        airfield=airfield.id,
        apron=airfield.aprons[one.parked.best.apron].name,
        lon=place.lon,
        lat=place.lat,
        arrival_hit=hit_ids.get(one.arrival) if one.arrival else None,
        not_before=None if one.before is None else passes[one.before].datetime,
        seen_from=first.datetime,
        seen_to=last.datetime,
        first_pass=first.scene.acquisition_id,
        last_pass=last.scene.acquisition_id,
        departure_hit=hit_ids.get(one.departure) if one.departure else None,
        not_after=None if one.after is None else passes[one.after].datetime,
        length_m=round(fit.length_m, 1),
    )
