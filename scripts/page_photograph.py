"""A made photograph of a page that a held-out writer wrote, for the pictures of the dashboard."""

import io
from typing import Final

import numpy as np
from PIL import Image

from handwriting_ai import load_settings
from handwriting_ai.data.made_page import make_page
from handwriting_ai.data.page_lines import LabelledInk, PageStyle
from handwriting_ai.data.split import held_out_writers
from handwriting_ai.data.strokes import load_stroke_files, place, render

CHANGES: Final = (("photographer", 3), ("squared", 2), ("turned", 1), ("jpeg", 1))
STYLE: Final = PageStyle(lines=4, numbers=2, digits=(3, 5), slope=0.02)
SIZE: Final = (900, 1200)
SEED: Final = 5
DIGITS: Final = 60


def held_out_page() -> bytes:
    """The photograph as a PNG: digits of one writer that no model learnt from."""
    files = load_stroke_files(*load_settings().training.stroke_folders)
    writer = min(held_out_writers([digit.writer for digit in files[0].digits]))
    written = [digit for digit in files[0].digits if digit.writer == writer][:DIGITS]
    pool = [
        LabelledInk(label=digit.label, ink=render(place(digit.strokes, extent_px=220, center_px=(140, 140)), pen_px=14))
        for digit in written
    ]
    made = make_page(pool, CHANGES, np.random.default_rng(SEED), style=STYLE, size=SIZE, share=0.85)
    buffer = io.BytesIO()
    Image.fromarray(made.picture).save(buffer, format="PNG")
    return buffer.getvalue()
