"""MNIST for many processes: the project's own files are unpacked and checked once in a run of the tests."""

import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tests.replacing import replace

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data import mnist

FOLDER_VARIABLE: Final = "UNPACKED_MNIST"
"""Names the folder where the arrays lie, also for the processes that tests start."""
_OWN: Final = PROJECT_ROOT / "data" / "mnist"
_read = mnist._read


def unpack_mnist(folder: Path) -> None:
    """Put the arrays there."""
    for name in mnist.FILES:
        np.save(folder / f"{name}.npy", _read(_OWN, name, dimensions=3 if "idx3" in name else 1))


def share_mnist() -> None:
    """Have this process take the project's own MNIST from there, if there is any; other folders are read as ever."""
    replace(mnist, "_read", _shared)


def _shared(folder: Path, name: str, *, dimensions: int) -> "NDArray[np.uint8]":
    if folder != _OWN or FOLDER_VARIABLE not in os.environ:
        return _read(folder, name, dimensions=dimensions)
    mapped: NDArray[np.uint8] = np.load(Path(os.environ[FOLDER_VARIABLE]) / f"{name}.npy", mmap_mode="r")
    values: NDArray[np.uint8] = np.asarray(mapped)
    return values
