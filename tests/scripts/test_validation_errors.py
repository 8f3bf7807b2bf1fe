"""The digits that the preset `default` misreads on validation, as a picture and in docs/evaluation.md."""

import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scripts.validation_errors import COLUMNS, MisreadDigit, draw_sheet, misread_digits

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.data.mnist import DigitImages, Part, load_mnist
from handwriting_ai.data.split import split_rows
from handwriting_ai.evaluation.predictions import load_evaluation_digits
from handwriting_ai.evaluation.scoreboard import EvaluationPart, Scoreboard
from handwriting_ai.prediction import EnsembleChoice
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.presets import DEFAULT_PRESET, read_presets
from handwriting_ai.registry.store import ModelStore

MNIST = PROJECT_ROOT / "data" / "mnist"
STORE = ModelStore(PROJECT_ROOT / "models")
PRESET = read_presets(STORE.root)[DEFAULT_PRESET]
TRAINING = load_mnist(MNIST, Part.TRAIN)
DIGITS = load_evaluation_digits(MNIST)
PICTURE = PROJECT_ROOT / "docs" / "validation-errors.png"


def _misread() -> list[MisreadDigit]:
    rows: list[int] = split_rows(TRAINING.labels)[1].tolist()
    return misread_digits(STORE, PRESET, DIGITS, rows)


def _one(digits: DigitImages, row: int) -> DigitImages:
    rows: NDArray[np.int64] = np.full(1, row, dtype=np.int64)
    return digits.pick(rows)


def test_the_misread_digits_are_those_of_the_scoreboard() -> None:
    """Same digits, answers and confidences; each row of the training file is the picture and the label it says."""
    choice = EnsembleChoice(members=PRESET.members, tta=PRESET.tta)
    expected = Scoreboard(STORE, DIGITS, preprocess_signature()).misread(choice, EvaluationPart.VALIDATION)
    found = _misread()
    assert [(each.place, each.label, each.answer, round(each.confidence, 5)) for each in found] == [
        (each.row, each.label, each.answer, round(each.confidence, 5)) for each in expected
    ]
    for each in found:
        assert _one(TRAINING, each.row).digest() == _one(DIGITS.validation, each.place).digest()
        assert len(each.member_answers) == len(PRESET.members)


def test_every_misread_digit_is_judged() -> None:
    """If this fails after a change of the preset: `python scripts/validation_errors.py`, then look and judge anew."""
    text = (PROJECT_ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    table = text.partition("One viewer's judgement")[2].partition("\n\n- ")[0]
    judged: list[str] = re.findall(r"\b\d{3,5}\b", table)
    assert sorted(map(int, judged)) == sorted(each.row for each in _misread())


def test_the_picture_is_small_and_shows_them_all() -> None:
    """The sheet that is drawn now is as large as the one that is kept."""
    misread = _misread()
    sheet = draw_sheet(misread, DIGITS.validation.images)
    with Image.open(PICTURE) as kept:
        assert kept.size == sheet.size
    assert PICTURE.stat().st_size < 300_000
    assert draw_sheet(misread[:1], DIGITS.validation.images).height < sheet.height
    assert len(misread) > COLUMNS
