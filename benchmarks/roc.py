"""A picture of what is found against what is false."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS
from tallies import OURS, alone, area, false_scores, nulls, score_of, told, with_traffic
from worlds import Watched

from imagery_watch.simulate.scenario import SIZES

CASE = "concrete"
MOST = 3.0
"""False alarms per km2 and pass at the right edge; of peers no more than some seven are kept."""
HEAVY = ">= 42 m"
Curve = tuple[list[float], list[float]]


def curve(watched: Sequence[Watched], size: str, method: str = OURS) -> Curve:
    """False alarms per km2 and pass, and Pd there, at the score of each false claim; nothing extrapolated."""
    without = nulls(watched)
    scores = sorted(false_scores(without, method), reverse=True)
    km2, changes = area(without), told(with_traffic(watched), alone(size))
    if not scores or not changes:
        return [], []
    found = np.array([-np.inf if (score := score_of(one, method)) is None else score for one in changes])
    rates = [(index + 1) / km2 for index in range(len(scores))]
    return rates, [float((found > score).mean()) for score in scores]


def draw(watched: Sequence[Watched], path: Path) -> None:
    """One line a size class on concrete; dashed, the peers at the largest."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    here = [one for one in watched if one.job.case == CASE]
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    for size, colour in zip(reversed(SIZES), ("#08306b", "#2171b5", "#4aa3a0", "#e08214", "#a50f15"), strict=True):
        axes.step(*curve(here, size), where="post", color=colour, lw=2.2, label=_written(size))
    for method, colour in zip(PEERS, ("#999999", "#c7a76c", "#9e7bb5", "#6b8e5a", "#555555"), strict=True):
        axes.step(
            *curve(here, HEAVY, method),
            where="post",
            color=colour,
            lw=1.4,
            ls="--",
            label=f"{method}, {_written(HEAVY)}",
        )
    _dress(axes, area(nulls(here)))
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _written(size: str) -> str:
    return size.replace(">=", "≥").replace("<=", "≤").replace("-", "–")


def _dress(axes: Any, km2: float) -> None:
    axes.axvline(0.1, color="#bbbbbb", lw=0.8, zorder=0)
    axes.set(xscale="log", xlim=(min(0.05, 1 / max(km2, 1)), MOST), ylim=(-0.02, 1.02))
    axes.set_xlabel("false alarms per km² of visible apron and pass")
    axes.set_ylabel("share of changes found")
    axes.set_title("Simulated: one aircraft arriving or leaving, concrete, 1.2 % noise", fontsize=11)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9, frameon=False)
