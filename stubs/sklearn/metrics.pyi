"""The part of scikit-learn's metrics that the tests compare with; the package has no `py.typed`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def brier_score_loss(
    y_true: NDArray[np.int64], y_proba: NDArray[np.float64], *, labels: Sequence[int], scale_by_half: bool
) -> float: ...
def confusion_matrix(
    y_true: NDArray[np.int64], y_pred: NDArray[np.int64], *, labels: Sequence[int]
) -> NDArray[np.int64]: ...
def log_loss(y_true: NDArray[np.int64], y_proba: NDArray[np.float64], *, labels: Sequence[int]) -> float: ...
def roc_auc_score(y_true: NDArray[np.bool_], y_score: NDArray[np.float64]) -> float: ...
