"""A made page as somebody photographs it, as a file."""

import io

import numpy as np
from PIL import Image
from tests.digit_strokes import DIGIT_STROKES

from handwriting_ai.data.made_page import MadePage, make_page
from handwriting_ai.data.page_lines import LabelledInk, PageStyle
from handwriting_ai.data.strokes import Stroke, place, render


def few_numbers(seed: int = 3) -> MadePage:
    """Two lines of a number each, of digits that are easy to read, askew and in a shadow."""
    pool: list[LabelledInk] = []
    for digit, lines in DIGIT_STROKES.items():
        strokes: list[Stroke] = [np.array(points, dtype=np.float64) for points in lines]
        ink = render(place(strokes, extent_px=220, center_px=(140, 140)), pen_px=16)
        pool.append(LabelledInk(label=digit, ink=ink))
    style = PageStyle(lines=2, numbers=1, digits=(3, 3), gap=(0.3, 0.4))
    changes = [("photographer", 2), ("jpeg", 1)]
    return make_page(pool, changes, np.random.default_rng(seed), style=style, size=(600, 800), share=0.7)


def as_file(page: MadePage) -> bytes:
    """As a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(page.picture).save(buffer, format="PNG")
    return buffer.getvalue()
