"""A folder of labelled digits of one's own."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.drawings import DrawingStore, export_strokes
from handwriting_ai.data.own_digits import find_own_digits
from handwriting_ai.errors import DataMissing


def save_seven(folder: Path) -> None:
    """One drawing, as the page Draw saves it."""
    strokes = [list(line) for line in DIGIT_STROKES[7]]
    pens = [16.0] * len(strokes)
    DrawingStore(folder).save(
        strokes, canvas_px=280, pens_px=pens, label=7, read_as=1, confidence=0.5, model_id="m", writer="Ann"
    )


def write_picture(folder: Path, label: int, name: str = "a.png") -> None:
    """A bar of ink in the folder of its label."""
    pixels: NDArray[np.uint8] = np.full((120, 120), 255, dtype=np.uint8)
    pixels[20:100, 55:65] = 0
    (folder / str(label)).mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / str(label) / name)


def test_every_kind_of_labelled_digit_is_found(tmp_path: Path) -> None:
    """Saved, exported, and sorted into folders; what is none of these is passed over."""
    save_seven(tmp_path)
    exported = export_strokes(DrawingStore(tmp_path).all().drawings)
    (tmp_path / "mine.jsonl.gz").write_bytes(exported)
    write_picture(tmp_path, 1)
    (tmp_path / "1" / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "12").mkdir()
    found = find_own_digits(tmp_path)
    assert [each.label for each in found.pictures] == [7, 7, 1]
    assert [each.name for each in found.pictures][1:] == ["mine, line 1", "1/a.png"]
    assert found.unreadable == ()


def test_a_damaged_drawing_is_told(tmp_path: Path) -> None:
    """The others count."""
    save_seven(tmp_path)
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    found = find_own_digits(tmp_path)
    assert len(found.pictures) == 1
    assert "is not a saved drawing" in found.unreadable[0]


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_digits_is_refused(tmp_path: Path, name: str) -> None:
    """With what it could hold."""
    with pytest.raises(DataMissing, match=r"There is no folder|holds no digits with labels. It may hold drawings"):
        find_own_digits(tmp_path / name)
