"""Correlation in space undone over a square window, by the symmetry of the square.

Correlation goes by distance, so mirror images correlate alike: written as sums and differences of mirror images about
the window's two axes, a channel falls into four parts that do not covary. Each is whitened by itself, which costs a
quarter of the whole; inner products stay what they are (docs/method.md, section 7).
"""

from functools import lru_cache
from typing import TypeAlias

import numpy as np

from imagery_watch.change.background.noise import NUGGET, correlate_at
from imagery_watch.model.arrays import Doubles, Floats

Acf: TypeAlias = tuple[tuple[float, ...], ...]
"""Of each channel: its correlation by distance, as `NoiseModel` has it."""


def whiten_mirrored(channels: Floats, acf: Acf) -> Floats:
    """(column, channel, value): columns (column, channel, y, x) of a square window, odd in size, made white.

    The values are those of `whiten_in_place` as sums and differences of mirror images, of unit length each: inner
    products of columns are the same.
    """
    side = channels.shape[-1]
    white = np.empty((*channels.shape[:2], side**2), np.float32)
    start = 0
    for part, roots in zip(_mirror(channels), _build_roots(acf, side), strict=True):
        end = start + part.shape[-1]
        np.matmul(part.transpose(1, 0, 2), roots, out=white[:, :, start:end].transpose(1, 0, 2))
        start = end
    return white


def whiten_in_place(channels: Floats, acf: Acf) -> Floats:
    """(column, channel, pixel): the same, each pixel where it was: the symmetric root of the correlation is used."""
    white = whiten_mirrored(channels, acf)
    return np.asarray(white @ _stack_bases(channels.shape[-1]), np.float32)


def _mirror(channels: Floats) -> tuple[Floats, ...]:
    """(column, channel, value) four times: sums or differences from top to bottom, and of these from left to right.

    Sums end with the middle. None is of unit length yet: `_build_roots` sees to that.
    """
    count, kinds, side = channels.shape[:3]
    half = side // 2
    first, last = channels[:, :, :half], channels[:, :, :half:-1]
    sums = np.empty((count, kinds, half + 1, side), np.float32)
    np.add(first, last, out=sums[:, :, :half])
    sums[:, :, half] = channels[:, :, half]
    rows = [np.reshape(some, (-1, side)) for some in (sums, first - last)]
    parts: list[Floats] = [some @ ways for some in rows for ways in _pair_columns(side)]
    return tuple(np.reshape(part, (count, kinds, -1)) for part in parts)


@lru_cache(maxsize=8)
def _pair_columns(side: int) -> tuple[Floats, Floats]:
    """(column, value) twice: takes sums of mirror images, the middle last, and differences. All but nothing is one."""
    each = np.eye(side, dtype=np.float32)
    half = side // 2
    first, last = each[:, :half], each[:, :half:-1]
    return np.column_stack([first + last, each[:, half]]), np.ascontiguousarray(first - last)


@lru_cache(maxsize=8)
def _mirror_bases(side: int) -> tuple[Doubles, ...]:
    """(value, pixel) four times: what `_mirror` takes of each pixel, each value brought to unit length."""
    images = np.eye(side**2, dtype=np.float32).reshape(-1, 1, side, side)
    bases = [part[:, 0].T.astype(np.float64) for part in _mirror(images)]
    return tuple(basis / np.linalg.norm(basis, axis=1, keepdims=True) for basis in bases)


@lru_cache(maxsize=8)
def _stack_bases(side: int) -> Floats:
    """(value, pixel): from all parts back to pixels."""
    return np.concatenate(_mirror_bases(side)).astype(np.float32)


@lru_cache(maxsize=64)
def _build_roots(acf: Acf, side: int) -> tuple[Floats, ...]:
    """(channel, value, value) of each part: from its sums and differences to their white form of unit length."""
    by_channel = [_build_roots_of(one, side) for one in acf]
    return tuple(np.stack(part) for part in zip(*by_channel, strict=True))


@lru_cache(maxsize=256)
def _build_roots_of(acf: tuple[float, ...], side: int) -> tuple[Floats, ...]:
    """(value, value) of each part: the inverse symmetric root of one channel's correlation, the nugget on it."""
    rows, cols = (axis.ravel().astype(np.float64) for axis in np.mgrid[:side, :side])
    correlation = correlate_at(np.hypot(rows[:, None] - rows, cols[:, None] - cols), acf)
    roots = []
    for basis in _mirror_bases(side):
        values, vectors = np.linalg.eigh(basis @ correlation @ basis.T)
        power = np.clip(values, 0.0, None) + NUGGET
        root = (vectors / np.sqrt(power)) @ vectors.T
        # a sum of two pixels has the square root of two times unit length, which its greatest share of one pixel tells
        length = np.abs(basis).max(axis=1)
        roots.append(np.asarray(length[:, None] * root, np.float32))
    return tuple(roots)
