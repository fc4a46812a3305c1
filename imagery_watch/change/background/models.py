"""The background model of every pass: the empty apron of its own orbit and season, and the noise around it.

See docs/method.md, section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from imagery_watch.change.background.estimator import (
    estimate_background,
    estimate_pavement_colour,
    estimate_temporal_noise,
    leave_look_out,
    weigh_empty_looks,
)
from imagery_watch.change.background.large_scale import remove_large_scale_residual
from imagery_watch.change.background.noise import NoiseModel, measure_noise, source_free_mask
from imagery_watch.change.preprocess.stack import UNREGISTERED_ERROR_PX, PreparedPass, Stack
from imagery_watch.change.robust import nan_median
from imagery_watch.model import Background
from imagery_watch.model.arrays import Floats, Image, ImageStack, Mask
from imagery_watch.model.change import FEW_LOOKS

BUCKET = timedelta(days=30)
"""Passes of one bucket share a background, so that its window does not move with each pass: a new pass changes only the
models of the buckets whose window it lies in.
"""
SEASON_SIGMA = timedelta(days=60)
"""One sigma of the weight of looks by their distance in time from the bucket's middle."""
PRIOR_SPREAD = 0.015
"""Reflectance by which empty apron differs from pass to pass, before anything is known of this one."""
REGISTRATION_ERROR_RANGE_PX = (0.05, 1.0)
"""Bounds of the registration error that a background allows for at the ground's own edges."""


@dataclass(frozen=True)
class BackgroundModel:
    """The empty apron for some passes, and the noise around it."""

    background: Background
    noise: NoiseModel
    own_orbit: bool
    """Whether it was learnt from passes of one relative orbit alone."""


@dataclass(frozen=True)
class BackgroundHistory:
    """The looks that a background model was learnt from; needed only while passes are compared with it."""

    ids: tuple[str, ...]
    images: ImageStack = field(repr=False)
    """(time, band, y, x): reflectance, each look at the level of their median."""
    weights: Floats = field(repr=False)
    """(time, y, x): as `weigh_empty_looks` gives them, times the season's."""
    noise: Floats
    """(band,): one-sigma reflectance of one look."""
    registration_error_px: float

    def leave_out(self, acquisition_id: str, background: Background) -> Background:
        """The background without what one pass itself contributed to it; the same with few looks."""
        if acquisition_id not in self.ids or len(self.ids) < FEW_LOOKS:
            return background
        index = self.ids.index(acquisition_id)
        return leave_look_out(background, index, self.images, self.weights, self.noise, self.registration_error_px)


@dataclass(frozen=True)
class LearntBackground:
    """A background model and what it was learnt from."""

    model: BackgroundModel
    history: BackgroundHistory

    def without(self, acquisition_id: str) -> Background:
        """The background that has not learnt from one pass: what is judged must not have been learnt from."""
        return self.history.leave_out(acquisition_id, self.model.background)


_Group = tuple[int | None, int]
"""Relative orbit and number of the bucket."""


def learn_backgrounds(stack: Stack, half_window: timedelta) -> list[LearntBackground | None]:
    """The background of each pass, in the stack's order; None where a pass stands alone.

    From the passes of its orbit within `half_window`, or of all orbits where those are few.
    """
    known: dict[_Group, LearntBackground | None] = {}
    for item in stack.passes:
        group = _group_of(item)
        if group not in known:
            known[group] = _learn_for(stack, *group, half_window)
    return [known[_group_of(item)] for item in stack.passes]


def learn_background(stack: Stack, index: int, half_window: timedelta) -> LearntBackground | None:
    """The background of one pass of the stack, as `learn_backgrounds` has it."""
    return _learn_for(stack, *_group_of(stack.passes[index]), half_window)


def _group_of(item: PreparedPass) -> _Group:
    return item.scene.relative_orbit, int(item.datetime.timestamp() // BUCKET.total_seconds())


def _learn_for(stack: Stack, orbit: int | None, bucket: int, half_window: timedelta) -> LearntBackground | None:
    middle = datetime.fromtimestamp((bucket + 0.5) * BUCKET.total_seconds(), UTC)
    near = [item for item in stack.passes if abs(item.datetime - middle) <= half_window + BUCKET / 2]
    own = [item for item in near if item.scene.relative_orbit == orbit]
    own_orbit = len(own) >= FEW_LOOKS
    chosen = own if own_orbit else near
    return _learn_from(chosen, middle, stack, own_orbit=own_orbit) if len(chosen) >= 2 else None


def _learn_from(chosen: Sequence[PreparedPass], middle: datetime, stack: Stack, *, own_orbit: bool) -> LearntBackground:
    aprons = stack.apron_index >= 0
    images = level_all([item.image for item in chosen], aprons, stack.resolution)
    noise = estimate_temporal_noise(images, aprons, stack.detector.min_noise)
    pavement = estimate_pavement_colour(images, aprons, stack.resolution)
    weights = weigh_empty_looks(images, pavement, noise, aprons) * _weigh_by_season(chosen, middle)[:, None, None]
    error_px = _typical_registration_error(chosen)
    background = estimate_background(images, weights, noise, error_px)
    ids = tuple(item.scene.acquisition_id for item in chosen)
    history = BackgroundHistory(ids, images, weights, noise, error_px)
    model = BackgroundModel(background, _measure_noise_of(images, background, aprons), own_orbit)
    return LearntBackground(model, history)


def _weigh_by_season(chosen: Sequence[PreparedPass], middle: datetime) -> Floats:
    """(time,): near looks count for more, as grass, light and the shadows of buildings change over the seasons."""
    apart = np.array([(item.datetime - middle) / SEASON_SIGMA for item in chosen])
    nearest = np.abs(apart).min()
    return np.exp(-0.5 * (apart**2 - nearest**2)).astype(np.float32)


def level_all(images: Sequence[Image], aprons: Mask, pixel_m: float) -> ImageStack:
    """(time, band, y, x): the images, each at the level of their median, as every look is when it is judged.

    Without this the wetness and light of a whole apron would count as noise of each of its pixels.
    """
    usual = nan_median(np.stack(images))
    reference = Background(usual, np.full(usual.shape, PRIOR_SPREAD, np.float32), np.zeros(aprons.shape, np.int16))
    return np.stack(
        [remove_large_scale_residual(one, reference, aprons, np.isfinite(one[0]), pixel_m) for one in images]
    )


def _typical_registration_error(chosen: Sequence[PreparedPass]) -> float:
    errors = [c.registration.error_px if c.registration.ok else UNREGISTERED_ERROR_PX for c in chosen]
    return float(np.clip(np.median(errors), *REGISTRATION_ERROR_RANGE_PX))


def _measure_noise_of(images: ImageStack, background: Background, aprons: Mask) -> NoiseModel:
    """Of what is left on empty aprons."""
    z = (images - background.median) / background.spread
    return measure_noise(z, np.stack([source_free_mask(one, aprons) for one in z]))
