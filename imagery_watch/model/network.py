"""A small convolutional network, as plain arrays: what changed at a place, learnt from simulated looks."""

from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imagery_watch.model.arrays import Doubles, Floats

SYMMETRIES = 8
"""Turns and mirror images of a chip, over which answers are averaged: nothing but chance tells them apart."""
CHIPS_AT_ONCE = 64
"""For memory: the windows of so many chips are laid out together."""
LAYERS = ("first", "second", "third", "hidden", "last")


class Answers(NamedTuple):
    """What the network makes of chips."""

    logit: Doubles
    """(chip,): of an object the size of an aircraft in the middle."""
    log_length: Doubles
    """(chip,): natural logarithm of its length in metres, if there is one."""
    log_spread: Doubles
    """(chip,): logarithm of the scale of a Laplace law about that."""


@dataclass(frozen=True, eq=False)
class ConvolutionalNetwork:
    """Three convolutions and two dense layers, and the evidence that a logit stands for."""

    weights: dict[str, Floats] = field(repr=False)
    """Of each of `LAYERS`: convolutions (window, channel out), window = channel x row x column; dense (in, out)."""
    biases: dict[str, Floats] = field(repr=False)
    """(channel out,) of each of `LAYERS`."""
    logits: Doubles = field(repr=False)
    """(step,): increasing."""
    evidence: Doubles = field(repr=False)
    """(step,): log-likelihood ratio against clutter at which the law of false hits promises as many as there were of
    each of `logits` on simulated ground on which nothing came or left."""

    @staticmethod
    def from_archive(archive: BinaryIO) -> "ConvolutionalNetwork":
        """The network of an npz archive with these fields. Raises KeyError where one is missing."""
        with np.load(archive, allow_pickle=False) as arrays:
            return ConvolutionalNetwork(
                weights={name: arrays[f"{name}_weights"].astype(np.float32) for name in LAYERS},
                biases={name: arrays[f"{name}_biases"].astype(np.float32) for name in LAYERS},
                logits=arrays["logits"].astype(np.float64),
                evidence=arrays["evidence"].astype(np.float64),
            )

    def answer(self, chips: Floats, symmetries: int = SYMMETRIES) -> Answers:
        """What is in the middle of chips (chip, channel, row, column), averaged over turns and mirror images.

        With fewer `symmetries` the answer is rougher, and sooner there.
        """
        total = np.zeros((len(chips), 3))
        for start in range(0, len(chips), CHIPS_AT_ONCE):
            some = chips[start : start + CHIPS_AT_ONCE]
            for number in range(symmetries):
                total[start : start + len(some)] += self._run(turn_chips(some, number))
        return Answers(*(total.T / symmetries))

    def llr(self, logit: Doubles) -> Doubles:
        """(chip,): the evidence that logits stand for, in nats."""
        return np.interp(logit, self.logits, self.evidence)

    def _run(self, chips: Floats) -> Floats:
        """(chip, answer)"""
        shown = self._convolve("second", self._convolve("first", chips))
        shown = self._convolve("third", _halve(shown)).reshape(len(chips), -1)
        hidden = np.maximum(shown @ self.weights["hidden"] + self.biases["hidden"], 0.0)
        return np.asarray(hidden @ self.weights["last"] + self.biases["last"], np.float32)

    def _convolve(self, layer: str, chips: Floats) -> Floats:
        """(chip, channel, row, column), the rim of one pixel lost, what is negative cut off."""
        windows = sliding_window_view(chips, (3, 3), axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
        count, rows, cols = windows.shape[:3]
        answered = windows.reshape(count * rows * cols, -1) @ self.weights[layer] + self.biases[layer]
        return np.maximum(answered, 0.0).reshape(count, rows, cols, -1).transpose(0, 3, 1, 2)


def turn_chips(chips: Floats, number: int) -> Floats:
    """One of the eight turns and mirror images of chips (chip, channel, row, column); the first is as it is."""
    if number & 1:
        chips = chips[:, :, ::-1]
    if number & 2:
        chips = chips[:, :, :, ::-1]
    return chips.swapaxes(2, 3) if number & 4 else chips


def _halve(chips: Floats) -> Floats:
    """The means of squares of two by two pixels; an odd last row or column is left out."""
    rows, cols = (size // 2 * 2 for size in chips.shape[2:])
    even = chips[:, :, :rows, :cols]
    means = even.reshape(*even.shape[:2], rows // 2, 2, cols // 2, 2).mean(axis=(3, 5))
    return np.asarray(means, np.float32)
