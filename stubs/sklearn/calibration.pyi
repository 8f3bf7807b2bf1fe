"""The part of scikit-learn's calibration that the tests compare with."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

def calibration_curve(
    y_true: NDArray[np.bool_], y_prob: NDArray[np.float64], *, n_bins: int, strategy: Literal["uniform"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
