"""The Draw page: a source of pictures on one side, the answer on the other, the reasons below."""

import random
from dataclasses import replace
from math import ceil
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from draw import canvas
from handwriting_ai.errors import BlankImage
from handwriting_ai.prediction import N_CLASSES, Prediction, TtaMode
from handwriting_ai.preprocess import FORMAT_NAMES, MUCH_LEFT_OUT, SUFFIXES, left_out_share
from handwriting_ai.reading.reader import DigitReader, Reading
from shared import charts, controls, resources, troubles, wording
from shared.explanations import MNIST, TEMPERATURE
from shared.ui_state import Saving, UiState, ui_state

CANVAS, UPLOAD, TEST_DIGIT = "Canvas", "Upload", "Random test digit"
SOURCES: Final = (CANVAS, UPLOAD, TEST_DIGIT)
PEN_RANGE_PX: Final = (4, 30)
DEFAULT_PEN_PX: Final = 18
_INVITATIONS: Final = {
    CANVAS: "Draw one digit on the canvas, with mouse, finger or pen.",
    UPLOAD: "Choose a picture of one digit.",
    TEST_DIGIT: "No digit is on show.",
}
TEST_PICTURE_PX: Final = 224
STEP_WIDTH_PX: Final = 92
_ENLARGEMENT: Final = 8
_STEP_TITLES: Final = {
    "grayscale": "Grey levels",
    "polarity": "Ink bright, paper dark",
    "threshold": "Ink or paper, black or white",
    "components": "Specks dropped",
    "straighten": "Cut out, scaled",
    "width": "Pen width evened",
    "center": "28 × 28, centred",
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
    left, right = st.columns([2, 3], gap="large")
    with left:
        source = st.segmented_control(
            "Where the digit comes from",
            SOURCES,
            default=CANVAS,
            key="source",
            required=True,
            persist_state="session",
        )
        mode = _choose_mode()
        reading = {CANVAS: _from_canvas, UPLOAD: _from_upload, TEST_DIGIT: _from_test}[source or CANVAS](reader, mode)
    with right:
        if reading is None:
            st.info(_INVITATIONS[source or CANVAS], icon=":material/gesture:")
        else:
            _show_answer(reading)
            if source == CANVAS:
                _offer_saving(ui_state(), reading.prediction)
    if reading is not None:
        _show_reasons(reading)


def _show_refusals(reader: DigitReader) -> None:
    refused = [f"Model `{refusal.model_id}` was refused: {refusal.reason}" for refusal in reader.report.refused]
    controls.say_reasons("Refused:", refused, warn=True)


def _choose_mode() -> TtaMode:
    """The test-time augmentation: this session's choice, else as configured, or `advanced` where nothing was.

    A choice of models that is in use takes over the views that are chosen here.
    """
    choice = ui_state().choice
    if choice is None:
        return controls.choose_views(controls.VIEWS_KEY, controls.opening_views())
    st.caption(f"Read by your choice on the page *Ensemble*: {wording.named(choice)}.")
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


def _from_canvas(reader: DigitReader, mode: TtaMode) -> Reading | None:
    state = ui_state()
    pen_px = st.slider("Pen width", *PEN_RANGE_PX, DEFAULT_PEN_PX, format="%d px", key="pen", persist_state="session")
    st.space("medium")  # the canvas's toolbar appears above it
    drawn = canvas.show_canvas(version=state.canvas_version, pen_px=pen_px, initial=state.shown_at_entry)
    raw = drawn.raw if drawn.raw is not None else state.shown_at_entry
    strokes = canvas.strokes_of(raw)
    state.drawing = raw
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", disabled=not strokes, on_click=_undo)
        st.button("Clear", icon=":material/delete:", disabled=not strokes, on_click=_clear)
    if not strokes:
        return None
    return _read(reader, drawn.pixels if drawn.pixels is not None else canvas.pixels_from_strokes(strokes), mode)


def _undo() -> None:
    state = ui_state()
    if state.drawing is not None:
        state.start_canvas(canvas.without_last_stroke(state.drawing))


def _clear() -> None:
    ui_state().start_canvas(None)


def _from_upload(reader: DigitReader, mode: TtaMode) -> Reading | None:
    limits = resources.settings().digits
    upload = st.file_uploader(
        f"A picture of one digit, at most {limits.max_image_mb:g} MB and {limits.max_image_side_px:,} pixels a side",
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        max_upload_size=ceil(limits.max_image_mb),
        help=f"{FORMAT_NAMES}. Photographs are taken as they are.",
        key="upload",
    )
    if upload is None:
        return None
    data = upload.getvalue()
    reading = _read(reader, data, mode)
    if reading is not None:
        name: str = upload.name
        st.image(reading.steps[0].picture, caption=f"Your picture, {name}", width=TEST_PICTURE_PX)
    return reading


def _from_test(reader: DigitReader, mode: TtaMode) -> Reading | None:
    state = ui_state()
    digits = resources.test_digits()
    if st.button("Another digit", icon=":material/shuffle:") or state.test_index is None:
        state.test_index = random.SystemRandom().randrange(len(digits))
    picture: NDArray[np.uint8] = digits.images[state.test_index]
    label: int = digits.labels.item(state.test_index)
    enlarged: NDArray[np.uint8] = picture.repeat(_ENLARGEMENT, axis=0).repeat(_ENLARGEMENT, axis=1)
    st.image(enlarged, caption=f"MNIST test picture {state.test_index}, labelled {label}", width=TEST_PICTURE_PX)
    st.caption(f"One of {len(digits):,} that are kept for testing.", help=MNIST)
    return _read(reader, enlarged, mode)


def _show_answer(reading: Reading) -> None:
    prediction = reading.prediction
    answer, chart = st.columns([1, 2], vertical_alignment="center")
    with answer:
        shown = "?" if prediction.uncertain else str(prediction.digit)
        sure = resources.settings().digits.uncertain_threshold
        st.metric("Answer", shown, border=True, help=f"A question mark stands where none reaches {sure:.0%}.")
        st.metric(
            "Confidence", f"{prediction.confidence:.1%}", border=True, help="The largest of the ten probabilities."
        )
    with chart:
        st.altair_chart(charts.probability_bars(prediction), width="stretch")
    (st.warning if prediction.uncertain else st.success)(wording.describe(prediction))
    left_out = left_out_share(reading.steps)
    if left_out >= MUCH_LEFT_OUT:
        st.warning(wording.left_out(left_out))
    st.caption(
        f"Read in {reading.total_ms:.0f} ms ({reading.preprocess_ms:.1f} ms preprocessing, "
        f"{prediction.latency_ms:.0f} ms {wording.counted(len(prediction.views), 'view')} × "
        f"{wording.counted(len(prediction.members), 'model')}) · "
        f"entropy {prediction.total_entropy:.2f} nats = {prediction.member_entropy:.2f} ambiguity + "
        f"{prediction.disagreement:.2f} disagreement",
        help="Entropy says how undecided the answer is: 0 is certain, 2.3 a blind guess among ten. Ambiguity: each "
        "model hesitates. Disagreement: they contradict one another.",
    )


def _offer_saving(state: UiState, prediction: Prediction) -> None:
    """Ask what the drawing was; keep it with its label."""
    strokes = canvas.strokes_of(state.drawing)
    if state.saving is not None and state.saving.strokes == strokes:
        st.success(f"Saved as a **{state.saving.label}**. You find it under *Saved drawings*.", icon=":material/check:")
        st.button("Do not keep it", icon=":material/undo:", on_click=_forget_saved)
        return
    st.pills(
        "It was a …",
        list(range(N_CLASSES)),
        key=_label_key(state),
        help="Saves the drawing with the digit you choose.",
        on_change=_save,
        args=(prediction,),
    )


def _label_key(state: UiState) -> str:
    """Another one for another drawing."""
    return f"label_{state.canvas_version}_{len(canvas.strokes_of(state.drawing))}"


def _save(prediction: Prediction) -> None:
    state = ui_state()
    label: object = st.session_state.get(_label_key(state))
    strokes = canvas.strokes_of(state.drawing)
    if not isinstance(label, int):
        return
    st.session_state[_label_key(state)] = None  # until it is saved; then a message stands in the pills' place
    with troubles.toasted():
        saved = resources.drawings().save(
            [stroke.points for stroke in strokes],
            canvas_px=canvas.CANVAS_PX + canvas.TOOLBAR_PX,
            pens_px=[stroke.pen_px for stroke in strokes],
            label=label,
            read_as=prediction.digit,
            confidence=prediction.confidence,
            model_id=prediction.model_id,
        )
        state.saving = Saving(strokes=strokes, drawing_id=saved.drawing_id, label=label)


def _forget_saved() -> None:
    """Take the saving back: the digit can be chosen again."""
    state = ui_state()
    if state.saving is not None:
        with troubles.toasted():
            resources.drawings().delete(state.saving.drawing_id)
            state.saving = None


def _show_reasons(reading: Reading) -> None:
    steps, views, members = st.tabs(["What the models see", "View by view", "Model by model"])
    with steps:
        st.caption("Every step from your picture to the 28 × 28 pixels that the models read.")
        with st.container(horizontal=True):
            for step in reading.steps:
                st.image(step.picture, caption=_STEP_TITLES[step.name], width=STEP_WIDTH_PX)
    with views:
        st.caption("Each row is one view; the darker a cell, the more probable its digit.")
        st.altair_chart(charts.view_heat_map(reading.prediction.views, reading.view_pictures), width="stretch")
    with members:
        st.caption("Each model's probabilities, averaged over its views, after its temperature.", help=TEMPERATURE)
        st.dataframe(_member_table(reading.prediction), hide_index=True, width="stretch")


def _member_table(prediction: Prediction) -> pd.DataFrame:
    """Model × digit, as text."""
    columns: dict[str, list[str]] = {
        "model": [member.model_id for member in prediction.members],
        "temperature": [f"{member.temperature:.3f}" for member in prediction.members],
    }
    for digit in range(len(prediction.probs)):
        columns[str(digit)] = [f"{member.probs[digit]:.1%}" for member in prediction.members]
    return pd.DataFrame(columns)
