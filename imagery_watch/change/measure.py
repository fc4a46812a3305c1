"""The measure of an object that was found: where it stands, how long it is, which way it points.

The dictionary has three plans; real aircraft have more. Here the proportions are fitted too, which settles what the
dictionary leaves open: a straight wing as long as the fuselage is easily taken for the fuselage.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import exp

from imagery_watch.change.explain import Fit
from imagery_watch.change.proportions import ALL, LAST_ROUND, MAIN, ROUNDS, evidence, settled, start_of, view_of
from imagery_watch.change.screen import Look

LOOKS = 3
"""Looks that are measured together, the best first."""
QUARTERS = (0.0, 90.0, 180.0, 270.0)
"""A quarter turn away, or half a turn, another shape is often nearly as likely."""
OPEN = 0.35
"""Share of the fit's own evidence from which a turned one is followed."""


def measured(fit: Fit, looks: Sequence[Look]) -> Fit:
    """The fit with place, length and heading of a shape of free proportions.

    `looks` are some that show the object, the fit's own first. Members of rows stay as their row has them. So do the
    paints of the dictionary's template: with free widths one paint trades against another, and two objects' paints
    would not compare.
    """
    if fit.room_m is not None:
        return fit
    row, col = round(fit.row), round(fit.col)
    views = [view_of(look, row, col) for look in looks[:LOOKS]]
    starts = [start_of(fit, turn) for turn in QUARTERS]
    likely = [evidence(start, views[:1]) for start in starts]
    followed = [start for start, one in zip(starts, likely, strict=True) if one >= min(likely[0], OPEN * likely[0])]
    nearly = max(settled(start, views[:1], MAIN, ROUNDS) for start in followed)
    best = settled(nearly.figures, views, ALL, LAST_ROUND).figures
    stretch = exp(best.log_length) / fit.length_m
    return replace(
        fit,
        row=row + best.down,
        col=col + best.right,
        length_m=fit.length_m * stretch,
        length_low_m=fit.length_low_m * stretch,
        length_high_m=fit.length_high_m * stretch,
        heading_deg=best.heading % 360.0,
    )
