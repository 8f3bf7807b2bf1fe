"""EMNIST's digits (Cohen et al. 2017), from the IDX files that torchvision's `EMNIST` downloads."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.idx import idx_array
from handwriting_ai.data.mnist import DigitImages
from handwriting_ai.data.packed import read_unpacked
from handwriting_ai.errors import DataCorrupt, DataMissing
from handwriting_ai.prediction import N_CLASSES
from handwriting_ai.preprocess import IMAGE_SIDE

FETCH_COMMAND: Final = "handwriting-ai data fetch emnist"
_IMAGES: Final = "emnist-digits-train-images-idx3-ubyte"
_LABELS: Final = "emnist-digits-train-labels-idx1-ubyte"
EMNIST_DIGITS: Final = 240_000
"""In the training part of the split `digits`."""


def load_emnist_digits(folder: Path | None) -> DigitImages:
    """The training part of the split `digits`: 240,000 pictures, the right way up.

    Args:
        folder: torchvision's root, which holds `EMNIST/raw`, or None if no folder was named.

    Raises:
        DataMissing: no folder was named, or a file is not there; the message has the command that gets it.
        DataUnreadable: the system refuses a file.
        DataCorrupt: a file is damaged or holds something else.
    """
    images_path, labels_path = emnist_paths(folder)
    advice = f"Delete it and run `{FETCH_COMMAND}`."
    try:
        pictures = idx_array(images_path, read_unpacked(images_path), dimensions=3)
        labels = idx_array(labels_path, read_unpacked(labels_path), dimensions=1).astype(np.int64)
    except DataCorrupt as error:
        raise DataCorrupt(f"{error} {advice}") from error
    images: NDArray[np.uint8] = pictures.transpose(0, 2, 1)  # the files hold each picture column by column
    values: list[int] = labels.tolist()
    largest = max(values, default=0)
    if images.shape != (labels.size, IMAGE_SIDE, IMAGE_SIDE) or largest >= N_CLASSES:
        raise DataCorrupt(
            f"{images_path.parent} does not hold EMNIST's digits: pictures {images.shape}, {labels.size} labels up to "
            f"{largest}. {advice}"
        )
    return DigitImages(images=np.ascontiguousarray(images), labels=labels)


def emnist_paths(folder: Path | None) -> tuple[Path, Path]:
    """The files of pictures and of labels, plain or gzipped.

    Raises:
        DataMissing: no folder was named, or a file is not there; the message has the command that gets it.
    """
    if folder is None:
        raise DataMissing(f"EMNIST is needed. Set TRAINING__EMNIST_DIR to a folder, then run `{FETCH_COMMAND}`.")
    raw = folder / "EMNIST" / "raw"
    return _present(raw / _IMAGES), _present(raw / _LABELS)


def _present(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    for candidate in (path, packed):
        if candidate.is_file():
            return candidate
    raise DataMissing(
        f"EMNIST's {path.name} is not in {path.parent}. Get it with `{FETCH_COMMAND}`, or set TRAINING__EMNIST_DIR."
    )
