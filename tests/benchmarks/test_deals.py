"""Digits that runs answer and do not train on, and what is printed of folds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import ablations
from benchmarks.ablation_tables import Run, together, totals
from benchmarks.deals import WRITER_FOLDS, Deal, writer_fold_rows
from numpy.typing import NDArray
from tests.evaluation.samples import evaluation_digits
from torch import Tensor

from handwriting_ai.config import load_settings
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.split import VALIDATION_COUNT
from handwriting_ai.preprocess import IMAGE_SIDE
from handwriting_ai.training.recipes import SCANNED, as_trial
from handwriting_ai.training.sources import DataFolders, prepare_data


@pytest.fixture(scope="module")
def mnist() -> DigitImages:
    """The 60,000."""
    return load_mnist(load_settings().training.data_dir, Part.TRAIN)


def _pictures(images: "NDArray[np.uint8]") -> list[bytes]:
    """Each picture's pixels."""
    pixels, size = images.tobytes(), IMAGE_SIDE**2
    return [pixels[start : start + size] for start in range(0, len(pixels), size)]


def test_folds_by_writer_are_runs_of_odd_rows(mnist: DigitImages) -> None:
    """Each begins where the one before ends; together they are all odd rows, and no even one."""
    folds = writer_fold_rows(mnist.labels)
    assert [rows.size for rows in folds] == [VALIDATION_COUNT] * WRITER_FOLDS
    every_row: NDArray[np.int64] = np.concatenate(folds)
    assert np.array_equal(every_row, np.arange(1, len(mnist), 2))
    halves = writer_fold_rows(mnist.labels, 2)
    assert [rows.size for rows in halves] == [15_000, 15_000]
    three_sixths: NDArray[np.int64] = np.concatenate(folds[:3])
    assert np.array_equal(halves[0], three_sixths)


def test_a_run_is_not_trained_on_what_it_answers(mnist: DigitImages) -> None:
    """It is trained on all other digits, and the test digits stay out."""
    folds = writer_fold_rows(mnist.labels)
    rows = folds[3]
    whole = prepare_data(SCANNED, DataFolders.of(load_settings()), workers=1)
    left = Deal(digits=evaluation_digits(), mnist=mnist, folds=folds).data(whole, SCANNED, 3)
    (source,) = left.sources
    trained = set(_pictures(source.images))
    assert source.labels.size == len(mnist) - VALIDATION_COUNT
    assert trained.isdisjoint(_pictures(left.validation.images))
    assert np.array_equal(left.validation.labels, mnist.labels[rows])
    assert left.watched is left.validation
    assert left.test is not None
    assert np.array_equal(left.test.images, left.validation.images[:1])
    assert source.sha256 != whole.sources[0].sha256


def test_a_trial_takes_a_few_digits(mnist: DigitImages) -> None:
    """To train on and to answer."""
    trial = as_trial(SCANNED, 7)
    whole = prepare_data(trial, DataFolders.of(load_settings()), workers=1)
    deal = Deal(digits=evaluation_digits(), mnist=mnist, folds=writer_fold_rows(mnist.labels))
    left = deal.data(whole, trial, 0)
    assert (left.sources[0].labels.size, len(left.validation)) == (7, 7)


def test_totals_add_up_over_folds() -> None:
    """An arm without runs is left out; views are summed where every fold has them."""

    def run(fold: int, errors: int, errors_17: int | None) -> Run:
        return Run(
            seed=fold, errors=errors, nll=0.1, drawn_accuracy={}, sure_scribbles=None, seconds=1, errors_17=errors_17
        )

    arms = {"a": {0: run(0, 10, 9), 2: run(2, 20, 18)}, "b": {0: run(0, 10, None)}, "c": {}}
    _, _, first, second, _ = totals(arms, 5_000)
    assert first == "| a | 0 2 | 10,000 | 30 | 99.70% | 99.57% to 99.79% | 27 |"
    assert second.endswith("| – |")


def test_arms_together_are_scored_on_the_folds_that_all_have() -> None:
    """Each arm added to those before it; folds without answers in 17 views do not count."""

    def sure_of(answer: int) -> Tensor:
        probs = torch.full((10,), 0.04)
        probs[answer] = 0.64
        return probs

    def run(fold: int, *answers: int) -> Run:
        probs = torch.stack([sure_of(answer) for answer in answers]) if answers else None
        return Run(seed=fold, errors=0, nll=0.1, drawn_accuracy={}, sure_scribbles=None, seconds=1, probs_17=probs)

    arms = {"a": {0: run(0, 1, 2), 1: run(1, 3)}, "b": {0: run(0, 1, 3), 1: run(1)}, "c": {0: run(0, 2, 3)}}
    labels = torch.arange(1, 4, 2), torch.arange(3, 4)
    both, all_three, _ = together(arms, ["a", "b", "c"], labels)
    assert both.startswith("a + b together: 1 errors of 2 in 17 views, NLL ")
    assert all_three.startswith("a + b + c together: 0 errors of 2 in 17 views, NLL ")
    (nothing,) = together(arms, ["a"], labels)
    assert not nothing


@pytest.mark.usefixtures("clean_environment")
def test_folds_are_trained_once_and_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second call trains what is missing; a fold that there is none of is refused."""

    def call(*arguments: str) -> str:
        fixed = ["--base", "scanned", "--arch", "compact_narrow", "--trial", "10", "--out", str(tmp_path)]
        monkeypatch.setattr("sys.argv", ["ablations.py", *arguments, *fixed, "--epochs", "1"])
        ablations.main()
        return capsys.readouterr().out

    assert "| scanned | 0 | 10 |" in call("scanned", "--folds", "0", "--by-writer")
    both = call("scanned", "no_elastic", "--folds", "0,5", "--by-writer")
    assert both.count("epoch 1/1") == 3
    assert "scanned + no_elastic together: " in both
    assert " errors of 20 in 17 views" in both
    assert "own folds, by writer, of 6" in both
    sixths = call("--report", "--by-writer")
    assert "| scanned | 0 5 | 20 |" in sixths
    assert "| no_elastic | 0 5 | 20 |" in sixths
    with pytest.raises(SystemExit, match="There is no fold 6: they are 0 to 5"):
        call("scanned", "--folds", "6", "--by-writer")
    assert "scanned is not done" in call("--report").replace("`", "")
    halves = call("scanned", "--by-writer", "2")
    assert halves.count("epoch 1/1") == 2
    assert call("--report", "--by-writer") == sixths
    assert "own folds, by writer, of 2" in halves
    with pytest.raises(SystemExit, match="There is no fold 2: they are 0 to 1"):
        call("scanned", "--folds", "2", "--by-writer", "2")
