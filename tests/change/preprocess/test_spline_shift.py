"""A spline that is found once moves an image as scipy does anew each time."""

import numpy as np
import pytest
from scipy import ndimage

from imagery_watch.change.preprocess.spline_shift import find_spline


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.37, -0.81), (-3.25, 5.5), (8.4, -7.9), (-2.0, 0.01)])
@pytest.mark.parametrize("shape", [(40, 31), (7, 90)])
def test_it_is_what_scipy_makes_of_it(shift: tuple[float, float], shape: tuple[int, int]) -> None:
    image = np.random.default_rng(5).normal(0.3, 0.1, shape).astype(np.float32)
    plain = ndimage.shift(image, shift, order=3, mode="nearest")
    np.testing.assert_allclose(find_spline(image, 9.0).move(*shift), plain, atol=2e-6)
