"""From tracks to hits: arrivals, departures, replacements, each between two looks."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from imagery_watch.change.calibrate import FLOOR, Calibration, score_of
from imagery_watch.change.explain import Fit
from imagery_watch.change.prepare import Prepared
from imagery_watch.change.tracks import Track, near
from imagery_watch.model import Hit, Kind, size_class

MIN_INTERVAL = 0.17
"""Least half-width of the length's 90 % interval, as a share: the detector's shapes are not the world's.

Lengths of ten simulated types were off by 10 % rms, most of it each type's own: the Il-62M's by -12, the C-130's by 17.
"""


GHOST_SHARE, GHOST_REACH = 0.5, 1.5
"""Of the stronger event's margin, and of its length: what is weaker and nearer may be its ghost."""


@dataclass(frozen=True)
class Event:
    """One change at one place between two looks of the stack."""

    kind: Kind
    track: Track
    """Of a replacement: of the object that came."""
    before: int
    after: int
    gone: Track | None = None
    """Of a replacement: of the object that it replaced."""

    @property
    def margin(self) -> float:
        """That of the track, or of the surer of both."""
        return max(self.track.margin, self.gone.margin if self.gone else 0.0)

    @property
    def score(self) -> float:
        """Square root of twice the margin: larger is surer. `calibrate` says what it means."""
        return score_of(self.margin)


def events(tracks: Sequence[Track]) -> list[Event]:
    """Arrivals and departures of all tracks; a departure and an arrival at one place between the same two looks are one
    replacement. What was there at the first look, or is at the last, has no event at that end.
    """
    found: list[Event] = []
    for track in tracks:
        if track.before is not None and track.came:
            found.append(Event("arrival", track, track.before, track.first))
        if track.after is not None and track.went:
            found.append(Event("departure", track, track.last, track.after))
    return _once(_replaced(found))


def _replaced(found: Sequence[Event]) -> list[Event]:
    """Pairs of departure and arrival that share place and bracket, joined."""
    left = [event for event in found if event.kind == "departure"]
    kept: list[Event] = []
    for event in found:
        if event.kind == "departure":
            continue
        partner = min(
            (gone for gone in left if _swapped(gone, event)), key=lambda gone: _apart_px(gone, event), default=None
        )
        if partner is not None:
            left.remove(partner)
            event = Event("replacement", event.track, partner.before, event.after, partner.track)
        kept.append(event)
    return kept + left


def _swapped(gone: Event, come: Event) -> bool:
    """The one left no later than the other was there, and nobody saw the stand empty between them.

    Both must be objects that could be told alone: what is hardly more than noise replaces nothing.
    """
    together = gone.before < come.after and gone.after >= come.after and come.before <= gone.before
    sure = min(gone.margin, come.margin) >= FLOOR
    return together and sure and near(come.track.sighting.fit, gone.track.sighting.fit)


def _apart_px(one: Event, other: Event) -> float:
    here, there = one.track.sighting.fit, other.track.sighting.fit
    return float(np.hypot(here.row - there.row, here.col - there.col))


def _once(found: Sequence[Event]) -> list[Event]:
    """No two events of one kind at one place with overlapping brackets: the stronger stays."""
    kept: list[Event] = []
    for event in sorted(found, key=lambda e: (-e.score, e.after, e.before, e.kind)):
        if not any(_same(event, other) for other in kept):
            kept.append(event)
    return sorted(kept, key=lambda e: (e.after, e.before, e.kind))


def without_ghosts(found: Sequence[Event]) -> list[Event]:
    """The events less those beside a much stronger one of the other kind in the same bracket.

    With a handful of looks, what the aircraft of one look covers of another's ground leaves a mirror image beside it.
    """
    return [event for event in found if not any(_ghost(event, other) for other in found)]


def _ghost(event: Event, other: Event) -> bool:
    bracket = (event.before, event.after) == (other.before, other.after)
    weaker = event.margin < GHOST_SHARE * other.margin and event.kind != other.kind
    return bracket and weaker and _apart_px(event, other) * 10.0 < GHOST_REACH * other.track.sighting.fit.length_m


def _same(event: Event, other: Event) -> bool:
    """Whether two events tell one arrival, or one departure; a replacement is both, of two objects."""
    overlap = event.before < other.after and other.before < event.after
    pairs = ((_came(event), _came(other)), (_left(event), _left(other)))
    return overlap and any(one and two and near(one.sighting.fit, two.sighting.fit) for one, two in pairs)


def _came(event: Event) -> Track | None:
    return None if event.kind == "departure" else event.track


def _left(event: Event) -> Track | None:
    return event.track if event.kind == "departure" else event.gone


def to_hit(
    event: Event,
    passes: Sequence[Prepared],
    airfield: str,
    apron_names: Sequence[str],
    place: Callable[[float, float], tuple[float, float, float, float]],
    calibration: Calibration,
) -> Hit:
    """The event as a Hit; `place` turns row and column of the window into lon, lat, easting, northing."""
    fit, before, after = event.track.sighting.fit, passes[event.before], passes[event.after]
    lon, lat, x, y = place(fit.row, fit.col)
    apron = apron_names[event.track.sighting.apron]
    low, high = length_interval(fit)
    return Hit(
        id=hit_id(airfield, event.kind, x, y, before.scene.acquisition_id, after.scene.acquisition_id),
        airfield=airfield,
        apron=apron,
        kind=event.kind,
        lon=lon,
        lat=lat,
        x=x,
        y=y,
        before=before.datetime,
        after=after.datetime,
        before_items=before.scene.item_ids,
        after_items=after.scene.item_ids,
        score=round(event.score, 2),
        length_m=round(fit.length_m, 1),
        length_low_m=round(low, 1),
        length_high_m=round(high, 1),
        heading_deg=round(fit.heading_deg % 180.0, 1),
        summary=summary(event.kind, fit.length_m, apron, before, after),
        false_alarms_per_year=calibration.false_alarms_per_year(event.score),
        probability=calibration.probability(event.score),
    )


def length_interval(fit: Fit, least: float = MIN_INTERVAL) -> tuple[float, float]:
    """The 90 % interval of a fitted length, in metres, never narrower than a share of it on either side."""
    return min(fit.length_low_m, fit.length_m * (1 - least)), max(fit.length_high_m, fit.length_m * (1 + least))


def hit_id(airfield: str, kind: str, x: float, y: float, before: str, after: str) -> str:
    """Stable for the same passes: the place is rounded to 20 m, and no catalogue's item id goes in."""
    place = f"{round(x / 20)}_{round(y / 20)}"
    digest = hashlib.sha256(f"{airfield}|{kind}|{place}|{before}|{after}".encode()).hexdigest()
    return f"{airfield}-{after.partition('_')[2][:8] or 'pass'}-{digest[:10]}"


def summary(kind: Kind, length_m: float, apron: str, before: Prepared, after: Prepared) -> str:
    """One hedged sentence that a person can quote."""
    what = f"{size_class(length_m)} aircraft (about {length_m:.0f} m long)"
    said = {
        "arrival": f"the arrival of a {what}",
        "departure": f"the departure of a {what}",
        "replacement": f"a {what} taking the place of another",
    }[kind]
    when = f"{after.datetime:%Y-%m-%d %H:%M} UTC; the look before: {before.datetime:%Y-%m-%d %H:%M} UTC"
    return f"A change consistent with {said} was seen on {apron} by {when}."
