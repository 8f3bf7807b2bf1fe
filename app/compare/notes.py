"""Which models the Compare page shows, by their names and notes, and what people say of them."""

from collections.abc import Iterable

import streamlit as st

from handwriting_ai.registry.notes import Note, read_note
from handwriting_ai.registry.store import ModelStore
from shared import noting, resources


def choose_shown(names: Iterable[str]) -> frozenset[str]:
    """Those that are neither archived nor filtered out; above, what filters, below, the notes of what is shown."""
    store = ModelStore(resources.settings().digits.model_dir)
    folders = {name: store.folder(name) for name in names}
    notes = {name: read_note(folder) for name, folder in folders.items()}
    noting.say_problems(notes)
    shown = noting.choose_shown("models", notes)
    noting.offer("models", folders, notes)
    _say({name: notes[name] for name in shown})
    if not shown:
        st.info("No model has all of these words in its name or note.", icon=":material/search_off:")
    return frozenset(shown)


def _say(notes: dict[str, Note]) -> None:
    said = [
        f"- `{name}`{f' **{note.name}**' if note.name else ''}{f': {note.text}' if note.text else ''}"
        for name, note in notes.items()
        if note.name or note.text
    ]
    if said:
        st.caption("\n".join(said))
