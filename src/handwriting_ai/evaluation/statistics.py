"""Statistics that know nothing of digits: an interval, a test, an area. What holds for pictures is in `metrics`."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import torch
from torch import Tensor

_Z95: Final = NormalDist().inv_cdf(0.975)
"""95 % of a normal distribution lie within this many standard deviations of its mean: 1.96."""


def mean_and_spread(values: Sequence[float], style: str) -> str:
    """Mean ± sample standard deviation, both written in this format: `99.50% ± 0.03%`; of one value, itself.

    Raises:
        statistics.StatisticsError: there are no values.
    """
    mean = format(statistics.fmean(values), style)
    return mean if len(values) == 1 else f"{mean} ± {format(statistics.stdev(values), style)}"


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): `(low, high)`, both within 0..1.

    Unlike the textbook's ±1.96 standard errors it also holds for shares near 0 or 1, where good models live.

    Raises:
        ValueError: `total` is below one, or `successes` outside 0..total.
    """
    if total < 1:
        raise ValueError(f"An interval needs at least one trial, got {total}.")
    if not 0 <= successes <= total:
        raise ValueError(f"Successes must lie in 0..{total}, got {successes}.")
    share, pull = successes / total, _Z95 * _Z95 / total
    centre = (share + pull / 2) / (1 + pull)
    half = math.sqrt(pull * (share * (1 - share) + pull / 4)) / (1 + pull)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """Two models on the same pictures; those that both read, or neither, say nothing about which is better."""

    only_first_right: int
    """Pictures that the first reads and the second misreads."""
    only_second_right: int
    """Pictures that the second reads and the first misreads."""
    p_value: float
    """The chance of a split at least as uneven if both were equally good, 0..1."""


def mcnemar(first_right: Tensor, second_right: Tensor) -> McNemar:
    """The exact two-sided test (McNemar 1947) of whether two models differ, on the same pictures in the same order.

    Args:
        first_right: bool `(n,)`, whether the first model reads each picture.
        second_right: bool `(n,)`, likewise.

    Raises:
        ValueError: the shapes differ.
    """
    if first_right.shape != second_right.shape:
        shapes = f"{tuple(first_right.shape)} and {tuple(second_right.shape)}"
        raise ValueError(f"Both must be of the same pictures, got shapes {shapes}.")
    first = int((first_right & ~second_right).sum())
    second = int((second_right & ~first_right).sum())
    p_value = min(1.0, 2 * _fair_coin_cdf(min(first, second), first + second))
    return McNemar(only_first_right=first, only_second_right=second, p_value=p_value)


def _fair_coin_cdf(heads: int, tosses: int) -> float:
    """P(at most `heads` heads) in whole numbers, so that only the one division rounds, however many tosses."""
    ways = total = 1
    for drawn in range(heads):
        ways = ways * (tosses - drawn) // (drawn + 1)  # C(tosses, drawn + 1) from C(tosses, drawn)
        total += ways
    return total / (1 << tosses)


def auroc(positive: Tensor, negative: Tensor) -> float | None:
    """The chance that a positive's score exceeds a negative's, ties counting half: the area under the ROC curve, 0..1.

    Args:
        positive: scores `(p,)`.
        negative: scores `(q,)`.

    Returns:
        None where either is empty.
    """
    pairs = positive.numel() * negative.numel()
    if pairs == 0:
        return None
    ascending = negative.sort().values
    below = int(torch.searchsorted(ascending, positive).sum())
    at_most = int(torch.searchsorted(ascending, positive, right=True).sum())
    return (below + at_most) / (2 * pairs)
