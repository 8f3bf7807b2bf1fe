"""Digits of one's own, read by every choice of models."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.data.test_own_digits import save_seven, write_picture

from handwriting_ai.config import DigitsSettings
from handwriting_ai.data.own_digits import LabelledPicture, find_own_digits
from handwriting_ai.inference.engine import InferenceEngine, PredictOptions
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.preprocess import ImageLimits, preprocess_signature
from handwriting_ai.reading.own_scores import PreparedDigits, missed_by, prepare_digits, score_own_digits


@pytest.fixture()
def digits(tmp_path: Path) -> PreparedDigits:
    """A seven and two bars, of which one is said to be a 4."""
    folder = tmp_path / "own"
    folder.mkdir()
    save_seven(folder)
    write_picture(folder, 1)
    write_picture(folder, 4)
    return prepare_digits(find_own_digits(folder).pictures, ImageLimits())


@pytest.fixture()
def engine(model_dir: Path) -> Iterator[InferenceEngine]:
    """Two untrained models."""
    settings = DigitsSettings(model_dir=model_dir)
    with InferenceEngine(settings, threads=1, signature=preprocess_signature()) as opened:
        yield opened


def _choice(*members: str) -> EnsembleChoice:
    return EnsembleChoice(members=members, tta=TtaMode.NONE)


def test_each_choice_is_scored_as_the_engine_answers(digits: PreparedDigits, engine: InferenceEngine) -> None:
    """Errors and misread digits follow from its probabilities; the tests compare with the first choice."""
    told: list[tuple[int, int]] = []
    choices = {"both": _choice("first", "second"), "one": _choice("first")}
    scores, refused = score_own_digits(engine, digits, choices, lambda done, total: told.append((done, total)))
    assert (refused, told) == ([], [(1, 2), (2, 2)])
    for score in scores:
        options = PredictOptions(tta=TtaMode.NONE, members=score.choice.members)
        answers = engine.predict_batch(digits.images, options).argmax(dim=1)
        wrong: list[int] = (answers != digits.labels).nonzero().squeeze(1).tolist()
        assert sorted(each.row for each in score.misread) == wrong
        assert (score.figures.n, score.figures.errors) == (3, len(wrong))
        assert all(each.answer == int(answers[each.row]) for each in score.misread)
    assert scores[0].against_first.p_value == 1.0
    missed = missed_by(scores)
    assert [len(by) for by in missed.values()] == sorted((len(by) for by in missed.values()), reverse=True)


def test_a_model_that_cannot_be_loaded_stops_no_other(digits: PreparedDigits, engine: InferenceEngine) -> None:
    """It is told, and the first of those that can be is what the others are compared with."""
    scores, refused = score_own_digits(engine, digits, {"gone": _choice("gone"), "one": _choice("first")})
    assert [score.title for score in scores] == ["one"]
    assert "gone" in refused[0]


def test_a_picture_without_ink_counts_neither_way() -> None:
    """Nor does a file that is no picture."""
    blank: NDArray[np.uint8] = np.zeros((100, 100), dtype=np.uint8)
    pictures = [
        LabelledPicture(name="blank", label=3, source=blank),
        LabelledPicture(name="gone", label=3, source=Path("gone.png")),
    ]
    prepared = prepare_digits(pictures, ImageLimits())
    assert (len(prepared), len(prepared.refused)) == (0, 2)
    assert prepared.refused[0].startswith("blank: ")
    assert torch.equal(prepared.images, torch.zeros((0, 1, 28, 28)))
