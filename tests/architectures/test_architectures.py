"""Every architecture, by name."""

from itertools import pairwise

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from handwriting_ai.architectures import (
    architecture_names,
    build_fresh_state_dict,
    build_model,
    count_multiply_adds,
    count_parameters,
)
from handwriting_ai.architectures.fold import fold_batch_norm
from handwriting_ai.errors import UnknownArchitecture

_MILLIONS = {
    "compact": (0.28, 0.30),
    "compact_narrow": (0.07, 0.08),
    "compact_wide": (1.14, 1.16),
    "resnet18": (11.1, 11.3),
    "wideresnet28_10": (36.4, 36.6),
    "densenet_bc100": (0.76, 0.78),
    "simplecnn_m3": (1.12, 1.13),
    "simplecnn_m5": (1.12, 1.13),
    "simplecnn_m7": (2.29, 2.30),
}


def test_the_nine_names_are_known() -> None:
    """The registry holds these and no others."""
    assert set(architecture_names()) == set(_MILLIONS)


@pytest.mark.parametrize("name", architecture_names())
def test_architecture_returns_ten_finite_logits_and_learns_everywhere(name: str) -> None:
    """Two images in, two rows of ten numbers out, and a gradient for every parameter."""
    model = build_model(name, 10)
    logits = model(torch.randn(2, 1, 28, 28))
    assert logits.shape == (2, 10)
    assert bool(torch.isfinite(logits).all())
    torch.autograd.backward(functional.cross_entropy(logits, torch.arange(2)))
    without = [key for key, parameter in model.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("name", architecture_names())
def test_parameter_count_is_as_documented(name: str) -> None:
    """Millions of trainable numbers, as the papers and the docstrings give them."""
    low, high = _MILLIONS[name]
    assert low <= count_parameters(build_model(name, 10)) / 1e6 <= high


@pytest.mark.parametrize("name", ["compact", "densenet_bc100", "simplecnn_m5", "resnet18"])
def test_folding_batch_norm_keeps_the_answers(name: str) -> None:
    """With statistics of real activations, folded and plain networks agree."""
    model = build_model(name, 10)
    batch = torch.randn(8, 1, 28, 28)
    model.train()
    model(batch)
    model.eval()
    with torch.inference_mode():
        plain = model(batch)
        folded = fold_batch_norm(model)(batch)
    assert float(plain.abs().max()) > 0.01
    torch.testing.assert_close(folded, plain, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["compact", "simplecnn_m7"])
def test_state_dict_round_trip_gives_the_same_logits(name: str) -> None:
    """Weights loaded into another instance answer alike."""
    state = build_fresh_state_dict(name, 10, seed=3)
    models = [build_model(name, 10), build_model(name, 10)]
    batch = torch.randn(2, 1, 28, 28)
    for model in models:
        model.load_state_dict(state)
        model.eval()
    with torch.inference_mode():
        outputs = [model(batch) for model in models]
    assert all(torch.equal(first, second) for first, second in pairwise(outputs))


def test_fresh_weights_depend_on_the_seed_alone() -> None:
    """The same seed, the same weights; the caller's generator is left as it was."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = build_fresh_state_dict("compact", 10, seed=1)
    assert torch.equal(torch.rand(3), expected)
    again, other = build_fresh_state_dict("compact", 10, seed=1), build_fresh_state_dict("compact", 10, seed=2)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_number_of_classes_is_free() -> None:
    """Four classes, four logits."""
    model = build_model("compact", 4)
    model.eval()
    assert model(torch.zeros(1, 1, 28, 28)).shape == (1, 4)


def test_unknown_name_lists_the_known_ones() -> None:
    """The error gives the exact text to type."""
    with pytest.raises(UnknownArchitecture, match=r"No architecture 'lenet'\. Available: compact, compact_narrow"):
        build_model("lenet", 10)


@pytest.mark.parametrize("name", architecture_names())
def test_multiply_adds_are_those_that_torch_counts(name: str) -> None:
    """Half of its floating-point operations."""
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), counter:
        build_model(name, 10).eval()(torch.zeros(1, 1, 28, 28))
    flops: int = counter.get_total_flops()
    assert count_multiply_adds(name) == flops // 2
