"""Learns the trees that tell aircraft from all else that changes: `python benchmarks/train_trees.py` writes them anew.

They learn from simulated terminals alone (`imagery_watch/simulate/terminal/`), 140 of three looks each, of which every
fourth is without traffic; what a logit means is counted on 60 others, quiet and without traffic. Needs scikit-learn,
which nothing else here does; takes some nine minutes on two cores. The features are told in docs/method.md, section 6.
"""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imagery_watch.change.detection.finder import find_peaks
from imagery_watch.change.detection.matched_filter import match_templates
from imagery_watch.change.looks.features import DIMS, FEATURES, MIN_KNOWN, measure_features
from imagery_watch.change.looks.pairs import compare_looks
from imagery_watch.change.preprocess.stack import Stack, prepare_stack
from imagery_watch.change.preprocess.usability import select_bands
from imagery_watch.model import Areas, Grid
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.simulate.daylight import BANDS
from imagery_watch.simulate.simulator import to_scene
from imagery_watch.simulate.terminal.build import Occasion, build_terminal
from imagery_watch.simulate.terminal.canvas import SIZE
from imagery_watch.simulate.terminal.visitors import Visitor

TREES = Path(__file__).parent.parent / "imagery_watch" / "sensors" / "sentinel2" / "object_trees.json"
LEARNT, COUNTED = range(5000, 5140), range(6000, 6060)
"""Seeds of the terminals that are learnt from, and of those on which false alarms are counted."""
LOOKS = 3
QUIET = 0.1
"""Factor on vehicles and works where false alarms are counted: as few as science knows of open aprons."""
SCREEN_LLR = 10.0
SWAPPED_M, BESIDE_M, WITHIN_M = 25.0, 30.0, 25.0
SMALL_M, SMALL_WEIGHT = 24.0, 0.3
"""Aircraft below the length count for less: they are hardly more than vehicles at 10 m."""
APART_PX = 3.0
FITTING = {"max_iter": 150, "learning_rate": 0.06, "max_leaf_nodes": 8, "min_samples_leaf": 40, "l2_regularization": 5}
LOGITS = np.arange(-3.0, 4.01, 0.25)
FEWEST = 10
"""False alarms that a step must count; beyond it their number is taken to fall exponentially."""


@dataclass(frozen=True)
class Sample:
    """One candidate of one direction of a pair."""

    world: int
    pair: int
    row: int
    col: int
    features: np.ndarray
    """(dim, feature): the first is as it is."""
    aircraft: bool
    ignored: bool
    length_m: float


def draw_samples(job: tuple[int, bool, float]) -> tuple[list[Sample], float]:
    """The candidates of one terminal (seed, traffic, bustle), and the km2 x pair of apron seen."""
    seed, traffic, bustle = job
    terminal, occasions = build_terminal(seed, LOOKS, traffic=traffic, bustle=bustle)
    scenes = [to_scene(one.seen, BANDS, number) for number, one in enumerate(occasions)]
    if seed % 2:  # as many catalogues have it: without near infrared
        scenes = [select_bands(scene, BANDS[:3]) for scene in scenes]
    names = tuple(f"apron-{number}" for number in range(int(terminal.aprons.max()) + 1))
    areas = Areas(names, terminal.aprons, terminal.aprons < 0, float((terminal.aprons < 0).sum()) * 1e-4)
    with ThreadPoolExecutor(1) as pool:
        stack = prepare_stack(scenes, areas, Grid(32632, 600_000, 5_200_000, SIZE, SIZE), DETECTOR, pool)
    shown = {one.seen.when: one for one in occasions}
    samples, km2 = list[Sample](), 0.0
    for number in range(len(stack.passes) - 1):
        looks = [shown[one.datetime] for one in stack.passes[number : number + 2]]
        more, seen = _samples_of(stack, number, looks, seed)
        samples, km2 = samples + more, km2 + seen
    return samples, km2


def _samples_of(stack: Stack, number: int, looks: Sequence[Occasion], seed: int) -> tuple[list[Sample], float]:
    pair = compare_looks(stack, number, number + 1)
    if pair is None:
        return [], 0.0
    aprons, samples = stack.apron_index >= 0, []
    before, after = (look.visitors for look in looks)
    for here, there, image in ((after, before, pair.came), (before, after, pair.gone)):
        llr = match_templates(image)
        places = find_peaks(llr, aprons, SCREEN_LLR)
        dimmed = measure_features(image, llr, aprons, places, DIMS)
        for index, (row, col) in enumerate(places):
            at = (row + stack.georeference.top, col + stack.georeference.left)
            samples.append(Sample(seed, number, row, col, dimmed[:, index], *_label(at, here, there)))
    return samples, float(np.isfinite(pair.came.spread[0][aprons]).sum()) * 1e-4


def _label(at: tuple[int, int], here: Sequence[Visitor], there: Sequence[Visitor]) -> tuple[bool, bool, float]:
    """Whether an aircraft came there, whether one took another's place there, and the length."""
    came = [one for one in here if not any(one is other for other in there)]
    length, ignored = 0.0, False
    for one in came:
        apart = 10.0 * float(np.hypot(one.row - at[0], one.col - at[1]))
        if any(np.hypot(one.east - other.east, one.north - other.north) < SWAPPED_M for other in there):
            ignored |= apart < BESIDE_M
        elif apart < max(WITHIN_M, one.length_m / 2):
            length = one.length_m
    return length > 0, ignored and not length, length


def count_alone(samples: Sequence[Sample], logits: np.ndarray) -> np.ndarray:
    """Logits of the candidates that would be told: none beside a stronger one of the same pair."""
    told, kept = [], dict[tuple[int, int], list[Sample]]()
    for number in np.argsort(-logits):
        one = samples[number]
        others = kept.setdefault((one.world, one.pair), [])
        known = one.features[0, FEATURES.index("known")] >= MIN_KNOWN
        if known and all(np.hypot(one.row - two.row, one.col - two.col) >= APART_PX for two in others):
            others.append(one)
            told.append(float(logits[number]))
    return np.array(told)


def measure_evidence(told: np.ndarray, km2: float) -> list[float]:
    """The evidence at each of `LOGITS`: where the law of false hits promises as many as were counted."""
    counts = np.array([(told > logit).sum() for logit in LOGITS])
    last = int(np.flatnonzero(counts >= FEWEST)[-1])
    tail = told[told > LOGITS[last]] - LOGITS[last]
    beyond = counts[last] * np.exp(-(LOGITS - LOGITS[last]) / tail.mean())
    rates = np.where(counts >= FEWEST, counts, beyond) / km2
    law = DETECTOR
    rare = law.tail_threshold + law.tail_scale / law.tail_shape * ((law.tail_rate / rates) ** law.tail_shape - 1)
    common = law.tail_threshold - law.tail_scale * np.log(rates / law.tail_rate)
    return [round(float(one), 3) for one in np.where(rates < law.tail_rate, rare, common)]


def export(model: Any, evidence: list[float]) -> dict[str, object]:
    """The fitted model as `TreeEnsemble.from_document` reads it."""
    column, threshold, left, right, value, roots = [], [], [], [], [], []
    for (tree,) in model._predictors:
        offset = len(column)
        roots.append(offset)
        for node in tree.nodes:
            leaf = bool(node["is_leaf"])
            column.append(-1 if leaf else int(node["feature_idx"]))
            threshold.append(0.0 if leaf else round(float(node["num_threshold"]), 5))
            left.append(0 if leaf else int(node["left"]) + offset)
            right.append(0 if leaf else int(node["right"]) + offset)
            value.append(round(float(node["value"]), 5) if leaf else 0.0)
    baseline = round(float(np.ravel(model._baseline_prediction)[0]), 5)
    return {
        "features": FEATURES,
        "roots": roots,
        "column": column,
        "threshold": threshold,
        "left": left,
        "right": right,
        "value": value,
        "baseline": baseline,
        "logits": LOGITS.tolist(),
        "evidence": evidence,
    }


def main() -> None:
    """Draw, fit, count, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TREES)
    out = parser.parse_args().out
    from sklearn.ensemble import HistGradientBoostingClassifier

    with ProcessPoolExecutor(2) as pool:
        learnt = [pool.submit(draw_samples, (seed, seed % 4 != 3, 1.0)) for seed in LEARNT]
        counted = [pool.submit(draw_samples, (seed, False, QUIET)) for seed in COUNTED]
        samples = [one for job in learnt for one in job.result()[0] if not one.ignored]
        nulls = [one for job in counted for one in job.result()[0]]
        km2 = sum(job.result()[1] for job in counted)
    weights = [SMALL_WEIGHT if one.aircraft and one.length_m < SMALL_M else 1.0 for one in samples]
    model = HistGradientBoostingClassifier(**FITTING)
    model.fit(np.stack([one.features[0] for one in samples]), [one.aircraft for one in samples], sample_weight=weights)
    logits = model.decision_function(np.concatenate([one.features for one in nulls])).reshape(len(nulls), -1)
    told = count_alone(nulls, logits.max(axis=1))
    evidence = measure_evidence(told, km2)
    out.write_text(json.dumps(export(model, evidence), separators=(",", ":")) + "\n")
    aircraft = sum(one.aircraft for one in samples)
    print(f"{len(samples)} candidates, {aircraft} of aircraft; counted on {km2:.1f} km2 x pair; written to {out}")
    for logit, one in zip(LOGITS[::2], evidence[::2], strict=True):
        print(f"  logit {logit:+.1f}: {(told > logit).sum() / km2:6.2f} false a km2 and pair, evidence {one:+.2f}")


if __name__ == "__main__":
    main()
