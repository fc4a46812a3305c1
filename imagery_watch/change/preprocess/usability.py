"""Which passes can be compared at all, judged before any of them is moved: by their bands, classes and light.

See docs/method.md, section 3.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from imagery_watch.change.preprocess.cloud_mask import measure_snow_fraction
from imagery_watch.model import Areas, DetectorModel, Scene, finite_in_all_bands
from imagery_watch.model.arrays import Mask
from imagery_watch.reasons import Reason, ReasonCode

MAX_SNOW, SOME_SNOW = 0.3, 0.02
"""Shares of the ring called snow: above the first a pass says nothing, above the second snow lies about.

More than a few stray pixels, which classes call snow on white roofs as well.
"""
MIN_CLEAR_RING = 0.15
"""Share of the seen ring that must be clear for a pass to be registered and normalised on it."""
OVERCAST_RISE = 0.12
"""Rise of the whole image's median blue reflectance that haze and season do not make: twice that of a clouded disc."""


def split_by_bands(
    scenes: Sequence[Scene], detector: DetectorModel
) -> tuple[tuple[str, ...], list[Scene], list[tuple[Scene, Reason]]]:
    """The bands to compare in, the scenes that have them (cut to these, by name), and the others with the reason."""
    clouded = [scene for scene in scenes if not scene.bands]
    blind = [scene for scene in scenes if scene.bands and not _has_visible_band(scene, detector)]
    sighted = [scene for scene in scenes if _has_visible_band(scene, detector)]
    bands = choose_bands(sighted, detector)
    same = [select_bands(scene, bands) for scene in sighted if set(bands) <= set(scene.bands)]
    told = [(scene, ReasonCode.CLOUDED.because()) for scene in clouded]
    told += [(scene, ReasonCode.NO_VISIBLE_BAND.because(bands=", ".join(scene.bands))) for scene in blind]
    lacking = [(scene, sorted(set(bands) - set(scene.bands))) for scene in sighted]
    told += [(scene, ReasonCode.BANDS_DIFFER.because(bands=", ".join(names))) for scene, names in lacking if names]
    return bands, same, told


def _has_visible_band(scene: Scene, detector: DetectorModel) -> bool:
    return any(detector.is_visible(band) for band in scene.bands)


def choose_bands(scenes: Sequence[Scene], detector: DetectorModel) -> tuple[str, ...]:
    """The set of bands that most passes have, from blue to infrared; of equally frequent ones, the larger."""
    ordered = [tuple(sorted(scene.bands, key=lambda band: detector.wavelengths_nm.get(band, 0))) for scene in scenes]
    counts = Counter(ordered)
    return max(counts, key=lambda bands: (counts[bands], len(bands), bands)) if counts else ()


def select_bands(scene: Scene, bands: tuple[str, ...]) -> Scene:
    """The scene with these bands alone, in this order; the scene itself where it has just them."""
    if scene.bands == bands:
        return scene
    picked = scene.data[[scene.bands.index(band) for band in bands]]
    return replace(scene, bands=bands, data=picked, valid=finite_in_all_bands(picked))


def note_missing_infrared(scene: Scene, detector: DetectorModel) -> Scene:
    """The scene, with a note where its named bands are all visible: shadow is then judged by the reddest of them."""
    if not detector.lacks_infrared(scene.bands):
        return scene
    band = scene.bands[detector.longest_band(scene.bands)]
    return replace(scene, notes=(*scene.notes, ReasonCode.NO_INFRARED.because(band=band)))


def find_unusable(
    scenes: Sequence[Scene],
    clear: Mapping[str, Mask],
    areas: Areas,
    detector: DetectorModel,
    darkest: float | None = None,
) -> dict[str, Reason]:
    """Why nothing can be judged in a pass, by its acquisition id; `clear` is the clear ring of each, (y, x).

    `darkest` is the level of the shortest band in the darkest pass, where that is none of the scenes.
    """
    if darkest is None:
        darkest = min((measure_blue(scene, detector) for scene in scenes), default=0.0)
    told = {}
    for scene in scenes:
        veiled = scene.scl is None and measure_blue(scene, detector) > darkest + OVERCAST_RISE
        reason = _why_useless(scene, clear[scene.acquisition_id], areas)
        # a pass without classes is judged by its light: no ground is so much brighter in blue than on another day
        if reason or veiled:
            told[scene.acquisition_id] = reason or ReasonCode.OVERCAST.because()
    return told


def _why_useless(scene: Scene, clear: Mask, areas: Areas) -> Reason | None:
    if not (scene.valid & areas.aprons).any():
        return ReasonCode.NO_IMAGERY.because()
    seen = scene.valid & areas.ring
    if _snow_share(scene, areas) > MAX_SNOW:
        return ReasonCode.SNOW.because()
    if scene.scl is not None and seen.any() and clear.sum() < MIN_CLEAR_RING * seen.sum():
        return ReasonCode.CLOUDED.because()
    return None


def lies_under_snow(scene: Scene, areas: Areas) -> bool:
    """Whether snow lies about: more than a few stray pixels of the ring are called so."""
    return _snow_share(scene, areas) > SOME_SNOW


def _snow_share(scene: Scene, areas: Areas) -> float:
    return measure_snow_fraction(scene.scl, scene.valid & areas.ring)


def measure_blue(scene: Scene, detector: DetectorModel) -> float:
    """Median of the band of shortest wavelength, infinite where nothing is valid."""
    blue = scene.data[detector.shortest_band(scene.bands)]
    return float(np.median(blue[scene.valid])) if scene.valid.any() else np.inf
