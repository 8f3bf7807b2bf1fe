"""The network that finds ink."""

import pytest
import torch

from handwriting_ai.architectures.ink import InkNetwork


@pytest.mark.parametrize(("height", "width"), [(64, 96), (32, 32)])
def test_there_is_a_logit_for_each_pixel(height: int, width: int) -> None:
    """Whatever the size, as long as its sides are multiples of 32."""
    logits = InkNetwork().eval()(torch.zeros(2, 1, height, width))
    assert logits.shape == (2, 1, height, width)
    assert bool(torch.isfinite(logits).all())
