"""Loading what torch has saved, without running anything that is in it."""

import io
import pickle
import re
import struct
import warnings
from typing import Final

import torch

_DAMAGE: Final = (
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
"""What torch raises for a file that is not what it wrote; all else, as the queue's alarm, says nothing of the file."""
_NOT_ALLOWED: Final = re.compile(r"GLOBAL ([\w.]+) was not an allowed global")


def load_tensors(data: bytes) -> object:
    """Tensors and plain values, as `torch.save` wrote them, on the processor.

    Raises:
        ValueError: it holds more, or is damaged. Torch's own words, which advise to run what is in it, are left out.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of foreign pickles, to whom nothing is wrong with them
            loaded: object = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        foreign = _NOT_ALLOWED.search(str(error))
        if foreign is None:
            raise ValueError("it is cut off, altered, or was not written by torch.save") from error
        raise ValueError(
            f"it holds {foreign[1]} beside tensors, and loading that could run code of whoever wrote the file: save "
            "the state dict alone"
        ) from error
    return loaded
