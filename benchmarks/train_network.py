"""Learns the networks that tell aircraft from what else changes: `python benchmarks/train_network.py pair` or `ground`.

They learn from simulated terminals alone (`imagery_watch/simulate/terminal/`): that for pairs of looks from 430 of
three looks each, of which 110 have ramps of small jets; that for the empty ground from 110 open aprons of eight looks
besides. Every fourth is without traffic. What a logit means is counted on 60 others, quiet and without traffic. Needs
PyTorch, which nothing else here does; takes three quarters of an hour on two cores. What the networks see is told in
docs/method.md, section 6.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from training_samples import OPEN_BUSTLE, Job, Sample, draw_samples

from imagery_watch.change.looks.chips import CHANNELS, MIN_KNOWN, ask_network, dim_chips
from imagery_watch.model.network import LAYERS, SYMMETRIES, ConvolutionalNetwork, turn_chips
from imagery_watch.sensors.sentinel2.detector import DETECTOR

FOLDER = Path(__file__).parent.parent / "imagery_watch" / "sensors" / "sentinel2"
LEARNT, RAMPS, OPEN = range(5000, 5320), range(7000, 7110), range(8000, 8110)
"""Seeds of the terminals that are learnt from: busy ones, those with ramps of small jets, and open aprons."""
COUNTED, OPEN_COUNTED = range(6000, 6060), range(9000, 9040)
"""Seeds of those that are counted on: for what a logit stands for, and open aprons, printed beside it."""
QUIET = 0.1
"""Factor on vehicles and works where false alarms are counted: as few as science knows of open aprons."""
LEAST_M, SMALL_M, SMALL_WEIGHT = 16.0, 24.0, 0.6
"""Aircraft below the first length are left out on open aprons, for a bus is as long; below the second they count for
less."""
APART_PX = 3.0
EPOCHS, BATCH, RATE, DECAY, DROPPED = 10, 512, 4e-3, 1e-3, 0.3
"""Of the training: the highest rate of learning (one cycle), the decay of weights, and the share of dropped values."""
CHANNELS_OUT = (16, 24, 32, 48, 3)
LENGTH_SHARE, TYPICAL_M, SHORTEST_M = 0.1, 40.0, 5.0
"""How much the error of the length counts, and the length from which all others are told."""
DIMMED = (-0.5, 2.0)
"""Powers of two by which the noise of half of the batches is changed."""
FADED = (0.3, 1.0)
"""What changes at real gates is about .55 as strong as at simulated ones: half of the batches are made fainter."""
EDGE_PX = (1.0, 9.0)
"""How far from the middle the edges are that half of the batches get."""
LOGITS = np.arange(-4.0, 8.01, 0.25)
FEWEST = 10
"""False alarms that a step must count; beyond it their number is taken to fall exponentially."""


def count_alone(samples: Sequence[Sample], logits: np.ndarray) -> np.ndarray:
    """Logits of the candidates that would be told: none beside a stronger one of the same pair."""
    told, kept = [], dict[tuple[int, int], list[Sample]]()
    for number in np.argsort(-logits):
        one = samples[number]
        others = kept.setdefault((one.world, one.pair), [])
        alone = all(np.hypot(one.row - two.row, one.col - two.col) >= APART_PX for two in others)
        if one.known >= MIN_KNOWN and alone:
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


def fade_chips(chips: np.ndarray, share: float) -> np.ndarray:
    """The chips as if what changed were so much of what it is; the ground stays."""
    faded = np.sinh(chips)
    look, ground = CHANNELS.index("look"), CHANNELS.index("ground")
    faded[:, look] = faded[:, ground] + share * (faded[:, look] - faded[:, ground])
    for name in ("change_in_noise", "colour_in_noise", "change"):
        faded[:, CHANNELS.index(name)] *= share
    faded = np.arcsinh(faded)
    for name in ("apron", "known"):
        faded[:, CHANNELS.index(name)] = chips[:, CHANNELS.index(name)]
    return faded


def redraw_aprons(chips: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The chips as if each apron ended at a straight line beside the middle; people draw aprons as they like."""
    redrawn, reach = chips.copy(), chips.shape[-1] // 2
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    turn, apart = rng.uniform(0, 2 * np.pi, len(chips)), rng.uniform(*EDGE_PX, len(chips))
    along = np.sin(turn)[:, None, None] * rows + np.cos(turn)[:, None, None] * cols
    aprons = CHANNELS.index("apron")
    inside = along < apart[:, None, None]
    redrawn[:, aprons] = inside if rng.random() < 0.5 else redrawn[:, aprons] * inside
    return redrawn


def make_layers(torch: Any) -> Any:
    """The untrained network."""
    nn, (first, second, third, hidden, last) = torch.nn, CHANNELS_OUT
    return nn.Sequential(
        *(nn.Conv2d(len(CHANNELS), first, 3), nn.ReLU(), nn.Conv2d(first, second, 3), nn.ReLU()),
        *(nn.AvgPool2d(2), nn.Conv2d(second, third, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(DROPPED)),
        *(nn.Linear(third * 16, hidden), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(hidden, last)),
    )


def fit(samples: Sequence[Sample], *, redrawn: bool) -> Any:
    """The trained layers; with the edges of half of the aprons redrawn if asked."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    torch.manual_seed(0)
    rng, layers = np.random.default_rng(0), make_layers(torch)
    chips = np.stack([one.chip for one in samples])
    truth = torch.tensor([float(one.aircraft) for one in samples])
    lengths = torch.log(torch.tensor([max(one.length_m, SHORTEST_M) / TYPICAL_M for one in samples]))
    small = [one.aircraft and one.length_m < SMALL_M for one in samples]
    weights = torch.where(torch.tensor(small), SMALL_WEIGHT, 1.0)
    optimizer = torch.optim.AdamW(layers.parameters(), RATE / 2, weight_decay=DECAY)
    batches = len(samples) // BATCH + 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        for some in np.array_split(rng.permutation(len(samples)), batches):
            seen = turn_chips(chips[some].astype(np.float32), int(rng.integers(SYMMETRIES)))
            if rng.random() < 0.5:
                seen = dim_chips(seen, float(2 ** rng.uniform(*DIMMED)))
            if rng.random() < 0.5:
                seen = fade_chips(seen, float(rng.uniform(*FADED)))
            if redrawn and rng.random() < 0.5:
                seen = redraw_aprons(seen, rng)
            logit, log_length, log_spread = layers(torch.from_numpy(np.ascontiguousarray(seen))).T
            loss = (binary_cross_entropy_with_logits(logit, truth[some], reduction="none") * weights[some]).mean()
            there = truth[some] > 0
            if there.any():
                spread = log_spread[there].clamp(-3, 1)
                off = (log_length[there] - lengths[some][there]).abs()
                loss = loss + LENGTH_SHARE * (off / spread.exp() + spread).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return layers.eval()


def export(layers: Any) -> dict[str, np.ndarray]:
    """The trained layers as `ConvolutionalNetwork.from_archive` reads them, without what a logit stands for."""
    learnt = [layer for layer in layers if hasattr(layer, "weight")]
    arrays = {}
    for name, layer in zip(LAYERS, learnt, strict=True):
        weights, biases = layer.weight.detach().numpy(), layer.bias.detach().numpy().copy()
        if name == LAYERS[-1]:
            biases[1] += np.log(TYPICAL_M)
        arrays[f"{name}_weights"] = weights.reshape(len(weights), -1).T.astype(np.float16)
        arrays[f"{name}_biases"] = biases.astype(np.float32)
    return arrays


def count_evidence(arrays: dict[str, np.ndarray], nulls: Sequence[Sample], km2: float) -> list[float]:
    """What each of `LOGITS` stands for, as the network is asked in use."""
    weights, biases = ({name: arrays[f"{name}_{part}"] for name in LAYERS} for part in ("weights", "biases"))
    weights = {name: one.astype(np.float32) for name, one in weights.items()}
    network = ConvolutionalNetwork(weights, biases, LOGITS, LOGITS)
    chips = np.stack([one.chip for one in nulls]).astype(np.float32)
    told = count_alone(nulls, ask_network(network, chips).logit)
    evidence = measure_evidence(told, km2)
    for logit, one in zip(LOGITS[::2], evidence[::2], strict=True):
        print(f"  logit {logit:+.1f}: {(told > logit).sum() / km2:6.2f} false a km2 and pair, evidence {one:+.2f}")
    return evidence


def list_jobs(*, ground: bool) -> list[Job]:
    """What is learnt from."""
    busy = [Job(seed, seed % 4 != 3, 1.0, ramps=seed in RAMPS) for seed in (*LEARNT, *RAMPS)]
    quiet = [Job(seed, seed % 4 != 3, OPEN_BUSTLE, ramps=bool(seed // 2 % 2), open_aprons=True) for seed in OPEN]
    return [*busy, *quiet] if ground else busy


def main() -> None:
    """Draw, fit, count, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("pair", "ground"))
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    ground = chosen.kind == "ground"
    counted = [Job(seed, False, QUIET) for seed in COUNTED]
    counted_open = [Job(seed, False, QUIET, open_aprons=True) for seed in OPEN_COUNTED]
    with ProcessPoolExecutor(2) as pool:
        learnt = pool.map(draw_samples, list_jobs(ground=ground))
        samples = [one for some, _ in learnt for one in some if not one.ignored]
        nulls = [list(pool.map(draw_samples, jobs)) for jobs in ([counted, counted_open] if ground else [counted])]
    if ground:
        samples = [one for one in samples if not one.aircraft or one.length_m >= LEAST_M]
    print(f"{len(samples)} candidates, {sum(one.aircraft for one in samples)} of aircraft")
    arrays, evidence = export(fit(samples, redrawn=ground)), []
    for name, worlds in zip(("between looks", "against the empty ground"), nulls, strict=False):
        km2 = sum(seen for _, seen in worlds)
        print(f"{name}, {km2:.1f} km2 x pair or look")
        evidence.append(count_evidence(arrays, [one for some, _ in worlds for one in some], km2))
    out = chosen.out or FOLDER / f"{chosen.kind}_network.npz"
    np.savez_compressed(out, **arrays, logits=LOGITS, evidence=evidence[0])


if __name__ == "__main__":
    main()
