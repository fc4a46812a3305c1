"""The network as arrays: convolutions as they are defined, turns that change nothing, and what a logit stands for."""

from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
from scipy import signal

from imagery_watch.change.looks.chips import CHANNELS, REACH_PX
from imagery_watch.model.arrays import Floats
from imagery_watch.model.network import LAYERS, SYMMETRIES, ConvolutionalNetwork, turn_chips
from imagery_watch.sensors.sentinel2.detector import DETECTOR

SIZES = {"first": (2 * 9, 3), "second": (3 * 9, 4), "third": (4 * 9, 5), "hidden": (5 * 16, 6), "last": (6, 3)}
EDGE = 17


def network(seed: int = 0) -> ConvolutionalNetwork:
    rng = np.random.default_rng(seed)
    weights = {name: rng.normal(0, 0.2, size).astype(np.float32) for name, size in SIZES.items()}
    biases = {name: rng.normal(0, 0.2, size[1]).astype(np.float32) for name, size in SIZES.items()}
    return ConvolutionalNetwork(weights, biases, np.array([-1.0, 1.0, 3.0]), np.array([-4.0, 0.0, 8.0]))


def chips(count: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, 2, EDGE, EDGE)).astype(np.float32)


def run_slowly(net: ConvolutionalNetwork, chip: Floats) -> Floats:
    """One chip, with scipy's correlations in place of the windows."""
    for layer in ("first", "second", "third"):
        kernels = net.weights[layer].T.reshape(-1, len(chip), 3, 3)
        planes = [sum(signal.correlate(c, k, "valid") for c, k in zip(chip, kernel, strict=True)) for kernel in kernels]
        chip = np.maximum(np.array(planes) + net.biases[layer][:, None, None], 0.0)
        if layer == "second":
            chip = chip[:, :12, :12].reshape(len(chip), 6, 2, 6, 2).mean(axis=(2, 4))
    hidden = np.maximum(chip.ravel() @ net.weights["hidden"] + net.biases["hidden"], 0.0)
    return np.asarray(hidden @ net.weights["last"] + net.biases["last"])


def test_the_layers_are_those_of_any_textbook() -> None:
    net, (chip,) = network(), chips(1)
    turned = [run_slowly(net, turn_chips(chip[None], number)[0]) for number in range(SYMMETRIES)]
    assert np.array(net.answer(chip[None]))[:, 0] == pytest.approx(np.mean(turned, axis=0), abs=1e-5)


@pytest.mark.parametrize("number", range(SYMMETRIES))
def test_a_turn_or_a_mirror_image_changes_nothing(number: int) -> None:
    net, some = network(), chips(3)
    assert np.array(net.answer(turn_chips(some, number))) == pytest.approx(np.array(net.answer(some)), abs=1e-5)


def test_the_eight_turns_are_eight() -> None:
    assert len({turn_chips(chips(1), number).tobytes() for number in range(SYMMETRIES)}) == SYMMETRIES


def test_many_chips_are_as_each_alone() -> None:
    net, some = network(), chips(130)
    alone = np.array([net.answer(one[None]).logit[0] for one in some])
    assert net.answer(some).logit == pytest.approx(alone, abs=1e-5)


def test_no_chip_is_no_answer() -> None:
    assert all(len(one) == 0 for one in network().answer(chips(0)))


def test_evidence_lies_between_the_steps_and_no_further() -> None:
    assert network().llr(np.array([0.0, 2.0, 9.0])) == pytest.approx([-2.0, 4.0, 8.0])


@pytest.mark.parametrize("net", [DETECTOR.pair_network, DETECTOR.ground_network], ids=["pair", "ground"])
def test_the_sensors_networks_are_made_for_the_chips_that_are_cut(net: ConvolutionalNetwork) -> None:
    assert len(net.weights["first"]) == 9 * len(CHANNELS)
    answers = net.answer(np.zeros((1, len(CHANNELS), 2 * REACH_PX + 1, 2 * REACH_PX + 1), np.float32))
    assert np.isfinite(np.array(answers)).all()
    assert (np.diff(net.logits) > 0).all() and (np.diff(net.evidence) > 0).all()


def test_an_archive_without_a_layer_is_refused() -> None:
    archive = np.load(BytesIO(files("imagery_watch.sensors.sentinel2").joinpath("pair_network.npz").read_bytes()))
    assert {f"{name}_weights" for name in LAYERS} <= set(archive)
    part = BytesIO()
    np.savez(part, **{name: archive[name] for name in archive if name != "hidden_weights"})
    part.seek(0)
    with pytest.raises(KeyError, match="hidden_weights"):
        ConvolutionalNetwork.from_archive(part)
