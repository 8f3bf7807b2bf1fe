"""Figures of merit from probabilities `(n, 10)` and labels `int64 (n,)`.

A picture's answer is its largest probability, and that probability is its confidence. Training uses this module too, so
that it needs nothing but torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from handwriting_ai.evaluation.statistics import auroc, wilson_interval

ECE_BINS: Final = 15
"""Guo et al. 2017 use fifteen bins of equal width."""
CURVE_POINTS: Final = 50
"""Steps of 2 % coverage: as fine as a chart can show."""


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Pictures of similar confidence; a calibrated model is as often right as it is confident."""

    low: float
    """Where the bin begins; with equal mass, its smallest confidence."""
    high: float
    """Where the bin ends; with equal mass, its largest confidence."""
    count: int
    """How many pictures, at least one."""
    confidence: float
    """Their mean confidence."""
    accuracy: float
    """The share of them that is read."""


@dataclass(frozen=True, kw_only=True)
class CoveragePoint:
    """What a model gives that answers only where it is sure enough."""

    threshold: float
    """The smallest confidence that is answered."""
    coverage: float
    """The share of pictures that is answered, above 0."""
    accuracy: float
    """The share of the answered pictures that is read."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How good a model is on a set of pictures."""

    n: int
    """How many pictures."""
    errors: int
    """How many are misread."""
    accuracy: float
    """The share that is read."""
    wilson95: tuple[float, float]
    """Where the accuracy lies, with 95 % confidence: low, high."""
    nll: float
    """Mean of −log p(label), in nats."""
    brier: float
    """Brier score, 0..2."""
    ece: float
    """Expected calibration error over bins of equal width."""
    ece_equal_mass: float
    """Expected calibration error over bins of equal counts."""
    misread_auroc: float | None
    """How well confidence tells right answers from misreads; None if there is only one kind."""
    errors_without_disputed: int | None
    """Errors on pictures whose label is beyond dispute; None if nobody said which those are."""


def count_errors(probs: Tensor, labels: Tensor) -> int:
    """How many rows have their largest probability elsewhere than at the label."""
    return int((probs.argmax(dim=1) != labels).sum())


def misread_rows(probs: Tensor, labels: Tensor) -> tuple[int, ...]:
    """Which of the digits, `(n, 10)` with labels `(n,)`, are read as others: the most confident answer first."""
    confidence, answers = probs.max(dim=1)
    wrong = (answers != labels).nonzero().squeeze(1)
    rows: list[int] = wrong[confidence[wrong].argsort(descending=True)].tolist()
    return tuple(rows)


def negative_log_likelihood(probs: Tensor, labels: Tensor) -> float:
    """Mean of −log p(label), in nats."""
    return float(functional.nll_loss(probs.clamp_min(torch.finfo(probs.dtype).tiny).log(), labels))


def brier_score(probs: Tensor, labels: Tensor) -> float:
    """Squared distance from the certain right answer, summed over classes, mean over pictures: 0..2 (Brier 1950).

    Raises:
        ValueError: no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    _check(probs, labels)
    target = functional.one_hot(labels, probs.shape[1])
    return float((probs.double() - target).square().sum(dim=1).mean())


def reliability_bins(
    probs: Tensor, labels: Tensor, bins: int = ECE_BINS, *, equal_mass: bool = False
) -> tuple[ReliabilityBin, ...]:
    """Confidence beside accuracy, from the least sure pictures to the surest; bins without pictures are left out.

    Args:
        probs: `(n, 10)`.
        labels: `(n,)`.
        bins: how many, the empty ones included.
        equal_mass: give the bins counts that differ by at most one (Nguyen & O'Connor 2015) instead of equal width.
            Pictures of the same confidence may then fall into neighbouring bins, in their order.

    Raises:
        ValueError: `bins` is below one, no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    if bins < 1:
        raise ValueError(f"Expected at least one bin, got {bins}.")
    confidence, right = _judge(probs, labels)
    cut = _equal_mass if equal_mass else _equal_width
    return tuple(
        ReliabilityBin(
            low=low,
            high=high,
            count=len(rows),
            confidence=float(confidence[rows].double().mean()),
            accuracy=float(right[rows].double().mean()),
        )
        for low, high, rows in cut(confidence, bins)
        if len(rows)
    )


def _equal_width(confidence: Tensor, bins: int) -> Iterator[tuple[float, float, Tensor]]:
    """Low, high and the rows between; a confidence of 1 belongs to the last bin."""
    which = (confidence * bins).long().clamp(0, bins - 1)  # no row is lost: NaN leads to NaN
    for number in range(bins):
        yield number / bins, (number + 1) / bins, (which == number).nonzero().flatten()


def _equal_mass(confidence: Tensor, bins: int) -> Iterator[tuple[float, float, Tensor]]:
    """Smallest and largest confidence and the rows; fewer pictures than bins have a bin each."""
    order = confidence.argsort(stable=True)
    for rows in order.tensor_split(min(bins, len(order))):
        yield float(confidence[rows[0]]), float(confidence[rows[-1]]), rows


def expected_calibration_error(
    probs: Tensor, labels: Tensor, bins: int = ECE_BINS, *, equal_mass: bool = False
) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by their counts: 0..1 (Guo et al. 2017).

    Raises:
        ValueError: as `reliability_bins`.
    """
    parts = reliability_bins(probs, labels, bins, equal_mass=equal_mass)
    return sum(part.count * abs(part.confidence - part.accuracy) for part in parts) / len(labels)


def confusion_matrix(probs: Tensor, labels: Tensor) -> Tensor:
    """How often each digit (row) was given each answer (column): int64 `(10, 10)`.

    Raises:
        ValueError: no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    _check(probs, labels)
    classes = probs.shape[1]
    cell = labels * classes + probs.argmax(dim=1)
    return cell.bincount(minlength=classes * classes).reshape(classes, classes)  # (100,) -> (10, 10)


def per_digit_accuracy(probs: Tensor, labels: Tensor) -> tuple[float | None, ...]:
    """The share of each digit's pictures that is read; None for a digit without pictures.

    Raises:
        ValueError: as `confusion_matrix`.
    """
    matrix = confusion_matrix(probs, labels)
    right: list[int] = matrix.diagonal().tolist()
    counts: list[int] = matrix.sum(dim=1).tolist()
    return tuple(hits / count if count else None for hits, count in zip(right, counts, strict=True))


def coverage_curve(probs: Tensor, labels: Tensor, points: int = CURVE_POINTS) -> tuple[CoveragePoint, ...]:
    """Accuracy of what is answered as ever more of the least sure is withheld, from coverage 1 down.

    The risk–coverage curve of El-Yaniv & Wiener 2010. Equally sure pictures are answered or withheld together, so that
    each point is what its threshold really gives.

    Args:
        probs: `(n, 10)`.
        labels: `(n,)`.
        points: the most to return, at about equal steps of coverage; ties and small sets leave fewer.

    Raises:
        ValueError: `points` is below one, no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    if points < 1:
        raise ValueError(f"Expected at least one point, got {points}.")
    confidence, right = _judge(probs, labels)
    n, order = len(confidence), confidence.argsort()
    ascending = confidence[order]
    wanted = torch.arange(points) * n // points  # (points,): how many to withhold
    starts: list[int] = torch.searchsorted(ascending, ascending[wanted]).tolist()  # back to where a tie begins
    withheld = sorted(set(starts))
    right_from = right[order].flip(0).cumsum(dim=0).flip(0)  # (n,): right answers from here to the surest
    answered_right: list[int] = right_from[withheld].tolist()
    thresholds: list[float] = ascending[withheld].tolist()
    return tuple(
        CoveragePoint(threshold=threshold, coverage=(n - out) / n, accuracy=hits / (n - out))
        for threshold, out, hits in zip(thresholds, withheld, answered_right, strict=True)
    )


def misread_auroc(probs: Tensor, labels: Tensor) -> float | None:
    """The chance that a right answer is surer than a misread, ties counting half (Hendrycks & Gimpel 2017).

    Returns:
        0..1, where 1 means that every misread is less sure than every right answer; None if all are right or all wrong.

    Raises:
        ValueError: no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    confidence, right = _judge(probs, labels)
    return auroc(confidence[right], confidence[~right])


def figures(probs: Tensor, labels: Tensor, disputed: Sequence[int] | None = None) -> Figures:
    """All figures of one model on one set.

    Args:
        probs: `(n, 10)`.
        labels: `(n,)`.
        disputed: rows whose label people doubt; `errors_without_disputed` leaves out errors there.

    Raises:
        ValueError: a disputed row outside 0..n − 1, no pictures, or shapes other than `(n, 10)` and `(n,)`.
    """
    _, right = _judge(probs, labels)
    n, hits = len(right), int(right.sum())
    return Figures(
        n=n,
        errors=n - hits,
        accuracy=hits / n,
        wilson95=wilson_interval(hits, n),
        nll=negative_log_likelihood(probs, labels),
        brier=brier_score(probs, labels),
        ece=expected_calibration_error(probs, labels),
        ece_equal_mass=expected_calibration_error(probs, labels, equal_mass=True),
        misread_auroc=misread_auroc(probs, labels),
        errors_without_disputed=None if disputed is None else _errors_elsewhere(right, disputed),
    )


def _errors_elsewhere(right: Tensor, disputed: Sequence[int]) -> int:
    """How many of the rows of `right`, bool `(n,)`, are false and not disputed."""
    outside = [row for row in disputed if not 0 <= row < len(right)]
    if outside:
        raise ValueError(f"Disputed rows must lie in 0..{len(right) - 1}, got {outside}.")
    wrong = ~right
    wrong[torch.tensor(disputed, dtype=torch.int64)] = False
    return int(wrong.sum())


def _judge(probs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Each answer's confidence, as `probs`, and whether it is right, bool; both `(n,)`."""
    _check(probs, labels)
    confidence, answer = probs.max(dim=1)
    return confidence, answer == labels


def _check(probs: Tensor, labels: Tensor) -> None:
    if probs.ndim != 2 or labels.shape != probs.shape[:1] or not len(labels):
        shapes = f"{tuple(probs.shape)} and {tuple(labels.shape)}"
        raise ValueError(f"Expected probabilities (n, 10) and labels (n,) with n > 0, got {shapes}.")
