"""The source *Number*: a wide canvas for several digits."""

from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from draw import canvas, page_answer, page_boxes
from handwriting_ai.reading.page import PageReading
from shared import resources, troubles
from shared.page_work import PageWork
from shared.photos import Asked
from shared.sheet import CANVAS_PX
from shared.ui_state import ui_state

WORK: Final = "number"
WIDTH_PX: Final = 2 * CANVAS_PX
INVITATION: Final = "Write a number on the canvas, for example 2024."
NOTHING: Final = "No digit was found in what you drew. Write larger, or darker."
_PEN_SHARE: Final = 0.6
"""Of the pen for one digit: several are smaller."""


def show(read_page: "Callable[[bytes | NDArray[np.uint8]], PageReading]", asked: Asked, pen_px: int) -> None:
    """Canvas and answer, then the digit that is open, and saving.

    Args:
        read_page: reads a picture, and raises an error of ours if it cannot.
        asked: how it reads.
        pen_px: width of the pen for one digit.
    """
    sheet, work = ui_state().number_sheet, ui_state().work(WORK)
    page = None
    with st.container(key="stage_number"):
        with st.container(key="board"):
            canvas.show_canvas(
                sheet, pen_px=max(1, round(pen_px * _PEN_SHARE)), width_px=WIDTH_PX, name="canvas_number"
            )
            if sheet.strokes:
                with troubles.said():
                    page = _read(read_page, asked, work)
            else:
                ui_state().works.pop(WORK, None)
            if page is not None and page.digits:
                page_boxes.show(page, work, picture="", on_opened=_nothing_to_open)
            canvas.show_buttons(sheet)
        with st.container(key="answer"):
            if page is None or not page.digits:
                said = INVITATION if page is None else NOTHING
                st.markdown(f'<div class="page_verdict" role="status">{said}</div>', unsafe_allow_html=True)
            else:
                page_answer.show_text(page, work)
    if page is not None and page.digits:
        page_answer.choose_digit(page, work)
        page_answer.offer_saving(page, work)
        page_answer.show_opened(page, work)


def _read(read_page: "Callable[[bytes | NDArray[np.uint8]], PageReading]", asked: Asked, work: PageWork) -> PageReading:
    """The number as it stands, read once."""
    strokes = ui_state().number_sheet.strokes
    model_id = resources.reader().engine.model_id
    known = work.known(strokes, asked, model_id)
    if known is not None:
        return known
    page = read_page(canvas.picture(strokes, width_px=WIDTH_PX))
    work.keep(page, strokes, asked, model_id)
    return page


def _nothing_to_open() -> None:
    """Boxes over the canvas are not clicked: one writes there."""
