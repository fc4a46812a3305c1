"""Medians in fewer steps are the medians of numpy."""

import numpy as np
import pytest

from imagery_watch.change.robust import median


@pytest.mark.parametrize("count", [1, 2, 7, 400, 401])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_median_is_numpys(count: int, kind: type) -> None:
    values = np.random.default_rng(count).normal(size=(3, count)).astype(kind)
    np.testing.assert_array_equal(median(values), np.median(values, axis=1))
