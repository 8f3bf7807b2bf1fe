"""Every figure against another implementation (scikit-learn, SciPy, statsmodels or plain NumPy), and at its edges."""

import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve
from statsmodels.stats import contingency_tables
from statsmodels.stats.proportion import proportion_confint
from torch import Tensor

from handwriting_ai.evaluation.metrics import (
    ECE_BINS,
    ReliabilityBin,
    brier_score,
    confusion_matrix,
    count_errors,
    coverage_curve,
    expected_calibration_error,
    figures,
    misread_auroc,
    negative_log_likelihood,
    per_digit_accuracy,
    reliability_bins,
)
from handwriting_ai.evaluation.statistics import auroc, mcnemar, mean_and_spread, wilson_interval

DIGITS = range(10)
SEEDS = range(5)
N = 1_000


def _case(seed: int, n: int = N) -> tuple[Tensor, Tensor]:
    """Probabilities `(n, 10)` that are too sure of themselves, and labels `(n,)`: about two of three are read."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, 10, generator=generator, dtype=torch.float64) * 2
    labels = torch.multinomial(logits.softmax(dim=1), 1, generator=generator).squeeze(1)
    return (logits * 1.5).softmax(dim=1), labels


def _tied_case(seed: int) -> tuple[Tensor, Tensor]:
    """Confidences of only four kinds, 0.4 to 0.7, and labels that are right in about half of the cases."""
    generator = torch.Generator().manual_seed(seed)
    confidence = torch.randint(4, 8, (N,), generator=generator).double() / 10
    probs = ((1 - confidence) / 9).unsqueeze(1).repeat(1, 10)  # (n,) -> (n, 10)
    probs[:, 3] = confidence
    return probs, torch.randint(3, 5, (N,), generator=generator)


def _sure(answers: list[int]) -> Tensor:
    """Probability 1 for each answer: `(n, 10)`."""
    return torch.eye(10)[answers]


def _answers(confidences: list[float]) -> Tensor:
    """Rows `(n, 10)` that answer 0 with these confidences and share the rest evenly."""
    confidence = torch.tensor(confidences, dtype=torch.float64).unsqueeze(1)  # (n,) -> (n, 1)
    return torch.cat([confidence, ((1 - confidence) / 9).repeat(1, 9)], dim=1)


def _labels(*digits: int) -> Tensor:
    return torch.tensor(digits)


def _numpy(probs: Tensor, labels: Tensor) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rows: NDArray[np.float64] = probs.double().numpy()
    truth: NDArray[np.int64] = labels.numpy()
    return rows, truth


def _judged(probs: Tensor, labels: Tensor) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence and rightness, by NumPy."""
    rows, truth = _numpy(probs, labels)
    confidence: NDArray[np.float64] = rows.max(axis=1)
    answer: NDArray[np.int64] = rows.argmax(axis=1)
    return confidence, np.equal(answer, truth)


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    mean: float = values.mean()
    return mean


# Shares and proper scores


def test_mean_and_spread() -> None:
    """Against Python's own statistics; one value has no spread."""
    assert mean_and_spread([3.0, 5.0, 10.0], ".1f") == f"6.0 ± {statistics.stdev([3, 5, 10]):.1f}"
    assert mean_and_spread([0.995], ".2%") == "99.50%"


@pytest.mark.parametrize(("successes", "total"), [(0, 1), (1, 1), (0, 50), (7, 13), (9_964, 10_000), (10_000, 10_000)])
def test_wilson_interval_agrees_with_statsmodels_and_scipy(successes: int, total: int) -> None:
    """At the ends and between."""
    interval = wilson_interval(successes, total)
    assert interval == pytest.approx(proportion_confint(successes, total, method="wilson"), abs=1e-12)
    scipys = binomtest(successes, total).proportion_ci(confidence_level=0.95, method="wilson")
    assert interval == pytest.approx((scipys.low, scipys.high), abs=1e-12)
    assert 0 <= interval[0] <= successes / total <= interval[1] <= 1


@pytest.mark.parametrize(("successes", "total"), [(0, 0), (0, -1), (-1, 5), (6, 5)])
def test_an_impossible_share_has_no_interval(successes: int, total: int) -> None:
    """No trials, or more successes than trials; the number is quoted."""
    with pytest.raises(ValueError, match=str(total if total < 1 else successes)):
        wilson_interval(successes, total)


@pytest.mark.parametrize("seed", SEEDS)
def test_brier_score_and_log_loss_agree_with_sklearn(seed: int) -> None:
    """Brier's own sum over classes, not the half of it."""
    probs, labels = _case(seed)
    rows, truth = _numpy(probs, labels)
    expected = sklearn_metrics.brier_score_loss(truth, rows, labels=DIGITS, scale_by_half=False)
    assert brier_score(probs, labels) == pytest.approx(expected)
    assert negative_log_likelihood(probs, labels) == pytest.approx(sklearn_metrics.log_loss(truth, rows, labels=DIGITS))


def test_brier_score_reaches_both_ends() -> None:
    """0 for the certain truth, 2 for the certain opposite."""
    labels = torch.arange(3)
    assert brier_score(_sure([0, 1, 2]), labels) == 0
    assert brier_score(_sure([1, 2, 0]), labels) == 2


# Calibration


@pytest.mark.parametrize("bins", [1, 10, ECE_BINS])
@pytest.mark.parametrize("seed", SEEDS)
def test_bins_of_equal_width_agree_with_sklearn(seed: int, bins: int) -> None:
    """The same bins are occupied, with the same confidence and accuracy."""
    probs, labels = _case(seed)
    confidence, right = _judged(probs, labels)
    found = reliability_bins(probs, labels, bins)
    accuracies, confidences = calibration_curve(right, confidence, n_bins=bins, strategy="uniform")
    assert [part.accuracy for part in found] == pytest.approx(accuracies)
    assert [part.confidence for part in found] == pytest.approx(confidences)
    for part in found:
        assert part.high - part.low == pytest.approx(1 / bins)
        assert part.count == np.count_nonzero((confidence >= part.low) & (confidence < part.high))


@pytest.mark.parametrize("n", [1, 14, 15, 16, N])
@pytest.mark.parametrize("seed", SEEDS)
def test_bins_of_equal_mass_agree_with_numpy(seed: int, n: int) -> None:
    """Sorted by confidence and cut by `numpy.array_split`: counts differ by at most one."""
    probs, labels = _case(seed, n)
    confidence, right = _judged(probs, labels)
    order: NDArray[np.intp] = np.argsort(confidence)
    cuts: list[NDArray[np.intp]] = np.array_split(order, min(n, ECE_BINS))
    found = reliability_bins(probs, labels, equal_mass=True)
    assert len(found) == len(cuts)
    for part, rows in zip(found, cuts, strict=True):
        assert part.count == len(rows)
        edges: list[float] = confidence[rows[[0, -1]]].tolist()
        assert [part.low, part.high] == edges
        assert part.confidence == pytest.approx(_mean(confidence[rows]))
        assert part.accuracy == pytest.approx(_mean(right[rows]))
    counts = [part.count for part in found]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_error_is_what_the_manifests_hold(seed: int, dtype: torch.dtype) -> None:
    """The sum of signed gaps in each bin, as it was computed when the shipped models were measured."""
    probs, labels = _case(seed)
    probs = probs.to(dtype)
    confidence, answer = probs.max(dim=1)
    which = (confidence * ECE_BINS).long().clamp_max(ECE_BINS - 1)
    gaps = torch.zeros(ECE_BINS, dtype=dtype).index_add(0, which, confidence - (answer == labels).to(dtype))
    former = float(gaps.abs().sum()) / labels.numel()
    assert former > 0.05
    assert expected_calibration_error(probs, labels) == pytest.approx(former, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_error_of_equal_mass_agrees_with_numpy(seed: int) -> None:
    """A thousand pictures in ten bins of a hundred: the mean of ten gaps."""
    probs, labels = _case(seed)
    confidence, right = _judged(probs, labels)
    order: NDArray[np.intp] = np.argsort(confidence)
    gaps: NDArray[np.float64] = np.subtract(confidence, right, dtype=np.float64)[order].reshape(10, 100).mean(axis=1)
    assert expected_calibration_error(probs, labels, 10, equal_mass=True) == pytest.approx(_mean(np.abs(gaps)))


def test_empty_bins_are_left_out() -> None:
    """One picture at 0.15 and two of certainty occupy two of ten bins; certainty lies in the last."""
    found = reliability_bins(_answers([1.0, 0.15, 1.0]), _labels(0, 1, 1), 10)
    assert found == (
        ReliabilityBin(low=0.1, high=0.2, count=1, confidence=0.15, accuracy=0.0),
        ReliabilityBin(low=0.9, high=1.0, count=2, confidence=1.0, accuracy=0.5),
    )


@pytest.mark.parametrize("equal_mass", [False, True])
def test_a_confidence_that_is_no_number_shows(equal_mass: bool) -> None:
    """The error is NaN, not that of the other pictures."""
    probs = _answers([0.5, math.nan])
    assert math.isnan(expected_calibration_error(probs, torch.zeros(2, dtype=torch.int64), equal_mass=equal_mass))


# Where the errors are


@pytest.mark.parametrize("seed", SEEDS)
def test_confusion_matrix_agrees_with_sklearn(seed: int) -> None:
    """Rows are labels, columns answers; its diagonal leads to the accuracy of each digit."""
    probs, labels = _case(seed)
    rows, truth = _numpy(probs, labels)
    answers: NDArray[np.int64] = rows.argmax(axis=1)
    expected = sklearn_metrics.confusion_matrix(truth, answers, labels=DIGITS)
    found = confusion_matrix(probs, labels)
    assert found.dtype == torch.int64
    assert torch.equal(found, torch.from_numpy(expected))
    assert int(found.sum() - found.trace()) == count_errors(probs, labels)
    shares = [_mean(np.equal(answers[np.equal(truth, digit)], digit)) for digit in DIGITS]
    assert per_digit_accuracy(probs, labels) == pytest.approx(shares)


def test_a_digit_without_pictures_has_no_accuracy() -> None:
    """Two threes, one of them taken for a five: nothing is known of the other digits."""
    probs, labels = _sure([3, 5]), _labels(3, 3)
    found = confusion_matrix(probs, labels)
    assert (int(found[3, 3]), int(found[3, 5]), int(found.sum())) == (1, 1, 2)
    assert per_digit_accuracy(probs, labels) == (None, None, None, 0.5, None, None, None, None, None, None)


# What confidence is worth


@pytest.mark.parametrize("case", [_case, _tied_case])
@pytest.mark.parametrize("points", [1, 7, 50, 5_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_coverage_curve_holds_at_each_threshold(
    seed: int, points: int, case: Callable[[int], tuple[Tensor, Tensor]]
) -> None:
    """Counting what reaches the threshold gives the point's coverage and accuracy."""
    probs, labels = case(seed)
    confidence, right = _judged(probs, labels)
    curve = coverage_curve(probs, labels, points)
    assert 1 <= len(curve) <= points
    for point in curve:
        answered = np.greater_equal(confidence, point.threshold)
        assert point.coverage == pytest.approx(_mean(answered))
        assert point.accuracy == pytest.approx(_mean(right[answered]))
    coverages = [point.coverage for point in curve]
    assert coverages[0] == 1
    assert coverages == sorted(set(coverages), reverse=True)


def test_coverage_curve_takes_even_steps() -> None:
    """Distinct confidences leave exactly as many points as asked for, a fiftieth apart; four kinds leave four."""
    curve = coverage_curve(*_case(0))
    assert [point.coverage for point in curve] == pytest.approx([1 - step / 50 for step in range(50)])
    assert [point.threshold for point in coverage_curve(*_tied_case(0))] == [0.4, 0.5, 0.6, 0.7]


@pytest.mark.parametrize("case", [_case, _tied_case])
@pytest.mark.parametrize("seed", SEEDS)
def test_misread_auroc_agrees_with_sklearn(seed: int, case: Callable[[int], tuple[Tensor, Tensor]]) -> None:
    """With distinct confidences and with many ties."""
    probs, labels = case(seed)
    confidence, right = _judged(probs, labels)
    assert misread_auroc(probs, labels) == pytest.approx(sklearn_metrics.roc_auc_score(right, confidence))


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [([0.9, 0.8], [0.7, 0.2], 1.0), ([0.2], [0.8, 0.9], 0.0), ([0.5, 0.5], [0.5], 0.5), ([0.9, 0.5], [0.5], 0.75)],
)
def test_misread_auroc_of_cases_worked_by_hand(right: list[float], wrong: list[float], expected: float) -> None:
    """Every misread less sure, every misread surer, all alike, one tie of two."""
    labels = _labels(*[0] * len(right), *[1] * len(wrong))
    assert misread_auroc(_answers(right + wrong), labels) == expected
    assert auroc(torch.tensor(right), torch.tensor(wrong)) == expected


@pytest.mark.parametrize("label", [0, 1])
def test_misread_auroc_needs_both_kinds(label: int) -> None:
    """All right, or all wrong."""
    assert misread_auroc(_answers([0.9, 0.8]), torch.full((2,), label)) is None


# Two models


def _pair(first: int, second: int, both: int = 3) -> tuple[Tensor, Tensor]:
    """Right answers of two models that differ in `first` and `second` pictures, agree on `both`, and both fail once."""
    first_right = [True] * first + [False] * second + [True] * both + [False]
    second_right = [False] * first + [True] * second + [True] * both + [False]
    return torch.tensor(first_right), torch.tensor(second_right)


@pytest.mark.parametrize(
    ("first", "second"), [(0, 0), (1, 0), (0, 6), (5, 5), (5, 6), (8, 21), (40, 12), (520, 480), (30_300, 29_700)]
)
def test_mcnemar_agrees_with_statsmodels_and_scipy(first: int, second: int) -> None:
    """The exact test, from no difference at all to tens of thousands; twice a half is no more than one."""
    found = mcnemar(*_pair(first, second))
    table = [[3, first], [second, 1]]
    expected = contingency_tables.mcnemar(table, exact=True).pvalue
    assert (found.only_first_right, found.only_second_right) == (first, second)
    assert found.p_value == pytest.approx(expected, rel=1e-6)
    if first + second:
        assert found.p_value == pytest.approx(binomtest(first, first + second).pvalue, rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_mcnemar_of_random_answers_is_symmetric(seed: int) -> None:
    """Swapping the models swaps the counts and keeps the p-value."""
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.rand(N, generator=generator) < 0.9 for _ in range(2))
    there, back = mcnemar(first, second), mcnemar(second, first)
    assert there.only_first_right == back.only_second_right > 0
    assert there.only_second_right == back.only_first_right > 0
    expected = binomtest(there.only_first_right, there.only_first_right + there.only_second_right).pvalue
    assert there.p_value == back.p_value == pytest.approx(expected)


def test_mcnemar_by_hand() -> None:
    """Six to none by chance: two of 64 ways."""
    assert mcnemar(*_pair(6, 0)).p_value == 2 / 64


def test_mcnemar_refuses_other_pictures() -> None:
    """Both shapes are quoted."""
    with pytest.raises(ValueError, match=r"\(3,\) and \(4,\)"):
        mcnemar(torch.ones(3, dtype=torch.bool), torch.ones(4, dtype=torch.bool))


# All together


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_agree_with_the_libraries(seed: int) -> None:
    """Each field from its own source."""
    probs, labels = _case(seed)
    rows, truth = _numpy(probs, labels)
    confidence, right = _judged(probs, labels)
    found = figures(probs, labels)
    hits = int(np.count_nonzero(right))
    assert (found.n, found.errors, found.accuracy) == (N, N - hits, hits / N)
    assert found.wilson95 == pytest.approx(proportion_confint(hits, N, method="wilson"))
    assert found.nll == pytest.approx(sklearn_metrics.log_loss(truth, rows, labels=DIGITS))
    assert found.brier == pytest.approx(
        sklearn_metrics.brier_score_loss(truth, rows, labels=DIGITS, scale_by_half=False)
    )
    assert found.ece == expected_calibration_error(probs, labels)
    assert found.ece_equal_mass == expected_calibration_error(probs, labels, equal_mass=True)
    assert found.ece != found.ece_equal_mass
    assert found.misread_auroc == pytest.approx(sklearn_metrics.roc_auc_score(right, confidence))
    assert found.errors_without_disputed is None


@pytest.mark.parametrize(("disputed", "errors"), [((), 2), ((0,), 2), ((2,), 1), ((2, 2, 3), 0), ((0, 1, 2, 3), 0)])
def test_disputed_errors_are_not_counted(disputed: tuple[int, ...], errors: int) -> None:
    """Rows 2 and 3 are misread; a disputed row that is read changes nothing, one named twice counts once."""
    found = figures(_sure([0, 1, 2, 3]), _labels(0, 1, 9, 9), disputed)
    assert (found.errors, found.errors_without_disputed) == (2, errors)


@pytest.mark.parametrize("row", [-1, 4])
def test_a_disputed_row_must_exist(row: int) -> None:
    """The row is quoted."""
    with pytest.raises(ValueError, match=rf"0\.\.3, got \[{row}\]"):
        figures(_sure([0, 1, 2, 3]), torch.arange(4), [0, row])


@pytest.mark.parametrize(("label", "errors"), [(7, 0), (1, 1)])
def test_figures_of_one_picture(label: int, errors: int) -> None:
    """Read or misread, with certainty: each figure stands at one of its ends."""
    found = figures(_sure([7]), _labels(label))
    assert (found.n, found.errors, found.accuracy) == (1, errors, 1 - errors)
    assert (found.brier, found.ece, found.ece_equal_mass) == (2 * errors, errors, errors)
    assert math.isfinite(found.nll)
    assert found.misread_auroc is None


@pytest.mark.parametrize(
    ("probs", "labels"), [((0, 10), (0,)), ((3, 10), (2,)), ((3, 10), (3, 1)), ((3, 10), (1,)), ((10,), (10,))]
)
@pytest.mark.parametrize(
    "figure",
    [
        brier_score,
        confusion_matrix,
        coverage_curve,
        expected_calibration_error,
        figures,
        misread_auroc,
        per_digit_accuracy,
        reliability_bins,
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    figure: Callable[[Tensor, Tensor], object], probs: tuple[int, ...], labels: tuple[int, ...]
) -> None:
    """No pictures, or labels of other pictures, instead of a number that broadcasting made up."""
    with pytest.raises(ValueError, match=r"got \(.*\) and \("):
        figure(torch.ones(probs) / 10, torch.zeros(labels, dtype=torch.int64))


def test_at_least_one_bin_and_one_point() -> None:
    """None is refused, quoting the number."""
    probs, labels = _case(0)
    with pytest.raises(ValueError, match="bin, got 0"):
        reliability_bins(probs, labels, 0)
    with pytest.raises(ValueError, match="bin, got -1"):
        expected_calibration_error(probs, labels, -1, equal_mass=True)
    with pytest.raises(ValueError, match="point, got 0"):
        coverage_curve(probs, labels, 0)
