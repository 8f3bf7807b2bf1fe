"""The part of ONNX Runtime that the benchmarks call; the package has no `py.typed`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

class SessionOptions:
    intra_op_num_threads: int

class InferenceSession:
    def __init__(self, path: str, sess_options: SessionOptions, providers: Sequence[str]) -> None: ...
    def run(self, output_names: None, inputs: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]: ...
