"""The small networks: numpy computes what torch does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scripts.small_network import write_halves

from handwriting_ai.architectures.pages import Block, CutNetwork, JudgeNetwork
from handwriting_ai.preprocess import FULL_INK
from handwriting_ai.segmentation.cut_network import ROWS, load_cut_network
from handwriting_ai.segmentation.judge import load_judge
from handwriting_ai.segmentation.layers import Floats


def _unsettled(blocks: list[Block]) -> None:
    """Statistics of the normalisation that are not those of a fresh network."""
    for block in blocks:
        torch.nn.init.uniform_(block.norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(block.norm.bias, -0.5, 0.5)


@pytest.mark.parametrize("columns", [16, 61])
def test_meetings_are_what_torch_computes(columns: int, tmp_path: Path) -> None:
    """Also where the width is no multiple of eight."""
    torch.manual_seed(1)
    network = CutNetwork().eval()
    _unsettled(network.blocks)
    write_halves(network.stored(), tmp_path / "cuts.npz")
    ink: Floats = np.random.default_rng(0).uniform(0, 1, (ROWS, columns)).astype(np.float32)
    padded: Floats = np.pad(ink, ((0, 0), (0, -columns % 8)))
    with torch.no_grad():
        expected = torch.sigmoid(network(torch.from_numpy(padded)[None, None]))[0, 0, :, :columns]
    found = load_cut_network(tmp_path / "cuts.npz").meetings(ink)
    assert torch.allclose(torch.from_numpy(found), expected, atol=5e-3)


def test_judgements_are_what_torch_computes(tmp_path: Path) -> None:
    """Log-probabilities of eleven classes."""
    torch.manual_seed(1)
    network = JudgeNetwork().eval()
    _unsettled(network.blocks)
    write_halves(network.stored(), tmp_path / "judge.npz")
    pictures: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 255, (3, 28, 28)).astype(np.uint8)
    with torch.no_grad():
        logits = network(torch.from_numpy(pictures)[:, None].float() / FULL_INK)
    found = load_judge(tmp_path / "judge.npz").log_probs(pictures)
    assert torch.allclose(torch.from_numpy(found).float(), torch.log_softmax(logits, 1), atol=2e-2)
