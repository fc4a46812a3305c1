"""Names for arrays: what they hold. Their shapes stand in the docstrings of what takes and gives them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Single precision numbers of any shape."""
Image = NDArray[np.float32]
"""(band, y, x) or (y, x): a quantity on pixels; NaN where it is not known."""
ImageStack = NDArray[np.float32]
"""(time, band, y, x): images of several passes."""
Mask = NDArray[np.bool_]
"""(y, x): where something holds."""
Doubles = NDArray[np.float64]
"""Double precision numbers, where sums are ill conditioned."""
