"""The Saved drawings page."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from handwriting_ai.data.drawings import SavedDrawing, export_strokes
from handwriting_ai.errors import HandwritingError
from handwriting_ai.prediction import EnsembleChoice, Prediction
from handwriting_ai.reading.reader import DigitReader
from shared import controls, pictures, resources, troubles
from shared.ui_state import ui_state


def show() -> None:
    """A table of all drawings, with what can be done with them."""
    st.title("Saved drawings", anchor=False)
    store = resources.drawings()
    found = store.all()
    controls.say_reasons("Not shown:", found.unreadable, warn=True, thing="file")
    drawings = found.drawings
    if not drawings:
        st.info("Nothing saved yet. Draw a digit, then choose what it was.", icon=":material/draw:")
        return
    right = sum(drawing.read_as == drawing.label for drawing in drawings)
    st.metric(
        "Read right when they were drawn",
        f"{right} of {len(drawings)}",
        help="By the likeliest digit, also where the page Draw showed a question mark.",
    )
    chosen = _choose(drawings)
    score, export, delete = st.columns(3)
    if score.button(
        "Score with the present models",
        icon=":material/fact_check:",
        width="stretch",
        help="The selected drawings; all, if none is.",
    ):
        _score(resources.reader(), ui_state().choice, chosen or drawings)
    export.download_button(
        "Export as strokes",
        export_strokes(chosen or drawings),
        file_name="drawings.jsonl.gz",
        mime="application/gzip",
        icon=":material/download:",
        help="The selected drawings; all, if none is. JSON lines that training reads: put the file into the folder "
        "TRAINING__INK_DIR names.",
        width="stretch",
    )
    if delete.button(f"Delete {len(chosen)} selected", icon=":material/delete:", disabled=not chosen, width="stretch"):
        with troubles.toasted():
            for drawing in chosen:
                store.delete(drawing.drawing_id)
            st.rerun()


def _choose(drawings: Sequence[SavedDrawing]) -> list[SavedDrawing]:
    """Show the drawings; return those whose rows are selected."""
    frame = pd.DataFrame(
        {
            "drawing": [pictures.data_url(pictures.on_paper(drawing.picture())) for drawing in drawings],
            "it was": [drawing.label for drawing in drawings],
            "read as": [drawing.read_as for drawing in drawings],
            "confidence": [drawing.confidence for drawing in drawings],
            "model": [drawing.model_id for drawing in drawings],
            "saved": [drawing.created_at for drawing in drawings],
        }
    )
    selected = st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        row_height=64,
        column_config={
            "drawing": st.column_config.ImageColumn("drawing", width="small"),
            "saved": st.column_config.DatetimeColumn("saved", format="distance"),
            "confidence": st.column_config.ProgressColumn("confidence", min_value=0, max_value=1, format="percent"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        key=controls.rows_key("drawings", (drawing.drawing_id for drawing in drawings)),
    )
    rows: list[int] = selected.selection.rows
    return [drawings[row] for row in rows]


def _score(reader: DigitReader, choice: EnsembleChoice | None, drawings: Sequence[SavedDrawing]) -> None:
    """Read drawings again as the page Draw opens now: with this session's choice, or else as configured."""
    tta = controls.opening_views() if choice is None else choice.tta
    members, temperature = (None, None) if choice is None else (choice.members, choice.temperature)
    if choice is not None and not controls.make_available(reader, choice):
        return
    right, answers = 0, list[Prediction]()
    for drawing in drawings:
        try:
            answer = reader.read(drawing.picture(), tta=tta, members=members, temperature=temperature).prediction
            right += answer.digit == drawing.label
            answers.append(answer)
        except HandwritingError as error:
            st.warning(f"{drawing.drawing_id}: {error}", icon=":material/warning:")
    if answers:
        read_by = f"{answers[-1].model_id} in {controls.views_in_words(tta)}"
        st.success(f"{right} of {len(answers)} read right by {read_by}.", icon=":material/fact_check:")
