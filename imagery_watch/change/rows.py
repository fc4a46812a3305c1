"""Rows of small aircraft, wing tip beside wing tip: too near each other for any of them to be explained alone.

The row is fitted as a whole, as one type in one paint at an even pitch, and each of its members is then told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy import fft

from imagery_watch.change import fitting
from imagery_watch.change.explain import HOPELESS, Fit, explain_window, margin_over, singles
from imagery_watch.change.fitting import CROSS, PHASES, Coarse
from imagery_watch.change.moving import is_moving
from imagery_watch.change.plain import coarse_patch_ratio, plain_ratio, vehicles_ratio
from imagery_watch.change.proportions import freed
from imagery_watch.change.screen import Look
from imagery_watch.change.templates import (
    HALF,
    PIXEL_M,
    SIDE,
    SWEPT,
    Image,
    Template,
    dictionary,
    near_sun,
    resized,
)
from imagery_watch.change.window import Array, Window, window_of

LENGTHS_M = (17.0, 22.0)
"""Larger aircraft stand far enough apart to be told one by one."""
HEADINGS_DEG = tuple(15.0 * step for step in range(12))
"""Half the circle: the other half is tried where one of these leads."""
PITCHES_M = (17.0, 20.5, 24.0)
"""From middle to middle: spans of 10 to 18 m and some metres between the wing tips."""
PLACES = ((4, 0), (4, 1), (4, 2), (4, 3), (3, 1))
"""Number of aircraft, and which of them stands at the candidate. Longer rows are found in parts."""
LEAST, BETTER = 14.0, 1.3
"""Coarse ratio, and share of the best single aircraft's and patch's, from which a row is looked at more closely."""
SURELY_SEVERAL = 6.0
"""Log-likelihood by which a row must explain more than one aircraft does."""
RAGGED = 0.15
"""Share of a patch's ratio that its ragged rim leaves unexplained, and that four shapes are free enough to take up.

For the same reason the misfit is squared.
"""
TOP = 6
SWINGS = (-5.0, 0.0, 5.0)
CANVAS = 45
"""Edge of the square on which a row is put together: members may lie beyond the window."""
LENGTH_STEP = 1.25
"""Between the lengths of the dictionary: a row tells its members' length no better."""
ROOM = 0.6
"""Of the pitch: nearer than that to a member nothing else is told."""


@dataclass(frozen=True, eq=False)
class Row:
    """Some aircraft of one type side by side, one of them in the middle of the window."""

    member: Template
    pitch_m: float
    count: int
    place: int

    @property
    def offsets(self) -> tuple[tuple[float, float], ...]:
        """Rows and columns of each member from the middle of the window."""
        turn = np.radians(self.member.heading_deg + 90.0)
        steps = [(index - self.place) * self.pitch_m / PIXEL_M for index in range(self.count)]
        return tuple((-float(np.cos(turn)) * step, float(np.sin(turn)) * step) for step in steps)

    @cached_property
    def parts(self) -> Image:
        """(3, y, x): fuselages, wings and shadows in a window of `SIDE` pixels."""
        return put_together([self])[0]


def put_together(rows: Sequence[Row]) -> Image:
    """(row, 3, y, x): fuselages, wings and shadows of rows of the same members in a window of `SIDE` pixels."""
    spectrum = fft.rfft2(_on_canvas(rows[0].member))
    down, right = fft.fftfreq(CANVAS)[:, None], fft.rfftfreq(CANVAS)[None, :]
    offsets = [np.array(row.offsets)[:, :, None, None] for row in rows]
    phases = np.stack([np.exp(-2j * np.pi * (down * one[:, 0] + right * one[:, 1])).sum(axis=0) for one in offsets])
    cut = np.s_[..., CANVAS // 2 - HALF : CANVAS // 2 + HALF + 1, CANVAS // 2 - HALF : CANVAS // 2 + HALF + 1]
    return np.ascontiguousarray(fft.irfft2(spectrum * phases[:, None], (CANVAS, CANVAS))[cut], np.float32)


def explained(look: Look, row: int, col: int) -> tuple[Fit, ...]:
    """The aircraft near a pixel: one, or the members of a row if that explains it better; none as `explain` says."""
    window = window_of(look, row, col)
    coarse = Coarse(window)
    rows, atoms = _dictionary(*near_sun(look.sun_azimuth, look.sun_elevation))
    ratios, plainer = coarse.fit(*atoms), coarse_patch_ratio(window)
    alone = singles(look, coarse)
    single = explain_window(look, row, col, window, alone) if alone.max() >= HOPELESS * plainer else None
    single = single and freed(single, look)
    if ratios.max() < max(LEAST, BETTER * float(alone.max()), BETTER * plainer):
        return (single,) if single else ()
    return _row_at(look, row, col, window, [rows[index] for index in np.argsort(ratios)[::-1][:TOP]], single)


def _row_at(look: Look, row: int, col: int, window: Window, leading: list[Row], single: Fit | None) -> tuple[Fit, ...]:
    """The members of the best row, each with the ratio, the margin and the misfit of the whole; or the `single` one."""
    first = fitting.best(fitting.tried(window, leading, PHASES))
    second = fitting.best(fitting.tried(window, _turned(first.shape, look), [first.place]))
    nearer = [(second.down + down, second.right + right) for down, right in CROSS]
    last = fitting.best(fitting.tried(window, _sized(second.shape, look), nearer))
    if single and last.ratio < single.ratio + SURELY_SEVERAL:
        return (single,)
    fitted = fitting.left_by(window, last.shape, last.place, last.paints)
    misfit = fitting.misfit(window, fitted)
    places = [(last.down + down, last.right + right) for down, right in last.shape.offsets]
    patch, convoy = single.plain if single else plain_ratio(window), vehicles_ratio(window, places)
    plain = max((1 + RAGGED) * patch, convoy)
    margin = margin_over(last.ratio, plain, misfit**2, len(look.bands))
    if single and single.margin > margin:
        return (single,)
    one, length = last.shape.member, last.shape.member.length_m
    interval = (length / LENGTH_STEP, length * LENGTH_STEP)
    moving = is_moving(look, window, fitted, one.heading_deg, misfit)
    measured = (length, *interval, one.heading_deg, last.paints, last.ratio, margin, plain, misfit, moving)
    head = Fit(row, col, *measured, one, ROOM * last.shape.pitch_m)
    return tuple(replace(head, row=row + down, col=col + right) for down, right in places)


def _turned(best: Row, look: Look) -> list[Row]:
    """The row and its neighbours: turned a little, or each member about where it stands, and at another pitch."""
    sun, about = (look.sun_azimuth, look.sun_elevation), best.count - 1 - best.place
    return [
        replace(best, member=resized(best.member, 1.0, turn, *sun), pitch_m=pitch, place=place)
        for turn, place in (*((turn, best.place) for turn in SWINGS), *((turn + 180.0, about) for turn in SWINGS))
        for pitch in (best.pitch_m - 1.5, best.pitch_m, best.pitch_m + 1.5)
    ]


def _sized(best: Row, look: Look) -> list[Row]:
    """The row with longer and shorter aircraft, and turned by less."""
    return [
        replace(best, member=resized(best.member, stretch, turn, look.sun_azimuth, look.sun_elevation))
        for stretch in (0.9, 1.0, 1.11)
        for turn in (-2.5, 0.0, 2.5)
    ]


@lru_cache(maxsize=6)
def _dictionary(azimuth: float, elevation: float) -> tuple[tuple[Row, ...], tuple[Array, Array, Array]]:
    """Rows of all sizes, directions and pitches under a sun, and their parts, (atom, pixel) each."""
    base = dictionary(azimuth, elevation, (SWEPT,))[0]
    rows = tuple(
        Row(resized(base, length / base.length_m, heading - base.heading_deg, azimuth, elevation), pitch, *place)
        for length in LENGTHS_M
        for heading in HEADINGS_DEG
        for pitch in PITCHES_M
        for place in PLACES
    )
    kinds = len(PITCHES_M) * len(PLACES)
    parts = np.concatenate([put_together(rows[start : start + kinds]) for start in range(0, len(rows), kinds)])
    parts = parts.reshape(len(rows), 3, SIDE**2)
    hull, wings, shadow = (np.ascontiguousarray(parts[:, part]) for part in range(3))
    return rows, (hull, wings, shadow)


def _on_canvas(member: Template) -> Image:
    """(3, y, x): fuselage, wings and shadow in the middle of the canvas."""
    parts = np.stack([member.hull, member.wings, member.shadow])
    margin = (CANVAS - parts.shape[1]) // 2
    return np.pad(parts, ((0, 0), (margin, margin), (margin, margin)))
