"""The script that trains the network that finds ink."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scripts import ink_network

from handwriting_ai.config import TrainingSettings
from handwriting_ai.data.paper.written import LearntDigits, load_learnt_digits


def _few_digits() -> LearntDigits:
    digits = load_learnt_digits(TrainingSettings())
    return LearntDigits(scans=digits.scans[:50], drawn=digits.drawn[:50], straight=digits.straight[:50])


def test_a_network_is_trained_and_read_by_opencv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two steps on a handful of pictures: OpenCV computes what torch does."""
    for name, value in (("SHARD", 6), ("BATCH", 8), ("FIRST_SHARDS", 1), ("SAID_EVERY", 1)):
        monkeypatch.setattr(ink_network, name, value)
    network = ink_network.train(_few_digits(), 3, 0, 1, tmp_path / "kept.pt")
    path = tmp_path / "ink.onnx"
    path.write_bytes(ink_network.onnx_of(network))
    net = cv2.dnn.readNetFromONNX(str(path))
    pictures = torch.randn(1, 1, 64, 96)
    blob: NDArray[np.float32] = pictures.numpy()
    net.setInput(blob)
    with torch.no_grad():
        expected: torch.Tensor = network(pictures)
    assert torch.allclose(torch.from_numpy(net.forward()), expected, atol=1e-4)
