"""The Saved drawings page: a gallery, and what can be done with what is in it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from drawings import deletion, teach
from handwriting_ai.data.drawings import DrawingStore, SavedDrawing, export_strokes
from handwriting_ai.data.lessons import writer_of
from handwriting_ai.errors import HandwritingError
from handwriting_ai.reading.reader import DigitReader
from shared import controls, pictures, resources, wording
from shared.ui_state import ui_state

_PAGE: Final = 48
"""Cards that stand on the page at first, and come with each *Show more*."""
_CARD_PX: Final = 124
_PICTURE_PX: Final = 108


def show() -> None:
    """All that was saved, misreads first, with what can be done with it."""
    st.title("Saved drawings", anchor=False)
    store = resources.drawings()
    found = store.all()
    controls.say_reasons("Not shown:", found.unreadable, warn=True, thing="file")
    deletion.offer_undo(store)
    drawings = in_order(found.drawings)
    if not drawings:
        st.info("Nothing saved yet. Draw a digit or photograph one, then choose what it was.", icon=":material/draw:")
        return
    right = sum(not _is_misread(drawing) for drawing in drawings)
    st.metric(
        "Read right when they were drawn",
        f"{right} of {len(drawings)}",
        help="By the likeliest digit, also where the page Draw was not sure.",
    )
    buttons, results = st.container(horizontal=True), st.container()
    shown = _filtered(drawings)
    teach.offer(drawings)
    chosen = _show_gallery(shown)
    _offer(store, shown, chosen, buttons, results)


def in_order(drawings: Sequence[SavedDrawing]) -> list[SavedDrawing]:
    """Misreads first, then the newest first."""
    newest_first = sorted(drawings, key=_saved_at, reverse=True)
    return sorted(newest_first, key=_is_misread, reverse=True)


def _saved_at(drawing: SavedDrawing) -> str:
    return drawing.created_at.isoformat()


def _is_misread(drawing: SavedDrawing) -> bool:
    return drawing.read_as != drawing.label


def _filtered(drawings: Sequence[SavedDrawing]) -> list[SavedDrawing]:
    """Of one writer, if there are several and one was chosen."""
    writers = sorted({writer_of(drawing) for drawing in drawings})
    if len(writers) < 2:
        return list(drawings)
    writer = st.pills("Writer", writers, key="drawings_writer")
    return [drawing for drawing in drawings if writer is None or writer_of(drawing) == writer]


def _show_gallery(drawings: Sequence[SavedDrawing]) -> list[SavedDrawing]:
    """A card for each; returns those that are ticked."""
    count: object = st.session_state.get("drawings_shown", _PAGE)
    most = count if isinstance(count, int) else _PAGE
    with st.container(horizontal=True, key="gallery"):
        chosen = [drawing for drawing in drawings[:most] if _show_card(drawing)]
    if len(drawings) > most:
        st.button(f"Show more of {len(drawings)}", on_click=_show_more, args=(most + _PAGE,))
    return chosen


def _show_more(count: int) -> None:
    st.session_state["drawings_shown"] = count


def _show_card(drawing: SavedDrawing) -> bool:
    """Picture, label, what was read, by whom; True if it is ticked."""
    with st.container(width=_CARD_PX, gap="xsmall", border=True):
        small = pictures.thumbnail(pictures.on_paper(drawing.picture()), _PICTURE_PX)
        st.image(small, width="stretch")
        ticked = st.checkbox(wording.an(drawing.label), key=f"pick_{drawing.drawing_id}")
        read = f":red[read as {wording.an(drawing.read_as)}]" if _is_misread(drawing) else "read right"
        by = f" · {drawing.writer}" if drawing.writer else ""
        st.caption(f"{read}, {drawing.confidence:.0%}{by}", help=f"{drawing.created_at:%Y-%m-%d %H:%M} UTC")
    return ticked


def _offer(
    store: DrawingStore,
    drawings: Sequence[SavedDrawing],
    chosen: Sequence[SavedDrawing],
    buttons: DeltaGenerator,
    results: DeltaGenerator,
) -> None:
    """What can be done with the ticked ones; with all, if none is."""
    meant = chosen or drawings
    photographs = sum(drawing.is_photograph for drawing in meant)
    if buttons.button(
        "Score with the present models", icon=":material/fact_check:", help="The ticked drawings; all, if none is."
    ):
        with results:
            _score(resources.reader(), meant)
    left_out = f" {wording.counted(photographs, 'photograph')} among them have no strokes and are left out."
    buttons.download_button(
        "Export as strokes",
        export_strokes(meant),
        file_name="drawings.jsonl.gz",
        mime="application/gzip",
        icon=":material/download:",
        help="The ticked drawings; all, if none is. JSON lines that training reads: put the file into the folder "
        f"TRAINING__INK_DIR names.{left_out if photographs else ''}",
    )
    if photographs:
        results.caption(f"The export as strokes leaves out {wording.counted(photographs, 'photograph')}.")
    deletion.offer(store, chosen, buttons)


def _score(reader: DigitReader, drawings: Sequence[SavedDrawing]) -> None:
    """Read drawings again as the page Draw opens now: with this session's choice, or else as configured."""
    choice = ui_state().choice
    tta = controls.opening_views() if choice is None else choice.tta
    members, temperature = (None, None) if choice is None else (choice.members, choice.temperature)
    if choice is not None and not controls.make_available(reader, choice):
        return
    count, misread, read_by = 0, list[tuple[SavedDrawing, int]](), ""
    for drawing in drawings:
        try:
            answer = reader.read(drawing.picture(), tta=tta, members=members, temperature=temperature).prediction
        except HandwritingError as error:
            st.warning(f"{drawing.drawing_id}: {error}", icon=":material/warning:")
            continue
        count, read_by = count + 1, answer.model_id
        if answer.digit != drawing.label:
            misread.append((drawing, answer.digit))
    if not count:
        return
    st.success(
        f"{count - len(misread)} of {count} read right by {read_by} in {controls.views_in_words(tta)}.",
        icon=":material/fact_check:",
    )
    if misread:
        st.caption("Misread:")
        with st.container(horizontal=True):
            for drawing, digit in misread:
                small = pictures.thumbnail(pictures.on_paper(drawing.picture()), _PICTURE_PX)
                caption = f"{wording.an(drawing.label)}, read as {wording.an(digit)}"
                st.image(small, width=_PICTURE_PX, caption=caption)
