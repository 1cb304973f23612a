"""Arrays by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
