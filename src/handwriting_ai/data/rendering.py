"""Pen strokes as a person would draw them on the canvas, and the way from there to an MNIST-like picture."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from handwriting_ai.data.strokes import CANVAS_SIDE_PX, DrawnDigit, Stroke, place, render
from handwriting_ai.data.styles import Styles, restyled, wide_pen
from handwriting_ai.errors import BlankImage
from handwriting_ai.preprocess import IMAGE_SIDE, PreprocessConfig, preprocess

Canvas: TypeAlias = "NDArray[np.uint8]"
"""`(280, 280)`, ink 255 on paper 0."""

PEN_PX: Final = (4.0, 30.0)
"""Narrowest and widest pen, on a canvas of 280 pixels."""
EXTENT_SHARE: Final = (0.15, 0.90)
"""Smallest and largest digit, as a share of the canvas."""
MAX_PEN_SHARE: Final = 0.16
"""Nobody writes with a pen wider than this share of the digit: its holes would close."""
RENDERING_RULES: Final = 2
"""Raised whenever strokes or scribbles come to be drawn in another way: pictures kept on disk are then drawn anew."""
USUAL_SHARE: Final = 0.6
"""The size of a digit, as a share of the canvas, where only the pen is varied."""
HELD_OUT_SEED: Final = 1
"""Of the random pens, sizes and places of what is validated on: training and evaluation see the same pictures."""


def random_drawing(
    strokes: Sequence[Stroke], generator: np.random.Generator, *, pen_share: float | None = None
) -> Canvas:
    """Strokes with a random pen, at a random size and place on the canvas.

    Args:
        strokes: of one digit, in any unit.
        generator: the pen, the size and the place are its next draws.
        pen_share: width of the pen as a share of the digit's size; None draws one.
    """
    extent = float(generator.uniform(*EXTENT_SHARE)) * CANVAS_SIDE_PX
    pen = float(generator.uniform(PEN_PX[0], max(PEN_PX[0] + 1.0, min(PEN_PX[1], MAX_PEN_SHARE * extent))))
    if pen_share is not None:
        pen = max(PEN_PX[0], pen_share * extent)
    margin = min((extent + pen) / 2, CANVAS_SIDE_PX / 2)
    x = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    y = float(generator.uniform(margin, CANVAS_SIDE_PX - margin))
    return render(place(strokes, extent_px=extent, center_px=(x, y)), pen_px=pen)


def drawn_at_random(strokes: Sequence[Stroke], *, seed: int, index: int) -> "NDArray[np.uint8]":
    """One random drawing in MNIST's convention, `uint8 (28, 28)`; it follows from strokes, seed and index alone."""
    return through_preprocessing(random_drawing(strokes, np.random.default_rng([seed, index])))


def drawn_in_style(digit: DrawnDigit, styles: Styles, *, seed: int, index: int) -> "NDArray[np.uint8]":
    """As `drawn_at_random`, the digit maybe changed into a shape that others write; `seed` is also whose hand it is."""
    generator = np.random.default_rng([seed, index])
    strokes = restyled(digit, styles, generator, seed)
    wide = wide_pen(digit.label, styles, generator)
    return through_preprocessing(random_drawing(strokes, generator, pen_share=wide))


def drawn_at(strokes: Sequence[Stroke], *, pen_px: float, share: float = USUAL_SHARE) -> Canvas:
    """Strokes in the middle of the canvas.

    Args:
        strokes: of one digit, in any unit.
        pen_px: width of the pen, in pixels of the canvas.
        share: longer side of the strokes' box, without the pen's width, as a share of the canvas.
    """
    middle = CANVAS_SIDE_PX / 2
    return render(place(strokes, extent_px=share * CANVAS_SIDE_PX, center_px=(middle, middle)), pen_px=pen_px)


def through_preprocessing(canvas: Canvas) -> "NDArray[np.uint8]":
    """Bring a drawing into MNIST's convention: `uint8 (28, 28)`; an all-paper picture where no ink is found."""
    try:
        return preprocess(canvas, config=PreprocessConfig()).steps[-1].picture
    except BlankImage:
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
