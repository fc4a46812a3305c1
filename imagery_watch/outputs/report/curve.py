"""The light curve of a stay: how much of its object each look shows, laid out for a drawing."""

from dataclasses import dataclass
from datetime import datetime

from imagery_watch.model import Dossier, Measurement, Stay
from imagery_watch.outputs.report.timeline import date_ticks
from imagery_watch.outputs.wording.text import minutes

SHARE_RANGE = (-0.5, 1.5)
"""Of the object's own signal: what lies beyond is drawn at the edge."""
ABSENT, PRESENT = 0.35, 0.55
"""Shares below which the object is not there, and from which it is (docs/method.md, section 11)."""
WIDE, NARROW = (900, 240), (350, 220)
"""Sizes of the drawing for screens and paper, and for phones."""
LEFT, RIGHT, TOP, BOTTOM = 42, 12, 14, 40
PRESENCE_WORDS = {
    "there": "there",
    "not there": "not there",
    "another": "something stands there",
    "unsure": "cannot tell",
    "hidden": "hidden",
}


@dataclass(frozen=True)
class Point:
    """One look on the curve."""

    x: float
    y: float
    low: float
    """Two standard deviations below, in drawing units (larger is lower)."""
    high: float
    presence: str
    tip: str


@dataclass(frozen=True)
class Curve:
    """A light curve, laid out."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    points: tuple[Point, ...]
    hidden: tuple[tuple[float, str], ...]
    """Looks that could not see the place: x, and what is said of it."""
    gaps: tuple[tuple[float, float, str], ...]
    """From x to x: when it came, and when it left."""
    absent_y: float
    present_y: float
    levels: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str], ...]


def draw_curve(dossier: Dossier, stay: Stay, size: tuple[int, int]) -> Curve | None:
    """The curve of a dossier in a drawing of that size; None where nothing was measured."""
    known = [one for one in dossier.curve if one.share is not None]
    if not known:
        return None
    width, height = size
    first, last = dossier.curve[0].datetime, dossier.curve[-1].datetime
    scale = _Scale(first, last, width, height)
    return Curve(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        points=tuple(_point(one, scale) for one in known),
        hidden=tuple((scale.x(one.datetime), tell_measurement(one)) for one in dossier.curve if one.share is None),
        gaps=tuple(_gaps(stay, scale)),
        absent_y=scale.y(ABSENT),
        present_y=scale.y(PRESENT),
        levels=((scale.y(0.0), "none"), (scale.y(1.0), "all")),
        ticks=tuple((scale.x(when), label) for when, label in date_ticks(first, last, 8 if width > 600 else 3)),
    )


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime
    width: int
    height: int

    def x(self, when: datetime) -> float:
        """Drawing units from the left."""
        room = self.width - LEFT - RIGHT - 16
        share = (when - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return round(LEFT + 8 + min(1.0, max(0.0, share)) * room, 1)

    def y(self, share: float) -> float:
        """Drawing units from the top."""
        low, high = SHARE_RANGE
        inside = min(high, max(low, share))
        return round(TOP + (high - inside) / (high - low) * (self.height - TOP - BOTTOM), 1)


def _point(one: Measurement, scale: _Scale) -> Point:
    share, sigma = one.share or 0.0, one.sigma or 0.0
    low, high = scale.y(share - 2 * sigma), scale.y(share + 2 * sigma)
    return Point(scale.x(one.datetime), scale.y(share), low, high, one.presence, tell_measurement(one))


def _gaps(stay: Stay, scale: _Scale) -> list[tuple[float, float, str]]:
    ends = ((stay.not_before, stay.seen_from, "came"), (stay.seen_to, stay.not_after, "left"))
    return [(scale.x(start), scale.x(end), word) for start, end, word in ends if start is not None and end is not None]


def tell_measurement(one: Measurement) -> str:
    """`2022-09-05 10:20: 104 % of its signal, give or take 6 % (two standard deviations): there`."""
    if one.share is None or one.sigma is None:
        return f"{minutes(one.datetime)}: {PRESENCE_WORDS[one.presence]}"
    measured = (
        f"{round(100 * one.share)} % of its signal, give or take {200 * one.sigma:.0f} % (two standard deviations)"
    )
    return f"{minutes(one.datetime)}: {measured}: {PRESENCE_WORDS[one.presence]}"
