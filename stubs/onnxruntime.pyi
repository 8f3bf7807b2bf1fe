"""The part of ONNX Runtime that is called here; the package has no `py.typed`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

class SessionOptions:
    intra_op_num_threads: int

class ModelMetadata:
    @property
    def custom_metadata_map(self) -> dict[str, str]: ...

class InferenceSession:
    def __init__(
        self, path_or_bytes: str | bytes, sess_options: SessionOptions | None = None, providers: Sequence[str] = ()
    ) -> None: ...
    def get_modelmeta(self) -> ModelMetadata: ...
    def run(self, output_names: None, inputs: Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]: ...
