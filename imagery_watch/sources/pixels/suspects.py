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


def find_suspects(scenes: Sequence[Scene]) -> dict[str, PassRefused]:
    """Why a pass is not to be believed, by acquisition id: a band of one value, two bands or two passes with one band.

    No two looks of a sensor are alike to the last bit. Which of two passes with the same bytes has them from the other
    cannot be told, so neither is used.
    """
    suspects: dict[str, PassRefused] = {}
    owners = defaultdict[str, list[tuple[Scene, str]]](list)
    for scene in scenes:
        for band, image in zip(scene.bands, scene.data, strict=True):
            seen = image[np.isfinite(image)]
            if seen.size < FEWEST_PX:
                continue
            if (seen == seen[0]).all():
                suspects[scene.acquisition_id] = PassRefused(ReasonCode.BAND_CONSTANT.because(band=band))
            else:
                owners[_digest(image)].append((scene, band))
        if _is_picture(scene):
            what = "no count of any band is above 255: a picture of 8 bits, not reflectance"
            suspects[scene.acquisition_id] = PassRefused(
                ReasonCode.COUNTS_IMPLAUSIBLE.because(band="every band", item=scene.item_ids[0], what=what)
            )
    for alike in owners.values():
        if len(alike) > 1:
            for name, error in _blame(alike).items():
                suspects.setdefault(name, error)
    return suspects


def digest_bands(scene: Scene) -> tuple[str, ...]:
    """A digest of each band that is seen enough of, by which another pass with the same bytes is known later."""
    return tuple(_digest(image) for image in scene.data if np.isfinite(image).sum() >= FEWEST_PX)


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
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()


def _is_picture(scene: Scene) -> bool:
    """Whether all that is seen is darker than any land in all bands: 8 bits of a picture, kept in more."""
    if scene.quantity != "reflectance" or not scene.bands or scene.valid.sum() < FEWEST_PX:
        return False
    return float(scene.data[:, scene.valid].max()) - scene.offset <= DARKEST_LAND


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
