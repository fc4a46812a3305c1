"""What simulated terminals and real airports show, side by side: the picture docs/real-against-simulated.png.

`python benchmarks/real_against_simulated.py --data FOLDER --out PICTURE` compares neighbouring looks of the airports of
FOLDER/semireal (REAL_DATA.md) and of terminals that nothing was learnt from. It draws four distributions and prints
them: the change over the noise on the aprons, the matched filter's local maxima, how strong the change of an aircraft
is, and how far it reaches. Needs matplotlib; takes three minutes.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from boxed_looks import Box, draw_terminal, read_airport
from real import list_changes
from scipy import ndimage
from scipy.spatial.distance import pdist
from scipy.special import ndtr

from imagery_watch.change.detection.finder import find_peaks
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.looks.pairs import compare_looks
from imagery_watch.change.preprocess.stack import Stack

SEEDS = range(8000, 8030)
"""Terminals that `train_network.py` neither learns from nor counts on."""
LEAST_LLR, NEAR_PX = 10.0, 2
"""From what ratio on maxima count, and how near to the middle of its box the change of an aircraft is strongest."""
LEAST_M, MEASURED_M = 34.0, (42.0, 60.0)
BEYOND, RATIOS = np.linspace(0, 12, 49), np.geomspace(LEAST_LLR, 1000, 41)


@dataclass
class Seen:
    """What pairs of looks show."""

    in_noise: list[np.ndarray] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    km2: float = 0.0
    peaks: list[float] = field(default_factory=list)
    sigmas: list[float] = field(default_factory=list)
    extents_m: list[float] = field(default_factory=list)


def look_at(stack: Stack, boxes: Sequence[Sequence[Box]], seen: Seen) -> None:
    """Adds what a stack's pairs of neighbouring looks show."""
    aprons = stack.apron_index >= 0
    for number, (before, after) in enumerate(pairwise(boxes)):
        pair = compare_looks(stack, number, number + 1)
        if pair is None:
            continue
        known = aprons & np.isfinite(pair.came.spread[0])
        seen.in_noise.append((pair.came.residual.mean(axis=0) / pair.came.spread.mean(axis=0))[known])
        seen.km2 += float(known.sum()) * (stack.resolution / 1000) ** 2
        for image in (pair.came, pair.gone):
            ratios = match_templates(image)
            seen.ratios += [float(ratios[at]) for at in find_peaks(ratios, aprons, LEAST_LLR)]
        for kind, _, box, alone in list_changes(before, after, ("", "")):
            length = max(box[2] - box[0], box[3] - box[1])
            at = tuple(round((box[side] + box[side + 2]) / 2 / stack.resolution - 0.5) for side in (1, 0))
            inside = all(NEAR_PX <= one < edge - NEAR_PX for one, edge in zip(at, known.shape, strict=True))
            if alone and length >= LEAST_M and inside and known[at]:
                image = pair.came if kind == "arrival" else pair.gone
                peak, extent = measure_change(image.residual.mean(axis=0), at)
                seen.peaks.append(peak)
                seen.sigmas.append(abs(peak) / float(image.spread.mean(axis=0)[at]))
                seen.extents_m += [extent * stack.resolution] if MEASURED_M[0] <= length < MEASURED_M[1] else []


def measure_change(image: np.ndarray, at: tuple[int, ...]) -> tuple[float, float]:
    """The strongest change near a pixel of (y, x), signed, and the longest side in pixels of what has half of it."""
    top, left = (one - NEAR_PX for one in at)
    near = image[top : top + 2 * NEAR_PX + 1, left : left + 2 * NEAR_PX + 1]
    row, col = np.unravel_index(int(np.abs(near).argmax()), near.shape)
    peak = float(near[row, col])
    parts, _ = ndimage.label(image * np.sign(peak) >= abs(peak) / 2, np.ones((3, 3)))
    pixels = np.argwhere(parts == parts[top + row, left + col])
    return peak, 1.0 + (float(pdist(pixels).max()) if len(pixels) > 1 else 0.0)


def share_beyond(values: Sequence[float] | np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(level,): share of the values that are at least so great."""
    ordered = np.sort(np.asarray(values))
    return 1.0 - np.searchsorted(ordered, levels, side="left") / len(ordered)


def describe(name: str, one: Seen) -> str:
    """The same in figures."""
    tail = share_beyond(np.abs(np.concatenate(one.in_noise)), np.array([1.0, 3.0, 5.0, 8.0]))
    maxima = share_beyond(one.ratios, np.array([10.0, 30.0, 100.0, 300.0])) * len(one.ratios) / one.km2
    peaks, extents = (np.percentile(values, (10, 25, 50, 75, 90)) for values in (one.peaks, one.extents_m))
    return (
        f"{name}: {one.km2:.1f} km2 x pair; share of pixels beyond 1, 3, 5, 8 sigma: {np.round(tail, 4)}\n"
        f"  maxima above 10, 30, 100, 300 a km2 and pair: {np.round(maxima, 1)}\n"
        f"  strongest change of {len(one.peaks)} aircraft, 10, 25, 50, 75, 90 %: {np.round(peaks, 3)}; "
        f"darker than the ground: {np.mean(np.array(one.peaks) < 0):.2f}; over the noise: {np.median(one.sigmas):.1f}\n"
        f"  extent of {len(one.extents_m)} in m, the same: {np.round(extents)}"
    )


def draw(seen: dict[str, Seen], path: Path) -> None:
    """Four panels, a line each for what is real and what is simulated."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(10.9, 8.2), layout="constrained")
    (noise, maxima), (peaks, extents) = axes
    for (name, one), colour in zip(seen.items(), ("#08306b", "#e08214"), strict=True):
        line = {"color": colour, "lw": 2.0, "label": name}
        noise.plot(BEYOND, share_beyond(np.abs(np.concatenate(one.in_noise)), BEYOND), **line)
        maxima.plot(RATIOS, share_beyond(one.ratios, RATIOS) * len(one.ratios) / one.km2, **line)
        for axis, values in ((peaks, one.peaks), (extents, one.extents_m)):
            line["label"] = f"{name}, {len(values)}"
            axis.step(np.sort(values), np.linspace(0, 1, len(values)), where="post", **line)
    noise.plot(BEYOND, 2 * ndtr(-BEYOND), color="#999999", ls="--", lw=1.2, label="normal law")
    noise.set(yscale="log", ylim=(1e-4, 1.2), xlabel="change over its noise, either sign: at least", ylabel="share")
    noise.set_title("1  Pixels of the aprons")
    maxima.set(xscale="log", yscale="log", xlabel="log-likelihood ratio: at least", ylabel="per km² and pair of looks")
    maxima.set_title("2  Local maxima of the matched filter")
    peaks.set(xlim=(-0.15, 0.3), xlabel="strongest change, reflectance: at most", ylabel="share")
    peaks.set_title(f"3  Aircraft of {LEAST_M:.0f} m and more that came or left")
    extents.set(xlim=(0, 100), xlabel="longest side of what has half of the change, m: at most", ylabel="share")
    extents.set_title("4  Of these, {:.0f} to {:.0f} m".format(*MEASURED_M))
    for axis in axes.flat:
        axis.grid(alpha=0.25)
        axis.legend(frameon=False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Look, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with semireal/")
    parser.add_argument("--out", type=Path, required=True, help="the picture, a PNG")
    asked, seen = parser.parse_args(), {"real": Seen(), "simulated": Seen()}
    for site in sorted((asked.data / "semireal").glob("*/site.json")):
        look_at(*read_airport(site.parent), seen["real"])
    for seed in SEEDS:
        look_at(*draw_terminal(seed), seen["simulated"])
    print("\n".join(describe(name, one) for name, one in seen.items()))
    draw(seen, asked.out)


if __name__ == "__main__":
    main()
