"""A photograph of several digits: its picture with boxes to click, its text, its table."""

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from draw import page_answer, page_boxes
from handwriting_ai.preprocess.decode import decode
from handwriting_ai.reading.page import PageReading
from shared import resources
from shared.page_work import PageWork
from shared.photos import Asked, Photo
from shared.ui_state import ui_state

DIGIT, PAGE = "One digit", "Number or page"
_SHOWN_PX: Final = 1_400
_SEVERAL: Final = 2
NOTHING: Final = "No digits were found in this picture. Hold the camera closer, or choose *One digit*."


def read(photo: Photo, read_page: Callable[[bytes], PageReading], asked: Asked) -> PageReading:
    """Every digit of a photograph, read once.

    Raises:
        HandwritingError: it cannot be read.
    """
    work = ui_state().work(photo.photo_id)
    model_id = resources.reader().engine.model_id
    known = work.known(photo.photo_id, asked, model_id)
    if known is not None:
        return known
    page = read_page(photo.data)
    work.keep(page, photo.photo_id, asked, model_id)
    return page


def is_page(page: PageReading) -> bool:
    """Whether a picture is first shown as a number: two of its digits are certain."""
    return sum(not digit.prediction.uncertain for digit in page.digits) >= _SEVERAL


def choose_kind(photo: Photo, read_page: Callable[[bytes], PageReading], asked: Asked) -> bool:
    """Whether it is to be read as a number or page: what it seems to be, until a person says otherwise.

    Raises:
        HandwritingError: there seem to be several digits, and they cannot be read.
    """
    several = photo.digits_found is not None and photo.digits_found >= _SEVERAL
    kind = st.segmented_control(
        "Read it as",
        (DIGIT, PAGE),
        default=PAGE if several and is_page(read(photo, read_page, asked)) else DIGIT,
        key=f"kind_{photo.photo_id}",
        required=True,
        persist_state="session",
    )
    return kind == PAGE


def show(photo: Photo, page: PageReading) -> None:
    """Picture and text, then the digit that is open, saving, and the table."""
    work = ui_state().work(photo.photo_id)
    with st.container(key="stage_page"):
        with st.container(key="board"):
            page_boxes.show(page, work, picture=_picture(photo, work), on_opened=partial(_open, work))
            st.caption(photo.name)
        with st.container(key="answer"):
            if page.digits:
                page_answer.show_text(page, work)
                st.caption("Click a box to see why, or to correct it.")
                page_answer.offer_saving(page, work)
            else:
                st.info(NOTHING, icon=":material/search_off:")
    page_answer.show_opened(page, work)
    if sum(1 for _ in page.numbers) > 1:
        page_answer.show_table(page, work, photo.name)


def _picture(photo: Photo, work: PageWork) -> str:
    if not work.picture_url:
        limits = resources.settings().digits.image_limits
        work.picture_url = page_boxes.picture_url(decode(photo.data, limits, working_side_px=_SHOWN_PX))
    return work.picture_url


def _open(work: PageWork) -> None:
    work.opened = page_boxes.opened_box()
