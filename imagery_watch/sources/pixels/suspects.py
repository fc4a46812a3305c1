"""Passes whose pixels cannot be a look of their own: one value throughout, or another's bytes."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from imagery_watch.errors import PassRefused
from imagery_watch.model import Scene
from imagery_watch.reasons import ReasonCode

FEWEST_PX = 400
"""Fewer pixels may be alike by chance, at the edge of a swath."""
DARKEST_LAND = 0.0256
"""Reflectance that counts of 8 bits would be, taken for the product's; clouds, roofs and vegetation are far beyond."""
SAME_PASS = timedelta(minutes=15)
"""Nearer in time, two looks with the same bytes are one pass under two names: the first of them is kept."""


class Suspects:
    """Passes that are not to be believed: a band of one value, two bands or two passes with one band.

    No two looks of a sensor are alike to the last bit. Which of two passes with the same bytes has them from the other
    cannot be told, so neither is used.
    """

    def __init__(self) -> None:
        self._alone: dict[str, PassRefused] = {}
        self._owners = defaultdict[str, list[tuple[Scene, str]]](list)

    def look_at(self, scene: Scene) -> None:
        """Takes one pass more into account: best as soon as it is there, while the next are waited for."""
        spans = [_find_span(image) for image in scene.data]
        for band, image, span in zip(scene.bands, scene.data, spans, strict=True):
            if span is None:
                continue
            if span[0] == span[1]:
                self._alone[scene.acquisition_id] = PassRefused(ReasonCode.BAND_CONSTANT.because(band=band))
            else:
                self._owners[_digest(image)].append((scene, band))
        if scene.quantity == "reflectance" and _is_picture(spans, scene.offset):
            what = "no count of any band is above 255: a picture of 8 bits, not reflectance"
            self._alone[scene.acquisition_id] = PassRefused(
                ReasonCode.COUNTS_IMPLAUSIBLE.because(band="every band", item=scene.item_ids[0], what=what)
            )

    def find(self) -> dict[str, PassRefused]:
        """Why each pass that was looked at is not to be believed, by acquisition id."""
        found = dict(self._alone)
        for alike in self._owners.values():
            if len(alike) > 1:
                for name, error in _blame(alike).items():
                    found.setdefault(name, error)
        return found


def digest_bands(scene: Scene) -> tuple[str, ...]:
    """A digest of each band that is seen enough of, by which another pass with the same bytes is known later."""
    return tuple(_digest(image) for image in scene.data if _is_seen(image))


def find_repeats(scenes: Sequence[Scene], known: Mapping[str, str]) -> dict[str, PassRefused]:
    """Why a pass is not to be believed that has a band of one judged earlier; `known` has pass ids by digest."""
    repeats: dict[str, PassRefused] = {}
    for scene in scenes:
        for band, digest in zip(scene.bands, digest_bands(scene), strict=False):
            if known.get(digest, scene.acquisition_id) != scene.acquisition_id:
                reason = ReasonCode.PASS_REPEATED.because(band=band, other=known[digest])
                repeats[scene.acquisition_id] = PassRefused(reason)
    return repeats


def _digest(image: NDArray[np.float32]) -> str:
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def _is_seen(image: NDArray[np.float32]) -> bool:
    return bool(np.count_nonzero(np.isfinite(image)) >= FEWEST_PX)


def _find_span(image: NDArray[np.float32]) -> tuple[float, float] | None:
    """The least and the largest value of a band; None where too little of it is seen."""
    if not _is_seen(image):
        return None
    return float(np.fmin.reduce(image, axis=None)), float(np.fmax.reduce(image, axis=None))


def _is_picture(spans: Sequence[tuple[float, float] | None], offset: float) -> bool:
    """Whether all that is seen is darker than any land in all bands: 8 bits of a picture, kept in more."""
    largest = [span[1] for span in spans if span is not None]
    return bool(largest) and max(largest) - offset <= DARKEST_LAND


def _blame(alike: Sequence[tuple[Scene, str]]) -> dict[str, PassRefused]:
    """Why each of the scenes with one and the same band is suspect."""
    blamed: dict[str, PassRefused] = {}
    first = min((scene for scene, _ in alike), key=lambda scene: (scene.datetime, scene.acquisition_id))
    for scene, band in alike:
        mine = [other for one, other in alike if one is scene and other != band]
        others = [one for one, _ in alike if one is not scene]
        if mine:
            blamed[scene.acquisition_id] = PassRefused(ReasonCode.BANDS_EQUAL.because(band=band, other=mine[0]))
        elif any(abs(one.datetime - scene.datetime) > SAME_PASS for one in others) or scene is not first:
            reason = ReasonCode.PASS_REPEATED.because(band=band, other=others[0].acquisition_id)
            blamed[scene.acquisition_id] = PassRefused(reason)
    return blamed
