"""How a network is read from a file and run."""

import numpy as np
from numpy.typing import NDArray

class Net:
    def setInput(self, blob: NDArray[np.float32]) -> None: ...
    def forward(self) -> NDArray[np.float32]: ...

def readNetFromONNX(onnxFile: str) -> Net: ...
