"""The scripts that train the networks of the segmentation."""

from pathlib import Path

import numpy as np
import pytest
from scripts import page_cuts, page_judge, small_network
from scripts.page_strings import PageDigits, load_page_digits, make_string

from handwriting_ai.config import TrainingSettings
from handwriting_ai.segmentation.components import Blob
from handwriting_ai.segmentation.cut_network import load_cut_network
from handwriting_ai.segmentation.judge import NO_DIGIT, load_judge
from handwriting_ai.support.boxes import Box


@pytest.fixture(scope="module", name="digits")
def few_digits() -> PageDigits:
    """Fifty of each source."""
    digits = load_page_digits(TrainingSettings())
    return PageDigits(scans=digits.scans[:50], drawn=digits.drawn[:50])


def test_the_same_seed_makes_the_same_number(digits: PageDigits) -> None:
    """Digit for digit, pixel for pixel; and its digits lie in one picture."""
    for seed in range(8):
        first, second = (make_string(digits, np.random.default_rng(seed)) for _ in range(2))
        assert first.labels == second.labels
        assert bool(np.array_equal(first.ink, second.ink))
        assert all(ink.shape == first.ink.shape for ink in first.inks)


def test_touching_digits_meet_somewhere(digits: PageDigits) -> None:
    """Of a number of several digits, as a rule; a digit alone meets nothing."""
    made = [make_string(digits, np.random.default_rng(seed)) for seed in range(40)]
    several = [page_cuts.meetings_of(each).any() for each in made if len(each.labels) > 1]
    assert sum(bool(each) for each in several) > len(several) / 2
    assert not any(page_cuts.meetings_of(each).any() for each in made if len(each.labels) == 1)


def test_a_piece_is_a_digit_if_it_is_all_of_it_and_nothing_else(digits: PageDigits) -> None:
    """A half is none, and so is all of a number of two."""
    made = next(
        each
        for each in (make_string(digits, np.random.default_rng(seed)) for seed in range(40))
        if len(each.labels) == 2
    )
    height, width = len(made.ink), len(made.ink.T)
    page = Box(0, 0, width, height)
    whole = Blob(box=page, mask=np.where(made.inks[0] > 110, 255, 0).astype(np.uint8))
    both = Blob(box=page, mask=np.where(made.ink > 110, 255, 0).astype(np.uint8))
    assert page_judge.label_of(whole, made) == made.labels[0]
    assert page_judge.label_of(both, made) == NO_DIGIT


def test_the_network_of_cuts_is_trained_and_goes_on(
    digits: PageDigits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two steps; what is written can be loaded, and a finished training is not begun again."""
    for name, value in (("BATCH", 4), ("BANK", 6), ("FRESH", 1), ("SAID_EVERY", 1)):
        monkeypatch.setattr(page_cuts, name, value)
    first = page_cuts.train(digits, 2, 0, tmp_path / "kept.pt")
    again = page_cuts.train(digits, 2, 0, tmp_path / "kept.pt")
    assert all(bool((value == again[name]).all()) for name, value in first.items())
    small_network.write_halves(first, tmp_path / "cuts.npz")
    assert len(load_cut_network(tmp_path / "cuts.npz").kernels) == 9


def test_the_judge_is_trained(digits: PageDigits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a few pieces of every kind but letters, which need fonts, for two steps."""

    def _scribble_instead(_: list[Path], rng: np.random.Generator) -> page_judge.Sample:
        return page_judge.scribble(digits, rng)

    monkeypatch.setattr(page_judge, "BATCH", 8)
    monkeypatch.setattr(page_judge, "letter", _scribble_instead)
    pictures, labels = page_judge.make_pieces(digits, [], 4, 0)
    classes: list[int] = labels.tolist()
    assert {NO_DIGIT} < set(classes)
    small_network.write_halves(page_judge.train(pictures, labels, 2, 0, tmp_path / "kept.pt"), tmp_path / "judge.npz")
    assert load_judge(tmp_path / "judge.npz").head.shape == (64, 11)


def test_a_printed_letter_is_no_digit() -> None:
    """Whatever the font; a printed digit is one. Machines without fonts cannot train the judge."""
    fonts = sorted(page_judge.FONTS.rglob("*.[ot]tf"))
    if not fonts:
        pytest.skip("no fonts on this machine")
    for seed in range(5):
        picture, label = page_judge.letter(page_judge.fonts_in(page_judge.FONTS), np.random.default_rng(seed))
        assert picture.any()
        assert 0 <= label <= NO_DIGIT


def test_a_folder_without_fonts_is_refused(tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(SystemExit, match="--fonts"):
        page_judge.fonts_in(tmp_path)
