"""Sentinel-2 as the sources are given it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import BandAsset, DetectorModel, Expected, ItemFacts, Pixels, Quantity
from imagery_watch.sensors.protocol import Sensor
from imagery_watch.sensors.sentinel2.counts import QUANTIFICATION, implausible_counts, to_reflectance
from imagery_watch.sensors.sentinel2.detector import DETECTOR
from imagery_watch.sensors.sentinel2.facts import NAME, facts_of

BAND = Expected(resolution_m=(9.9, 10.1), scale=1 / QUANTIFICATION)
"""The raster of a 10 m band."""
HIDING = (3, 8, 9, 10)
"""Cloud shadow, cloud of medium and high probability, and cirrus (Sentinel-2 Products Specification, scene classes)."""
CLASSES = Expected(resolution_m=(9.9, 60.1), nearest=True, hiding=HIDING)
"""The raster of the scene classification: 20 m, or 60 m, or resampled to 10 m."""


@dataclass(frozen=True)
class Sentinel2:
    """Level-2A of the Copernicus Sentinel-2 mission; its rasters may be expected otherwise, for trials."""

    band_raster: Expected = BAND
    class_raster: Expected = CLASSES
    name: str = NAME
    collection: str = "sentinel-2-l2a"
    """Earth Search's and most other catalogues' name for Level-2A."""
    quantity: Quantity = DETECTOR.quantity
    repeat_cycle: timedelta = timedelta(days=10)
    """143 orbits; the same for each of the satellites (ESA, Sentinel-2 User Handbook, 2015, section 1.4)."""
    detector: DetectorModel = DETECTOR

    @property
    def bands(self) -> Mapping[str, int]:
        """The 10 m bands, and `mono`: the one unnamed band of an item that has no other."""
        return self.detector.wavelengths_nm

    def facts_of(
        self, item_id: str, when: datetime, properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]
    ) -> ItemFacts:
        """See `facts.facts_of`."""
        return facts_of(item_id, when, properties, assets)

    def to_physical(self, pixels: Pixels, asset: BandAsset) -> NDArray[np.float32]:
        """Reflectance of counts."""
        return to_reflectance(pixels, asset.offset)

    def implausible(self, pixels: Pixels) -> str:
        """Why these counts cannot be reflectance, or an empty string."""
        return implausible_counts(pixels)


SENTINEL_2 = Sentinel2()
_: Sensor = SENTINEL_2
