"""Every pass against the empty apron of its own orbit and season."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from imagery_watch.change.baseline import (
    FEW_LOOKS,
    baseline_of,
    empty_weights,
    nan_median,
    pavement_colour,
    temporal_noise,
    without_look,
)
from imagery_watch.change.noise import Noise, loudness, measured, quiet
from imagery_watch.change.prepare import UNREGISTERED_ERROR_PX, Prepared, Stack
from imagery_watch.change.screen import Look, look_at
from imagery_watch.model import Baseline

MIN_SAME_ORBIT = 6
"""Looks of one orbit that make a baseline of their own; with fewer, all orbits are taken together."""
BUCKET = timedelta(days=30)
SEASON = timedelta(days=60)
LEVEL_BOX_M = 210.0
USUAL_CHANGE = 0.015
"""Reflectance by which empty apron differs from pass to pass, before anything is known of this one (science: 1-3 %)."""

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """The empty apron for some passes, and the noise around it."""

    baseline: Baseline
    noise: Noise
    own_orbit: bool
    history: "History | None" = field(default=None, repr=False)
    """What it was learnt from; not kept once the looks are compared."""


@dataclass(frozen=True)
class History:
    """The looks behind a ground."""

    ids: tuple[str, ...]
    images: Image
    """(time, band, y, x)"""
    weights: NDArray[np.float32]
    """(time, y, x): as `baseline.empty_weights` gives them, times the season's."""
    noise: NDArray[np.float32]
    """(band,)"""
    error_px: float

    def baseline_for(self, acquisition_id: str, baseline: Baseline) -> Baseline:
        """The baseline without what one pass itself contributed to it."""
        if acquisition_id not in self.ids or len(self.ids) < FEW_LOOKS:
            return baseline
        index = self.ids.index(acquisition_id)
        return without_look(baseline, index, self.images, self.weights, self.noise, self.error_px)


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
    return _ground_of(chosen, middle, stack, len(own) >= MIN_SAME_ORBIT)


def _ground_of(chosen: Sequence[Prepared], middle: datetime, stack: Stack, own_orbit: bool) -> Ground:
    aprons = stack.apron_index >= 0
    images = _alike([item.image for item in chosen], aprons, stack.resolution)
    noise = temporal_noise(images, aprons)
    pavement = pavement_colour(images, aprons, stack.resolution)
    weights = empty_weights(images, pavement, noise, aprons) * _season_weights(chosen, middle)[:, None, None]
    error_px = _typical_error(chosen)
    baseline = baseline_of(images, weights, noise, error_px)
    ids = tuple(item.scene.acquisition_id for item in chosen)
    history = History(ids, images, weights, noise, error_px)
    return Ground(baseline, _noise(images, baseline, aprons), own_orbit, history)


def _season_weights(chosen: Sequence[Prepared], middle: datetime) -> NDArray[np.float32]:
    """(time,): near looks count for more, as grass, light and the shadows of buildings change over the seasons."""
    apart = np.array([(item.datetime - middle) / SEASON for item in chosen])
    nearest = np.abs(apart).min()
    return np.exp(-0.5 * (apart**2 - nearest**2)).astype(np.float32)


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


def _noise(images: Image, baseline: Baseline, aprons: Mask) -> Noise:
    """Of what is left on empty aprons."""
    z = (images - baseline.median) / baseline.spread
    return measured(z, np.stack([quiet(one, aprons) for one in z]))


def looks(stack: Stack, ground_of: Sequence[Ground | None]) -> list[Look | None]:
    """Each pass as a Look; None where there is nothing to compare it with."""
    return [_look(item, ground, stack) for item, ground in zip(stack.passes, ground_of, strict=True)]


def _look(item: Prepared, ground: Ground | None, stack: Stack) -> Look | None:
    if ground is None:
        return None
    levelled = level(item.image, ground.baseline, stack.apron_index >= 0, item.visible, stack.resolution)
    sun = (item.scene.sun_azimuth, item.scene.sun_elevation)
    z = (levelled - ground.baseline.median) / ground.baseline.spread
    noise = ground.noise.louder(loudness(ground.noise, z, quiet(z, item.visible & (stack.apron_index >= 0))))
    aprons = stack.apron_index >= 0
    return look_at(levelled, _own_baseline(item, ground), item.visible, noise, stack.bands, sun, aprons)


def _own_baseline(item: Prepared, ground: Ground) -> Baseline:
    if ground.history is None:
        return ground.baseline
    return ground.history.baseline_for(item.scene.acquisition_id, ground.baseline)


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
