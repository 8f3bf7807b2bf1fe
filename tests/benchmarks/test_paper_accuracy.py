"""The benchmark of paper: its ways of finding ink, its photographs and its counts."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.paper_accuracy import Sample, Tally, opened, photographs, pooled, through
from benchmarks.paper_ways import WAYS, Picture, without_rules
from numpy.typing import NDArray
from PIL import Image
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.strokes import Stroke, place, render
from handwriting_ai.preprocess import MNIST_MEAN, MNIST_STD


def _sample(digit: int = 5) -> Sample:
    strokes: list[Stroke] = [np.array(points, dtype=np.float64) for points in DIGIT_STROKES[digit]]
    ink = render(place(strokes, extent_px=220, center_px=(140, 140)), pen_px=16)
    return Sample(label=digit, ink=ink, share=0.5, middle=(0.5, 0.5), seed=digit)


def _ink_px(image: "NDArray[np.float32]") -> float:
    """How much ink the networks see, in whole pixels of 28 × 28."""
    levels: float = np.add(np.multiply(image, MNIST_STD), MNIST_MEAN).sum(dtype=np.float64)
    return levels


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("digit", DIGIT_STROKES)
def test_every_way_finds_a_digit_on_clean_paper(name: str, digit: int) -> None:
    """As much ink as one threshold finds, within a third."""
    picture = _sample(digit).on_paper(())
    image = WAYS[name](picture)
    assert image.shape == (1, 28, 28)
    assert _ink_px(image) == pytest.approx(_ink_px(WAYS["threshold"](picture)), rel=0.33)


@pytest.mark.parametrize("name", WAYS)
def test_no_way_finds_ink_on_white_paper(name: str) -> None:
    """A sheet of one colour is blank."""
    white: Picture = np.full((120, 160, 3), 240, dtype=np.uint8)
    assert through(WAYS[name], white) is None


def test_a_digit_too_small_for_the_quantile_is_left_to_the_way() -> None:
    """Looking for rules finds none there, and does not take the picture for blank."""
    tiny: NDArray[np.uint8] = np.full((400, 500), 230, dtype=np.uint8)
    tiny[200:212, 250:253] = 30
    assert np.array_equal(without_rules(tiny), tiny)


def test_rules_are_painted_over() -> None:
    """A line from side to side goes, a stroke stays."""
    gray: NDArray[np.uint8] = np.full((200, 200), 230, dtype=np.uint8)
    gray[100:102, :] = 60
    gray[40:90, 98:104] = 40
    mended = without_rules(gray)
    line: NDArray[np.uint8] = mended[100:102, :]
    stroke: NDArray[np.uint8] = mended[45:80, 99:103]
    assert np.all(np.greater(line, 150))
    assert np.all(np.less(stroke, 60))


def test_a_sample_lies_in_the_same_place_in_all_rows() -> None:
    """The same picture again for the same change, and a combination of its own for each number."""
    sample = _sample()
    assert np.array_equal(sample.on_paper(()), sample.on_paper(()))
    assert sample.random_changes(0) != sample.random_changes(1)


def test_photographs_come_with_their_labels(tmp_path: Path) -> None:
    """From `labels.jsonl`, upright; a folder without it has none."""
    Image.new("RGB", (30, 20), "white").save(tmp_path / "seven.jpg")
    (tmp_path / "labels.jsonl").write_text('{"file": "seven.jpg", "label": 7, "what": "a wall"}\n', encoding="utf-8")
    pictures, labels = photographs(tmp_path)
    assert labels == [7]
    assert pictures[0]().shape == (20, 30, 3)
    assert photographs(tmp_path / "none") == ([], [])
    assert np.array_equal(opened(tmp_path / "seven.jpg"), pictures[0]())


def test_tallies_add_up() -> None:
    """Number by number."""
    one = Tally(n=10, right=8, sure_misreads=1, blank=1)
    assert pooled([one, one]) == Tally(n=20, right=16, sure_misreads=2, blank=2)
