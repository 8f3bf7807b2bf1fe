"""Draw the pictures of docs/strangers.md: made styles, and what is no digit.

python scripts/styles_picture.py
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handwriting_ai.config import PROJECT_ROOT, load_settings
from handwriting_ai.data.no_digits import OTHER_KINDS, TRAINED_KINDS, drawn_no_digit
from handwriting_ai.data.rendering import drawn_at, through_preprocessing
from handwriting_ai.data.split import trained_on
from handwriting_ai.data.strokes import DrawnDigit, load_stroke_files, place
from handwriting_ai.data.style_shapes import SHAPES
from handwriting_ai.data.styles import digits_of

_COLUMNS: Final = 24
_SEED: Final = 0
_PEN_PX: Final = 12.0
_GAP_PX: Final = 2
_GAP_GREY: Final = 90


def row(pictures: "Sequence[NDArray[np.uint8]]") -> "NDArray[np.uint8]":
    """`(28 + gap, columns × (28 + gap))`."""
    framed = [np.pad(picture, ((0, _GAP_PX), (0, _GAP_PX)), constant_values=_GAP_GREY) for picture in pictures]
    line: NDArray[np.uint8] = np.hstack(framed)
    return line


def styled(style: str, digits: Sequence[DrawnDigit]) -> "NDArray[np.uint8]":
    """Digits that a style fits, drawn in it."""
    generator = np.random.default_rng(_SEED)
    pictures: list[NDArray[np.uint8]] = []
    for digit in (each for each in digits if each.label in digits_of(style)):
        strokes = SHAPES[style](generator, place(digit.strokes, extent_px=1.0, center_px=(0.0, 0.0)))
        if strokes is not None:
            pictures.append(through_preprocessing(drawn_at(strokes, pen_px=_PEN_PX)))
        if len(pictures) == _COLUMNS:
            break
    return row(pictures)


def kind(name: str, digits: Sequence[DrawnDigit]) -> "NDArray[np.uint8]":
    """Drawings of one kind."""
    return row([drawn_no_digit(name, digits, seed=_SEED, index=index) for index in range(_COLUMNS)])


def write(name: str, rows: "Sequence[NDArray[np.uint8]]") -> None:
    """One picture, a row for each."""
    sheet: NDArray[np.uint8] = np.vstack(list(rows))
    path = PROJECT_ROOT / "docs" / name
    Image.fromarray(sheet).save(path, optimize=True)
    print(path)


def training_digits() -> list[DrawnDigit]:
    """Of the writers that are trained on, in a fixed random order."""
    files = load_stroke_files(load_settings().training.strokes_dir)
    digits = [digit for file in files for digit in trained_on(file)]
    order: list[int] = np.random.default_rng(_SEED).permutation(len(digits)).tolist()
    return [digits[index] for index in order]


def main() -> None:
    """Write both."""
    digits = training_digits()
    write("styles.png", [styled(style, digits) for style in SHAPES])
    write("no-digits.png", [kind(name, digits) for name in (*TRAINED_KINDS, *OTHER_KINDS)])


if __name__ == "__main__":
    main()
