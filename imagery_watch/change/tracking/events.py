"""From objects to events: arrivals, departures and replacements, each between two looks.

See docs/method.md, section 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imagery_watch.change.detection.aircraft_fit import overlaps
from imagery_watch.change.false_alarms import llr_to_score
from imagery_watch.change.tracking.objects import SAME_PLACE_M, Boundary, ParkedObject
from imagery_watch.model import Kind

FRINGE_LLR_SHARE, FRINGE_REACH = 0.1, 1.5
"""Of the stronger event's evidence, and of its length: what is weaker and nearer may be a part of it."""


class EventKey(NamedTuple):
    """What tells an event from every other of one airfield: its kind, and the objects that came and left."""

    kind: Kind
    came: int | None
    """Id of the object that came; None of a departure."""
    left: int | None
    """Id of the object that left; None of an arrival."""


@dataclass(frozen=True)
class Event:
    """One change at one place between two looks of the stack."""

    kind: Kind
    parked: ParkedObject
    """Of a replacement: of the object that came."""
    before: int
    after: int
    gone: ParkedObject | None = None
    """Of a replacement: of the object that it replaced."""

    @property
    def llr_vs_clutter(self) -> float:
        """That of the object, or of the surer of both."""
        return max(self.parked.llr_vs_clutter, self.gone.llr_vs_clutter if self.gone else 0.0)

    @property
    def key(self) -> EventKey:
        """The event's name; its objects must have been numbered."""
        if self.kind == "departure":
            return EventKey(self.kind, None, self.parked.id)
        return EventKey(self.kind, self.parked.id, None if self.gone is None else self.gone.id)

    @property
    def score(self) -> float:
        """Square root of twice that: larger is surer. `false_alarms` says what it means."""
        return llr_to_score(self.llr_vs_clutter)


class Standing(NamedTuple):
    """A change that was told of earlier, where it lies in a stack now."""

    kind: Kind
    before: int
    after: int
    row: float
    col: float

    @property
    def boundary(self) -> Boundary:
        """The same as a boundary between what was seen before and after it."""
        return Boundary(self.before, self.after, self.row, self.col)

    def is_told_by(self, event: Event) -> bool:
        """Whether an event tells the same: its kind, its place and a bracket that overlaps."""
        fit = event.parked.best.fit
        near_px = SAME_PLACE_M / fit.template.imaging.pixel_m
        near = np.hypot(fit.row - self.row, fit.col - self.col) <= near_px
        return bool(near) and event.kind == self.kind and event.before < self.after and self.before < event.after


def derive_events(objects: Sequence[ParkedObject], min_llr: float) -> list[Event]:
    """Arrivals and departures of all objects, sorted by time.

    A departure and an arrival at one place between the same two looks are one replacement, if both objects have at
    least `min_llr` of evidence. What was there at the first look, or is at the last, has no event at that end.
    """
    found: list[Event] = []
    for parked in objects:
        if parked.before is not None and parked.came:
            found.append(Event("arrival", parked, parked.before, parked.first))
        if parked.after is not None and parked.went:
            found.append(Event("departure", parked, parked.last, parked.after))
    return _deduplicate(_pair_replacements(found, min_llr))


def _pair_replacements(found: Sequence[Event], min_llr: float) -> list[Event]:
    """Pairs of departure and arrival that share place and bracket, joined."""
    left = [event for event in found if event.kind == "departure"]
    kept: list[Event] = []
    for event in found:
        if event.kind == "departure":
            continue
        partner = min(
            (gone for gone in left if _is_replacement(gone, event, min_llr)),
            key=lambda gone: _distance_m(gone, event),
            default=None,
        )
        if partner is not None:
            left.remove(partner)
            event = Event("replacement", event.parked, partner.before, event.after, partner.parked)
        kept.append(event)
    return kept + left


def _is_replacement(gone: Event, come: Event, min_llr: float) -> bool:
    """The one left no later than the other was there, and nobody saw the stand empty between them.

    Both must be objects that could be told alone: what is hardly more than noise replaces nothing.
    """
    together = gone.before < come.after and gone.after >= come.after and come.before <= gone.before
    sure = min(gone.llr_vs_clutter, come.llr_vs_clutter) >= min_llr
    return together and sure and overlaps(come.parked.best.fit, gone.parked.best.fit)


def _distance_m(one: Event, other: Event) -> float:
    here, there = one.parked.best.fit, other.parked.best.fit
    return float(np.hypot(here.row - there.row, here.col - there.col)) * here.template.imaging.pixel_m


def _deduplicate(found: Sequence[Event]) -> list[Event]:
    """No two events of one kind at one place with overlapping brackets: the stronger stays."""
    kept: list[Event] = []
    for event in sorted(found, key=lambda e: (-e.score, e.after, e.before, e.kind)):
        if not any(_tell_one_change(event, other) for other in kept):
            kept.append(event)
    return sorted(kept, key=lambda e: (e.after, e.before, e.kind))


def is_fringe(event: Event, others: Sequence[Event]) -> bool:
    """Whether the event lies beside a far stronger one at the same time: a wing, a tail, or what a fit left over."""
    return any(
        event.before < other.after
        and other.before < event.after
        and event.llr_vs_clutter < FRINGE_LLR_SHARE * other.llr_vs_clutter
        and _distance_m(event, other) < FRINGE_REACH * other.parked.best.fit.length_m
        for other in others
    )


def _tell_one_change(event: Event, other: Event) -> bool:
    """Whether two events tell one arrival, or one departure; a replacement is both, of two objects."""
    overlap = event.before < other.after and other.before < event.after
    pairs = ((_arrived(event), _arrived(other)), (_departed(event), _departed(other)))
    return overlap and any(one and two and overlaps(one.best.fit, two.best.fit) for one, two in pairs)


def _arrived(event: Event) -> ParkedObject | None:
    return None if event.kind == "departure" else event.parked


def _departed(event: Event) -> ParkedObject | None:
    return event.parked if event.kind == "departure" else event.gone
