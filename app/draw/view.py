"""The Draw page: where the digit comes from, the picture and the answer side by side, the reasons below."""

import random
from dataclasses import replace
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from draw import answer, canvas, reasons, saving
from handwriting_ai.errors import BlankImage
from handwriting_ai.prediction import TtaMode
from handwriting_ai.reading.reader import DigitReader, Reading
from shared import controls, resources, troubles, wording
from shared.explanations import MNIST
from shared.ui_state import ui_state

CANVAS, UPLOAD, TEST_DIGIT = "Canvas", "Photo", "Test digit"
SOURCES: Final = (CANVAS, UPLOAD, TEST_DIGIT)
PEN_RANGE_PX: Final = (4, 30)
DEFAULT_PEN_PX: Final = 18
_INVITATIONS: Final = {
    CANVAS: "Draw one digit on the canvas, with mouse, finger or pen.",
    UPLOAD: "Choose a picture of one digit.",
    TEST_DIGIT: "No digit is on show.",
}
_ENLARGEMENT: Final = 15


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
    with st.container(key="stage"):
        with st.container(key="board"):
            if source == CANVAS:
                reading = _from_canvas(reader, mode, pen_px)
            else:
                reading = {UPLOAD: _from_upload, TEST_DIGIT: _from_test}[source](reader, mode)
        with st.container(key="answer"):
            if reading is None:
                answer.show_invitation(_INVITATIONS[source])
            else:
                answer.show_figure(reading.prediction)
        with st.container(key="bars"):
            if reading is not None:
                answer.show_bars(reading)
    if reading is not None:
        if source == CANVAS:
            saving.offer(ui_state(), reading.prediction)
        reasons.show(reading)


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
            persist_state="session",
        )
        with st.popover("Settings", icon=":material/tune:"):
            mode = _choose_mode()
            pen_px = st.slider(
                "Pen width", *PEN_RANGE_PX, DEFAULT_PEN_PX, format="%d px", key="pen", persist_state="session"
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


def _read(reader: DigitReader, source: "bytes | NDArray[np.uint8]", mode: TtaMode) -> Reading | None:
    """Read a picture; an error of ours becomes a sentence on the page."""
    state = ui_state()
    members, temperature = (state.choice.members, state.choice.temperature) if state.choice else (None, None)
    with troubles.said():
        try:
            reading = reader.read(source, tta=mode, temperature=temperature, members=members)
        except BlankImage as error:
            st.info(str(error), icon=":material/ink_eraser:")
        else:
            state.picture = source
            return reading
    return None


def _from_canvas(reader: DigitReader, mode: TtaMode, pen_px: int) -> Reading | None:
    sheet = ui_state().sheet
    canvas.show_canvas(sheet, pen_px=pen_px)
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not sheet.can_undo, on_click=sheet.undo, key="undo")
        st.button("Clear", icon=":material/delete:", disabled=not sheet.strokes, on_click=sheet.clear, key="clear")
    return _read(reader, canvas.picture(sheet.strokes), mode) if sheet.strokes else None


def _from_upload(reader: DigitReader, mode: TtaMode) -> Reading | None:
    limits = resources.settings().digits
    upload = st.file_uploader(
        f"A picture of one digit, at most {limits.max_image_mb:g} MB and {limits.max_image_side_px} pixels a side",
        type=["png", "jpg", "jpeg", "webp"],
        help="PNG, JPEG or WebP.",
        key="upload",
    )
    if upload is None:
        return None
    data = upload.getvalue()
    reading = _read(reader, data, mode)
    if reading is not None:
        name: str = upload.name
        st.image(data, caption=f"Your picture, {name}")
    return reading


def _from_test(reader: DigitReader, mode: TtaMode) -> Reading | None:
    state = ui_state()
    digits = resources.test_digits()
    if st.button("Another digit", icon=":material/shuffle:") or state.test_index is None:
        state.test_index = random.SystemRandom().randrange(len(digits))
    picture: NDArray[np.uint8] = digits.images[state.test_index]
    label: int = digits.labels.item(state.test_index)
    enlarged: NDArray[np.uint8] = picture.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
    st.image(enlarged, caption=f"MNIST test picture {state.test_index}, labelled {label}")
    st.caption(f"One of {len(digits):,} that are kept for testing.", help=MNIST)
    return _read(reader, enlarged, mode)
