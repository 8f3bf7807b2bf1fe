"""Downloads MNIST, which an installed package does not bring."""

import gzip
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.error import URLError

import torch

from handwriting_ai.data.mnist import FILES, Part, load_mnist
from handwriting_ai.errors import DataError, DataMissing
from handwriting_ai.support.files import write_atomically

MIRRORS: Final = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""PyTorch's copy and TensorFlow's."""


def fetch_mnist(folder: Path, mirrors: Sequence[str] = MIRRORS) -> bool:
    """Download MNIST's four files (12 MB) into a folder, unless they are there; returns whether any was missing.

    Raises:
        DataMissing: no mirror has them, or what came is not MNIST's; what was there stays.
        OSError: the folder cannot be written.
    """
    if _is_whole(folder):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for name, md5 in FILES.items():
        write_atomically(folder / f"{name}.gz", _download(f"{name}.gz", md5, mirrors))
    return True


def _is_whole(folder: Path) -> bool:
    try:
        return all(len(load_mnist(folder, part)) > 0 for part in Part)
    except DataError:
        return False


def _download(name: str, md5: str, mirrors: Sequence[str]) -> bytes:
    download: Callable[[str, str], None] = torch.hub.download_url_to_file  # with a bar
    reasons: list[str] = []
    for mirror in mirrors:
        with TemporaryDirectory() as passing:
            path = Path(passing) / name
            try:
                download(f"{mirror}{name}", str(path))
                content = path.read_bytes()
                found = hashlib.md5(gzip.decompress(content), usedforsecurity=False).hexdigest()
            except (URLError, TimeoutError, ConnectionError, EOFError, gzip.BadGzipFile) as error:
                reasons.append(f"{mirror}: {error}")
                continue
        if found == md5:
            return content
        reasons.append(f"{mirror}: its MD5 is {found}, expected {md5}")
    raise DataMissing(
        f"MNIST's {name} could not be downloaded ({'; '.join(reasons)}). Try again, or put the four files where "
        "TRAINING__DATA_DIR says by hand."
    )
