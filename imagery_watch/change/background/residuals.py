"""Every pass less its background: the residual image, in which objects are looked for (docs/method.md, section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from imagery_watch.change.background.large_scale import remove_large_scale_residual
from imagery_watch.change.background.models import LearntBackground
from imagery_watch.change.background.noise import NoiseModel, measure_variance_scale, source_free_mask
from imagery_watch.change.kept import Kept
from imagery_watch.change.preprocess.stack import PreparedPass, Stack
from imagery_watch.model import Background, DetectorModel
from imagery_watch.model.arrays import Floats, Image, Mask

MAX_BUILDING_M = 25.0
"""Height of a hangar or a terminal, at most."""
MAX_KEPT_CUTOUTS = 32
"""Cut-outs of one pass that are kept, at some 55 kB each; it changes the running time alone."""
MIN_SUN_DEG = 5.0
"""Shadows are computed for no lower sun: their lengths would be without bound."""


@dataclass(frozen=True, eq=False)
class ResidualImage:
    """One pass over the aprons' window, compared with the empty apron."""

    residual: Image = field(repr=False)
    """(band, y, x): reflectance less the empty apron's; 0 where hidden."""
    ground: Image = field(repr=False)
    """(band, y, x): reflectance of the empty apron."""
    precision: Floats = field(repr=False)
    """(band, band, y, x): inverse noise covariance, 0 where hidden."""
    spread: Image = field(repr=False)
    """(band, y, x): one-sigma noise, infinite where hidden."""
    noise: NoiseModel
    bands: tuple[str, ...]
    sun_azimuth: float
    """Degrees clockwise from north."""
    sun_elevation: float
    """Degrees above the horizon."""
    beside_buildings: Mask = field(repr=False)
    """(y, x): where the shadow of what stands beside the aprons can fall."""
    detector: DetectorModel = field(repr=False)
    """What the detector knows of the sensor."""
    pixel_m: float
    kept: Kept[Any] = field(default_factory=lambda: Kept(MAX_KEPT_CUTOUTS), init=False, repr=False)
    """The cut-outs made of it last."""


def compute_residuals(stack: Stack, backgrounds: Sequence[LearntBackground | None]) -> list[ResidualImage | None]:
    """The residual image of each pass; None where there is nothing to compare it with."""
    pairs = zip(stack.passes, backgrounds, strict=True)
    return [None if learnt is None else compute_residual(item, learnt, stack) for item, learnt in pairs]


def compute_residual(item: PreparedPass, learnt: LearntBackground, stack: Stack) -> ResidualImage:
    """One pass, compared with what was learnt for it."""
    aprons, model = stack.apron_index >= 0, learnt.model
    levelled = remove_large_scale_residual(item.image, model.background, aprons, item.visible, stack.resolution)
    z = (levelled - model.background.median) / model.background.spread
    scale = measure_variance_scale(model.noise, z, source_free_mask(z, item.visible & aprons))
    return make_residual_image(
        levelled,
        learnt.without(item.scene.acquisition_id),
        item.visible,
        model.noise.with_variance_scale(scale),
        stack.bands,
        (item.scene.sun_azimuth, item.scene.sun_elevation),
        aprons,
        detector=stack.detector,
        pixel_m=stack.resolution,
    )


def make_residual_image(
    image: Image,
    background: Background,
    visible: Mask,
    noise: NoiseModel,
    bands: tuple[str, ...],
    sun: tuple[float, float],
    aprons: Mask,
    *,
    detector: DetectorModel,
    pixel_m: float,
) -> ResidualImage:
    """The pass `image` (band, y, x) less its background; `sun` is azimuth and elevation in degrees."""
    known = visible & np.isfinite(background.median).all(axis=0) & np.isfinite(image).all(axis=0)
    residual = np.where(known, image - background.median, 0.0).astype(np.float32)
    spread = np.where(known, background.spread, np.float32(np.inf)).astype(np.float32)
    ground = np.nan_to_num(background.median)
    return assemble_residual_image(
        residual, ground, spread, noise, bands, sun, aprons, detector=detector, pixel_m=pixel_m
    )


def assemble_residual_image(
    residual: Image,
    ground: Image,
    spread: Image,
    noise: NoiseModel,
    bands: tuple[str, ...],
    sun: tuple[float, float],
    aprons: Mask,
    *,
    detector: DetectorModel,
    pixel_m: float,
) -> ResidualImage:
    """The residual image of these parts, which are as its fields; `sun` is azimuth and elevation in degrees."""
    precision = noise.precision()[:, :, None, None] / (spread[:, None] * spread[None, :])
    return ResidualImage(
        residual=residual,
        ground=ground,
        precision=precision.astype(np.float32),
        spread=spread,
        noise=noise,
        bands=bands,
        sun_azimuth=sun[0],
        sun_elevation=sun[1],
        beside_buildings=_mask_building_shade(aprons, *sun, pixel_m),
        detector=detector,
        pixel_m=pixel_m,
    )


def _mask_building_shade(aprons: Mask, azimuth: float, elevation: float, pixel_m: float) -> Mask:
    """(y, x): pixels from which the way to the sun leaves the aprons within the shadow of a building."""
    outside, away = ~aprons, np.radians(azimuth + 180.0)
    beside = outside.copy()
    reach_m = MAX_BUILDING_M / np.tan(np.radians(max(elevation, MIN_SUN_DEG)))
    for step in range(1, int(reach_m / pixel_m) + 2):
        moved = (round(-np.cos(away) * step), round(np.sin(away) * step))
        beside |= ndimage.shift(outside, moved, order=0, cval=True)
    return beside
