"""Every pass against the empty apron of its own orbit and season."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.baseline import (
    baseline_of,
    empty_weights,
    nan_median,
    pavement_colour,
    temporal_noise,
)
from imagery_watch.change.prepare import UNREGISTERED_ERROR_PX, Prepared, Stack
from imagery_watch.change.screen import Look, Noise, look_at
from imagery_watch.model import Baseline

MIN_SAME_ORBIT = 6
"""Looks of one orbit that make a baseline of their own; with fewer, all orbits are taken together."""
BUCKET = timedelta(days=30)
LEVEL_BOX_M = 210.0
USUAL_CHANGE = 0.015
"""Reflectance by which empty apron differs from pass to pass, before anything is known of this one (science: 1-3 %)."""
MAX_INFLATION = 8.0

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """The empty apron for some passes, and the noise around it."""

    baseline: Baseline
    correlation: Image
    """(band, band)"""
    inflation: float
    """How much the noise's correlation in space widens it for a shape of several pixels."""
    coherence: float
    """Correlation of the noise of neighbouring pixels."""
    own_orbit: bool


def grounds(stack: Stack, half_window: timedelta) -> list[Ground | None]:
    """The ground of each pass, in the stack's order; None where it stands alone.

    From the passes of its orbit within `half_window`, or of all orbits where those are few.

    Passes of one 30-day bucket share a ground, so that adding a pass changes nothing but what it can see.
    """
    known: dict[tuple[int | None, int], Ground | None] = {}
    for item in stack.passes:
        key = _key(item)
        if key not in known:
            known[key] = _ground(stack, *key, half_window)
    return [known[_key(item)] for item in stack.passes]


def _key(item: Prepared) -> tuple[int | None, int]:
    return item.scene.relative_orbit, int(item.datetime.timestamp() // BUCKET.total_seconds())


def _ground(stack: Stack, orbit: int | None, bucket: int, half_window: timedelta) -> Ground | None:
    middle = datetime.fromtimestamp((bucket + 0.5) * BUCKET.total_seconds(), UTC)
    near = [item for item in stack.passes if abs(item.datetime - middle) <= half_window + BUCKET / 2]
    own = [item for item in near if item.scene.relative_orbit == orbit]
    chosen = own if len(own) >= MIN_SAME_ORBIT else near
    if len(chosen) < 2:
        return None
    return _ground_of(chosen, stack, len(own) >= MIN_SAME_ORBIT)


def _ground_of(chosen: Sequence[Prepared], stack: Stack, own_orbit: bool) -> Ground:
    aprons = stack.apron_index >= 0
    images = _alike([item.image for item in chosen], aprons, stack.resolution)
    noise = temporal_noise(images, aprons)
    pavement = pavement_colour(images, aprons, stack.resolution)
    weights = empty_weights(images, pavement, noise)
    baseline = baseline_of(images, weights, noise, _typical_error(chosen))
    structure = noise_structure(images, weights, baseline, aprons)
    return Ground(baseline, *structure, own_orbit)


def _alike(images: Sequence[Image], aprons: Mask, pixel_m: float) -> NDArray[np.float32]:
    """(time, band, y, x): the images, each at the level of their median, as every look is when it is judged.

    Without this the wetness and light of a whole apron would count as noise of each of its pixels.
    """
    usual = nan_median(np.stack(images))
    spread = np.full(usual.shape, USUAL_CHANGE, np.float32)
    reference = Baseline(usual, spread, np.zeros(aprons.shape, np.int16))
    return np.stack([level(image, reference, aprons, np.isfinite(image[0]), pixel_m) for image in images])


def _typical_error(chosen: Sequence[Prepared]) -> float:
    errors = [c.registration.error_px if c.registration.ok else UNREGISTERED_ERROR_PX for c in chosen]
    return float(np.clip(np.median(errors), 0.05, 1.0))


def noise_structure(
    images: Image, weights: NDArray[np.float32], baseline: Baseline, aprons: Mask
) -> tuple[NDArray[np.float32], float, float]:
    """Of what is left on empty aprons: correlation between bands (band, band), inflation, and coherence."""
    bands = images.shape[1]
    z = (images - baseline.median) / baseline.spread
    calm: Mask = np.logical_and.reduce(np.abs(z) < 4, axis=1)
    quiet = calm & (weights > 0.5) & aprons
    samples = np.moveaxis(z, 1, -1)[quiet]
    if len(samples) < 50 * bands or samples.std(axis=0).min() < 1e-6:  # one image, repeated, has no noise
        return np.eye(bands, dtype=np.float32), 4.0, 0.5
    correlation = np.corrcoef(samples, rowvar=False).reshape(bands, bands) * 0.98 + 0.02 * np.eye(bands)
    return correlation.astype(np.float32), *_in_space(np.where(quiet[:, None], z, 0.0), quiet, float(samples.var()))


def _in_space(z: Image, quiet: Mask, variance: float) -> tuple[float, float]:
    """Inflation (the noise's autocorrelation summed over two pixels around, times how much louder the noise is than the
    spread says) and coherence (its value at one pixel, as a share of the value at none).
    """
    lags = {(down, right): _lag(z, quiet, down, right) for down in range(-2, 3) for right in range(-2, 3)}
    total = sum(max(0.0, value) for value in lags.values())
    ahead = [lags[lag] for lag in ((0, 1), (1, 0), (0, -1), (-1, 0))]
    coherence = float(np.mean(ahead)) / max(lags[0, 0], 1e-6)
    return float(np.clip(total, max(1.0, variance), MAX_INFLATION)), float(np.clip(coherence, 0.0, 0.9))


def _lag(z: Image, quiet: Mask, down: int, right: int) -> float:
    """Mean product of the noise with itself, moved."""
    moved = np.roll(z, (down, right), axis=(-2, -1))
    both = quiet & np.roll(quiet, (down, right), axis=(-2, -1))
    return float((z * moved).mean(axis=1)[both].mean()) if both.any() else 0.0


def looks(stack: Stack, ground_of: Sequence[Ground | None]) -> list[Look | None]:
    """Each pass as a Look; None where there is nothing to compare it with."""
    return [_look(item, ground, stack) for item, ground in zip(stack.passes, ground_of, strict=True)]


def _look(item: Prepared, ground: Ground | None, stack: Stack) -> Look | None:
    if ground is None:
        return None
    levelled = level(item.image, ground.baseline, stack.apron_index >= 0, item.visible, stack.resolution)
    sun = (item.scene.sun_azimuth, item.scene.sun_elevation)
    loudness = _loudness(levelled, ground.baseline, item.visible & (stack.apron_index >= 0))
    noise = Noise(ground.correlation, ground.inflation, ground.coherence, loudness)
    return look_at(levelled, ground.baseline, item.visible, noise, stack.bands, sun)


def level(image: Image, baseline: Baseline, aprons: Mask, visible: Mask, pixel_m: float) -> Image:
    """The image without what changed over more than 210 m of apron: wetness, haze, sun and view.

    Pixels far off the baseline (an aircraft) do not count towards that level.
    """
    residual = image - baseline.median
    size = max(3, round(LEVEL_BOX_M / pixel_m) | 1)
    known = visible & np.isfinite(residual).all(axis=0) & aprons
    if not known.any():
        return image
    middle = np.median(residual[:, known], axis=1)
    quiet = known & (np.abs(residual - middle[:, None, None]) < 4 * baseline.spread + 0.02).all(axis=0)
    share = ndimage.uniform_filter(quiet.astype(np.float32), size, mode="nearest")
    levels = [
        (ndimage.uniform_filter(np.where(quiet, band, 0.0), size, mode="nearest") + 0.02 * fallback) / (share + 0.02)
        for band, fallback in zip(residual, middle, strict=True)
    ]
    return (image - np.stack(levels)).astype(np.float32)


def _loudness(image: Image, baseline: Baseline, where: Mask) -> float:
    """How much noisier this pass is than the spread says, as a factor on variance, never below one."""
    if where.sum() < 30:
        return 1.0
    z = ((image - baseline.median) / baseline.spread)[:, where]
    spread = 1.4826 * float(np.nanmedian(np.abs(z - np.nanmedian(z, axis=1, keepdims=True))))
    return float(np.clip(spread**2, 1.0, 25.0))
