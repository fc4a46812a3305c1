"""What the counts of Sentinel-2 Level-2A mean.

Source: Sentinel-2 Products Specification Document (counts, BOA_ADD_OFFSET since processing baseline 04.00).
"""

import numpy as np
from numpy.typing import NDArray

from imagery_watch.model import Pixels

QUANTIFICATION = 10_000.0
"""Counts per unit of reflectance (QUANTIFICATION_VALUE of the product specification)."""

BOA_ADD_OFFSET = -0.1
"""Reflectance added to count/10000 since processing baseline 04.00 (25 January 2022)."""

FIRST_BASELINE_WITH_OFFSET = "04.00"

GARBLED_REFLECTANCE, GARBLED_SHARE = 2.2, 0.2
"""Reflectance beyond which a count is garbled, and the share of such counts from which a band is refused."""


def to_reflectance(counts: Pixels, offset: float) -> NDArray[np.float32]:
    """Reflectance of counts, any shape; NaN where the count is 0 (no data, by the product specification)."""
    reflectance = counts.astype(np.float32)
    reflectance /= np.float32(QUANTIFICATION)
    reflectance += np.float32(offset)
    np.copyto(reflectance, np.float32(np.nan), where=counts <= 0)
    return reflectance


def implausible_counts(counts: Pixels) -> str:
    """Why these counts cannot be reflectance, or an empty string.

    A reflectance beyond 2 is rare even on snow and cloud; a fifth of a chip beyond it means wrapped or garbled
    counts (Earth Search issue 78: counts of 64000-65000 in all bands).
    """
    beyond = np.count_nonzero(counts > GARBLED_REFLECTANCE * QUANTIFICATION)
    if not beyond:
        return ""
    share = beyond / np.count_nonzero(counts > 0)
    garbled = share > GARBLED_SHARE
    return f"{share:.0%} of the counts lie beyond reflectance 2.2 (garbled or wrapped counts)" if garbled else ""
