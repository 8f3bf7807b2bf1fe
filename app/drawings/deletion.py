"""Deleting drawings: those of others are asked about once more, and for a minute all can be brought back."""

import time
from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from handwriting_ai.data.drawings import DrawingStore, SavedDrawing
from handwriting_ai.data.lessons import UNNAMED, writer_of
from shared import troubles, wording
from shared.ui_state import Deleted, ui_state

UNDO_S: Final = 60.0


def offer(store: DrawingStore, chosen: Sequence[SavedDrawing], place: DeltaGenerator) -> None:
    """A button for the ticked drawings, which asks before it does anything."""
    doomed: tuple[SavedDrawing, ...] = tuple(chosen)
    me = ui_state().writer or UNNAMED
    others = sorted({writer_of(drawing) for drawing in chosen} - {me})
    label = f"Delete {len(chosen)} selected" if chosen else "Delete"
    with place.popover(label, icon=":material/delete:", disabled=not chosen, key=f"deletion_{len(chosen)}"):
        st.caption("They can be brought back for a minute.")
        sure = True
        if others:
            theirs = sum(writer_of(drawing) in others for drawing in chosen)
            whose = f"{wording.counted(theirs, 'drawing')} by {', '.join(others)}"
            sure = st.checkbox(f"Delete {whose} too, which are not yours ({me})", key="delete_others")
        st.button(
            f"Delete {wording.counted(len(chosen), 'drawing')}",
            key="delete_drawings",
            disabled=not sure,
            on_click=_delete,
            args=(store, doomed),
        )


def offer_undo(store: DrawingStore) -> None:
    """For a minute, a way back."""
    deleted = ui_state().deleted
    if deleted is None or time.monotonic() - deleted.at_s > UNDO_S:
        ui_state().deleted = None
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Deleted: {wording.counted(len(deleted.drawings), 'drawing')}.")
        st.button("Bring back", icon=":material/undo:", key="undo_delete", on_click=_restore, args=(store,))


def _delete(store: DrawingStore, chosen: tuple[SavedDrawing, ...]) -> None:
    with troubles.toasted():
        for drawing in chosen:
            store.delete(drawing.drawing_id)
        ui_state().deleted = Deleted(drawings=chosen, at_s=time.monotonic())


def _restore(store: DrawingStore) -> None:
    deleted = ui_state().deleted
    if deleted is not None:
        with troubles.toasted():
            store.restore(deleted.drawings)
            ui_state().deleted = None
