"""Networks at work."""

import numpy as np
import torch
from numpy.typing import NDArray

from handwriting_ai.architectures import build_model, channels_last
from handwriting_ai.architectures.running import all_logits, as_input
from handwriting_ai.preprocess import FULL_INK, MNIST_MEAN, MNIST_STD
from handwriting_ai.support.randomness import seeded


def test_every_grey_level_is_normalised_as_in_training() -> None:
    """Bit for bit: the training normalises what it has augmented with torch."""
    levels: NDArray[np.uint8] = np.arange(FULL_INK + 1, dtype=np.uint8).reshape(4, 8, 8)
    expected = (torch.from_numpy(levels).unsqueeze(1) / FULL_INK - MNIST_MEAN) / MNIST_STD
    assert as_input(levels).dtype == torch.float32
    assert torch.equal(as_input(levels), expected)


def test_batches_of_any_size_give_the_same_logits() -> None:
    """Also where the last is smaller than the others."""
    images: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, size=(7, 28, 28), dtype=np.uint8)
    with seeded(0):
        network = channels_last(build_model("compact_narrow", 10).eval())
    cpu = torch.device("cpu")
    whole = all_logits(network, images, size=7, device=cpu)
    assert (whole.shape, whole.dtype, whole.requires_grad) == ((7, 10), torch.float32, False)
    torch.testing.assert_close(all_logits(network, images, size=3, device=cpu), whole)
    assert torch.allclose(network(as_input(images)), whole, atol=1e-5)
