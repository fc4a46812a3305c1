"""What the sources must know of a sensor; they are given one, and know none by name."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model.detector import DetectorModel, Quantity
from imagery_watch.model.item import BandAsset, ItemFacts
from imagery_watch.model.raster import Expected, Pixels


class Sensor(Protocol):
    """One mission's imagery: how its items are read, and what its numbers mean."""

    @property
    def name(self) -> str:
        """The mission, as in the files: `sentinel-2`."""

    @property
    def collection(self) -> str:
        """What STAC APIs call its collection."""

    @property
    def bands(self) -> Mapping[str, int]:
        """Central wavelength in nanometres of each band that may be read, in the order of a Scene's data."""

    @property
    def quantity(self) -> Quantity:
        """What `to_physical` gives."""

    @property
    def band_raster(self) -> Expected:
        """What the raster of a band must be."""

    @property
    def class_raster(self) -> Expected:
        """What the raster of a scene classification must be."""

    @property
    def repeat_cycle(self) -> timedelta:
        """After which a satellite flies over the same ground track again."""

    @property
    def detector(self) -> DetectorModel:
        """What the change stage must know."""

    def facts_of(
        self, item_id: str, when: datetime, properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]
    ) -> ItemFacts:
        """Everything that is ever asked of an item's words, its time being `when`; raises whatever they break on.

        `assets` are the item's as JSON, their hrefs absolute.
        """

    def to_physical(self, pixels: Pixels, asset: BandAsset) -> NDArray[np.float32]:
        """The quantity of a band's pixels, any shape, NaN where there is no data."""

    def implausible(self, pixels: Pixels) -> str:
        """Why a band's pixels cannot be what they should be, or an empty string."""
