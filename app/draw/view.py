"""The Draw page: where the digit comes from, the picture and the answer side by side, the reasons below."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from draw import answer, canvas, guessing, number, photographed_page, photographs, reasons, saving
from draw.photographs import Look
from handwriting_ai.errors import BlankImage
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.reading.page import PageReading
from handwriting_ai.reading.reader import DigitReader, Reading
from shared import controls, resources, troubles, wording
from shared.ui_state import ui_state

CANVAS, NUMBER, PHOTO, TEST_DIGIT = "Canvas", "Number", "Photo", "Test digit"
SOURCES: Final = (CANVAS, NUMBER, PHOTO, TEST_DIGIT)
READ_AS_NUMBER: Final = "Read it as a number"
PEN_RANGE_PX: Final = (4, 30)
DEFAULT_PEN_PX: Final = 18
_INVITATIONS: Final = {
    CANVAS: "Draw one digit on the canvas, with mouse, finger or pen.",
    PHOTO: "Choose or take a picture of a digit, a number or a page.",
    TEST_DIGIT: guessing.INVITATION,
}


def show() -> None:
    """The whole page, in one fragment: a stroke re-runs only this."""
    with troubles.said():
        _show()


def _show() -> None:
    reader = resources.reader()
    ui_state().picture = None  # until this run has read one
    _show_refusals(reader)
    choice = ui_state().choice
    if choice is not None and not controls.make_available(reader, choice):
        controls.offer_return()
        return
    if choice is None and not reader.engine.ready:
        st.error(
            f"No model could be loaded from `{resources.settings().digits.model_dir}`. Train one with "
            "`handwriting-ai train`, or restore the folder, then reload this page.",
            icon=":material/error:",
        )
        return
    source, mode, pen_px = _choose()
    state = ui_state()
    if source != CANVAS:
        state.sheet.begin_again()  # the browser forgets a canvas when it is not shown
    if source != NUMBER:
        state.number_sheet.begin_again()
    asked = (mode, choice)
    read_page = partial(_read_page, reader, mode=mode)
    if source == NUMBER:
        number.show(read_page, asked, pen_px)
        return
    looked = photographs.look(partial(_read, reader, mode=mode), read_page, asked) if source == PHOTO else Look()
    if looked.page is not None and state.photos.opened is not None:
        photographed_page.show(state.photos.opened, looked.page)
        photographs.show_strip_below(partial(_read, reader, mode=mode), asked, looked.page)
        return
    _show_one_digit(reader, source, mode, pen_px, looked)


def _show_one_digit(reader: DigitReader, source: str, mode: TtaMode, pen_px: int, looked: Look) -> None:
    with st.container(key="stage"):
        with st.container(key="board"):
            if source == CANVAS:
                reading = _from_canvas(reader, mode, pen_px)
            elif source == PHOTO:
                reading = _from_photo(looked, reader, mode)
            else:
                reading = _from_test(reader, mode)
        with st.container(key="answer"):
            if reading is None:
                answer.show_invitation(_INVITATIONS[source])
            else:
                answer.show_figure(reading.prediction)
        with st.container(key="bars"):
            if reading is not None:
                answer.show_bars(reading)
                if source == CANVAS and reading.digits_found > 1:
                    st.button(READ_AS_NUMBER, icon=":material/123:", on_click=_read_as_number, key="as_number")
    if reading is not None:
        _offer_saving(source, reading)
        reasons.show(reading)


def _read_as_number() -> None:
    """Go on in *Number* with what is drawn."""
    state = ui_state()
    state.number_sheet.take(state.sheet.strokes)
    st.session_state["source"] = NUMBER


def _offer_saving(source: str, reading: Reading) -> None:
    state = ui_state()
    if source == CANVAS:
        saving.offer(state.sheet.strokes, reading)
    elif source == PHOTO and state.photos.opened is not None:
        saving.offer(state.photos.opened.photo_id, reading)


def _show_refusals(reader: DigitReader) -> None:
    refused = [f"Model `{refusal.model_id}` was not loaded: {refusal.reason}" for refusal in reader.report.refused]
    controls.say_reasons("Not loaded:", refused, warn=True)


def _choose() -> tuple[str, TtaMode, int]:
    """Where the digit comes from, how it is read, and how wide the pen is."""
    with st.container(horizontal=True, vertical_alignment="center"):
        source = st.segmented_control(
            "Where the digit comes from",
            SOURCES,
            default=CANVAS,
            key="source",
            required=True,
            label_visibility="collapsed",
            bind="query-params",
        )
        with st.popover("Settings", icon=":material/tune:"):
            mode = _choose_mode()
            pen_px = st.slider(
                "Pen width", *PEN_RANGE_PX, DEFAULT_PEN_PX, format="%d px", key="pen", persist_state="session"
            )
            ui_state().writer = st.text_input(
                "Your name",
                key="writer",
                max_chars=40,
                help="Kept with what you save, so that digits of one hand are told from another's.",
                persist_state="session",
            )
        choice = ui_state().choice
        if choice is not None:
            st.caption(f"Read by {controls.in_words(choice)}", width="content", help=wording.named(choice))
            controls.offer_return()
    return source or CANVAS, mode, pen_px


def _choose_mode() -> TtaMode:
    """The test-time augmentation: this session's choice, else as configured, or `advanced` where nothing was.

    A choice of models that is in use takes over the views that are chosen here.
    """
    choice = ui_state().choice
    if choice is None:
        return controls.choose_views(controls.VIEWS_KEY, controls.opening_views())
    mode = controls.choose_views(controls.VIEWS_KEY, choice.tta)
    ui_state().choice = replace(choice, tta=mode)
    return mode


def _read(reader: DigitReader, source: "bytes | NDArray[np.uint8]", mode: TtaMode) -> Reading:
    """Read a picture with this session's choice.

    Raises:
        HandwritingError: it cannot be read.
    """
    state = ui_state()
    members, temperature = (state.choice.members, state.choice.temperature) if state.choice else (None, None)
    return reader.read(source, tta=mode, temperature=temperature, members=members)


def _read_page(reader: DigitReader, source: "bytes | NDArray[np.uint8]", mode: TtaMode) -> PageReading:
    """Read every digit of a picture with this session's choice.

    Raises:
        HandwritingError: it cannot be read.
    """
    choice = ui_state().choice
    members, temperature = (choice.members, choice.temperature) if choice else (None, None)
    return reader.read_page(source, tta=mode, temperature=temperature, members=members)


def _read_shown(reader: DigitReader, source: "bytes | NDArray[np.uint8]", mode: TtaMode) -> Reading | None:
    """The same of what is on show: other pages read it too; an error of ours becomes a sentence on the page."""
    with troubles.said():
        try:
            reading = _read(reader, source, mode)
        except BlankImage as error:
            st.info(str(error), icon=":material/ink_eraser:")
        else:
            ui_state().picture = source
            return reading
    return None


def _from_canvas(reader: DigitReader, mode: TtaMode, pen_px: int) -> Reading | None:
    sheet = ui_state().sheet
    canvas.show_canvas(sheet, pen_px=pen_px)
    canvas.show_buttons(sheet)
    return _read_shown(reader, canvas.picture(sheet.strokes), mode) if sheet.strokes else None


def _from_photo(looked: Look, reader: DigitReader, mode: TtaMode) -> Reading | None:
    state = ui_state()
    photographs.show_board(looked, partial(_read, reader, mode=mode), (mode, state.choice))
    if looked.reading is not None and state.photos.opened is not None:
        state.picture = state.photos.opened.data
    return looked.reading


def _from_test(reader: DigitReader, mode: TtaMode) -> Reading | None:
    choice = ui_state().choice or EnsembleChoice(members=reader.engine.member_ids, tta=mode)
    return guessing.show_board(partial(_read_shown, reader, mode=mode), choice)
